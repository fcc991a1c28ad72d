// `npm run bench -- watch [--files N] [--edits N] [--runs N]`: from a change on disk to the own index and to a connected peer's, beside the
// bare event of the system; and whether two thousand files at once and two hundred nested folders all arrive.

import { appendFileSync, mkdirSync, watch, writeFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { LocalPeer } from '../scripts/localPeers.ts';
import type { CatalogShare } from '../src/protocol/model.ts';
import {
  arrived,
  inBenchWorld,
  memoryMb,
  pause,
  processorMs,
  rootOf,
  told,
  watching,
  type BenchWorld,
} from './parts/benchWorld.ts';
import { writeGeneratedTree } from './parts/generatedTree.ts';
import { median, percentile, seededRandom } from './parts/report.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '100000' },
    edits: { type: 'string', default: '150' },
    runs: { type: 'string', default: '3' },
  },
});
const runs = Number(values.runs);
/** Between two edits of a person: notifications of one share come at most four times a second. */
const betweenMs = 300;
const manyFiles = 2000;
const nestedFolders = 200;

await inBenchWorld('watch', async (world) => {
  const tree = path.join(world.folder, 'tree');
  const { fileCount, folderCount } = writeGeneratedTree(tree, { files: Number(values.files), seed: 2 });
  console.log(`${fileCount} files in ${folderCount} folders`);
  const owner = await world.peer('ann');
  const viewer = await world.peer('ben');
  for (const peer of [owner, viewer]) await peer.client.request('parties/join', { name: 'bench' });
  await owner.client.request('shares/add', { path: tree, title: 'Bench' });
  const { found } = await watching(owner);
  console.log(`  ${JSON.stringify(found.watch)}`);
  const { found: share } = await arrived(viewer, owner);
  await measureEdits(world, { owner, viewer, share, tree });
  await measureMany(world, { owner, viewer, share, tree });
  await measureIdle(world, owner);
});

interface Scene {
  owner: LocalPeer;
  viewer: LocalPeer;
  share: CatalogShare;
  tree: string;
}

/** One edit at a time, in a folder that has some files: an append, told by size. */
async function measureEdits(world: BenchWorld, { owner, viewer, share, tree }: Scene): Promise<void> {
  const random = seededRandom(5);
  const folders = Array.from({ length: 20 }, (_, at) => path.join(tree, `edited ${at}`));
  for (const folder of folders) {
    mkdirSync(folder);
    for (let file = 0; file < 20; file++) writeFileSync(path.join(folder, `file ${file}.txt`), 'x');
  }
  await hasEntry(viewer, share, `edited 19/file 19.txt`, 1);
  const [own, peer, bare]: number[][] = [[], [], []];
  for (let edit = 0; edit < Number(values.edits); edit++) {
    const folder = Math.floor(random() * folders.length);
    const relative = `edited ${folder}/file ${edit % 20}.txt`;
    const absolute = path.join(tree, relative);
    const { sizeBytes } = await owner.client.request('catalog/stat', { entry: { ...rootOf(share), path: relative } });
    await pause(betweenMs + random() * 100);
    const event = nextEvent(path.dirname(absolute));
    const startedMs = performance.now();
    const here = hasEntry(owner, share, relative, sizeBytes + 1);
    const there = hasEntry(viewer, share, relative, sizeBytes + 1);
    appendFileSync(absolute, 'y');
    own?.push((await here) - startedMs);
    peer?.push((await there) - startedMs);
    bare?.push((await event) - startedMs);
  }
  const { report } = world;
  const baseline = (percent: number): [string, number] => ['bare event', percentile(bare ?? [], percent)];
  report.add({
    name: 'edit to own index, p50',
    value: percentile(own ?? [], 50),
    unit: 'ms',
    limit: 100,
    baseline: baseline(50),
  });
  report.add({
    name: 'edit to own index, p99',
    value: percentile(own ?? [], 99),
    unit: 'ms',
    limit: 1000,
    baseline: baseline(99),
  });
  report.add({ name: 'edit to the peer, p50', value: percentile(peer ?? [], 50), unit: 'ms', baseline: baseline(50) });
  report.add({
    name: 'edit to the peer, p99',
    value: percentile(peer ?? [], 99),
    unit: 'ms',
    limit: 2000,
    baseline: baseline(99),
  });
}

