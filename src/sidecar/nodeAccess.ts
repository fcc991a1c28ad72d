// Who is let in and kept out, put together with the parts that they do not know: requests for access, blocks, and what becomes of the keys of shares when
// somebody may not see them any more.

import { AppError } from '../protocol/errors.ts';
import type { PartyId, PeerId } from '../protocol/ids.ts';
import type { PartyInfo, PeerInfo } from '../protocol/model.ts';
import { AccessRequests } from './access/accessRequests.ts';
import { accessHandlers } from './api/access.ts';
import type { Meeting } from './api/meeting.ts';
import type { ApiServer } from './api/server.ts';
import type { Catalog } from './catalog/catalog.ts';
import { meetingLimits } from './limits.ts';
import type { Network } from './network/network.ts';
import { derivedName, displayName } from './peers/names.ts';
import type { Peers } from './peers/peers.ts';
import type { Sessions } from './sessions.ts';
import { isInAudience, type Viewer } from './shares/audienceText.ts';
import type { Shares } from './shares/shares.ts';
import type { Database } from './storage/database.ts';

export interface NodeAccessOptions {
  ownPeerId: PeerId;
  database: Database;
  peers: Peers;
  shares: Shares;
  /** These exist by the time that anything is asked. */
  catalog: () => Catalog;
  sessions: () => Sessions;
  network: () => Network;
  /** `peers/connect`, with all that follows from it. */
  meeting: () => Pick<Meeting, 'connectPeer'>;
  broadcast: ApiServer['broadcast'];
}

export class NodeAccess {
  readonly requests: AccessRequests;
  readonly #options: NodeAccessOptions;
  /** Who was on the lists of closed parties when they were looked at last. */
  #listed = new Map<PartyId, readonly PeerId[]>();

  constructor(options: NodeAccessOptions) {
    this.#options = options;
    this.requests = new AccessRequests({
      ...{ database: options.database, peers: options.peers },
      session: (peerId) => options.sessions().source(peerId),
      isOwnShare: (shareId) => options.shares.get(shareId) !== undefined,
      ...{ derivedName, safeLine: displayName },
      onChange: (peerId) => options.broadcast('access/changed', { peerId }),
    });
  }

  handlers(): ReturnType<typeof accessHandlers> {
    const { requests } = this;
    return accessHandlers({
      list: () => requests.list(),
      ask: (peerId, text) => requests.ask(peerId, text),
      grant: (peerId) => this.#grant(peerId),
      deny: (peerId) => {
        requests.deny(peerId);
        const sessions = this.#options.sessions();
        if (sessions.isStranger(peerId)) sessions.end(peerId, 'denied by the user');
      },
    });
  }

  /** Refuses it everywhere from now on, and forgets its shares. */
  async block(peerId: PeerId): Promise<PeerInfo> {
    const { ownPeerId, peers, catalog, sessions, network, shares } = this.#options;
    if (peerId === ownPeerId) throw new AppError('invalid-argument', 'That is your own key. It cannot be blocked.');
    const viewer = this.#viewer(peerId);
    const info = peers.setBlocked(peerId, true);
    this.requests.forget(peerId);
    sessions().end(peerId, 'blocked by the user');
    network().disconnect(peerId);
    // What members of its parties hold they pass on to it: new keys would reach it too.
    shares.renewKeys((audience) => isInAudience(audience, viewer) && !isInAudience(audience, asMember(viewer, ownPeerId)));
    await catalog().forgetPeer(peerId);
    return peers.get(peerId) ?? info;
  }

  /** Nothing is kept of it: who was let in for its key alone is not any more. Whose key an audience names stays in that. */
  forget(peerId: PeerId): void {
    const { peers, shares } = this.#options;
    const viewer = this.#viewer(peerId);
    this.requests.forget(peerId);
    peers.forget(peerId);
    if (!viewer.isAddedByKey) return;
    const after = { ...viewer, isAddedByKey: false };
    shares.renewKeys((audience) => isInAudience(audience, viewer) && !isInAudience(audience, after));
  }

  unblock(peerId: PeerId): PeerInfo {
    const { peers, network } = this.#options;
    const info = peers.setBlocked(peerId, false);
    if (info.isAddedByKey && !info.isDisconnected) network().connect(peerId);
    else network().admission.unban({ peerId }); // Hyperswarm remembers whom it was told to refuse.
    return info;
  }

  /** We joined a party, maybe again: shares that name it may be passed on in it. */
  partyJoined(partyId: PartyId): void {
    this.#options.shares.announceAgain((audience) => audience.partyIds.includes(partyId));
  }

  /** We left a party: who is in no other one with us may not see what it could. Nobody else there: nobody has anything. */
  partyLeft(partyId: PartyId): void {
    this.#options.shares.renewKeys((audience) => audience.everyone || audience.partyIds.includes(partyId));
  }

  /** Lists of closed parties may be others: who was taken off one may not see what its members may. Called first when nothing is known yet. */
  listsChanged(parties: readonly PartyInfo[]): void {
    const before = this.#listed;
    this.#listed = new Map(parties.flatMap(({ partyId, closed }) => (closed ? [[partyId, closed.members] as const] : [])));
    for (const [partyId, members] of this.#listed) {
      if (before.get(partyId)?.some((peerId) => !members.includes(peerId)) === true) this.partyLeft(partyId);
    }
  }

  /** As it was known last, when it is not here. */
  #viewer(peerId: PeerId): Viewer {
    const peer = this.#options.peers.get(peerId);
    return { peerId, partyIds: peer?.partyIds ?? [], isAddedByKey: peer?.isAddedByKey === true };
  }

  #grant(peerId: PeerId): void {
    const { shares, meeting, peers } = this.#options;
    const request = this.requests.get(peerId);
    if (request === undefined)
      throw new AppError('not-found', 'Nobody with this key asks to be let in. See the list of requests.');
    if (peers.isBlocked(peerId)) throw new AppError('invalid-argument', 'You blocked this peer. Unblock it first.');
    const share = request.shareId && shares.get(request.shareId);
    // It asks for one share: never is it given all in its place.
    if (request.shareId !== undefined && share === undefined)
      throw new AppError('not-found', 'The share that it asks for is not shared any more. Deny the request.');
    if (share && !share.audience.everyone) {
      const { partyIds, peerIds } = share.audience;
      if (peerIds.length >= meetingLimits.audiencePeers)
        throw new AppError(
          'too-large',
          `"${share.title}" names ${peerIds.length} people already, which is the most. Take some off it, or use a party.`,
        );
      shares.setAudience(share.shareId, { everyone: false, partyIds, peerIds: [...peerIds, peerId] });
    } else meeting().connectPeer(peerId);
    this.requests.settle(peerId);
  }
}

/** Anybody in the parties of somebody, and nothing beside. */
function asMember({ partyIds }: Viewer, peerId: PeerId): Viewer {
  return { peerId, partyIds, isAddedByKey: false };
}
