// DHT nodes to start from, of one's own: a private network needs nobody else's then. Several nodes on ports in a row, because a peer learns
// what kind of NAT it is behind by comparing what at least four nodes see of it. On wish a relay, which anybody who knows its key may use.

import HyperDHT from 'hyperdht';
import { relayLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { RelayServer } from './relayServer.ts';

export interface BootstrapServerOptions {
  /** The IPv4 address by which peers reach this machine. */
  host: string;
  /** The first node's; the others follow it. */
  port: number;
  nodes: number;
  /** Key pair of the relay; left out: none. */
  relay?: HyperDHT.KeyPair;
  log: Log;
}

export class BootstrapServer {
  readonly #options: BootstrapServerOptions;
  #nodes: HyperDHT[] = [];
  #relay: RelayServer | undefined;

  constructor(options: BootstrapServerOptions) {
    this.#options = options;
  }

  /** Resolves when all nodes answer. Throws when a port is taken; nothing stays open then. */
  async open(): Promise<void> {
    const { host, port, nodes, relay, log } = this.#options;
    try {
      for (let i = 0; i < nodes; i++) {
        const others = this.#nodes.map((_, index) => `${host}:${port + index}`);
        const node = HyperDHT.bootstrapper(port + i, host, { bootstrap: others, ...(host.startsWith('127.') && { host }) });
        this.#nodes.push(node);
        node.on('error', (error: Error) => log.warn(`a node reported: ${error.message}`));
        await node.bind();
        // hyperdht takes one of the next ports when its own is taken, where nobody would look for it.
        if (node.address()?.port !== port + i) throw new Error(`port ${port + i} is taken`);
        await node.fullyBootstrapped();
      }
      const [first] = this.#nodes;
      if (!relay || !first) return;
      this.#relay = new RelayServer({ dht: first, keyPair: relay, log, mayUse: () => true });
      await this.#relay.open();
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#relay?.close();
    this.#relay = undefined;
    for (const node of this.#nodes.splice(0).reverse()) await node.destroy({ force: true });
  }

  /** `host:port` of each node: what goes into the setting `bootstrap`. */
  get addresses(): string[] {
    return this.#nodes.map((_, index) => `${this.#options.host}:${this.#options.port + index}`);
  }

  /** Nodes that ours know, and pairs relayed now of at most how many. */
  get status(): { knownNodes: number; relayed: number; mostRelayed: number } {
    const knownNodes = Math.max(0, ...this.#nodes.map((node) => node.nodes.length));
    return { knownNodes, relayed: this.#relay?.activeCount ?? 0, mostRelayed: relayLimits.streams };
  }
}