/** Nothing is lost, and how long it takes until the peer has the last. */
async function measureMany(world: BenchWorld, { viewer, share, tree }: Scene): Promise<void> {
  const [files, nested, gone]: number[][] = [[], [], []];
  let lost = 0;
  for (let run = 0; run < runs; run++) {
    const many = path.join(tree, `many ${run}`);
    let startedMs = performance.now();
    mkdirSync(many);
    for (let file = 0; file < manyFiles; file++) writeFileSync(path.join(many, `f${file}`), String(file));
    files?.push((await hasCount(viewer, share, `many ${run}`, manyFiles)).atMs - startedMs);
    startedMs = performance.now();
    let at = path.join(tree, `nested ${run}`);
    // Ten chains of twenty, each folder with a file: made faster than anybody can watch them.
    for (let chain = 0; chain < 10; chain++) {
      at = path.join(tree, `nested ${run}`, `chain ${chain}`);
      for (let depth = 0; depth < nestedFolders / 10; depth++) {
        mkdirSync(at, { recursive: true });
        writeFileSync(path.join(at, 'leaf.txt'), 'leaf');
        at = path.join(at, `d${depth}`);
      }
    }
    const found = await told(
      viewer,
      ['catalog/changed'],
      async () => {
        const count = await countBelow(viewer, share, `nested ${run}`);
        return count === nestedFolders ? count : undefined;
      },
      20_000,
    ).catch(async () => ({ atMs: NaN, found: await countBelow(viewer, share, `nested ${run}`) }));
    lost += nestedFolders - found.found;
    nested?.push(found.atMs - startedMs);
    startedMs = performance.now();
    rmSync(many, { recursive: true });
    rmSync(path.join(tree, `nested ${run}`), { recursive: true });
    gone?.push((await isGone(viewer, share, [`many ${run}`, `nested ${run}`])) - startedMs);
  }
  const { report } = world;
  report.add({ name: `${manyFiles} files to the peer`, value: median(files ?? []), unit: 'ms' });
  report.add({ name: `${nestedFolders} nested folders`, value: median(nested ?? []), unit: 'ms' });
  report.add({ name: 'lost of them', value: lost, unit: '', limit: 0 });
  report.add({ name: 'all of it removed', value: median(gone ?? []), unit: 'ms' });
}

async function measureIdle(world: BenchWorld, owner: LocalPeer): Promise<void> {
  await pause(3_000);
  const before = processorMs(owner.client.sidecarPid);
  const startedMs = performance.now();
  await pause(10_000);
  const percent = ((processorMs(owner.client.sidecarPid) - before) / (performance.now() - startedMs)) * 100;
  world.report.add({ name: 'processor while watching', value: percent, unit: '%' });
  world.report.add({ name: 'memory while watching', value: memoryMb(owner.client.sidecarPid, 'VmRSS'), unit: 'MB' });
}

async function hasEntry(peer: LocalPeer, share: CatalogShare, relative: string, sizeBytes: number): Promise<number> {
  const { atMs } = await told(peer, ['catalog/changed'], async () => {
    const entry = await peer.client
      .request('catalog/stat', { entry: { ...rootOf(share), path: relative } })
      .catch(() => undefined);
    return entry?.sizeBytes === sizeBytes ? entry : undefined;
  });
  return atMs;
}

async function hasCount(peer: LocalPeer, share: CatalogShare, relative: string, count: number): Promise<{ atMs: number }> {
  return told(peer, ['catalog/changed'], async () => {
    const entry = { ...rootOf(share), path: relative };
    const page = await peer.client.request('catalog/list', { entry, limit: 1 }).catch(() => undefined);
    return page?.total === count ? page : undefined;
  });
}

async function isGone(peer: LocalPeer, share: CatalogShare, relatives: string[]): Promise<number> {
  const { atMs } = await told(peer, ['catalog/changed'], async () => {
    for (const relative of relatives) {
      const entry = { ...rootOf(share), path: relative };
      if (await peer.client.request('catalog/stat', { entry }).catch(() => undefined)) return undefined;
    }
    return true;
  });
  return atMs;
}

/** Files named leaf.txt below a folder. */
async function countBelow(peer: LocalPeer, share: CatalogShare, relative: string): Promise<number> {
  let count = 0;
  const pending = [relative];
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    const page = await peer.client.request('catalog/list', { entry: { ...rootOf(share), path: at } }).catch(() => undefined);
    for (const { kind, name } of page?.entries ?? []) {
      if (kind === 'folder') pending.push(`${at}/${name}`);
      else if (name === 'leaf.txt') count++;
    }
  }
  return count;
}

/** When the system itself tells of a change in a folder: what nobody can be faster than. */
function nextEvent(folder: string): Promise<number> {
  return new Promise((resolve) => {
    const watcher = watch(folder, () => {
      watcher.close();
      resolve(performance.now());
    });
  });
}
