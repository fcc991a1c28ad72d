// Who is let in, and how much strangers may cost before they are anybody: one for all ways in (Hyperswarm, the local network, direct links).
// Counts handshakes, connections and offences by key and by address. Knows nothing of streams; who asks does as it is told.
//
// Two things must never happen: that a flood of strangers keeps friends out (so addresses never count against known keys), and that somebody
// gets another one banned (so only a proven key and an address that answered are held responsible).

import type { PeerId } from '../../protocol/ids.ts';
import type { BannedPeer } from '../../protocol/meeting.ts';
import { admissionLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { Bans, type Visitor } from './bans.ts';
import { Buckets, Places, Remembered } from './places.ts';

export interface AdmissionOptions {
  log: Log;
  /** In the book of peers: it proved a party once, or we added its key. */
  isKnown(peerId: PeerId): boolean;
  /** A person wants it to stay away. */
  isRefused(peerId: PeerId): boolean;
  /** It is connected, and comes once more: whether that may take the place of what is there. Not asked when it is left out. */
  mayComeAgain?(peerId: PeerId): boolean;
  /** Connections of them are to end. */
  onBanned(who: Visitor): void;
  onUnbanned(who: Visitor): void;
  /** Another clock, for tests. */
  now?: () => number;
}

export type { Visitor } from './bans.ts';

export class Admission {
  readonly #options: AdmissionOptions;
  readonly #bans: Bans;
  readonly #handshakes = new Places({ total: admissionLimits.handshakes, each: admissionLimits.handshakesPerAddress });
  readonly #knownHandshakes = new Places({ total: admissionLimits.knownHandshakes, each: admissionLimits.handshakesPerKey });
  readonly #handshakesByKey = new Places({ total: Infinity, each: admissionLimits.handshakesPerKey });
  readonly #byKey = new Places({ total: Infinity, each: admissionLimits.connectionsPerKey });
  readonly #byAddress = new Places({ total: Infinity, each: admissionLimits.connectionsPerAddress });
  readonly #connects: Buckets;
  readonly #knocks: Buckets;
  readonly #allKnocks: Buckets;
  readonly #friendly = new Remembered(admissionLimits.friendlyAddresses);
  #sweep: NodeJS.Timeout | undefined;
  #turnedAway = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    const now = options.now ?? (() => performance.now());
    this.#bans = new Bans(now);
    const { connectsBurst, connectsPerSecond, knocksBurst, knocksPerSecond, allKnocksBurst, allKnocksPerSecond } =
      admissionLimits;
    const many = { most: admissionLimits.remembered, now };
    this.#connects = new Buckets({ burst: connectsBurst, perSecond: connectsPerSecond }, many);
    this.#knocks = new Buckets({ burst: knocksBurst, perSecond: knocksPerSecond }, many);
    this.#allKnocks = new Buckets({ burst: allKnocksBurst, perSecond: allKnocksPerSecond }, { most: 1, now });
  }

  /** Handshakes in progress. */
  get handshakes(): number {
    return this.#handshakes.count + this.#knownHandshakes.count;
  }

  /** How many were turned away since the start, for whatever reason. */
  get turnedAway(): number {
    return this.#turnedAway;
  }

  /** The first packet of a handshake: whether it is worth to be looked at. The address may be forged. */
  knock(host: string): boolean {
    const isLet = (isOwnMachine(host) || this.#knocks.take(host)) && (this.#friendly.has(host) || this.#allKnocks.take('all'));
    if (!isLet) this.#turnedAway++;
    return isLet;
  }

  /** Somebody connected whose key will be known later: how to give the place back, or undefined. Banned addresses have none. */
  arrive(host: string): (() => void) | undefined {
    if (this.#isBannedAddress(host)) return this.#nothing();
    return this.#handshakes.take(countedAddress(host)) ?? this.#nothing();
  }

  /** The key is known, nothing was said yet. A place for the handshake, to be given back when the first byte came or nothing came of it. */
  identify({ peerId, host }: { peerId: PeerId; host: string }): (() => void) | undefined {
    const isKnown = this.#isKnown(peerId);
    if (!this.mayEnter({ peerId, host }) || this.#options.mayComeAgain?.(peerId) === false) return this.#nothing();
    if (isKnown) return this.#knownHandshakes.take(peerId) ?? this.#nothing();
    const ofKey = this.#handshakesByKey.take(peerId);
    const ofAddress = ofKey && this.#handshakes.take(countedAddress(host));
    if (!ofKey || !ofAddress) {
      ofKey?.();
      return this.#nothing();
    }
    return () => {
      ofKey();
      ofAddress();
    };
  }

  /** Neither kept away by a person, nor banned. */
  mayEnter({ peerId, host }: { peerId: PeerId; host?: string }): boolean {
    if (this.isKeptAway(peerId)) return false;
    return host === undefined || !this.#isBannedAddress(host) || this.#isKnown(peerId);
  }

  /** By its key alone: for whom we dial. Kept away, too, when it cannot be told. */
  isKeptAway(peerId: PeerId): boolean {
    try {
      return this.#bans.isBanned(peerId) || this.#options.isRefused(peerId);
    } catch (thrown) {
      this.#options.log.error(`whether ${peerId} may connect could not be told, so it may not: ${String(thrown)}`);
      return true;
    }
  }

  /** A connection with a proven key: how to tell that it ended, or undefined when it is one too many. */
  connect({ peerId, host }: { peerId: PeerId; host: string | undefined }): (() => void) | undefined {
    if (!this.mayEnter({ peerId, ...(host !== undefined && { host }) })) return this.#nothing();
    const isKnown = this.#isKnown(peerId);
    const address = host === undefined || isKnown ? undefined : countedAddress(host);
    const isInTime = this.#connects.take(peerId) && (address === undefined || this.#connects.take(address));
    const ofKey = isInTime ? this.#byKey.take(peerId) : undefined;
    const ofAddress = ofKey && this.#byAddress.take(address);
    if (!ofKey || !ofAddress) {
      ofKey?.();
      this.#options.log.debug(`${peerId} was turned away: it connects too often`);
      return this.#nothing();
    }
    if (isKnown && host !== undefined) this.#friendly.add(host);
    return () => {
      ofKey();
      ofAddress();
    };
  }

  /** Somebody broke a rule. `host` only when it is the peer's own and bytes went both ways: never a relay's. */
  offended(who: Visitor, reason: string): void {
    const counted = who.host === undefined ? undefined : countedAddress(who.host);
    const offender: Visitor = {
      ...(who.peerId !== undefined && { peerId: who.peerId }),
      ...(counted !== undefined && { host: counted }),
    };
    for (const banned of this.#bans.offended(offender, reason)) {
      this.#options.log.warn(`${banned.peerId ?? 'an address'} is kept away for a while: ${reason}`);
      this.#options.onBanned(banned);
    }
    this.#sweep ??= setInterval(() => this.#sweepUp(), admissionLimits.sweepMs).unref();
  }

  bans(): BannedPeer[] {
    return this.#bans.list();
  }

  unban(who: Visitor): void {
    this.#bans.unban(who);
    this.#options.onUnbanned(who);
  }

  close(): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  #sweepUp(): void {
    for (const who of this.#bans.ended()) this.#options.onUnbanned(who);
  }

  #isBannedAddress(host: string): boolean {
    const counted = countedAddress(host);
    return counted !== undefined && this.#bans.isBanned(counted);
  }

  #isKnown(peerId: PeerId): boolean {
    try {
      return this.#options.isKnown(peerId);
    } catch {
      return false; // Told by isKeptAway, which asks the same book.
    }
  }

  /** Turned away. */
  #nothing(): undefined {
    this.#turnedAway++;
    return undefined;
  }
}

/** What stands for whoever is behind an address; undefined: this machine, which stands for nobody. Of IPv6 the network counts: one host has 2^64. */
export function countedAddress(host: string): string | undefined {
  const plain = host.startsWith('::ffff:') ? host.slice(7) : host;
  if (isOwnMachine(plain)) return undefined;
  return plain.includes(':') ? `${networkOf(plain)}::/64` : plain;
}

function isOwnMachine(host: string): boolean {
  return host === '127.0.0.1' || host === '::1';
}

/** The first 64 bits, written out. */
function networkOf(host: string): string {
  const [head = '', tail] = (host.split('%')[0] ?? '').split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':');
}
