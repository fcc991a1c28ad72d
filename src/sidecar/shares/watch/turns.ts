// Keeps long work in short pieces, so that the events of every share are read before the system drops them, and at a share of one core.

import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { watchLimits } from '../../limits.ts';

export class Turns {
  readonly #signal: AbortSignal;
  /** The part of one core's time that the work may take. */
  readonly #share: number;
  readonly #pieceMs: number;
  /** Told whenever a piece of work begins. */
  readonly #onBegin: () => void;
  #startedMs = performance.now();

  constructor(signal: AbortSignal, { share = 1, onBegin }: { share?: number; onBegin: () => void }) {
    this.#signal = signal;
    this.#onBegin = onBegin;
    this.#share = share;
    this.#pieceMs = share === 1 ? watchLimits.pieceMs : watchLimits.pieceMs / 2;
  }

  /** Ask often, and `rest` when it says so. */
  get isOver(): boolean {
    return performance.now() - this.#startedMs >= this.#pieceMs;
  }

  /** Lets others work, and keeps to the share. Rejects when the signal is aborted. */
  async rest(): Promise<void> {
    const workedMs = performance.now() - this.#startedMs;
    if (this.#share === 1) await nextTurn();
    else await sleep(workedMs / this.#share - workedMs, undefined, { signal: this.#signal });
    this.#signal.throwIfAborted();
    this.begin();
  }

  /** Work begins after a wait. */
  begin(): void {
    this.#onBegin();
    this.#startedMs = performance.now();
  }
}
