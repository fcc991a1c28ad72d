// Files by range, comparing and the file page through the real UI. These steps come after those that join the party, in the same window.

import { mkdirSync, openSync, closeSync, readFileSync, ftruncateSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { until } from '../../scripts/localPeers.ts';
import { element, number, text, webm } from '../unit/webview/viewer/media/madeFiles.ts';
import { tableTitle } from '../vscode/testPeer.ts';
import { chooseFolder, peersRow, rowOf, showPotluck, type Step, type World } from './walkWorld.ts';

const gib = 1024 ** 3;
const compare = 'Compare';

/** A log of 2 GB on the peer's disk: text at its start and end, nothing between. */
function writeLog(file: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const lines = (word: string, count: number): string =>
    Array.from({ length: count }, (_, at) => `${word} ${at + 1} of the log\n`).join('');
  const end = `\n${lines('tail', 3000)}the needle\n${lines('last', 9)}`;
  const fd = openSync(file, 'w');
  writeSync(fd, lines('line', 20_000));
  ftruncateSync(fd, 2 * gib - end.length);
  writeSync(fd, end, 2 * gib - end.length);
  closeSync(fd);
}

/** Ten minutes of one picture, twice a second. */
function writeFilm(file: string): void {
  const picture = readFileSync(path.join(import.meta.dirname, 'picture.vp9'));
  const size = element(0xe0, element(0xb0, number(640)), element(0xba, number(360)));
  const track = element(
    0xae,
    element(0xd7, number(1)),
    element(0x73c5, number(1)),
    element(0x83, number(1)),
    element(0x86, text('V_VP9')),
    element(0x23e383, number(1e9)),
    size,
  );
  const pictures = Array.from({ length: 1200 }, () => picture);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, webm([track], pictures, 500).bytes);
}

/** What is used of the page's player: this code has no DOM. */
interface Player {
  muted: boolean;
  currentTime: number;
  duration: number;
  videoWidth: number;
  readyState: number;
  play(): Promise<void>;
  pause(): void;
  addEventListener(name: string, listener: () => void, options: { once: true }): void;
}

/** In the page: plays the film from there, until something is seen. */
async function goneTo(player: Player): Promise<{ at: number; lasts: number; width: number; state: number }> {
  const told = (name: string): Promise<void> =>
    new Promise((resolve, reject) => {
      player.addEventListener(name, resolve, { once: true });
      setTimeout(() => reject(new Error(`the film is not ${name}`)), 15_000);
    });
  if (player.readyState < 1) await told('loadedmetadata');
  player.muted = true;
  const seeked = told('seeked');
  player.currentTime = 431.5;
  player.play().catch(() => undefined);
  await seeked;
  player.pause();
  return { at: player.currentTime, lasts: player.duration, width: player.videoWidth, state: player.readyState };
}

/** Numbers and their squares, four bytes each. */
function squares(count: number): Uint8Array {
  return new Uint8Array(Uint32Array.from({ length: 2 * count }, (_, at) => (at % 2 === 0 ? at / 2 : ((at - 1) / 2) ** 2)).buffer);
}

/** A lake under hills. */
const lake = `<svg xmlns="http://www.w3.org/2000/svg" width="960" height="640" viewBox="0 0 96 64">
<rect width="96" height="40" fill="#f6c177"/><circle cx="66" cy="24" r="8" fill="#fff3d6"/>
<path d="M0 40 20 18 36 34 54 14 78 36 96 26V40Z" fill="#5b6b8c"/>
<rect y="40" width="96" height="24" fill="#7fa8c9"/><path d="M56 44h20M52 50h28M46 57h40" stroke="#fff3d6" stroke-width="1.5"/>
</svg>
`;

/** Its owner reads the whole file once for that; ranges are verified by it. */
async function contentIdKnown({ peer }: World, name: string): Promise<void> {
  const share = (await peer.client.request('catalog/shares', { peerId: peer.peerId })).find(({ title }) => title === tableTitle);
  if (share === undefined) throw new Error('the peer does not share its table');
  const entry = { peerId: peer.peerId, shareId: share.shareId, path: name };
  await peer.client.request('links/create', { entry }, { timeoutMs: 180_000 });
}

async function openTable(world: World): Promise<void> {
  const { window } = world;
  await showPotluck(world);
  await window.togglePane('Shares', false);
  await window.togglePane('Transfers', false);
  await peersRow(world, 'Ada').last().waitFor();
  if (!(await peersRow(world, tableTitle).last().isVisible())) await window.expand(peersRow(world, 'Ada').last());
  await window.expand(peersRow(world, tableTitle).last());
}

