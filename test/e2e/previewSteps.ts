// The walk through what is seen before a folder is shared, the marks of the Explorer, the first steps, and that nothing which a mounted peer
// configures takes effect.

import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator } from 'playwright-core';
import { shareArrives } from '../../scripts/localPeers.ts';
import { tableTitle } from '../vscode/testPeer.ts';
import { peersRow, type Step, type World } from './walkWorld.ts';

/** Made up, and put together here so that no scanner takes this file for a leak. */
const secret = `-----BEGIN OPENSSH ${'PRIVATE'} KEY-----\nYWJj\n`;

const film = 'film.bin';

/** In the mounted folder. */
const mountedRow = ({ window }: World, name: string): Locator =>
  window.page.locator('.explorer-folders-view .monaco-list-row').filter({ hasText: name });

const marked = (world: World, name: string, tooltip: string): Locator =>
  mountedRow(world, name).filter({ has: world.window.page.locator(`[aria-label*="${tooltip}"]`) });

export const previewSteps: readonly Step[] = [
  {
    name: 'the preview marks a file whose text looks secret, which is left out unless it is ticked',
    shot: 'preview-secrets',
    async run({ window, folder }) {
      writeFileSync(path.join(folder, 'photos', 'backup.txt'), secret);
      await window.page.keyboard.press('Escape');
      await window.activityIcon('Explorer').click();
      const photos = window.explorerRow(path.join(folder, 'photos'));
      await photos.waitFor();
      await window.contextMenu(photos, 'Share Folder…');
      await window.quickRow('Looks Secret: 1').waitFor();
      await window.quickRow('none of them is shared').waitFor();
      await window.toast('Looking at').waitFor({ state: 'hidden' });
    },
  },
  {
    name: 'all of it can be read as a page while the question stays open',
    shot: 'preview-page',
    async run({ window }) {
      await window.quickRow('Read All of It as a Page').click();
      await window.editorText('backup.txt:1');
      await window.quickRow('Back to the Question').waitFor();
      await window.quickRow('Share "photos"').waitFor();
    },
  },
  {
    name: 'what looks secret stays, what was confirmed arrives',
    shot: 'preview-shared',
    async run({ window, peer }) {
      await window.quickRow('Share "photos"').click();
      const me = (await peer.client.request('peers/list', {})).find(({ isOnline }) => isOnline);
      if (!me) throw new Error('the peer does not see us');
      const share = await shareArrives(peer, me.peerId, 'photos');
      const entry = { peerId: me.peerId, shareId: share.shareId, path: '' };
      const names = (await peer.client.request('catalog/list', { entry })).entries.map(({ name }) => name);
      if (names.includes('backup.txt') || names.includes('.env')) throw new Error(`the peer sees ${names.join()}`);
    },
  },
  {
    name: 'the Explorer marks the shared folder and what of it is left out',
    shot: 'marks',
    async run({ window, folder }) {
      const photos = window.explorerRow(path.join(folder, 'photos'));
      await window.expand(photos);
      const left = window.explorerRow(path.join(folder, 'photos', '.env'));
      await left.filter({ has: window.page.locator('[aria-label*="Not shared in Potluck"]') }).waitFor();
      await photos.filter({ has: window.page.locator('[aria-label*="Shared in Potluck"]') }).waitFor();
    },
  },
  {
    name: 'a mounted folder of a peer brings no setting and no task of its own',
    shot: 'mount-quiet',
    async run(world) {
      const { window } = world;
      await window.activityIcon('Potluck').click();
      await window.expand(peersRow(world, 'Ada'));
      await window.expand(peersRow(world, tableTitle));
      const code = peersRow(world, 'code');
      await code.waitFor();
      await window.contextMenu(code, 'Mount in Explorer…');
      await window.dialogButton('Mount').click();
      await window.activityIcon('Explorer').click();
      const rows = window.page.locator('.explorer-folders-view .monaco-list-row');
      const root = rows.filter({ hasText: 'code (Ada)' });
      await root.waitFor();
      await window.expand(root);
      await rows.filter({ hasText: /^answer\.ts$/ }).dblclick();
      await window.editorText('export const answer');
      const fontSize = await window.page.evaluate<string>(
        "getComputedStyle(document.querySelector('.editor-instance .view-line')).fontSize",
      );
      if (fontSize === '40px') throw new Error('a setting of the peer took effect');
      // The list of tasks, by its prefix: it has a row also when there is none to run.
      await window.page.keyboard.press('F1');
      await window.quickInput.locator('input').first().fill('task ');
      await window.quickInput.locator('.monaco-list-row').first().waitFor();
      if ((await window.quickRow('peer task').count()) > 0) throw new Error('a task of the peer is offered');
      await window.page.keyboard.press('Escape');
    },
  },
  {
    name: 'in the Explorer a file is marked while it comes, when it is verified, and when its owner changed it',
    shot: 'marks-downloads',
    async run(world) {
      const { window, peer } = world;
      const put = (length: number): void => writeFileSync(path.join(peer.tree, 'code', film), randomBytes(length));
      put(4 * 1024 * 1024);
      await peer.client.request('settings/set', { uploadLimit: 700 * 1024 });
      await mountedRow(world, film).waitFor({ timeout: 30_000 });
      await window.runCommand('Potluck: Download…');
      // Last: `.vscode` stands before it.
      for (const each of ['Ada', tableTitle, 'code', film]) await window.quickRow(each).last().click();
      await marked(world, film, 'In the download queue').waitFor();
      await peer.client.request('settings/set', { uploadLimit: 0 });
      await marked(world, film, 'Downloaded and verified').waitFor({ timeout: 30_000 });
      put(1024);
      await marked(world, film, 'its owner has changed it since').waitFor({ timeout: 30_000 });
    },
  },
  {
    name: 'the page of a file says where it lies and what became of it',
    shot: 'file-page-copies',
    async run(world) {
      const { window, downloads } = world;
      await window.contextMenu(mountedRow(world, film), 'Show File Page');
      const said = [path.join(downloads, film), 'its owner has changed it since', 'Downloaded from Ada', 'Copy Magnet Link'];
      // It is made anew when something about the file changes.
      await window.webview(`main${said.map((text) => `:has-text(${JSON.stringify(text)})`).join('')}`);
      await window.clearToasts();
    },
  },
  {
    name: 'the first steps are shown with their pictures',
    shot: 'first-steps',
    async run({ window }) {
      await window.runCommand('Welcome: Open Walkthrough...');
      await window.quickRow('Get Started with Potluck').first().click();
      await window.page.locator('.getting-started-step', { hasText: 'Put a folder on the table' }).first().waitFor();
    },
  },
];
