// So many requests under way at once as the peer allows; the others wait their turn, in order. Knows nothing of what they ask.

import type { AppError } from '../../protocol/errors.ts';
import { wireLimits } from '../limits.ts';
import { requestCancelled, tooManyRequests } from './errors.ts';

export class RequestSlots {
  readonly #count: number;
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #closedBy: AppError | undefined;

  constructor(count: number) {
    this.#count = count;
  }

  /** Resolves with a slot, which must be released. Rejects with `cancelled`, `busy`, or what it was closed by. */
  async take(signal: AbortSignal): Promise<void> {
    if (this.#closedBy) throw this.#closedBy;
    if (signal.aborted) throw requestCancelled();
    if (this.#taken < this.#count) {
      this.#taken++;
      return;
    }
    if (this.#waiting.length >= wireLimits.requestsWaiting) throw tooManyRequests();
    let isGranted = false;
    await new Promise<void>((resolve) => {
      const grant = () => {
        isGranted = true;
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(grant), 1);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(grant);
    });
    if (!isGranted) throw requestCancelled();
  }

  /** To be called in the turn in which the slot is used: throws, and gives it back, when since it was granted all was closed or aborted. */
  confirm(signal: AbortSignal): void {
    if (!this.#closedBy && !signal.aborted) return;
    this.release();
    throw this.#closedBy ?? requestCancelled();
  }

  /** A slot passes to who waits longest, or is free again. */
  release(): void {
    const grant = this.#waiting.shift();
    if (grant) grant();
    else this.#taken--;
  }

  close(error: AppError): void {
    this.#closedBy ??= error;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
