// What we use of corestore 7.12.5, which has no types of its own.

declare module 'corestore' {
  import type Hypercore from 'hypercore';

  class Corestore {
    constructor(folder: string);
    readonly storage: { deleteCore(pointer: object): Promise<void> };
    ready(): Promise<void>;
    close(): Promise<void>;
    /** Discovery keys of all cores on this disk. */
    list(): AsyncIterable<Buffer>;
    getAuth(discoveryKey: Uint8Array): Promise<{ keyPair: object | null } | null>;
    get(options: {
      name?: string;
      keyPair?: { publicKey: Uint8Array; secretKey: Uint8Array };
      key?: Uint8Array;
      discoveryKey?: Uint8Array;
      encryption?: { key: Uint8Array };
      writable?: boolean;
      /** False: it does not count as wanting blocks. */
      active?: boolean;
      createIfMissing?: boolean;
    }): Hypercore;
  }

  export = Corestore;
}
