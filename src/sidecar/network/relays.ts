// Relays that we may use, and the one that we are. One is used only when the user allowed it and no hole could be punched; it is the one of
// the settings, else one that a connected peer of our parties offers. Whether we relay for others is the user's choice, too, and takes an address
// that can be reached from everywhere.

import NoiseSecretStream from '@hyperswarm/secret-stream';
import type HyperDHT from 'hyperdht';
import sodium from 'sodium-universal';
import { isPeerId, type PeerId } from '../../protocol/ids.ts';
import { relayLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { peerIdOf, publicKeyOf } from '../storage/identity.ts';
import { RelayServer } from './relayServer.ts';

export interface RelaySettings {
  useRelay: boolean;
  /** Its key; '' = one that a peer offers. */
  relay: string;
  offerRelay: boolean;
}

export interface RelaysOptions {
  keyPair: HyperDHT.KeyPair;
  settings(): RelaySettings;
  log: Log;
  /** Whether we relay for this peer. */
  mayServe(peerId: PeerId): boolean;
  /** `ownOffer` is another one. */
  onOffer(): void;
}

type Dial = (publicKey: Uint8Array, options: HyperDHT.ConnectOptions) => NoiseSecretStream;

export class Relays {
  readonly #options: RelaysOptions;
  readonly #offers = new Map<PeerId, Uint8Array>();
  /** Connections to relays, by the relay's key in hex. */
  readonly #inUse = new Map<string, Set<NoiseSecretStream>>();
  /** When relays that did not answer may be asked again, by key in hex. */
  readonly #retryAtMs = new Map<string, number>();
  #dht: HyperDHT | undefined;
  #server: RelayServer | undefined;
  #isAnnounced = false;

  constructor(options: RelaysOptions) {
    this.#options = options;
  }

  /** The network starts on this node. */
  attach(dht: HyperDHT): void {
    this.#dht = dht;
    this.look();
  }

  /** The node is about to go. */
  detach(): void {
    this.#dht = undefined;
    this.#stopServing();
  }

  /** After settings, or what the DHT node knows of itself, changed. */
  look(): void {
    const dht = this.#dht;
    const isServing = this.#server !== undefined;
    const shallServe = dht !== undefined && dht.bootstrapped && !dht.firewalled && this.#options.settings().offerRelay;
    if (shallServe && !isServing) this.#serve(dht);
    else if (!shallServe && isServing) this.#stopServing();
  }

  /** The user lets connections go through relays. */
  get isAllowed(): boolean {
    return this.#options.settings().useRelay;
  }

  /** Where others find the relay that we are; undefined while we are none. */
  get ownOffer(): Uint8Array | undefined {
    return this.#isAnnounced ? this.#relayKeyPair().publicKey : undefined;
  }

  /** Pairs of peers that we relay for now. */
  get servedCount(): number {
    return this.#server?.activeCount ?? 0;
  }

  /** Relays that could be used now: the one of the settings counts, whether it answers or not. */
  get known(): { isConfigured: boolean; offered: number } {
    return { isConfigured: this.#options.settings().relay !== '', offered: this.#offers.size };
  }

  /** A connected peer of ours relays, or no longer does. */
  offered(peerId: PeerId, key: Uint8Array | undefined): void {
    if (key) this.#offers.set(peerId, key);
    else this.#offers.delete(peerId);
  }

  /** What is relayed for it ends: it may not any more. */
  refuse(peerId: PeerId): void {
    this.#server?.end(publicKeyOf(peerId));
  }

  /** The relay for the next connect; undefined when none is allowed or here. */
  choose(): Uint8Array | undefined {
    if (!this.isAllowed) return undefined;
    const { relay } = this.#options.settings();
    const keys = isPeerId(relay) ? [publicKeyOf(relay)] : shuffled([...this.#offers.values()]);
    return keys.find((key) => performance.now() >= (this.#retryAtMs.get(hexOf(key)) ?? 0));
  }

  /**
   * Connects to a relay that we chose or that the other end named. A relay of a peer knows whom it serves by our key; the one of the settings is
   * not told who we are.
   */
  connect(key: Uint8Array, dial: Dial): NoiseSecretStream {
    const inUse = [...this.#inUse.values()].reduce((sum, streams) => sum + streams.size, 0);
    if (!this.isAllowed || inUse >= relayLimits.inUse) return refusedStream();
    const isConfigured = this.#options.settings().relay === peerIdOf(key);
    const stream = dial(key, isConfigured ? {} : { keyPair: this.#options.keyPair });
    const hex = hexOf(key);
    const streams = this.#inUse.get(hex) ?? new Set();
    this.#inUse.set(hex, streams);
    streams.add(stream);
    let isOpen = false;
    stream.on('error', () => undefined); // hyperdht hears it from its channel, too.
    stream.on('open', () => (isOpen = true));
    stream.on('close', () => {
      streams.delete(stream);
      if (streams.size === 0) this.#inUse.delete(hex);
      if (isOpen) this.#retryAtMs.delete(hex);
      else this.#failed(hex);
    });
    return stream;
  }

  /** Whether packets of `stream` go to this relay: they leave by the socket of a connection to it, for the same place. */
  carries(key: Uint8Array, stream: NoiseSecretStream): boolean {
    const { socket, remoteHost, remotePort } = stream.rawStream;
    return [...(this.#inUse.get(hexOf(key)) ?? [])].some((relay) => {
      const raw: NoiseSecretStream['rawStream'] | null = relay.rawStream;
      return raw !== null && raw.socket === socket && raw.remoteHost === remoteHost && raw.remotePort === remotePort;
    });
  }

  #failed(hex: string): void {
    this.#retryAtMs.delete(hex);
    this.#retryAtMs.set(hex, performance.now() + relayLimits.retryMs);
    const [oldest] = this.#retryAtMs.keys();
    if (this.#retryAtMs.size > relayLimits.remembered && oldest !== undefined) this.#retryAtMs.delete(oldest);
  }

  #serve(dht: HyperDHT): void {
    const { log } = this.#options;
    const mayUse = (key: Uint8Array): boolean => this.#options.mayServe(peerIdOf(key));
    const server = new RelayServer({ dht, log, keyPair: this.#relayKeyPair(), mayUse });
    this.#server = server;
    server.open().then(
      () => {
        if (this.#server !== server) return;
        this.#isAnnounced = true;
        log.info('relays for peers of our parties');
        this.#options.onOffer();
      },
      (error: Error) => {
        log.warn(`does not relay for others: ${error.message}`);
        if (this.#server === server) this.#server = undefined;
      },
    );
  }

  #stopServing(): void {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    this.#isAnnounced = false;
    server.close().catch((error: Error) => this.#options.log.debug(`the relay did not close: ${error.message}`));
    this.#options.onOffer();
  }

  /** Another key than our own, which the swarm listens by; the same one at every start. */
  #relayKeyPair(): HyperDHT.KeyPair {
    const seed = Buffer.alloc(32);
    const [publicKey, secretKey] = [Buffer.alloc(32), Buffer.alloc(64)];
    sodium.crypto_generichash_batch(seed, [Buffer.from('potluck/1 relay key')], this.#options.keyPair.secretKey.subarray(0, 32));
    sodium.crypto_sign_seed_keypair(publicKey, secretKey, seed);
    return { publicKey, secretKey };
  }
}

/** Ends in the next turn: hyperdht opens a channel on it first. */
function refusedStream(): NoiseSecretStream {
  const stream = new NoiseSecretStream(true, null, { autoStart: false, keyPair: NoiseSecretStream.keyPair() });
  stream.on('error', () => undefined);
  setImmediate(() => stream.destroy(new Error('relays are not allowed')));
  return stream;
}

function shuffled<T>(list: T[]): T[] {
  return list
    .map((value) => ({ value, rank: Math.random() }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ value }) => value);
}

function hexOf(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
