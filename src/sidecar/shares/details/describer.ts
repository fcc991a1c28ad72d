// Asks the worker that looks at own files, which lives as long as there is work.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../../protocol/errors.ts';
import { detailLimits } from '../../limits.ts';
import { workerUrl } from '../../workerUrl.ts';
import type { DescribeReply, DescribeRequest } from './describeWorker.ts';

export class Describer {
  #worker: Worker | undefined;

  /** One at a time. Throws `unavailable` when a file hangs, `internal`; the worker is started anew then. */
  async describe(request: DescribeRequest): Promise<DescribeReply> {
    const worker = (this.#worker ??= this.#start());
    const end = new AbortController();
    try {
      worker.ref();
      const reply = once(worker, 'message', { signal: end.signal });
      const exit = once(worker, 'exit', { signal: end.signal }).then(() => {
        throw failed('the worker ended');
      });
      exit.catch(() => undefined);
      worker.postMessage(request);
      const deadline = setTimeout(() => end.abort(hanging()), detailLimits.describeStallMs).unref();
      const [answer] = (await Promise.race([reply, exit]).finally(() => clearTimeout(deadline))) as [DescribeReply];
      return answer;
    } catch (error) {
      await this.rest();
      if (end.signal.aborted) throw hanging();
      throw error instanceof AppError ? error : failed(error);
    } finally {
      end.abort();
      worker.unref();
    }
  }

  /** Nothing to do for now: ends the worker. */
  async rest(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(workerUrl(import.meta.url, 'describeWorker'), {
      name: 'describe',
      resourceLimits: { maxOldGenerationSizeMb: detailLimits.workerHeapMiB, maxYoungGenerationSizeMb: detailLimits.youngHeapMiB },
    });
    // Between two questions: the next one starts another.
    worker.on('error', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }
}

function hanging(): AppError {
  return new AppError('unavailable', `Looking at a file took longer than ${detailLimits.describeStallMs / 1000} s.`);
}

function failed(why: unknown): AppError {
  return new AppError('internal', `Files cannot be looked at: ${why instanceof Error ? why.message : String(why)}`);
}
