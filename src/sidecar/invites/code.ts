// What a code says, in bytes: a peer's key and addresses, and what it gives to who has it, signed by that key. Whoever holds a code can have made it
// up with a key of their own: the signature says only that nobody changed it. Layout: docs/wire-protocol.md.

import { isIPv4, isIPv6, SocketAddress } from 'node:net';
import type { Encoding } from 'protomux';
import sodium from 'sodium-universal';
import { AppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { localLimits, meetingLimits, wireLimits } from '../limits.ts';
import { publicKeyOf } from '../storage/identity.ts';
import { decodeWhole, encodeWhole, fixed, flag, list, optional, peerId, record, text, uint } from '../wire/codec.ts';
import { protocolViolation } from '../wire/errors.ts';

/** Goes before the body into the signature: what was signed for one purpose is worth nothing for another. */
const namespace = Buffer.from('potluck/1 code\0');
const codeVersion = 1;
const signatureBytes = 64;
export const inviteTokenBytes = 32;

export interface Address {
  /** A literal. */
  host: string;
  port: number;
}

/** `nickname`, `partyLabel` and addresses are what the code's maker claims. */
export interface Code {
  peerId: PeerId;
  createdAtMs: number;
  expiresAtMs: number | undefined;
  nickname: string;
  addresses: Address[];
  grant: Grant;
}

export type Grant =
  | { kind: 'contact' }
  /** The peer exchanges the token (32 bytes, secret) for a party's name; only when `isPublic` may that be one that others can guess. */
  | { kind: 'invite'; token: Uint8Array; isPublic: boolean; partyLabel: string }
  | { kind: 'party'; partyName: string };

/** The numbers are part of the protocol. */
const kinds: readonly Grant['kind'][] = ['contact', 'invite', 'party'];

const hostBytes = { 4: fixed(4), 6: fixed(16) };

const address: Encoding<Address> = {
  preencode(state, { host }) {
    state.end += 1 + (isIPv4(host) ? 4 : 16) + 2;
  },
  encode(state, { host, port }) {
    const raw = rawHost(host);
    fixed(1).encode(state, Uint8Array.of(raw.length === 4 ? 4 : 6));
    fixed(raw.length).encode(state, raw);
    fixed(2).encode(state, Uint8Array.of(port >> 8, port & 0xff));
  },
  decode(state) {
    const [family] = fixed(1).decode(state);
    if (family !== 4 && family !== 6) throw protocolViolation('an address is neither IPv4 nor IPv6');
    const host = shownHost(hostBytes[family].decode(state));
    const [high = 0, low = 0] = fixed(2).decode(state);
    return { host, port: high * 256 + low };
  },
};

const fields = record<Omit<Code, 'grant'>>({
  peerId,
  createdAtMs: uint,
  expiresAtMs: optional(uint),
  nickname: text(localLimits.shownNameCharacters),
  addresses: list(address, meetingLimits.codeAddresses),
});
const token = fixed(inviteTokenBytes);
const name = text(wireLimits.textCharacters);

const grant: Encoding<Grant> = {
  preencode(state, value) {
    uint.preencode(state, kinds.indexOf(value.kind));
    if (value.kind === 'invite') {
      token.preencode(state, value.token);
      flag.preencode(state, value.isPublic);
      name.preencode(state, value.partyLabel);
    } else if (value.kind === 'party') name.preencode(state, value.partyName);
  },
  encode(state, value) {
    uint.encode(state, kinds.indexOf(value.kind));
    if (value.kind === 'invite') {
      token.encode(state, value.token);
      flag.encode(state, value.isPublic);
      name.encode(state, value.partyLabel);
    } else if (value.kind === 'party') name.encode(state, value.partyName);
  },
  decode(state) {
    const kind = kinds[uint.decode(state)];
    switch (kind) {
      case 'contact':
        return { kind };
      case 'invite':
        return { kind, token: token.decode(state), isPublic: flag.decode(state), partyLabel: name.decode(state) };
      case 'party':
        return { kind, partyName: name.decode(state) };
      case undefined:
        break;
    }
    throw protocolViolation('a code for no known purpose');
  },
};

const body: Encoding<Code> = {
  preencode(state, code) {
    uint.preencode(state, codeVersion);
    fields.preencode(state, code);
    grant.preencode(state, code.grant);
  },
  encode(state, code) {
    uint.encode(state, codeVersion);
    fields.encode(state, code);
    grant.encode(state, code.grant);
  },
  decode(state) {
    if (uint.decode(state) !== codeVersion) throw protocolViolation('a code of an unknown version');
    return { ...fields.decode(state), grant: grant.decode(state) };
  },
};

/** Encodes and signs with the key that the code names. */
export function encodeCode(code: Code, keyPair: { secretKey: Uint8Array }): Uint8Array {
  const encoded = encodeWhole(body, code);
  const signature = Buffer.alloc(signatureBytes);
  sodium.crypto_sign_detached(signature, Buffer.concat([namespace, encoded]), keyPair.secretKey);
  return Buffer.concat([encoded, signature]);
}

/** Checks shape, limits and signature; not its dates. Throws `invalid-argument` that says what is wrong. */
export function decodeCode(bytes: Uint8Array): Code {
  const [version] = bytes;
  if (version !== undefined && version !== codeVersion)
    throw wrong('It was made by another version of Potluck. Update Potluck, and try it again.');
  const encoded = bytes.subarray(0, Math.max(0, bytes.length - signatureBytes));
  const code = shapeOf(encoded);
  const signed = Buffer.concat([namespace, encoded]);
  if (!sodium.crypto_sign_verify_detached(bytes.subarray(encoded.length), signed, publicKeyOf(code.peerId)))
    throw wrong('Its signature is not of the peer that it names: somebody changed it. Ask for another one.');
  return code;
}

function shapeOf(encoded: Uint8Array): Code {
  try {
    const { grant: decoded, ...rest } = decodeWhole(body, encoded);
    // Copied: what was decoded is a view of the text's bytes.
    return { ...rest, grant: decoded.kind === 'invite' ? { ...decoded, token: Buffer.from(decoded.token) } : decoded };
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.kind !== 'protocol') throw thrown;
    throw wrong('It does not say what a code says. Ask for another one.', thrown);
  }
}

function rawHost(host: string): Uint8Array {
  if (isIPv4(host)) return Uint8Array.from(host.split('.').map(Number));
  if (!isIPv6(host) || host.includes('%')) throw new AppError('internal', 'An address in a code is not a literal.');
  // The URL parser writes the eight groups out in one way, IPv4 tails included.
  const [head = '', tail] = new URL(`http://[${host}]`).hostname.slice(1, -1).split('::');
  const groups = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const all = [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after];
  return Uint8Array.from(all.flatMap((group) => [group >> 8, group & 0xff]));
}

function shownHost(raw: Uint8Array): string {
  if (raw.length === 4) return raw.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => (((raw[2 * i] ?? 0) << 8) | (raw[2 * i + 1] ?? 0)).toString(16));
  return new SocketAddress({ address: groups.join(':'), family: 'ipv6' }).address;
}

function wrong(message: string, cause?: unknown): AppError {
  return new AppError('invalid-argument', `The code cannot be used. ${message}`, { cause });
}
