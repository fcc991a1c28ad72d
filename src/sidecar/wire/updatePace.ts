// How often updates go out and come in: changes close together are sent as one, floods are told from use.

import { wireLimits } from '../limits.ts';

/** Runs `send` at once, then at most every `updateMs`, and always after the last call. */
export class Coalesced {
  readonly #send: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;
  #isClosed = false;

  constructor(send: () => void) {
    this.#send = send;
  }

  request(): void {
    if (this.#isClosed) return;
    if (this.#timer) {
      this.#isDue = true;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isDue) return;
      this.#isDue = false;
      this.request();
    }, wireLimits.updateMs);
    this.#send();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}

/** A token bucket. */
export class Budget {
  readonly #burst: number;
  readonly #perSecond: number;
  #tokens: number;
  #countedAt = performance.now();

  constructor({ burst, perSecond }: { burst: number; perSecond: number }) {
    this.#burst = burst;
    this.#perSecond = perSecond;
    this.#tokens = burst;
  }

  /** False when there were too many. */
  take(): boolean {
    if (this.isEmpty) return false;
    this.#tokens--;
    return true;
  }

  /** Whether the next one is too many, now. */
  get isEmpty(): boolean {
    const now = performance.now();
    const earned = ((now - this.#countedAt) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + earned);
    this.#countedAt = now;
    return this.#tokens < 1;
  }
}

/** What a peer may send of one kind of update: twice what we send. */
export function updateBudget(): Budget {
  return new Budget({ burst: wireLimits.updatesBurst, perSecond: wireLimits.updatesPerSecond });
}
