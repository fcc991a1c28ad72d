// A small world for the tests of transfers: temporary folders, a database, an owner with a real shared folder and its Uploads, and a
// receiver, joined without a network. Each test makes its own and takes it down.

import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, type TestContext } from 'node:test';
import type { DownloadId, PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import type { DownloadInfo, Entry, EntryRef } from '../../../../src/protocol/model.ts';
import { silentLog } from '../../../../src/sidecar/log.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { parseSafePath, pathBelow, type SafePath } from '../../../../src/sidecar/storage/safePath.ts';
import { Downloads, type DownloadCatalog, type DownloadsOptions } from '../../../../src/sidecar/transfers/downloads/downloads.ts';
import { Hasher } from '../../../../src/sidecar/transfers/content/hasher.ts';
import { Trees } from '../../../../src/sidecar/transfers/content/trees.ts';
import { Disk } from '../../../../src/sidecar/transfers/disk/disk.ts';
import { freeBytesOn, runDownload } from '../../../../src/sidecar/transfers/downloads/downloadRun.ts';
import { Permits } from '../../../../src/sidecar/transfers/downloads/permits.ts';
import type { RunOptions } from '../../../../src/sidecar/transfers/downloads/runOptions.ts';
import { ReceivingFiles, type SourceFinder } from '../../../../src/sidecar/transfers/downloads/swarm/contract.ts';
import { History } from '../../../../src/sidecar/transfers/history/history.ts';
import { unlimited } from '../../../../src/sidecar/transfers/rates.ts';
import { Uploads } from '../../../../src/sidecar/transfers/uploads/uploads.ts';
import type { FileSource, ReadReply, RequestOptions } from '../../../../src/sidecar/wire/services.ts';

export const ownerId = 'ybndrfg8ejkmcpqxot1uwisza345h769ybndrfg8ejkmcpqxot1y' as PeerId;
export const askerId = 'oybndrfg8ejkmcpqxot1uwisza345h769ybndrfg8ejkmcpqxoty' as PeerId;
export const shareId = 'ybndrfg8ejkmcpqxot1uwisza3' as ShareId;

/** Seeded numbers (mulberry32), so that a failure can be had again. */
export function random(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    below: (limit: number) => Math.floor(next() * limit),
    bytes: (length: number) => {
      const bytes = Buffer.allocUnsafe(length);
      let at = 0;
      for (; at + 4 <= length; at += 4) bytes.writeUInt32LE(Math.floor(next() * 4294967296), at);
      for (; at < length; at++) bytes[at] = Math.floor(next() * 256);
      return bytes;
    },
  };
}

const contents = new Map<string, Buffer>();

/** The same bytes for the same seed; a copy, so that a test may change them. */
export function content(sizeBytes: number, seed = 1): Buffer {
  const key = `${sizeBytes} ${seed}`;
  const bytes = contents.get(key) ?? random(seed).bytes(sizeBytes);
  if (sizeBytes > 1024 * 1024 && contents.size < 8) contents.set(key, bytes);
  return Buffer.from(bytes);
}

/** One worker for all worlds of a test file: starting one takes 50 ms. */
const sharedHasher = new Hasher({ log: silentLog });
after(() => sharedHasher.close());
const sharedDisk = new Disk({ log: silentLog });
after(() => sharedDisk.close());

export function temporaryFolder(t: TestContext): string {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'potluck-transfers-')));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** One side's parts below a data folder. */
export function node(t: TestContext, folder: string) {
  mkdirSync(folder, { recursive: true });
  const database = new Database(folder);
  const hasher = sharedHasher;
  const trees = new Trees({ dataFolder: folder, database, log: silentLog });
  trees.open();
  const close = () => {
    trees.close();
    database.close();
  };
  t.after(close);
  return { dataFolder: folder, database, hasher, disk: sharedDisk, trees, log: silentLog, close };
}

