// The composition root: opens every part in order and closes in reverse, and joins what must not know each other. Holds no
// logic of its own beyond that and the moment of leaving.

import type { PeerId } from '../protocol/ids.ts';
import type { Settings } from '../protocol/model.ts';
import { productVersion } from '../protocol/version.ts';
import { banHandlers } from './api/bans.ts';
import { AudienceTags } from './audienceTags.ts';
import { catalogHandlers } from './api/catalog.ts';
import type { AllHandlers } from './api/handlers.ts';
import { type Meeting, meetingHandlers } from './api/meeting.ts';
import { searchHandlers } from './api/search.ts';
import { ApiServer } from './api/server.ts';
import { shareHandlers } from './api/sharing.ts';
import { Catalog } from './catalog/catalog.ts';
import { DetailStore } from './catalog/details/detailStore.ts';
import { Feeds } from './catalog/feeds/feeds.ts';
import { IdleTimer } from './idle.ts';
import type { NodeLog } from './nodeLog.ts';
import { Answers } from './nodeAnswers.ts';
import { NodeCompare } from './nodeCompare.ts';
import { NodeLinks } from './nodeLinks.ts';
import { NodeAccess } from './nodeAccess.ts';
import { NodeParties } from './nodeParties.ts';
import { NodeInvites } from './nodeInvites.ts';
import { NodeSending } from './nodeSending.ts';
import { meetingOf } from './nodeMeeting.ts';
import { Transfers } from './nodeTransfers.ts';
import { NodeNetwork } from './nodeNetwork.ts';
import { Network } from './network/network.ts';
import { partyKeyOf } from './network/partyProof.ts';
import { derivedName } from './peers/names.ts';
import { Peers } from './peers/peers.ts';
import { Sessions } from './sessions.ts';
import { Shares } from './shares/shares.ts';
import { Database } from './storage/database.ts';
import { feedFolder } from './storage/dataFolder.ts';
import { type Identity, peerIdOf } from './storage/identity.ts';
import { SettingsStore } from './storage/settings.ts';
import { signRemoval } from './wire/announcement.ts';
import { intents } from './wire/codec.ts';

export interface NodeOptions {
  dataFolder: string;
  identity: Identity;
  /** Settings from the command line and environment; they go before the stored ones. */
  overrides: Partial<Settings>;
  log: NodeLog;
  /** The sidecar wants to end: idle, stopped by a client, or replaced by a newer one. */
  onLeave(reason: string): void;
}

export class SidecarNode {
  readonly api: ApiServer;
  readonly #options: NodeOptions;
  readonly #startedAtMs = Date.now();
  readonly #database: Database;
  readonly #settings: SettingsStore;
  readonly #feeds: Feeds;
  readonly #details: DetailStore;
  readonly #shares: Shares;
  readonly #catalog: Catalog;
  readonly #answers: Answers;
  readonly #peers: Peers;
  readonly #parties: NodeParties;
  readonly #access: NodeAccess;
  readonly #tags = new AudienceTags((partyId) => this.#parties.parties.list().find((party) => party.partyId === partyId)?.name);
  readonly #network: Network;
  /** Relays and the diagnosis. */
  readonly #net: NodeNetwork;
  readonly #links: NodeLinks;
  readonly #invites: NodeInvites;
  readonly #sessions: Sessions;
  readonly #transfers: Transfers;
  readonly #sending: NodeSending;
  readonly #compare: NodeCompare;
  readonly #meeting: Meeting;
  readonly #idle: IdleTimer;
  readonly #opened: { close(): Promise<void> | void }[] = [];

