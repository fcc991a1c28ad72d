// Roots of small files, learnt as they were packed. Writing one down costs more than sending its file, so it waits until nothing is sent for a
// moment, and then goes in small steps. What does not fit is forgotten: it is learnt again by the next pack.

import { transferLimits } from '../../limits.ts';
import type { FileStamp, Trees } from '../content/trees.ts';

export interface LearntRoot {
  absolutePath: string;
  stamp: FileStamp;
  root: Uint8Array;
  readFromMs: number;
}

const quietMs = 500;
/** Files written down between two turns of the event loop: about a millisecond. */
const stepFiles = 32;

export class LearntRoots {
  readonly #trees: Pick<Trees, 'remember'>;
  readonly #waiting = new Map<string, LearntRoot>();
  #timer: NodeJS.Timeout | undefined;

  constructor(trees: Pick<Trees, 'remember'>) {
    this.#trees = trees;
  }

  add(learnt: LearntRoot): void {
    if (this.#waiting.size < transferLimits.learntRoots) this.#waiting.set(learnt.absolutePath, learnt);
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.#step(), quietMs).unref();
  }

  /** Writes down what waits, if that is little. */
  close(): void {
    clearTimeout(this.#timer);
    for (const learnt of [...this.#waiting.values()].slice(-1024)) this.#remember(learnt);
    this.#waiting.clear();
  }

  #step(): void {
    let left = stepFiles;
    for (const learnt of this.#waiting.values()) {
      if (left-- === 0) break;
      this.#waiting.delete(learnt.absolutePath);
      this.#remember(learnt);
    }
    this.#timer = this.#waiting.size > 0 ? setTimeout(() => this.#step(), 5).unref() : undefined;
  }

  #remember({ absolutePath, stamp, root, readFromMs }: LearntRoot): void {
    this.#trees.remember(absolutePath, stamp, root, readFromMs);
  }
}
