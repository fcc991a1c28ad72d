// A fixed number of permits, given in the order they were asked for.

import { wasCancelled } from '../failures.ts';

export class Permits {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(count: number) {
    this.#free = count;
  }

  /** Resolves with the function that gives the permit back. Rejects with `cancelled` when the signal fires first. */
  async take(signal: AbortSignal): Promise<() => void> {
    if (signal.aborted) throw wasCancelled();
    if (this.#free > 0) this.#free--;
    else {
      await new Promise<void>((resolve, reject) => {
        const go = () => {
          signal.removeEventListener('abort', stop);
          resolve();
        };
        const stop = () => {
          this.#waiting.delete(go);
          reject(wasCancelled());
        };
        this.#waiting.add(go);
        signal.addEventListener('abort', stop, { once: true });
      });
    }
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const [next] = this.#waiting;
      if (next === undefined) {
        this.#free++;
        return;
      }
      this.#waiting.delete(next);
      next();
    };
  }
}
