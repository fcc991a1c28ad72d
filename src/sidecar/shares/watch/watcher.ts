// The watch worker as the main thread sees it: one for all own shares. Hands on what it finds, one delta a share at a time, and starts it
// anew when it ended. Knows nothing of feeds and rows.

import { Worker } from 'node:worker_threads';
import { AppError } from '../../../protocol/errors.ts';
import type { ShareId } from '../../../protocol/ids.ts';
import type { Delta } from '../../catalog/index/rows.ts';
import { catalogLimits, localLimits, watchLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { workerUrl } from '../../workerUrl.ts';
import type { FollowedShare, FollowState, FromWatchWorker, ToWatchWorker, WatchWorkerData } from './watchMessages.ts';

export type { FollowedShare, FollowState } from './watchMessages.ts';

export interface WatchEvents {
  /**
   * One step of a share's index, already applied to the worker's own view of it. Resolve when it is published; the next comes after that.
   * When it rejects, the worker lets go of the share until `watch` is called again.
   */
  changed(shareId: ShareId, delta: Delta): Promise<void>;
  state(shareId: ShareId, state: FollowState): void;
}

interface Followed {
  turn: number;
  /** Deltas of this turn that were handed to `changed`. */
  step: number;
}

interface Waiting {
  resolve(): void;
  reject(error: AppError): void;
}

export class Watcher {
  readonly #events: WatchEvents;
  readonly #log: Log;
  readonly #data: WatchWorkerData;
  readonly #shares = new Map<ShareId, Followed>();
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #heardAtMs = 0;
  #numbers = 0;
  #isOpen = false;

  /** `options` are for tests: another backend than this platform's, fewer watches than the limit. */
  constructor(events: WatchEvents, log: Log, options: Partial<Omit<WatchWorkerData, 'working'>> = {}) {
    this.#events = events;
    this.#log = log;
    const backend = options.backend ?? (process.platform === 'linux' ? 'folders' : 'tree');
    const working = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
    this.#data = { backend, watchedFolders: options.watchedFolders, working };
  }

  open(): void {
    this.#isOpen = true;
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#shares.clear();
    await this.#end('The watcher is closing.');
  }

  /**
   * Follows a share from this state of its index on, or follows it from another state. Begins with a check by folder times, which finds
   * what happened since `scannedAtMs`. `state` tells how it goes.
   */
  watch(share: FollowedShare): void {
    const turn = ++this.#numbers;
    this.#shares.set(share.shareId, { turn, step: 0 });
    this.#send({ type: 'watch', turn, share });
  }

  /**
   * The index is in this segment file now, nothing over it: same content as after the last delta that `changed` was called with.
   * Resolves when the worker reads from it; the old file may then be deleted. Rejects when the content is another one.
   */
  async rebase(shareId: ShareId, segmentPath: string): Promise<void> {
    const followed = this.#shares.get(shareId);
    if (followed === undefined || this.#worker === undefined) return;
    const { turn, step } = followed;
    await this.#ask((request) => ({ type: 'rebase', shareId, turn, step, segmentPath, request }));
  }

  /** Keeps listening but tells no more deltas, until `watch` (while a scan runs). One may still be under way. */
  hold(shareId: ShareId): void {
    if (this.#shares.has(shareId)) this.#send({ type: 'hold', shareId });
  }

  /** Resolves when nothing of the share is open any more. */
  async unwatch(shareId: ShareId): Promise<void> {
    if (!this.#shares.delete(shareId) || this.#worker === undefined) return;
    await this.#ask((request) => ({ type: 'unwatch', shareId, request }));
  }

  /** Looks at everything now, as fast as it goes. Resolves when what it found was taken. */
  async sweepNow(shareId: ShareId): Promise<void> {
    if (this.#shares.has(shareId)) await this.#ask((request) => ({ type: 'sweep', shareId, request }));
  }

  /** Looks at one folder soon. */
  refreshFolder(shareId: ShareId, path: string): void {
    if (this.#shares.has(shareId)) this.#send({ type: 'refresh', shareId, path });
  }

  #ask(message: (request: number) => ToWatchWorker): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = ++this.#numbers;
      this.#waiting.set(request, { resolve, reject });
      this.#send(message(request));
    });
  }

  #send(message: ToWatchWorker): void {
    if (!this.#isOpen) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(message);
  }

  #start(): Worker {
    const worker = new Worker(workerUrl(import.meta.url, 'watchWorker'), {
      workerData: this.#data,
      resourceLimits: { maxOldGenerationSizeMb: catalogLimits.workerHeapMiB, maxYoungGenerationSizeMb: watchLimits.youngHeapMiB },
    });
    worker.on('message', (message: FromWatchWorker) => {
      if (worker === this.#worker) this.#receive(message);
    });
    worker.on('error', (error: unknown) => this.#ended(worker, error instanceof Error ? error.message : String(error)));
    worker.on('exit', () => this.#ended(worker, 'it ended by itself'));
    this.#heardAtMs = Date.now();
    this.#heartbeat = setInterval(() => this.#beat(worker), catalogLimits.walkStallMs / 4);
    this.#heartbeat.unref();
    return worker;
  }

  #receive(message: FromWatchWorker): void {
    this.#heardAtMs = Date.now();
    switch (message.type) {
      case 'changed':
        return this.#changed(message);
      case 'state':
        if (this.#shares.get(message.shareId)?.turn === message.turn) this.#events.state(message.shareId, message.state);
        return;
      case 'done': {
        const waiting = this.#waiting.get(message.request);
        this.#waiting.delete(message.request);
        if (message.problem === undefined) waiting?.resolve();
        else waiting?.reject(new AppError('internal', message.problem));
        return;
      }
      case 'log':
        return this.#log.warn(message.message);
      case 'pong':
        return;
    }
  }

  #changed({ shareId, turn, step, delta }: FromWatchWorker & { type: 'changed' }): void {
    const followed = this.#shares.get(shareId);
    // Watched anew since: it will be found again.
    if (followed?.turn !== turn) return;
    followed.step = step;
    const answer = (isTaken: boolean): void => {
      if (this.#shares.get(shareId)?.turn === turn) this.#send({ type: 'answer', shareId, turn, isTaken });
    };
    this.#events.changed(shareId, delta).then(
      () => answer(true),
      () => answer(false),
    );
  }

  /** A drive that does not answer holds the worker's thread for ever. */
  #beat(worker: Worker): void {
    if (worker !== this.#worker) return;
    if (Date.now() - this.#heardAtMs > catalogLimits.walkStallMs) this.#hangs(worker);
    else worker.postMessage({ type: 'ping' } satisfies ToWatchWorker);
  }

  /** The share whose drive it is: a scan says so, with its own patience. The others go on. */
  #hangs(worker: Worker): void {
    const turn = Atomics.load(new Int32Array(this.#data.working), 0);
    const hanging = [...this.#shares].find(([, followed]) => followed.turn === turn)?.[0];
    if (hanging !== undefined) this.#shares.delete(hanging);
    this.#ended(worker, 'a drive does not answer');
    if (hanging !== undefined) this.#events.state(hanging, { kind: 'scan-needed', why: 'its drive does not answer' });
  }

  #ended(worker: Worker, why: string): void {
    if (worker !== this.#worker) return;
    this.#log.warn(`Following the shared folders stopped: ${why}`);
    void this.#end(why);
    for (const shareId of [...this.#shares.keys()]) {
      this.#shares.delete(shareId);
      this.#events.state(shareId, { kind: 'stopped', why });
    }
  }

  async #end(why: string): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    clearInterval(this.#heartbeat);
    for (const waiting of this.#waiting.values()) waiting.reject(new AppError('cancelled', why));
    this.#waiting.clear();
    if (worker === undefined) return;
    // A thread inside a system call on a drive that does not answer cannot be ended.
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, localLimits.closeMs / 2)));
    await Promise.race([worker.terminate(), late]);
    clearTimeout(timer);
  }
}
