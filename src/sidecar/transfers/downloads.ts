// The download queue: what was asked for, kept in the database before it starts, run a few at a time, waiting for peers that are
// away, going on by itself after anything. How one download is done is in downloadRun.ts.

import { randomBytes } from 'node:crypto';
import { lstatSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import z32 from 'z32';
import { AppError, asAppError } from '../../protocol/errors.ts';
import { type DownloadId, isDownloadId, type PeerId, type ShareId } from '../../protocol/ids.ts';
import type { DownloadInfo, Entry, EntryRef } from '../../protocol/model.ts';
import { localLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { localName, parseSafePath, type SafePath } from '../storage/safePath.ts';
import type { FileSource } from '../wire/services.ts';
import { freeBytesOn, runDownload } from './downloadRun.ts';
import { type DownloadRecord, DownloadTable } from './downloadTable.ts';
import { notShared, peerGone } from './failures.ts';
import type { Hasher } from './hasher.ts';
import { Pace, SpeedMeter } from './pace.ts';
import type { WriteAll } from './partialFile.ts';
import { Permits } from './permits.ts';
import { removePartialFolder } from './placement.ts';
import { folderNameOf } from './plan.ts';
import type { Trees } from './trees.ts';

/** What downloads need of the catalog. */
export interface DownloadCatalog {
  stat(ref: EntryRef): Entry | undefined;
  /** Everything below a folder, folders too; paths are relative to the share. */
  files(ref: EntryRef): Iterable<{ path: SafePath; entry: Entry }>;
  titleOf(peerId: PeerId, shareId: ShareId): string | undefined;
}

export interface DownloadsOptions {
  database: Database;
  /** The configured download folder. */
  folder(): string;
  catalog: DownloadCatalog;
  /** The peer's session, while it is connected. */
  source(peerId: PeerId): FileSource | undefined;
  hasher: Hasher;
  trees: Trees;
  log: Log;
  onChange(download: DownloadInfo): void;
  onRemoved(downloadId: DownloadId): void;
  /** For tests: the longest silence of a peer, a bounded disk. */
  stallMs?: number;
  retryMs?: number;
  write?: WriteAll;
  freeBytes?: (folder: string) => number | undefined;
}

/** Entries of a folder counted when it is added; larger ones show their totals when they run. */
const countedOnAdd = 20_000;
/** Progress written to the database at most this often: it is only for showing, each write costs an fsync. */
const persistEveryMs = 5000;

interface Item {
  record: DownloadRecord;
  pace: Pace;
  speed: SpeedMeter;
  persistedAtMs: number;
  running?: { abort: AbortController; done: Promise<void> };
  /** Not before this; 0 = now. */
  retryAtMs: number;
  retryMs: number;
}

export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #table: DownloadTable;
  readonly #items = new Map<DownloadId, Item>();
  readonly #permits = new Permits(localLimits.filesInFlight);
  #timer: NodeJS.Timeout | undefined;
  #isOpen = false;

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#table = new DownloadTable(options.database);
  }

  /** Reads the queue; what was queued or running goes on. */
  open(): Promise<void> {
    if (this.#isOpen) return Promise.resolve();
    this.#isOpen = true;
    for (const record of this.#table.all()) {
      if (record.state === 'running') record.state = 'queued';
      this.#items.set(record.downloadId, this.#item(record));
    }
    this.#schedule();
    return Promise.resolve();
  }

  /** Stops what runs; it stays in the queue. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    clearTimeout(this.#timer);
    const running = [...this.#items.values()].map(({ running }) => running).filter((run) => run !== undefined);
    for (const { abort } of running) abort.abort();
    await Promise.all(running.map(({ done }) => done));
    for (const { pace } of this.#items.values()) pace.stop();
    this.#items.clear();
  }

  /** Running or waiting downloads. */
  get activeCount(): number {
    let count = 0;
    for (const { record } of this.#items.values()) if (isActive(record)) count++;
    return count;
  }

  list(): DownloadInfo[] {
    return [...this.#items.values()].map(toInfo);
  }

  /**
   * Queues a file or folder. Asked for again while it is active, it answers the same download. Rejects with `not-found` (not in the
   * index), `invalid-argument`, `busy` (queue full).
   */
  add(ref: EntryRef, options: { folder?: string } = {}): Promise<DownloadInfo> {
    return promised(() => {
      const safePath = parseSafePath(ref.path);
      const folder = path.normalize(options.folder ?? this.#options.folder());
      if (!path.isAbsolute(folder))
        throw new AppError('invalid-argument', `The download folder ${folder} must be an absolute path.`);
      const same = [...this.#items.values()].find(
        ({ record }) => isActive(record) && record.folder === folder && sameRef(record.entry, ref),
      );
      if (same) return toInfo(same);
      if (this.#items.size >= localLimits.downloads) {
        throw new AppError('busy', `The download list is full (${localLimits.downloads}). Clear finished downloads first.`);
      }
      const record = this.#newRecord({ ...ref, path: safePath }, folder);
      this.#table.insert(record);
      const item = this.#item(record);
      this.#items.set(record.downloadId, item);
      this.#schedule();
      this.#changed(item);
      return toInfo(item);
    });
  }

  /** Stops it and removes its partial data; finished files of a folder stay. */
  async cancel(downloadId: DownloadId): Promise<DownloadInfo> {
    const item = this.#find(downloadId);
    if (!isActive(item.record) && item.record.state !== 'failed') return toInfo(item);
    item.record.state = 'cancelled';
    const { running } = item;
    running?.abort.abort();
    await running?.done;
    this.#removePartial(item.record);
    item.record.failure = undefined;
    item.record.finishedAtMs = Date.now();
    this.#save(item);
    this.#schedule();
    return toInfo(item);
  }

  /** Starts a failed or cancelled download again from what is verified. */
  retry(downloadId: DownloadId): Promise<DownloadInfo> {
    return promised(() => {
      const item = this.#find(downloadId);
      const { record } = item;
      if (record.state !== 'failed' && record.state !== 'cancelled') return toInfo(item);
      if (item.running) throw new AppError('busy', `${JSON.stringify(record.name)} is just being stopped. Retry in a moment.`);
      record.state = 'queued';
      record.failure = undefined;
      record.finishedAtMs = undefined;
      item.retryAtMs = 0;
      this.#save(item);
      this.#schedule();
      return toInfo(item);
    });
  }

  /** Takes finished, failed and cancelled ones (one, or all) off the list; downloaded files stay. */
  clear(downloadId?: DownloadId): Promise<void> {
    return promised(() => {
      const items = downloadId === undefined ? [...this.#items.values()] : [this.#find(downloadId)];
      const cleared = items.filter(({ record, running }) => !isActive(record) && !running);
      if (downloadId !== undefined && cleared.length === 0) {
        throw new AppError('busy', 'This download is still running. Cancel it first.');
      }
      this.#table.delete(cleared.map(({ record }) => record.downloadId));
      for (const item of cleared) {
        if (item.record.state === 'failed') this.#removePartial(item.record);
        item.pace.stop();
        this.#items.delete(item.record.downloadId);
        this.#options.onRemoved(item.record.downloadId);
      }
    });
  }

  /** The peer is connected: what waits for it goes on at once. */
  peerOnline(peerId: PeerId): void {
    for (const item of this.#items.values()) {
      if (item.record.entry.peerId !== peerId) continue;
      item.retryAtMs = 0;
      item.retryMs = this.#firstRetryMs();
    }
    this.#schedule();
  }

  #newRecord(ref: EntryRef, folder: string): DownloadRecord {
    const entry = this.#options.catalog.stat(ref);
    const title = this.#options.catalog.titleOf(ref.peerId, ref.shareId);
    if (entry === undefined && (ref.path !== '' || title === undefined)) throw notShared(ref.path);
    const kind = ref.path === '' ? 'folder' : (entry?.kind ?? 'folder');
    const totals = kind === 'file' ? { totalFiles: 1, totalBytes: entry?.sizeBytes ?? 0 } : this.#totalsOf(ref);
    return {
      downloadId: newDownloadId(),
      entry: { peerId: ref.peerId, shareId: ref.shareId, path: ref.path },
      kind,
      name: ref.path === '' ? folderNameOf(title ?? 'share') : (ref.path.split('/').at(-1) ?? ref.path),
      state: 'queued',
      folder,
      destination: '',
      doneBytes: 0,
      doneFiles: 0,
      ...totals,
      addedAtMs: Date.now(),
      finishedAtMs: undefined,
      failedFiles: [],
      failure: undefined,
    };
  }

  #totalsOf(ref: EntryRef): { totalFiles: number; totalBytes: number } {
    let seen = 0;
    const totals = { totalFiles: 0, totalBytes: 0 };
    for (const { entry } of this.#options.catalog.files(ref)) {
      if (++seen > countedOnAdd) return { totalFiles: 0, totalBytes: 0 };
      if (entry.kind === 'folder') continue;
      totals.totalFiles++;
      totals.totalBytes += entry.sizeBytes;
    }
    return Number.isSafeInteger(totals.totalBytes) ? totals : { totalFiles: 0, totalBytes: 0 };
  }

  #item(record: DownloadRecord): Item {
    const item: Item = {
      record,
      pace: new Pace(localLimits.progressHz, () => this.#options.onChange(toInfo(item))),
      speed: new SpeedMeter(),
      persistedAtMs: 0,
      retryAtMs: 0,
      retryMs: this.#firstRetryMs(),
    };
    return item;
  }

  #firstRetryMs(): number {
    return this.#options.retryMs ?? localLimits.reconnectMinMs;
  }

  #find(downloadId: DownloadId): Item {
    const item = this.#items.get(downloadId);
    if (!item) throw new AppError('not-found', 'There is no such download any more. Look at the list again.');
    return item;
  }

  /** Starts what can start now, and sets the clock for what may be tried later. */
  #schedule(): void {
    if (!this.#isOpen) return;
    clearTimeout(this.#timer);
    let running = 0;
    for (const { running: run } of this.#items.values()) if (run) running++;
    let earliestMs = Infinity;
    for (const item of this.#items.values()) {
      if (item.record.state !== 'queued' || item.running) continue;
      const source = this.#options.source(item.record.entry.peerId);
      if (source === undefined) {
        item.record.failure ??= failureOf(peerGone(item.record.entry.peerId));
        continue;
      }
      if (item.retryAtMs > Date.now()) {
        earliestMs = Math.min(earliestMs, item.retryAtMs);
        continue;
      }
      if (running >= localLimits.downloadsRunning) continue;
      running++;
      this.#start(item, source);
    }
    if (earliestMs < Infinity) this.#timer = setTimeout(() => this.#schedule(), Math.max(1, earliestMs - Date.now())).unref();
  }

  #start(item: Item, source: FileSource): void {
    const abort = new AbortController();
    item.record.state = 'running';
    item.record.failure = undefined;
    item.speed = new SpeedMeter();
    item.running = { abort, done: this.#run(item, source, abort.signal) };
    this.#save(item);
  }

  /** One attempt; never rejects. */
  async #run(item: Item, source: FileSource, signal: AbortSignal): Promise<void> {
    const { record } = item;
    await Promise.resolve(); // `item.running` is set when the rest begins
    try {
      const { failedFiles } = await runDownload({
        ...this.#options,
        record,
        source,
        signal,
        stallMs: this.#options.stallMs,
        write: this.#options.write,
        freeBytes: this.#options.freeBytes ?? freeBytesOn,
        permits: this.#permits,
        onClaim: () => this.#save(item),
        onProgress: (bytes) => this.#progress(item, bytes),
      });
      this.#finish(item, failedFiles);
    } catch (error) {
      this.#failed(item, asAppError(error));
    } finally {
      delete item.running;
      this.#save(item);
      this.#schedule();
    }
  }

  #finish(item: Item, failedFiles: number): void {
    const { record } = item;
    if (record.state !== 'running') return;
    record.finishedAtMs = Date.now();
    if (failedFiles === 0) {
      record.state = 'done';
      return;
    }
    record.state = 'failed';
    const first = record.failedFiles[0]?.message ?? '';
    record.failure = {
      kind: 'io',
      message: `${failedFiles} of ${record.totalFiles} files could not be downloaded; the others are there. Retry fetches only those. First: ${first}`,
    };
  }

  #failed(item: Item, error: AppError): void {
    const { record } = item;
    if (record.state === 'cancelled') return;
    if (!this.#isOpen) {
      record.state = 'queued';
      return;
    }
    if (error.kind === 'unavailable' || error.kind === 'busy' || error.kind === 'cancelled') {
      record.state = 'queued';
      record.failure = failureOf(error);
      item.retryAtMs = Date.now() + item.retryMs;
      item.retryMs = Math.min(item.retryMs * 2, localLimits.reconnectMaxMs);
      return;
    }
    record.state = 'failed';
    record.failure = failureOf(error);
    record.finishedAtMs = Date.now();
    this.#options.log.warn(`The download ${record.name} failed: ${error.message}`);
  }

  #progress(item: Item, bytes: number): void {
    if (bytes > 0) {
      item.speed.add(bytes);
      item.retryMs = this.#firstRetryMs();
    }
    item.pace.touch();
    if (Date.now() - item.persistedAtMs < persistEveryMs) return;
    item.persistedAtMs = Date.now();
    this.#table.update(item.record);
  }

  /** A change of state: kept at once, told at once. */
  #save(item: Item): void {
    item.persistedAtMs = Date.now();
    try {
      this.#table.update(item.record);
    } catch (error) {
      this.#options.log.error(`The download queue could not be written: ${String(error)}`);
    }
    this.#changed(item);
  }

  #changed(item: Item): void {
    if (this.#isOpen && this.#items.has(item.record.downloadId)) this.#options.onChange(toInfo(item));
  }

  #removePartial(record: DownloadRecord): void {
    removePartialFolder(record.folder, record.downloadId);
    if (record.kind !== 'folder' || record.destination === '') return;
    try {
      if (lstatSync(record.destination).isDirectory()) rmdirSync(record.destination);
      record.destination = '';
    } catch {
      // Not empty: what is finished stays.
    }
  }
}

function isActive(record: DownloadRecord): boolean {
  return record.state === 'queued' || record.state === 'running';
}

function sameRef(a: EntryRef, b: EntryRef): boolean {
  return a.peerId === b.peerId && a.shareId === b.shareId && a.path === b.path;
}

function failureOf(error: AppError): NonNullable<DownloadInfo['failure']> {
  return { kind: error.kind, message: error.message, data: error.data };
}

function toInfo({ record, speed }: Item): DownloadInfo {
  const { folder, failure, finishedAtMs, destination, ...rest } = record;
  return {
    ...rest,
    failedFiles: [...record.failedFiles],
    destination: destination === '' ? path.join(folder, localName(record.name)) : destination,
    bytesPerSecond: record.state === 'running' ? speed.bytesPerSecond() : 0,
    ...(failure ? { failure } : {}),
    ...(finishedAtMs === undefined ? {} : { finishedAtMs }),
  };
}

function newDownloadId(): DownloadId {
  const id = z32.encode(randomBytes(16));
  if (!isDownloadId(id)) throw new Error(`made the impossible download id ${id}`);
  return id;
}

/** Synchronous work behind an asynchronous border: what it throws is a rejection. */
function promised<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
