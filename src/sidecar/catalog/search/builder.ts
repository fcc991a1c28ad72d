// Has search files made in a worker of its own, one after another; the worker ends when there is nothing to do. Runs in the search worker.

import { Worker } from 'node:worker_threads';
import { searchLimits } from '../../limits.ts';
import { workerUrl } from '../../workerUrl.ts';
import type { BuildReply, BuildRequest } from './searchBuildWorker.ts';

interface Task extends BuildRequest {
  done(failure: string | undefined): void;
}

export class Builder {
  readonly #waiting: Task[] = [];
  #running: Task | undefined;
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** Resolves to undefined when the file is there, or to what went wrong. */
  build(request: BuildRequest): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push({ ...request, done: resolve });
      this.#next();
    });
  }

  #next(): void {
    if (this.#running !== undefined) return;
    clearTimeout(this.#idle);
    this.#running = this.#waiting.shift();
    if (this.#running === undefined) {
      this.#idle = setTimeout(() => this.#stop(), searchLimits.buildIdleMs);
      this.#idle.unref();
      return;
    }
    const { segmentPath, path } = this.#running;
    this.#worker ??= this.#start();
    this.#worker.postMessage({ segmentPath, path } satisfies BuildRequest);
  }

  #start(): Worker {
    const worker = new Worker(workerUrl(import.meta.url, 'searchBuildWorker'), {
      name: 'search build',
      resourceLimits: { maxOldGenerationSizeMb: searchLimits.buildHeapMiB },
    });
    worker.on('message', ({ failure }: BuildReply) => this.#done(failure));
    const ended = (reason: string): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#done(reason);
    };
    worker.on('error', (error) => ended(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => ended(`the worker ended with code ${code}`));
    return worker;
  }

  #done(failure: string | undefined): void {
    const task = this.#running;
    this.#running = undefined;
    task?.done(failure);
    this.#next();
  }

  #stop(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }
}
