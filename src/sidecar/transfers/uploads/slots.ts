// Who is served now and who waits: so many peers at once, each with all its requests; more wait in turn and are told their place. Knows nothing of
// files; a request is a permit from the moment that it may be worked on until it is released.

import type { PeerId } from '../../../protocol/ids.ts';
import { transferLimits } from '../../limits.ts';
import { wasCancelled } from '../failures.ts';
import { HeldPermit, type HeldTurn, type Permit } from './permit.ts';
import { queueFull, slotLost } from './refusals.ts';

export type { Permit } from './permit.ts';

export interface SlotsOptions {
  /** Peers served at once. */
  count(): number;
  /** Goes before others that wait. */
  isFirst(peerId: PeerId): boolean;
  /** Milliseconds, for tests. */
  now?: () => number;
}

interface EnterOptions {
  signal: AbortSignal;
  onPosition?: ((position: number) => void) | undefined;
}

interface Held extends HeldTurn {
  /** Its requests beyond those that are worked on at a time. */
  queue: Set<Waiting>;
  /** When this turn began. */
  sinceMs: number;
  isOver: boolean;
  idle: NodeJS.Timeout | undefined;
}

interface Waiting {
  among: Set<Waiting>;
  position: number;
  onPosition: ((position: number) => void) | undefined;
  go(permit: Permit): void;
  fail(error: Error): void;
}

/** How often holders are looked at while others wait. */
const lookMs = 1_000;

export class Slots {
  readonly #options: SlotsOptions;
  readonly #now: () => number;
  readonly #held = new Map<PeerId, Held>();
  /** In the order of their turns. */
  readonly #waiting = new Map<PeerId, Set<Waiting>>();
  #waitingCount = 0;
  #look: NodeJS.Timeout | undefined;
  #isTelling = false;

