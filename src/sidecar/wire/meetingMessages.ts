// What peers say to each other about meeting, beside the hello: invites, lists of closed parties, members, requests for access. Told by one event
// and one method, so that session.ts need not know their meanings: `SessionEvents.met`, `PeerSession.meet`.

import type { PartyId, PeerId, ShareId } from '../../protocol/ids.ts';
import type { InviteRefusal } from '../../protocol/model.ts';
import type { Capability } from './capabilities.ts';
import type { SignedAnnouncement } from './services.ts';

/** An encoded body and its ed25519 signature, as SignedAnnouncement is; what signs and what the body says is the message's matter. */
export type Signed = SignedAnnouncement;

/** Gives the token of an invite (32 bytes, secret) to who made it. Capability `invites`. */
export interface RedeemMessage {
  token: Uint8Array;
}

/** The answer: the party's name, or why not. */
export interface RedeemedMessage {
  token: Uint8Array;
  partyName: string | undefined;
  refusal: InviteRefusal | undefined;
}

/** The newest list of a closed party that the sender has; only told when its name is proven both ways. Capability `rosters`. Body: parties/roster.ts. */
export interface RosterMessage {
  partyId: PartyId;
  signed: Signed;
}

/** Members of a party in common, each in its own signed words. Capability `members`. Body: parties/memberRecord.ts. */
export interface MembersMessage {
  partyId: PartyId;
  records: { peerId: PeerId; signed: Signed }[];
}

/** A peer that added us by our key asks to be let in. Capability `access`. */
export interface AccessMessage {
  text: string;
  shareId: ShareId | undefined;
}

/** Who relays for others says by which key its relay is found on the DHT, and takes it back. Capability `relays`. */
export interface RelayMessage {
  key: Uint8Array | undefined;
}

export type MeetingMessage =
  | ({ type: 'redeem' } & RedeemMessage)
  | ({ type: 'redeemed' } & RedeemedMessage)
  | ({ type: 'roster' } & RosterMessage)
  | ({ type: 'members' } & MembersMessage)
  | ({ type: 'access' } & AccessMessage)
  | ({ type: 'relay' } & RelayMessage);

/** What a peer must understand to be told it. */
export function capabilityOf({ type }: MeetingMessage): Capability {
  switch (type) {
    case 'redeem':
    case 'redeemed':
      return 'invites';
    case 'roster':
      return 'rosters';
    case 'members':
      return 'members';
    case 'access':
      return 'access';
    case 'relay':
      return 'relays';
  }
}
