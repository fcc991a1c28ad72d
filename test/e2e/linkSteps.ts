// Links through the real UI: a link file opened, looked at and downloaded; a broken one; a link in a text, and one from outside; torrents and magnets.
// These steps come after those that join the party, in the same window.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame } from 'playwright-core';
import { until } from '../../scripts/localPeers.ts';
import { formatEntryLink } from '../../src/protocol/entryLinks.ts';
import type { EntryRef } from '../../src/protocol/model.ts';
import { parseLinkFile } from '../../src/protocol/linkFile.ts';
import { tableTitle } from '../vscode/testPeer.ts';
import { chooseFile, openFromExplorer, showExplorer, type Step, type World } from './walkWorld.ts';

async function tableEntry({ peer }: World, name: string): Promise<EntryRef> {
  const share = (await peer.client.request('catalog/shares', { peerId: peer.peerId })).find(({ title }) => title === tableTitle);
  if (share === undefined) throw new Error('the peer does not share its table');
  return { peerId: peer.peerId, shareId: share.shareId, path: name };
}

/** Its page, once that shows a link with this title. */
function linkPage({ window }: World, title?: string): Promise<Frame> {
  return window.webview(title === undefined ? 'main#page h1' : `main#page h1:text-is("${title}")`);
}

export const linkSteps: readonly Step[] = [
  {
    name: 'a link file opens in its editor and says what it leads to and who has it',
    shot: 'link',
    async run(world) {
      const { peer, folder } = world;
      const entry = await tableEntry(world, 'recipes');
      const { text } = await peer.client.request('links/create', { entry, creator: 'Ada', parties: ['friday lunch'] });
      writeFileSync(path.join(folder, 'recipes.p2p'), text);
      await openFromExplorer(world, 'recipes.p2p');
      const page = await linkPage(world);
      await page.locator('h1', { hasText: 'recipes' }).waitFor();
      await page.locator('.facts', { hasText: '3 files' }).waitFor();
      await page.locator('.row', { hasText: 'bread.md' }).filter({ hasText: '1 peer online' }).waitFor({ timeout: 60_000 });
      const forged = { kind: 'state', revision: 0, title: 'forged', facts: [], warnings: [], said: [], fileCount: 0 };
      await page.evaluate(`postMessage(${JSON.stringify({ ...forged, listLabel: '', actions: [] })}, '*')`);
      await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
      if ((await page.locator('main').textContent())?.includes('forged')) throw new Error('a forged message was believed');
    },
  },
  {
    name: 'its button downloads all of it, and the rows say that it is here',
    shot: 'link-downloaded',
    async run(world) {
      const page = await linkPage(world);
      await page.locator('button.main').click();
      const file = path.join(world.downloads, 'recipes', 'bread.md');
      await until('the files of the link', () => existsSync(file));
      if (readFileSync(file, 'utf8') !== readFileSync(path.join(world.peer.tree, 'recipes', 'bread.md'), 'utf8'))
        throw new Error('the copy differs');
      await page.locator('.row', { hasText: 'bread.md' }).filter({ hasText: 'on this machine' }).waitFor({ timeout: 30_000 });
      await page.locator('.row', { hasText: 'bread.md' }).click();
      await page.locator('.list').press('Enter');
      await world.window.editorText('Flour, water, salt, time.');
    },
  },
  {
    name: 'a broken link file says in which line what is wrong',
    shot: 'link-broken',
    async run(world) {
      const text = readFileSync(path.join(world.folder, 'recipes.p2p'), 'utf8');
      writeFileSync(
        path.join(world.folder, 'broken.p2p'),
        text.replace('recipes', '../../etc').replace('bread.md', '../bread.md'),
      );
      await openFromExplorer(world, 'broken.p2p');
      const page = await linkPage(world);
      await page.locator('.problem', { hasText: /line \d+/i }).waitFor();
      await page.locator('button', { hasText: 'Reopen as Text' }).click();
      await world.window.editorText('potluck-link');
      await world.window.page.locator('.codelens-decoration', { hasText: /line \d+/i }).waitFor();
    },
  },
  {
    name: 'a link in a text is told about under the pointer, and a click leads to its lines',
    shot: 'link-in-text',
    async run(world) {
      const { window, folder } = world;
      const { page } = window;
      const entry = await tableEntry(world, 'recipes/soup/lentils.md');
      const link = formatEntryLink({ entry, lines: { start: { line: 3 } } });
      writeFileSync(path.join(folder, 'see.md'), `# See\n\n${link}\n`);
      await openFromExplorer(world, 'see.md');
      const found = window.page.locator('.editor-instance .view-line .detected-link').first();
      await found.hover();
      const hover = window.page.locator('.monaco-hover', { hasText: 'Ada' }).first();
      await hover.waitFor();
      await page.keyboard.press('Escape');
      const box = await found.boundingBox();
      if (box === null) throw new Error('the link is out of sight');
      await page.keyboard.down('Control');
      await page.mouse.move(box.x + 60, box.y + 8, { steps: 3 });
      await page.mouse.click(box.x + 62, box.y + 8);
      await page.keyboard.up('Control');
      await window.activeTab('lentils.md').waitFor();
      await window.page.locator('#workbench\\.parts\\.statusbar', { hasText: 'Ln 3' }).waitFor();
    },
  },
  {
    name: 'the menu of an editor copies a link to the lines that are selected in it',
    shot: 'link-copied',
    async run(world) {
      const { window } = world;
      const line = window.page.locator('.editor-instance .view-line', { hasText: 'Onions first.' }).first();
      await window.contextMenu(line, 'Copy Link');
      await copied(world, /^potluck:.*lentils\.md#L3(&id=|$)/);
    },
  },
  {
    name: 'a link from outside that opens the editor asks before it opens anything',
    shot: 'link-question',
    async run(world) {
      const { window } = world;
      await window.runCommand('Potluck: Copy Link That Opens the Editor');
      const link = await copied(world, /^[a-z-]+:\/\/potluck\.potluck\/entry#/);
      await window.runCommand('View: Close All Editors');
      await window.activeTab('lentils.md').waitFor({ state: 'detached' });
      const question = window.page.locator('.monaco-dialog-box', { hasText: 'Open lentils.md, which a peer shares?' });
      for (const answer of ['Cancel', 'Open']) {
        await openUrl(world, link);
        await question.filter({ hasText: 'Of Ada (online)' }).filter({ hasText: world.peer.peerId }).waitFor();
        if ((await window.activeTab('lentils.md').count()) > 0) throw new Error('it was opened before the answer');
        await question.locator('.monaco-button', { hasText: answer }).click();
        await question.waitFor({ state: 'detached' });
      }
      await window.activeTab('lentils.md').waitFor();
      await window.page.locator('#workbench\\.parts\\.statusbar', { hasText: 'Ln 3' }).waitFor();
    },
  },
  {
    name: 'a link file becomes a torrent, and the torrent taken in leads to the same files',
    shot: 'torrent',
    async run(world) {
      const { window, folder } = world;
      await openFromExplorer(world, 'recipes.p2p');
      await linkPage(world, 'recipes');
      const torrent = path.join(folder, 'recipes.torrent');
      await window.runCommand('Potluck: Save as Torrent…');
      await chooseFile(world, torrent);
      await until('the torrent', () => existsSync(torrent));
      await showExplorer(world);
      await window.explorerRow(torrent).waitFor();
      await window.contextMenu(window.explorerRow(torrent), 'Take In Torrent or Magnet Link…');
      await chooseFile(world, path.join(folder, 'taken.p2p'));
      await window.activeTab('taken.p2p').waitFor();
      const page = await linkPage(world, 'recipes');
      await page.locator('.facts', { hasText: '3 files' }).waitFor();
      assertSameFiles(folder, 'taken.p2p');
    },
  },
  {
    name: 'a magnet link of it, pasted, leads to the same files',
    shot: 'magnet',
    async run(world) {
      const { window, folder } = world;
      await window.runCommand('Potluck: Copy Magnet Link');
      const magnet = await copied(world, /^magnet:\?xt=urn:btmh:1220/);
      await window.runCommand('Potluck: Take In Torrent or Magnet Link…');
      await window.quickRow('A Magnet Link…').click();
      await window.answer(magnet);
      await chooseFile(world, path.join(folder, 'magnet.p2p'));
      await window.activeTab('magnet.p2p').waitFor();
      await linkPage(world, 'recipes');
      assertSameFiles(folder, 'magnet.p2p');
    },
  },
];

/** What a command put on the clipboard, once it did. */
async function copied({ window: { page } }: World, pattern: RegExp): Promise<string> {
  let text = '';
  await until(`a copy of ${pattern.source}`, async () => {
    text = await page.evaluate<string>('navigator.clipboard.readText()');
    return pattern.test(text);
  });
  return text;
}

/** As the browser or a mail program would hand it over. VS Code itself asks first whether the extension may have it. */
async function openUrl({ window }: World, link: string): Promise<void> {
  await window.runCommand('Developer: Open URL');
  await window.answer(link);
  const allowed = window.page.locator('.monaco-dialog-box', { hasText: 'extension to open this URI' });
  await allowed.locator('.monaco-button', { hasText: /^Open$/ }).click();
}

/** Whatever stands in two link files besides: the same names, sizes and contents. */
function assertSameFiles(folder: string, name: string): void {
  const files = (file: string): string =>
    (parseLinkFile(readFileSync(path.join(folder, file), 'utf8')).link.files ?? [])
      .map(({ path: at, sizeBytes, contentId }) => `${at} ${sizeBytes} ${contentId}`)
      .sort()
      .join('\n');
  if (files(name) !== files('recipes.p2p')) throw new Error(`${name} leads elsewhere:\n${files(name)}`);
}
