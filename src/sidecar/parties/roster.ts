// The list of a closed party, as its founder signs it: self-contained bytes that any member may show to any other. Knows no storage and no session.
// The layout is part of the protocol: docs/wire-protocol.md.

import { createHash } from 'node:crypto';
import type { Encoding } from 'protomux';
import type { PartyId, PeerId } from '../../protocol/ids.ts';
import { meetingLimits } from '../limits.ts';
import { publicKeyOf } from '../storage/identity.ts';
import { decodeWhole, encodeWhole, list, partyId, peerId, record, time, uint } from '../wire/codec.ts';
import { protocolViolation } from '../wire/errors.ts';
import type { Signed } from '../wire/meetingMessages.ts';
import { versioned } from '../wire/versioned.ts';
import { isSignedBy, ownCopy, signBody } from './signing.ts';

const namespace = Buffer.from('potluck/1 party roster\0');

export interface RosterContent {
  partyId: PartyId;
  /** Rises with every change; of two lists the one with the higher revision counts. Times do not: the founder's clock may be wrong. */
  revision: number;
  createdAtMs: number;
  /** Without the founder, who always is a member. */
  members: readonly PeerId[];
}

/** A list whose signature was checked. */
export interface Roster extends Omit<RosterContent, 'members'> {
  members: ReadonlySet<PeerId>;
  signed: Signed;
  /** SHA-256 of the body, in hex: the lower one counts of two with the same revision, which a founder makes who runs twice. */
  hash: string;
}

/** Members in ascending order of their keys, each once: one list has one form. */
const body: Encoding<RosterContent> = versioned(
  record<RosterContent>({
    partyId,
    revision: uint,
    createdAtMs: time,
    members: list(peerId, meetingLimits.listedMembers),
  }),
);

/** Encodes and signs with the founder's identity key. */
export function signRoster(content: RosterContent, keyPair: { secretKey: Uint8Array }): Roster {
  const members = [...new Set(content.members)].sort(byKey);
  return rosterOf(content, members, signBody(namespace, encodeWhole(body, { ...content, members }), keyPair));
}

/** Throws AppError `protocol` unless the founder signed it, for this party, within every limit. */
export function readRoster(signed: Signed, expected: { partyId: PartyId; founder: PeerId }): Roster {
  if (!isSignedBy(namespace, signed, publicKeyOf(expected.founder)))
    throw protocolViolation('a list of members is not signed by the founder of its party');
  const content = decodeWhole(body, signed.body);
  if (content.partyId !== expected.partyId) throw protocolViolation('a list of members is for another party');
  const { members } = content;
  const isInOrder = members.every((member, i) => i === 0 || byKey(members[i - 1] ?? member, member) < 0);
  if (!isInOrder) throw protocolViolation('a list of members is not in order');
  return rosterOf(content, members, ownCopy(signed));
}

/** Whether `one` takes the place of `other`. */
export function isNewer(one: Pick<Roster, 'revision' | 'hash'>, other: Pick<Roster, 'revision' | 'hash'> | undefined): boolean {
  if (other === undefined || one.revision !== other.revision) return one.revision > (other?.revision ?? -1);
  return one.hash < other.hash;
}

function byKey(one: PeerId, other: PeerId): number {
  return Buffer.compare(publicKeyOf(one), publicKeyOf(other));
}

/** SHA-256, in hex. */
export function hashOf(encoded: Uint8Array): string {
  return createHash('sha256').update(encoded).digest('hex');
}

function rosterOf(content: RosterContent, members: readonly PeerId[], signed: Signed): Roster {
  const { revision, createdAtMs } = content;
  const hash = hashOf(signed.body);
  return { partyId: content.partyId, revision, createdAtMs, members: new Set(members), signed, hash };
}
