// The walk through a workspace that nobody trusts, and that configures whatever it can: nothing of it shares, joins or redirects, and nothing that a
// mounted peer configures acts, before it is trusted and after.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { until, productVersion } from '../../scripts/localPeers.ts';
import { SidecarClient } from '../../src/client/sidecarClient.ts';
import type { Settings } from '../../src/protocol/model.ts';
import { startLaxPeer } from '../vscode/laxPeer.ts';
import { tableTitle } from '../vscode/testPeer.ts';
import { markOf, quietOwnTasks, redirected } from './untrusted.ts';
import { peersPane, peersRow, showExplorer, showPotluck, type Step, type World } from './walkWorld.ts';

const title = 'Gifts';
const restricted = ({ window }: World) => window.page.locator('.statusbar-item', { hasText: 'Restricted Mode' });

/** What is at stake, as our sidecar has it: nothing of it may come from the workspace. */
async function atStake(world: World) {
  const client = await SidecarClient.connect({ dataFolder: world.home, client: 'test', clientVersion: productVersion });
  try {
    return {
      parties: (await client.request('parties/list', {})).map(({ name }) => name),
      shares: await client.request('shares/list', {}),
      settings: await client.request('settings/get', {}),
    };
  } finally {
    client.dispose();
  }
}

async function isUnmoved(world: World): Promise<void> {
  const { parties, shares, settings } = await atStake(world);
  assert.deepEqual(parties, [world.peer.party]);
  assert.deepEqual(shares, []);
  const untouched = JSON.parse(readFileSync(`${world.home}.json`, 'utf8')) as Settings;
  assert.deepEqual(settings, { ...untouched, nickname: 'Grace', downloadFolder: world.downloads });
  assert.equal(existsSync(redirected(world.temporary)), false, 'something went where the workspace wanted it');
}

const explorer = ({ window }: World) => window.page.locator('.explorer-folders-view .monaco-list-row');
const sizeOfText = ({ window }: World): Promise<string> =>
  window.page.evaluate<string>("getComputedStyle(document.querySelector('.editor-instance .view-line')).fontSize");

async function askForTasks({ window }: World): Promise<void> {
  await window.page.keyboard.press('F1');
  await window.quickInput.locator('input').first().fill('task ');
}

/** The titles of the list of tasks. */
async function tasks(world: World): Promise<string> {
  const { window } = world;
  await askForTasks(world);
  const rows = window.quickInput.locator('.monaco-list-row');
  await rows.filter({ hasText: /task/i }).first().waitFor();
  const titles = await rows.allInnerTexts();
  await window.page.keyboard.press('Escape');
  await window.quickInput.waitFor({ state: 'hidden' });
  return titles.join('\n');
}

/** The mounted folder shows its file alone, `.vscode` is the workspace's own; the peer's settings count nowhere. */
async function isQuiet(world: World): Promise<void> {
  const { window } = world;
  await showExplorer(world);
  await explorer(world)
    .filter({ hasText: /^gift\.ts$/ })
    .dblclick();
  await window.editorText('export const gift');
  assert.notEqual(await sizeOfText(world), '40px', 'a setting of the peer took effect');
  for (const [name, own] of [
    ['.git', 0],
    ['.vscode', 1],
  ] as const)
    assert.equal(
      await explorer(world)
        .filter({ hasText: new RegExp(`^${name.replace('.', '\\.')}$`) })
        .count(),
      own,
      name,
    );
}

export const trustSteps: readonly Step[] = [
  {
    name: 'a workspace that is not trusted sets nothing, shares nothing and joins nothing',
    shot: 'untrusted',
    async run(world) {
      await restricted(world).waitFor();
      await showPotluck(world);
      await peersPane(world).locator('.monaco-button', { hasText: 'Join a Party' }).waitFor();
      const { parties, shares } = await atStake(world);
      assert.deepEqual({ parties, shares }, { parties: [], shares: [] });
      await peersPane(world).locator('.monaco-button', { hasText: 'Join a Party' }).click();
      await world.window.answer(world.peer.party);
      await peersRow(world, 'Ada').waitFor({ timeout: 60_000 });
      await until('the peer to see us', async () =>
        (await world.peer.client.request('peers/list', {})).some(({ name, isOnline }) => isOnline && name.includes('Grace')),
      );
      await isUnmoved(world);
    },
  },
  {
    name: 'what is downloaded goes where the person said',
    shot: 'untrusted-download',
    async run(world) {
      const { window, downloads } = world;
      await window.togglePane('Shares', false);
      await window.togglePane('Transfers', false);
      await window.expand(peersRow(world, 'Ada'));
      await window.expand(peersRow(world, tableTitle));
      await window.contextMenu(peersRow(world, 'recipes'), 'Download Folder');
      await until('the download', () => existsSync(path.join(downloads, 'recipes', 'bread.md')));
      assert.equal(existsSync(redirected(world.temporary)), false);
    },
  },
  {
    name: 'a mounted peer brings no setting, task, launch or hook of its own',
    shot: 'untrusted-mount',
    async run(world) {
      const { window, temporary, bootstrap, peer, onEnd } = world;
      const folder = path.join(temporary, 'lax');
      const options = { folder, bootstrap, party: peer.party, nickname: 'Mallory', title, marker: markOf(temporary) };
      const lax = await startLaxPeer(options);
      onEnd(() => lax.close());
      await window.expand(peersRow(world, 'Mallory'));
      await window.expand(peersRow(world, title));
      // It does offer them, as files among files.
      for (const name of ['.git', '.vscode', 'gift.ts']) await peersRow(world, name.replaceAll('.', '\\.')).last().waitFor();
      await window.contextMenu(peersRow(world, title), 'Mount in Explorer…');
      await window.dialogButton('Mount').click();
      await window.activityIcon('Explorer').click();
      const mounted = explorer(world).filter({ hasText: `${title} (Mallory)` });
      await mounted.waitFor();
      await window.expand(mounted);
      await restricted(world).waitFor();
      await isQuiet(world);
      // Nothing is so much as listed before somebody trusts the workspace.
      await askForTasks(world);
      await window.dialogButton('Cancel').click();
      await restricted(world).waitFor();
      await isUnmoved(world);
      assert.equal(existsSync(markOf(temporary)), false, 'something acted');
    },
  },
  {
    name: 'nor once the workspace is trusted, and its settings move nothing then either',
    shot: 'trusted-mount',
    async run(world) {
      const { window, temporary, folder } = world;
      // Its own tasks may run from now on: that is what trust is. One is left, that does not start by itself.
      quietOwnTasks(temporary, folder);
      await window.runCommand('Workspaces: Manage Workspace Trust');
      await window.page
        .locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust/ })
        .first()
        .click();
      await restricted(world).waitFor({ state: 'hidden' });
      const again = await world.reopen();
      const now = { ...world, window: again };
      await isQuiet(now);
      const listed = await tasks(now);
      assert.match(listed, /own task/); // so that the list is known to be one
      assert.doesNotMatch(listed, /peer task/);
      await showPotluck(now);
      await peersRow(now, 'Ada').waitFor();
      await isUnmoved(now);
      assert.equal(existsSync(markOf(temporary)), false, 'something acted');
      return again;
    },
  },
];
