// The catalog through the real UI: the peer's tree follows its disk, Find Files, results that stay, news of a watched search, a paused
// share, and all of it with the peer gone. These steps come after those of walk.ts, in the same window.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { until } from '../../scripts/localPeers.ts';
import { tableTitle } from '../vscode/testPeer.ts';
import { collapseAll, peersPane, peersRow, rowOf, showPotluck, type Step, type World } from './walkWorld.ts';

/** A change on a peer's disk is to be seen here within two seconds; machines that run all else beside get more. */
const followMs = 15_000;
const results = 'Search Results';
const watches = 'Watched Searches';

/** Opens Find Files by its key and types. */
async function find(world: World, query: string): Promise<Locator> {
  const { page, quickInput } = world.window;
  await page.keyboard.press('Control+Alt+P');
  const input = quickInput.locator('input.input, .quick-input-box input').first();
  await quickInput.filter({ hasText: 'Find Files' }).waitFor();
  await input.pressSequentially(query);
  return input;
}

export const catalogSteps: readonly Step[] = [
  {
    name: 'files that the peer adds, edits and deletes show in its tree',
    shot: 'follow',
    async run(world) {
      const { window, peer } = world;
      await showPotluck(world);
      await window.togglePane('Shares', false);
      await window.togglePane('Transfers', false);
      await peersRow(world, 'bread.md').click();
      await window.editorText('Flour, water, salt, time.');
      writeFileSync(path.join(peer.tree, 'recipes', 'cake.md'), '# Cake\n');
      await peersRow(world, 'cake.md').waitFor({ timeout: followMs });
      writeFileSync(path.join(peer.tree, 'recipes', 'bread.md'), `# Bread\n\nRye this time.\n${'More rye.\n'.repeat(500)}`);
      await peersRow(world, 'bread.md').filter({ hasText: '4.9 KB' }).waitFor({ timeout: followMs });
      await window.editorText('Rye this time.');
      rmSync(path.join(peer.tree, 'recipes', 'cake.md'));
      await peersRow(world, 'cake.md').waitFor({ state: 'detached', timeout: followMs });
      mkdirSync(path.join(peer.tree, 'recipes', 'baking', 'sweet'), { recursive: true });
      writeFileSync(path.join(peer.tree, 'recipes', 'baking', 'sweet', 'rolls.md'), '# Rolls\n');
      const baking = peersRow(world, 'baking');
      await baking.waitFor({ timeout: followMs });
      await openTo(world, 'baking', 'sweet');
      await openTo(world, 'sweet', 'rolls.md');
    },
  },
  {
    name: 'Find Files finds while one types',
    shot: 'find',
    async run(world) {
      const { window } = world;
      await find(world, 'soup lenti');
      const row = window.quickRow('lentils.md').first();
      await row.waitFor();
      await row.filter({ hasText: `Ada › ${tableTitle}` }).waitFor();
      await window.quickInput.filter({ hasText: /1 result · \d+ ms/ }).waitFor();
    },
  },
  {
    name: 'Enter opens what was found, read-only',
    shot: 'find-open',
    async run({ window }) {
      await window.page.keyboard.press('Enter');
      await window.activeTab('lentils.md').waitFor();
      await window.editorText('Onions first.');
    },
  },
  {
    name: 'a query that is not understood is told in the list',
    shot: 'find-error',
    async run(world) {
      const { window } = world;
      await find(world, 'soup size>');
      await window.quickInput.locator('.monaco-list-row .codicon-error').waitFor();
      await window.page.keyboard.press('Escape');
      if ((await window.toast(/./).count()) > 0) throw new Error('a failure of a query came as a notification');
    },
  },
  {
    name: 'all results stay in a view, grouped where one wants it',
    shot: 'results',
    async run(world) {
      const { window } = world;
      await find(world, 'ext:md');
      await window.quickRow('rolls.md').first().waitFor();
      await window.quickInput.locator('a.action-label[aria-label^="Show All in the Results View"]').click();
      await rowOf(world, results, 'rolls.md').waitFor();
      await rowOf(world, results, 'lentils.md').waitFor();
      const pane = window.pane(results);
      await pane.locator('.pane-header').hover();
      await pane.locator('a.action-label[aria-label^="Group by Peer and Share"]').click();
      await pane
        .locator('.monaco-list-row', { hasText: `Ada › ${tableTitle}` })
        .first()
        .waitFor();
      await rowOf(world, results, 'rolls.md').click();
      await window.activeTab('rolls.md').waitFor();
    },
  },
  {
    name: 'a watched search tells once when something new matches',
    shot: 'watch',
    async run(world) {
      const { window, peer } = world;
      await find(world, 'pudding');
      await window.quickRow('Nothing found').waitFor();
      await window.quickInput.locator('a.action-label[aria-label^="Watch This Search"]').click();
      await window.page.keyboard.press('Escape');
      await rowOf(world, watches, 'pudding').waitFor();
      writeFileSync(path.join(peer.tree, 'recipes', 'pudding.md'), '# Pudding\n');
      const toast = window.toast('1 new file matches "pudding".');
      await toast.waitFor({ timeout: 30_000 });
      await toast.locator('.monaco-button', { hasText: 'Show' }).click();
      await rowOf(world, results, 'New').waitFor();
      await rowOf(world, results, 'pudding.md').first().waitFor();
      await rowOf(world, watches, 'pudding').filter({ hasNotText: 'new' }).waitFor();
    },
  },
  {
    name: 'everybody’s shares are one tree',
    shot: 'everybody',
    async run(world) {
      const { window } = world;
      const pane = window.pane(results);
      await pane.locator('.pane-header').hover();
      await pane.locator('a.action-label[aria-label^="Clear Search Results"]').click();
      await pane.waitFor({ state: 'detached' });
      await window.togglePane(watches, false);
      await collapseAll(world);
      await window.expand(peersRow(world, 'Everybody'));
      await window.expand(peersRow(world, tableTitle).first());
      await window.expand(peersRow(world, 'recipes').first());
      await peersRow(world, 'bread.md').first().click();
      await window.activeTab('bread.md').waitFor();
      await collapseAll(world);
      await window.expand(peersRow(world, 'Recently Added'));
      await peersRow(world, 'pudding.md').waitFor();
    },
  },
  {
    name: 'a paused share stands still and goes on where it was',
    shot: 'paused',
    async run(world) {
      const { window, peer, folder } = world;
      await window.togglePane('Shares', true);
      const share = window.pane('Shares').locator('.monaco-list-row', { hasText: 'photos' }).first();
      await window.contextMenu(share, 'Pause Share');
      await share.filter({ hasText: 'paused' }).waitFor();
      writeFileSync(path.join(folder, 'photos', 'late.txt'), 'late\n');
      await window.contextMenu(share, 'Resume Share');
      await share.filter({ hasNotText: 'paused' }).filter({ hasText: '3 files' }).waitFor();
      const shares = await peer.client.request('catalog/shares', {});
      const photos = shares.find(({ title, isOwn }) => title === 'photos' && !isOwn);
      if (!photos) throw new Error('the peer lost the share');
      const entry = { peerId: photos.peerId, shareId: photos.shareId, path: '' };
      await until('the new file at the peer', async () => {
        const { entries } = await peer.client.request('catalog/list', { entry });
        return entries.some(({ name }) => name === 'late.txt');
      });
      await window.togglePane('Shares', false);
    },
  },
];

