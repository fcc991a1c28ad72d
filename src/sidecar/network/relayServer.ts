// Relays streams between peers that cannot reach each other, blind: it passes on encrypted packets of two ends that name the same token.
// A server of its own key on a DHT node that can be reached from everywhere; who may use it is told from outside.

import BlindRelay from 'blind-relay';
import type HyperDHT from 'hyperdht';
import type NoiseSecretStream from '@hyperswarm/secret-stream';
import { relayLimits } from '../limits.ts';
import type { Log } from '../log.ts';

export interface RelayServerOptions {
  dht: HyperDHT;
  keyPair: HyperDHT.KeyPair;
  log: Log;
  /** Asked in the handshake. */
  mayUse(publicKey: Uint8Array): boolean;
}

export class RelayServer {
  readonly #options: RelayServerOptions;
  readonly #relay: InstanceType<typeof BlindRelay.Server>;
  readonly #server: HyperDHT.Server;
  /** Open connections, by key in hex. Each serves one stream. */
  readonly #users = new Map<string, Set<NoiseSecretStream>>();
  #connections = 0;

  constructor(options: RelayServerOptions) {
    this.#options = options;
    const { dht } = options;
    this.#relay = new BlindRelay.Server({
      createStream: (given) => {
        if (this.#relay.stats.streams.active >= 2 * relayLimits.streams) throw new Error('too many streams are relayed');
        return dht.createRawStream({ ...given, framed: true });
      },
    });
    this.#relay._pairing = new FullMap(2 * relayLimits.streams);
    this.#server = dht.createServer({ firewall: (key) => !this.#mayConnect(key) }, (stream) => this.#connected(stream));
  }

  /** Resolves when its key is announced. */
  async open(): Promise<void> {
    await this.#server.listen(this.#options.keyPair);
  }

  async close(): Promise<void> {
    for (const streams of this.#users.values()) for (const stream of streams) stream.destroy();
    await this.#server.close();
  }

  /** Ends what is relayed for a key. */
  end(publicKey: Uint8Array): void {
    for (const stream of this.#users.get(hexOf(publicKey)) ?? []) stream.destroy();
  }

  /** Pairs of peers that are relayed now. */
  get activeCount(): number {
    return Math.floor(this.#relay.stats.streams.active / 2);
  }

  #mayConnect(publicKey: Uint8Array): boolean {
    const used = this.#users.get(hexOf(publicKey))?.size ?? 0;
    return used < relayLimits.streamsPerKey && this.#connections < 2 * relayLimits.streams && this.#options.mayUse(publicKey);
  }

  #connected(stream: NoiseSecretStream): void {
    stream.on('error', () => undefined); // Told with the close.
    const { remotePublicKey } = stream;
    if (remotePublicKey === null || !this.#mayConnect(remotePublicKey)) {
      stream.destroy();
      return;
    }
    this.#count(hexOf(remotePublicKey), stream);
    const session = this.#relay.accept(stream, { id: remotePublicKey });
    let pairs = 0;
    session.on('error', () => undefined); // A relayed stream that breaks ends at both ends.
    session.on('pair', () => {
      // Our peers open a connection for each; another pair is a way around the limits.
      if (++pairs > 1) stream.destroy();
      else this.#options.log.debug(`relaying for ${this.activeCount} pairs`);
    });
  }

  #count(key: string, stream: NoiseSecretStream): void {
    const streams = this.#users.get(key) ?? new Set();
    this.#users.set(key, streams);
    streams.add(stream);
    this.#connections++;
    stream.on('close', () => {
      this.#connections--;
      streams.delete(stream);
      if (streams.size === 0) this.#users.delete(key);
    });
  }
}

/** Takes no more than it may hold: tokens that nobody answers must not pile up. */
class FullMap extends Map<string, unknown> {
  readonly #most: number;

  constructor(most: number) {
    super();
    this.#most = most;
  }

  override set(key: string, value: unknown): this {
    if (this.size >= this.#most) throw new Error('too many wait for their other end'); // Protomux ends the connection.
    return super.set(key, value);
  }
}

function hexOf(key: Uint8Array): string {
  return Buffer.from(key).toString('hex');
}
