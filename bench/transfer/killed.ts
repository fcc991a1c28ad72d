// kill -9 of the taker at random points of one large file: what is fetched again, and how soon it goes on.

import path from 'node:path';
import type { LocalPeer } from '../../scripts/localPeers.ts';
import { rootOf, isOnline, type BenchWorld } from '../parts/benchWorld.ts';
import { median, seededRandom } from '../parts/report.ts';
import { ended, hashed, linked, MiB, partyPeer, reached, removed, shared, writeRandomFile } from './scene.ts';

const kills = 10;
/** Four ranges of 8 MiB under way: limits/transfers.ts. */
const windowBytes = 4 * 8 * MiB;

export async function measureKilled(world: BenchWorld, { sizeMiB }: { sizeMiB: number }): Promise<void> {
  console.log(`${kills} x kill -9 of the taker of ${sizeMiB} MiB`);
  const size = sizeMiB * MiB;
  const folder = path.join(world.folder, 'killed-shared');
  writeRandomFile(path.join(folder, 'one.bin'), size, 4);
  const owner = await partyPeer(world, 'killed-owner', { uploadLimit: 200 * MiB });
  let viewer = await partyPeer(world, 'killed-viewer');
  const share = await shared(owner, viewer, folder);
  const entry = { ...rootOf(share), path: 'one.bin' };
  await linked(viewer, owner);
  await hashed(viewer, entry);
  const random = seededRandom(5);
  const points = Array.from({ length: kills }, () => random()).toSorted((a, b) => a - b);
  const { downloadId } = await viewer.client.request('downloads/add', {
    entry,
    folder: path.join(world.folder, 'killed-target'),
  });
  const resumedMs: number[] = [];
  let sentBefore = await sentTo(owner, viewer);
  let sent = 0;
  for (const point of points) {
    await reached(viewer, downloadId, ({ doneBytes }) => doneBytes >= point * size);
    process.kill(viewer.client.sidecarPid, 'SIGKILL');
    sent += (await sentTo(owner, viewer)) - sentBefore;
    viewer = await world.peer('killed-viewer');
    const before =
      (await viewer.client.request('downloads/list', {})).find((each) => each.downloadId === downloadId)?.doneBytes ?? 0;
    await isOnline(viewer, owner, true);
    const onlineMs = performance.now();
    await reached(viewer, downloadId, ({ doneBytes, state }) => state === 'done' || doneBytes > before);
    resumedMs.push(performance.now() - onlineMs);
    sentBefore = 0;
  }
  await ended(viewer, downloadId);
  sent += (await sentTo(owner, viewer)) - sentBefore;
  world.report.add({ name: 'going on after kill -9', value: median(resumedMs), unit: 'ms', limit: 1000 });
  const windows = (sent - size) / windowBytes / kills;
  world.report.add({ name: 'fetched again a kill', value: windows, unit: 'windows', limit: 2 });
  removed(path.join(world.folder, 'killed-target'));
  await world.stop(viewer);
  await world.stop(owner);
  removed(folder);
}

/** What the owner sent on the connection of now. */
async function sentTo(owner: LocalPeer, viewer: LocalPeer): Promise<number> {
  const peer = (await owner.client.request('peers/list', {})).find(({ peerId }) => peerId === viewer.peerId);
  return peer?.traffic?.sentBytes ?? 0;
}
