// Messages of packs, of what peers hold, and of direct links, in bytes. As codec.ts: every limit holds while decoding, nothing of streams.

import type { Encoding } from 'protomux';
import { isIP } from 'node:net';
import { linkLimits, transferLimits } from '../limits.ts';
import { bytes, fixed, type ForRequest, hash, list, path, peerId, record, requestId, shareId, text, uint } from './codec.ts';
import { protocolViolation } from './errors.ts';
import type { HoldingReply, HoldingRequest, LinkOffer, PackRequest } from './services.ts';

const tokenBytes = 16;
const secretBytes = 32;
const leafBytes = 16 * 1024;

export type PackMessage = ForRequest<PackRequest>;
export type HoldingMessage = ForRequest<HoldingRequest>;
export type HeldMessage = ForRequest<HoldingReply>;

const packFields = record<PackMessage>({ requestId, shareId, paths: list(path, transferLimits.packFiles) });

export const pack: Encoding<PackMessage> = {
  preencode: (state, value) => packFields.preencode(state, value),
  encode: (state, value) => packFields.encode(state, value),
  decode(state) {
    const value = packFields.decode(state);
    if (value.paths.length === 0) throw protocolViolation('it asks for a pack of no files');
    if (!fitsPack(value.paths)) throw protocolViolation('it asks for a pack of too long paths');
    return value;
  },
};

/** Whether one pack request has room for these paths. */
export function fitsPack(paths: readonly string[]): boolean {
  if (paths.length > transferLimits.packFiles) return false;
  let size = 0;
  for (const each of paths) size += Buffer.byteLength(each);
  return size <= transferLimits.packPathBytes;
}

export const holding = record<HoldingMessage>({ requestId, owner: peerId, shareId, path, root: hash });

const heldFields = record<HeldMessage>({
  requestId,
  sizeBytes: uint,
  unitBytes: uint,
  units: bytes(transferLimits.holdingUnits / 8),
});

/** A bitmap that does not fit its size is refused: whoever reads it may trust its length, and that no bit lies behind the end. */
export const held: Encoding<HeldMessage> = {
  preencode: (state, value) => heldFields.preencode(state, value),
  encode: (state, value) => heldFields.encode(state, value),
  decode(state) {
    const value = heldFields.decode(state);
    const { sizeBytes, unitBytes, units } = value;
    const leaves = unitBytes / leafBytes;
    if (!(leaves >= 1) || Math.log2(leaves) % 1 !== 0) throw protocolViolation(`it holds a file in units of ${unitBytes} bytes`);
    const count = Math.ceil(sizeBytes / unitBytes);
    if (count > transferLimits.holdingUnits || units.byteLength !== Math.ceil(count / 8))
      throw protocolViolation('what it holds of a file does not fit its size');
    const surplus = units.byteLength * 8 - count;
    if (surplus > 0 && ((units.at(-1) ?? 0) & (2 ** surplus - 1)) !== 0)
      throw protocolViolation('it holds more of a file than there is');
    return { ...value, units: Buffer.from(units) };
  },
};

interface OfferFields {
  port: number;
  hosts: string[];
  token: Uint8Array;
  secret: Uint8Array;
  kinds: number;
}

/** Bits of `kinds`; unknown ones are of newer peers. */
const kindBits = { tls: 1, noise: 2 } as const;

const offerFields = record<OfferFields>({
  port: uint,
  hosts: list(text(linkLimits.hostCharacters), linkLimits.hosts),
  token: fixed(tokenBytes),
  secret: fixed(secretBytes),
  kinds: uint,
});

function fieldsOf({ port, hosts, token, secret, kinds }: LinkOffer): OfferFields {
  let bits = 0;
  for (const kind of kinds) bits |= kindBits[kind];
  return { port, hosts, token, secret, kinds: bits };
}

/** What a newer version appends is skipped. Hosts are IP literals: a name would make the receiver ask its resolver. */
export const linkOffer: Encoding<LinkOffer> = {
  preencode: (state, value) => offerFields.preencode(state, fieldsOf(value)),
  encode: (state, value) => offerFields.encode(state, fieldsOf(value)),
  decode(state) {
    const { port, hosts, token, secret, kinds: bits } = offerFields.decode(state);
    if (port > 65_535) throw protocolViolation(`it takes links on port ${port}`);
    if (hosts.some((host) => isIP(host) === 0)) throw protocolViolation('it takes links at what is no IP address');
    const kinds = (['tls', 'noise'] as const).filter((kind) => Math.floor(bits / kindBits[kind]) % 2 === 1);
    state.start = state.end;
    // Copied: what was received is a view of a whole frame, which it would keep in memory.
    return { port, hosts, token: Buffer.from(token), secret: Buffer.from(secret), kinds };
  },
};
