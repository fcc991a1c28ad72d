// Leave to work on one request, and what it counts against the turn of its peer. Who gets one is decided in slots.ts.

import { transferLimits } from '../../limits.ts';
import { turnOver } from './refusals.ts';

/** Leave to work on one request. */
export interface Permit {
  /** Aborted with an AppError as its reason when the request must end at once. */
  readonly signal: AbortSignal;
  /** So many bytes were taken by the peer. Throws `busy` when its turn is over and this request goes on and on. */
  sent(bytes: number): void;
  /** What kept it was our own limit. */
  excuse(): void;
  /** Harmless when done before. */
  release(): void;
}

/** What is counted of a peer that has a slot. */
export interface HeldTurn {
  permits: Set<HeldPermit>;
  /** This turn. */
  bytes: number;
  /** Since when it took how much: a peer that takes too little loses the slot. */
  lookedAtMs: number;
  lookedBytes: number;
}

/** Of a peer that has a slot. */
export class HeldPermit implements Permit {
  readonly #held: HeldTurn;
  readonly #options: { isOver(): boolean; now(): number; onRelease(): void };
  readonly #abort = new AbortController();
  #bytesSinceOver = 0;

  constructor(held: HeldTurn, options: { isOver(): boolean; now(): number; onRelease(): void }) {
    this.#held = held;
    this.#options = options;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  sent(bytes: number): void {
    this.#held.bytes += bytes;
    this.#held.lookedBytes += bytes;
    if (!this.#options.isOver()) return;
    // What honest peers ask for at a time is let to its end.
    this.#bytesSinceOver += bytes;
    if (this.#bytesSinceOver > transferLimits.rangeMaxBytes) throw turnOver();
  }

  excuse(): void {
    this.#held.lookedAtMs = this.#options.now();
    this.#held.lookedBytes = 0;
  }

  release(): void {
    if (this.#held.permits.delete(this)) this.#options.onRelease();
  }

  end(error: Error): void {
    this.#held.permits.delete(this);
    this.#abort.abort(error);
  }
}