/** Last of all: the peer does not come back. */
export const goneSteps: readonly Step[] = [
  {
    name: 'with the peer gone, Find Files still finds, and reveals the folder of a hit',
    shot: 'offline',
    async run(world) {
      const { window, peer } = world;
      await collapseAll(world);
      await peer.close();
      const party = peersPane(world).locator('.monaco-list-row', { hasText: peer.party });
      await party.filter({ hasText: '0 peers online' }).waitFor({ timeout: 30_000 });
      await find(world, 'soup lentils');
      const row = window.quickRow('lentils.md').first();
      await row.filter({ hasText: 'offline, last seen' }).waitFor();
      await window.page.keyboard.press('Alt+Enter');
      const revealed = peersRow(world, 'lentils.md');
      await revealed.and(window.page.locator('[aria-selected="true"]')).waitFor();
      await peersRow(world, 'empty.md').waitFor();
      // The folder itself is opened by choosing it.
      await collapseAll(world);
      await find(world, 'baking');
      await window.quickRow('baking').first().waitFor();
      await window.page.keyboard.press('Enter');
      await peersRow(world, 'sweet').waitFor();
    },
  },
];

/** Opens a folder; once more where VS Code lost the click, because the rows around it were drawn anew in that moment. */
async function openTo(world: World, folder: string, child: string): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    await world.window.expand(peersRow(world, folder));
    try {
      await peersRow(world, child).waitFor({ timeout: followMs / 3 });
      return;
    } catch (error) {
      if (attempt === 2) throw error;
    }
  }
}
