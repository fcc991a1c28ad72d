// The only place that meets other peers: Hyperswarm by topic and by key. Yields encrypted connections whose key is proven, and knows
// nothing of what is said on them. Copes with a network that is not there, and with bootstrap nodes that come later.

import type Hyperswarm from 'hyperswarm';
import type NoiseSecretStream from '@hyperswarm/secret-stream';
import type { PeerId } from '../../protocol/ids.ts';
import type { PartyInfo, SidecarStatus } from '../../protocol/model.ts';
import { networkLimits, wireLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { peerIdOf, publicKeyOf } from '../storage/identity.ts';
import type { Admission } from './admission.ts';
import { bindHostFor, checkBootstrap } from './addresses.ts';
import { Binding } from './binding.ts';
import { type ContentTopic, ContentTopics } from './contentTopics.ts';
import { Door } from './door.ts';
import { HandshakeGuard } from './handshakeGuard.ts';
import { connectionOf, type NetworkConnection, type NetworkOptions, noLan, noRelays } from './connection.ts';
import { Hints } from './hints.ts';
import { Lan, type LanStatus } from './lan/lan.ts';
import { askBootstrap, type AskedNode } from './bootstrapCheck.ts';
import { Redials } from './redials.ts';
import { growBuffers } from './receiveBuffers.ts';
import { probe } from './probe.ts';
import { Relays } from './relays.ts';
import { Roaming } from './roaming.ts';
import { statusOf } from './status.ts';
import { newSwarm } from './swarm.ts';
import { type PunchFailure, SwarmDht } from './swarmDht.ts';
import { Topics } from './topics.ts';
import { withinMs } from './within.ts';

export type { NetworkConnection, NetworkOptions } from './connection.ts';

export class Network {
  readonly #options: NetworkOptions;
  readonly #log: Log;
  readonly #topics: Topics;
  readonly #contents: ContentTopics;
  readonly #redials: Redials;
  readonly #hints: Hints;
  readonly relays: Relays;
  /** Who is let in, for all ways in. */
  readonly admission: Admission;
  readonly #door: Door;
  readonly #lan: Lan;
  readonly #binding: Binding;
  readonly #roaming: Roaming;
  #bootstrap: string[];
  #isOpen = false;
  #swarm: Hyperswarm | undefined;
  #dht: SwarmDht | undefined;
  /** When Hyperswarm connected a peer that is here. */
  readonly #since = new Map<PeerId, number>();
  #guard: HandshakeGuard | undefined;
  #stopProbing: (() => void) | undefined;
  #wasReachable = false;
  #lastTold = '';

  /** Throws `invalid-argument` for a malformed bootstrap list. */
  constructor(options: NetworkOptions) {
    checkBootstrap(options.bootstrap);
    this.#options = options;
    this.#log = options.log;
    this.#bootstrap = [...options.bootstrap];
    this.relays = new Relays({ keyPair: options.keyPair, log: options.log, ...(options.relays ?? noRelays) });
    this.#door = new Door({
      ...options,
      mayBeByContent: (peerId, { isInitiator }) =>
        this.#contents.isDialled(publicKeyOf(peerId)) || (!isInitiator && this.#contents.isAnnouncing),
      count: () => this.#swarm?.connections.size ?? 0,
      guard: () => this.#guard,
      connections: () => [...(this.#swarm?.connections ?? []), ...this.#lan.connections],
      onUnbanned: ({ peerId }) => {
        if (peerId !== undefined) this.#swarm?.peers.get(publicKeyOf(peerId).toString('hex'))?.ban(false);
      },
    });
    this.admission = this.#door.admission;
    const lan = options.lan ?? noLan;
    this.#lan = new Lan({
      ...{ keyPair: options.keyPair, log: options.log, admission: this.admission, ...lan },
      world: () => (this.isLoopback ? this.#bootstrap.join() : ''),
      publicHost: () => this.publicHost,
      isConnected: (peerId) => this.#connectionsOf(peerId).length > 0,
      otherSinceMs: (peerId) => this.#since.get(peerId),
      onConnection: (connection) => this.#connectedLan(connection),
      onChange: () => options.onChange(),
    });
    this.#binding = new Binding({
      log: options.log,
      bootstrap: () => this.#bootstrap,
      chosen: () => lan.settings().networkInterface,
      onChange: () => void this.#restart(),
    });
    this.#roaming = new Roaming({ log: options.log, connections: () => this.#swarm?.connections ?? [] });
    this.#topics = new Topics({ onChange: () => this.#changed() });
    this.#contents = new ContentTopics({
      ownKey: options.keyPair.publicKey,
      dial: (key) => this.#swarm?.joinPeer(key),
      release: (key) => {
        if (!this.#redials.has(peerIdOf(key))) this.#swarm?.leavePeer(key);
      },
      isConnected: (key) => this.#connectionsOf(peerIdOf(key)).length > 0,
    });
    this.#redials = new Redials({
      dial: (peerId) => this.#swarm?.joinPeer(publicKeyOf(peerId)),
      isConnected: (peerId) => this.#connectionsOf(peerId).length > 0,
    });
    this.#hints = new Hints({
      dialAddress: (peerId, host, port) => this.dialAddress(peerId, host, port),
      dial: (peerId) => this.#swarm?.joinPeer(publicKeyOf(peerId)),
      stop: (peerId) => this.#swarm?.leavePeer(publicKeyOf(peerId)),
      isConnected: (peerId) => this.#connectionsOf(peerId).length > 0,
      isKept: (peerId) => this.#redials.has(peerId),
    });
  }

  /** Answers at once; bootstrap nodes are tried until they answer. */
  async open(): Promise<void> {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#lan.open();
      this.#binding.open();
      this.#start();
    }
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    this.#lan.close();
    this.#binding.close();
    this.admission.close();
    const swarm = this.#stop();
    if (swarm) await this.#destroy(swarm);
  }

  joinTopic(topic: Uint8Array): void {
    this.#topics.add(topic);
    this.#lan.configureSoon();
  }

  /** Stops announcing; connections to its members stay. */
  async leaveTopic(topic: Uint8Array): Promise<void> {
    this.#lan.configureSoon();
    await withinMs(this.#topics.remove(topic), networkLimits.leaveMs);
  }

  /** By which contents we are to be found, and whose holders are to be met. Replaces what was wanted before. */
  setContentTopics(topics: readonly ContentTopic[]): void {
    this.#contents.set(topics);
  }

  topicState(topic: Uint8Array): PartyInfo['state'] {
    return this.#topics.stateOf(topic, this.status.state !== 'offline');
  }

  /** Finds a peer by its key alone, and keeps trying. */
  connect(peerId: PeerId): void {
    const key = publicKeyOf(peerId);
    // Hyperswarm remembers whom the firewall refused once.
    this.#swarm?.peers.get(key.toString('hex'))?.ban(false);
    this.#hints.remove(peerId);
    this.#redials.add(peerId);
    this.#lan.configureSoon();
  }

  /** Tries to reach a peer of whom others told, where it says that it is (`host:port`) and by its key, soon and once: see hints.ts. */
  hint(peerId: PeerId, addresses: readonly string[] = []): void {
    this.#hints.add(peerId, addresses);
  }

  /** Stops trying, and closes the connection. A peer of a joined topic stays away only while `isRefused` says so. */
  disconnect(peerId: PeerId): void {
    this.#redials.remove(peerId);
    this.#hints.remove(peerId);
    this.#swarm?.leavePeer(publicKeyOf(peerId));
    this.#lan.configureSoon();
    for (const stream of this.#connectionsOf(peerId)) stream.destroy();
  }

  /** A peer broke a rule: with others of late, it is kept away for a while. A relay's address is not its own. */
  offended({ peerId, path, stream }: Pick<NetworkConnection, 'peerId' | 'path' | 'stream'>, reason: string): void {
    const host = path === 'relayed' ? undefined : (stream.rawStream.remoteHost ?? undefined);
    this.admission.offended({ peerId, ...(host !== undefined && { host }) }, reason);
  }

  /** Changes to other DHT nodes while running: connections end, topics and peers are looked up anew. Throws `invalid-argument`. */
  async setBootstrap(bootstrap: string[]): Promise<void> {
    checkBootstrap(bootstrap);
    this.#bootstrap = [...bootstrap];
    await this.#restart();
  }

  /** After the settings of the local network, or the chosen interface, changed. */
  configure(): void {
    this.#lan.configure();
    this.#binding.look();
  }

  /** See Lan.dialAddress: the way to a peer whose address is known, with no DHT. */
  async dialAddress(peerId: PeerId, host: string, port: number): Promise<void> {
    return this.#lan.dialAddress(peerId, host, port);
  }

  get lanStatus(): LanStatus {
    return this.#lan.status;
  }

  /** `host:port` where others may dial us by `dialAddress`. */
  get lanAddresses(): string[] {
    return this.#lan.addresses;
  }

  get status(): SidecarStatus['network'] {
    return statusOf(this.#dht, this.#bootstrap);
  }

  /** Where a connected peer is, as its connection shows. */
  remoteHostOf(peerId: PeerId): string | undefined {
    return this.#connectionsOf(peerId)[0]?.rawStream.remoteHost ?? undefined;
  }

  /** Our address as others see it, when they can reach us there by themselves. */
  get publicHost(): string | undefined {
    const dht = this.#swarm?.dht;
    return dht && !dht.firewalled ? (dht.host ?? undefined) : undefined;
  }

  /** Peers that answered, and to whom no way was found, as of the last try. */
  get unreachable(): ReadonlyMap<PeerId, PunchFailure> {
    return this.#dht?.failures ?? new Map<PeerId, PunchFailure>();
  }

  /** Asks every bootstrap node whether it is there; nothing while the network is closed. */
  async askBootstrap(): Promise<AskedNode[]> {
    return this.#dht ? askBootstrap(this.#dht, this.#bootstrap) : [];
  }

  /** Our address as DHT nodes see it; without a port when it differs from node to node. */
  get seenAddress(): string | undefined {
    const { host, port } = this.#dht ?? {};
    return host ? (port ? `${host}:${port}` : host) : undefined;
  }

  /** Everything is on this machine: for tests and trials. */
  get isLoopback(): boolean {
    return bindHostFor(this.#bootstrap) !== undefined;
  }

  /** With the newest list and interface, should they have changed again meanwhile. */
  async #restart(): Promise<void> {
    this.#lan.configure();
    const swarm = this.#stop();
    if (!swarm && !this.#binding.isMissing) return; // Another call is at it.
    if (swarm) await this.#destroy(swarm);
    if (this.#isOpen && !this.#swarm) this.#start();
  }

  #start(): void {
    const host = this.#binding.take();
    if (this.#binding.isMissing) return;
    const dht = new SwarmDht(
      { ...(this.#bootstrap.length > 0 && { bootstrap: this.#bootstrap }), ...(host !== undefined && { host }) },
      this.relays,
    );
    const swarm = newSwarm({ keyPair: this.#options.keyPair, dht, admission: this.admission });
    this.#swarm = swarm;
    this.#dht = dht;
    this.relays.attach(dht);
    this.#guard = new HandshakeGuard(this.admission);
    this.#guard.attach(swarm.server);
    this.#wasReachable = false;
    const onError = (error: Error) => this.#log.warn(`the network reported: ${error.message}`);
    dht.on('error', onError);
    swarm.on('error', onError);
    for (const event of ['ready', 'network-update', 'network-change', 'nat-update', 'persistent', 'add-node', 'remove-node']) {
      dht.on(event, () => this.#changed());
    }
    dht.on('network-change', () => this.#roaming.changed());
    swarm.on('connection', (stream) => this.#connected(swarm, dht, stream));
    dht.bind().then(
      () => growBuffers([dht.io.serverSocket, dht.io.clientSocket], this.#log),
      (error: Error) => this.#log.error(`no UDP socket for the network: ${error.message}`),
    );
    swarm.listen().catch((error: Error) => this.#log.debug(`listening was cut short: ${error.message}`));
    this.#topics.attach(swarm);
    this.#contents.attach(swarm);
    this.#redials.tryAll();
    this.#hints.start();
    this.#stopProbing = probe(dht, () => this.#changed());
  }

  #stop(): Hyperswarm | undefined {
    const swarm = this.#swarm;
    this.#swarm = undefined;
    this.#dht = undefined;
    this.relays.detach();
    this.#guard?.close();
    this.#guard = undefined;
    this.#stopProbing?.();
    this.#roaming.close();
    this.#topics.detach();
    this.#contents.detach();
    this.#redials.pause();
    this.#hints.pause();
    return swarm;
  }

  /** Tells the DHT that we leave, where it still answers. */
  async #destroy(swarm: Hyperswarm): Promise<void> {
    for (const stream of swarm.connections) stream.destroy();
    const isGone = await withinMs(swarm.destroy(), networkLimits.leaveMs);
    if (!isGone) await withinMs(swarm.dht.destroy({ force: true }), networkLimits.leaveMs);
    this.#changed();
  }

  #connected(swarm: Hyperswarm, dht: SwarmDht, stream: NoiseSecretStream): void {
    stream.on('error', () => undefined); // Told with the close; without a listener it would end the process.
    const { remotePublicKey, handshakeHash } = stream;
    if (this.#swarm !== swarm || !remotePublicKey || !handshakeHash) {
      stream.destroy();
      return;
    }
    const peerId = peerIdOf(remotePublicKey);
    const leave = this.#door.enter(peerId, stream);
    if (!leave) {
      stream.destroy();
      return;
    }
    stream.once('close', leave);
    dht.opened(peerId, stream);
    growBuffers([stream.rawStream.socket], this.#log);
    this.#redials.connected(peerId);
    this.#hints.connected(peerId);
    this.#since.set(peerId, performance.now());
    stream.on('close', () => {
      this.#since.delete(peerId);
      if (this.#swarm !== swarm) return;
      this.#redials.disconnected(peerId);
      this.#topics.lookUpSoon();
    });
    stream.rawStream.on('remote-changed', () => {
      dht.opened(peerId, stream);
      this.#options.onPath?.(peerId);
    });
    this.#handOn(connectionOf(dht, { stream, peerId, remotePublicKey, handshakeHash }));
  }

  #connectedLan(connection: NetworkConnection): void {
    const { peerId, stream } = connection;
    const leave = this.admission.connect({ peerId, host: stream.rawStream.remoteHost ?? undefined });
    if (!leave || this.#lan.connections.length > wireLimits.connections) {
      leave?.();
      stream.destroy();
      return;
    }
    stream.once('close', leave);
    this.#redials.connected(peerId);
    this.#hints.connected(peerId);
    stream.on('close', () => this.#redials.disconnected(peerId));
    this.#handOn(connection);
  }

  #handOn(connection: NetworkConnection): void {
    try {
      this.#options.onConnection(connection);
    } catch (thrown) {
      this.#log.error(`the connection to ${connection.peerId} was not taken: ${String(thrown)}`);
      connection.stream.destroy();
    }
  }

  #connectionsOf(peerId: PeerId): NoiseSecretStream[] {
    const isOf = (stream: NoiseSecretStream) => stream.remotePublicKey !== null && peerIdOf(stream.remotePublicKey) === peerId;
    return [...(this.#swarm?.connections ?? [])].filter(isOf).concat(this.#lan.connectionsOf(peerId));
  }

  /** Tells upwards when something that can be seen changed; the DHT's own events come by the dozen. */
  #changed(): void {
    const { status } = this;
    this.relays.look();
    const isReachable = !status.isBootstrapUnreachable;
    if (isReachable && !this.#wasReachable) {
      this.#log.info('DHT nodes answer');
      this.#topics.lookUpSoon();
      this.#contents.lookUpSoon();
      this.#redials.tryAll();
      for (const server of this.#swarm?.dht.listening ?? []) server.refresh();
    } else if (!isReachable && this.#wasReachable) this.#log.warn('no DHT node answers any more; trying again');
    this.#wasReachable = isReachable;
    const told = JSON.stringify([status, this.#topics.states(status.state !== 'offline')]);
    if (told === this.#lastTold) return;
    this.#lastTold = told;
    this.#options.onChange();
  }
}
