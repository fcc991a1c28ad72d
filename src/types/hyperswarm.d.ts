// What we use of hyperswarm 4.17.2, which has no types of its own.

declare module 'hyperswarm' {
  import type { EventEmitter } from 'node:events';
  import type HyperDHT from 'hyperdht';
  import type { HandshakePayload, Server } from 'hyperdht';
  import type NoiseSecretStream from '@hyperswarm/secret-stream';

  interface PeerInfo {
    readonly publicKey: Buffer;
    readonly banned: boolean;
    ban(isBanned: boolean): void;
  }

  interface Discovery {
    /** False when nobody answered. */
    refresh(): Promise<boolean>;
    destroy(): Promise<void>;
  }

  class Hyperswarm extends EventEmitter {
    constructor(options: {
      keyPair: { publicKey: Uint8Array; secretKey: Uint8Array };
      dht: HyperDHT;
      maxPeers?: number;
      maxClientConnections?: number;
      maxParallel?: number;
      /** True refuses, and bans the key in this swarm. */
      firewall?: (publicKey: Uint8Array, payload: HandshakePayload | null) => boolean;
    });
    readonly dht: HyperDHT;
    /** Undocumented: where others come in. */
    readonly server: Server;
    readonly destroyed: boolean;
    readonly connections: Set<NoiseSecretStream>;
    /** By public key in hex. */
    readonly peers: Map<string, PeerInfo>;
    join(topic: Uint8Array, options: { server: boolean; client: boolean }): Discovery;
    leave(topic: Uint8Array): Promise<void>;
    joinPeer(publicKey: Uint8Array): void;
    leavePeer(publicKey: Uint8Array): void;
    listen(): Promise<void>;
    destroy(options?: { force?: boolean }): Promise<void>;
    on(event: 'connection', listener: (stream: NoiseSecretStream, peer: PeerInfo) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
  }

  namespace Hyperswarm {
    export { Discovery, PeerInfo };
  }

  export = Hyperswarm;
}
