// Parties, their lists, their members and what members tell, put together with the parts that they do not know: the network, the book of peers,
// sessions, clients.

import { AppError } from '../protocol/errors.ts';
import type { PeerId } from '../protocol/ids.ts';
import type { PartyInfo } from '../protocol/model.ts';
import { partyHandlers, type PartyVerbs } from './api/parties.ts';
import type { ApiServer } from './api/server.ts';
import { networkLimits } from './limits.ts';
import type { MeetingHooks } from './meetingHooks.ts';
import { hostOf, pathOf } from './network/addresses.ts';
import type { Network } from './network/network.ts';
import type { NodeAccess } from './nodeAccess.ts';
import { Gossip } from './parties/gossip.ts';
import { Members } from './parties/members.ts';
import { Parties } from './parties/parties.ts';
import { RosterExchange } from './parties/rosterExchange.ts';
import { derivedName, displayName, shownName } from './peers/names.ts';
import type { Peers } from './peers/peers.ts';
import type { Sessions } from './sessions.ts';
import type { Database } from './storage/database.ts';
import type { Identity } from './storage/identity.ts';
import type { SettingsStore } from './storage/settings.ts';

export interface NodePartiesOptions {
  identity: Identity;
  database: Database;
  settings: SettingsStore;
  network: Network;
  peers(): Peers;
  sessions(): Sessions;
  transfers(): { partiesChanged(): void };
  /** Blocked, or to stay away. */
  isRefused(peerId: PeerId): boolean;
  access(): Pick<NodeAccess, 'listsChanged' | 'partyJoined' | 'partyLeft' | 'requests'>;
  broadcast: ApiServer['broadcast'];
}

export class NodeParties {
  readonly parties: Parties;
  /** In this order: who is let in by a new list is told of members after it. */
  readonly hooks: readonly MeetingHooks[];
  readonly #options: NodePartiesOptions;
  readonly #rosters: RosterExchange;
  readonly #members: Members;
  readonly #gossip: Gossip;

  constructor(options: NodePartiesOptions) {
    this.#options = options;
    const { identity, database, network, settings } = options;
    this.parties = new Parties({
      ...{ database, own: identity, topics: network },
      onlineIn: (partyId) => options.peers().onlineIn(partyId),
      safeLine: displayName,
      onRoster: () => {
        options.access().listsChanged(this.parties.list());
        this.#rosters.changed();
        this.changed();
      },
    });
    this.#rosters = new RosterExchange(this.parties);
    this.#gossip = new Gossip({
      ...{ own: identity, parties: this.parties },
      isOn: () => settings.get().gossip,
      nickname: () => settings.get().nickname,
      // Others are not tried: see network/hints.ts.
      addresses: () => network.lanAddresses.filter((address) => pathOf(hostOf(address)) === 'lan'),
      isConnected: (peerId) => options.peers().isOnline(peerId),
      isRefused: (peerId) => options.isRefused(peerId),
      reach: (peerId, addresses) => this.#reach(peerId, addresses),
      onChange: () => options.broadcast('parties/changed', {}),
    });
    this.#members = new Members({
      ...{ database, parties: this.parties, hearsay: this.#gossip.hearsay },
      own: { peerId: identity.peerId, name: () => settings.get().nickname || derivedName(identity.peerId) },
      person: (peerId) => options.peers().get(peerId),
      ...{ nameOf: shownName, derivedName },
    });
    this.hooks = [this.#rosters, this.#members, this.#gossip];
  }

  open(): void {
    this.#options.access().listsChanged(this.parties.list());
    this.parties.open();
    this.#gossip.open();
  }

  close(): void {
    this.#gossip.close();
  }

  handlers(): ReturnType<typeof partyHandlers> {
    const { parties } = this;
    const verbs: PartyVerbs = {
      list: () => parties.list(),
      join: (name) => this.join(name),
      setLabel: (partyId, label) => {
        const party = parties.setLabel(partyId, label);
        this.#options.broadcast('parties/changed', {});
        return party;
      },
      create: (how) => this.#changing(() => parties.create(how)),
      leave: async (partyId) => {
        const others = parties.has(partyId) ? this.#members.list(partyId).filter(({ isOwn }) => !isOwn) : [];
        // Ours at once; to take it off the DHT may take a while.
        const leaving = parties.leave(partyId);
        this.changed();
        if (others.length > 0) this.#options.access().partyLeft(partyId);
        await leaving;
      },
      members: (partyId) => {
        if (!parties.has(partyId)) throw new AppError('not-found', 'You are not in that party. See the list of parties.');
        return this.#members.list(partyId);
      },
      // What changes is told by onRoster.
      admit: (partyId, peerId) => parties.admit(partyId, peerId),
      expel: (partyId, peerId) => {
        const info = parties.expel(partyId, peerId);
        // It has our key, by its invite, and would ask to be let in the moment that it is put out.
        this.#options.access().requests.deny(peerId);
        return info;
      },
    };
    return partyHandlers(verbs);
  }

  /** `parties/join`, with all that follows from it. */
  join(name: string, how?: { label?: string }): PartyInfo {
    const { count } = this.parties;
    const party = this.#changing(() => this.parties.join(name, how));
    if (this.parties.count > count) this.#options.access().partyJoined(party.partyId);
    return party;
  }

  /** Nothing is known of a peer any more, nor heard of it from now until it is told anew. */
  forget(peerId: PeerId): void {
    this.#members.forget(peerId);
  }

  settingsChanged(): void {
    this.#gossip.changed();
  }

  /** Parties, or who is a member of one, are not the same any more: sessions look again what is in common. */
  changed(): void {
    this.#options.sessions().introduceAgain();
    this.#options.transfers().partiesChanged();
    this.#options.broadcast('parties/changed', {});
  }

  #changing<T>(change: () => T): T {
    const result = change();
    this.changed();
    return result;
  }

  /** Some connections are left for those who come to us. */
  #reach(peerId: PeerId, addresses: string[]): void {
    if (this.#options.peers().onlineCount < networkLimits.outgoingConnections) this.#options.network.hint(peerId, addresses);
  }
}
