// The peers that are to be reached by their key alone, and when each is tried again. Hyperswarm retries too, but gives up on a peer for
// ten minutes after four failures; here the waits double, with jitter, up to a limit.

import type { PeerId } from '../../protocol/ids.ts';
import { localLimits } from '../limits.ts';

interface Redial {
  attempts: number;
  timer: NodeJS.Timeout | undefined;
}

export class Redials {
  readonly #dial: (peerId: PeerId) => void;
  readonly #isConnected: (peerId: PeerId) => boolean;
  readonly #redials = new Map<PeerId, Redial>();

  constructor(options: { dial(peerId: PeerId): void; isConnected(peerId: PeerId): boolean }) {
    this.#dial = (peerId) => options.dial(peerId);
    this.#isConnected = (peerId) => options.isConnected(peerId);
  }

  /** From now on this peer is kept connected. Asked again, it is tried at once. */
  add(peerId: PeerId): void {
    const redial = this.#redials.get(peerId) ?? { attempts: 0, timer: undefined };
    this.#redials.set(peerId, redial);
    this.#tryNow(peerId, redial);
  }

  remove(peerId: PeerId): void {
    clearTimeout(this.#redials.get(peerId)?.timer);
    this.#redials.delete(peerId);
  }

  has(peerId: PeerId): boolean {
    return this.#redials.has(peerId);
  }

  connected(peerId: PeerId): void {
    const redial = this.#redials.get(peerId);
    if (!redial) return;
    clearTimeout(redial.timer);
    redial.attempts = 0;
  }

  disconnected(peerId: PeerId): void {
    const redial = this.#redials.get(peerId);
    if (redial) this.#tryLater(peerId, redial);
  }

  /** The network is there again: everybody at once. */
  tryAll(): void {
    for (const [peerId, redial] of this.#redials) this.#tryNow(peerId, redial);
  }

  /** Stops trying and keeps the list. */
  pause(): void {
    for (const redial of this.#redials.values()) clearTimeout(redial.timer);
  }

  #tryNow(peerId: PeerId, redial: Redial): void {
    redial.attempts = 0;
    this.#dial(peerId);
    this.#tryLater(peerId, redial);
  }

  #tryLater(peerId: PeerId, redial: Redial): void {
    clearTimeout(redial.timer);
    const waitMs = backoffMs(redial.attempts, localLimits.reconnectMaxMs);
    redial.timer = setTimeout(() => {
      if (this.#isConnected(peerId)) return;
      redial.attempts++;
      this.#dial(peerId);
      this.#tryLater(peerId, redial);
    }, waitMs);
  }
}

/** Doubled with every attempt up to `maxMs`, a quarter more or less by chance: peers that lost each other together do not meet in step. */
export function backoffMs(attempts: number, maxMs: number): number {
  const waitMs = Math.min(maxMs, localLimits.reconnectMinMs * 2 ** Math.min(attempts, 30));
  return waitMs * (0.75 + Math.random() / 2);
}
