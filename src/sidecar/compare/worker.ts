// One comparison's worker, as the main thread asks it.

import { Worker } from 'node:worker_threads';
import { AppError } from '../../protocol/errors.ts';
import { compareLimits } from '../limits.ts';
import { workerUrl } from '../workerUrl.ts';
import type { CompareOperation, CompareOperations, CompareReply, ToldIds } from './compareMessages.ts';
import type { SideName } from './row.ts';

interface Waiting {
  resolve: (result: unknown) => void;
  reject: (error: AppError) => void;
}

export class CompareWorker {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  readonly #onProgress: (entries: number) => void;
  #stall: NodeJS.Timeout | undefined;
  #nextId = 1;
  #end: AppError | undefined;

  constructor(onProgress: (entries: number) => void) {
    this.#onProgress = onProgress;
    this.#worker = new Worker(workerUrl(import.meta.url, 'compareWorker'), {
      name: 'compare',
      resourceLimits: { maxOldGenerationSizeMb: compareLimits.workerHeapMiB },
    });
    this.#worker.unref();
    this.#worker.on('message', (reply: CompareReply) => this.#answered(reply));
    this.#worker.on('error', (error) => this.#fail(error instanceof Error ? error.message : String(error)));
    this.#worker.on('exit', (code) => this.#fail(`exit code ${code}`));
  }

  /** Rejects with what the operation throws; `unavailable` when it says nothing for long, `cancelled` when it was closed. */
  ask<O extends CompareOperation>(
    operation: O,
    params: CompareOperations[O]['params'],
    handed: ArrayBuffer[] = [],
  ): Promise<CompareOperations[O]['result']> {
    return new Promise<unknown>((resolve, reject) => {
      if (this.#end !== undefined) return reject(this.#end);
      const id = this.#nextId++;
      this.#waiting.set(id, { resolve, reject });
      this.#rearm();
      this.#worker.postMessage({ id, operation, params }, handed);
    }) as Promise<CompareOperations[O]['result']>;
  }

  /** Takes the buffers with it. */
  learn(side: SideName, ids: ToldIds): Promise<undefined> {
    const handed = [ids.paths, ids.sizes, ids.times, ids.roots]
      .map(({ buffer }) => buffer)
      .filter(({ byteLength }) => byteLength > 0);
    return this.ask('learn', { side, ids }, handed);
  }

  /** Also in the middle of its work. */
  close(): void {
    this.#stop(new AppError('cancelled', 'The comparison was closed.'));
    void this.#worker.terminate();
  }

  #answered(reply: CompareReply): void {
    if (reply.type === 'progress') {
      this.#rearm();
      this.#onProgress(reply.entries);
      return;
    }
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    this.#rearm();
    if (reply.type === 'done') waiting?.resolve(reply.result);
    else waiting?.reject(new AppError(reply.kind, reply.message));
  }

  #rearm(): void {
    clearTimeout(this.#stall);
    if (this.#waiting.size === 0) return;
    this.#stall = setTimeout(() => {
      this.#stop(stalled());
      void this.#worker.terminate();
    }, compareLimits.stallMs);
  }

  #fail(reason: string): void {
    this.#stop(new AppError('internal', `The comparison broke off: ${reason}. Try smaller folders.`));
  }

  #stop(error: AppError): void {
    clearTimeout(this.#stall);
    this.#end ??= error;
    for (const { reject } of this.#waiting.values()) reject(this.#end);
    this.#waiting.clear();
  }
}

function stalled(): AppError {
  const seconds = compareLimits.stallMs / 1000;
  return new AppError(
    'unavailable',
    `The comparison saw nothing for ${seconds} s: a drive does not answer. Try again when it is back.`,
  );
}
