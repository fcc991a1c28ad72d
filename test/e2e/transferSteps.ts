// Transfers through the real UI: a folder is queued from the palette, seen, paused, and goes on after the window was closed and opened; told
// once at its end; slow mode and history. These steps come after the main ones of walk.ts, in the same window.

import { mkdirSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { digestOf } from './digest.ts';
import { tableTitle } from '../vscode/testPeer.ts';
import { peersRow, showPotluck, type Step, type World } from './walkWorld.ts';

const folderName = 'films';
const films = [
  ['long.bin', 6 * 1024 * 1024],
  ['short/one.bin', 300_000],
  ['short/two.bin', 1],
] as const;
/** Slow enough to be looked at for some seconds. */
const peerLimit = 700 * 1024;

const statusItem = ({ window }: World): Locator => window.page.locator('.statusbar-item[id$="potluck.status"]');

const downloadRow = ({ window }: World): Locator =>
  window
    .pane('Transfers')
    .locator('.monaco-list-row')
    .filter({ has: window.page.locator('.label-name', { hasText: new RegExp(`^${folderName}$`) }) });

/** An action of a row, which VS Code shows under the pointer. */
async function inline(world: World, title: string): Promise<void> {
  const row = downloadRow(world);
  await row.hover();
  await row.locator(`a.action-label[aria-label^="${title}"]`).click();
}

export const transferSteps: readonly Step[] = [
  {
    name: 'a folder is queued from the palette, and its progress is seen in the view, the badge and the status bar',
    shot: 'transfers',
    async run(world) {
      const { window, peer } = world;
      for (const [name, size] of films) {
        const file = path.join(peer.tree, folderName, name);
        mkdirSync(path.dirname(file), { recursive: true });
        writeFileSync(file, randomBytes(size));
      }
      await peer.client.request('settings/set', { uploadLimit: peerLimit });
      await showPotluck(world);
      await peersRow(world, folderName).waitFor({ timeout: 30_000 });
      await window.togglePane('Shares', false);
      await window.togglePane('Transfers', true);
      await window.runCommand('Potluck: Download…');
      await window.quickRow('Ada').click();
      await window.quickRow(tableTitle).click();
      await window.quickRow(folderName).click();
      await window.quickRow('This folder').click();
      await downloadRow(world)
        .filter({ hasText: /[1-9]\d?% · .*\/s/ })
        .waitFor({ timeout: 30_000 });
      await statusItem(world)
        .filter({ hasText: /[KM]B\/s/ })
        .waitFor();
      await window.page.locator('.activitybar .badge-content', { hasText: '1' }).first().waitFor();
      await window.expand(downloadRow(world));
      await window
        .pane('Transfers')
        .locator('.monaco-list-row', { hasText: 'Ada' })
        .filter({ hasText: /link|connection/ })
        .waitFor();
    },
  },
  {
    name: 'it is paused by its button',
    shot: 'paused-download',
    async run(world) {
      await inline(world, 'Pause Download');
      await downloadRow(world)
        .filter({ hasText: /paused · \d+%/ })
        .waitFor();
      await statusItem(world).filter({ hasNotText: '/s' }).waitFor();
    },
  },
  {
    name: 'with the window closed and opened again it is still paused; it goes on and ends, byte for byte, and is told once',
    shot: 'downloaded',
    async run(before) {
      const world = { ...before, window: await before.reopen() };
      const { window, peer, downloads } = world;
      await showPotluck(world);
      await window.togglePane('Transfers', true);
      await downloadRow(world)
        .filter({ hasText: /paused · \d+%/ })
        .waitFor({ timeout: 30_000 });
      await inline(world, 'Resume Download');
      await downloadRow(world)
        .filter({ hasText: /% · .*\/s/ })
        .waitFor({ timeout: 30_000 });
      await peer.client.request('settings/set', { uploadLimit: 0 });
      await downloadRow(world).filter({ hasText: '3 files, 6.3 MB' }).waitFor({ timeout: 60_000 });
      // What is said to be done is on the disk by then.
      const copy = digestOf(path.join(downloads, folderName));
      if (copy !== digestOf(path.join(peer.tree, folderName))) throw new Error(`the copy differs from its source:\n${copy}`);
      const toast = window.toast(`"${folderName}" is downloaded: 3 files, 6.3 MB.`);
      await toast.waitFor();
      if ((await toast.count()) !== 1) throw new Error('the end was told more than once');
    },
  },
  {
    name: 'its notification leads to it',
    shot: 'revealed',
    async run(world) {
      const { window, downloads } = world;
      await window.toast('is downloaded').locator('.monaco-button', { hasText: 'Reveal' }).click();
      // This window is in a browser: it is told where the folder is.
      await window.toast(path.join(downloads, folderName)).waitFor();
      await window.clearToasts();
    },
  },
  {
    name: 'slow mode is put on and off, and shows in the status bar',
    shot: 'slow',
    async run(world) {
      const { window } = world;
      await window.runCommand('Potluck: Toggle Slow Mode');
      await statusItem(world).filter({ hasText: 'slow' }).waitFor();
      await window.runCommand('Potluck: Toggle Slow Mode');
      await statusItem(world).filter({ hasNotText: 'slow' }).waitFor();
    },
  },
  {
    name: 'the history has what was transferred',
    shot: 'history',
    async run(world) {
      const { window } = world;
      await window.runCommand('Potluck: Show History of Transfers');
      await window.quickRow(folderName).filter({ hasText: 'from Ada · 3 files, 6.3 MB' }).waitFor();
    },
  },
  {
    name: 'what the history has is downloaded again, beside what is there',
    shot: 'again',
    async run(world) {
      const { window, peer, downloads } = world;
      await window.quickRow(folderName).first().click();
      await window.quickRow('Download Again').click();
      await window.toast(`"${folderName}" is downloaded`).waitFor({ timeout: 60_000 });
      const copy = digestOf(path.join(downloads, `${folderName} (2)`));
      if (copy !== digestOf(path.join(peer.tree, folderName))) throw new Error(`the copy differs from its source:\n${copy}`);
      await window.clearToasts();
      // As the steps after these find it.
      await window.expand(peersRow(world, 'Ada'));
      await window.expand(peersRow(world, tableTitle));
      await window.expand(peersRow(world, 'recipes'));
      await window.expand(peersRow(world, 'soup'));
    },
  },
];
