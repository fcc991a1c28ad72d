// Files for opening: verified into the cache, answered from it while the index says that they are unchanged (also with the peer
// away), fetched once however often they are asked for at the same time. Own shares are answered with the file itself.

import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../../protocol/errors.ts';
import { isContentId, type PeerId } from '../../../protocol/ids.ts';
import type { Entry, EntryRef, FetchedFile } from '../../../protocol/model.ts';
import { localLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { parseSafePath, type SafePath } from '../../storage/safePath.ts';
import type { FileSource } from '../../wire/services.ts';
import { localFailure, notShared, peerGone, readChanged, tooLarge, wasCancelled } from '../failures.ts';
import { type CachedFile, FileCache } from './fileCache.ts';
import type { Hasher } from '../content/hasher.ts';
import { blockBytes } from '../content/hasher.ts';
import { emptyRoot } from '../content/merkle.ts';
import type { Disk } from '../disk/disk.ts';
import { leavesPathOf } from '../disk/openPartial.ts';
import { onNewerConnection } from './onNewerConnection.ts';
import { RangeFiles } from './rangeFiles.ts';
import type { Received, ReceivingFiles, SourceFinder } from '../downloads/swarm/contract.ts';
import { receiveFile } from '../downloads/swarm/swarm.ts';
import { receiveRange, wholeUpToBytes } from './receiveRange.ts';
import { type LocatedFile, openShared, type SharedFile } from '../disk/sharedFile.ts';
import type { Rate } from '../rates.ts';
import { stampOf, type Trees } from '../content/trees.ts';

export interface FetchesOptions {
  database: Database;
  dataFolder: string;
  catalog: { stat(ref: EntryRef): Entry | undefined };
  sources: SourceFinder;
  disk: Disk;
  /** Of all that is received. */
  rate: Rate;
  /** Told of what is received, so that it can be given on. */
  receiving?: ReceivingFiles;
  /** The content id, where the index tells it (32 bytes). */
  rootOf?: (ref: EntryRef) => Promise<Uint8Array | undefined>;
  /** Where the entry lies on this disk, when it is of an own share. */
  ownFile(ref: EntryRef & { path: SafePath }): (LocatedFile & { entry: Entry }) | undefined;
  hasher: Hasher;
  trees: Trees;
  log: Log;
  /** For tests. */
  stallMs?: number;
  cacheBytes?: number;
}

export interface FetchOptions {
  maxBytes?: number;
  signal: AbortSignal;
  onProgress?: ((doneBytes: number, totalBytes: number) => void) | undefined;
}

/** One transfer that several askers may wait for; it ends when the last of them gives up. */
interface Shared {
  done: Promise<CachedFile>;
  abort: AbortController;
  askers: Set<{ onProgress: FetchOptions['onProgress'] }>;
}

export class Fetches {
  readonly #options: FetchesOptions;
  readonly #cache: FileCache;
  readonly #ranges: RangeFiles;
  readonly #partials: string;
  readonly #running = new Map<string, Shared>();
  /** Also those that everybody gave up, until they have ended. */
  readonly #unended = new Set<Promise<CachedFile>>();
  readonly #abort = new AbortController();
  #count = 0;

  constructor(options: FetchesOptions) {
    this.#options = options;
    this.#cache = new FileCache({ ...options, ...(options.cacheBytes === undefined ? {} : { limitBytes: options.cacheBytes }) });
    this.#ranges = new RangeFiles(this.#cache.folder);
    this.#partials = path.join(this.#cache.folder, 'partial');
  }

  open(): void {
    this.#cache.open();
    this.#ranges.open();
    mkdirSync(this.#partials, { recursive: true, mode: 0o700 });
  }

  async close(): Promise<void> {
    this.#abort.abort();
    for (const { abort } of this.#running.values()) abort.abort();
    await Promise.allSettled(this.#unended);
  }

  /**
   * The whole file, verified, on this disk. Rejects with `not-found`, `is-folder`, `too-large` (before any transfer), `unavailable`,
   * `verification-failed`, `disk-full`, `cancelled`.
   */
  async fetch(ref: EntryRef, options: FetchOptions): Promise<FetchedFile> {
    const checked = { ...ref, path: parseSafePath(ref.path) };
    const own = this.#options.ownFile(checked);
    if (own) return this.#own(own, checked.path, options);
    const entry = this.#entry(checked, options.maxBytes);
    const cached = this.#cache.get(checked, entry) ?? (await this.#shared(checked, options, entry));
    return toFetched(cached.localPath, cached);
  }

  /** A range, verified: `localPath` holds only those bytes, fewer past the end. Rejects as `fetch`; `too-large` above 64 MiB. */
  async fetchRange(ref: EntryRef, options: { offset: number; length: number; signal: AbortSignal }): Promise<FetchedFile> {
    const { offset, length, signal } = options;
    const checked = { ...ref, path: parseSafePath(ref.path) };
    const isRange = Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(length) && length >= 0;
    if (!isRange) throw new AppError('invalid-argument', 'Offset and length must be whole numbers from 0.');
    if (length > localLimits.rangeBytes) throw tooLarge(checked.path, length, localLimits.rangeBytes);
    const own = this.#options.ownFile(checked);
    const entry = own ? own.entry : this.#entry(checked, undefined);
    const key = JSON.stringify([checked.peerId, checked.shareId, checked.path, entry.sizeBytes, entry.mtimeMs, offset, length]);
    const known = own ? undefined : this.#ranges.get(key);
    if (known) return toFetched(known.localPath, known.received);
    const fill = (write: (bytes: Uint8Array) => Promise<void>) =>
      this.#fillRange(checked, { offset, length, signal, own, entry, write });
    const { localPath, received } = await this.#ranges.add(key, fill);
    return toFetched(localPath, received);
  }

  async #fillRange(
    ref: EntryRef & { path: SafePath },
    range: {
      offset: number;
      length: number;
      signal: AbortSignal;
      own: LocatedFile | undefined;
      entry: Entry;
      write: (bytes: Uint8Array) => Promise<void>;
    },
  ): Promise<Received> {
    const { own, entry, signal, write } = range;
    if (own) return this.#ownRange(own, ref.path, range);
    const cached =
      this.#cache.get(ref, entry) ?? (entry.sizeBytes <= wholeUpToBytes ? await this.#shared(ref, { signal }, entry) : undefined);
    if (cached) {
      const handle = await open(cached.localPath, 'r');
      try {
        await copyRange(handle, range, write);
      } finally {
        await handle.close();
      }
      return cached;
    }
    const { offset, length } = range;
    const { rate, trees, sources } = this.#options;
    const { peerId, shareId, path: sharePath } = ref;
    let isUnwritten = true;
    const take = (bytes: Uint8Array): Promise<void> => {
      isUnwritten = false;
      return write(bytes);
    };
    const what = { shareId, path: sharePath, offset, length, signal, write: take, rate, trees, ...this.#stall() };
    const again = { peerId, sources, signal, mayRepeat: () => isUnwritten };
    return onNewerConnection(() => receiveRange({ source: this.#source(peerId), ...what }), again);
  }

  #entry(ref: EntryRef, maxBytes: number | undefined): Entry {
    const entry = this.#options.catalog.stat(ref);
    if (entry === undefined) throw notShared(ref.path);
    if (entry.kind === 'folder') {
      throw new AppError('is-folder', `${JSON.stringify(ref.path)} is a folder. Open a file in it.`, {
        data: { path: ref.path },
      });
    }
    const limit = Math.min(maxBytes ?? Number.MAX_SAFE_INTEGER, this.#options.cacheBytes ?? localLimits.cacheBytes);
    if (maxBytes !== undefined && entry.sizeBytes > limit) throw tooLarge(ref.path, entry.sizeBytes, limit);
    return entry;
  }

  #source(peerId: PeerId): FileSource {
    const source = this.#options.sources.owner(peerId);
    if (source === undefined) throw peerGone(peerId);
    return source;
  }

  #stall(): { stallMs?: number } {
    return this.#options.stallMs === undefined ? {} : { stallMs: this.#options.stallMs };
  }

  /** Joins the transfer of this file, or begins it. */
  async #shared(ref: EntryRef & { path: SafePath }, options: FetchOptions, entry: Entry): Promise<CachedFile> {
    if (options.signal.aborted || this.#abort.signal.aborted) throw wasCancelled();
    const key = JSON.stringify([ref.peerId, ref.shareId, ref.path]);
    const shared = this.#running.get(key) ?? this.#begin(key, ref, { entry, maxBytes: options.maxBytes });
    const asker = { onProgress: options.onProgress };
    shared.askers.add(asker);
    try {
      return await new Promise<CachedFile>((resolve, reject) => {
        const stop = () => reject(wasCancelled());
        options.signal.addEventListener('abort', stop, { once: true });
        shared.done.then(resolve, reject).finally(() => options.signal.removeEventListener('abort', stop));
      });
    } finally {
      shared.askers.delete(asker);
      if (shared.askers.size === 0) {
        shared.abort.abort();
        if (this.#running.get(key) === shared) this.#running.delete(key);
      }
    }
  }

  #begin(key: string, ref: EntryRef & { path: SafePath }, limits: { entry: Entry; maxBytes: number | undefined }): Shared {
    if (this.#running.size >= localLimits.fetches) throw new AppError('busy', 'Too many files are being opened. Try again soon.');
    const { disk, trees, log, sources, rate, receiving, rootOf } = this.#options;
    const abort = new AbortController();
    const askers: Shared['askers'] = new Set();
    const { sizeBytes, mtimeMs } = limits.entry;
    let doneBytes = 0;
    let totalBytes = sizeBytes;
    const partialPath = path.join(this.#partials, `${createHash('sha256').update(key).digest('hex')}-${++this.#count}.part`);
    const run = async () => {
      try {
        const root = sources.owner(ref.peerId) ? undefined : await rootOf?.(ref);
        const received = await receiveFile({
          wanted: { entry: ref, sizeBytes, mtimeMs, ...(root ? { root } : {}) },
          partialPath,
          disk,
          trees,
          log,
          signal: abort.signal,
          sources,
          rate,
          order: 'sequential',
          ...(receiving ? { receiving } : {}),
          ...this.#stall(),
          onHead: (head) => {
            totalBytes = head.sizeBytes;
            const limit = Math.min(
              limits.maxBytes ?? Number.MAX_SAFE_INTEGER,
              this.#options.cacheBytes ?? localLimits.cacheBytes,
            );
            if (totalBytes > limit) throw tooLarge(ref.path, totalBytes, limit);
          },
          onBytes: (delta) => {
            doneBytes += delta;
            for (const { onProgress } of askers) onProgress?.(doneBytes, totalBytes);
          },
        });
        return this.#cache.add(ref, received, partialPath);
      } catch (error) {
        throw localFailure(error, this.#cache.folder);
      } finally {
        rmSync(partialPath, { force: true });
        rmSync(leavesPathOf(partialPath), { force: true });
        if (this.#running.get(key)?.abort === abort) this.#running.delete(key);
      }
    };
    const done = Promise.resolve().then(run);
    this.#unended.add(done);
    done.finally(() => this.#unended.delete(done)).catch(() => undefined);
    const shared: Shared = { done, abort, askers };
    this.#running.set(key, shared);
    return shared;
  }

  async #own(located: LocatedFile & { entry: Entry }, sharePath: SafePath, options: FetchOptions): Promise<FetchedFile> {
    const file = await this.#openOwn(located, sharePath);
    try {
      if (options.maxBytes !== undefined && file.sizeBytes > options.maxBytes)
        throw tooLarge(sharePath, file.sizeBytes, options.maxBytes);
      const root = await this.#ownRoot(located, file, options.signal);
      return toFetched(located.absolutePath, { root, sizeBytes: file.sizeBytes, mtimeMs: file.mtimeMs });
    } finally {
      await file.handle.close();
    }
  }

  async #ownRange(
    located: LocatedFile & { entry?: Entry },
    sharePath: SafePath,
    range: { offset: number; length: number; signal: AbortSignal; write: (bytes: Uint8Array) => Promise<void> },
  ): Promise<Received> {
    const file = await this.#openOwn(located, sharePath);
    try {
      const root = await this.#ownRoot(located, file, range.signal);
      await copyRange(file.handle, range, range.write);
      return { root, sizeBytes: file.sizeBytes, mtimeMs: file.mtimeMs };
    } finally {
      await file.handle.close();
    }
  }

  #openOwn(located: LocatedFile & { entry?: Entry }, sharePath: SafePath): Promise<SharedFile> {
    if (located.entry?.kind === 'folder') {
      throw new AppError('is-folder', `${JSON.stringify(sharePath)} is a folder. Open a file in it.`, {
        data: { path: sharePath },
      });
    }
    return openShared(located, sharePath);
  }

  async #ownRoot(located: LocatedFile, file: SharedFile, signal: AbortSignal): Promise<Uint8Array> {
    if (file.sizeBytes === 0) return emptyRoot;
    const { trees, hasher } = this.#options;
    const known = trees.rootOf(located.absolutePath, file.stats);
    if (known) return known;
    const { root } = await hasher.hashFile(file.handle.fd, file.sizeBytes, { signal });
    const after = await file.handle.stat({ bigint: true });
    if (stampOf(after) !== stampOf(file.stats)) throw readChanged();
    trees.remember(located.absolutePath, file.stats, root, file.openedAtMs);
    return root;
  }
}

/** Copies a range of an open file to a writer; past the end: less. */
async function copyRange(
  handle: FileHandle,
  range: { offset: number; length: number },
  write: (bytes: Uint8Array) => Promise<void>,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(Math.min(blockBytes, Math.max(1, range.length)));
  for (let done = 0; done < range.length;) {
    const { bytesRead } = await handle.read(buffer, 0, Math.min(buffer.length, range.length - done), range.offset + done);
    if (bytesRead === 0) return;
    await write(buffer.subarray(0, bytesRead));
    done += bytesRead;
  }
}

function toFetched(localPath: string, { root, sizeBytes, mtimeMs }: Received): FetchedFile {
  const contentId = Buffer.from(root).toString('hex');
  if (!isContentId(contentId)) throw new AppError('internal', 'A root of the wrong length was about to be told.');
  return { localPath, sizeBytes, mtimeMs, contentId };
}
