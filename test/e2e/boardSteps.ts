// The board through the real UI: what is downloaded stands on it with who gave which part, the party and its people too. Needs the steps that
// join the party before it.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { productVersion, until } from '../../scripts/localPeers.ts';
import { SidecarClient } from '../../src/client/sidecarClient.ts';
import { tableTitle } from '../vscode/testPeer.ts';
import type { Step, World } from './walkWorld.ts';

/** Some of the table, as a person would from the tree. */
async function downloadSome({ home, peer, downloads }: World): Promise<void> {
  const client = await SidecarClient.connect({ dataFolder: home, client: 'test', clientVersion: productVersion });
  try {
    const share = (await client.request('catalog/shares', {})).find(({ title }) => title === tableTitle);
    if (share === undefined) throw new Error('the peer’s table is not seen');
    for (const name of ['data/numbers.bin', 'recipes/bread.md'])
      await client.request('downloads/add', { entry: { peerId: peer.peerId, shareId: share.shareId, path: name } });
    await until('the downloads to be there', () =>
      ['numbers.bin', 'bread.md'].every((name) => existsSync(path.join(downloads, name))),
    );
  } finally {
    client.dispose();
  }
}

export const boardSteps: readonly Step[] = [
  {
    name: 'Open Board shows transfers, the party with its people, shares and storage on one page',
    shot: 'board',
    async run(world) {
      const { window } = world;
      await downloadSome(world);
      await window.runCommand('Potluck: Open Board');
      const frame = await window.webview('#rows .row');
      const row = frame.locator('#rows .row', { hasText: 'numbers.bin' });
      await row.locator('.said', { hasText: '3 MB' }).first().waitFor();
      await frame.locator('#parties .card', { hasText: 'Ada' }).waitFor();
      await frame.locator('#tiles').getByText('Peers online').waitFor();
      await frame.locator('#sharesEmpty').getByText('You share nothing').waitFor();
      await row.click();
      await frame.locator('#legend li', { hasText: /Ada.*3 MB/ }).waitFor();
      await frame.locator('#maps canvas').waitFor();
      await frame.locator('#storage li', { hasText: 'Database' }).waitFor();
    },
  },
  {
    name: 'the board is back as it was left after another editor hid it, and its keys move along the rows',
    shot: 'board-again',
    async run(world) {
      const { window } = world;
      await window.page.keyboard.press('Control+n');
      await window.page.locator('.tab.active', { hasText: 'Untitled' }).waitFor();
      await window.page.locator('.tab', { hasText: 'Potluck Board' }).click();
      const frame = await window.webview('#rows .row');
      await frame.locator('#rows .row.active', { hasText: 'numbers.bin' }).waitFor();
      await frame.locator('#detailTitle', { hasText: 'numbers.bin' }).waitFor();
      for (const [key, index] of [
        ['Home', 2],
        ['ArrowDown', 3],
      ] as const) {
        await frame.locator('#grid').press(key);
        await frame.locator(`#rows .row.active[aria-rowindex="${index}"]`).waitFor();
      }
    },
  },
];
