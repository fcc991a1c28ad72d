// Lets a few pieces of work run at once; the others wait in order.

/** Runs `work` when one of `count` places is free. */
export class Slots {
  readonly #count: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(count: number) {
    this.#count = count;
  }

  get isBusy(): boolean {
    return this.#running > 0;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#count) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running++;
    try {
      return await work();
    } finally {
      // The place goes straight to the next one, so that none overtakes.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}
