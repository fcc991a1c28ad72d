// Bytes that are received and not yet written, over all files: whoever receives waits here when the disk is slower than the network.

import { transferLimits } from '../../../limits.ts';

export class ByteBudget {
  readonly #limitBytes: number;
  #usedBytes = 0;
  readonly #waiting: { bytes: number; go: () => void }[] = [];

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** Takes them at once if there is room and nobody waits. One that is alone always has room. */
  tryTake(bytes: number): boolean {
    if (this.#waiting.length > 0 || !this.#fits(bytes)) return false;
    this.#usedBytes += bytes;
    return true;
  }

  /** Resolves when they are taken, in order of asking. */
  take(bytes: number): Promise<void> {
    if (this.tryTake(bytes)) return Promise.resolve();
    return new Promise((go) => this.#waiting.push({ bytes, go }));
  }

  give(bytes: number): void {
    this.#usedBytes -= bytes;
    for (let next = this.#waiting[0]; next && this.#fits(next.bytes); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#usedBytes += next.bytes;
      next.go();
    }
  }

  #fits(bytes: number): boolean {
    return this.#usedBytes === 0 || this.#usedBytes + bytes <= this.#limitBytes;
  }
}

/** The one of this process. */
export const receivedBytes = new ByteBudget(transferLimits.receivedBytes);
