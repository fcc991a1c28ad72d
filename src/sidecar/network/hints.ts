// Peers that others say are there: each is tried by its key once in a while, a few at a time, and not kept. Nobody is dialled more often because more
// tell of it. Whoever is to be kept connected is a matter of redials.ts.

import type { PeerId } from '../../protocol/ids.ts';
import { meetingLimits } from '../limits.ts';

export interface HintsOptions {
  /** Begins to try, and stops: what is connected by then stays. */
  dial(peerId: PeerId): void;
  stop(peerId: PeerId): void;
  isConnected(peerId: PeerId): boolean;
  /** It is tried anyway. */
  isKept(peerId: PeerId): boolean;
  /** Other deadlines than those of limits.ts, for tests. */
  dialMs?: number;
}

export class Hints {
  readonly #options: HintsOptions;
  readonly #waiting = new Set<PeerId>();
  readonly #running = new Map<PeerId, NodeJS.Timeout>();
  /** Failed ones, those that failed longest ago first. */
  readonly #failed = new Map<PeerId, { attempts: number; notBeforeMs: number }>();
  #isPaused = true;

  constructor(options: HintsOptions) {
    this.#options = options;
  }

  /** Tries to reach a peer, soon; does nothing when it failed shortly before, or too many wait. */
  add(peerId: PeerId): void {
    if (this.#waiting.has(peerId) || this.#running.has(peerId) || this.#isNeedless(peerId)) return;
    if ((this.#failed.get(peerId)?.notBeforeMs ?? 0) > Date.now()) return;
    if (this.#waiting.size >= meetingLimits.hearsayMembers) return;
    this.#waiting.add(peerId);
    this.#next();
  }

  /** Somebody else dials it from now on, or nobody any more. */
  remove(peerId: PeerId): void {
    this.#waiting.delete(peerId);
    clearTimeout(this.#running.get(peerId));
    if (this.#running.delete(peerId)) this.#next();
  }

  connected(peerId: PeerId): void {
    this.#failed.delete(peerId);
    if (this.#running.has(peerId)) this.#options.stop(peerId);
    this.remove(peerId);
  }

  /** There is a network to dial over. */
  start(): void {
    this.#isPaused = false;
    this.#next();
  }

  /** Forgets who waits: they are told of again. */
  pause(): void {
    this.#isPaused = true;
    for (const timer of this.#running.values()) clearTimeout(timer);
    this.#running.clear();
    this.#waiting.clear();
  }

  #next(): void {
    if (this.#isPaused) return;
    for (const peerId of this.#waiting) {
      if (this.#running.size >= meetingLimits.hearsayDials) return;
      this.#waiting.delete(peerId);
      if (this.#isNeedless(peerId)) continue;
      const timer = setTimeout(() => this.#gaveUp(peerId), this.#options.dialMs ?? meetingLimits.hearsayDialMs);
      this.#running.set(peerId, timer);
      this.#options.dial(peerId);
    }
  }

  #gaveUp(peerId: PeerId): void {
    this.#options.stop(peerId);
    const attempts = this.#failed.get(peerId)?.attempts ?? 0;
    const waitMs = Math.min(meetingLimits.hearsayRedialMaxMs, meetingLimits.hearsayRedialMs * 2 ** Math.min(attempts, 30));
    this.#failed.delete(peerId);
    this.#failed.set(peerId, { attempts: attempts + 1, notBeforeMs: Date.now() + waitMs });
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > meetingLimits.hearsayMembers && oldest !== undefined) this.#failed.delete(oldest);
    this.remove(peerId);
  }

  #isNeedless(peerId: PeerId): boolean {
    return this.#options.isConnected(peerId) || this.#options.isKept(peerId);
  }
}
