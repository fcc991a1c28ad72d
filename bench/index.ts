// `npm run bench -- index [--files N] [--runs N]`: how long a folder takes to become an index, beside `find` over the same tree, what memory
// that takes, what the sidecar keeps, and how soon it is current again after a restart. A generated tree, and all real files there are.

import { parseArgs } from 'node:util';
import path from 'node:path';
import type { LocalPeer } from '../scripts/localPeers.ts';
import { findMs, inBenchWorld, memoryMb, pause, told, watching, type BenchWorld } from './parts/benchWorld.ts';
import { generatedTreeFolder, writeGeneratedTree } from './parts/generatedTree.ts';
import { makeRealTree } from './parts/realTree.ts';
import { median } from './parts/report.ts';

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '1000000' },
    real: { type: 'string', default: '300000' },
    runs: { type: 'string', default: '3' },
  },
});
const runs = Number(values.runs);
/** After this the sidecar has done what it does after a scan, and its memory has been given back. */
const settleMs = 5_000;

await inBenchWorld('index', async (world) => {
  const options = { files: Number(values.files), seed: 1 };
  const generated = generatedTreeFolder(options);
  const { fileCount, folderCount } = writeGeneratedTree(generated, options);
  console.log(`generated: ${fileCount} files in ${folderCount} folders, ${runs} runs, medians`);
  await measure(world, { tree: generated, name: 'generated', fileCount, hasBars: fileCount >= 1_000_000 });
  const real = path.join(world.folder, 'real');
  const made = makeRealTree(real, Number(values.real), { isExact: false });
  console.log(`real: ${made.fileCount} files in ${made.folders.length} folders`);
  await measure(world, { tree: real, name: 'real', fileCount: made.fileCount, hasBars: false });
});

interface Subject {
  tree: string;
  name: string;
  fileCount: number;
  /** The floors are for a million files. */
  hasBars: boolean;
}

async function measure(world: BenchWorld, subject: Subject): Promise<void> {
  const { report } = world;
  const limit = (value: number): { limit?: number } => (subject.hasBars ? { limit: value } : {});
  const [indexed, find, ratios, peaks, restarts, checks, steady, watched]: number[][] = [[], [], [], [], [], [], [], []];
  for (let run = 0; run < runs; run++) {
    const name = `${subject.name}${run}`;
    const findTook = await findMs(subject.tree);
    let owner = await world.peer(name);
    const startedMs = performance.now();
    await owner.client.request('shares/add', { path: subject.tree, title: 'Bench' });
    // The index is there when peers could be told of it.
    const { atMs } = await told(owner, ['shares/changed', 'catalog/changed'], async () => {
      const [share] = await owner.client.request('catalog/shares', { peerId: owner.peerId });
      if (share?.failure) throw new Error(share.failure.message);
      return share?.indexState === 'ready' ? share : undefined;
    });
    const { found } = await watching(owner);
    if (run === 0) console.log(`  ${found.fileCount} files shared, watch ${JSON.stringify(found.watch)}`);
    find?.push(findTook);
    indexed?.push(atMs - startedMs);
    ratios?.push((atMs - startedMs) / findTook);
    peaks?.push(memoryMb(owner.client.sidecarPid, 'VmHWM'));
    await world.stop(owner);

    const restartMs = performance.now();
    owner = await world.peer(name);
    const upMs = performance.now();
    const again = await watching(owner);
    restarts?.push(again.atMs - restartMs);
    checks?.push(again.atMs - upMs);
    await pause(settleMs);
    watched?.push(memoryMb(owner.client.sidecarPid, 'VmRSS'));
    await owner.client.request('shares/pause', { shareId: again.found.shareId });
    await world.stop(owner);
    owner = await world.peer(name);
    await ready(owner);
    await pause(settleMs);
    steady?.push(memoryMb(owner.client.sidecarPid, 'VmRSS'));
    await world.stop(owner);
  }
  const baseline: [string, number] = ['find -printf', median(find ?? [])];
  const add = (what: string, value: number, unit: string, rest: { limit?: number; baseline?: [string, number] } = {}): void =>
    report.add({ name: `${subject.name}: ${what}`, value, unit, ...rest });
  add('folder to index', median(indexed ?? []), 'ms', { baseline });
  add('ratio to find', median(ratios ?? []), '', limit(2));
  add('peak memory of it', median(peaks ?? []), 'MB', limit(250));
  add('restart to current', median(restarts ?? []), 'ms', { baseline });
  add('of it, the check', median(checks ?? []), 'ms', limit(1000));
  add('steady memory, not watching', median(steady ?? []), 'MB', limit(150));
  add('steady memory, watching', median(watched ?? []), 'MB');
}

/** A listing was answered from the index. */
async function ready(owner: LocalPeer): Promise<void> {
  const [share] = await owner.client.request('catalog/shares', { peerId: owner.peerId });
  if (share === undefined) throw new Error('The share is gone after a restart.');
  await owner.client.request('catalog/list', { entry: { peerId: owner.peerId, shareId: share.shareId, path: '' } });
}
