// The download queue as clients steer it: what was asked for, kept in the database before it starts, in order, paused, cancelled, tried
// again. What runs when is in running.ts, how one download is done in downloadRun.ts.

import { lstatSync, rmdirSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../../protocol/errors.ts';
import type { DownloadId, PeerId } from '../../../protocol/ids.ts';
import type { ConflictPolicy, DownloadInfo, EntryRef, Priority } from '../../../protocol/model.ts';
import { isOfLink } from '../../../protocol/linkPeer.ts';
import { localLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { parseSafePath } from '../../storage/safePath.ts';
import { removePartialFolder } from '../disk/placement.ts';
import type { History } from '../history/history.ts';
import { DownloadItem } from './downloadItem.ts';
import { type AddOptions, type DownloadCatalog, isActive, isUnfinished, newRecord, sameRef } from './downloadRecord.ts';
import { type DownloadRecord, DownloadTable } from './downloadTable.ts';
import { endOf } from './ended.ts';
import { breathe } from './plan.ts';
import { promised } from './promised.ts';
import { type Move, QueueOrder } from './queueOrder.ts';
import { type Attempt, Running } from './running.ts';
import { fillsFolder } from './selections.ts';
import type { SwarmSource } from './swarm/contract.ts';

export type { DownloadCatalog } from './downloadRecord.ts';
export type { Attempt } from './running.ts';

export interface DownloadsOptions {
  database: Database;
  /** The configured download folder, and what happens there when a name is taken. */
  folder(): string;
  conflict(): ConflictPolicy;
  catalog: DownloadCatalog;
  /** Whether the peer is connected. */
  isHere(peerId: PeerId): boolean;
  /** Whether a connected peer that is not the owner holds some of it; undefined when there is nobody or nothing to ask. Never rejects. */
  isHeldElsewhere(record: DownloadRecord, options: { signal: AbortSignal }): Promise<boolean | undefined>;
  /** What to show of a peer. */
  nameOf(peerId: PeerId): string;
  /** One attempt at a download; rejects with AppError. */
  run(attempt: Attempt): Promise<{ failedFiles: number }>;
  history: Pick<History, 'add' | 'count'>;
  log: Log;
  onChange(download: DownloadInfo): void;
  onRemoved(downloadId: DownloadId): void;
  /** First wait before an attempt that failed is tried again. */
  retryMs?: number;
}

/** Lines handled between two turns of the event loop: about 3 ms, and one commit. */
const stepItems = 200;

export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #table: DownloadTable;
  readonly #items = new Map<DownloadId, DownloadItem>();
  /** What is not finished. */
  readonly #order = new QueueOrder<DownloadItem>();
  readonly #running: Running;
  #isOpen = false;

  constructor(options: DownloadsOptions) {
    this.#options = options;
    this.#table = new DownloadTable(options.database);
    this.#running = new Running({
      order: this.#order,
      isHere: (peerId) => options.isHere(peerId),
      isHeldElsewhere: (record, look) => options.isHeldElsewhere(record, look),
      run: (attempt) => options.run(attempt),
      retryMs: this.#firstRetryMs(),
      log: options.log,
      onPersist: (item) => this.#persist(item),
      onChange: (item) => this.#changed(item),
      onEnd: (item) => this.#ended(item),
      onCount: (moved) => options.history.count('download', moved),
    });
  }

  /** Reads the queue; what was queued or running goes on, what waited is looked for. */
  open(): Promise<void> {
    if (this.#isOpen) return Promise.resolve();
    this.#isOpen = true;
    for (const record of this.#table.all()) {
      if (record.state === 'running' || record.state === 'waiting') record.state = 'queued';
      const item = this.#item(record);
      this.#items.set(record.downloadId, item);
      if (!isUnfinished(record)) this.#order.note(item);
    }
    this.#order.load([...this.#items.values()].filter(({ record }) => isUnfinished(record)));
    this.#running.open();
    return Promise.resolve();
  }

  /** Stops what runs; it stays in the queue. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    await this.#running.close();
    for (const { pace } of this.#items.values()) pace.stop();
    this.#items.clear();
  }

  /** Running, or queued to run as soon as they can; not those that wait for somebody, or are paused. */
  get activeCount(): number {
    let count = 0;
    for (const { record } of this.#order) if (isActive(record)) count++;
    return count;
  }

  /** Of running and queued ones: how many, what is left of them, and how fast it comes. */
  rates(): { downloads: number; leftBytes: number; bytesPerSecond: number } {
    const rates = { downloads: 0, leftBytes: 0, bytesPerSecond: 0 };
    for (const { record, speed } of this.#order) {
      if (!isActive(record)) continue;
      rates.downloads++;
      rates.leftBytes += Math.max(0, record.totalBytes - record.doneBytes);
      if (record.state === 'running') rates.bytesPerSecond += speed.bytesPerSecond();
    }
    return rates;
  }

  /** Those that nobody who is here can give, in order of their place. */
  waiting(): DownloadRecord[] {
    return [...this.#order].flatMap(({ record }) => (record.state === 'waiting' ? [record] : []));
  }

  /** In order of their place, then finished ones, newest first. */
  list(): DownloadInfo[] {
    const finished = [...this.#items.values()].filter(({ record }) => !isUnfinished(record));
    finished.sort((a, b) => (b.record.finishedAtMs ?? 0) - (a.record.finishedAtMs ?? 0));
    return [...this.#order, ...finished].map((item) => this.#info(item));
  }

  /**
   * Queues a file or folder. Asked for again while it is not finished, it answers the same download. Rejects with `not-found` (not in the
   * index), `invalid-argument`, `busy` (queue full).
   */
  add(ref: EntryRef, options: AddOptions = {}): Promise<DownloadInfo> {
    return promised(() => {
      const safePath = parseSafePath(ref.path);
      const folder = path.normalize(options.folder ?? this.#options.folder());
      if (!path.isAbsolute(folder))
        throw new AppError('invalid-argument', `The download folder ${folder} must be an absolute path.`);
      for (const item of this.#order)
        if (
          options.only === undefined &&
          !fillsFolder(item.record) &&
          item.record.folder === folder &&
          sameRef(item.record.entry, ref)
        )
          return this.#info(item);
      if (this.#items.size >= localLimits.downloads) {
        throw new AppError('busy', `The download list is full (${localLimits.downloads}). Clear finished downloads first.`);
      }
      const { conflict = this.#options.conflict(), priority = 'normal', isPaused = false, only } = options;
      const wanted = { folder, conflict, priority, isPaused, only, order: this.#order.next() };
      const record = newRecord({ ...ref, path: safePath }, wanted, this.#options.catalog);
      this.#table.insert(record, only);
      const item = this.#item(record);
      item.isHeldElsewhere = isOfLink(ref); // for one attempt: what is on this machine needs nobody
      this.#items.set(record.downloadId, item);
      this.#order.add(item);
      this.#running.schedule();
      this.#changed(item);
      return this.#info(item);
    });
  }

  /** Stops it and removes its partial data; finished files of a folder stay. */
  async cancel(downloadId: DownloadId): Promise<DownloadInfo> {
    const item = this.#find(downloadId);
    const { record } = item;
    if (!isUnfinished(record) && record.state !== 'failed') return this.#info(item);
    const hadEnded = record.state === 'failed';
    record.state = 'cancelled';
    record.failure = undefined;
    record.finishedAtMs = Date.now();
    this.#order.remove(item);
    await this.#running.stop([item]);
    this.#removePartial(record);
    this.#save(item);
    if (!hadEnded) this.#ended(item);
    this.#running.schedule();
    return this.#info(item);
  }

  /** Starts a failed or cancelled one again from what is verified; one that waits, or is to be tried later, is tried at once. */
  retry(downloadId: DownloadId): Promise<DownloadInfo> {
    return promised(() => {
      const item = this.#find(downloadId);
      const { record } = item;
      if (record.state === 'failed' || record.state === 'cancelled') {
        if (item.running) throw new AppError('busy', `${JSON.stringify(record.name)} is just being stopped. Retry in a moment.`);
        record.state = 'queued';
        record.failure = undefined;
        record.finishedAtMs = undefined;
        this.#order.add(item);
        this.#save(item);
      } else if (record.state === 'waiting') {
        record.state = 'queued';
        item.isHeldElsewhere = true; // for one attempt
      } else if (record.state !== 'queued') return this.#info(item);
      item.retryAtMs = 0;
      this.#running.schedule();
      return this.#info(item);
    });
  }

  /** One, or all that are not finished, stop until they are resumed. What is verified stays. Answers those that changed. */
  async pause(downloadId?: DownloadId): Promise<DownloadInfo[]> {
    const items = this.#chosen(downloadId).filter(({ record }) => isUnfinished(record) && record.state !== 'paused');
    for (const item of items) {
      item.record.state = 'paused';
      item.record.failure = undefined;
      item.retryAtMs = 0;
    }
    await this.#running.stop(items);
    await this.#saveMany(items);
    this.#running.schedule();
    return items.map((item) => this.#info(item));
  }

  /** Paused ones go on. Answers those that changed. */
  async resume(downloadId?: DownloadId): Promise<DownloadInfo[]> {
    const items = this.#chosen(downloadId).filter(({ record }) => record.state === 'paused');
    for (const item of items) {
      item.record.state = 'queued';
      item.retryAtMs = 0;
    }
    await this.#saveMany(items);
    this.#running.schedule();
    return items.map((item) => this.#info(item));
  }

  /** Behind the others of that priority; a higher one may take the slot of one that runs. */
  prioritize(downloadId: DownloadId, priority: Priority): Promise<DownloadInfo> {
    return promised(() => {
      const item = this.#unfinished(downloadId);
      if (item.record.priority !== priority) {
        this.#order.prioritize(item, priority);
        this.#reordered([item]);
      }
      return this.#info(item);
    });
  }

  /** Within those of its priority. */
  move(downloadId: DownloadId, to: Move): Promise<DownloadInfo> {
    return promised(() => {
      const item = this.#unfinished(downloadId);
      this.#reordered(this.#order.move(item, to));
      return this.#info(item);
    });
  }

  /** Takes finished, failed and cancelled ones (one, or all) off the list; downloaded files stay. */
  async clear(downloadId?: DownloadId): Promise<void> {
    const cleared = this.#chosen(downloadId).filter(({ record, running }) => !isUnfinished(record) && !running);
    if (downloadId !== undefined && cleared.length === 0) {
      throw new AppError('busy', 'This download is not finished. Cancel it first.');
    }
    for (let at = 0; at < cleared.length; at += stepItems) {
      if (at > 0) await breathe();
      // Retried or cleared meanwhile?
      const step = cleared
        .slice(at, at + stepItems)
        .filter((item) => this.#items.has(item.record.downloadId) && !isUnfinished(item.record));
      this.#table.delete(step.map(({ record }) => record.downloadId));
      for (const { record, pace } of step) {
        if (record.state === 'failed') this.#removePartial(record);
        pace.stop();
        this.#items.delete(record.downloadId);
        this.#options.onRemoved(record.downloadId);
      }
    }
  }

  /** The peer is connected: what waits for it goes on at once, and it may hold what waits for others. */
  peerOnline(peerId: PeerId): void {
    this.#running.peerOnline(peerId);
  }

  /** Somebody went: what they alone could give waits for them. */
  peersChanged(): void {
    this.#running.schedule();
  }

  #item(record: DownloadRecord): DownloadItem {
    return new DownloadItem(record, { retryMs: this.#firstRetryMs(), onProgress: (item) => this.#changed(item) });
  }

  #firstRetryMs(): number {
    return this.#options.retryMs ?? localLimits.reconnectMinMs;
  }

  #find(downloadId: DownloadId): DownloadItem {
    const item = this.#items.get(downloadId);
    if (!item) throw new AppError('not-found', 'There is no such download any more. Look at the list again.');
    return item;
  }

  #unfinished(downloadId: DownloadId): DownloadItem {
    const item = this.#find(downloadId);
    if (isUnfinished(item.record)) return item;
    throw new AppError(
      'invalid-argument',
      `${JSON.stringify(item.record.name)} has ended: it has no place in the queue any more.`,
    );
  }

  #chosen(downloadId: DownloadId | undefined): DownloadItem[] {
    return downloadId === undefined ? [...this.#order, ...this.#endedItems()] : [this.#find(downloadId)];
  }

  #endedItems(): DownloadItem[] {
    return [...this.#items.values()].filter(({ record }) => !isUnfinished(record));
  }

  #info(item: DownloadItem): DownloadInfo {
    return item.info((source: SwarmSource) => this.#options.nameOf(source.peerId));
  }

  /** Orders changed: kept, told, and looked at. */
  #reordered(items: DownloadItem[]): void {
    if (items.length === 0) return;
    this.#table.update(...items.map(({ record }) => record));
    this.#running.schedule();
    for (const item of items) this.#changed(item);
  }

  /** It came to its end: out of the queue, into the history. */
  #ended(item: DownloadItem): void {
    this.#order.remove(item);
    const { record } = item;
    this.#options.history.add(endOf(item, this.#options.nameOf(record.entry.peerId)));
  }

  /** A change of state: kept at once, told at once. */
  #save(item: DownloadItem): void {
    this.#persist(item);
    this.#changed(item);
  }

  async #saveMany(items: DownloadItem[]): Promise<void> {
    for (let at = 0; at < items.length; at += stepItems) {
      if (at > 0) await breathe();
      if (!this.#isOpen) return;
      const step = items.slice(at, at + stepItems);
      this.#table.update(...step.map(({ record }) => record));
      for (const item of step) this.#changed(item);
    }
  }

  /** A full disk must not stop what is under way: the queue then stands as it was, and the next attempt finds what is verified. */
  #persist(item: DownloadItem): void {
    item.persistedAtMs = performance.now();
    try {
      this.#table.update(item.record);
    } catch (error) {
      this.#options.log.error(`The download queue could not be written: ${String(error)}`);
    }
  }

  #changed(item: DownloadItem): void {
    if (!this.#isOpen || !this.#items.has(item.record.downloadId)) return;
    this.#options.onChange(this.#info(item));
  }

  #removePartial(record: DownloadRecord): void {
    removePartialFolder(record.folder, record.downloadId);
    if (record.kind !== 'folder' || record.destination === '' || fillsFolder(record)) return;
    try {
      if (lstatSync(record.destination).isDirectory()) rmdirSync(record.destination);
      record.destination = '';
    } catch {
      // Not empty: what is finished stays.
    }
  }
}
