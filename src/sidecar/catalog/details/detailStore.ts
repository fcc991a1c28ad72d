// What is known of files beyond their names, own and peers', as the main thread asks for it. The tables are in a worker, which is started
// when something is asked, and ends when nothing was for a while.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../../protocol/errors.ts';
import { detailLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { SafePath } from '../../storage/safePath.ts';
import { workerUrl } from '../../workerUrl.ts';
import type { IndexView } from '../index/indexView.ts';
import { Slots } from '../slots.ts';
import { detailDatabase } from './detailSchema.ts';
import type { DetailOperation, DetailOperations, DetailReply, DetailState, OfferedFiles } from './detailMessages.ts';

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: AppError) => void;
}

export class DetailStore {
  readonly #dataFolder: string;
  readonly #log: Log;
  readonly #waiting = new Map<number, Waiting>();
  /** Blocks are taken one at a time: the worker holds one. */
  readonly #taking = new Slots(1);
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #nextId = 1;
  #isClosed = false;

  constructor(options: { dataFolder: string; log: Log }) {
    this.#dataFolder = options.dataFolder;
    this.#log = options.log;
  }

  /** Throws what the operation throws, `unavailable` when the store is closed or does not answer. */
  async ask<O extends DetailOperation>(
    operation: O,
    params: DetailOperations[O]['params'],
  ): Promise<DetailOperations[O]['result']> {
    if (this.#isClosed) throw closed();
    const id = this.#nextId++;
    let deadline: NodeJS.Timeout | undefined;
    try {
      return (await new Promise<unknown>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        deadline = setTimeout(() => reject(tooSlow()), detailLimits.answerMs).unref();
        clearTimeout(this.#idle);
        const worker = (this.#worker ??= this.#start());
        worker.ref();
        worker.postMessage({ id, operation, params });
      })) as DetailOperations[O]['result'];
    } finally {
      clearTimeout(deadline);
      this.#waiting.delete(id);
      this.#rest();
    }
  }

  /**
   * Takes block `index` of a share's feed; of its records those are kept whose file `view` has as they say (all, without a view). Throws
   * `protocol` when the block breaks the format.
   */
  async take(key: string, index: number, block: Uint8Array, view: () => IndexView | undefined): Promise<DetailState> {
    return this.#taking.run(async () => {
      const files = await this.ask('offer', { key, block: new Uint8Array(block) });
      return this.ask('keep', { key, index, isKept: await filesHad(files, view) });
    });
  }

  /** Nothing was ever kept here, so that nothing need be asked. */
  get isEmpty(): boolean {
    return this.#worker === undefined && !existsSync(path.join(this.#dataFolder, detailDatabase.file));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#idle);
    await this.#end();
    for (const { reject } of this.#waiting.values()) reject(closed());
  }

  #start(): Worker {
    const worker = new Worker(workerUrl(import.meta.url, 'detailWorker'), {
      name: 'details',
      workerData: { dataFolder: this.#dataFolder },
      resourceLimits: { maxOldGenerationSizeMb: detailLimits.workerHeapMiB, maxYoungGenerationSizeMb: detailLimits.youngHeapMiB },
    });
    worker.on('message', (reply: DetailReply) => {
      if (reply.type === 'log') return this.#log[reply.level](reply.message);
      const waiting = this.#waiting.get(reply.id);
      if (reply.type === 'done') waiting?.resolve(reply.result);
      else waiting?.reject(new AppError(reply.kind, reply.message));
    });
    const ended = (reason: string): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#log.warn(`The worker for details ended: ${reason}`);
      for (const { reject } of this.#waiting.values()) reject(new AppError('internal', `Details are not to be had: ${reason}.`));
    };
    worker.on('error', (error) => ended(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => ended(`exit code ${code}`));
    return worker;
  }

  /** Nothing to do: the worker no longer keeps the process, and ends after a while. */
  #rest(): void {
    if (this.#waiting.size > 0 || this.#worker === undefined) return;
    this.#worker.unref();
    if (this.#isClosed) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => void this.#end(), detailLimits.idleMs).unref();
  }

  /** It closes its tables itself. */
  async #end(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    if (worker === undefined) return;
    worker.ref();
    const exit = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    worker.postMessage({ id: 0, operation: 'close', params: undefined });
    const deadline = setTimeout(() => void worker.terminate(), 2_000);
    await exit;
    clearTimeout(deadline);
  }
}

/** 1 for each file that the index has in this state. */
async function filesHad({ paths, sizes, times }: OfferedFiles, view: () => IndexView | undefined): Promise<Uint8Array> {
  const isHad = new Uint8Array(paths.length);
  for (let at = 0; at < paths.length; at++) {
    if (at > 0 && at % detailLimits.checkedAtOnce === 0) await setImmediate();
    // Checked in the worker that read it.
    const entry = view()?.stat(paths[at] as SafePath);
    if (entry?.kind === 'file' && entry.sizeBytes === sizes[at] && entry.mtimeMs === times[at]) isHad[at] = 1;
  }
  return isHad;
}

function closed(): AppError {
  return new AppError('unavailable', 'Details are not to be had: Potluck is closing.');
}

function tooSlow(): AppError {
  return new AppError('unavailable', `Details did not come within ${detailLimits.answerMs / 1000} s.`);
}
