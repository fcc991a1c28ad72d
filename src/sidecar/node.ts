// The composition root: opens every part in order and closes in reverse, and joins what must not know each other. Holds no
// logic of its own beyond that and the moment of leaving.

import type { Settings } from '../protocol/model.ts';
import { productVersion } from '../protocol/version.ts';
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
import { NodeLinks } from './nodeLinks.ts';
import { meetingOf } from './nodeMeeting.ts';
import { Transfers } from './nodeTransfers.ts';
import { Network } from './network/network.ts';
import { Parties } from './parties/parties.ts';
import { derivedName } from './peers/names.ts';
import { Peers } from './peers/peers.ts';
import { Sessions } from './sessions.ts';
import { Shares } from './shares/shares.ts';
import { Database } from './storage/database.ts';
import { feedFolder } from './storage/dataFolder.ts';
import type { Identity } from './storage/identity.ts';
import { SettingsStore } from './storage/settings.ts';
import { signRemoval } from './wire/announcement.ts';

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
  readonly #parties: Parties;
  readonly #network: Network;
  readonly #links: NodeLinks;
  readonly #sessions: Sessions;
  readonly #transfers: Transfers;
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
      parties: () => this.#parties,
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
      signRemoval: (shareId, revision) => signRemoval({ shareId, revision }, identity),
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
      onChange: (peer, shareId) => this.api.broadcast('catalog/changed', { peerId: peer, shareId }),
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

    this.#transfers = new Transfers({
      ...{ dataFolder, identity, database, log: log.for('transfers') },
      settings: () => this.#settings.get(),
      catalog: () => this.#catalog,
      shares: () => this.#shares,
      sessions: () => this.#sessions,
      peers: () => this.#peers,
      parties: () => this.#parties,
      network: () => this.#network,
      details: () => this.#answers.details,
      broadcast: (method, params) => this.api.broadcast(method, params),
      onActivity: () => this.#idle.look(),
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
      isRefused: (peer) => this.#peers.isDisconnected(peer),
      isOfUse: (peer) => this.#transfers.isWith(peer),
    });
    this.#parties = new Parties({ database, topics: this.#network, onlineIn: (partyId) => this.#peers.onlineIn(partyId) });
    this.#links = new NodeLinks({
      ...{ keyPair: identity, settings: this.#settings, network: this.#network, peers: this.#peers },
      log: log.for('network'),
      onChange: () => this.api.broadcast('network/changed', {}),
    });
    this.#sessions = new Sessions({
      peerId,
      keyPair: identity,
      peers: this.#peers,
      shares: this.#shares,
      catalog: this.#catalog,
      local: {
        nickname: () => this.#settings.get().nickname,
        agent: `potluck/${productVersion}`,
        partyProofs: (handshakeHash, proverKey) => this.#parties.proofs(handshakeHash, proverKey),
      },
      fileServer: this.#transfers.fileServer,
      searchServer: this.#answers.search,
      log,
      onOnline: (peer) => this.#transfers.peerOnline(peer),
      links: this.#transfers.alongside(this.#links),
    });

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
    await this.#openPart(this.#links);
    await this.#openPart(this.#network);
    this.#opened.push({ close: () => this.#sessions.endAll('this peer is leaving') });
    this.#parties.open();
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

  #isScanning(): boolean {
    return this.#shares.list().some((share) => share.state === 'scanning');
  }

  #handlers(): AllHandlers {
    return {
      ...meetingHandlers(this.#meeting()),
      ...shareHandlers(this.#shares),
      ...catalogHandlers(this.#answers.parts),
      ...searchHandlers(this.#answers.parts),
      ...this.#transfers.handlers(),
    };
  }

  #meeting(): Meeting {
    const { identity, dataFolder } = this.#options;
    return meetingOf({
      identity,
      dataFolder,
      startedAtMs: this.#startedAtMs,
      ...{
        settings: this.#settings,
        parties: this.#parties,
        peers: this.#peers,
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
      onSettings: () => this.#idle.look(),
      stop: () => this.#stop('stopped by a client'),
    });
  }

  /** Somebody wants it gone: other clients are told, so that they do not start it again. */
  #stop(reason: string): void {
    this.api.broadcast('sidecar/stopping', {});
    this.#options.onLeave(reason);
  }
}