/** A catalog that reads the real folder. Tests replace what they need. */
export function catalogOf(folder: string, title = 'shared'): DownloadCatalog {
  const entryOf = (absolutePath: string): Entry | undefined => {
    const stats = statSync(absolutePath, { throwIfNoEntry: false });
    if (!stats) return undefined;
    const kind = stats.isDirectory() ? 'folder' : 'file';
    return {
      name: path.basename(absolutePath),
      kind,
      sizeBytes: kind === 'file' ? stats.size : 0,
      mtimeMs: Math.trunc(stats.mtimeMs),
    };
  };
  return {
    stat: (ref) => entryOf(pathBelow(folder, parseSafePath(ref.path))),
    titleOf: () => title,
    *files(ref) {
      const names = readdirSync(pathBelow(folder, parseSafePath(ref.path)), { recursive: true, encoding: 'utf8' });
      for (const name of names) {
        const safePath = parseSafePath(ref.path === '' ? name : `${ref.path}/${name}`);
        const entry = entryOf(pathBelow(folder, safePath));
        if (entry) yield { path: safePath, entry };
      }
    },
  };
}

/** An owner: a shared folder, and a source that an asker reads it through. */
export function owner(t: TestContext, base: string) {
  const shared = path.join(base, 'shared');
  mkdirSync(shared, { recursive: true });
  const parts = node(t, path.join(base, 'owner'));
  const catalog = catalogOf(shared);
  const uploads = new Uploads({
    ...parts,
    ownPeerId: ownerId,
    secret: Buffer.alloc(32, 7),
    locate: (peerId, _shareId, safePath) => {
      const entry = catalog.stat({ peerId, shareId, path: safePath });
      return entry && { root: shared, absolutePath: pathBelow(shared, safePath), entry };
    },
    locateMany: (peerId, _shareId, paths) => ({
      root: shared,
      files: paths.map((safePath) => {
        const entry = catalog.stat({ peerId, shareId, path: safePath });
        return entry && { absolutePath: pathBelow(shared, safePath), entry };
      }),
      areSharedNow: () => Promise.resolve(paths.map(() => true)),
    }),
    settings: () => ({ uploadSlots: 8, friendsFirst: false }),
    isFriend: () => false,
    nameOf: (peerId) => peerId.slice(0, 8),
    rate: unlimited,
    givenOn: { mayPassOn: () => false, receiving: () => undefined, downloaded: () => undefined },
    onChange: () => undefined,
  });
  t.after(() => uploads.close());
  const serve = <O extends RequestOptions>(options: O) => ({ ...options, link: 'session' as const });
  const source: FileSource = {
    peerId: ownerId,
    linkKind: 'session',
    understands: () => true,
    read: async (request, options) => copied(await uploads.read(askerId, request, serve(options))),
    readPack: async (request, options) => copied(await uploads.readPack(askerId, request, serve(options))),
    hashes: (request) => uploads.hashes(askerId, request),
    holding: (request) => uploads.holding(askerId, request),
  };
  const write = (name: string, bytes: Uint8Array | string, mtimeMs = Date.UTC(2024, 1, 3)) => {
    const file = path.join(shared, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, bytes);
    utimesSync(file, mtimeMs / 1000, mtimeMs / 1000);
    return file;
  };
  return { ...parts, shared, uploads, source, catalog, write };
}

export type Owner = ReturnType<typeof owner>;

export function refTo(entryPath: string): EntryRef {
  return { peerId: ownerId, shareId, path: entryPath };
}

/** What a receiver's attempts are told beside what the queue tells them. */
export interface AttemptOptions {
  stallMs?: number;
  freeBytes?: (folder: string) => number | undefined;
  others?: SourceFinder['others'];
  rootOf?: (entry: EntryRef) => Promise<Uint8Array | undefined>;
  reuse?: RunOptions['reuse'];
}

