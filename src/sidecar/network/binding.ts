// Which address the DHT's socket is bound to, and when that is another one: on loopback for a network that is there, on the chosen interface when the
// user chose one. An interface that is not here is waited for.

import { lanLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { bindHostFor } from './addresses.ts';
import { chosenHost } from './lan/interfaces.ts';

export interface BindingOptions {
  log: Log;
  bootstrap(): string[];
  /** `Settings.networkInterface`. */
  chosen(): string;
  /** The address to be bound to is another one than that of `take`. */
  onChange(): void;
}

export class Binding {
  readonly #options: BindingOptions;
  #taken: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: BindingOptions) {
    this.#options = options;
  }

  open(): void {
    this.#timer ??= setInterval(() => this.look(), lanLimits.interfacesMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** The chosen interface is not here, or has no IPv4 address, which is all that the DHT knows. */
  get isMissing(): boolean {
    return this.#taken === 'missing';
  }

  /** The address for a new socket; undefined = all; `missing`: there can be none yet. */
  take(): string | undefined {
    this.#taken = this.#now();
    if (this.isMissing) this.#options.log.warn('the chosen network interface is not here; waiting for it');
    return this.#taken;
  }

  look(): void {
    if (this.#timer !== undefined && this.#now() !== this.#taken) this.#options.onChange();
  }

  #now(): string | undefined {
    return bindHostFor(this.#options.bootstrap()) ?? chosenHost(this.#options.chosen(), { family: 'IPv4' });
  }
}
