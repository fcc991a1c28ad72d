// What we use of blind-relay 1.6.1, which has no types of its own.

declare module 'blind-relay' {
  import type { EventEmitter } from 'node:events';
  import type { Duplex } from 'node:stream';
  import type NoiseSecretStream from '@hyperswarm/secret-stream';

  interface Session extends EventEmitter {
    destroy(error?: Error): void;
    on(event: 'pair', listener: (isInitiator: boolean, token: Buffer, stream: Duplex) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'close', listener: () => void): this;
  }

  class Server extends EventEmitter {
    constructor(options: { createStream(options: object): Duplex });
    readonly stats: { pairings: { pending: number }; streams: { active: number } };
    /** Undocumented: tokens that one end named, in hex. */
    _pairing: Map<string, unknown>;
    accept(stream: NoiseSecretStream, options: { id: Uint8Array }): Session;
    close(): Promise<void>;
  }

  /** For tests that use a relay by hand. */
  class Client {
    static from(stream: NoiseSecretStream, options: { id: Uint8Array }): Client;
    /** Gives the id of the relay's stream once the other end came. */
    pair(isInitiator: boolean, token: Uint8Array, stream: Duplex): Duplex;
  }

  const blindRelay: { Server: typeof Server; Client: typeof Client };

  namespace blindRelay {
    export { Client, Server, Session };
  }

  export = blindRelay;
}
