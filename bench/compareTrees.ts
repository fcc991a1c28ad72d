// `npm run bench -- compareTrees [--files N] [--runs N]`: how long comparing two trees takes a real sidecar, from their indexes, and against
// a folder as it is on the disk; beside a bare merge of two sorted arrays of paths, and `find` over both folders.

import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { LocalPeer } from '../scripts/localPeers.ts';
import type { CompareSide, Comparison } from '../src/protocol/compare.ts';
import { bundleBeside } from '../scripts/bundle.ts';
import { findMs, inBenchWorld, memoryMb, pause, processorMs, rootOf, told, type BenchWorld } from './parts/benchWorld.ts';
import { generateTree, writeGeneratedTree } from './parts/generatedTree.ts';
import type { knownTrees as KnownTrees } from './parts/knownTrees.ts';
import { median, timed } from './parts/report.ts';

const { values } = parseArgs({
  options: { files: { type: 'string', default: '100000' }, runs: { type: 'string', default: '5' } },
});
const files = Number(values.files);
const runs = Number(values.runs);

await inBenchWorld('compareTrees', async (world) => {
  const [one, other] = [path.join(world.folder, 'one'), path.join(world.folder, 'other')];
  const options = { files, seed: 7 };
  const { fileCount } = writeGeneratedTree(one, options);
  writeGeneratedTree(other, options);
  const made = differ(one, other);
  console.log(`two trees of ${fileCount} files, ${made} of them made different, ${runs} runs, medians`);
  const peer = await world.peer('owner');
  const left = await shared(peer, one, 'One');
  const right = await shared(peer, other, 'Other');
  const merge = bareMerge(options);
  const found = (await findMs(one)) + (await findMs(other));
  await measure(world, peer, { name: 'two indexes', left, right, baseline: ['bare merge of paths', merge], limit: 1000 });
  await measureKnown(world, merge);
  await measure(world, peer, {
    name: 'a folder and an index',
    left: { folder: one },
    right,
    baseline: ['find over both', found],
  });
});

interface Measured {
  name: string;
  left: CompareSide;
  right: CompareSide;
  baseline: [string, number];
  limit?: number;
}

async function measure({ report }: BenchWorld, peer: LocalPeer, { name, left, right, baseline, limit }: Measured): Promise<void> {
  const times: number[] = [];
  const processor: number[] = [];
  let busiest = 0;
  let last: Comparison | undefined;
  for (let run = 0; run < runs; run++) {
    const pings = pinging(peer);
    const beforeMs = processorMs(peer.client.sidecarPid);
    const [ms, comparison] = await timed(() => peer.client.request('compare/start', { left, right }));
    processor.push(processorMs(peer.client.sidecarPid) - beforeMs);
    busiest = Math.max(busiest, await pings.end());
    await peer.client.request('compare/page', { compareId: comparison.compareId, limit: 1000 });
    await peer.client.request('compare/close', { compareId: comparison.compareId });
    times.push(ms);
    last = comparison;
  }
  console.log(`  ${JSON.stringify(last?.totals)}`);
  report.add({ name, value: median(times), unit: 'ms', baseline, ...(limit !== undefined && { limit }) });
  // With the answers to what is asked meanwhile.
  report.add({ name: `${name}: processor`, value: median(processor), unit: 'ms' });
  report.add({
    name: `${name}: longest answer meanwhile`,
    value: busiest,
    unit: 'ms',
    baseline: ['without it', await idlePing(peer)],
  });
  report.add({ name: `${name}: memory then`, value: memoryMb(peer.client.sidecarPid, 'VmRSS'), unit: 'MB' });
}

/** Asks the sidecar something small all the time: how long it is not to be had. */
function pinging(peer: LocalPeer): { end(): Promise<number> } {
  let isOver = false;
  let longest = 0;
  const pings = (async () => {
    while (!isOver) {
      const [ms] = await timed(() => peer.client.request('sidecar/status', {}));
      longest = Math.max(longest, ms);
    }
  })();
  return {
    end: async () => {
      isOver = true;
      await pings;
      return longest;
    },
  };
}

/** With the content id of every file known, in this process, from a bundle as at a user's: reading TypeScript would be measured, too. */
async function measureKnown({ folder, report }: BenchWorld, merge: number): Promise<void> {
  const script = await bundleBeside('bench/parts/knownTrees.ts', ['compareWorker', 'detailWorker'], path.join(folder, 'known'));
  const { knownTrees } = (await import(pathToFileURL(script).href)) as { knownTrees: typeof KnownTrees };
  const known = knownTrees(folder, { files, seed: 7 });
  const times: number[] = [];
  const processor: number[] = [];
  for (let run = 0; run < runs; run++) {
    const signal = new AbortController().signal;
    const before = process.cpuUsage();
    const [ms, { compareId, totals }] = await timed(() =>
      known.comparisons.start({ left: known.left, right: known.right, isExact: false, signal, onProgress: () => undefined }),
    );
    const { user, system } = process.cpuUsage(before);
    processor.push((user + system) / 1000);
    if (run === 0) console.log(`  ${JSON.stringify(totals)}`);
    known.comparisons.drop(compareId);
    times.push(ms);
  }
  await known.close();
  report.add({
    name: 'two indexes, all contents known',
    value: median(times),
    unit: 'ms',
    baseline: ['bare merge of paths', merge],
    limit: 1000,
  });
  report.add({ name: 'two indexes, all contents known: processor', value: median(processor), unit: 'ms' });
}

/** The same while nothing else is done, for a second. */
async function idlePing(peer: LocalPeer): Promise<number> {
  const pings = pinging(peer);
  await pause(1000);
  return pings.end();
}

async function shared(peer: LocalPeer, folder: string, title: string): Promise<CompareSide> {
  const { shareId } = await peer.client.request('shares/add', { path: folder, title });
  await told(peer, ['shares/changed'], async () =>
    (await peer.client.request('shares/list', {})).find((share) => share.shareId === shareId && share.state === 'watching'),
  );
  return { entry: rootOf({ peerId: peer.peerId, shareId }) };
}

/** Something changed, gone, new and moved in the second tree. */
function differ(one: string, other: string): number {
  let count = 0;
  generateTree({ files, seed: 7 }, (at, { files: inside }) => {
    const [first, second] = inside;
    if (count >= files / 100 || first === undefined || second === undefined) return;
    writeFileSync(path.join(other, at, first.name), 'something else');
    rmSync(path.join(one, at, second.name), { force: true });
    count += 2;
  });
  mkdirSync(path.join(other, 'new folder'));
  writeFileSync(path.join(other, 'new folder', 'new'), 'new');
  renameSync(path.join(other, 'new folder'), path.join(other, 'newer folder'));
  return count + 1;
}

/** What a comparison cannot go below: both lists in order, in memory, as strings. */
function bareMerge(options: { files: number; seed: number }): number {
  const paths: string[] = [];
  generateTree(options, (at, folder) => {
    for (const { name } of folder.files) paths.push(at === '' ? name : `${at}/${name}`);
  });
  const [left, right] = [[...paths].sort(), paths.filter((_, at) => at % 97 !== 0).sort()];
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const startedMs = performance.now();
    let [same, only] = [0, 0];
    for (let at = 0, to = 0; at < left.length || to < right.length;) {
      const [a, b] = [left[at], right[to]];
      if (a === b) {
        same++;
        at++;
        to++;
      } else {
        only++;
        if (b === undefined || (a !== undefined && a < b)) at++;
        else to++;
      }
    }
    times.push(performance.now() - startedMs);
    if (same + only === 0) throw new Error('nothing was merged');
  }
  return median(times);
}
