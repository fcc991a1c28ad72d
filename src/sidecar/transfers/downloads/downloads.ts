// The download queue: what was asked for, kept in the database before it starts, run a few at a time, waiting for peers that are
// away, going on by itself after anything. How one download is done is in downloadRun.ts.

import { lstatSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { AppError, asAppError } from '../../../protocol/errors.ts';
import type { DownloadId, PeerId } from '../../../protocol/ids.ts';
import type { DownloadInfo, EntryRef } from '../../../protocol/model.ts';
import { localLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { parseSafePath } from '../../storage/safePath.ts';
import type { FileSource } from '../../wire/services.ts';
import { freeBytesOn, runDownload } from './downloadRun.ts';
import { type DownloadCatalog, failureOf, infoOf, isActive, newRecord, sameRef } from './downloadRecord.ts';
import { type DownloadRecord, DownloadTable } from './downloadTable.ts';

export type { DownloadCatalog } from './downloadRecord.ts';
import { peerGone } from '../failures.ts';
import type { Hasher } from '../content/hasher.ts';
import { Pace, SpeedMeter } from '../pace.ts';
import type { WriteAll } from '../disk/partialFile.ts';
import { Permits } from './permits.ts';
import { removePartialFolder } from '../disk/placement.ts';
import type { Trees } from '../content/trees.ts';

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
    return [...this.#items.values()].map(({ record, speed }) => infoOf(record, speed));
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
      if (same) return infoOf(same.record, same.speed);
      if (this.#items.size >= localLimits.downloads) {
        throw new AppError('busy', `The download list is full (${localLimits.downloads}). Clear finished downloads first.`);
      }
      const record = newRecord({ ...ref, path: safePath }, folder, this.#options.catalog);
      this.#table.insert(record);
      const item = this.#item(record);
      this.#items.set(record.downloadId, item);
      this.#schedule();
      this.#changed(item);
      return infoOf(item.record, item.speed);
    });
  }

  /** Stops it and removes its partial data; finished files of a folder stay. */
  async cancel(downloadId: DownloadId): Promise<DownloadInfo> {
    const item = this.#find(downloadId);
    if (!isActive(item.record) && item.record.state !== 'failed') return infoOf(item.record, item.speed);
    item.record.state = 'cancelled';
    const { running } = item;
    running?.abort.abort();
    await running?.done;
    this.#removePartial(item.record);
    item.record.failure = undefined;
    item.record.finishedAtMs = Date.now();
    this.#save(item);
    this.#schedule();
    return infoOf(item.record, item.speed);
  }

  /** Starts a failed or cancelled download again from what is verified. */
  retry(downloadId: DownloadId): Promise<DownloadInfo> {
    return promised(() => {
      const item = this.#find(downloadId);
      const { record } = item;
      if (record.state !== 'failed' && record.state !== 'cancelled') return infoOf(item.record, item.speed);
      if (item.running) throw new AppError('busy', `${JSON.stringify(record.name)} is just being stopped. Retry in a moment.`);
      record.state = 'queued';
      record.failure = undefined;
      record.finishedAtMs = undefined;
      item.retryAtMs = 0;
      this.#save(item);
      this.#schedule();
      return infoOf(item.record, item.speed);
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

  #item(record: DownloadRecord): Item {
    const item: Item = {
      record,
      pace: new Pace(localLimits.progressHz, () => this.#options.onChange(infoOf(item.record, item.speed))),
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
    const isNewIndex = error.kind === 'changed' && record.kind === 'folder';
    if (isNewIndex || error.kind === 'unavailable' || error.kind === 'busy' || error.kind === 'cancelled') {
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
    this.#persist(item);
  }

  /** A change of state: kept at once, told at once. */
  #save(item: Item): void {
    this.#persist(item);
    this.#changed(item);
  }

  /** A full disk must not stop what is under way: the queue then stands as it was, and the next attempt finds what is verified. */
  #persist(item: Item): void {
    item.persistedAtMs = Date.now();
    try {
      this.#table.update(item.record);
    } catch (error) {
      this.#options.log.error(`The download queue could not be written: ${String(error)}`);
    }
  }

  #changed(item: Item): void {
    if (this.#isOpen && this.#items.has(item.record.downloadId)) this.#options.onChange(infoOf(item.record, item.speed));
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

/** Synchronous work behind an asynchronous border: what it throws is a rejection. */
function promised<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
