// The only place that meets other peers: Hyperswarm by topic and by key. Yields encrypted connections whose key is proven, and knows
// nothing of what is said on them. Copes with a network that is not there, and with bootstrap nodes that come later.

import HyperDHT from 'hyperdht';
import Hyperswarm from 'hyperswarm';
import type NoiseSecretStream from '@hyperswarm/secret-stream';
import type { PeerId } from '../../protocol/ids.ts';
import type { PartyInfo, PeerPath, SidecarStatus } from '../../protocol/model.ts';
import { networkLimits, wireLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { peerIdOf, publicKeyOf } from '../storage/identity.ts';
import { bindHostFor, checkBootstrap, pathOf } from './addresses.ts';
import { type ContentTopic, ContentTopics } from './contentTopics.ts';
import { backoffMs, Redials } from './redials.ts';
import { Room, type RoomOptions } from './room.ts';
import { Topics } from './topics.ts';

/** An authenticated, encrypted connection. Whoever takes it reads from `stream` in the same turn. */
export interface NetworkConnection {
  stream: NoiseSecretStream;
  peerId: PeerId;
  remotePublicKey: Uint8Array;
  /** The same on both sides, and on no other connection. */
  handshakeHash: Uint8Array;
  isInitiator: boolean;
  path: PeerPath;
}

export interface NetworkOptions {
  keyPair: { publicKey: Uint8Array; secretKey: Uint8Array };
  /** `host:port` of DHT nodes to start from; empty is the public DHT. */
  bootstrap: string[];
  log: Log;
  onConnection(connection: NetworkConnection): void;
  /** The status or a topic's state is another one. */
  onChange(): void;
  /** True keeps a peer away, in both directions. */
  isRefused(peerId: PeerId): boolean;
  /** Whether files come from this peer or go to it. */
  isOfUse?(peerId: PeerId): boolean;
  /** For tests. */
  room?: Omit<RoomOptions, 'count'>;
}

export class Network {
  readonly #options: NetworkOptions;
  readonly #log: Log;
  readonly #topics: Topics;
  readonly #contents: ContentTopics;
  readonly #room: Room;
  readonly #redials: Redials;
  #bootstrap: string[];
  #isOpen = false;
  #swarm: Hyperswarm | undefined;
  #probeTimer: NodeJS.Timeout | undefined;
  #wasReachable = false;
  #lastTold = '';

  /** Throws `invalid-argument` for a malformed bootstrap list. */
  constructor(options: NetworkOptions) {
    checkBootstrap(options.bootstrap);
    this.#options = options;
    this.#log = options.log;
    this.#bootstrap = [...options.bootstrap];
    this.#topics = new Topics({ onChange: () => this.#changed() });
    this.#room = new Room({ ...options.room, count: () => this.#swarm?.connections.size ?? 0 });
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
  }

  /** Answers at once; bootstrap nodes are tried until they answer. */
  async open(): Promise<void> {
    if (!this.#isOpen) {
      this.#isOpen = true;
      this.#start();
    }
    return Promise.resolve();
  }

  async close(): Promise<void> {
    this.#isOpen = false;
    const swarm = this.#stop();
    if (swarm) await this.#destroy(swarm);
  }

  joinTopic(topic: Uint8Array): void {
    this.#topics.add(topic);
  }

  /** Stops announcing; connections to its members stay. */
  async leaveTopic(topic: Uint8Array): Promise<void> {
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
    this.#redials.add(peerId);
  }

  /** Stops trying, and closes the connection. A peer of a joined topic stays away only while `isRefused` says so. */
  disconnect(peerId: PeerId): void {
    this.#redials.remove(peerId);
    this.#swarm?.leavePeer(publicKeyOf(peerId));
    for (const stream of this.#connectionsOf(peerId)) stream.destroy();
  }

  /** Changes to other DHT nodes while running: connections end, topics and peers are looked up anew. Throws `invalid-argument`. */
  async setBootstrap(bootstrap: string[]): Promise<void> {
    checkBootstrap(bootstrap);
    this.#bootstrap = [...bootstrap];
    const swarm = this.#stop();
    if (!swarm) return;
    await this.#destroy(swarm);
    if (this.#isOpen) this.#start(); // With the newest list, should it have changed again meanwhile.
  }

  get status(): SidecarStatus['network'] {
    const dht = this.#swarm?.dht;
    const isReachable = dht !== undefined && dht.nodes.length > 0;
    const isOnline = isReachable && dht.online;
    return {
      state: isOnline ? 'online' : dht?.bootstrapped ? 'offline' : 'starting',
      isBootstrapUnreachable: !isReachable,
      nat: dht ? natOf(dht) : 'unknown',
      bootstrap: [...this.#bootstrap],
    };
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

  /** Everything is on this machine: for tests and trials. */
  get isLoopback(): boolean {
    return bindHostFor(this.#bootstrap) !== undefined;
  }

  #start(): void {
    const host = bindHostFor(this.#bootstrap);
    const dht = new HyperDHT({
      ...(this.#bootstrap.length > 0 && { bootstrap: this.#bootstrap }),
      ...(host !== undefined && { host }),
    });
    const swarm = new Hyperswarm({
      keyPair: this.#options.keyPair,
      dht,
      // Hyperswarm divides this by up to four while peers are joined by key.
      maxPeers: 4 * wireLimits.connections,
      maxClientConnections: networkLimits.outgoingConnections,
      maxParallel: networkLimits.connectsAtOnce,
      firewall: (key) => this.#isRefused(peerIdOf(key)),
    });
    this.#swarm = swarm;
    this.#wasReachable = false;
    const onError = (error: Error) => this.#log.warn(`the network reported: ${error.message}`);
    dht.on('error', onError);
    swarm.on('error', onError);
    for (const event of ['ready', 'network-update', 'network-change', 'nat-update', 'persistent', 'add-node', 'remove-node']) {
      dht.on(event, () => this.#changed());
    }
    swarm.on('connection', (stream) => this.#connected(swarm, stream));
    dht.bind().then(
      () => this.#growBuffers([dht.io.serverSocket, dht.io.clientSocket]),
      (error: Error) => this.#log.error(`no UDP socket for the network: ${error.message}`),
    );
    swarm.listen().catch((error: Error) => this.#log.debug(`listening was cut short: ${error.message}`));
    this.#topics.attach(swarm);
    this.#contents.attach(swarm);
    this.#redials.tryAll();
    this.#probe(swarm, 0);
  }

  #stop(): Hyperswarm | undefined {
    const swarm = this.#swarm;
    this.#swarm = undefined;
    clearTimeout(this.#probeTimer);
    this.#topics.detach();
    this.#contents.detach();
    this.#redials.pause();
    return swarm;
  }

  /** Tells the DHT that we leave, where it still answers. */
  async #destroy(swarm: Hyperswarm): Promise<void> {
    for (const stream of swarm.connections) stream.destroy();
    const isGone = await withinMs(swarm.destroy(), networkLimits.leaveMs);
    if (!isGone) await withinMs(swarm.dht.destroy({ force: true }), networkLimits.leaveMs);
    this.#changed();
  }

  /** While no DHT node is known, asks the bootstrap nodes again and again; hyperdht alone does so every 40 s, topics every 10 minutes. */
  #probe(swarm: Hyperswarm, attempts: number): void {
    this.#probeTimer = setTimeout(
      () => {
        const isLost = swarm.dht.bootstrapped && swarm.dht.nodes.length === 0;
        const asked = isLost ? swarm.dht.findNode(swarm.dht.table.id).finished() : Promise.resolve();
        void asked
          .catch(() => undefined) // Nobody answered: asked again below.
          .then(() => {
            if (this.#swarm !== swarm) return;
            this.#changed();
            this.#probe(swarm, isLost ? attempts + 1 : 0);
          });
      },
      backoffMs(attempts, networkLimits.bootstrapMaxMs),
    );
  }

  #connected(swarm: Hyperswarm, stream: NoiseSecretStream): void {
    stream.on('error', () => undefined); // Told with the close; without a listener it would end the process.
    const { remotePublicKey, handshakeHash } = stream;
    if (this.#swarm !== swarm || !remotePublicKey || !handshakeHash) {
      stream.destroy();
      return;
    }
    const peerId = peerIdOf(remotePublicKey);
    const isRefused = this.#isRefused(peerId);
    const leaveRoom = isRefused ? undefined : this.#takeRoom(stream, peerId, remotePublicKey);
    if (!leaveRoom) {
      this.#log.info(`${peerId} was turned away: ${isRefused ? 'it is to stay away' : 'too many connections'}`);
      stream.destroy();
      return;
    }
    const path = pathOf(stream.rawStream.remoteHost);
    this.#growBuffers([stream.rawStream.socket]);
    this.#redials.connected(peerId);
    stream.on('close', () => {
      leaveRoom();
      if (this.#swarm !== swarm) return;
      this.#redials.disconnected(peerId);
      this.#topics.lookUpSoon();
    });
    try {
      const { isInitiator } = stream;
      this.#options.onConnection({ stream, peerId, remotePublicKey, handshakeHash, isInitiator, path });
    } catch (thrown) {
      this.#log.error(`the connection to ${peerId} was not taken: ${String(thrown)}`);
      stream.destroy();
    }
  }

  #takeRoom(stream: NoiseSecretStream, peerId: PeerId, key: Uint8Array): (() => void) | undefined {
    return this.#room.take({
      mayBeByContent: this.#contents.isDialled(key) || (!stream.isInitiator && this.#contents.isAnnouncing),
      isOfUse: () => this.#options.isOfUse?.(peerId) ?? false,
      end: () => {
        this.#log.info(`${peerId} makes room: nothing was asked of it, and it asked for nothing`);
        stream.destroy();
      },
    });
  }

  #isRefused(peerId: PeerId): boolean {
    try {
      return this.#options.isRefused(peerId);
    } catch (thrown) {
      this.#log.error(`whether ${peerId} may connect could not be told, so it may not: ${String(thrown)}`);
      return true;
    }
  }

  #connectionsOf(peerId: PeerId): NoiseSecretStream[] {
    const isOf = (stream: NoiseSecretStream) => stream.remotePublicKey !== null && peerIdOf(stream.remotePublicKey) === peerId;
    return [...(this.#swarm?.connections ?? [])].filter(isOf);
  }

  /** Larger receive buffers spare retransmits: 246 to 314 MB/s on loopback. The system may give less. */
  #growBuffers(sockets: ({ setRecvBufferSize?: (bytes: number) => number } | null | undefined)[]): void {
    for (const socket of sockets) {
      try {
        socket?.setRecvBufferSize?.(networkLimits.receiveBufferBytes);
      } catch (thrown) {
        this.#log.debug(`a receive buffer stays as it is: ${String(thrown)}`);
      }
    }
  }

  /** Tells upwards when something that can be seen changed; the DHT's own events come by the dozen. */
  #changed(): void {
    const { status } = this;
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

function natOf(dht: HyperDHT): SidecarStatus['network']['nat'] {
  if (dht.host === null) return 'unknown';
  if (!dht.firewalled) return 'open';
  return dht.port === 0 ? 'random' : 'consistent';
}

/** True when `work` ended in time, well or not. */
async function withinMs(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), ms)));
  const done = work.then(
    () => true,
    () => true, // What fails while leaving the network is gone all the same.
  );
  try {
    return await Promise.race([done, late]);
  } finally {
    clearTimeout(timer);
  }
}
