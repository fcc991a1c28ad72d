// The main job through the real UI, in the installed VSIX, as a person would do it: join, see the peer, browse, open, be refused a write,
// share, download, mount. Each step is a test, and has a screenshot. What the steps look at beside the screen: the disk, and the other
// peer through the RPC client.

import { copyFileSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { addCounts, type Counts } from '../../scripts/counts.ts';
import {
  type LocalPeer,
  type LoopbackNetwork,
  peerEnv,
  productVersion,
  removeFolder,
  shareArrives,
  startLoopbackNetwork,
  startPeer,
  stopSidecar,
} from '../../scripts/localPeers.ts';
import { ensureVSCode, type Flavor, type VSCodeInstall } from '../../scripts/vscode.ts';
import { SidecarClient } from '../../src/client/sidecarClient.ts';
import * as driver from '../vscode/driver.ts';
import { addLanguage } from '../vscode/profileChanges.ts';
import { startTestPeer, tableTitle } from '../vscode/testPeer.ts';
import { accessSteps } from './accessSteps.ts';
import { boardSteps } from './boardSteps.ts';
import { catalogSteps, goneSteps } from './catalogSteps.ts';
import { linkSteps } from './linkSteps.ts';
import { previewSteps } from './previewSteps.ts';
import { meetingSteps } from './meetingSteps.ts';
import { digestOf } from './digest.ts';
import { germanSteps } from './germanSteps.ts';
import { isLookedAt, lookSettings, shootLooks } from './looks.ts';
import { sendSteps } from './sendSteps.ts';
import { transferSteps } from './transferSteps.ts';
import { trustSteps } from './trustSteps.ts';
import { configureAll, rememberBootstrap, untrustingSettings } from './untrusted.ts';
import { viewerSteps } from './viewerSteps.ts';
import { peersPane, peersRow, tidy, type Conditions, type OtherUser, type Step, type World } from './walkWorld.ts';

export interface WalkOptions {
  flavors: readonly Flavor[];
  /** Pictures that are in this folder are renewed from the newest VS Code; all of them go to a temporary one. */
  shotsFolder: string | undefined;
  /** Only the steps of this part; all by default. */
  part?: keyof typeof parts | undefined;
}

/** Walks in each flavor. The steps of one walk build on each other: the first failure ends it, and counts the rest as failed. */
export async function runWalk(browser: Browser, vsix: string, options: WalkOptions): Promise<Counts> {
  const counts: Counts = { passed: 0, failed: 0 };
  for (const flavor of options.flavors)
    // All steps are one long walk, and a short one for each part that stands for itself.
    for (const part of options.part === undefined ? ([undefined, ...ownWalks[flavor]] as const) : [options.part])
      addCounts(counts, await walkInFlavor(browser, vsix, flavor, { ...options, part }));
  return counts;
}

async function walkInFlavor(browser: Browser, vsix: string, flavor: Flavor, { shotsFolder, part }: WalkOptions): Promise<Counts> {
  const { steps, conditions = {} }: Part = part === undefined ? { steps: allSteps } : parts[part];
  const vscode = await ensureVSCode(flavor);
  const where = `VS Code ${vscode.version}`;
  const startedAt = Date.now();
  const temporary = mkdtempSync(path.join(tmpdir(), 'plk-'));
  const shots = path.join(tmpdir(), 'potluck-shots', flavor);
  mkdirSync(shots, { recursive: true });
  const downloads = path.join(temporary, 'downloads');
  const home = path.join(temporary, 'me');
  const profile = driver.makeProfile(path.join(temporary, 'p'), {
    'potluck.downloads.folder': downloads,
    'potluck.nickname': 'Grace',
    'workbench.tree.renderIndentGuides': 'always',
    ...(process.env['LOOKS'] !== undefined && lookSettings),
    ...(conditions.isUntrusted && untrustingSettings(home)),
  });
  const folder = makeWorkspace(temporary);
  if (conditions.isUntrusted) configureAll(temporary, folder);
  const closings: (() => Promise<unknown>)[] = [];
  const counts: Counts = { passed: 0, failed: 0 };
  let window: driver.Window | undefined;
  try {
    const network = await startLoopbackNetwork();
    closings.push(() => network.close());
    const installing = driver.installExtension(vscode, profile, vsix);
    installing.catch(() => undefined); // told where it is awaited
    const peer = await startTestPeer(path.join(temporary, 'peer'), network.bootstrap);
    closings.push(() => peer.close());
    await installing;
    if (conditions.locale !== undefined) addLanguage(profile, conditions.locale);
    closings.push(() => stopSidecar(home));
    if (conditions.isUntrusted) await rememberBootstrap(home, network.bootstrap);
    const server = await driver.startServer(vscode, profile, {
      env: conditions.isUntrusted ? {} : peerEnv({ dataFolder: home, bootstrap: network.bootstrap }),
      ...(conditions.isUntrusted && { asksForTrust: true }),
      ...(conditions.locale !== undefined && { locale: conditions.locale }),
    });
    closings.push(() => server.stop());
    const context = await driver.newContext(browser);
    closings.push(() => context.close());
    // A .code-workspace, not a folder: mounting a second root then neither reloads the window nor restarts its host.
    const url = driver.workbenchUrl(server, { workspace: path.join(temporary, 'table.code-workspace') });
    const reopen = async (): Promise<driver.Window> => {
      await window?.page.close();
      return (window = await driver.openWindow(context, url, [driver.activityIcon('Potluck')]));
    };
    const kept: World['kept'] = {};
    let otherUser: Promise<OtherUser> | undefined;
    const other = (): Promise<OtherUser> => (otherUser ??= openOther({ browser, vscode, vsix, temporary, network, closings }));
    window = await driver.openWindow(context, url, [driver.activityIcon('Potluck'), driver.explorerRows]);
    const another = async (nickname: string): Promise<LocalPeer> => {
      const dataFolder = path.join(temporary, `other${closings.length}`);
      const other = await startPeer({ dataFolder, bootstrap: network.bootstrap, nickname });
      closings.push(() => other.close());
      return other;
    };
    const { bootstrap } = network;
    const place = { home, temporary, bootstrap, onEnd: (close: () => Promise<unknown>) => void closings.push(close) };
    for (const { name, shot, run } of steps) {
      const stepAt = Date.now();
      const world = { ...place, window, peer, folder, downloads, another, reopen, other, kept };
      const pictured = await run(world).catch((error: unknown) => {
        throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      });
      const { page } = pictured ?? window;
      await page.mouse.move(800, 500); // no hover in the picture
      const picture = path.join(shots, `${shot}.png`);
      await page.screenshot({ path: picture });
      const shown = shotsFolder === undefined ? undefined : path.join(shotsFolder, `${shot}.png`);
      if (shown !== undefined && flavor === 'latest' && existsSync(shown)) copyFileSync(picture, shown);
      if (isLookedAt(shot)) await shootLooks(page, shot);
      counts.passed++;
      console.log(`✔ ${where}: ${name} (${Date.now() - stepAt} ms)`);
    }
  } catch (error) {
    counts.failed = steps.length - counts.passed;
    console.log(`✖ ${where}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    const failed = path.join(tmpdir(), 'potluck-shots', `${flavor}-${part ?? 'all'}-failed.png`);
    mkdirSync(path.dirname(failed), { recursive: true });
    await window?.page.screenshot({ path: failed }).catch(() => undefined); // the window itself may be what failed
    console.log(`  The screen then: ${failed}`);
  } finally {
    for (const close of closings.reverse()) await close().catch((error: unknown) => console.log(error));
    if (process.env['KEEP']) console.log(`Kept ${temporary}`);
    else removeFolder(temporary);
  }
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  console.log(`${where}, the walk: ${counts.passed} passed, ${counts.failed} failed, ${seconds} s. Screenshots: ${shots}`);
  return counts;
}

/** Another person on the same machine: nothing is shared with the first but the network. */
async function openOther(at: {
  browser: Browser;
  vscode: VSCodeInstall;
  vsix: string;
  temporary: string;
  network: LoopbackNetwork;
  closings: (() => Promise<unknown>)[];
}): Promise<OtherUser> {
  const { browser, vscode, vsix, temporary, network, closings } = at;
  const profile = driver.makeProfile(path.join(temporary, 'q'), { 'potluck.nickname': 'Edsger' });
  const home = path.join(temporary, 'other');
  await driver.installExtension(vscode, profile, vsix);
  const env = peerEnv({ dataFolder: home, bootstrap: network.bootstrap });
  closings.push(() => stopSidecar(home));
  const server = await driver.startServer(vscode, profile, { env });
  closings.push(() => server.stop());
  const context = await driver.newContext(browser);
  closings.push(() => context.close());
  const window = await driver.openWindow(context, driver.workbenchUrl(server, {}), [driver.activityIcon('Potluck')]);
  await window.activityIcon('Potluck').click();
  await window.pane('Peers').locator('.monaco-button', { hasText: 'Join a Party' }).waitFor();
  const client = await SidecarClient.connect({ dataFolder: home, client: 'test', clientVersion: productVersion });
  closings.push(() => Promise.resolve(client.dispose()));
  return { window, client };
}

function makeWorkspace(temporary: string): string {
  const folder = path.join(temporary, 'things');
  mkdirSync(path.join(folder, 'photos', 'summer'), { recursive: true });
  writeFileSync(path.join(folder, 'notes.md'), '# Notes\n');
  writeFileSync(path.join(folder, 'photos', 'list.txt'), 'lake\nhill\n');
  writeFileSync(path.join(folder, 'photos', 'summer', 'lake.txt'), 'blue\n');
  writeFileSync(path.join(folder, 'photos', '.env'), 'TOKEN=secret\n');
  writeFileSync(path.join(temporary, 'table.code-workspace'), JSON.stringify({ folders: [{ path: 'things' }] }));
  return folder;
}

const mainSteps: readonly Step[] = [
  {
    name: 'the Peers view leads a new user to a party',
    shot: 'welcome',
    async run(world) {
      await world.window.activityIcon('Potluck').click();
      await peersPane(world).locator('.monaco-button', { hasText: 'Join a Party' }).waitFor();
    },
  },
  {
    name: 'joining a party by its name shows the peer in it',
    shot: 'join',
    async run(world) {
      await peersPane(world).locator('.monaco-button', { hasText: 'Join a Party' }).click();
      await world.window.answer(world.peer.party);
      await peersRow(world, 'Ada').waitFor({ timeout: 60_000 });
      const party = peersPane(world).locator('.monaco-list-row', { hasText: world.peer.party });
      await party.filter({ hasText: '1 peer online' }).waitFor({ timeout: 60_000 });
    },
  },
  {
    name: 'the peer’s tree can be expanded, share, folder and file',
    shot: 'tree',
    async run(world) {
      await world.window.togglePane('Shares', false);
      await world.window.togglePane('Transfers', false);
      await world.window.expand(peersRow(world, 'Ada'));
      await peersRow(world, tableTitle).waitFor({ timeout: 60_000 });
      await world.window.expand(peersRow(world, tableTitle));
      await world.window.expand(peersRow(world, 'recipes'));
      await world.window.expand(peersRow(world, 'soup'));
      for (const name of ['bread.md', 'lentils.md', 'empty.md']) await peersRow(world, name).waitFor();
    },
  },
  {
    name: 'a click opens a file of the peer with its text',
    shot: 'open',
    async run(world) {
      await peersRow(world, 'bread.md').click();
      await world.window.activeTab('bread.md').waitFor();
      await world.window.editorText('Flour, water, salt, time.');
    },
  },
  {
    name: 'the file is read-only: typing changes nothing and says why',
    shot: 'read-only',
    async run(world) {
      const { page } = world.window;
      await page.locator('.editor-instance .view-lines').first().click();
      await page.keyboard.type('x');
      await page.locator('.monaco-editor-overlaymessage').waitFor();
      await world.window.editorText('Flour, water, salt, time.');
      if ((await page.locator('.tab.active.dirty').count()) > 0) throw new Error('the editor took the change');
    },
  },
  {
    name: 'a right click in the Explorer previews a share and names what is left out',
    shot: 'share',
    async run(world) {
      const { window, folder } = world;
      await window.page.keyboard.press('Escape');
      await window.activityIcon('Explorer').click();
      const photos = window.explorerRow(path.join(folder, 'photos'));
      await photos.waitFor();
      await window.contextMenu(photos, 'Share Folder…');
      await window.quickRow('Share "photos"').waitFor();
      await window.quickRow('.env').first().waitFor();
      await window.toast('Looking at').waitFor({ state: 'hidden' });
    },
  },
  {
    name: 'the confirmed share is offered, without the secret, and arrives at the peer',
    shot: 'shares',
    async run(world) {
      const { window, peer } = world;
      await window.quickRow('Share "photos"').click();
      await window.activityIcon('Potluck').click();
      await window.togglePane('Shares', true);
      await window.pane('Shares').locator('.monaco-list-row', { hasText: 'photos' }).waitFor();
      const me = (await peer.client.request('peers/list', {})).find(({ isOnline }) => isOnline);
      if (!me) throw new Error('the peer does not see us');
      const share = await shareArrives(peer, me.peerId, 'photos');
      const entry = { peerId: me.peerId, shareId: share.shareId, path: '' };
      const names = (await peer.client.request('catalog/list', { entry })).entries.map(({ name }) => name);
      if (names.join() !== 'summer,list.txt') throw new Error(`the peer sees ${names.join()}`);
    },
  },
  {
    name: 'a folder of the peer is downloaded, byte for byte',
    shot: 'download',
    async run(world) {
      const { window, peer, downloads } = world;
      await window.togglePane('Transfers', true);
      await window.contextMenu(peersRow(world, tableTitle), 'Download Folder');
      const transfers = window.pane('Transfers');
      await transfers.locator('.monaco-list-row', { hasText: tableTitle }).waitFor();
      await transfers
        .locator('.monaco-list-row', { hasText: tableTitle })
        .filter({ hasText: / files, / }) // it waits and runs in other words
        .waitFor({ timeout: 60_000 });
      const copy = path.join(downloads, tableTitle);
      const source = digestOf(peer.tree);
      if (digestOf(copy) !== source) throw new Error(`the copy differs:\n${digestOf(copy)}\nfrom its source:\n${source}`);
    },
  },
  {
    name: 'the share is mounted in the Explorer, with configuration hidden',
    shot: 'mount',
    async run(world) {
      const { window } = world;
      await window.contextMenu(peersRow(world, tableTitle), 'Mount in Explorer…');
      await window.dialogButton('Mount').click();
      await window.activityIcon('Explorer').click();
      const rows = window.page.locator('.explorer-folders-view .monaco-list-row');
      const root = rows.filter({ hasText: `${tableTitle} (Ada)` });
      await root.waitFor();
      await window.expand(root);
      await window.expand(rows.filter({ hasText: /^code$/ }));
      await rows.filter({ hasText: /^answer\.ts$/ }).waitFor();
      if ((await rows.filter({ hasText: '.vscode' }).count()) > 0) throw new Error('.vscode of the peer is shown');
      await rows.filter({ hasText: /^answer\.ts$/ }).dblclick();
      await window.editorText('export const answer');
    },
  },
];

/** What the steps on access need before. */
const sharing = mainSteps.filter(({ shot }) => ['welcome', 'join', 'share', 'shares'].includes(shot));
/** What the steps on links need. */
const joining = mainSteps.filter(({ shot }) => ['welcome', 'join'].includes(shot));

interface Part {
  steps: readonly Step[];
  conditions?: Conditions;
}

/** Parts that each stand for themselves, one after the other in one window, which is tidied before each: joining takes as long as many steps. */
function inOneWindow(...walks: (readonly Step[])[]): readonly Step[] {
  const afresh = ([first, ...rest]: readonly Step[]): Step[] =>
    first === undefined ? [] : [{ ...first, run: async (world) => (await tidy(world), first.run(world)) }, ...rest];
  return [...joining, ...walks.flatMap(afresh)];
}

const parts = {
  main: { steps: mainSteps },
  meeting: { steps: meetingSteps },
  access: { steps: [...sharing, ...accessSteps] },
  links: { steps: [...joining, ...linkSteps, ...sendSteps] },
  viewers: { steps: [...joining, ...viewerSteps] },
  board: { steps: [...joining, ...boardSteps] },
  preview: { steps: [...joining, ...previewSteps] },
  together: { steps: inOneWindow(boardSteps, previewSteps, viewerSteps) },
  trust: { steps: trustSteps, conditions: { isUntrusted: true } },
  german: { steps: germanSteps, conditions: { locale: 'de' } },
} as const satisfies Record<string, Part>;
/** Walks beside that of all steps: each begins with an empty profile. That a mounted peer configures nothing is in `together` as well, for both. */
const ownWalks = {
  min: ['links', 'together', 'german'],
  latest: ['links', 'together', 'trust'],
} as const;
const allSteps: readonly Step[] = [
  ...[...mainSteps, ...transferSteps, ...catalogSteps],
  ...[...accessSteps, ...meetingSteps, ...goneSteps],
];
