// What members of a party, and peers that added each other by key, recognise one another by in a local network: tokens that look random to
// everybody else and change every ten minutes. Constants and byte order are part of the protocol: docs/wire-protocol.md.
//
// Clocks may be off by a day and must not keep two machines on one switch apart: tokens of a day before and after are known, too. What that costs:
// who recorded a token can play it back for a day, and sees that somebody of the same party is here; nothing else (handshake.ts).

import sodium from 'sodium-universal';
import type { PeerId } from '../../../protocol/ids.ts';
import { lanLimits, meetingLimits } from '../../limits.ts';

const tokenBytes = 16;
const keyBytes = 32;
const tokenNamespace = Buffer.from('potluck/1 lan token');
const contactNamespace = Buffer.from('potluck/1 lan contact');
const doorNamespace = Buffer.from('potluck/1 lan door');

/** Something that two ends know and others do not. `peerId`: it must be this one. */
export interface Secret {
  key: Uint8Array;
  peerId?: PeerId;
}

export function periodOf(nowMs: number): number {
  return Math.floor(nowMs / lanLimits.tokenMs);
}

/** `world` keeps networks on loopback apart; '' everywhere else. */
export function tokenOf(key: Uint8Array, period: number, world = ''): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigUInt64LE(BigInt(period));
  return blake2b([tokenNamespace, time, Buffer.from(world)], key).subarray(0, tokenBytes);
}

/** What these two peers alone can compute: X25519 (RFC 7748) of their identity keys. Undefined for a key that is none. */
export function contactKey(own: { publicKey: Uint8Array; secretKey: Uint8Array }, remoteKey: Uint8Array): Uint8Array | undefined {
  const [secret, remote, shared] = [Buffer.alloc(keyBytes), Buffer.alloc(keyBytes), Buffer.alloc(keyBytes)];
  try {
    sodium.crypto_sign_ed25519_pk_to_curve25519(remote, remoteKey);
    sodium.crypto_sign_ed25519_sk_to_curve25519(secret, own.secretKey);
    sodium.crypto_scalarmult(shared, secret, remote);
  } catch {
    return undefined; // Not a point of the curve, or one of small order: nobody has that key.
  }
  const keys = [own.publicKey, remoteKey].sort((a, b) => Buffer.compare(a, b));
  return blake2b([contactNamespace, ...keys], shared);
}

/** What whoever knows a peer's key, from a code or from others, shows at its door. Never announced. */
export function doorKey(publicKey: Uint8Array): Uint8Array {
  return blake2b([doorNamespace], publicKey);
}

interface Known extends Secret {
  /** By period: the token's text. */
  tokens: Map<number, string>;
}

/** How many periods a clock may be off. */
const skew = Math.ceil(meetingLimits.clockSkewMs / lanLimits.tokenMs);

/** Finds the secret behind a token, of whatever period within the skew. */
export class TokenBook {
  readonly #now: () => number;
  readonly #world: () => string;
  #known = new Map<string, Known>();
  #byToken = new Map<string, Secret>();
  #period: number | undefined;
  #inWorld = '';

  constructor({ now = Date.now, world = () => '' }: { now?: () => number; world?: () => string } = {}) {
    this.#now = now;
    this.#world = world;
  }

  /** Tokens that are known already are kept: a change costs what it adds. True when anything did change. */
  set(secrets: readonly Secret[]): boolean {
    const before = this.#known;
    this.#known = new Map(
      secrets.map((secret) => {
        const name = nameOf(secret);
        return [name, before.get(name) ?? { ...secret, tokens: new Map<number, string>() }];
      }),
    );
    const isSame = before.size === this.#known.size && [...this.#known.keys()].every((name) => before.has(name));
    if (isSame) return false;
    this.#period = undefined;
    return true;
  }

  /** The token of now. */
  current(secret: Secret): Buffer {
    return tokenOf(secret.key, periodOf(this.#now()), this.#world());
  }

  find(token: string): Secret | undefined {
    this.#advance();
    return this.#byToken.get(token);
  }

  #advance(): void {
    const period = periodOf(this.#now());
    const world = this.#world();
    if (period === this.#period && world === this.#inWorld) return;
    if (world !== this.#inWorld) for (const { tokens } of this.#known.values()) tokens.clear();
    this.#period = period;
    this.#inWorld = world;
    this.#byToken = new Map();
    for (const known of this.#known.values()) {
      for (const old of known.tokens.keys()) if (Math.abs(old - period) > skew) known.tokens.delete(old);
      for (let at = Math.max(0, period - skew); at <= period + skew; at++) {
        const token = known.tokens.get(at) ?? tokenText(tokenOf(known.key, at, world));
        known.tokens.set(at, token);
        this.#byToken.set(token, known);
      }
    }
  }
}

export function tokenText(token: Uint8Array): string {
  return Buffer.from(token).toString('hex');
}

function nameOf({ key, peerId }: Secret): string {
  return `${Buffer.from(key).toString('hex')} ${peerId ?? ''}`;
}

function blake2b(inputs: Uint8Array[], key: Uint8Array): Buffer {
  const output = Buffer.alloc(keyBytes);
  sodium.crypto_generichash_batch(output, inputs, key);
  return output;
}
