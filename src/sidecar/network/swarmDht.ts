// The DHT node under our swarm: watches how its connections come about, which hyperdht does not tell, and has a relay used when there is
// no other way. Why a peer is reached the way it is, or is not reached, is told from here.

import type NoiseSecretStream from '@hyperswarm/secret-stream';
import HyperDHT from 'hyperdht';
import NoiseWrap from 'hyperdht/lib/noise-wrap.js';
import type { PeerId } from '../../protocol/ids.ts';
import type { PathReason, PeerPath } from '../../protocol/model.ts';
import { networkLimits } from '../limits.ts';
import { peerIdOf } from '../storage/identity.ts';
import { pathOf } from './addresses.ts';
import { listenToPunching, PunchTalk } from './punchTalk.ts';
import type { Relays } from './relays.ts';

/** Why no hole came about. */
export type PunchFailure = Extract<PathReason, 'both-random' | 'punch-failed'>;

/** hyperdht's codes of connects that failed though the peer answered its handshake: lib/errors.js. */
const punchFailures: Readonly<Record<string, PunchFailure>> = {
  HOLEPUNCH_DOUBLE_RANDOMIZED_NATS: 'both-random',
  HOLEPUNCH_ABORTED: 'punch-failed',
  HOLEPUNCH_PROBE_TIMEOUT: 'punch-failed',
  CANNOT_HOLEPUNCH: 'punch-failed',
  REMOTE_ABORTED: 'punch-failed',
  REMOTE_NOT_HOLEPUNCHABLE: 'punch-failed',
  REMOTE_NOT_HOLEPUNCHING: 'punch-failed',
};

const openFirewall = 1;

/** What a handshake said of the other end. */
interface Handshook {
  isOpen: boolean;
  /** Key of a relay that either side named. */
  relay: Uint8Array | undefined;
}

export class SwarmDht extends HyperDHT {
  readonly #relays: Relays;
  /** The last one for which it was tested whether others reach us. */
  #checkedHost: string | null = null;
  readonly #handshakes = new WeakMap<NoiseSecretStream, Handshook>();
  /** The last ones that came to us. The server tells of them before there is a stream. */
  readonly #incoming = new Map<PeerId, Handshook>();
  /** Of connects under way, by the hash of the key in hex. */
  readonly #talks = new Map<string, PunchTalk>();
  readonly #failures = new Map<PeerId, PunchFailure>();

  constructor(options: ConstructorParameters<typeof HyperDHT>[0], relays: Relays) {
    super(options);
    this.#relays = relays;
    listenToPunching(this, this.#talks);
    for (const event of ['ready', 'nat-update']) this.on(event, () => this.#checkFirewall());
    this.on('network-change', () => (this.#checkedHost = null));
  }

  /** Hyperswarm connects to peers with our key; hyperdht itself connects to relays, without one. */
  override connect(publicKey: Uint8Array, options?: HyperDHT.ConnectOptions): NoiseSecretStream {
    if (options?.keyPair === undefined) return this.#relays.connect(publicKey, (key, given) => super.connect(key, given));
    const peerId = peerIdOf(publicKey);
    const relay = this.#failures.has(peerId) ? this.#relays.choose() : undefined;
    const said: Handshook = { isOpen: false, relay };
    const talk = new PunchTalk();
    const target = HyperDHT.hash(publicKey).toString('hex');
    this.#talks.set(target, talk);
    const createHandshake: HyperDHT.ConnectOptions['createHandshake'] = (keyPair, remotePublicKey) => {
      const handshake = new NoiseWrap(keyPair, remotePublicKey);
      const recv = handshake.recv.bind(handshake);
      handshake.recv = async (bytes) => {
        const payload = await recv(bytes);
        this.#keepRelaysAllowed(payload);
        said.isOpen = payload.firewall === openFirewall;
        said.relay = payload.relayThrough?.publicKey ?? said.relay;
        return payload;
      };
      const final = handshake.final.bind(handshake);
      handshake.final = () => {
        const done = final();
        talk.begin(done.holepunchSecret);
        return done;
      };
      return handshake;
    };
    const stream = super.connect(publicKey, { ...options, relayThrough: relay ?? null, createHandshake });
    this.#handshakes.set(stream, said);
    stream.on('error', (error: Error & { code?: string }) => {
      const failure = punchFailures[error.code ?? ''];
      if (failure) remember(this.#failures, peerId, this.randomized && talk.isRandom ? 'both-random' : failure);
    });
    const forget = () => {
      if (this.#talks.get(target) === talk) this.#talks.delete(target);
    };
    stream.on('close', forget).on('open', forget);
    return stream;
  }

  /** To be told of the handshakes of peers that come to us and are not refused. */
  heard(publicKey: Uint8Array, payload: HyperDHT.HandshakePayload): void {
    this.#keepRelaysAllowed(payload);
    const relay = payload.relayThrough?.publicKey;
    remember(this.#incoming, peerIdOf(publicKey), { isOpen: payload.firewall === openFirewall, relay });
  }

  /** To be told of streams that opened. */
  opened(peerId: PeerId, stream: NoiseSecretStream): void {
    const said = this.#incoming.get(peerId);
    if (!stream.isInitiator && said) this.#handshakes.set(stream, said);
    if (this.pathOf(stream) !== 'relayed') this.#failures.delete(peerId);
  }

  /** How it travels now: a relayed stream becomes a direct one when a hole opens after all. */
  pathOf(stream: NoiseSecretStream): PeerPath {
    const relay = this.#handshakes.get(stream)?.relay;
    return relay && this.#relays.carries(relay, stream) ? 'relayed' : pathOf(stream.rawStream.remoteHost);
  }

  reasonOf(peerId: PeerId, stream: NoiseSecretStream): PathReason {
    const path = this.pathOf(stream);
    const said = this.#handshakes.get(stream);
    if (path === 'lan') return 'same-network';
    // Who comes to us through a relay found no other way: whether because of both, only it knows, unless we tried, too.
    if (path === 'relayed') return this.#failures.get(peerId) ?? (this.randomized ? 'unknown' : 'punch-failed');
    if (!said) return 'unknown';
    return said.isOpen || !this.firewalled ? 'open' : 'punched';
  }

  /** Why a peer that answered could not be connected to, as of the last try. */
  failureOf(peerId: PeerId): PunchFailure | undefined {
    return this.#failures.get(peerId);
  }

  get failures(): ReadonlyMap<PeerId, PunchFailure> {
    return this.#failures;
  }

  /**
   * dht-rpc tests at its start whether it can be reached from everywhere, but only when an answer comes before its first query ends, which among a
   * few near nodes it often does not; the next test is 20 minutes later. So it is asked to test once more for each address.
   */
  #checkFirewall(): void {
    const { host, port } = this;
    if (!this.bootstrapped || !this.firewalled || host === null || port === 0 || this.#checkedHost === host) return;
    this.#checkedHost = host;
    void this._updateNetworkState(true).then((isOpen) => {
      if (isOpen && !this.destroyed) this.emit('network-update');
    });
  }

  /** hyperdht would take any relay that the other end names. */
  #keepRelaysAllowed(payload: HyperDHT.HandshakePayload): void {
    if (payload.relayThrough && !this.#relays.isAllowed) payload.relayThrough = null;
  }
}

function remember<T>(map: Map<PeerId, T>, peerId: PeerId, value: T): void {
  map.delete(peerId);
  map.set(peerId, value);
  const [oldest] = map.keys();
  if (map.size > networkLimits.rememberedPeers && oldest !== undefined) map.delete(oldest);
}
