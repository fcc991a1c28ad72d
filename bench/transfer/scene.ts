// Two or more peers in one party with a shared folder between them, and a download watched to its end.

import { mkdirSync, openSync, writeSync, closeSync, rmSync, existsSync } from 'node:fs';
import path from 'node:path';
import { until, type LocalPeer } from '../../scripts/localPeers.ts';
import type { CatalogShare, DownloadInfo, EntryRef, Settings } from '../../src/protocol/model.ts';
import { arrived, isOnline, processorMs, told, watching, type BenchWorld } from '../parts/benchWorld.ts';
import { seededRandom } from '../parts/report.ts';

export const MiB = 1024 * 1024;

/** A peer whose whole world lies in one folder, in the party of the bench. */
export async function partyPeer(world: BenchWorld, name: string, settings: Partial<Settings> = {}): Promise<LocalPeer> {
  const peer = await world.peer(name);
  const downloadFolder = path.join(world.folder, `${name}-downloads`);
  mkdirSync(downloadFolder, { recursive: true });
  await peer.client.request('settings/set', { downloadFolder, ...settings });
  await peer.client.request('parties/join', { name: 'bench transfer' });
  return peer;
}

/** Shares a folder, and waits until `viewer` has its index and a direct link to it. */
export async function shared(owner: LocalPeer, viewer: LocalPeer, folder: string): Promise<CatalogShare> {
  await owner.client.request('shares/add', { path: folder, title: 'Bench' });
  await watching(owner);
  return known(owner, viewer);
}

export async function known(owner: LocalPeer, viewer: LocalPeer): Promise<CatalogShare> {
  await isOnline(viewer, owner, true);
  const { found } = await arrived(viewer, owner, (share) => share.fileCount > 0);
  return found;
}

/** Waits for the direct link (or for its end). */
export async function linked(viewer: LocalPeer, owner: LocalPeer, wanted = true): Promise<string> {
  let kind = 'session';
  await until(`a direct link to be ${wanted ? 'there' : 'gone'}`, async () => {
    const peer = (await viewer.client.request('peers/list', {})).find(({ peerId }) => peerId === owner.peerId);
    kind = peer?.link?.kind ?? 'session';
    return (kind !== 'session') === wanted;
  });
  return kind;
}

/** The owner's root of a file is known from now on, to both. */
export async function hashed(viewer: LocalPeer, entry: EntryRef): Promise<void> {
  await viewer.client.request('files/fetchRange', { entry, offset: 0, length: 1 }, { timeoutMs: 300_000 });
}

export interface Watched {
  ms: number;
  download: DownloadInfo;
  /** Processor time that it took of each side, in ms. */
  processorMs: number[];
}

/** Downloads an entry and answers when it is done; fails with what it fails with. */
export async function downloaded(
  viewer: LocalPeer,
  entry: EntryRef,
  options: { folder: string; owners?: LocalPeer[] },
): Promise<Watched> {
  const pids = [viewer, ...(options.owners ?? [])].map(({ client }) => client.sidecarPid);
  const before = pids.map(processorMs);
  mkdirSync(options.folder, { recursive: true });
  const startedMs = performance.now();
  const { downloadId } = await viewer.client.request('downloads/add', { entry, folder: options.folder });
  const { atMs, found } = await ended(viewer, downloadId);
  return {
    ms: atMs - startedMs,
    download: found,
    processorMs: pids.map((pid, index) => processorMs(pid) - (before[index] ?? 0)),
  };
}

/** Told by the notification that carries the end, so that no asking weighs on the sidecar meanwhile. */
export async function ended(viewer: LocalPeer, downloadId: string): Promise<{ atMs: number; found: DownloadInfo }> {
  return new Promise((resolve, reject) => {
    const look = (download: DownloadInfo): void => {
      if (download.downloadId !== downloadId) return;
      if (download.state === 'done') finish(() => resolve({ atMs: performance.now(), found: download }));
      if (download.state === 'failed') finish(() => reject(new Error(download.failure?.message ?? 'The download failed.')));
    };
    const timer = setTimeout(() => finish(() => reject(new Error('The download did not end within 600 s.'))), 600_000);
    const listening = viewer.client.on('downloads/changed', ({ download }) => look(download));
    const finish = (act: () => void): void => {
      clearTimeout(timer);
      listening.dispose();
      act();
    };
    // It may have ended before we listened.
    viewer.client.request('downloads/list', {}).then((list) => list.forEach(look), reject);
  });
}

/** Waits for a state of a download. */
export async function reached(
  viewer: LocalPeer,
  downloadId: string,
  isSo: (download: DownloadInfo) => boolean,
): Promise<DownloadInfo> {
  const { found } = await told(viewer, ['downloads/changed'], async () => {
    const download = (await viewer.client.request('downloads/list', {})).find((each) => each.downloadId === downloadId);
    return download && isSo(download) ? download : undefined;
  });
  return found;
}

/** A file of seeded random bytes: nothing in it repeats. */
export function writeRandomFile(file: string, sizeBytes: number, seed: number): void {
  mkdirSync(path.dirname(file), { recursive: true });
  const random = seededRandom(seed);
  const block = Buffer.allocUnsafe(MiB);
  const words = new Uint32Array(block.buffer, block.byteOffset, MiB / 4);
  for (let at = 0; at < words.length; at++) words[at] = random() * 2 ** 32;
  const fd = openSync(file, 'w');
  for (let at = 0; at < sizeBytes; at += MiB) {
    block.writeDoubleLE(at + seed / 7, 0);
    block.writeDoubleLE(random(), MiB / 2);
    writeSync(fd, block, 0, Math.min(MiB, sizeBytes - at));
  }
  closeSync(fd);
}

/** Between runs: what was downloaded would be found on this disk and not fetched again. */
export function removed(folder: string): void {
  if (existsSync(folder)) rmSync(folder, { recursive: true });
}
