// Has search files made in a process of its own, one after another; it ends when there is nothing to do. Runs in the search worker.

import { fork, type ChildProcess } from 'node:child_process';
import { setPriority, constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { searchLimits } from '../../limits.ts';
import { workerUrl } from '../../workerUrl.ts';
import type { BuildReply, BuildRequest } from './searchBuildProcess.ts';

interface Task extends BuildRequest {
  done(failure: string | undefined): void;
}

const heapFlags = [
  `--max-old-space-size=${searchLimits.buildHeapMiB}`,
  `--max-semi-space-size=${searchLimits.youngHeapMiB}`,
] as const;

export class Builder {
  readonly #waiting: Task[] = [];
  #running: Task | undefined;
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;

  /** Resolves to undefined when the file is there, or to what went wrong. */
  build(request: BuildRequest): Promise<string | undefined> {
    return new Promise((resolve) => {
      this.#waiting.push({ ...request, done: resolve });
      this.#next();
    });
  }

  /** What waits fails; resolves when the process is gone. */
  async close(): Promise<void> {
    clearTimeout(this.#idle);
    const tasks = this.#waiting.splice(0);
    const child = this.#child;
    this.#child = undefined;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
      child.kill('SIGKILL');
      await gone;
    }
    for (const task of tasks) task.done('the search ends');
  }

  #next(): void {
    if (this.#running !== undefined) return;
    clearTimeout(this.#idle);
    this.#running = this.#waiting.shift();
    if (this.#running === undefined) {
      this.#idle = setTimeout(() => void this.close(), searchLimits.buildIdleMs);
      this.#idle.unref();
      return;
    }
    const { segmentPath, path } = this.#running;
    this.#child ??= this.#start();
    this.#child.send({ segmentPath, path } satisfies BuildRequest, (error) => {
      if (error !== null) this.#ended(this.#child, error.message);
    });
  }

  #start(): ChildProcess {
    const child = fork(fileURLToPath(workerUrl(import.meta.url, 'searchBuildProcess')), [], {
      execArgv: [...heapFlags],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', ({ failure }: BuildReply) => this.#done(failure));
    child.on('error', (error) => this.#ended(child, error.message));
    child.on('exit', (code, signal) => this.#ended(child, `its process ended with ${signal ?? code}`));
    lower(child);
    return child;
  }

  #ended(child: ChildProcess | undefined, reason: string): void {
    if (child === undefined || this.#child !== child) return;
    this.#child = undefined;
    this.#done(reason);
  }

  #done(failure: string | undefined): void {
    const task = this.#running;
    this.#running = undefined;
    task?.done(failure);
    this.#next();
  }
}

/** Nobody waits for it as for an answer. */
function lower(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It runs as everything else then.
  }
}
