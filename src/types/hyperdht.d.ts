// What we use of hyperdht 6.34.0 (and of dht-rpc below it), which has no types of its own.

declare module 'hyperdht' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex } from 'node:stream';
  import type NoiseSecretStream from '@hyperswarm/secret-stream';

  interface UdxSocket {
    setRecvBufferSize(bytes: number): number;
    address(): { host: string; port: number };
  }

  interface Query {
    finished(): Promise<void>;
    destroy(): void;
  }

  interface Server {
    /** Announces the key again soon. */
    refresh(): void;
    listen(keyPair: { publicKey: Uint8Array; secretKey: Uint8Array }): Promise<void>;
    close(): Promise<void>;
    on(event: 'connection', listener: (stream: NoiseSecretStream) => void): this;
    /** True refuses. The address may be forged. */
    firewall: (publicKey: Uint8Array, payload: HandshakePayload, from: HandshakeAddress) => boolean | Promise<boolean>;
    /** False refuses to punch. */
    holepunch: (remoteFirewall: number, firewall: number, remoteAddresses: readonly unknown[]) => boolean;
    /** Undocumented, both: network/handshakeGuard.ts. */
    _onpeerhandshake(
      message: { noise: Uint8Array; peerAddress: HandshakeAddress | null },
      request: { from: HandshakeAddress },
    ): Promise<object | null>;
    readonly _connects: Map<string, Promise<object | null>>;
  }

  interface HandshakeAddress {
    host: string;
    port: number;
  }

  /** What the other end says in its handshake; `firewall` as in `FIREWALL`. */
  interface HandshakePayload {
    firewall: number;
    relayThrough: { publicKey: Uint8Array; token: Uint8Array } | null;
    addresses4: HandshakeAddress[];
    addresses6: HandshakeAddress[];
    relayAddresses: HandshakeAddress[] | null;
  }

  interface Handshake {
    send(payload: unknown): Promise<Uint8Array>;
    recv(bytes: Uint8Array): Promise<HandshakePayload>;
    final(): { holepunchSecret: Uint8Array };
  }

  interface KeyPair {
    publicKey: Uint8Array;
    secretKey: Uint8Array;
  }

  interface ConnectOptions {
    keyPair?: KeyPair;
    relayAddresses?: { host: string; port: number }[] | null;
    relayThrough?: Uint8Array | null;
    createHandshake?: (keyPair: KeyPair, remotePublicKey: Uint8Array) => Handshake;
  }

  class HyperDHT extends EventEmitter {
    constructor(options?: {
      bootstrap?: string[];
      host?: string;
      port?: number;
      ephemeral?: boolean;
      firewalled?: boolean;
      connectionKeepAlive?: number | false;
      keyPair?: KeyPair;
    });
    /** A node to start from, known to others by this address. */
    static bootstrapper(port: number, host: string, options?: { bootstrap?: string[]; host?: string }): HyperDHT;
    static hash(data: Uint8Array): Buffer;
    static keyPair(seed?: Uint8Array): { publicKey: Buffer; secretKey: Buffer };
    static readonly BOOTSTRAP: string[];
    readonly bootstrapped: boolean;
    readonly firewalled: boolean;
    /** Its NAT chooses another port for every address that it talks to. */
    readonly randomized: boolean;
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
    createServer(
      options: { firewall(publicKey: Uint8Array): boolean },
      onConnection: (stream: NoiseSecretStream) => void,
    ): Server;
    connect(publicKey: Uint8Array, options?: ConnectOptions): NoiseSecretStream;
    createRawStream(options: object): Duplex;
    /** Undocumented: tests whether others reach us, and takes that in; never rejects. */
    _updateNetworkState(onlyFirewall: boolean): Promise<boolean>;
    /** Undocumented: what is sent by way of other nodes; `peerHandshake` for tests that play hostile peers. */
    readonly _router: {
      peerHolepunch(target: Uint8Array, message: object, to: object): Promise<{ payload: Uint8Array }>;
      peerHandshake(
        target: Uint8Array,
        message: { noise: Uint8Array; socket: UdxSocket | null; session?: object },
        to: HandshakeAddress,
      ): Promise<object>;
    };
    session(): { destroy(): void };
    ping(address: { host: string; port: number }, options?: { retry?: boolean }): Promise<unknown>;
    destroy(options?: { force?: boolean }): Promise<void>;
  }

  namespace HyperDHT {
    export { ConnectOptions, Handshake, HandshakeAddress, HandshakePayload, KeyPair, Server };
  }

  export = HyperDHT;
}

/** Its own way to make handshakes, to look at what is said in them. */
declare module 'hyperdht/lib/noise-wrap.js' {
  import type { Handshake, KeyPair } from 'hyperdht';

  const NoiseWrap: new (keyPair: KeyPair, remotePublicKey: Uint8Array) => Handshake;

  export = NoiseWrap;
}

/** Opens what two peers say to each other while they punch. */
declare module 'hyperdht/lib/secure-payload.js' {
  class SecurePayload {
    constructor(holepunchSecret: Uint8Array);
    /** Opens it in place; null when it is not from the other end. */
    decrypt(buffer: Uint8Array): { error: number; firewall: number; addresses: { host: string; port: number }[] | null } | null;
    encrypt(said: { error: number; firewall: number; round: number; addresses: { host: string; port: number }[] }): Uint8Array;
  }

  export = SecurePayload;
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
