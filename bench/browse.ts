// `npm run bench -- browse [--files N] [--runs N]`: two sidecars as processes on a loopback DHT, a real tree of 50,000 files. How soon it is
// listed at the other peer, what that costs on the wire, and how fast folders are listed with the owner away.

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { until, type LocalPeer } from '../scripts/localPeers.ts';
import type { CatalogShare } from '../src/protocol/model.ts';
import { arrived, findMs, inBenchWorld, isOnline, loopbackBytes, rootOf, watching } from './parts/benchWorld.ts';
import { makeRealTree, type RealTree } from './parts/realTree.ts';
import { median, percentile, type Report, seededRandom, timed } from './parts/report.ts';

const { values } = parseArgs({
  options: { files: { type: 'string', default: '52000' }, runs: { type: 'string', default: '3' } },
});
const runs = Number(values.runs);
/** Listings of each run. */
const listings = 2000;
const title = 'Bench';

await inBenchWorld('browse', async (world) => {
  const target = path.join(world.folder, 'tree');
  const tree = makeRealTree(target, Number(values.files));
  console.log(`${tree.fileCount} files in ${tree.folders.length} folders, ${runs} runs, medians`);
  const owner = await world.peer('ann');
  let viewer = await world.peer('ben');
  for (const peer of [owner, viewer]) await peer.client.request('parties/join', { name: 'bench' });
  await isOnline(viewer, owner, true);

  const share = await measureSharing(world.report, { owner, viewer, target });
  await world.stop(owner);
  await isOnline(viewer, owner, false);
  await measureListing(world.report, viewer, share, { target, tree });

  const restarts: number[] = [];
  for (let run = 0; run < runs; run++) {
    await world.stop(viewer);
    const [ms, next] = await timed(async () => {
      const started = await world.peer('ben');
      await started.client.request('catalog/list', { entry: rootOf(share), limit: 100 });
      return started;
    });
    viewer = next;
    restarts.push(ms);
  }
  world.report.add({ name: 'restart to listing', value: median(restarts), unit: 'ms' });
});

/** From `shares/add` to the first page at the other peer, beside `find` over the same tree. */
async function measureSharing(
  report: Report,
  { owner, viewer, target }: { owner: LocalPeer; viewer: LocalPeer; target: string },
): Promise<CatalogShare> {
  const first: number[] = [];
  const scan: number[] = [];
  const find: number[] = [];
  const wire: number[] = [];
  let share: CatalogShare | undefined;
  for (let run = 0; run < runs; run++) {
    if (share) await unshare(owner, viewer, share);
    find.push(await findMs(target));
    const bytesBefore = loopbackBytes();
    const arrival = firstPage(viewer, owner);
    const startedMs = performance.now();
    const scanned = scanEnds(owner);
    await owner.client.request('shares/add', { path: target, title });
    scan.push((await scanned) - startedMs);
    const arrived = await arrival;
    first.push(arrived.atMs - startedMs);
    wire.push((loopbackBytes() - bytesBefore) / (arrived.share.fileCount + arrived.share.folderCount));
    share = arrived.share;
    console.log(`  run ${run + 1}: ${(arrived.atMs - startedMs).toFixed(0)} ms, find ${(find.at(-1) ?? 0).toFixed(0)} ms`);
  }
  if (!share) throw new Error('No run was made.');
  console.log(`  shared: ${share.fileCount} files, ${share.folderCount} folders, ${(share.totalBytes / 1e6).toFixed(0)} MB`);
  if (share.fileCount < 50_000 && Number(values.files) > 50_000) throw new Error(`Only ${share.fileCount} files were shared.`);
  report.add({
    name: 'share to first page',
    value: median(first),
    unit: 'ms',
    limit: 2000,
    baseline: ['find -printf', median(find)],
  });
  report.add({ name: 'share to own index', value: median(scan), unit: 'ms', baseline: ['find -printf', median(find)] });
  // Everything on the loopback interface in that time: what others send in the same time can only add to it.
  if (wire.every((bytes) => bytes > 0)) report.add({ name: 'wire per entry', value: Math.min(...wire), unit: 'B' });
  return share;
}

/** catalog/list over RPC with the owner offline, beside readdir of the same folders. */
async function measureListing(
  report: Report,
  viewer: LocalPeer,
  share: CatalogShare,
  { target, tree }: { target: string; tree: RealTree },
): Promise<void> {
  const random = seededRandom(20_261_121);
  const p50: number[] = [];
  const p95: number[] = [];
  const p99: number[] = [];
  const base50: number[] = [];
  const base95: number[] = [];
  const base99: number[] = [];
  const stat95: number[] = [];
  for (let run = 0; run < runs; run++) {
    const folders = Array.from({ length: listings }, () => tree.folders[Math.floor(random() * tree.folders.length)] ?? '');
    const readdirMs: number[] = [];
    const listMs: number[] = [];
    const statMs: number[] = [];
    for (const each of folders) readdirMs.push((await timed(() => readdir(path.join(target, each), { withFileTypes: true })))[0]);
    for (const each of folders) {
      const entry = { ...rootOf(share), path: each };
      listMs.push((await timed(() => viewer.client.request('catalog/list', { entry }).catch(leftOut)))[0]);
      if (each !== '') statMs.push((await timed(() => viewer.client.request('catalog/stat', { entry }).catch(leftOut)))[0]);
    }
    p50.push(percentile(listMs, 50));
    p95.push(percentile(listMs, 95));
    p99.push(percentile(listMs, 99));
    base50.push(percentile(readdirMs, 50));
    base95.push(percentile(readdirMs, 95));
    base99.push(percentile(readdirMs, 99));
    stat95.push(percentile(statMs, 95));
  }
  report.add({ name: 'list p50, owner offline', value: median(p50), unit: 'ms', baseline: ['readdir', median(base50)] });
  report.add({
    name: 'list p95, owner offline',
    value: median(p95),
    unit: 'ms',
    limit: 5,
    baseline: ['readdir', median(base95)],
  });
  report.add({
    name: 'list p99, owner offline',
    value: median(p99),
    unit: 'ms',
    limit: 1,
    baseline: ['readdir', median(base99)],
  });
  report.add({ name: 'stat p95, owner offline', value: median(stat95), unit: 'ms' });
  const status = await viewer.client.request('sidecar/status', {});
  report.add({ name: 'viewer memory', value: status.rssBytes / 1e6, unit: 'MB' });
}

/** A folder that ignore rules or the list of secrets left out is not there; asking took its time all the same. */
function leftOut(error: unknown): void {
  if (!(error instanceof Error && 'kind' in error && error.kind === 'not-found')) throw error;
}

/** When the viewer has the first page, told by notifications. */
async function firstPage(viewer: LocalPeer, owner: LocalPeer): Promise<{ atMs: number; share: CatalogShare }> {
  const { found } = await arrived(viewer, owner, (share) => share.title === title);
  await viewer.client.request('catalog/list', { entry: rootOf(found), limit: 100 });
  return { atMs: performance.now(), share: found };
}

/** When the owner follows the folder: its index is whole. */
async function scanEnds(owner: LocalPeer): Promise<number> {
  return (await watching(owner)).atMs;
}

async function unshare(owner: LocalPeer, viewer: LocalPeer, { shareId }: CatalogShare): Promise<void> {
  await owner.client.request('shares/remove', { shareId });
  await until(
    'the share to be gone',
    async () => (await viewer.client.request('catalog/shares', { peerId: owner.peerId })).length === 0,
  );
}
