// A tree of small files: files a second against one process that only creates them, and whether it slows down on the way.

import { closeSync, fsyncSync, mkdirSync, mkdtempSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { LocalPeer } from '../../scripts/localPeers.ts';
import { rootOf, type BenchWorld } from '../parts/benchWorld.ts';
import { median, seededRandom } from '../parts/report.ts';
import { downloaded, linked, partyPeer, removed, shared } from './scene.ts';

const fileBytes = 4096;
const perFolder = 100;

interface Options {
  runs: number;
  files: number;
  /** Where the downloads go: on tmpfs, or on a disk. */
  folder: string;
  isDisk: boolean;
}

export async function measureSmall(world: BenchWorld, { runs, files, folder, isDisk }: Options): Promise<void> {
  const where = isDisk ? 'disk' : 'tmpfs';
  console.log(`${files} files of ${fileBytes} bytes to ${where}`);
  const tree = path.join(world.folder, `small-${where}`);
  writeTree(tree, files, 1);
  const owner = await partyPeer(world, `small-${where}-owner`);
  const viewer = await partyPeer(world, `small-${where}-viewer`);
  const share = await shared(owner, viewer, tree);
  console.log(`  link: ${await linked(viewer, owner)}`);
  const target = mkdtempSync(path.join(folder, 'pl-small-'));
  const [rates, bare, ownerMs, viewerMs, decays]: [number[], number[], number[], number[], number[]] = [[], [], [], [], []];
  try {
    for (let run = 0; run < runs; run++) {
      const created = await createBare(path.join(target, 'bare'), files);
      removed(path.join(target, 'bare'));
      const decay = watchDecay(viewer, files);
      const { ms, processorMs, download } = await downloaded(viewer, rootOf(share), {
        folder: path.join(target, 'got'),
        owners: [owner],
      });
      if (download.doneFiles !== files) throw new Error(`${download.doneFiles} of ${files} files came.`);
      removed(path.join(target, 'got'));
      const ratio = decay.stop();
      if (ratio !== undefined) decays.push(ratio);
      rates.push((files * 1000) / ms);
      bare.push((files * 1000) / created);
      viewerMs.push(processorMs[0] ?? 0);
      ownerMs.push(processorMs[1] ?? 0);
      console.log(
        `  run ${run}: ${((files * 1000) / ms).toFixed(0)} files/s, bare ${((files * 1000) / created).toFixed(0)}; processor ${processorMs.map((each) => (each / 1000).toFixed(2)).join(' and ')} s`,
      );
    }
  } finally {
    removed(target);
  }
  const bars = isDisk ? { ratioLeast: 0.7 } : files === 10_000 ? { least: 12_000 } : {};
  world.report.add({
    name: `${files} small files, ${where}`,
    value: median(rates),
    unit: 'files/s',
    baseline: ['only creating them', median(bare)],
    ...bars,
  });
  world.report.add({ name: `  processor of the taker`, value: (median(viewerMs) * 1000) / files, unit: 'us/file' });
  world.report.add({ name: `  processor of the owner`, value: (median(ownerMs) * 1000) / files, unit: 'us/file' });
  if (decays.length > 0) world.report.add({ name: `  last tenth to first tenth`, value: median(decays), unit: '', least: 0.7 });
  await world.stop(viewer);
  await world.stop(owner);
  removed(tree);
}

/** Rate of the last tenth to that of the first, by what the notifications say; undefined when there were too few to tell. */
function watchDecay(viewer: LocalPeer, files: number): { stop(): number | undefined } {
  const seen: { atMs: number; doneFiles: number }[] = [];
  const listening = viewer.client.on('downloads/changed', ({ download }) => {
    if (download.state === 'running' || download.state === 'done')
      seen.push({ atMs: performance.now(), doneFiles: download.doneFiles });
  });
  return {
    stop: () => {
      listening.dispose();
      const tenth = files / 10;
      const first = between(seen, 0, Math.max(tenth, seen.find(({ doneFiles }) => doneFiles > 0)?.doneFiles ?? tenth));
      const last = between(seen, files - tenth, files);
      return first === undefined || last === undefined || seen.length < 20 ? undefined : last / first;
    },
  };
}

function between(seen: { atMs: number; doneFiles: number }[], from: number, to: number): number | undefined {
  const start = seen.findLast(({ doneFiles }) => doneFiles <= from);
  const end = seen.find(({ doneFiles }) => doneFiles >= to);
  if (!start || !end || end.atMs <= start.atMs) return undefined;
  return (end.doneFiles - start.doneFiles) / (end.atMs - start.atMs);
}

function writeTree(folder: string, files: number, seed: number): void {
  const random = seededRandom(seed);
  const content = Buffer.alloc(fileBytes);
  for (let at = 0; at < fileBytes; at += 4) content.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  for (let count = 0; count < files; count++) {
    const inside = path.join(folder, `part-${Math.floor(count / perFolder)}`);
    if (count % perFolder === 0) mkdirSync(inside, { recursive: true });
    content.writeUInt32LE(count, 0);
    const fd = openSync(path.join(inside, `file-${count}.dat`), 'wx');
    writeSync(fd, content);
    closeSync(fd);
  }
}

const self = fileURLToPath(import.meta.url);

/** Milliseconds that a process of its own takes to create them, and the folders. */
async function createBare(folder: string, files: number): Promise<number> {
  const child = fork(self, ['create', folder, String(files)]);
  const [{ ms }] = (await once(child, 'message')) as [{ ms: number }];
  return ms;
}

if (process.argv[1] === self && process.argv[2] === 'create') {
  const [, , , folder = '', files = '0'] = process.argv;
  const startedMs = performance.now();
  writeTree(folder, Number(files), 1);
  const fd = openSync(folder, 'r');
  fsyncSync(fd);
  closeSync(fd);
  process.send?.({ ms: performance.now() - startedMs }, () => process.exit());
}
