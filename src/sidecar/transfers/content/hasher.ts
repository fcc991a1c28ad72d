// Hashing for the main thread: starts the one hash worker when there is something to do, ends it when idle, and fails what waits
// when it dies.

import { Worker } from 'node:worker_threads';
import { AppError } from '../../../protocol/errors.ts';
import { localLimits, transferLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { workerUrl } from '../../workerUrl.ts';
import type { HashAnswer, HashRequest } from './hashWorker.ts';
import { leafBytes } from './merkle.ts';
import { hashFailed, readChanged, wasCancelled } from '../failures.ts';

/** What hashing a file answers. `root` is the BEP 52 root. */
export interface Hashed {
  root: Uint8Array;
  leafCount: number;
}

interface Waiting {
  resolve(answer: HashAnswer): void;
  reject(error: AppError): void;
}

export class Hasher {
  readonly #log: Log;
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: { log: Log }) {
    this.#log = options.log;
  }

  /**
   * Hashes the first `sizeBytes` of an open file off the main thread. The descriptor must stay open until it settles.
   * Rejects with `changed` when the file is shorter, `cancelled`, or `io`.
   */
  async hashFile(fd: number, sizeBytes: number, options: { treePath?: string; signal?: AbortSignal } = {}): Promise<Hashed> {
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const cancel = () => void Atomics.store(flag, 0, 1);
    options.signal?.addEventListener('abort', cancel);
    if (options.signal?.aborted) cancel();
    try {
      const answer = await this.#ask({ type: 'file', reply: 0, fd, sizeBytes, treePath: options.treePath, isCancelled: flag });
      if (answer.type === 'finished') return { root: answer.root, leafCount: answer.leafCount };
      if (answer.type === 'failed' && answer.reason === 'cancelled') throw wasCancelled();
      if (answer.type === 'failed' && answer.reason === 'short') throw readChanged();
      throw hashFailed(answer.type === 'failed' ? answer.message : 'unexpected answer');
    } finally {
      options.signal?.removeEventListener('abort', cancel);
    }
  }

  /** Ends the worker; whatever waits fails with `unavailable`. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    this.#failAll(new AppError('unavailable', 'Hashing was stopped because Potluck is closing.'));
    await worker?.terminate();
  }

  #ask(request: HashRequest): Promise<HashAnswer> {
    const reply = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(reply, { resolve, reject });
      try {
        this.#post({ ...request, reply });
      } catch (error) {
        this.#waiting.delete(reply);
        reject(error instanceof AppError ? error : hashFailed(String(error)));
      }
    });
  }

  #post(request: HashRequest): void {
    if (this.#isClosed) throw new AppError('unavailable', 'Hashing was stopped because Potluck is closing.');
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    worker.postMessage(request);
  }

  #start(): Worker {
    const worker = new Worker(workerUrl(import.meta.url, 'hashWorker'), {
      name: 'hash',
      resourceLimits: { maxYoungGenerationSizeMb: transferLimits.workerYoungMiB },
    });
    worker.on('message', (answer: HashAnswer) => {
      this.#waiting.get(answer.reply)?.resolve(answer);
      this.#waiting.delete(answer.reply);
      this.#rest();
    });
    const ended = (reason: string) => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#log.warn(`The hash worker ended: ${reason}`);
      this.#failAll(hashFailed(reason));
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
    this.#idle = setTimeout(() => {
      const worker = this.#worker;
      this.#worker = undefined;
      void worker?.terminate();
    }, localLimits.hashWorkerIdleMs).unref();
  }

  #failAll(error: AppError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(error);
  }
}

/** Bytes that readers hash at a time: 16 leaves. */
export const blockBytes = 16 * leafBytes;
