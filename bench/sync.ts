// `npm run bench -- sync [--files N] [--runs N]`: from the connection of two peers to browsing and searching the other's share, what that
// and a thousand changes cost on the wire. Beside it, the plain listing, compressed.

import { execFile } from 'node:child_process';
import { copyFileSync, readdirSync, renameSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import type { LocalPeer } from '../scripts/localPeers.ts';
import type { CatalogShare, ShareInfo } from '../src/protocol/model.ts';
import {
  arrived,
  firstListing,
  inBenchWorld,
  isOnline,
  pause,
  rootOf,
  told,
  watching,
  type BenchWorld,
} from './parts/benchWorld.ts';
import { generatedTreeFolder, writeGeneratedTree } from './parts/generatedTree.ts';
import { makeRealTree } from './parts/realTree.ts';
import { median, seededRandom } from './parts/report.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000000' },
    real: { type: 'string', default: '300000' },
    runs: { type: 'string', default: '3' },
  },
});
const runs = Number(values.runs);
const changes = 1000;

await inBenchWorld('sync', async (world) => {
  const options = { files: Number(values.files), seed: 1 };
  const generated = generatedTreeFolder(options);
  writeGeneratedTree(generated, options);
  await measure(world, { tree: generated, name: 'generated', perEntry: 13, hasTimeBars: options.files >= 1_000_000 });
  const real = path.join(world.folder, 'tree');
  makeRealTree(real, Number(values.real), { isExact: false });
  await measure(world, { tree: real, name: 'real', perEntry: 5, hasTimeBars: false });
});

interface Subject {
  tree: string;
  name: string;
  perEntry: number;
  hasTimeBars: boolean;
}

async function measure(world: BenchWorld, subject: Subject): Promise<void> {
  const owner = await world.peer(`${subject.name}-owner`);
  // Names alone: types, texts and content ids follow them in a feed of their own.
  await owner.client.request('settings/set', { describeFiles: false });
  const { found, wireBytes } = await shareConnected(world, owner, subject);
  const entries = found.fileCount + found.folderCount;
  console.log(`${subject.name}: ${found.fileCount} files in ${found.folderCount} folders`);
  const [browse, search, delta, deltaMs]: number[][] = [[], [], [], []];
  for (let run = 0; run < runs; run++) {
    const viewer = await world.peer(`${subject.name}-viewer${run}`);
    const connected = told(viewer, ['peers/changed'], async () => {
      const peers = await viewer.client.request('peers/list', {});
      return peers.find(({ peerId, isOnline }) => peerId === owner.peerId && isOnline);
    });
    const browsable = firstListing(viewer, owner);
    const searchable = wholeSearch(viewer, owner);
    await viewer.client.request('parties/join', { name: `bench ${subject.name}` });
    const { atMs } = await connected;
    browse?.push((await browsable) - atMs);
    search?.push((await searchable) - atMs);
    const { found: share } = await arrived(viewer, owner);
    const change = await changeMany(viewer, owner, { tree: subject.tree, share, seed: run });
    delta?.push(change.bytes / 1024);
    deltaMs?.push(change.ms);
    console.log(
      `  run ${run + 1}: browse ${(browse?.at(-1) ?? 0).toFixed(0)} ms, search ${(search?.at(-1) ?? 0).toFixed(0)} ms, ` +
        `${changes} changes ${change.bytes.toFixed(0)} B`,
    );
    await world.stop(viewer);
    await isOnline(owner, viewer, false);
  }
  const { report } = world;
  const add = (what: string, value: number, unit: string, rest: { limit?: number; baseline?: [string, number] } = {}): void =>
    report.add({ name: `${subject.name}: ${what}`, value, unit, ...rest });
  const limit = (value: number): { limit?: number } => (subject.hasTimeBars ? { limit: value } : {});
  const listing = await compressedListing(subject.tree);
  add('connection to browsing', median(browse ?? []), 'ms', limit(1000));
  add('connection to searching all', median(search ?? []), 'ms', limit(3000));
  add('wire per entry', wireBytes / entries, 'B', {
    limit: subject.perEntry,
    baseline: ['find | gzip -6', listing / entries],
  });
  add(`wire of ${changes} changes`, Math.min(...(delta ?? [])), 'KiB', { limit: 32 });
  add(`${changes} changes to the peer`, median(deltaMs ?? []), 'ms');
  await world.stop(owner);
}

/**
 * Shares the tree while a viewer is connected already, and counts all that their connection carries, both ways, until that has the index.
 */
