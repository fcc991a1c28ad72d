// Who was seen where in the local network, and who is dialled when. A place is an address and a port; behind it is a peer, whose key is known once
// it was connected, and which has other places on other interfaces. Knows nothing of sockets.

import type { PeerId } from '../../../protocol/ids.ts';
import { lanLimits } from '../../limits.ts';
import type { Secret } from './tokens.ts';

export interface Place {
  host: string;
  port: number;
  /** What it calls itself; another one every ten minutes. */
  label: string;
  token: Uint8Array;
  secret: Secret;
}

interface Known extends Place {
  peerId: PeerId | undefined;
  seenAtMs: number;
  failures: number;
  notBeforeMs: number;
  timer: NodeJS.Timeout | undefined;
  /** When it began to be dialled, while it is. */
  dialingSinceMs: number | undefined;
}

export interface PlacesOptions {
  /** Resolves with the peer that is connected then; rejects when it came to nothing. */
  dial(place: Place): Promise<PeerId>;
  isConnected(peerId: PeerId): boolean;
  isRefused(peerId: PeerId): boolean;
  now?: () => number;
}

export class LanPlaces {
  readonly #options: PlacesOptions;
  readonly #now: () => number;
  readonly #known = new Map<string, Known>();
  /** Labels of peers whose key is known. */
  readonly #labels = new Map<string, PeerId>();
  /** Under way, forgotten places included. */
  readonly #dials = new Set<Known>();

  constructor(options: PlacesOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Peers that were seen lately. */
  get count(): number {
    const since = this.#now() - 3 * lanLimits.announceMs;
    const seen = [...this.#known.values()].filter(({ seenAtMs }) => seenAtMs >= since);
    return new Set(seen.map(({ peerId, label }) => peerId ?? label)).size;
  }

  /**
   * Somebody who is sought is at that place; true when that is new. `isFirst`: we dial at once, it only when that came to nothing; else the other
   * way round.
   */
  seen(place: Place, { isFirst }: { isFirst: boolean }): boolean {
    const name = nameOf(place);
    const before = this.#known.get(name);
    const known: Known = before ?? {
      ...{ ...place, peerId: undefined, seenAtMs: 0 },
      ...{ failures: 0, notBeforeMs: 0, timer: undefined, dialingSinceMs: undefined },
    };
    Object.assign(known, place, { seenAtMs: this.#now() });
    known.peerId ??= this.#labels.get(place.label);
    this.#known.delete(name); // To the end: what was seen last is forgotten last.
    this.#known.set(name, known);
    if (this.#known.size > lanLimits.places) this.#forgetOldest();
    if (known.peerId !== undefined) this.#labelled(place.label, known.peerId);
    this.#plan(known, isFirst ? 0 : lanLimits.secondDialMs);
    return before === undefined;
  }

  /** A peer that dialled us gave this label: its places are not dialled while it is connected. */
  isBehind(label: string, peerId: PeerId): void {
    this.#labelled(label, peerId);
    for (const known of this.#known.values()) if (known.label === label) known.peerId = peerId;
  }

  /** No connection to it any more. */
  lost(peerId: PeerId): void {
    for (const known of this.#known.values()) {
      // The other end lost it, too, and dials as well: not in step.
      if (known.peerId === peerId) this.#plan(known, 100 + Math.random() * 2 * lanLimits.secondDialMs);
    }
  }

  /** Interfaces or settings are others: what failed may work now. */
  forgive(): void {
    for (const known of this.#known.values()) known.failures = known.notBeforeMs = 0;
  }

  clear(): void {
    for (const { timer } of this.#known.values()) clearTimeout(timer);
    this.#known.clear();
    this.#labels.clear();
  }

  #plan(known: Known, waitMs: number): void {
    if (known.timer !== undefined || known.dialingSinceMs !== undefined) return;
    const delayMs = Math.max(waitMs, known.notBeforeMs - this.#now());
    // It is announced again before long: what is further away is not planned.
    if (delayMs > lanLimits.announceMs) return;
    const go = (): void => {
      known.timer = undefined;
      void this.#dial(known);
    };
    if (delayMs <= 0) go();
    else known.timer = setTimeout(go, delayMs).unref();
  }

  async #dial(known: Known): Promise<void> {
    if (this.#known.get(nameOf(known)) !== known || !this.#isWanted(known)) return;
    if (!this.#mayDial(known)) {
      this.#plan(known, lanLimits.secondDialMs);
      return;
    }
    this.#dials.add(known);
    known.dialingSinceMs = this.#now();
    try {
      const peerId = await this.#options.dial({ ...known });
      known.peerId = peerId;
      this.#labelled(known.label, peerId);
      known.failures = 0;
    } catch {
      known.failures++;
    } finally {
      // Connected or not: where one connection just ended, or none came to be, there is no hurry.
      const waitMs = known.failures === 0 ? lanLimits.raceMs : lanLimits.redialMs * 2 ** (known.failures - 1);
      known.notBeforeMs = this.#now() + Math.min(waitMs, lanLimits.redialMaxMs);
      known.dialingSinceMs = undefined;
      this.#dials.delete(known);
    }
  }

  #isWanted(known: Known): boolean {
    const options = this.#options;
    const peerId = known.peerId ?? this.#labels.get(known.label) ?? known.secret.peerId;
    return peerId === undefined || !(options.isConnected(peerId) || options.isRefused(peerId));
  }

  /**
   * Not while the same peer is dialled at another place; for a moment, since anybody can take a peer's label. And few at one address: whoever plays
   * tokens back at many ports, and answers slowly, does not use up what is there for others.
   */
  #mayDial({ label, host }: Known): boolean {
    const sinceMs = this.#now() - 2 * lanLimits.secondDialMs;
    let atHost = 0;
    for (const { host: otherHost, label: otherLabel, dialingSinceMs } of this.#dials) {
      if (otherLabel === label && (dialingSinceMs ?? 0) > sinceMs) return false;
      if (otherHost === host) atHost++;
    }
    return this.#dials.size < lanLimits.dialsAtOnce && atHost < lanLimits.dialsPerHost;
  }

  #labelled(label: string, peerId: PeerId): void {
    this.#labels.delete(label);
    this.#labels.set(label, peerId);
    const [oldest] = this.#labels.keys();
    if (this.#labels.size > lanLimits.places && oldest !== undefined) this.#labels.delete(oldest);
  }

  #forgetOldest(): void {
    const [oldest] = this.#known;
    if (!oldest) return;
    clearTimeout(oldest[1].timer);
    this.#known.delete(oldest[0]);
  }
}

function nameOf({ host, port }: { host: string; port: number }): string {
  return `${host} ${port}`;
}