export const viewerSteps: readonly Step[] = [
  {
    name: 'a text of 2 GB, too large for a document, is offered by range and opens',
    shot: 'viewer-open',
    async run(world) {
      const { window, peer } = world;
      writeLog(path.join(peer.tree, 'logs', 'big.log'));
      await openTable(world);
      await peersRow(world, 'logs').waitFor();
      await window.expand(peersRow(world, 'logs'));
      await peersRow(world, 'big.log').waitFor();
      await contentIdKnown(world, 'logs/big.log');
      await peersRow(world, 'big.log').dblclick();
      await window.page.locator('.notification-toast').getByText('Open by Range').click();
      await window.activeTab('big.log').waitFor({ timeout: 120_000 });
      const frame = await window.webview('.body.text .row');
      await frame.getByText('line 1 of the log', { exact: true }).waitFor();
    },
  },
  {
    name: 'its end is there at once, with what is in sight fetched and no more',
    shot: 'viewer-end',
    async run({ window }) {
      const frame = await window.webview('.body.text .row');
      await frame.locator('button', { hasText: /^End$/ }).click();
      await frame.getByText('last 9 of the log', { exact: true }).waitFor({ timeout: 5_000 });
      const status = (await frame.locator('.status').textContent()) ?? '';
      if (!/2 GB of 2 GB \(100 %\) · \d+ KB fetched/.test(status)) throw new Error(status);
    },
  },
  {
    name: 'words and lines are gone to',
    shot: 'viewer-find',
    async run({ window }) {
      const frame = await window.webview('.body.text .row');
      await frame.locator('input.find').fill('NEEDLE');
      await frame.locator('input.find').press('Shift+Enter');
      await frame.locator('mark', { hasText: 'needle' }).waitFor();
      await frame.locator('input.place').fill('15000');
      await frame.locator('input.place').press('Enter');
      await frame.getByText('line 15000 of the log', { exact: true }).waitFor();
      await frame.locator('.gutter', { hasText: /^15000$/ }).waitFor();
    },
  },
  {
    name: 'a film is played from where one goes, without what lies before',
    shot: 'viewer-film',
    async run(world) {
      const { window, peer } = world;
      writeFilm(path.join(peer.tree, 'films', 'table.webm'));
      await peersRow(world, 'films').waitFor();
      await window.expand(peersRow(world, 'films'));
      await window.contextMenuTo(peersRow(world, 'table.webm'), 'Open by Range', window.activeTab('table.webm'));
      const frame = await window.webview('video');
      const seen = await frame.locator('video').evaluate(goneTo);
      if (seen.at < 431 || seen.at > 440 || seen.lasts !== 600 || seen.width !== 640 || seen.state < 2)
        throw new Error(JSON.stringify(seen));
      const about = (await frame.locator('.about').textContent()) ?? '';
      const [, size = '0', fetched = '0', unit] = /^([\d.]+) MB · ([\d.]+) ([KM]B) fetched$/.exec(about) ?? [];
      if (Number(size) < 5 || unit === undefined || (unit === 'MB' && Number(fetched) > 3)) throw new Error(about);
    },
  },
  {
    name: 'a file that is no text is shown as bytes',
    shot: 'viewer-hex',
    async run(world) {
      const { window, peer } = world;
      writeFileSync(path.join(peer.tree, 'data', 'squares.bin'), squares(60_000));
      await window.expand(peersRow(world, 'data'));
      await peersRow(world, 'squares.bin').waitFor();
      await window.contextMenuTo(peersRow(world, 'squares.bin'), 'Open by Range', window.activeTab('squares.bin'));
      const frame = await window.webview('.body.hex .row');
      await frame.locator('input.place').fill('0x800');
      await frame.locator('input.place').press('Enter');
      await frame.locator('.gutter', { hasText: /^00000800$/ }).waitFor();
    },
  },
  {
    name: 'a picture is shown',
    shot: 'viewer-image',
    async run(world) {
      const { window, peer } = world;
      mkdirSync(path.join(peer.tree, 'pictures'));
      writeFileSync(path.join(peer.tree, 'pictures', 'lake.svg'), lake);
      await peersRow(world, 'pictures').waitFor();
      await window.expand(peersRow(world, 'pictures'));
      await window.contextMenuTo(peersRow(world, 'lake.svg'), 'Open by Range', window.activeTab('lake.svg'));
      const frame = await window.webview('.frame img');
      await frame.getByText('960 × 640 pixels').waitFor();
    },
  },
  {
    name: 'the page of a file says who has it',
    shot: 'file-page',
    async run(world) {
      await world.window.contextMenuTo(peersRow(world, 'big.log'), 'Show File Page', world.window.activeTab('big.log'));
      // It is made anew when something about the file changes.
      await world.window.webview('main:has-text("Who Has It") tbody td:has-text("Ada")');
    },
  },
  {
    name: 'a file of a peer is compared with mine',
    shot: 'compare-file',
    async run(world) {
      const { window, folder } = world;
      mkdirSync(path.join(folder, 'recipes'), { recursive: true });
      writeFileSync(path.join(folder, 'recipes', 'bread.md'), '# Bread\n\nFlour and water.\n');
      await window.expand(peersRow(world, 'recipes'));
      const mine = window.quickRow('bread.md').first();
      await window.contextMenuTo(peersRow(world, 'bread.md'), 'Compare with Mine', mine);
      await mine.click();
      await window.activeTab('bread.md (mine ↔ Ada)').waitFor();
      const texts = window.page.locator('.monaco-diff-editor .view-lines');
      for (const text of [/Flour\sand\swater/, /Flour,\swater,\ssalt/]) await texts.filter({ hasText: text }).first().waitFor();
    },
  },
  {
    name: 'a folder is compared with mine, and what I do not have is downloaded into it',
    shot: 'compare-folder',
    async run(world) {
      const { window, folder } = world;
      const { page } = window;
      const another = window.quickRow('Another Folder').first();
      await window.contextMenuTo(peersRow(world, 'recipes'), 'Compare with Mine', another);
      await another.click();
      await chooseFolder(world, 'Compare', path.join(folder, 'recipes'));
      await rowOf(world, compare, 'Changed').waitFor();
      await rowOf(world, compare, 'soup/lentils.md').waitFor();
      await window.runCommand('Potluck: Download Differences…');
      await window.quickRow('What I do not have').waitFor();
      await page.keyboard.press('Enter');
      await window.dialogButton('Use It Anyway').click(); // it is part of a workspace that is trusted
      const lentils = path.join(folder, 'recipes', 'soup', 'lentils.md');
      await until('the differences to be here', () => {
        try {
          return readFileSync(lentils, 'utf8').includes('Onions first.');
        } catch {
          return false;
        }
      });
      if (readFileSync(path.join(folder, 'recipes', 'bread.md'), 'utf8').includes('salt')) throw new Error('mine was replaced');
    },
  },
];
