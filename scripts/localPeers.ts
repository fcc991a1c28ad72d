// A small world on this machine for `npm start` and the tests: a DHT on 127.0.0.1, and peers, each a real sidecar process with a data
// folder of its own, reached through the same RPC client as every other client.

import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import createTestnet from 'hyperdht/testnet.js';
import { SidecarClient } from '../src/client/sidecarClient.ts';
import type { CatalogShare } from '../src/protocol/model.ts';
import type { PeerId } from '../src/protocol/ids.ts';
import { root } from './projectRoot.ts';

/** Fewer than six nodes were seen to fail between processes. */
const dhtNodes = 8;
const closeMs = 10_000;

export const productVersion = (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }).version;

export interface LoopbackNetwork {
  /** `host:port` of the nodes to start from. */
  bootstrap: string[];
  close(): Promise<void>;
}

/** A DHT that only this machine can reach. `port`: of the first node, 0 = any. */
export async function startLoopbackNetwork(port = 0): Promise<LoopbackNetwork> {
  const testnet = await createTestnet(dhtNodes, { host: '127.0.0.1', port });
  return {
    bootstrap: testnet.bootstrap.map(({ host, port }) => `${host}:${port}`),
    close: () => testnet.destroy(),
  };
}

export interface PeerOptions {
  dataFolder: string;
  /** Empty: the public DHT. */
  bootstrap: readonly string[];
  nickname?: string;
  /** Where downloads go; the sidecar's own default otherwise. */
  downloadFolder?: string;
  /** Script and Node of the sidecar: the project's build (or the one that POTLUCK_TEST_BUILD names) on this Node by default. */
  script?: string;
  execPath?: string;
}

/** A running sidecar of ours. */
export interface LocalPeer {
  client: SidecarClient;
  peerId: PeerId;
  /** Stops the sidecar, and kills it when it does not stop. */
  close(): Promise<void>;
}

/** What a sidecar's environment says, also to the extension that starts one. */
export function peerEnv(options: Pick<PeerOptions, 'dataFolder' | 'bootstrap'>): NodeJS.ProcessEnv {
  return { POTLUCK_HOME: options.dataFolder, POTLUCK_BOOTSTRAP: options.bootstrap.join(',') };
}

/** Starts (or finds) the sidecar of a data folder. */
export async function startPeer(options: PeerOptions): Promise<LocalPeer> {
  const args = options.bootstrap.length > 0 ? ['--bootstrap', options.bootstrap.join(',')] : [];
  const client = await SidecarClient.connect({
    dataFolder: options.dataFolder,
    client: 'scripts',
    clientVersion: productVersion,
    launch: {
      execPath: options.execPath ?? process.execPath,
      script: options.script ?? path.join(process.env['POTLUCK_TEST_BUILD'] ?? root, 'dist', 'sidecar.cjs'),
      env: { ...process.env, ...peerEnv(options) },
      args,
    },
  });
  if (options.nickname !== undefined) await client.request('settings/set', { nickname: options.nickname });
  if (options.downloadFolder !== undefined) await client.request('settings/set', { downloadFolder: options.downloadFolder });
  return { client, peerId: client.peerId, close: () => stopSidecar(options.dataFolder, client.sidecarPid) };
}

/** Stops the sidecar of a data folder if one runs, whoever started it. `pid`: killed when it does not stop by itself. */
export async function stopSidecar(dataFolder: string, pid?: number): Promise<void> {
  let sidecar = pid;
  try {
    const client = await SidecarClient.connect({
      dataFolder,
      client: 'scripts',
      clientVersion: productVersion,
      timeoutMs: closeMs,
    });
    sidecar = client.sidecarPid;
    await client.request('sidecar/stop', {}, { timeoutMs: closeMs }).finally(() => client.dispose());
  } catch {
    // None runs, or it is stuck: looked at below.
  }
  if (sidecar === undefined) return;
  for (const until = Date.now() + closeMs; Date.now() < until && isAlive(sidecar);) await pause(25);
  if (isAlive(sidecar)) process.kill(sidecar, 'SIGKILL');
}

/** Shares a folder and waits until its first scan is done. */
export async function shareAndScan(peer: LocalPeer, folder: string, title: string): Promise<void> {
  const share = await peer.client.request('shares/add', { path: folder, title });
  await until(`the share ${title} to be scanned`, async () => {
    const now = (await peer.client.request('shares/list', {})).find(({ shareId }) => shareId === share.shareId);
    if (now?.state === 'failed') throw new Error(`${folder} cannot be shared: ${now.failure?.message ?? 'unknown cause'}`);
    return now !== undefined && now.state !== 'scanning';
  });
}

/** Waits until `peer` has the whole index of a share of `of`, and answers it. */
export async function shareArrives(peer: LocalPeer, of: PeerId, title: string): Promise<CatalogShare> {
  let found: CatalogShare | undefined;
  await until(`the share ${title} to arrive`, async () => {
    const shares = await peer.client.request('catalog/shares', { peerId: of });
    found = shares.find((share) => share.title === title && share.indexState === 'ready');
    return found !== undefined;
  });
  if (!found) throw new Error('unreachable: until() returns only once it is found');
  return found;
}

/** Asks again and again until it is so; rejects past the deadline, naming what was waited for. */
export async function until(what: string, isSo: () => Promise<boolean> | boolean, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!(await isSo())) {
    if (Date.now() > deadline) throw new Error(`Waited ${timeoutMs / 1000} s for ${what}.`);
    await pause(100);
  }
}

/** Removes a folder of ours; a process that was just killed may still hold files in it. */
export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
