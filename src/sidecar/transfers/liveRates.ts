// The totals of what moves, for a status bar: told at most once a second while something runs, and once when nothing does any more.

import type { TransferRates } from '../../protocol/model.ts';

const everyMs = 1000;

export class LiveRates {
  readonly #read: () => TransferRates;
  readonly #tell: (rates: TransferRates) => void;
  #timer: NodeJS.Timeout | undefined;
  #told = '';

  constructor(options: { read(): TransferRates; tell(rates: TransferRates): void }) {
    this.#read = () => options.read();
    this.#tell = (rates) => options.tell(rates);
  }

  /** Something moved, began or ended. Cheap. */
  touch(): void {
    if (this.#timer) return;
    this.#timer = setTimeout(() => this.#again(), everyMs).unref();
    this.#look();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #again(): void {
    this.#timer = undefined;
    if (this.#look()) this.touch();
  }

  /** Tells what is new. Answers whether to look again by itself. */
  #look(): boolean {
    const rates = this.#read();
    const text = JSON.stringify(rates);
    if (text !== this.#told) {
      this.#told = text;
      this.#tell(rates);
    }
    return rates.downloads > 0 || rates.uploads > 0;
  }
}
