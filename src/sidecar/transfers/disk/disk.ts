// The disk worker as the main thread has it: started when there is something to do, ended when idle; what waits fails when it dies. Files that
// arrive, packs, final names: all file work of transfers that is worth a trip to another thread.

import { Worker } from 'node:worker_threads';
import { AppError } from '../../../protocol/errors.ts';
import { localLimits, transferLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { workerUrl } from '../../workerUrl.ts';
import { wasCancelled } from '../failures.ts';
import type { DiskAnswer, DiskCall, DiskCalls, DiskEvent, MadePack, PackEntry, RunSettings } from './diskCalls.ts';
import type { PartialContent, PartialOptions } from './partialContent.ts';
import { openRemotePartial } from './remotePartial.ts';
import { DiskRun } from './diskRun.ts';
import { packAsk, packOf } from './madePack.ts';

export type { MadePack, PackedFile, PackEntry } from './diskCalls.ts';
export type { PartialContent, PartialOptions } from './partialContent.ts';

/** One life of the worker: what was opened in it is gone with it. */
export interface DiskThread {
  readonly isAlive: boolean;
  ask<K extends DiskCall>(type: K, ask: DiskCalls[K]['ask'], transfer?: readonly ArrayBuffer[]): Promise<DiskCalls[K]['answer']>;
  /** Something stays open in it: it does not end while idle. Answers the function that lets go. */
  hold(): () => void;
  /** Events of a run. */
  listen(run: number, listener: (event: DiskEvent) => void): () => void;
}

export class Disk {
  readonly #log: Log;
  #thread: Thread | undefined;
  #isClosed = false;

  constructor(options: { log: Log }) {
    this.#log = options.log;
  }

  /** A file to be filled, new or as an earlier attempt left it. Rejects as a local failure. */
  async openPartial(options: PartialOptions): Promise<PartialContent> {
    return openRemotePartial(this.#alive(), options);
  }

  /**
   * Reads small files of the share at `root` (its real path, all of them below it) into one pack: each without following a link, checked to be at
   * its place and unchanged while it was read. One that cannot be given is `refused` in it; nothing fails for one file. Whether they may
   * be given is the caller's: `withhold` takes one out again.
   */
  async readPack(root: string, files: PackEntry[], options: { signal: AbortSignal }): Promise<MadePack> {
    if (options.signal.aborted) throw wasCancelled();
    return packOf(await this.#alive().ask('readPack', packAsk(root, files)));
  }

  /**
   * Fills a partial file from a local file with (as is believed) the content `root`, and finishes it when that is so; else it stays as it was
   * before, unfinished. Answers whether it was.
   */
  async copyLocal(
    from: string,
    to: { path: string; sizeBytes: number; mtimeMs: number },
    options: { root: Uint8Array; signal: AbortSignal },
  ): Promise<boolean> {
    if (options.signal.aborted) throw wasCancelled();
    const thread = this.#alive();
    const release = thread.hold();
    try {
      const { copy } = await thread.ask('copyOpen', { from, ...to, root: options.root });
      if (copy === 0) return false;
      for (;;) {
        const { state } = await thread.ask('copyStep', { copy, isStopped: options.signal.aborted });
        if (options.signal.aborted) throw wasCancelled();
        if (state !== 'more') return state === 'done';
      }
    } finally {
      release();
    }
  }

  /** Places files below a folder: see DiskRun. */
  async openRun(settings: RunSettings): Promise<DiskRun> {
    return DiskRun.open(this.#alive(), settings);
  }

  /** Ends the worker; whatever waits fails with `unavailable`. Idempotent. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.end(stopped());
  }

  #alive(): Thread {
    if (this.#isClosed) throw stopped();
    if (this.#thread?.isAlive !== true) this.#thread = new Thread(this.#log);
    return this.#thread;
  }
}

function stopped(): AppError {
  return new AppError('unavailable', 'Transfers were stopped because Potluck is closing.');
}

function diskFailed(reason: string): AppError {
  return new AppError('io', `The work with files broke off: ${reason}. It is tried again.`);
}

interface Waiting {
  /** Gets the answer of its own call. */
  resolve: (value: never) => void;
  reject: (error: AppError) => void;
}

class Thread implements DiskThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #listeners = new Map<number, (event: DiskEvent) => void>();
  #next = 1;
  #held = 0;
  #idle: NodeJS.Timeout | undefined;
  #isAlive = true;

  constructor(log: Log) {
    this.#worker = new Worker(workerUrl(import.meta.url, 'diskWorker'), {
      name: 'disk',
      resourceLimits: { maxYoungGenerationSizeMb: transferLimits.workerYoungMiB },
    });
    this.#worker.on('message', (message: DiskAnswer | DiskEvent) => this.#hear(message));
    const ended = (reason: string) => {
      if (!this.#isAlive) return;
      log.warn(`The disk worker ended: ${reason}`);
      void this.end(diskFailed(reason));
    };
    this.#worker.on('error', (error) => ended(error instanceof Error ? error.message : String(error)));
    this.#worker.on('exit', (code) => ended(`exit code ${code}`));
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  ask<K extends DiskCall>(
    type: K,
    ask: DiskCalls[K]['ask'],
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<DiskCalls[K]['answer']> {
    return new Promise<DiskCalls[K]['answer']>((resolve, reject) => {
      if (!this.#isAlive) {
        reject(diskFailed('its worker was restarted'));
        return;
      }
      clearTimeout(this.#idle);
      const reply = this.#next++;
      this.#waiting.set(reply, { resolve, reject });
      if (this.#waiting.size === 1) this.#worker.ref();
      try {
        this.#worker.postMessage({ reply, type, ask }, transfer);
      } catch (error) {
        this.#waiting.delete(reply);
        reject(diskFailed(String(error)));
      }
    });
  }

  hold(): () => void {
    this.#held++;
    clearTimeout(this.#idle);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#held--;
      this.#rest();
    };
  }

  listen(run: number, listener: (event: DiskEvent) => void): () => void {
    this.#listeners.set(run, listener);
    return () => this.#listeners.delete(run);
  }

  async end(reason: AppError): Promise<void> {
    this.#isAlive = false;
    clearTimeout(this.#idle);
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(reason);
    await this.#worker.terminate();
  }

  #hear(message: DiskAnswer | DiskEvent): void {
    if ('run' in message) {
      this.#listeners.get(message.run)?.(message);
      return;
    }
    const waiting = this.#waiting.get(message.reply);
    this.#waiting.delete(message.reply);
    if ('failed' in message) {
      const { kind, message: text, data } = message.failed;
      waiting?.reject(new AppError(kind, text, { data: data ?? {} }));
    } else waiting?.resolve(message.value as never);
    if (this.#waiting.size === 0) this.#rest();
  }

  /** Nothing to do: the worker does not keep the process, and ends after a while if nothing is open in it. */
  #rest(): void {
    if (!this.#isAlive || this.#waiting.size > 0) return;
    this.#worker.unref();
    if (this.#held > 0) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.end(diskFailed('it was idle')), localLimits.hashWorkerIdleMs).unref();
  }
}
