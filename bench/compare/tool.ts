// What every tool of the comparison does, and how its processes are watched. Linux only.

import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { closeSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { memoryMb, processorMs } from '../parts/benchWorld.ts';

const longestMs = 120_000;

export interface Task {
  /** For whatever the tool keeps. */
  folder: string;
  /** The folder that holds `file`, and the one to bring it to. */
  from: string;
  to: string;
  file: string;
  sizeBytes: number;
}

export interface Side {
  processorMs: number;
  peakMb: number;
}

export interface Measured {
  /** From sharing (importing, scanning, hashing) until the transfer can begin. */
  prepareMs: number;
  /** From asking for it until it lies whole at the other side. */
  transferMs: number;
  giver: Side;
  taker: Side;
  /** Where it lies. */
  landed: string;
}

export interface Tool {
  /** Rejects when the tool is not on this machine. */
  version(): Promise<string>;
  run(task: Task): Promise<Measured>;
}

/** Adds up processes over their life: sampled, since a process that ended tells nothing any more. */
export class Meter {
  readonly #pids: () => number[];
  readonly #processor = new Map<number, number>();
  readonly #peaks = new Map<number, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(pids: () => number[]) {
    this.#pids = pids;
    this.#timer = setInterval(() => this.sample(), 20);
    this.sample();
  }

  sample(): void {
    for (const pid of this.#pids()) {
      try {
        this.#processor.set(pid, processorMs(pid));
        this.#peaks.set(pid, memoryMb(pid, 'VmHWM'));
      } catch {
        // It ended: what it was last seen with counts.
      }
    }
  }

  stop(): Side {
    clearInterval(this.#timer);
    this.sample();
    const sum = (values: Iterable<number>): number => [...values].reduce((all, each) => all + each, 0);
    return {
      processorMs: sum(this.#processor.values()),
      peakMb: sum([...this.#peaks.values()].filter((each) => !Number.isNaN(each))),
    };
  }
}

/** A process that tells what it does in lines of JSON, and is told in lines. */
export class Teller {
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  constructor(command: string, args: string[], options: { cwd?: string } = {}) {
    this.process = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'inherit'] });
    if (!this.process.stdout) throw new Error('unreachable: stdout is a pipe');
    this.#lines = createInterface({ input: this.process.stdout })[Symbol.asyncIterator]();
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  say(line: string): void {
    this.process.stdin?.write(`${line}\n`);
  }

  /** Rejects when it says nothing for longer than any tool takes: a tool that hangs does not hang the bench. */
  async hear<T>(): Promise<T> {
    const timer = setTimeout(() => this.end(), longestMs);
    try {
      return await this.#hear<T>();
    } finally {
      clearTimeout(timer);
    }
  }

  async #hear<T>(): Promise<T> {
    for (;;) {
      const next = await this.#lines.next();
      if (next.done === true) throw new Error('The process ended early.');
      if (next.value.startsWith('{')) return JSON.parse(next.value) as T;
    }
  }

  end(): void {
    this.process.kill('SIGKILL');
  }
}

/** Throws when two files differ. */
export function sameFile(one: string, other: string): void {
  if (digest(one) !== digest(other)) throw new Error(`${other} is not what was sent.`);
}

function digest(file: string): string {
  const hash = createHash('sha256');
  const buffer = Buffer.allocUnsafe(4 * 1024 * 1024);
  const fd = openSync(file, 'r');
  try {
    for (let got = readSync(fd, buffer); got > 0; got = readSync(fd, buffer)) hash.update(buffer.subarray(0, got));
  } finally {
    closeSync(fd);
  }
  return hash.digest('hex');
}

/** A process and all below it (proc(5)). */
export function below(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync('/proc')) {
    const id = Number(name);
    if (!id) continue;
    try {
      const fields = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
      parents.set(id, Number(fields[1]));
    } catch {
      // It just ended.
    }
  }
  const isBelow = (id: number): boolean => id === pid || (parents.has(id) && isBelow(parents.get(id) ?? 0));
  return [...parents.keys()].filter(isBelow);
}
