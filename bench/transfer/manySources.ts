// The same file at several peers, each giving at the same limited rate: how near N of them come to N times one, and what a lost and a late one cost.

import path from 'node:path';
import { cpSync } from 'node:fs';
import { until, type LocalPeer } from '../../scripts/localPeers.ts';
import type { EntryRef } from '../../src/protocol/model.ts';
import { rootOf, type BenchWorld } from '../parts/benchWorld.ts';
import { median } from '../parts/report.ts';
import { downloaded, ended, hashed, known, linked, MiB, partyPeer, reached, removed, writeRandomFile } from './scene.ts';
import { watching } from '../parts/benchWorld.ts';

const limit = 20 * MiB;
const most = 4;

export async function measureSources(world: BenchWorld, { runs, sizeMiB }: { runs: number; sizeMiB: number }): Promise<void> {
  console.log(`${sizeMiB} MiB from up to ${most} sources of ${limit / MiB} MiB/s each`);
  const size = sizeMiB * MiB;
  const original = path.join(world.folder, 'sources-0');
  writeRandomFile(path.join(original, 'one.bin'), size, 3);
  const viewer = await partyPeer(world, 'sources-viewer');
  const sources: { peer: LocalPeer; entry: EntryRef }[] = [];
  const rates: number[] = [];
  for (let count = 0; count < most; count++) {
    const folder = path.join(world.folder, `sources-${count}`);
    if (count > 0) cpSync(original, folder, { recursive: true });
    sources.push(await source(world, viewer, { name: `source-${count}`, folder }));
    const first = sources[0];
    if (!first) return;
    const { contentId } = await viewer.client.request('files/fetchRange', { entry: first.entry, offset: 0, length: 1 });
    await until('every source to be known', async () => {
      const holders = await viewer.client.request('catalog/holders', { contentId });
      return new Set(holders.map(({ peerId }) => peerId)).size >= sources.length;
    });
    const measured: number[] = [];
    for (let run = 0; run < runs; run++) {
      const { ms } = await downloaded(viewer, first.entry, { folder: path.join(world.folder, 'sources-target') });
      removed(path.join(world.folder, 'sources-target'));
      measured.push((size * 1000) / ms);
    }
    rates.push(median(measured));
    const n = sources.length;
    const value = (rates.at(-1) ?? 0) / MiB;
    const baseline: [string, number] = [`${n} x the limit`, (n * limit) / MiB];
    world.report.add({ name: `${n} sources`, value, unit: 'MiB/s', baseline, ...(n > 1 && { ratioLeast: 0.95 }) });
  }
  await lostAndLate(world, { viewer, sources, size });
  for (const { peer } of sources) await world.stop(peer).catch(() => undefined);
  await world.stop(viewer);
}

async function source(world: BenchWorld, viewer: LocalPeer, { name, folder }: { name: string; folder: string }) {
  const peer = await partyPeer(world, name, { uploadLimit: limit });
  await peer.client.request('shares/add', { path: folder, title: name });
  await watching(peer);
  const share = await known(peer, viewer);
  await linked(viewer, peer);
  const entry = { ...rootOf(share), path: 'one.bin' };
  await hashed(viewer, entry);
  return { peer, entry };
}

/** One of three is killed in the middle and the fourth comes late (its sidecar starts then). */
async function lostAndLate(
  world: BenchWorld,
  { viewer, sources, size }: { viewer: LocalPeer; sources: { peer: LocalPeer; entry: EntryRef }[]; size: number },
): Promise<void> {
  const [first, , lost, late] = sources;
  if (!first || !lost || !late) return;
  await world.stop(late.peer);
  const folder = path.join(world.folder, 'sources-target');
  const before = await receivedBytes(viewer);
  const startedMs = performance.now();
  const { downloadId } = await viewer.client.request('downloads/add', { entry: first.entry, folder });
  await reached(viewer, downloadId, ({ doneBytes }) => doneBytes > size / 5);
  process.kill(lost.peer.client.sidecarPid, 'SIGKILL');
  await reached(viewer, downloadId, ({ doneBytes }) => doneBytes > (2 * size) / 5);
  const again = await world.peer('source-3');
  await until('the late one to be here', async () => {
    const peers = await viewer.client.request('peers/list', {});
    return peers.some(({ peerId, isOnline }) => peerId === again.peerId && isOnline);
  });
  const hereMs = performance.now();
  const joined = await reached(
    viewer,
    downloadId,
    ({ state, sources: active }) =>
      state === 'done' || active.some(({ peerId, receivedBytes: bytes }) => peerId === again.peerId && bytes > 0),
  );
  if (joined.state !== 'done')
    world.report.add({ name: 'a late source joins after', value: performance.now() - hereMs, unit: 'ms', limit: 2000 });
  const { atMs } = await ended(viewer, downloadId);
  const extra = (await receivedBytes(viewer)) - before - size;
  world.report.add({ name: 'one lost, one late: in all', value: (atMs - startedMs) / 1000, unit: 's' });
  world.report.add({ name: 'one lost, one late: extra', value: (extra / size) * 100, unit: '%', limit: 5 });
  removed(folder);
}

/** File bytes and all else, over the connections of now: what a killed one carried is not in it, which can only make this smaller. */
async function receivedBytes(viewer: LocalPeer): Promise<number> {
  const { downloadedBytes } = await viewer.client.request('transfers/totals', {});
  return downloadedBytes;
}
