// What of the queue runs: a few at a time, the most urgent first, waiting for peers that are away, tried again after failures. Knows neither the
// database nor clients; it is told the order, and tells what changed.

import { type AppError, asAppError } from '../../../protocol/errors.ts';
import type { PeerId } from '../../../protocol/ids.ts';
import { localLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { peerGone } from '../failures.ts';
import { SpeedMeter } from '../pace.ts';
import type { DownloadItem } from './downloadItem.ts';
import { failureOf } from './downloadRecord.ts';
import type { DownloadRecord } from './downloadTable.ts';
import type { QueueOrder } from './queueOrder.ts';
import type { RunOptions } from './runOptions.ts';
import { choose } from './starting.ts';
import { Wishes } from './wishes.ts';

/** One attempt, as the queue gives it away; the rest of what it needs is put in by whoever knows disks and peers. */
export interface Attempt extends Pick<RunOptions, 'conflict' | 'signal' | 'onClaim' | 'onProgress' | 'onSources' | 'onPlaced'> {
  record: DownloadRecord;
}

export interface RunningOptions {
  /** What is not finished. */
  order: QueueOrder<DownloadItem>;
  isHere(peerId: PeerId): boolean;
  isHeldElsewhere(record: DownloadRecord, options: { signal: AbortSignal }): Promise<boolean | undefined>;
  run(attempt: Attempt): Promise<{ failedFiles: number }>;
  retryMs: number;
  log: Log;
  /** Its record is to be kept, now. */
  onPersist(item: DownloadItem): void;
  /** It is to be told. */
  onChange(item: DownloadItem): void;
  /** It is done, or failed for good; its record says which. */
  onEnd(item: DownloadItem): void;
  /** What an attempt brought. */
  onCount(moved: { bytes: number; files: number }): void;
}

/** Progress written to the database at most this often: it is only for showing, each write costs an fsync. */
const persistEveryMs = 5000;

/** Failures that a source can cause. */
const ofSources: ReadonlySet<string> = new Set(['not-found', 'changed', 'verification-failed']);

export class Running {
  readonly #options: RunningOptions;
  readonly #going = new Set<DownloadItem>();
  readonly #wishes: Wishes<DownloadItem>;
  #timer: NodeJS.Timeout | undefined;
  #isOpen = false;

  constructor(options: RunningOptions) {
    this.#options = options;
    this.#wishes = new Wishes({
      waiting: () => this.#waiting(),
      isHeld: (item, look) => options.isHeldElsewhere(item.record, look),
      onHeld: (item) => {
        if (item.record.state !== 'waiting') return;
        item.isHeldElsewhere = true;
        this.schedule();
      },
    });
  }

  open(): void {
    this.#isOpen = true;
    this.schedule();
  }

  /** Stops everything; the states stay, so that it goes on. */
  async close(): Promise<void> {
    this.#isOpen = false;
    clearTimeout(this.#timer);
    const stopping = this.stop([...this.#going]);
    await Promise.all([stopping, this.#wishes.close()]);
  }

  /** Ends the attempts of those of them that run; resolves when nothing of them moves any more. */
  async stop(items: readonly DownloadItem[]): Promise<void> {
    const running = items.flatMap((item) => item.running ?? []);
    for (const { abort } of running) abort.abort();
    await Promise.all(running.map(({ done }) => done));
  }

  peerOnline(peerId: PeerId): void {
    for (const item of this.#options.order) {
      if (item.record.entry.peerId !== peerId) continue;
      item.retryAtMs = 0;
      item.retryMs = this.#options.retryMs;
    }
    this.schedule();
    this.#wishes.look();
  }

  /** Starts what can start now, stops what must make room, and sets the clock for what may be tried later. */
  schedule(): void {
    if (!this.#isOpen) return;
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    let earliestMs = Infinity;
    const ready: DownloadItem[] = [];
    let isNewWish = false;
    for (const item of this.#options.order) {
      const { record, running } = item;
      if (running || (record.state !== 'queued' && record.state !== 'waiting')) continue;
      if (!item.isHeldElsewhere && !this.#options.isHere(record.entry.peerId)) {
        isNewWish = this.#wait(item) || isNewWish;
        continue;
      }
      this.#unwait(item);
      if (item.retryAtMs > nowMs) earliestMs = Math.min(earliestMs, item.retryAtMs);
      else ready.push(item);
    }
    const { start, preempt } = choose(ready, this.#going, localLimits.downloadsRunning);
    for (const { running } of preempt) {
      if (!running) continue;
      running.isPreempted = true;
      running.abort.abort();
    }
    for (const item of start) this.#start(item);
    if (earliestMs < Infinity) this.#timer = setTimeout(() => this.schedule(), Math.max(1, earliestMs - nowMs)).unref();
    if (isNewWish) this.#wishes.look();
  }

  *#waiting(): Iterable<DownloadItem> {
    for (const item of this.#options.order) if (item.record.state === 'waiting') yield item;
  }

  /** Nobody who holds it is here. Answers whether that is new. */
  #wait(item: DownloadItem): boolean {
    const { record } = item;
    if (record.state === 'waiting') return false;
    record.state = 'waiting';
    record.failure = failureOf(peerGone(record.entry.peerId));
    this.#options.onChange(item);
    return true;
  }

  #unwait(item: DownloadItem): void {
    const { record } = item;
    if (record.state !== 'waiting') return;
    record.state = 'queued';
    record.failure = undefined;
    this.#options.onChange(item);
  }

  #start(item: DownloadItem): void {
    const { record } = item;
    const abort = new AbortController();
    record.state = 'running';
    record.failure = undefined;
    item.speed = new SpeedMeter();
    this.#going.add(item);
    item.running = { abort, done: this.#run(item, abort.signal), isPreempted: false };
    if (record.startedAtMs === undefined) {
      record.startedAtMs = Date.now();
      this.#options.onPersist(item);
    }
    this.#options.onChange(item);
  }

  /** One attempt; never rejects. */
  async #run(item: DownloadItem, signal: AbortSignal): Promise<void> {
    const { record } = item;
    const beforeBytes = item.fetchedBytes;
    await Promise.resolve(); // `item.running` is set when the rest begins
    try {
      const { failedFiles } = await this.#options.run({
        record,
        conflict: record.conflict,
        signal,
        onClaim: () => this.#options.onPersist(item),
        onProgress: () => this.#progress(item),
        onSources: (sources) => {
          item.sources = sources;
          item.pace.touch();
        },
        onPlaced: (files) => {
          const [file] = files;
          if (record.kind === 'file' && file) item.contentId = Buffer.from(file.root).toString('hex');
        },
      });
      this.#finish(item, failedFiles);
    } catch (error) {
      this.#failed(item, asAppError(error));
    } finally {
      const isEnd = record.state === 'done' || record.state === 'failed';
      this.#options.onCount({ bytes: item.fetchedBytes - beforeBytes, files: isEnd ? record.doneFiles : 0 });
      item.running = undefined;
      item.sources = [];
      this.#going.delete(item);
      this.#options.onPersist(item);
      if (isEnd) this.#options.onEnd(item);
      this.#options.onChange(item);
      this.schedule();
    }
  }

  #finish(item: DownloadItem, failedFiles: number): void {
    const { record } = item;
    // Cancelled at the last moment: what is finished stays where it is, and counts as cancelled. Paused: it is done all the same.
    if (record.state !== 'running' && record.state !== 'paused') return;
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

  #failed(item: DownloadItem, error: AppError): void {
    const { record, running } = item;
    if (record.state !== 'running') return;
    item.isHeldElsewhere = false;
    if (!this.#isOpen || running?.isPreempted === true) {
      record.state = 'queued';
      return;
    }
    const isNewIndex = error.kind === 'changed' && record.kind === 'folder';
    // What others than the owner say of its file does not end a wish: the owner may be back one day.
    const isOthersWord = ofSources.has(error.kind) && !this.#options.isHere(record.entry.peerId);
    if (isNewIndex || isOthersWord || error.kind === 'unavailable' || error.kind === 'busy' || error.kind === 'cancelled') {
      record.state = 'queued';
      record.failure = failureOf(error);
      item.retryAtMs = performance.now() + item.retryMs;
      item.retryMs = Math.min(item.retryMs * 2, localLimits.reconnectMaxMs);
      return;
    }
    record.state = 'failed';
    record.failure = failureOf(error);
    record.finishedAtMs = Date.now();
    this.#options.log.warn(`The download ${record.name} failed: ${error.message}`);
  }

  /** Only what was not there before counts as coming in: not what an earlier attempt left, nor what was found on this machine. */
  #progress(item: DownloadItem): void {
    const { record } = item;
    const fetchedBytes = record.doneBytes - record.reusedBytes;
    if (fetchedBytes > item.fetchedBytes) {
      item.speed.add(fetchedBytes - item.fetchedBytes);
      item.fetchedBytes = fetchedBytes;
      item.retryMs = this.#options.retryMs;
    }
    item.pace.touch();
    if (performance.now() - item.persistedAtMs >= persistEveryMs) this.#options.onPersist(item);
  }
}