async function shareConnected(
  world: BenchWorld,
  owner: LocalPeer,
  subject: Subject,
): Promise<{ found: ShareInfo; wireBytes: number }> {
  const viewer = await world.peer(`${subject.name}-witness`);
  for (const peer of [owner, viewer]) await peer.client.request('parties/join', { name: `bench ${subject.name}` });
  await isOnline(viewer, owner, true);
  const bytesBefore = await trafficOf(viewer, owner);
  await owner.client.request('shares/add', { path: subject.tree, title: 'Bench' });
  await arrived(viewer, owner);
  const wireBytes = (await trafficOf(viewer, owner)) - bytesBefore;
  const { found } = await watching(owner);
  await world.stop(viewer);
  await isOnline(owner, viewer, false);
  return { found, wireBytes };
}

/** When a search went through the whole share. */
async function wholeSearch(viewer: LocalPeer, owner: LocalPeer): Promise<number> {
  await arrived(viewer, owner);
  for (;;) {
    const { searchedShares, missingShares, total } = await viewer.client.request('search/query', { query: 'a', limit: 1 });
    if (searchedShares > 0 && missingShares === 0 && total > 0) return performance.now();
    await pause(5);
  }
}

/** Touches files here and there while the share is paused; from resuming until the viewer has all of it. */
async function changeMany(
  viewer: LocalPeer,
  owner: LocalPeer,
  { tree, share, seed }: { tree: string; share: CatalogShare; seed: number },
): Promise<{ bytes: number; ms: number }> {
  const random = seededRandom(seed + 77);
  const files = new Set<string>();
  // Rules and the list of secrets leave some files out.
  while (files.size < changes) {
    const file = randomFile(tree, random);
    const entry = { ...rootOf(share), path: relativeTo(tree, file) };
    if (await viewer.client.request('catalog/stat', { entry }).catch(() => undefined)) files.add(file);
  }
  const times = new Map([...files].map((file) => [file, ownTimes(file)]));
  await owner.client.request('shares/pause', { shareId: share.shareId });
  const nowS = Math.floor(Date.now() / 1000) - 1000 + seed;
  const bytesBefore = await trafficOf(viewer, owner);
  for (const file of files) utimesSync(file, nowS, nowS);
  const startedMs = performance.now();
  await owner.client.request('shares/resume', { shareId: share.shareId });
  const rest = new Set([...files].map((file) => relativeTo(tree, file)));
  const { atMs } = await told(viewer, ['catalog/changed'], async () => {
    for (const each of rest) {
      const entry = await viewer.client.request('catalog/stat', { entry: { ...rootOf(share), path: each } });
      if (entry.mtimeMs !== nowS * 1000) return undefined;
      rest.delete(each);
    }
    return true;
  });
  const ms = atMs - startedMs;
  const bytes = (await trafficOf(viewer, owner)) - bytesBefore;
  // The tree is kept for the next bench, which finds it as it was.
  for (const [file, mtime] of times) utimesSync(file, mtime, mtime);
  await owner.client.request('shares/rescan', { shareId: share.shareId });
  return { bytes, ms };
}

/** Its time. A file of the real tree is a hard link to one of this machine's own, which is not to be touched: a copy takes its place. */
function ownTimes(file: string): Date {
  const { nlink, mtime } = statSync(file);
  if (nlink > 1) {
    copyFileSync(file, `${file}.copy`);
    utimesSync(`${file}.copy`, mtime, mtime);
    renameSync(`${file}.copy`, file);
  }
  return mtime;
}

/** Bytes that the connection carried so far, both ways, with all overhead above UDP. */
async function trafficOf(viewer: LocalPeer, owner: LocalPeer): Promise<number> {
  const peer = (await viewer.client.request('peers/list', {})).find(({ peerId }) => peerId === owner.peerId);
  if (!peer?.traffic) throw new Error('The connection is gone.');
  return peer.traffic.receivedBytes + peer.traffic.sentBytes;
}

function relativeTo(tree: string, file: string): string {
  return path.relative(tree, file).split(path.sep).join('/');
}

function randomFile(tree: string, random: () => number): string {
  for (;;) {
    let at = tree;
    for (;;) {
      const entries = readdirSync(at, { withFileTypes: true }).filter((entry) => entry.isDirectory() || entry.isFile());
      const entry = entries[Math.floor(random() * entries.length)];
      if (entry === undefined) break;
      at = path.join(at, entry.name);
      if (entry.isFile()) return at;
    }
  }
}

/** Bytes of the plain way to send an index. */
async function compressedListing(tree: string): Promise<number> {
  const { stdout } = await promisify(execFile)('sh', ['-c', `find "$0" -printf '%s %T@ %P\\n' | gzip -6 | wc -c`, tree]);
  return Number(stdout);
}
