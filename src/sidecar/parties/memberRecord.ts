// What a member says of itself so that members tell it to each other: that it is in a party now, and where it may be reached. Signed by its subject,
// good for a while. It proves nothing but that: whether somebody is a member shows in the proof on its own connection.
// The layout is part of the protocol: docs/wire-protocol.md.

import { isIP } from 'node:net';
import type { Encoding } from 'protomux';
import type { PartyId, PeerId } from '../../protocol/ids.ts';
import { meetingLimits } from '../limits.ts';
import { publicKeyOf } from '../storage/identity.ts';
import { decodeWhole, encodeWhole, list, partyId, record, text, time } from '../wire/codec.ts';
import { protocolViolation } from '../wire/errors.ts';
import type { Signed } from '../wire/meetingMessages.ts';
import { versioned } from '../wire/versioned.ts';
import { isSignedBy, ownCopy, signBody } from './signing.ts';

const namespace = Buffer.from('potluck/1 party member\0');
const addressCharacters = 48;

export interface MemberContent {
  partyId: PartyId;
  createdAtMs: number;
  expiresAtMs: number;
  /** Untrusted text. */
  nickname: string;
  /** `host:port` with literals: `192.0.2.1:5000`, `[2001:db8::1]:5000`. Others are left out. */
  addresses: string[];
}

/** A record whose signature was checked. */
export interface MemberRecord extends MemberContent {
  peerId: PeerId;
  signed: Signed;
}

const body: Encoding<MemberContent> = versioned(
  record<MemberContent>({
    partyId,
    createdAtMs: time,
    expiresAtMs: time,
    nickname: text(meetingLimits.memberNicknameBytes, meetingLimits.memberNicknameBytes),
    addresses: list(text(addressCharacters, addressCharacters), meetingLimits.memberAddresses),
  }),
);

/** Encodes and signs with the identity key of who it is about. What is too long is cut. */
export function signMember(content: MemberContent, own: { peerId: PeerId; secretKey: Uint8Array }): MemberRecord {
  const nickname = firstBytes(content.nickname, meetingLimits.memberNicknameBytes);
  const addresses = content.addresses.filter(isLiteralAddress).slice(0, meetingLimits.memberAddresses);
  const said = { ...content, nickname, addresses };
  return { ...said, peerId: own.peerId, signed: signBody(namespace, encodeWhole(body, said), own) };
}

/** Throws AppError `protocol` unless its subject signed it, for this party, within every limit. Says nothing of its times. */
export function readMember(signed: Signed, subject: { partyId: PartyId; peerId: PeerId }): MemberRecord {
  if (!isSignedBy(namespace, signed, publicKeyOf(subject.peerId)))
    throw protocolViolation('a record of a member is not signed by that member');
  const content = decodeWhole(body, signed.body);
  if (content.partyId !== subject.partyId) throw protocolViolation('a record of a member is for another party');
  const addresses = content.addresses.filter(isLiteralAddress);
  return { ...content, addresses, peerId: subject.peerId, signed: ownCopy(signed) };
}

/** Neither expired nor from the future, as far as a clock may be off; and not for longer than a record lives. */
export function isCurrent({ createdAtMs, expiresAtMs }: MemberContent, nowMs: number): boolean {
  const { clockSkewMs, memberRecordMs } = meetingLimits;
  const isShort = expiresAtMs >= createdAtMs && expiresAtMs - createdAtMs <= memberRecordMs;
  return isShort && createdAtMs <= nowMs + clockSkewMs && nowMs <= expiresAtMs + clockSkewMs;
}

function isLiteralAddress(address: string): boolean {
  const [, host = '', port = ''] = /^\[?([0-9a-fA-F.:]+)\]?:(\d{1,5})$/.exec(address) ?? [];
  return isIP(host) !== 0 && address.length <= addressCharacters && Number(port) >= 1 && Number(port) <= 65_535;
}

function firstBytes(value: string, most: number): string {
  let cut = value;
  while (Buffer.byteLength(cut) > most) cut = [...cut].slice(0, -1).join('');
  return cut;
}
