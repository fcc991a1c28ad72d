// Waits for what a worker says next, with a deadline, an abort signal, and an error for each way in which a worker can fail.

import type { Worker } from 'node:worker_threads';
import { AppError, asAppError, type ErrorKind } from '../../../protocol/errors.ts';
import { catalogLimits } from '../../limits.ts';

/** How a worker tells a failure. */
export interface WorkerFailure {
  type: 'failed';
  kind: ErrorKind;
  message: string;
}

/** What was thrown in a worker, as it is told. */
export function workerFailure(thrown: unknown): WorkerFailure {
  const error = asAppError(thrown);
  const isFull = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC';
  return { type: 'failed', kind: isFull ? 'disk-full' : error.kind, message: error.message };
}

/** The replies of one worker, in order; those that nobody waits for yet are kept. */
export class WorkerReplies<Reply extends { type: string }> {
  readonly #waiting: Reply[] = [];
  #failure: AppError | undefined;
  #wake: (() => void) | undefined;

  constructor(worker: Worker) {
    const fail = (error: AppError): void => {
      this.#failure ??= error;
      this.#wake?.();
    };
    worker.on('message', (reply: Reply) => {
      this.#waiting.push(reply);
      this.#wake?.();
    });
    worker.on('error', (error: unknown) => fail(crashed(error)));
    worker.on('exit', () => fail(new AppError('internal', 'The index worker ended by itself.')));
  }

  /** The next one. Throws what it tells, `cancelled`, `protocol` when it takes too long or too much memory, `internal`. */
  async next(signal: AbortSignal): Promise<Exclude<Reply, WorkerFailure>> {
    if (this.#waiting.length === 0 && this.#failure === undefined && !signal.aborted) await this.#change(signal);
    if (signal.aborted) throw new AppError('cancelled', 'Reading the index was stopped.');
    const reply = this.#waiting.shift();
    if (reply === undefined) throw this.#failure ?? tooSlow();
    if (isFailure(reply)) throw new AppError(reply.kind, reply.message);
    return reply as Exclude<Reply, WorkerFailure>;
  }

  async #change(signal: AbortSignal): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      timer = setTimeout(resolve, catalogLimits.decodeStallMs);
      signal.addEventListener('abort', this.#wake, { once: true });
    });
    clearTimeout(timer);
    if (this.#wake !== undefined) signal.removeEventListener('abort', this.#wake);
    this.#wake = undefined;
  }
}

function isFailure(reply: { type: string }): reply is WorkerFailure {
  return reply.type === 'failed';
}

function tooSlow(): AppError {
  return new AppError('protocol', `A part of the index took longer than ${catalogLimits.decodeStallMs} ms to read.`);
}

/** Out of its bounded memory: the index is built to do that. Anything else is our fault. */
function crashed(error: unknown): AppError {
  const isTooMuch = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  const message = error instanceof Error ? error.message : String(error);
  return new AppError(isTooMuch ? 'protocol' : 'internal', `The index could not be read: ${message}`, { cause: error });
}
