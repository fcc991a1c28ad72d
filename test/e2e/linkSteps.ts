// Links and sending through the real UI: a link file opened, looked at and downloaded; a broken one; a link in a text; files taken from a peer and sent to
// it; rows dragged. These steps come after those that join the party, in the same window.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Frame, Locator } from 'playwright-core';
import { until } from '../../scripts/localPeers.ts';
import { formatEntryLink } from '../../src/protocol/entryLinks.ts';
import type { EntryRef } from '../../src/protocol/model.ts';
import type { PeerId } from '../../src/protocol/ids.ts';
import { tableTitle } from '../vscode/testPeer.ts';
import { collapseAll, peersRow, rowOf, showPotluck, type Step, type World } from './walkWorld.ts';

async function tableEntry({ peer }: World, name: string): Promise<EntryRef> {
  const share = (await peer.client.request('catalog/shares', { peerId: peer.peerId })).find(({ title }) => title === tableTitle);
  if (share === undefined) throw new Error('the peer does not share its table');
  return { peerId: peer.peerId, shareId: share.shareId, path: name };
}

async function me({ peer }: World): Promise<PeerId> {
  const found = (await peer.client.request('peers/list', {})).find(({ isOnline }) => isOnline);
  if (found === undefined) throw new Error('the peer does not see us');
  return found.peerId;
}

/** Its icon closes the side bar when it is open already. */
async function showExplorer({ window }: World): Promise<void> {
  if (!(await window.page.locator('.explorer-folders-view').isVisible())) await window.activityIcon('Explorer').click();
}

async function openFromExplorer(world: World, name: string): Promise<void> {
  const { window, folder } = world;
  await showExplorer(world);
  const row = window.explorerRow(path.join(folder, name));
  await row.waitFor();
  await row.dblclick();
  await window.activeTab(name).waitFor();
}

const offersRow = (world: World, label: string): Locator => rowOf(world, 'Inbox and Outbox', label);

function linkPage({ window }: World): Promise<Frame> {
  return window.webview('main#page h1');
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
    name: 'a file is sent to a peer from the Explorer, after a look at what would go',
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
      await window.answer('For you');
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
      await page.locator('.tab', { hasText: 'see.md' }).click();
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
];

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
