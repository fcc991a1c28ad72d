// Whether one connection more is taken. Beside those of parties a few places are kept for peers met by a content: in a large party everybody is full,
// and holders could not be reached. A server does not learn by which topic a connection came, so whoever comes into such a place must be of
// use there after a while.

import { networkLimits, wireLimits } from '../limits.ts';

export interface RoomOptions {
  /** Connections there are, the one in question included. */
  count(): number;
  /** For tests. */
  most?: number;
  lookMs?: number;
}

export interface Newcomer {
  /** It was found by a content, or we let ourselves be found by one. */
  mayBeByContent: boolean;
  /** Whether files come from it or go to it. */
  isOfUse(): boolean;
  end(): void;
}

export class Room {
  readonly #options: RoomOptions;
  readonly #most: number;

  constructor(options: RoomOptions) {
    this.#options = options;
    this.#most = options.most ?? wireLimits.connections;
  }

  /**
   * Undefined: there is no room for it. Else what is called when it is gone. In a place kept for contents it is ended when it turns out to be of no
   * use while all others are still taken.
   */
  take(newcomer: Newcomer): (() => void) | undefined {
    const count = this.#options.count();
    if (count <= this.#most) return () => undefined;
    if (!newcomer.mayBeByContent || count > this.#most + networkLimits.contentConnections) return undefined;
    const timer = setInterval(() => {
      if (this.#options.count() <= this.#most) clearInterval(timer);
      else if (!newcomer.isOfUse()) newcomer.end();
    }, this.#options.lookMs ?? networkLimits.contentIdleMs).unref();
    return () => clearInterval(timer);
  }
}
