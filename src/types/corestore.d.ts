// What we use of corestore 7.12.5, which has no types of its own.

declare module 'corestore' {
  import type Hypercore from 'hypercore';

  class Corestore {
    constructor(folder: string);
    readonly storage: { deleteCore(pointer: object): Promise<void> };
    ready(): Promise<void>;
    close(): Promise<void>;
    get(options: {
      name?: string;
      key?: Uint8Array;
      encryption?: { key: Uint8Array };
      writable?: boolean;
      createIfMissing?: boolean;
    }): Hypercore;
  }

  export = Corestore;
}
