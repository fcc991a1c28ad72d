// Whether a peer still lives and how far away it is: pings at a third of the allowed silence, and a deadline that anything received
// puts off. Uses the monotonic clock: a changed wall clock ends no session.

import type { AppError } from '../../protocol/errors.ts';
import { wireLimits } from '../limits.ts';
import { peerGone, tooManyRequests } from './errors.ts';

export interface LivenessOptions {
  silenceMs: number;
  onPing(id: number): void;
  onDead(): void;
}

export class Liveness {
  readonly #options: LivenessOptions;
  #heardAt = performance.now();
  #pingTimer: NodeJS.Timeout | undefined;
  #deadline: NodeJS.Timeout | undefined;
  #pingId = 0;
  #pingSentAt: number | undefined;
  roundTripMs: number | undefined;
  /** Who asked for a ping, by its id. */
  readonly #askers = new Map<number, { sentAt: number; resolve(ms: number): void; reject(error: AppError): void }>();

  constructor(options: LivenessOptions) {
    this.#options = options;
  }

  open(): void {
    this.#ping();
    this.#pingTimer = setInterval(() => this.#ping(), this.#options.silenceMs / 3);
    this.#waitFor(this.#options.silenceMs);
  }

  close(): void {
    clearInterval(this.#pingTimer);
    clearTimeout(this.#deadline);
    for (const asker of this.#askers.values()) asker.reject(peerGone('it ended'));
    this.#askers.clear();
  }

  /** Pings now and resolves with the round trip in milliseconds. Rejects with `busy` while many are under way, or `unavailable`. */
  ping(): Promise<number> {
    if (this.#askers.size >= wireLimits.pingsAtOnce) return Promise.reject(tooManyRequests());
    return new Promise((resolve, reject) => {
      this.#ping();
      this.#askers.set(this.#pingId, { sentAt: performance.now(), resolve, reject });
    });
  }

  /** Something arrived. Called for every packet: costs a clock reading. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  /** False when no such ping was sent. */
  onPong(id: number): boolean {
    if (id === 0 || id > this.#pingId) return false;
    if (id === this.#pingId && this.#pingSentAt !== undefined) {
      this.roundTripMs = performance.now() - this.#pingSentAt;
      this.#pingSentAt = undefined;
    }
    const asker = this.#askers.get(id);
    this.#askers.delete(id);
    asker?.resolve(performance.now() - asker.sentAt);
    return true;
  }

  #ping(): void {
    this.#pingSentAt = performance.now();
    this.#options.onPing(++this.#pingId);
  }

  #waitFor(ms: number): void {
    this.#deadline = setTimeout(() => {
      const leftMs = this.#options.silenceMs - (performance.now() - this.#heardAt);
      if (leftMs > 0) this.#waitFor(leftMs);
      else this.#options.onDead();
    }, ms);
  }
}
