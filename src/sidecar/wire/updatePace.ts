// How often hellos and announcement lists go out and come in: changes close together are sent as one, floods are told from use.

import { wireLimits } from '../limits.ts';

/** Runs `send` at once, then at most every `updateMs`, and always after the last call. */
export class Coalesced {
  readonly #send: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isDue = false;

  constructor(send: () => void) {
    this.#send = send;
  }

  request(): void {
    if (this.#timer) {
      this.#isDue = true;
      return;
    }
    this.#send();
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isDue) return;
      this.#isDue = false;
      this.request();
    }, wireLimits.updateMs);
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}

/** A token bucket over the updates that a peer sends. */
export class UpdateBudget {
  #tokens: number = wireLimits.updatesBurst;
  #countedAt = performance.now();

  /** False when the peer sends more than any honest one. */
  take(): boolean {
    const now = performance.now();
    const earned = ((now - this.#countedAt) / 1000) * wireLimits.updatesPerSecond;
    this.#tokens = Math.min(wireLimits.updatesBurst, this.#tokens + earned);
    this.#countedAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
