// Peers that others say are there: each is tried by its key once in a while, a few at a time, and not kept. Nobody is dialled more often because more
// tell of it. Whoever is to be kept connected is a matter of redials.ts.

import type { PeerId } from '../../protocol/ids.ts';
import { meetingLimits } from '../limits.ts';
import { hostOf, pathOf } from './addresses.ts';

export interface HintsOptions {
  /** Rejects when the peer is not connected by it. */
  dialAddress(peerId: PeerId, host: string, port: number): Promise<void>;
  /** Begins to try by its key, and stops: what is connected by then stays. */
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
  /** With the addresses that it gave. */
  readonly #waiting = new Map<PeerId, readonly string[]>();
  readonly #running = new Map<PeerId, NodeJS.Timeout>();
  /** Failed ones, those that failed longest ago first. */
  readonly #failed = new Map<PeerId, { attempts: number; notBeforeMs: number }>();
  #isPaused = true;

  constructor(options: HintsOptions) {
    this.#options = options;
  }

  /**
   * Tries to reach a peer, soon: at the addresses (`host:port`) of local networks that it gave, then by its key. Does nothing when it failed shortly
   * before, or too many wait. Public addresses are not tried: who makes members up could have a thousand of us knock on somebody's door.
   */
  add(peerId: PeerId, addresses: readonly string[] = []): void {
    if (this.#waiting.has(peerId) || this.#running.has(peerId) || this.#isNeedless(peerId)) return;
    if ((this.#failed.get(peerId)?.notBeforeMs ?? 0) > Date.now()) return;
    if (this.#waiting.size >= meetingLimits.hearsayMembers) return;
    this.#waiting.set(peerId, addresses);
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
    for (const [peerId, addresses] of this.#waiting) {
      if (this.#running.size >= meetingLimits.hearsayDials) return;
      this.#waiting.delete(peerId);
      if (this.#isNeedless(peerId)) continue;
      const timer = setTimeout(() => this.#gaveUp(peerId), this.#options.dialMs ?? meetingLimits.hearsayDialMs);
      this.#running.set(peerId, timer);
      const [place, ...others] = placesOf(addresses);
      if (place) void this.#dialPlaces(peerId, timer, [place, ...others]);
      else this.#options.dial(peerId);
    }
  }

  async #dialPlaces(peerId: PeerId, timer: NodeJS.Timeout, places: readonly { host: string; port: number }[]): Promise<void> {
    for (const { host, port } of places) {
      const isHere = await this.#options.dialAddress(peerId, host, port).then(
        () => true,
        () => false, // Nobody there, or somebody else: there are other ways.
      );
      if (isHere || this.#running.get(peerId) !== timer) return;
    }
    this.#options.dial(peerId);
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

function placesOf(addresses: readonly string[]): { host: string; port: number }[] {
  return addresses
    .map((address) => ({ host: hostOf(address), port: Number(/:(\d+)$/.exec(address)?.[1]) }))
    .filter(({ host }) => pathOf(host) === 'lan')
    .slice(0, meetingLimits.hearsayPlaces);
}
