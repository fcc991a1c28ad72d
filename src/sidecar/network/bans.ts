// Who broke rules again and again, by key and by address, and for how long it stays away. In memory only: a key is free to make and an address
// changes hands, so a ban that outlives the process keeps out nobody but those who got the address next. Who is to stay away for good is
// blocked by a person, and that is stored.

import { isPeerId, type PeerId } from '../../protocol/ids.ts';
import type { BannedPeer } from '../../protocol/meeting.ts';
import { admissionLimits } from '../limits.ts';
import { forgetOldest } from './places.ts';

/** Whom an offence is counted against: a key that was proven, an address that answered. */
export interface Visitor {
  peerId?: PeerId;
  host?: string;
}

interface Record {
  offencesAtMs: number[];
  /** 0 = not banned. */
  untilMs: number;
  times: number;
  lastMs: number;
  reason: string;
}

export class Bans {
  readonly #now: () => number;
  readonly #records = new Map<string, Record>();

  /** `now` in milliseconds, of a clock that does not jump. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Counts it; answers those that are banned by it. */
  offended({ peerId, host }: Visitor, reason: string): Visitor[] {
    return [
      ...(peerId !== undefined && this.#count(peerId, reason) ? [{ peerId }] : []),
      ...(host !== undefined && this.#count(host, reason) ? [{ host }] : []),
    ];
  }

  isBanned(name: string): boolean {
    return (this.#records.get(name)?.untilMs ?? 0) > this.#now();
  }

  /** `untilMs` on the wall clock. The longest first. */
  list(): BannedPeer[] {
    const now = this.#now();
    const skew = Date.now() - now;
    return [...this.#records]
      .filter(([, { untilMs }]) => untilMs > now)
      .map(([name, { untilMs, reason }]) => ({ ...visitorOf(name), untilMs: Math.round(untilMs + skew), reason }))
      .sort((a, b) => b.untilMs - a.untilMs);
  }

  /** Forgets what they did, earlier bans included. */
  unban({ peerId, host }: Visitor): void {
    if (peerId !== undefined) this.#records.delete(peerId);
    if (host !== undefined) this.#records.delete(host);
  }

  /** Those whose ban is over since the last time; and forgets who behaved for as long as the longest ban. */
  ended(): Visitor[] {
    const now = this.#now();
    const ended: Visitor[] = [];
    for (const [name, record] of this.#records) {
      if (record.untilMs > now) continue;
      if (record.untilMs > 0) {
        record.untilMs = 0;
        ended.push(visitorOf(name));
      }
      if (record.lastMs + admissionLimits.banMaxMs < now) this.#records.delete(name);
    }
    return ended;
  }

  #count(name: string, reason: string): boolean {
    const now = this.#now();
    const { offences, offenceWindowMs, banMs, banMaxMs } = admissionLimits;
    const record = this.#records.get(name) ?? { offencesAtMs: [], untilMs: 0, times: 0, lastMs: now, reason };
    this.#records.delete(name);
    this.#records.set(name, record);
    forgetOldest(this.#records, admissionLimits.remembered);
    record.lastMs = now;
    record.offencesAtMs = [...record.offencesAtMs.filter((atMs) => atMs + offenceWindowMs > now), now];
    if (record.offencesAtMs.length < offences || record.untilMs > now) return false;
    record.offencesAtMs = [];
    record.untilMs = now + Math.min(banMs * 2 ** record.times, banMaxMs);
    record.times++;
    record.reason = reason;
    return true;
  }
}

function visitorOf(name: string): Visitor {
  return isPeerId(name) ? { peerId: name } : { host: name };
}
