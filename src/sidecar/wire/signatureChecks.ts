// The signatures in what a peer announces, checked in the order in which it came: a few milliseconds at a time, so that a list of a
// thousand shares holds up nothing else, and so many a second, so that a peer cannot keep us busy. Knows not what is signed.

import { wireLimits } from '../limits.ts';
import { protocolViolation } from './errors.ts';
import { Budget } from './updatePace.ts';

/** Awaited before each signature. Rejects when the session is over. */
export type Pace = () => Promise<void>;

const refillMs = 20;

export class SignatureChecks {
  readonly #onFailure: (thrown: unknown) => void;
  readonly #budget = new Budget({ burst: wireLimits.signaturesBurst, perSecond: wireLimits.signaturesPerSecond });
  readonly #closed = new AbortController();
  #work: Promise<void> = Promise.resolve();
  #waiting = 0;
  #sliceStartedAt = 0;

  constructor(options: { onFailure(thrown: unknown): void }) {
    this.#onFailure = (thrown) => options.onFailure(thrown);
  }

  /** Runs `task`, which checks at most `count` signatures, after all that was given before. What it throws ends the session. */
  add(count: number, task: (pace: Pace) => Promise<void>): void {
    // A message without a signature costs something, too.
    const cost = count + 1;
    if (this.#waiting + cost > wireLimits.signaturesWaiting) throw protocolViolation('it announces more than can be checked');
    this.#waiting += cost;
    this.#work = this.#work.then(async () => {
      try {
        this.#closed.signal.throwIfAborted();
        await task(() => this.#pace());
      } catch (thrown) {
        if (!this.#closed.signal.aborted) this.#onFailure(thrown);
      } finally {
        this.#waiting -= cost;
      }
    });
  }

  close(): void {
    this.#closed.abort();
  }

  async #pace(): Promise<void> {
    while (!this.#budget.take()) await new Promise((resolve) => setTimeout(resolve, refillMs));
    if (performance.now() - this.#sliceStartedAt >= wireLimits.signaturesSliceMs) {
      await new Promise((resolve) => setImmediate(resolve));
      this.#sliceStartedAt = performance.now();
    }
    this.#closed.signal.throwIfAborted();
  }
}
