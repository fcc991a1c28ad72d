// Who a connected peer is to us, and so what it may see: the one place that answers. A share, its title, its feed and its bytes go only to whom
// `maySee` allows it; what others announce is taken only from whom `isLetIn` lets in.

import type { PartyId, PeerId, ShareId } from '../protocol/ids.ts';
import { meetingLimits } from './limits.ts';
import type { Peers } from './peers/peers.ts';
import { isInAudience, type Viewer } from './shares/audienceText.ts';
import type { Shares } from './shares/shares.ts';
import { intents } from './wire/codec.ts';
import type { PeerSession } from './wire/services.ts';

/** Why somebody who is not let in may stay connected nevertheless. */
export interface Waiting {
  /** The user does not want to hear from it. */
  isDenied(peerId: PeerId): boolean;
  /** We wait for its answer. */
  isAwaited(peerId: PeerId): boolean;
  /** It proved the name of a party whose newest list, which it may show, can let it in. */
  mayBecomeCommon(provenIds: readonly PartyId[]): boolean;
}

export interface ViewersOptions {
  peers: Pick<Peers, 'isAddedByKey' | 'isBlocked' | 'isDisconnected'>;
  shares: Pick<Shares, 'audience' | 'isNamed'>;
  waiting?: Waiting;
}

export class Viewers {
  readonly #options: ViewersOptions;

  constructor(options: ViewersOptions) {
    this.#options = options;
  }

  /** Kept away: refused in the handshake, and here should it come through. */
  isKeptAway(peerId: PeerId): boolean {
    const { peers } = this.#options;
    return peers.isBlocked(peerId) || peers.isDisconnected(peerId);
  }

  viewer({ peerId, hello }: PeerSession): Viewer {
    return { peerId, partyIds: hello.partyIds, isAddedByKey: this.#options.peers.isAddedByKey(peerId) };
  }

  /** In a common party, added by key here, or named by the audience of a share: it is told what it may see, and listened to. */
  isLetIn({ peerId, hello }: PeerSession): boolean {
    const { peers, shares } = this.#options;
    if (peers.isBlocked(peerId)) return false;
    return hello.partyIds.length > 0 || peers.isAddedByKey(peerId) || shares.isNamed(peerId);
  }

  maySee(session: PeerSession, shareId: ShareId): boolean {
    return this.seenBy(session)(shareId);
  }

  /** As `maySee`, for many shares in this turn: who the peer is is looked up once. */
  seenBy(session: PeerSession): (shareId: ShareId) => boolean {
    const { peers, shares } = this.#options;
    if (peers.isBlocked(session.peerId)) return () => false;
    const viewer = this.viewer(session);
    return (shareId) => isInAudience(shares.audience(shareId), viewer);
  }

  /** Whether it has an answer that we wait for. */
  isAwaited({ peerId }: PeerSession): boolean {
    return this.#options.waiting?.isAwaited(peerId) === true;
  }

  /** How long somebody who is not let in may stay: it says what it waits for, or we wait for it. Undefined: not at all. */
  waitMs({ peerId, hello }: PeerSession): number | undefined {
    const { waiting, peers } = this.#options;
    if (waiting?.isDenied(peerId) === true || peers.isBlocked(peerId)) return undefined;
    if ((hello.intents & intents.addedByKey) !== 0 || waiting?.isAwaited(peerId) === true) return Infinity;
    if ((hello.intents & intents.invite) !== 0) return meetingLimits.inviteWaitMs;
    return waiting?.mayBecomeCommon(hello.provenIds) === true ? meetingLimits.rosterMs : undefined;
  }
}