  constructor(options: NodeOptions) {
    this.#options = options;
    const { dataFolder, identity, log } = options;
    const { peerId } = identity;
    const database = new Database(dataFolder);
    this.#database = database;
    this.#settings = new SettingsStore(database, options.overrides);

    this.#feeds = new Feeds({
      folder: feedFolder(dataFolder),
      log: log.for('catalog'),
      onReopen: () => this.#sessions.endAll('the feeds are opened again after the disk was full'),
    });
    this.#details = new DetailStore({ dataFolder, log: log.for('catalog') });
    this.#answers = new Answers({
      database,
      details: this.#details,
      own: { peerId, name: () => this.#settings.get().nickname || derivedName(peerId) },
      catalog: () => this.#catalog,
      peers: () => this.#peers,
      parties: () => this.#parties.parties,
      source: (peer) => this.#sessions.source(peer),
      log: log.for('search'),
      broadcast: (method, params) => this.api.broadcast(method, params),
    });
    this.#shares = new Shares({
      database,
      dataFolder,
      feeds: this.#feeds,
      listener: this.#answers,
      details: {
        store: this.#details,
        roots: {
          rootOf: (file, stats) => this.#transfers.trees.rootOf(file, stats),
          mayKnow: (file) => this.#transfers.trees.mayKnow(file),
        },
        isOn: () => this.#settings.get().describeFiles,
      },
      log: log.for('shares'),
      ownPeerId: peerId,
      checkFolder: (root) => this.#sending.checkShare(root),
      signRemoval: (shareId, revision, audience) => {
        const passTags = this.#tags.of(shareId, audience);
        return signRemoval({ shareId, revision, ...(passTags !== undefined && { passTags }) }, identity);
      },
      onChange: (shareId) => {
        this.api.broadcast('shares/changed', { shareId });
        this.api.broadcast('catalog/changed', { peerId, shareId });
        this.#idle.look();
      },
      onAnnouncement: () => this.#sessions.announceShares(),
    });
    this.#catalog = new Catalog({
      database,
      dataFolder,
      feeds: this.#feeds,
      own: { peerId, shares: this.#shares },
      details: this.#details,
      isOnline: (peer) => this.#peers.isOnline(peer),
      log: log.for('catalog'),
      listener: this.#answers,
      onChange: (peer, shareId) => {
        this.api.broadcast('catalog/changed', { peerId: peer, shareId });
        this.#transfers.contentsChanged();
      },
      onHostile: (peer, reason) => this.#sessions.endHostile(peer, reason),
      onHoldings: () => this.#sessions.passOn(),
    });
    this.#peers = new Peers({
      database,
      sharesOf: (peer) => this.#catalog.shares(peer),
      onChange: (peer) => {
        this.api.broadcast('peers/changed', { peerId: peer });
        this.api.broadcast('parties/changed', {});
      },
    });

    this.#sending = new NodeSending({
      ...{ ownPeerId: peerId, database, dataFolder, log: log.for('transfers') },
      downloadFolder: () => this.#settings.get().downloadFolder,
      sharedFolders: () => this.#shares.list().map(({ path }) => path),
      ...{ peers: () => this.#peers, sessions: () => this.#sessions, transfers: () => this.#transfers },
      broadcast: (method, params) => this.api.broadcast(method, params),
    });
    this.#transfers = new Transfers({
      sending: () => this.#sending,
      ...{ dataFolder, identity, database, log: log.for('transfers') },
      settings: () => this.#settings.get(),
      catalog: () => this.#catalog,
      shares: () => this.#shares,
      sessions: () => this.#sessions,
      peers: () => this.#peers,
      parties: () => this.#parties.parties,
      network: () => this.#network,
      details: () => this.#answers.details,
      broadcast: (method, params) => this.api.broadcast(method, params),
      onActivity: () => this.#idle.look(),
    });
    this.#compare = new NodeCompare({
      ...{ ownPeerId: peerId, details: this.#details, transfers: this.#transfers },
      ...{ catalog: () => this.#catalog, shares: () => this.#shares, sessions: () => this.#sessions },
    });
    this.#net = new NodeNetwork({
      settings: this.#settings,
      ...{ network: () => this.#network, peers: () => this.#peers, links: () => this.#links },
      parties: () => this.#parties.parties.list(),
      lan: () => this.#network.lanStatus,
    });
    this.#network = new Network({
      keyPair: identity,
      bootstrap: this.#settings.get().bootstrap,
      log: log.for('network'),
      onConnection: (connection) => this.#sessions.connected(connection),
      onChange: () => {
        this.api.broadcast('network/changed', {});
        this.api.broadcast('parties/changed', {});
      },
      lan: {
        settings: () => this.#settings.get(),
        sought: () => ({
          partyKeys: this.#parties.parties.list().map(({ name }) => partyKeyOf(name)),
          contacts: this.#peers.addedByKey(),
        }),
      },
      onPath: (peer) => this.#peers.changed(peer),
      relays: this.#net.relays,
      isRefused: (peer) => this.#isRefused(peer),
      mayComeAgain: (peer) => this.#sessions.mayComeAgain(peer),
      isKnown: (peer) => this.#peers.isFamiliar(peer),
      isOfUse: (peer) => this.#transfers.isWith(peer),
    });
    this.#access = new NodeAccess({
      ...{ ownPeerId: peerId, database, peers: this.#peers, shares: this.#shares },
      ...{ catalog: () => this.#catalog, sessions: () => this.#sessions, network: () => this.#network },
      meeting: () => this.#meeting,
      forgetOffers: (peer) => this.#sending.forgetPeer(peer),
      broadcast: (method, params) => this.api.broadcast(method, params),
    });
    this.#parties = new NodeParties({
      access: () => this.#access,
      ...{ identity, database, settings: this.#settings, network: this.#network },
      ...{ peers: () => this.#peers, sessions: () => this.#sessions, transfers: () => this.#transfers },
      isRefused: (peer) => this.#isRefused(peer),
      broadcast: (method, params) => this.api.broadcast(method, params),
    });
    this.#links = new NodeLinks({
      ...{ keyPair: identity, settings: this.#settings, network: this.#network, peers: this.#peers },
      log: log.for('network'),
      onChange: () => this.api.broadcast('network/changed', {}),
    });
    this.#invites = new NodeInvites({
      ...{ identity, database, log: log.for('parties') },
      nickname: () => this.#settings.get().nickname || derivedName(peerId),
      ...{
        parties: () => this.#parties.parties,
        peers: () => this.#peers,
        sessions: () => this.#sessions,
        network: () => this.#network,
      },
      meeting: () => this.#meeting,
      broadcast: (method, params) => this.api.broadcast(method, params),
    });
    this.#sessions = new Sessions({
      peerId,
      keyPair: identity,
      peers: this.#peers,
      shares: this.#shares,
      catalog: this.#catalog,
      local: {
        nickname: ({ remoteKey, partyIds }) =>
          partyIds.length > 0 || this.#peers.isAddedByKey(peerIdOf(remoteKey)) ? this.#settings.get().nickname : '',
        agent: `potluck/${productVersion}`,
        partyProofs: (handshakeHash, proverKey) => this.#parties.parties.proofs(handshakeHash, proverKey),
        mayShareIn: (partyId, remoteKey) => this.#parties.parties.mayShareIn(partyId, peerIdOf(remoteKey)),
        intents: (remoteKey) => this.#intentsFor(peerIdOf(remoteKey)),
      },
      fileServer: this.#transfers.fileServer,
      searchServer: this.#answers.search,
      log,
      onOnline: (peer) => this.#transfers.peerOnline(peer),
      onAudience: () => this.#transfers.audienceChanged(),
      onOffence: (connection, reason) => this.#network.offended(connection, reason),
      links: this.#transfers.alongside(this.#links),
      tags: this.#tags,
      waiting: {
        isDenied: (peer) => this.#access.requests.isDenied(peer),
        isAwaited: (peer) => this.#invites.isAwaited(peer),
        mayBecomeCommon: (provenIds) => this.#parties.parties.mayBecomeCommon(provenIds),
      },
      meeting: [...this.#parties.hooks, this.#invites.hooks, this.#net.hooks, this.#access.requests, this.#sending.hooks],
    });

    this.#meeting = this.#makeMeeting();
    this.#idle = new IdleTimer({
      minutes: () => this.#settings.get().idleMinutes,
      isBusy: () => this.api.clientCount > 0 || this.#transfers.isBusy || this.#isScanning(),
      onIdle: () => options.onLeave('no client and no transfer for a while'),
    });
    this.api = new ApiServer({
      dataFolder,
      peerId,
      handlers: this.#handlers(),
      log: log.for('api'),
      logTail: () => log.tail(),
      onClients: () => this.#idle.look(),
      onOutdated: () => this.#stop('a newer client asked for its own sidecar'),
    });
    log.onEntry((entry) => this.api.broadcastLog(entry));
  }

  /** Opens everything; clients are served last, peers are met in the background. */
  async open(): Promise<void> {
    await this.#openPart(this.#feeds);
    this.#opened.push(this.#details);
    await this.#openPart(this.#shares);
    await this.#openPart(this.#catalog);
    this.#peers.dropHearsay();
    await this.#openPart(this.#answers);
    await this.#openPart(this.#transfers);
    await this.#openPart(this.#sending);
    await this.#openPart(this.#compare);
    await this.#openPart(this.#links);
    await this.#openPart(this.#network);
    this.#opened.push({ close: () => this.#sessions.endAll('this peer is leaving') });
    await this.#openPart(this.#invites);
    await this.#openPart(this.#parties);
    for (const peerId of this.#peers.addedByKey()) this.#network.connect(peerId);
    await this.#openPart(this.api);
    this.#idle.look();
  }

  /** Closes in reverse order of opening. One part that fails to close does not keep the others. */
  async close(): Promise<void> {
    this.#idle.close();
    for (const part of this.#opened.splice(0).reverse()) {
      try {
        await part.close();
      } catch (error) {
        this.#options.log.error(`A part did not close: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    this.#database.close();
  }

  async #openPart(part: { open(): Promise<void> | void; close(): Promise<void> | void }): Promise<void> {
    this.#opened.push(part);
    await part.open();
  }

  #isRefused(peer: PeerId): boolean {
    return this.#peers.isDisconnected(peer) || this.#peers.isBlocked(peer);
  }

  #isScanning(): boolean {
    return this.#shares.list().some((share) => share.state === 'scanning');
  }

  /** Why we come to a peer with whom no party is in common: said in our hello. */
  #intentsFor(peer: PeerId): number {
    return (this.#peers.isAddedByKey(peer) ? intents.addedByKey : 0) | (this.#invites.isAwaited(peer) ? intents.invite : 0);
  }

  #handlers(): AllHandlers {
    return {
      ...meetingHandlers(this.#meeting),
      ...this.#parties.handlers(),
      ...this.#invites.handlers(),
      ...this.#access.handlers(),
      ...banHandlers(this.#network.admission),
      ...this.#net.handlers(),
      ...shareHandlers(this.#shares),
      ...catalogHandlers(this.#answers.parts),
      ...searchHandlers(this.#answers.parts),
      ...this.#transfers.handlers(),
      ...this.#sending.handlers(),
      ...this.#compare.handlers(),
    };
  }

  #makeMeeting(): Meeting {
    const { identity, dataFolder } = this.#options;
    return meetingOf({
      identity,
      dataFolder,
      startedAtMs: this.#startedAtMs,
      ...{
        settings: this.#settings,
        parties: this.#parties,
        peers: this.#peers,
        access: this.#access,
        sending: this.#sending,
        network: this.#network,
        sessions: this.#sessions,
        links: this.#links,
      },
      ...{
        catalog: this.#catalog,
        shares: this.#shares,
        transfers: this.#transfers,
        api: () => this.api,
      },
      onSettings: () => {
        this.#net.configure();
        this.#idle.look();
      },
      stop: () => this.#stop('stopped by a client'),
    });
  }

  /** Somebody wants it gone: other clients are told, so that they do not start it again. */
  #stop(reason: string): void {
    this.api.broadcast('sidecar/stopping', {});
    this.#options.onLeave(reason);
  }
}
