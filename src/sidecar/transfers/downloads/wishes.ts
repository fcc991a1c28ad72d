// Looks for somebody else who holds what waits for its owner: after anybody came, and now and then; never many questions at once.

import { setTimeout as delay } from 'node:timers/promises';
import { transferLimits } from '../../limits.ts';

export interface WishesOptions<T> {
  /** What waits, the first first. */
  waiting(): Iterable<T>;
  /** Whether a connected peer holds some of it; undefined when there was nobody or nothing to ask. Never rejects. */
  isHeld(item: T, options: { signal: AbortSignal }): Promise<boolean | undefined>;
  /** Somebody holds it: called at once. */
  onHeld(item: T): void;
  /** Between two looks, and between two questions. */
  everyMs?: number;
  questionMs?: number;
}

export class Wishes<T> {
  readonly #options: WishesOptions<T>;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isAsked = false;

  constructor(options: WishesOptions<T>) {
    this.#options = options;
  }

  /** Somebody came, or something waits since now. */
  look(): void {
    if (this.#abort.signal.aborted) return;
    this.#isAsked = true;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      this.#again();
    });
  }

  async close(): Promise<void> {
    this.#abort.abort();
    clearTimeout(this.#timer);
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { signal } = this.#abort;
    while (this.#isAsked && !signal.aborted) {
      this.#isAsked = false;
      // A snapshot: what waits may change with every answer.
      for (const item of [...this.#options.waiting()]) {
        if (signal.aborted) return;
        const isHeld = await this.#options.isHeld(item, { signal });
        if (signal.aborted) return;
        if (isHeld === true) this.#options.onHeld(item);
        if (isHeld !== undefined) await this.#pause();
      }
    }
  }

  async #pause(): Promise<void> {
    const ms = this.#options.questionMs ?? 1000 / transferLimits.holderLooksPerSecond;
    await delay(ms, undefined, { signal: this.#abort.signal, ref: false }).catch(() => undefined); // closed meanwhile
  }

  /** Once more later, while anything waits. */
  #again(): void {
    clearTimeout(this.#timer);
    if (this.#abort.signal.aborted) return;
    for (const item of this.#options.waiting()) {
      void item;
      this.#timer = setTimeout(() => this.look(), this.#options.everyMs ?? transferLimits.lookForHoldersMs).unref();
      return;
    }
  }
}
