// Codes and invites, put together with the parts that they do not know: parties, the book of peers, sessions, the network.

import { isIP } from 'node:net';
import { type InviteParts, inviteHandlers } from './api/invites.ts';
import type { Meeting } from './api/meeting.ts';
import type { ApiServer } from './api/server.ts';
import { asAppError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { Address } from './invites/code.ts';
import { Codes } from './invites/codes.ts';
import type { InviteParties, InvitePeers } from './invites/contracts.ts';
import { Invites } from './invites/invites.ts';
import { PendingInvites } from './invites/pending.ts';
import type { Log } from './log.ts';
import type { MeetingHooks } from './meetingHooks.ts';
import { hostOf } from './network/addresses.ts';
import type { Network } from './network/network.ts';
import type { Parties } from './parties/parties.ts';
import { tellsName } from './parties/labels.ts';
import { checkedName, isWeak } from './parties/partyName.ts';
import { derivedName, displayName } from './peers/names.ts';
import type { Peers } from './peers/peers.ts';
import type { Sessions } from './sessions.ts';
import type { Database } from './storage/database.ts';
import type { Identity } from './storage/identity.ts';

export interface NodeInvitesOptions {
  identity: Identity;
  database: Database;
  nickname(): string;
  parties(): Parties;
  peers(): Peers;
  sessions(): Sessions;
  network(): Network;
  /** `parties/join` and `peers/connect`, with all that follows from them. */
  meeting(): Pick<Meeting, 'joinParty' | 'connectPeer'>;
  log: Log;
  broadcast: ApiServer['broadcast'];
}

export class NodeInvites {
  readonly hooks: MeetingHooks;
  readonly #parts: InviteParts & { pending: PendingInvites };

  constructor(options: NodeInvitesOptions) {
    const { database, identity, log } = options;
    const parties = partiesOf(options);
    const peers = peersOf(options);
    const shared = { database, log, parties, peers, now: Date.now, onChange: () => options.broadcast('invites/changed', {}) };
    const pending = new PendingInvites(shared);
    const codes = new Codes({
      identity,
      nickname: () => options.nickname(),
      parties,
      peers,
      pending,
      safeLine: displayName,
      now: Date.now,
    });
    const invites = new Invites({ ...shared, peerId: identity.peerId, sign: (grant, dates) => codes.sign(grant, dates) });
    this.#parts = { codes, invites, pending, safeLine: displayName };
    this.hooks = {
      opened: (session) => pending.opened(session),
      redeem: (session, message) => invites.redeem(session, message),
      redeemed: (session, message) => pending.redeemed(session, message),
    };
  }

  /** Whether we come to this peer with an invite of its: said in our hello. */
  isAwaited(peerId: PeerId): boolean {
    return this.#parts.pending.isAwaited(peerId);
  }

  handlers(): ReturnType<typeof inviteHandlers> {
    return inviteHandlers(this.#parts);
  }

  open(): void {
    // Asked when sessions open.
  }

  close(): void {
    this.#parts.pending.close();
  }
}

function partiesOf(options: NodeInvitesOptions): InviteParties {
  return {
    get: (partyId) => options.parties().get(partyId),
    isListed: (partyId, peerId) => options.parties().isListed(partyId, peerId),
    join: (name, how) => options.meeting().joinParty(name, how),
    tellsName,
    admit: (partyId, peerId) => options.parties().admit(partyId, peerId),
    look: (givenName) => {
      const name = checkedName(givenName);
      const isJoined = options
        .parties()
        .list()
        .some((party) => party.name === name);
      return { isPublic: isWeak(name), isJoined };
    },
  };
}

function peersOf(options: NodeInvitesOptions): InvitePeers {
  return {
    known: (peerId) => options.peers().get(peerId),
    nameOf: (peerId) => options.peers().get(peerId)?.name ?? derivedName(peerId),
    derivedNameOf: derivedName,
    connect: (peerId) => void options.meeting().connectPeer(peerId),
    session: (peerId) => options.sessions().source(peerId),
    dial: (peerId, addresses) => void dialInTurn(options, peerId, addresses),
    ownAddresses: () => options.network().lanAddresses.flatMap(literalIn),
  };
}

/** One after the other, until one leads to the peer; which of them may be dialled at all is the network's to say. */
async function dialInTurn(options: NodeInvitesOptions, peerId: PeerId, addresses: readonly Address[]): Promise<void> {
  const [network, { log }] = [options.network(), options];
  for (const { host, port } of addresses) {
    try {
      if (options.peers().isOnline(peerId)) return;
      await network.dialAddress(peerId, host, port);
      log.debug(`${peerId} answers at an address of its code`);
      return;
    } catch (thrown) {
      log.debug(`An address of a code of ${peerId} leads nowhere: ${asAppError(thrown).message}`);
    }
  }
}

/** The literal and port in `host:port`; an interface's name in it means nothing elsewhere. */
function literalIn(address: string): Address[] {
  const host = hostOf(address);
  const port = Number(/:(\d+)$/.exec(address)?.[1]);
  return isIP(host) !== 0 && !host.includes('%') && port >= 1 && port <= 65_535 ? [{ host, port }] : [];
}