/** A receiver with its download queue. `until` waits for a download's state by event, at most 10 s. */
export async function receiver(
  t: TestContext,
  base: string,
  from: Pick<Owner, 'source' | 'catalog'>,
  more: Partial<DownloadsOptions> & AttemptOptions = {},
) {
  const parts = node(t, path.join(base, 'receiver'));
  const folder = path.join(base, 'downloads');
  let source: FileSource | undefined = from.source;
  const listeners = new Set<() => void>();
  const comings = new Set<() => void>();
  const told: DownloadInfo[] = [];
  const receiving = new ReceivingFiles();
  const history = new History(parts);
  const permits = new Permits(8);
  const sources: SourceFinder = {
    owner: () => source,
    others: more.others ?? (() => Promise.resolve([])),
    hasOthers: () => more.others !== undefined,
    onChange: (listener) => {
      comings.add(listener);
      return () => comings.delete(listener);
    },
  };
  const downloads = new Downloads({
    ...parts,
    folder: () => folder,
    conflict: () => 'keep-both',
    catalog: from.catalog,
    isHere: () => source !== undefined,
    isHeldElsewhere: () => Promise.resolve(undefined),
    nameOf: (peerId) => peerId.slice(0, 8),
    history,
    retryMs: 20,
    onChange: (download) => {
      told.push(download);
      for (const listener of listeners) listener();
    },
    onRemoved: () => undefined,
    run: (attempt) => {
      const { stallMs } = more;
      return runDownload({
        ...attempt,
        ...parts,
        ...{ catalog: more.catalog ?? from.catalog, sources, permits, receiving, rate: unlimited, mayReuse: true },
        freeBytes: more.freeBytes ?? freeBytesOn,
        rootOf: more.rootOf ?? (() => Promise.resolve(undefined)),
        reuse: more.reuse ?? (() => Promise.resolve(false)),
        ...(stallMs === undefined ? {} : { stallMs }),
      });
    },
    ...more,
  });
  await downloads.open();
  t.after(() => downloads.close());
  const find = (downloadId: DownloadId) => downloads.list().find((download) => download.downloadId === downloadId);
  const until = (downloadId: DownloadId, isReached: (download: DownloadInfo) => boolean) =>
    new Promise<DownloadInfo>((resolve, reject) => {
      const look = () => {
        const download = find(downloadId);
        if (!download || !isReached(download)) return;
        listeners.delete(look);
        clearTimeout(timer);
        resolve(download);
      };
      const timer = setTimeout(() => {
        listeners.delete(look);
        reject(new Error(`not reached in time: ${JSON.stringify(find(downloadId))}`));
      }, 10_000);
      listeners.add(look);
      look();
    });
  const ended = (downloadId: DownloadId) =>
    until(downloadId, ({ state }) => state === 'done' || state === 'failed' || state === 'cancelled');
  /** Adds and waits for the end. */
  const get = async (entryPath: string) => ended((await downloads.add(refTo(entryPath))).downloadId);
  const setSource = (next: FileSource | undefined) => {
    source = next;
    for (const listener of comings) listener();
  };
  return { ...parts, folder, downloads, told, until, ended, get, setSource, receiving, history };
}

/** As a session would give it: a server may use the memory of a chunk again when the next one is asked for. */
export function copied(reply: ReadReply): ReadReply {
  const iterate = () => {
    const chunks = reply.bytes[Symbol.asyncIterator]();
    const next = async () => {
      const result = await chunks.next();
      if (result.done === true) return { done: true as const, value: undefined };
      return { done: false as const, value: new Uint8Array(result.value) };
    };
    return { next, return: async () => (await chunks.return?.(), { done: true as const, value: undefined }) };
  };
  return { ...reply, bytes: { [Symbol.asyncIterator]: iterate } };
}

/** Every file and folder below, by relative path; folders are undefined. */
export function treeOf(folder: string): Map<string, Buffer | undefined> {
  const tree = new Map<string, Buffer | undefined>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const file = path.join(folder, name);
    tree.set(name, statSync(file).isDirectory() ? undefined : readFileSync(file));
  }
  return tree;
}

export function assertSameTree(actual: string, expected: string): void {
  const [a, b] = [treeOf(actual), treeOf(expected)];
  assert.deepEqual([...a.keys()], [...b.keys()]);
  for (const [name, bytes] of b) assert.ok(bytes === undefined ? a.get(name) === undefined : a.get(name)?.equals(bytes), name);
}

/** A source whose answers are changed on the way. */
export function tampered(source: FileSource, change: Partial<FileSource>): FileSource {
  return {
    peerId: source.peerId,
    linkKind: source.linkKind,
    understands: change.understands ?? ((capability) => source.understands(capability)),
    read: change.read ?? ((request, options) => source.read(request, options)),
    readPack: change.readPack ?? ((request, options) => source.readPack(request, options)),
    hashes: change.hashes ?? ((request, options) => source.hashes(request, options)),
    holding: change.holding ?? ((request, options) => source.holding(request, options)),
  };
}

export function asSafe(text: string): SafePath {
  return parseSafePath(text);
}
