// A network of this machine came or went: a laptop changed from cable to wireless. Connections over the old one are dead, which their silence would
// show only after a quarter of a minute (wireLimits.silenceMs). So each is asked for a sign of life at once: UDX answers whatever it receives.

import type NoiseSecretStream from '@hyperswarm/secret-stream';
import { networkLimits } from '../limits.ts';
import type { Log } from '../log.ts';

export interface RoamingOptions {
  log: Log;
  /** Over UDX. */
  connections(): Iterable<NoiseSecretStream>;
  /** How long they have; for tests. */
  waitMs?: number;
}

export class Roaming {
  readonly #options: RoamingOptions;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RoamingOptions) {
    this.#options = options;
  }

  /** The addresses of this machine are others than before: ends the connections of which nothing comes any more, in a while. */
  changed(): void {
    clearTimeout(this.#timer);
    const before = new Map([...this.#options.connections()].map((stream) => [stream, packetsOf(stream)]));
    for (const stream of before.keys()) stream.sendKeepAlive();
    this.#timer = setTimeout(() => this.#look(before), this.#options.waitMs ?? networkLimits.roamedMs);
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #look(before: ReadonlyMap<NoiseSecretStream, number | undefined>): void {
    const dead = [...before].filter(([stream, packets]) => !stream.destroying && packetsOf(stream) === packets);
    this.#options.log.info(`this machine changed networks: ${dead.length} of ${before.size} connections are gone`);
    for (const [stream] of dead) stream.destroy();
  }
}

function packetsOf({ rawStream }: NoiseSecretStream): number | undefined {
  return rawStream.packetsReceived;
}
