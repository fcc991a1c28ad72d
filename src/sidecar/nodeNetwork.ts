// Relays and the diagnosis of the network, put together with the parts that they do not know: settings, the book of peers, sessions, parties.

import type { PeerId } from '../protocol/ids.ts';
import type { NetReport, PartyInfo } from '../protocol/model.ts';
import { networkHandlers } from './api/network.ts';
import { networkLimits } from './limits.ts';
import type { MeetingHooks } from './meetingHooks.ts';
import { type AskedNode } from './network/bootstrapCheck.ts';
import { findingsOf, type LanFacts, ownFamilies } from './network/diagnosis.ts';
import { ownHosts } from './network/links/candidates.ts';
import type { Network, NetworkOptions } from './network/network.ts';
import type { NodeLinks } from './nodeLinks.ts';
import { derivedName } from './peers/names.ts';
import type { Peers } from './peers/peers.ts';
import type { SettingsStore } from './storage/settings.ts';
import type { PeerSession } from './wire/services.ts';

export interface NodeNetworkOptions {
  settings: Pick<SettingsStore, 'get'>;
  network: () => Network;
  peers: () => Peers;
  links: () => Pick<NodeLinks, 'status'>;
  parties: () => PartyInfo[];
  lan: () => LanFacts | undefined;
}

export class NodeNetwork {
  readonly #options: NodeNetworkOptions;
  readonly #sessions = new Set<PeerSession>();
  /** Key of the relay as each session was told last. */
  readonly #told = new Map<PeerSession, string>();
  #diagnosing: Promise<NetReport> | undefined;

  constructor(options: NodeNetworkOptions) {
    this.#options = options;
  }

  /** For `Network`. */
  get relays(): NonNullable<NetworkOptions['relays']> {
    return {
      settings: () => this.#options.settings.get(),
      mayServe: (peerId) => this.#isFriend(peerId),
      onOffer: () => this.#offerToAll(),
    };
  }

  /** For `Sessions`. */
  readonly hooks: MeetingHooks = {
    opened: (session) => {
      this.#sessions.add(session);
      setImmediate(() => this.#offer(session)); // It is in the book of peers by then.
    },
    updated: (session) => setImmediate(() => this.#offer(session)),
    closed: (session) => {
      this.#sessions.delete(session);
      this.#told.delete(session);
      this.#options.network().relays.offered(session.peerId, undefined);
    },
    relay: (session, { key }) => {
      this.#options.network().relays.offered(session.peerId, this.#isFriend(session.peerId) ? key : undefined);
    },
  };

  /** After the settings changed. */
  configure(): void {
    this.#options.network().relays.look();
  }

  handlers(): ReturnType<typeof networkHandlers> {
    return networkHandlers({ diagnose: () => this.#diagnose() });
  }

  /** Whether we relay for it, and take its relay: it proved a party of ours, or we added its key. */
  #isFriend(peerId: PeerId): boolean {
    const peer = this.#options.peers().get(peerId);
    return peer?.isOnline === true && !peer.isBlocked && !peer.isDisconnected && (peer.partyIds.length > 0 || peer.isAddedByKey);
  }

  #offerToAll(): void {
    for (const session of this.#sessions) this.#offer(session);
  }

  #offer(session: PeerSession): void {
    if (!session.isOpen || !this.#sessions.has(session) || !session.understands('relays')) return;
    const isFriend = this.#isFriend(session.peerId);
    const { relays } = this.#options.network();
    if (!isFriend) relays.refuse(session.peerId);
    const key = isFriend ? relays.ownOffer : undefined;
    const told = key ? Buffer.from(key).toString('hex') : '';
    if (told === (this.#told.get(session) ?? '')) return;
    this.#told.set(session, told);
    session.meet({ type: 'relay', key });
  }

  /** Clients that ask at the same time get the same answer. */
  #diagnose(): Promise<NetReport> {
    this.#diagnosing ??= this.#look().finally(() => (this.#diagnosing = undefined));
    return this.#diagnosing;
  }

  async #look(): Promise<NetReport> {
    const { settings, network, peers, links, parties, lan } = this.#options;
    const asked = await inTime(network().askBootstrap(), networkLimits.diagnosisMs);
    const { useRelay, offerRelay, linkListen } = settings.get();
    const { status, relays, isLoopback, publicHost } = network();
    const nameOf = (peerId: PeerId) => peers().get(peerId)?.name ?? derivedName(peerId);
    const online = peers()
      .list()
      .filter(({ isOnline }) => isOnline);
    const findings = findingsOf({
      asked,
      isPublic: status.bootstrap.length === 0,
      ...{ nat: status.nat, ...ownFamilies(), isLoopback, lan: lan(), parties: parties() },
      direct: { isOn: linkListen, ...links().status },
      relay: {
        ...relays.known,
        ...{ isAllowed: useRelay, isOffering: offerRelay, isServing: relays.ownOffer !== undefined, served: relays.servedCount },
      },
      unreachable: [...network().unreachable]
        .filter(([peerId]) => !peers().isOnline(peerId))
        .map(([peerId, failure]) => ({ name: nameOf(peerId), failure }))
        .slice(-networkLimits.toldUnreachable),
    });
    const seen = network().seenAddress;
    return {
      findings,
      nat: status.nat,
      addresses: [...(seen === undefined ? [] : [seen]), ...ownHosts({ isLoopback, boundTo: '', publicHost })],
      peers: online.map(({ peerId, name, path = 'direct', pathReason = 'unknown', roundTripMs, link }) => ({
        ...{ peerId, name, path, pathReason, link: link?.kind ?? 'session' },
        ...(roundTripMs !== undefined && { roundTripMs }),
      })),
    };
  }
}

/** No answers count as silence. */
async function inTime(asked: Promise<AskedNode[]>, ms: number): Promise<AskedNode[]> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<AskedNode[]>((resolve) => (timer = setTimeout(() => resolve([]), ms)));
  try {
    return await Promise.race([asked, late]);
  } finally {
    clearTimeout(timer);
  }
}
