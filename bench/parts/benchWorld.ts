// The frame of every bench with sidecars: a folder and a loopback DHT of its own, peers as processes, all taken down at the end; and what
// the system tells of a process and of the loopback interface. Linux tells; elsewhere some figures are 0 or missing.

import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { removeFolder, startLoopbackNetwork, startPeer, until, type LocalPeer } from '../../scripts/localPeers.ts';
import type { CatalogShare, EntryRef, ShareInfo } from '../../src/protocol/model.ts';
import type { NotificationMethod } from '../../src/protocol/rpc.ts';
import { Report, timed } from './report.ts';

/** Another build than the project's own may be measured, as in the integration tests. */
const build = process.env['POTLUCK_TEST_BUILD'];

export interface BenchWorld {
  readonly folder: string;
  readonly bootstrap: string[];
  readonly report: Report;
  /** Starts (again) the sidecar of a peer of this name. */
  peer(name: string): Promise<LocalPeer>;
  /** Stops it; its data folder stays. */
  stop(peer: LocalPeer): Promise<void>;
}

/** Runs a bench in a world of its own, prints its report and ends the process. */
export async function inBenchWorld(name: string, bench: (world: BenchWorld) => Promise<void>): Promise<never> {
  const report = new Report(name);
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-b-'));
  const network = await startLoopbackNetwork();
  const peers = new Set<LocalPeer>();
  const world: BenchWorld = {
    folder,
    bootstrap: network.bootstrap,
    report,
    peer: async (nickname) => {
      const peer = await startPeer({
        ...{ dataFolder: path.join(folder, nickname), bootstrap: network.bootstrap, nickname },
        ...(build !== undefined && { script: path.join(build, 'dist', 'sidecar.cjs') }),
      });
      peers.add(peer);
      return peer;
    },
    stop: async (peer) => {
      peers.delete(peer);
      await peer.close();
    },
  };
  try {
    await bench(world);
  } finally {
    for (const peer of peers) await peer.close();
    await network.close();
    removeFolder(folder);
  }
  report.end();
  process.exit();
}

/** Resolves with the time (performance.now) at which `check` answered something, looked at now and whenever one of the notifications comes. */
export function told<T>(
  peer: LocalPeer,
  methods: NotificationMethod[],
  check: () => Promise<T | undefined>,
  timeoutMs = 120_000,
): Promise<{ atMs: number; found: T }> {
  return new Promise((resolve, reject) => {
    let [isLooking, isAgain, isDone] = [false, false, false];
    const end = (act: () => void): void => {
      if (isDone) return;
      isDone = true;
      clearTimeout(timer);
      for (const each of listening) each.dispose();
      act();
    };
    const look = async (): Promise<void> => {
      if (isDone) return;
      if (isLooking) {
        isAgain = true;
        return;
      }
      isLooking = true;
      do {
        isAgain = false;
        const found = await check();
        if (found !== undefined) end(() => resolve({ atMs: performance.now(), found }));
      } while (isAgain);
      isLooking = false;
    };
    const start = (): void =>
      void look().catch((error: unknown) => end(() => reject(error instanceof Error ? error : new Error(String(error)))));
    const timer = setTimeout(() => end(() => reject(new Error(`Not told within ${timeoutMs} ms.`))), timeoutMs);
    const listening = methods.map((method) => peer.client.on(method, start));
    start();
  });
}

/** Waits until the only share of a peer is watched (scanned, checked), and answers it. */
export async function watching(peer: LocalPeer): Promise<{ atMs: number; found: ShareInfo }> {
  return told(peer, ['shares/changed'], async () => {
    const [share] = await peer.client.request('shares/list', {});
    if (share?.state === 'failed') throw new Error(share.failure?.message ?? 'The share failed.');
    return share?.state === 'watching' ? share : undefined;
  });
}

/** The share of `owner` at `viewer`, once its index is whole and passes `isEnough`. */
export async function arrived(
  viewer: LocalPeer,
  owner: LocalPeer,
  isEnough: (share: CatalogShare) => boolean = () => true,
): Promise<{ atMs: number; found: CatalogShare }> {
  return told(viewer, ['catalog/changed'], async () => {
    const shares = await viewer.client.request('catalog/shares', { peerId: owner.peerId });
    const refused = shares.find(({ indexState }) => indexState === 'refused');
    if (refused) throw new Error(refused.failure?.message ?? 'The share was refused.');
    return shares.find((share) => share.indexState === 'ready' && isEnough(share));
  });
}

export function rootOf({ peerId, shareId }: { peerId: CatalogShare['peerId']; shareId: CatalogShare['shareId'] }): EntryRef {
  return { peerId, shareId, path: '' };
}

export async function isOnline(viewer: LocalPeer, other: LocalPeer, wanted: boolean): Promise<void> {
  await until(`the peer to be ${wanted ? 'online' : 'offline'}`, async () => {
    const peer = (await viewer.client.request('peers/list', {})).find(({ peerId }) => peerId === other.peerId);
    return (peer?.isOnline ?? false) === wanted;
  });
}

/** Milliseconds of `find` telling size, time and path of everything below a folder. */
export async function findMs(target: string): Promise<number> {
  // Into a file, as `find` is used for an index; a pipe into this process would measure this process.
  const run = promisify(execFile);
  const [ms] = await timed(() => run('find', [target, '-fprintf', '/dev/null', '%s %T@ %p\\n']));
  return ms;
}

/** Bytes received on the loopback interface; 0 where that is not told. */
export function loopbackBytes(): number {
  try {
    const line = readFileSync('/proc/net/dev', 'utf8')
      .split('\n')
      .find((each) => each.trim().startsWith('lo:'));
    return Number(line?.split(':')[1]?.trim().split(/\s+/)[0] ?? 0);
  } catch {
    return 0;
  }
}

/** Memory of a process in MB: `VmRSS` now, `VmHWM` at most so far (proc(5)). */
export function memoryMb(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${what}:`));
  return (Number(line?.replace(/\D+/g, '')) * 1024) / 1e6;
}

const ticksPerSecond = 100;

/** Processor time of a process so far (proc(5): utime and stime). */
export function processorMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** When the first page of the share's root was answered with something in it. */
export async function firstListing(viewer: LocalPeer, owner: LocalPeer): Promise<number> {
  const { atMs } = await told(viewer, ['catalog/changed'], async () => {
    const [share] = await viewer.client.request('catalog/shares', { peerId: owner.peerId });
    if (share === undefined) return undefined;
    const page = await viewer.client.request('catalog/list', { entry: rootOf(share), limit: 100 }).catch(() => undefined);
    return page !== undefined && page.entries.length > 0 ? page : undefined;
  });
  return atMs;
}
