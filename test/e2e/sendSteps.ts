// Sending through the real UI: files taken from a peer and sent to it, rows dragged, a drop box. These steps come after those on links, in the same
// window.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { productVersion, shareArrives, until } from '../../scripts/localPeers.ts';
import { SidecarClient } from '../../src/client/sidecarClient.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { tableTitle } from '../vscode/testPeer.ts';
import {
  chooseFolder,
  collapseAll,
  openFromExplorer,
  peersRow,
  rowOf,
  showExplorer,
  showPotluck,
  tick,
  type Step,
  type World,
} from './walkWorld.ts';

async function me({ peer }: World): Promise<PeerId> {
  const found = (await peer.client.request('peers/list', {})).find(({ isOnline }) => isOnline);
  if (found === undefined) throw new Error('the peer does not see us');
  return found.peerId;
}

const offersRow = (world: World, label: string): Locator => rowOf(world, 'Inbox and Outbox', label);

export const sendSteps: readonly Step[] = [
  {
    name: 'what a peer sends waits in the inbox until it is accepted, and then arrives whole',
    shot: 'inbox',
    async run(world) {
      const { window, peer, downloads } = world;
      const paths = [path.join(peer.tree, 'data', 'numbers.bin')];
      await peer.client.request('outbox/send', { peerId: await me(world), paths, text: 'As promised' });
      await showPotluck(world);
      await offersRow(world, 'numbers.bin').waitFor({ timeout: 60_000 });
      const copy = path.join(downloads, 'numbers.bin');
      if (existsSync(copy)) throw new Error('it came without consent');
      await window.contextMenu(offersRow(world, 'numbers.bin'), 'Accept');
      await window.dialogButton('Accept').click();
      await until('the file', () => existsSync(copy));
      if (!readFileSync(copy).equals(readFileSync(paths[0] ?? ''))) throw new Error('the copy differs');
      await window.pane('Inbox and Outbox').locator('.monaco-list-row', { hasText: 'received' }).waitFor();
    },
  },
  {
    name: 'a file is sent to a peer from the Explorer, after a look at what would go, and one more when it changed since',
    shot: 'outbox',
    async run(world) {
      const { window, folder, peer } = world;
      writeFileSync(path.join(folder, 'gift.txt'), 'a gift\n');
      await showExplorer(world);
      const row = window.explorerRow(path.join(folder, 'gift.txt'));
      await row.waitFor();
      await window.contextMenu(row, 'Send to Peer…');
      await window.quickRow('Ada').click();
      await window.dialogButton('Send').click();
      await window.quickInput.locator('input').first().waitFor();
      writeFileSync(path.join(folder, 'gift.txt'), 'a larger gift\n');
      await window.answer('For you');
      await window.page.locator('.monaco-dialog-box', { hasText: 'It changed since you looked' }).waitFor();
      await window.dialogButton('Send').click();
      await until('the offer at the peer', async () => (await peer.client.request('inbox/list', {})).length === 1);
      const [offer] = await peer.client.request('inbox/list', {});
      if (offer?.text !== 'For you' || offer.items[0]?.name !== 'gift.txt') throw new Error(JSON.stringify(offer));
      const target = path.join(peer.tree, '..', 'inbox');
      await peer.client.request('inbox/accept', { peerId: offer.peerId, offerId: offer.offerId, folder: target });
      await until('the gift', () => existsSync(path.join(target, 'gift.txt')));
      await showPotluck(world);
      await window.pane('Inbox and Outbox').locator('.monaco-list-row', { hasText: 'delivered' }).waitFor();
    },
  },
  {
    name: 'a file that is dragged from the Explorer onto a peer is offered to it, after the question',
    shot: 'drag-to-peer',
    async run(world) {
      const { window, folder } = world;
      await showExplorer(world);
      await drag(world, window.explorerRow(path.join(folder, 'gift.txt')), () =>
        openedByDragging(world, 'Potluck', peersRow(world, 'Ada')),
      );
      await window.dialogButton('Send').waitFor();
      await window.page.keyboard.press('Escape');
      await window.dialogButton('Send').waitFor({ state: 'detached' });
    },
  },
  {
    name: 'a file of a peer that is dragged into a text becomes a link to it',
    shot: 'drag-to-text',
    async run(world) {
      const { window } = world;
      const { page } = window;
      await openFromExplorer(world, 'see.md');
      await showPotluck(world);
      await window.expand(peersRow(world, 'Ada'));
      await window.expand(peersRow(world, tableTitle));
      await window.expand(peersRow(world, 'code'));
      await drag(world, peersRow(world, 'answer.ts'), async () => {
        await page.keyboard.down('Shift');
        return page.locator('.editor-instance .view-line').last();
      });
      await page.keyboard.up('Shift');
      await window.editorText('[answer.ts](potluck://');
      await page.keyboard.press('ControlOrMeta+z');
      await collapseAll(world);
    },
  },
  {
    name: 'a folder that is dragged onto the own shares is shared, after the preview',
    shot: 'drag-to-shares',
    async run(world) {
      const { window, folder } = world;
      // An empty view shows its first steps, which take no drops.
      const first = path.join(world.temporary, 'first');
      mkdirSync(first);
      const own = await SidecarClient.connect({ dataFolder: world.home, client: 'test', clientVersion: productVersion });
      await own.request('shares/add', { path: first }).finally(() => own.dispose());
      await showPotluck(world);
      await rowOf(world, 'Shares', 'first').waitFor();
      await shareArrives(world.peer, await me(world), 'first');
      await showExplorer(world);
      await drag(world, window.explorerRow(path.join(folder, 'photos')), () =>
        openedByDragging(world, 'Potluck', rowOf(world, 'Shares', 'first')),
      );
      await window.quickRow('Share "photos"').waitFor();
      if ((await world.peer.client.request('catalog/shares', { peerId: await me(world) })).length > 1)
        throw new Error('it was shared before the answer');
      await window.quickRow('Share "photos"').click();
      await rowOf(world, 'Shares', 'photos').waitFor();
      await shareArrives(world.peer, await me(world), 'photos');
    },
  },
  {
    name: 'a drop box takes by itself what its peer sends, up to its size',
    shot: 'drop-box',
    async run(world) {
      const { window, peer, downloads } = world;
      const box = path.join(downloads, '..', 'box');
      mkdirSync(box);
      await window.runCommand('Potluck: New Drop Box…');
      await tick(world, 'Ada');
      await window.quickInput.locator('.monaco-button', { hasText: 'OK' }).click();
      await chooseFolder(world, 'Use This Folder', box);
      await window.answer('1');
      await window.dialogButton('Take It Always').click();
      await offersRow(world, 'box').filter({ hasText: '0 B of 1 MB' }).waitFor();
      // The button in the title makes a new one, whichever row is in focus.
      await offersRow(world, 'box').click();
      await window.pane('Inbox and Outbox').locator('.pane-header a.action-label[aria-label^="New Drop Box"]').click();
      await window.quickRow('Everyone').waitFor();
      await window.quickInput.locator('.quick-input-count', { hasText: '0 Selected' }).waitFor();
      await window.page.keyboard.press('Escape');
      await window.quickInput.waitFor({ state: 'hidden' });
      const peerId = await me(world);
      const send = (name: string) =>
        peer.client.request('outbox/send', { peerId, paths: [path.join(peer.tree, ...name.split('/'))] });
      await send('README.md');
      await until('what is small enough', () => namesIn(box).includes('README.md'));
      await send('data/numbers.bin');
      const waits = window.pane('Inbox and Outbox').locator('.monaco-list-row', { hasText: 'waits for your answer' });
      await waits.filter({ hasText: 'numbers.bin' }).waitFor();
      if (namesIn(box).includes('numbers.bin')) throw new Error('it holds more than its size');
      for (const other of ['Shares', 'Transfers']) await window.togglePane(other, false);
      await offersRow(world, 'box')
        .filter({ hasText: /[1-9]\d* B of 1 MB/ })
        .waitFor();
    },
  },
];

/** Of the files in it, each sender's in a folder of its own. */
function namesIn(box: string): string[] {
  return readdirSync(box, { recursive: true, encoding: 'utf8' }).map((file) => path.basename(file));
}

/** What is dragged over an icon of the activity bar opens it after a while. */
async function openedByDragging({ window }: World, title: string, target: Locator): Promise<Locator> {
  const icon = await window.activityIcon(title).boundingBox();
  for (let moves = 0; moves < 40 && !(await target.isVisible()); moves++) {
    await window.page.mouse.move((icon?.x ?? 0) + 10 + (moves % 5), (icon?.y ?? 0) + 12);
    await window.page.waitForTimeout(100);
  }
  return target;
}

async function drag({ window: { page } }: World, row: Locator, targetOf: () => Promise<Locator>): Promise<void> {
  await row.hover();
  await page.mouse.down();
  const from = await row.boundingBox();
  await page.mouse.move((from?.x ?? 0) + 60, (from?.y ?? 0) + 14, { steps: 5 });
  const target = await targetOf();
  await target.hover();
  await target.hover();
  await page.mouse.up();
}
