// Who is told of what peers say about meeting: invites, lists of closed parties, members, requests for access, relays. Sessions tell; what the
// messages mean is known by each part alone. Put together by node.ts.

import type {
  AccessMessage,
  MeetingMessage,
  MembersMessage,
  RedeemedMessage,
  RedeemMessage,
  RelayMessage,
  RosterMessage,
} from './wire/meetingMessages.ts';
import type { PeerSession } from './wire/services.ts';

/**
 * Told of every session that is the one with its peer, strangers (in no common party, not added by key) included: each looks at `session.hello`
 * itself. Messages come only between `opened` and `closed`; AppError `protocol` thrown for one ends the session as hostile. Of a session
 * that takes another one's place `opened` comes after the other's `closed`.
 */
export interface MeetingHooks {
  /** The hello is done, and nothing of shares was said yet. */
  opened?(session: PeerSession): void;
  /** `session.hello` changed, or whether we added the peer by its key: before what follows from it for shares. */
  updated?(session: PeerSession): void;
  /** Comes once for each that opened. */
  closed?(session: PeerSession): void;
  redeem?(session: PeerSession, message: RedeemMessage): void;
  redeemed?(session: PeerSession, message: RedeemedMessage): void;
  roster?(session: PeerSession, message: RosterMessage): void;
  members?(session: PeerSession, message: MembersMessage): void;
  access?(session: PeerSession, message: AccessMessage): void;
  relay?(session: PeerSession, message: RelayMessage): void;
}

/** Tells each part that listens, in this order. */
export function meet(hooks: readonly MeetingHooks[], session: PeerSession, message: MeetingMessage): void {
  for (const hook of hooks) tell(hook, session, message);
}

function tell(hook: MeetingHooks, session: PeerSession, message: MeetingMessage): void {
  switch (message.type) {
    case 'redeem':
      return hook.redeem?.(session, message);
    case 'redeemed':
      return hook.redeemed?.(session, message);
    case 'roster':
      return hook.roster?.(session, message);
    case 'members':
      return hook.members?.(session, message);
    case 'access':
      return hook.access?.(session, message);
    case 'relay':
      return hook.relay?.(session, message);
  }
}
