// Messages about meeting in bytes. As codec.ts: every limit holds while decoding, nothing of streams.

import type { Encoding } from 'protomux';
import type { InviteRefusal } from '../../protocol/model.ts';
import { meetingLimits, wireLimits } from '../limits.ts';
import { bytes, fixed, list, optional, partyId, peerId, record, shareId, text, uint } from './codec.ts';
import { protocolViolation } from './errors.ts';
import type {
  AccessMessage,
  MembersMessage,
  RedeemedMessage,
  RedeemMessage,
  RelayMessage,
  RosterMessage,
  Signed,
} from './meetingMessages.ts';

export const tokenBytes = 32;
const relayKeyBytes = 32;
const signatureBytes = 64;
/** The founder's key, a revision, a time, and the members' keys. */
const rosterBytes = 128 + 32 * meetingLimits.listedMembers;
const memberBytes = 512;

/** The numbers are part of the protocol. */
const refusals: readonly InviteRefusal[] = ['used-up', 'expired', 'revoked', 'unknown', 'busy'];

const refusal: Encoding<InviteRefusal> = {
  preencode: (state, value) => uint.preencode(state, refusals.indexOf(value)),
  encode: (state, value) => uint.encode(state, refusals.indexOf(value)),
  decode(state) {
    const value = refusals[uint.decode(state)];
    if (value === undefined) throw protocolViolation('it refuses an invite for no known reason');
    return value;
  },
};

const token = fixed(tokenBytes);
const signed = (size: number) => record<Signed>({ body: bytes(size), signature: fixed(signatureBytes) });

export const redeem = record<RedeemMessage>({ token });
export const redeemed = record<RedeemedMessage>({
  token,
  partyName: optional(text(wireLimits.textCharacters)),
  refusal: optional(refusal),
});
export const roster = record<RosterMessage>({ partyId, signed: signed(rosterBytes) });
export const members = record<MembersMessage>({
  partyId,
  records: list(record({ peerId, signed: signed(memberBytes) }), meetingLimits.memberRecords),
});
export const access = record<AccessMessage>({ text: text(meetingLimits.accessCharacters), shareId: optional(shareId) });
export const relay = record<RelayMessage>({ key: optional(fixed(relayKeyBytes)) });
