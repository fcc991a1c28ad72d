// A terminal and a sidecar for tests of the command line: the streams are kept in memory, the sidecar is the real socket, token and framing
// with answers that the test gives.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import { runCli } from '../../../src/cli/cli.ts';
import { isDownloadId, isInviteId, isPartyId, isPeerId, isShareId } from '../../../src/protocol/ids.ts';
import type { DownloadId, InviteId, PartyId, PeerId, ShareId } from '../../../src/protocol/ids.ts';
import { runFolder } from '../../../src/protocol/locations.ts';
import type { CatalogShare, DownloadInfo, PeerInfo, Settings } from '../../../src/protocol/model.ts';
import type { AllHandlers, Call } from '../../../src/sidecar/api/handlers.ts';
import type { Fields } from '../../../src/sidecar/api/params.ts';
import { ApiServer } from '../../../src/sidecar/api/server.ts';
import { silentLog } from '../../../src/sidecar/log.ts';

export interface Run {
  code: number;
  text: string;
  errors: string;
}

export interface TestCli {
  server: ApiServer;
  /** Methods asked for and their params, in order. */
  calls: [method: string, params: object][];
  run(args: string[], options?: RunOptions): Promise<Run>;
}

export interface RunOptions {
  isTty?: boolean;
  env?: NodeJS.ProcessEnv;
  signal?: AbortSignal;
  stdout?: PassThrough;
  /** What standard input holds. */
  input?: string;
  /** Standard input is a terminal, at which somebody types `input`. */
  isTtyInput?: boolean;
}

export const ownId = peerId('me');

/** A peer id that starts with these z-base-32 characters. */
export function peerId(start: string): PeerId {
  const id = start.padEnd(52, 'y');
  if (!isPeerId(id)) throw new Error(`${id} is no peer id`);
  return id;
}

export function partyId(start: string): PartyId {
  const id = start.padEnd(52, 'y');
  if (!isPartyId(id)) throw new Error(`${id} is no party id`);
  return id;
}

export function inviteId(start: string): InviteId {
  const id = start.padEnd(26, 'y');
  if (!isInviteId(id)) throw new Error(`${id} is no invite id`);
  return id;
}

export function shareId(start: string): ShareId {
  const id = start.padEnd(26, 'y');
  if (!isShareId(id)) throw new Error(`${id} is no share id`);
  return id;
}

export function downloadId(start: string): DownloadId {
  const id = start.padEnd(26, 'y');
  if (!isDownloadId(id)) throw new Error(`${id} is no download id`);
  return id;
}

export function peer(id: PeerId, names: { nickname?: string; petname?: string; derivedName?: string }): PeerInfo {
  const derivedName = names.derivedName ?? 'calm-otter';
  return {
    peerId: id,
    ...names,
    derivedName,
    name: names.petname ?? names.nickname ?? derivedName,
    isOnline: true,
    isStranger: false,
    isAddedByKey: false,
    isBlocked: false,
    isDisconnected: false,
    partyIds: [],
    shareCount: 1,
    fileCount: 2,
    totalBytes: 3000,
  };
}

export function catalogShare(owner: PeerId, id: ShareId, title: string): CatalogShare {
  return {
    peerId: owner,
    shareId: id,
    title,
    isOwn: owner === ownId,
    isOnline: true,
    indexState: 'ready',
    fileCount: 2,
    folderCount: 1,
    totalBytes: 3000,
    bytesOnDisk: 0,
    updatedAtMs: 1_790_000_000_000,
  };
}

/** A running download of a file of 2 bytes, of which one is here. */
export function download(id: DownloadId, changes: Partial<DownloadInfo> = {}): DownloadInfo {
  const name = changes.name ?? 'a.txt';
  return {
    downloadId: id,
    entry: { peerId: peerId('annaann'), shareId: shareId('photo'), path: name },
    kind: 'file',
    name,
    state: 'running',
    priority: 'normal',
    order: 1,
    place: 1,
    conflict: 'keep-both',
    destination: `/tmp/${name}`,
    doneBytes: 1,
    totalBytes: 2,
    doneFiles: 0,
    totalFiles: 1,
    reusedBytes: 0,
    skippedFiles: 0,
    bytesPerSecond: 0,
    sources: [],
    addedAtMs: 0,
    failedFiles: [],
    ...changes,
  };
}

export const someSettings: Settings = {
  nickname: '',
  downloadFolder: '/d',
  bootstrap: [],
  idleMinutes: 10,
  describeFiles: true,
  conflict: 'keep-both',
  uploadSlots: 4,
  friendsFirst: false,
  uploadLimit: 0,
  downloadLimit: 0,
  slowUploadLimit: 512_000,
  slowDownloadLimit: 0,
  isSlow: false,
  linkListen: true,
  linkHost: '',
  linkPort: 0,
  lanDiscovery: true,
  networkInterface: '',
  gossip: true,
  useRelay: false,
  relay: '',
  offerRelay: false,
  markDownloads: true,
};

/** A sidecar that answers with these handlers, and a command line that reaches it. */
export async function createCli(t: TestContext, handlers: Partial<AllHandlers>): Promise<TestCli> {
  const dataFolder = mkdtempSync(path.join(tmpdir(), 'pl-cli-'));
  mkdirSync(runFolder(dataFolder), { mode: 0o700 });
  const calls: [string, object][] = [];
  const recorded = Object.entries(handlers).map(([method, handler]) => [
    method,
    (fields: Fields, call: Call): unknown => {
      calls.push([method, fields]);
      return (handler as (fields: Fields, call: Call) => unknown)(fields, call);
    },
  ]);
  const server = new ApiServer({
    dataFolder,
    peerId: ownId,
    handlers: Object.fromEntries(recorded) as AllHandlers,
    log: silentLog,
    logTail: () => [],
    onClients: () => undefined,
    onOutdated: () => undefined,
  });
  await server.open();
  t.after(async () => {
    await server.close();
    rmSync(dataFolder, { recursive: true, force: true });
  });
  return { server, calls, run: (args, options) => runIn(dataFolder, args, options) };
}

async function runIn(dataFolder: string, args: string[], options: RunOptions = {}): Promise<Run> {
  const collected = { text: '', errors: '' };
  const stdout = options.stdout ?? new PassThrough();
  const stderr = new PassThrough();
  if (!options.stdout) stdout.on('data', (chunk: Buffer) => (collected.text += chunk.toString()));
  stderr.on('data', (chunk: Buffer) => (collected.errors += chunk.toString()));
  if (options.isTty) Object.assign(stdout, { isTTY: true, columns: 80 });
  const code = await runCli(['--data-folder', dataFolder, ...args], {
    stdin: Object.assign(new PassThrough().end(options.input ?? ''), options.isTtyInput && { isTTY: true }),
    stdout,
    stderr,
    env: options.env ?? {},
    cwd: dataFolder,
    sidecarScript: '/nonexistent/sidecar.cjs',
    signal: options.signal ?? new AbortController().signal,
  });
  await new Promise((resolve) => setImmediate(resolve));
  return { code, ...collected };
}