  constructor(options: SlotsOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Whether this peer's requests are worked on at once. */
  holds(peerId: PeerId): boolean {
    const held = this.#held.get(peerId);
    return held !== undefined && !this.#isTurnOver(held);
  }

  /** Rejects with `busy` when too many wait, `cancelled`, or what `drop` says. */
  enter(peerId: PeerId, options: EnterOptions): Promise<Permit> {
    if (options.signal.aborted) return Promise.reject(wasCancelled());
    const held = this.#held.get(peerId);
    const isTurn = held !== undefined && !this.#isTurnOver(held);
    if (isTurn && held.permits.size < transferLimits.requestsAtOnce) return Promise.resolve(this.#permit(peerId, held));
    const isRoom = held === undefined && this.#waiting.size === 0 && this.#held.size < this.#options.count();
    if (isRoom) return Promise.resolve(this.#permit(peerId, this.#hold(peerId)));
    const mine = isTurn ? held.queue : (this.#waiting.get(peerId) ?? new Set<Waiting>());
    if (mine.size >= transferLimits.waitingRequests || this.#waitingCount >= transferLimits.waitingRequestsInAll)
      return Promise.reject(queueFull());
    return new Promise((resolve, reject) => {
      const settle = () => {
        options.signal.removeEventListener('abort', abort);
        this.#waitingCount--;
        waiting.among.delete(waiting);
        if (waiting.among.size === 0 && this.#waiting.get(peerId) === waiting.among) this.#waiting.delete(peerId);
      };
      const abort = () => {
        waiting.fail(wasCancelled());
        this.#pump();
      };
      const waiting: Waiting = {
        among: mine,
        position: 0,
        onPosition: options.onPosition,
        go: (permit) => {
          settle();
          tellPosition(waiting, 0);
          resolve(permit);
        },
        fail: (error) => {
          settle();
          reject(error);
        },
      };
      options.signal.addEventListener('abort', abort, { once: true });
      mine.add(waiting);
      this.#waitingCount++;
      if (isTurn) return;
      this.#waiting.set(peerId, mine);
      this.#pump();
    });
  }

  /** Ends everything of this peer with this error. */
  drop(peerId: PeerId, error: Error): void {
    for (const waiting of [...(this.#waiting.get(peerId) ?? [])]) waiting.fail(error);
    for (const waiting of [...(this.#held.get(peerId)?.queue ?? [])]) waiting.fail(error);
    this.#lose(peerId, error);
    this.#pump();
  }

  /** The number of slots, or who goes first, is another one. */
  changed(): void {
    let surplus = this.#held.size - this.#options.count();
    // Those that came last make room.
    for (const [peerId, held] of [...this.#held].reverse()) {
      if (surplus-- <= 0) break;
      held.isOver = true;
      if (held.permits.size === 0) this.#free(peerId, held);
    }
    this.#pump();
  }

  close(error: Error): void {
    for (const peerId of [...this.#waiting.keys(), ...this.#held.keys()]) this.drop(peerId, error);
    clearInterval(this.#look);
  }

  #hold(peerId: PeerId): Held {
    const now = this.#now();
    const held: Held = {
      permits: new Set(),
      queue: new Set(),
      sinceMs: now,
      bytes: 0,
      isOver: false,
      lookedAtMs: now,
      lookedBytes: 0,
      idle: undefined,
    };
    this.#held.set(peerId, held);
    return held;
  }

  #permit(peerId: PeerId, held: Held): Permit {
    clearTimeout(held.idle);
    const permit = new HeldPermit(held, {
      isOver: () => this.#isTurnOver(held),
      now: this.#now,
      onRelease: () => this.#released(peerId, held),
    });
    held.permits.add(permit);
    return permit;
  }

  #released(peerId: PeerId, held: Held): void {
    if (this.#held.get(peerId) !== held) return;
    const isOver = this.#isTurnOver(held);
    if (!isOver) this.#goOn(peerId, held, held.queue);
    if (held.permits.size > 0) return;
    if (isOver) return this.#free(peerId, held);
    held.idle = setTimeout(() => this.#free(peerId, held), transferLimits.slotIdleMs);
    held.idle.unref();
  }

  #free(peerId: PeerId, held: Held): void {
    if (this.#held.get(peerId) !== held) return;
    clearTimeout(held.idle);
    this.#held.delete(peerId);
    this.#requeue(peerId, held);
    this.#pump();
  }

  /** As many of its requests as are worked on at a time. */
  #goOn(peerId: PeerId, held: Held, requests: ReadonlySet<Waiting>): void {
    for (const waiting of [...requests]) {
      if (held.permits.size >= transferLimits.requestsAtOnce) break;
      waiting.go(this.#permit(peerId, held));
    }
  }

  /** What its turn did not come to waits for the next one. */
  #requeue(peerId: PeerId, held: Held): void {
    if (held.queue.size === 0) return;
    const waiting = this.#waiting.get(peerId) ?? new Set();
    this.#waiting.set(peerId, waiting);
    for (const each of held.queue) {
      each.among = waiting;
      waiting.add(each);
    }
    held.queue.clear();
  }

  /** Others wait and it had its share; stays so until its last request ended, unless nobody waits any more. */
  #isTurnOver(held: Held): boolean {
    if (this.#waiting.size === 0 && this.#held.size <= this.#options.count()) {
      if (held.isOver) {
        held.isOver = false;
        held.sinceMs = this.#now();
        held.bytes = 0;
      }
      return false;
    }
    held.isOver ||= held.bytes >= transferLimits.slotTurnBytes || this.#now() - held.sinceMs >= transferLimits.slotTurnMs;
    return held.isOver;
  }

  /** Slots to those that wait, and their places to the rest. */
  #pump(): void {
    for (let next = this.#next(); next !== undefined && this.#held.size < this.#options.count(); next = this.#next()) {
      const held = this.#hold(next);
      const requests = this.#waiting.get(next) ?? new Set();
      this.#waiting.delete(next);
      held.queue = requests;
      this.#goOn(next, held, requests);
      for (const waiting of requests) tellPosition(waiting, 0);
    }
    if (this.#waiting.size === 0) {
      clearInterval(this.#look);
      this.#look = undefined;
      return;
    }
    this.#look ??= setInterval(() => this.#lookAtHolders(), lookMs).unref();
    if (this.#isTelling) return;
    this.#isTelling = true;
    queueMicrotask(() => {
      this.#isTelling = false;
      this.#tellPositions();
    });
  }

  /** Who gets the next slot; not a peer whose last requests of its turn before still run. */
  #next(): PeerId | undefined {
    let first: PeerId | undefined;
    for (const peerId of this.#waiting.keys()) {
      if (this.#held.has(peerId)) continue;
      if (this.#options.isFirst(peerId)) return peerId;
      first ??= peerId;
    }
    return first;
  }

  #tellPositions(): void {
    const peers = [...this.#waiting];
    const ordered = [
      ...peers.filter(([peerId]) => this.#options.isFirst(peerId)),
      ...peers.filter(([peerId]) => !this.#options.isFirst(peerId)),
    ];
    for (const [index, [, requests]] of ordered.entries())
      for (const waiting of [...requests]) {
        tellPosition(waiting, index + 1);
      }
  }

  #lookAtHolders(): void {
    const now = this.#now();
    for (const [peerId, held] of [...this.#held]) {
      const forMs = now - held.lookedAtMs;
      if (held.permits.size > 0 && forMs >= transferLimits.slotStallMs) {
        if (held.lookedBytes < (transferLimits.slotMinBytesPerSecond * forMs) / 1000) this.#lose(peerId, slotLost());
        held.lookedAtMs = now;
        held.lookedBytes = 0;
      }
    }
    this.#pump();
  }

  #lose(peerId: PeerId, error: Error): void {
    const held = this.#held.get(peerId);
    if (held === undefined) return;
    clearTimeout(held.idle);
    this.#held.delete(peerId);
    this.#requeue(peerId, held);
    for (const permit of [...held.permits]) permit.end(error);
  }
}

function tellPosition(waiting: Waiting, position: number): void {
  if (waiting.position === position) return;
  waiting.position = position;
  waiting.onPosition?.(position);
}
