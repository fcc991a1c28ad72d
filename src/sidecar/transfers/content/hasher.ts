// Hashing for the main thread: starts the one hash worker when there is something to do, ends it when idle, and fails what waits
// when it dies. Small content is hashed here at once, since a trip to the worker would cost more.

import { Worker } from 'node:worker_threads';
import { AppError } from '../../../protocol/errors.ts';
import { localLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { workerUrl } from '../../workerUrl.ts';
import type { HashAnswer, HashRequest } from './hashWorker.ts';
import { hashFailed, readChanged, wasCancelled } from '../failures.ts';
import { hashBytes, hashLeaves, leafBytes } from './merkle.ts';
import { TreeWriter } from './treeFile.ts';

/** What hashing a file answers. `root` is the BEP 52 root. */
export interface Hashed {
  root: Uint8Array;
  leafCount: number;
}

/** Content hashed as it passes by. Blocks start at a leaf's border; only the last may end elsewhere. */
export interface HashStream {
  /** Answers how many leaves of the block are good: all, or those before the first that is not as expected (which ends the good run). */
  push(block: Uint8Array, expected?: Uint8Array): Promise<number>;
  /** The root of the good leaves; the tree file (if a path was given) is complete then. */
  finish(): Promise<Hashed>;
  /** Gives up, removes the tree file. Harmless after finish. */
  drop(): void;
}

interface Waiting {
  resolve(answer: HashAnswer): void;
  reject(error: AppError): void;
}

export class Hasher {
  readonly #log: Log;
  #worker: Worker | undefined;
  readonly #waiting = new Map<number, Waiting>();
  #openStreams = 0;
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

  /** A stream for content of this size. */
  stream(sizeBytes: number, treePath?: string): HashStream {
    return sizeBytes <= localLimits.inlineHashBytes ? new InlineStream(treePath) : this.#workerStream(treePath);
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

  #workerStream(treePath: string | undefined): HashStream {
    const stream = this.#next++;
    let isOpen = true;
    this.#openStreams++;
    this.#post({ type: 'open', stream, treePath });
    const worker = this.#worker;
    const release = () => {
      if (!isOpen) return;
      isOpen = false;
      this.#openStreams--;
      this.#rest();
    };
    const ask = async (request: Extract<HashRequest, { reply: number }>) => {
      if (this.#worker !== worker) throw hashFailed('the hash worker was restarted');
      const answer = await this.#ask(request);
      if (answer.type === 'failed') throw hashFailed(answer.message);
      return answer;
    };
    return {
      push: async (block, expected) => {
        // A copy of exactly these bytes: posting a view would clone all of the buffer behind it.
        const answer = await ask({
          type: 'push',
          stream,
          reply: 0,
          block: new Uint8Array(block),
          expected: expected && new Uint8Array(expected),
        });
        return answer.type === 'pushed' ? answer.goodLeaves : 0;
      },
      finish: async () => {
        try {
          const answer = await ask({ type: 'finish', stream, reply: 0 });
          if (answer.type !== 'finished') throw hashFailed('unexpected answer');
          return { root: answer.root, leafCount: answer.leafCount };
        } finally {
          release();
        }
      },
      drop: () => {
        if (isOpen && this.#worker === worker) worker?.postMessage({ type: 'drop', stream } satisfies HashRequest);
        release();
      },
    };
  }

  #ask(request: Extract<HashRequest, { reply: number }>): Promise<HashAnswer> {
    const reply = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(reply, { resolve, reject });
      try {
        this.#post({ ...request, reply });
      } catch (error) {
        this.#waiting.delete(reply);
        reject(hashFailed(String(error)));
      }
    });
  }

  #post(request: HashRequest): void {
    if (this.#isClosed) throw new AppError('unavailable', 'Hashing was stopped because Potluck is closing.');
    clearTimeout(this.#idle);
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    worker.postMessage(
      request,
      request.type === 'push' && request.block.buffer instanceof ArrayBuffer ? [request.block.buffer] : [],
    );
  }

  #start(): Worker {
    const worker = new Worker(workerUrl(import.meta.url, 'hashWorker'), { name: 'hash' });
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
    if (this.#openStreams > 0 || this.#isClosed) return;
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

/** The same for small content, on this thread. */
class InlineStream implements HashStream {
  readonly #writer: TreeWriter;
  #isDone = false;

  constructor(treePath: string | undefined) {
    this.#writer = new TreeWriter(treePath);
  }

  push(block: Uint8Array, expected?: Uint8Array): Promise<number> {
    const leaves = hashLeaves(block);
    let good = leaves.length;
    if (expected) for (good = 0; good < leaves.length; good += hashBytes) if (!sameLeaf(leaves, expected, good)) break;
    this.#writer.add(leaves.subarray(0, good));
    return Promise.resolve(good / hashBytes);
  }

  finish(): Promise<Hashed> {
    this.#isDone = true;
    return Promise.resolve(this.#writer.finish());
  }

  drop(): void {
    if (!this.#isDone) this.#writer.abort();
    this.#isDone = true;
  }
}

function sameLeaf(leaves: Buffer, expected: Uint8Array, at: number): boolean {
  return leaves.compare(expected, at, at + hashBytes, at, at + hashBytes) === 0;
}

/** Blocks handed to a stream at a time: 16 leaves. */
export const blockBytes = 16 * leafBytes;
