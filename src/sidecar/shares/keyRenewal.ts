// Brings one own share under new keys when somebody who knows the ones of before may not see it any more: the whole index goes into a new feed.
// The row remembers that this is due, so that it is also done after a crash, or with whatever is published first.

import { watchLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Slots } from '../catalog/slots.ts';
import type { OwnIndex } from './ownIndex.ts';
import { publishFailure } from './publishing.ts';

export interface KeyRenewalOptions {
  log: Log;
  /** What touches the index, one at a time. */
  steps: Slots;
  pack: (signal: AbortSignal) => Promise<void>;
}

export class KeyRenewal {
  readonly #index: OwnIndex;
  readonly #options: KeyRenewalOptions;
  readonly #stop = new AbortController();
  #retry: NodeJS.Timeout | undefined;

  constructor(index: OwnIndex, options: KeyRenewalOptions) {
    this.#index = index;
    this.#options = options;
  }

  /** Begins when it is due. What fails is tried again. */
  look(): void {
    clearTimeout(this.#retry);
    if (this.#index.row.needsNewKeys !== 0 && !this.#stop.signal.aborted) void this.#renew();
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#stop.abort();
  }

  async #renew(): Promise<void> {
    const { steps, pack, log } = this.#options;
    try {
      await steps.run(async () => {
        // A scan that came first did it, or will: there is no index yet.
        const isDue = this.#index.row.needsNewKeys !== 0 && this.#index.view !== undefined;
        if (isDue && !this.#stop.signal.aborted) await pack(this.#stop.signal);
      });
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      log.warn(publishFailure(this.#index.row.title, error).message);
      this.#retry = setTimeout(() => this.look(), watchLimits.retryMs).unref();
    }
  }
}
