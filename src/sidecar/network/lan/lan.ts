// Meeting in the local network, without internet and without a node to start from: says by multicast DNS that we are here, to those alone who know a
// party of ours or added our key, finds them by the same, and connects by TCP. Yields connections like Hyperswarm's; nothing of it may fail the sidecar.

import { SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';
import type NoiseSecretStream from '@hyperswarm/secret-stream';
import type { RemoteInfo } from 'node:dgram';
import type { PeerId } from '../../../protocol/ids.ts';
import type { Settings } from '../../../protocol/model.ts';
import { lanLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { peerIdOf, publicKeyOf } from '../../storage/identity.ts';
import { pathOf } from '../addresses.ts';
import type { Admission } from '../admission.ts';
import { dialableHosts, ownHosts } from '../links/candidates.ts';
import { addressText } from '../links/stream.ts';
import type { NetworkConnection } from '../connection.ts';
import { Buckets } from '../places.ts';
import { Announcer } from './announcer.ts';
import { readAnnouncement } from './announcement.ts';
import { Door, plainHost } from './door.ts';
import { dialLan, type Proven } from './handshake.ts';
import { chosenHost, type Interfaces, isOn, lanInterfaces, type LanInterface } from './interfaces.ts';
import { LanPlaces, type Place } from './places.ts';
import { contactKey, doorKey, type Secret, TokenBook } from './tokens.ts';

/** Whom to look for. */
export interface Sought {
  /** Of parties: partyProof.ts. */
  partyKeys: readonly Uint8Array[];
  /** Peers added by key. */
  contacts: readonly PeerId[];
}

export interface LanOptions {
  keyPair: { publicKey: Uint8Array; secretKey: Uint8Array };
  log: Log;
  settings(): Pick<Settings, 'lanDiscovery' | 'networkInterface'>;
  sought(): Sought;
  /** What keeps networks on loopback apart; '' when this is not one. */
  world(): string;
  publicHost(): string | undefined;
  admission: Pick<Admission, 'arrive' | 'mayEnter'>;
  /** By whatever way; when it was connected otherwise than by us (`performance.now()`), as far as that is known. */
  isConnected(peerId: PeerId): boolean;
  otherSinceMs(peerId: PeerId): number | undefined;
  /** Takes it or destroys it. */
  onConnection(connection: NetworkConnection): void;
  /** The status is another one. */
  onChange(): void;
  /** Other clocks and interfaces, for tests. */
  now?: () => number;
  interfaces?: () => Interfaces;
}

/** For the diagnosis. */
export interface LanStatus {
  /** `idle`: on, but there is nobody to look for. `waiting`: no interface that could be used, or not the chosen one. */
  state: 'off' | 'idle' | 'waiting' | 'on';
  /** `host:port` where peers reach us. */
  addresses: string[];
  /** Where we announce ourselves, by name and family. */
  interfaces: { name: string; family: 'IPv4' | 'IPv6'; address: string; failure?: string }[];
  /** The chosen interface, while it is not here. */
  missing?: string;
  /** Parties and peers added by key that are sought. */
  sought: number;
  /** Peers seen in the last minutes. */
  found: number;
  connected: number;
  /** Why peers cannot reach us. */
  failures: string[];
}

interface Live {
  stream: NoiseSecretStream;
  localAddress: string;
  isInitiator: boolean;
  sinceMs: number;
}

export class Lan {
  readonly #options: LanOptions;
  readonly #book: TokenBook;
  readonly #door: Door;
  readonly #places: LanPlaces;
  readonly #announcer: Announcer;
  readonly #live = new Map<PeerId, Set<Live>>();
  readonly #neighbours: Buckets;
  readonly #all: Buckets;
  readonly #dials = new AbortController();
  #secrets: Secret[] = [];
  #timer: NodeJS.Timeout | undefined;
  #soon: NodeJS.Immediate | undefined;
  /** Of peers added by key: each costs 0.1 ms. */
  #contactKeys = new Map<PeerId, Uint8Array | undefined>();
  #isOpen = false;
  #dialing = 0;

  constructor(options: LanOptions) {
    this.#options = options;
    const { keyPair, log, admission } = options;
    this.#book = new TokenBook({ ...(options.now && { now: options.now }), world: () => options.world() });
    this.#door = new Door({
      ...{ keyPair, log, admission },
      find: (token) => this.#book.find(token),
      onProven: (proven) => this.#accepted(proven),
      onChange: () => this.#announcer.soon(),
    });
    this.#places = new LanPlaces({
      dial: (place) => this.#dialPlace(place),
      isConnected: (peerId) => options.isConnected(peerId),
      isRefused: (peerId) => !admission.mayEnter({ peerId }),
    });
    this.#announcer = new Announcer({
      log,
      secrets: () => this.#secrets,
      tokenOf: (secret) => this.#book.current(secret),
      portAt: (lan) => this.#door.portAt(bindAddress(lan)),
      isInTime: (host) => this.#neighbours.take(host) && this.#all.take(''),
      onResponse: (lan, packet, from) => this.#heard(lan, packet, from),
      onChange: () => options.onChange(),
      ...(options.now && { now: options.now }),
    });
    const now = () => performance.now();
    const { neighbourBurst, neighbourPerSecond, neighbours, answersBurst, answersPerSecond } = lanLimits;
    this.#neighbours = new Buckets({ burst: neighbourBurst, perSecond: neighbourPerSecond }, { most: neighbours, now });
    this.#all = new Buckets({ burst: answersBurst, perSecond: answersPerSecond }, { most: 1, now });
  }

  open(): void {
    this.#isOpen = true;
    this.#timer = setInterval(() => this.#look(), lanLimits.interfacesMs).unref();
    this.configure();
  }

  close(): void {
    this.#isOpen = false;
    clearInterval(this.#timer);
    this.#dials.abort();
    this.#announcer.set([]);
    this.#door.listen([]);
    this.#places.clear();
    for (const { stream } of this.#lives()) stream.destroy();
  }

  /** As `configure`, once for all that changes in this turn. */
  configureSoon(): void {
    this.#soon ??= setImmediate(() => {
      this.#soon = undefined;
      this.configure();
    });
  }

  /** After settings, parties or peers added by key changed. */
  configure(): void {
    if (!this.#isOpen) return;
    this.#readSought();
    this.#look();
  }

  get status(): LanStatus {
    const { lanDiscovery, networkInterface } = this.#options.settings();
    const interfaces = this.#announcer.status;
    const isMissing = this.#chosenHost() === 'missing';
    const state = !lanDiscovery ? 'off' : this.#secrets.length === 0 ? 'idle' : interfaces.length === 0 ? 'waiting' : 'on';
    return {
      ...{ state, interfaces, addresses: this.addresses },
      ...(isMissing && { missing: networkInterface }),
      ...{ sought: this.#secrets.length, found: this.#places.count, connected: this.#live.size },
      failures: this.#door.failures,
    };
  }

  /** `host:port` where peers reach us from anywhere in the same network, and beyond it where nothing is in the way. */
  get addresses(): string[] {
    const options = this.#options;
    const isLoopback = options.world() !== '';
    return this.#door.listening.flatMap(({ host, port }) => {
      if (host.includes('%')) return []; // Means another machine on every other one.
      const hosts = host !== '' ? [host] : ownHosts({ isLoopback, boundTo: '', publicHost: options.publicHost() });
      return hosts.map((each) => addressText(each, port));
    });
  }

  /** Connections that live, of one peer. */
  connectionsOf(peerId: PeerId): NoiseSecretStream[] {
    return [...(this.#live.get(peerId) ?? [])].map(({ stream }) => stream);
  }

  get connections(): NoiseSecretStream[] {
    return this.#lives().map(({ stream }) => stream);
  }

  /**
   * Connects to a peer at an address that it or others gave. Rejects when it is none that may be dialled, nobody answers in time, or the one who does
   * is not that peer. The connection is handed on like every other.
   */
  async dialAddress(peerId: PeerId, host: string, port: number): Promise<void> {
    const seen = this.#options.world() === '' ? undefined : '127.0.0.1';
    const [dialable] = dialableHosts({ hosts: [host], port }, seen).filter((each) => each === host);
    if (dialable === undefined) throw new Error('no peer can be at that address');
    if (this.#options.isConnected(peerId)) return;
    if (this.#dialing >= lanLimits.dialsAtOnce) throw new Error('too many others are dialled');
    const secret = { key: doorKey(publicKeyOf(peerId)), peerId };
    this.#dialing++;
    try {
      this.#take(await this.#dial({ host, port, secret, token: this.#book.current(secret) }), { isInitiator: true });
    } finally {
      this.#dialing--;
    }
  }

  #readSought(): void {
    const { keyPair } = this.#options;
    const { partyKeys, contacts } = this.#options.sought();
    const before = this.#contactKeys;
    const sought = contacts.slice(0, lanLimits.secrets);
    this.#contactKeys = new Map(
      sought.map((peerId) => [peerId, before.has(peerId) ? before.get(peerId) : contactKey(keyPair, publicKeyOf(peerId))]),
    );
    const ofContacts = [...this.#contactKeys].flatMap(([peerId, key]): Secret[] => {
      return key ? [{ key, peerId }] : [];
    });
    this.#secrets = [...partyKeys.map((key): Secret => ({ key })), ...ofContacts].slice(0, lanLimits.secrets);
    const isChanged = this.#book.set([...this.#secrets, { key: doorKey(keyPair.publicKey) }]);
    if (!isChanged) return;
    this.#places.forgive();
    this.#announcer.soon();
    this.#options.onChange();
  }

  /** Interfaces come and go, and so do settings. */
  #look(): void {
    const { lanDiscovery, networkInterface: chosen } = this.#options.settings();
    const isLoopback = this.#options.world() !== '';
    const interfaces = this.#options.interfaces?.() ?? networkInterfaces();
    const lans = lanDiscovery ? lanInterfaces({ chosen, isLoopback, interfaces }) : [];
    const bound = this.#chosenHost(interfaces);
    this.#door.listen(
      !lanDiscovery || bound === 'missing'
        ? []
        : isLoopback
          ? ['127.0.0.1']
          : bound === undefined
            ? ['']
            : [...new Set([bound, ...lans.map(bindAddress)])],
    );
    const isChanged = this.#announcer.set(this.#secrets.length > 0 ? lans : []);
    if (!lanDiscovery) this.#places.clear();
    if (!isChanged) return;
    this.#places.forgive();
    this.#endVanished(interfaces);
    this.#options.onChange();
  }

  #chosenHost(interfaces?: Interfaces): string | undefined {
    const all = interfaces ?? this.#options.interfaces?.() ?? networkInterfaces();
    return chosenHost(this.#options.settings().networkInterface, { interfaces: all });
  }

  /** Connections from an address that is not ours any more are dead, and would notice it late. */
  #endVanished(interfaces: Interfaces): void {
    const own = new Set(Object.values(interfaces).flatMap((addresses) => (addresses ?? []).map(({ address }) => address)));
    for (const { stream, localAddress } of this.#lives()) if (!own.has(localAddress)) stream.destroy();
  }

  /** Only the address that a packet came from is dialled: whoever announces somebody else's makes nobody knock there. */
  #heard(lan: LanInterface, packet: unknown, from: RemoteInfo): void {
    const announcement = readAnnouncement(packet);
    if (!announcement || announcement.label === this.#announcer.label) return;
    const { hosts, port, label, tokens } = announcement;
    const host = from.address;
    if (!isOn(lan, host) || !hosts.some((each) => isSameAddress(each, host))) return;
    for (const text of tokens) {
      const secret = this.#book.find(text);
      // The door's own is never announced; only its owner would find it.
      if (!secret || !this.#secrets.some(({ key }) => key === secret.key)) continue;
      const isNew = this.#places.seen(
        { host, port, label, token: Buffer.from(text, 'hex'), secret },
        { isFirst: this.#announcer.label < label },
      );
      // It may have come just now, and not have heard of us.
      if (isNew) this.#announcer.answer(lan);
      return;
    }
  }

  async #dialPlace(place: Place): Promise<PeerId> {
    const proven = await this.#dial(place);
    const peerId = this.#take(proven, { isInitiator: true });
    if (peerId === undefined) throw new Error('it is ourselves');
    return peerId;
  }

  async #dial(place: Pick<Place, 'host' | 'port' | 'secret' | 'token'>): Promise<Proven> {
    const { host, port, secret, token } = place;
    const { keyPair, log } = this.#options;
    try {
      const parts = { secret, token, label: this.#announcer.labelBytes, keyPair };
      return await dialLan({ host, port }, parts, { signal: this.#dials.signal });
    } catch (error) {
      log.debug(`nobody met at an address of the local network: ${error instanceof Error ? error.message : String(error)}`);
      throw error;
    }
  }

  #accepted(proven: Proven): void {
    const peerId = this.#take(proven, { isInitiator: false });
    if (peerId !== undefined) this.#places.isBehind(this.#announcer.textOf(proven.label), peerId);
  }

  /** Whose it is, also when it is not needed; undefined: ourselves. Of two connections that were made at once both ends keep the same one. */
  #take({ stream, tcp }: Proven, { isInitiator }: { isInitiator: boolean }): PeerId | undefined {
    const { remotePublicKey, handshakeHash } = stream;
    const host = plainHost(tcp.remoteAddress ?? '');
    if (!remotePublicKey || !handshakeHash || Buffer.compare(remotePublicKey, this.#options.keyPair.publicKey) === 0) {
      stream.destroy();
      return undefined;
    }
    const peerId = peerIdOf(remotePublicKey);
    if (host === '' || !this.#options.admission.mayEnter({ peerId, host }) || !this.#isNeeded(peerId, isInitiator)) {
      stream.destroy();
      return peerId;
    }
    const live: Live = { stream, isInitiator, sinceMs: performance.now(), localAddress: plainAddress(tcp.localAddress ?? '') };
    const ofPeer = this.#live.get(peerId) ?? new Set();
    this.#live.set(peerId, ofPeer.add(live));
    stream.on('close', () => {
      ofPeer.delete(live);
      if (ofPeer.size > 0 || this.#live.get(peerId) !== ofPeer) return;
      this.#live.delete(peerId);
      if (!this.#isOpen) return;
      this.#announcer.soon();
      this.#places.lost(peerId);
    });
    // As UDX streams are asked where they lead.
    Object.defineProperty(tcp, 'remoteHost', { value: host });
    const path = pathOf(host);
    const pathReason = path === 'lan' ? 'same-network' : 'open';
    this.#options.onConnection({ stream, peerId, remotePublicKey, handshakeHash, isInitiator, path, pathReason });
    return peerId;
  }

  #isNeeded(peerId: PeerId, isInitiator: boolean): boolean {
    const options = this.#options;
    const since = performance.now() - lanLimits.raceMs;
    const others = options.otherSinceMs(peerId);
    // Hyperswarm's goes first: one that comes later replaces ours as well.
    if (others !== undefined && others > since) return false;
    const rival = [...(this.#live.get(peerId) ?? [])].find(({ sinceMs }) => sinceMs > since);
    if (rival && rival.isInitiator !== isInitiator) {
      const isOwnLower = Buffer.compare(options.keyPair.publicKey, publicKeyOf(peerId)) < 0;
      return isInitiator === isOwnLower;
    }
    // Whoever dials although it is connected here has lost that connection.
    return !isInitiator || !options.isConnected(peerId);
  }

  #lives(): Live[] {
    return [...this.#live.values()].flatMap((ofPeer) => [...ofPeer]);
  }
}

/** What to listen at for an interface, when one was chosen. */
function bindAddress({ address, zone }: LanInterface): string {
  return /^fe[89ab]/i.test(address) && zone !== '' ? `${address}%${zone}` : address;
}

function plainAddress(host: string): string {
  return plainHost(host).replace(/%.*$/, '');
}

function isSameAddress(a: string, b: string): boolean {
  const plain = (host: string): string => {
    const address = plainAddress(host);
    return new SocketAddress({ address, family: address.includes(':') ? 'ipv6' : 'ipv4' }).address;
  };
  try {
    return plain(a) === plain(b);
  } catch {
    return false; // One is none.
  }
}
