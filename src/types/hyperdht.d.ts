// What we use of hyperdht 6.34.0 (and of dht-rpc below it), which has no types of its own.

declare module 'hyperdht' {
  import type { EventEmitter } from 'node:events';
  import type NoiseSecretStream from '@hyperswarm/secret-stream';

  interface UdxSocket {
    setRecvBufferSize(bytes: number): number;
  }

  interface Query {
    finished(): Promise<void>;
    destroy(): void;
  }

  interface Server {
    /** Announces the key again soon. */
    refresh(): void;
    listen(keyPair: { publicKey: Uint8Array; secretKey: Uint8Array }): Promise<void>;
  }

  class HyperDHT extends EventEmitter {
    constructor(options?: {
      bootstrap?: string[];
      host?: string;
      port?: number;
      ephemeral?: boolean;
      firewalled?: boolean;
      connectionKeepAlive?: number | false;
    });
    static keyPair(seed?: Uint8Array): { publicKey: Buffer; secretKey: Buffer };
    static readonly BOOTSTRAP: string[];
    readonly bootstrapped: boolean;
    readonly firewalled: boolean;
    /** False after seconds of requests without any answer. */
    readonly online: boolean;
    readonly destroyed: boolean;
    /** As seen from outside; null until known, port 0 when it differs from node to node. */
    readonly host: string | null;
    readonly port: number;
    /** Nodes of the routing table. */
    readonly nodes: { length: number };
    readonly table: { id: Buffer };
    readonly io: { serverSocket: UdxSocket | null; clientSocket: UdxSocket | null };
    readonly listening: Set<Server>;
    /** Answers what another node asks; false when it is nothing that we know. Tests put something before it. */
    onrequest(request: { command: number; target: Uint8Array | null; reply(value: Uint8Array | null): void }): boolean;
    bind(): Promise<void>;
    address(): { host: string; port: number } | null;
    fullyBootstrapped(): Promise<void>;
    findNode(target: Uint8Array): Query;
    /** Who announced the topic, in answers of several nodes. */
    lookup(target: Uint8Array): Query & AsyncIterable<{ peers: { publicKey: Buffer }[] }>;
    createServer(onConnection: (stream: NoiseSecretStream) => void): Server;
    connect(publicKey: Uint8Array, options?: { keyPair?: { publicKey: Uint8Array; secretKey: Uint8Array } }): NoiseSecretStream;
    destroy(options?: { force?: boolean }): Promise<void>;
  }

  export = HyperDHT;
}

declare module 'hyperdht/testnet.js' {
  import type HyperDHT from 'hyperdht';

  interface Testnet {
    readonly nodes: HyperDHT[];
    readonly bootstrap: { host: string; port: number }[];
    destroy(): Promise<void>;
  }

  function createTestnet(size: number, options?: { host?: string; port?: number }): Promise<Testnet>;

  namespace createTestnet {
    export { Testnet };
  }

  export = createTestnet;
}
