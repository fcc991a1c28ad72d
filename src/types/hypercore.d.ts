// What we use of hypercore 11.37.1, which has no types of its own. `core` is its inner, undocumented Core: see catalog/feeds.ts.

declare module 'hypercore' {
  import type { EventEmitter } from 'node:events';

  interface BlockProof {
    block?: { index: number; value: Uint8Array | null } | null;
  }

  interface InnerCore {
    verify(proof: BlockProof, from: unknown): Promise<boolean>;
    close(): Promise<void>;
    hasSession(): boolean;
    state: { storage: { core: object } };
  }

  class Hypercore extends EventEmitter {
    readonly key: Buffer | null;
    readonly discoveryKey: Buffer | null;
    readonly length: number;
    readonly fork: number;
    readonly writable: boolean;
    readonly core: InnerCore | null;
    ready(): Promise<void>;
    close(): Promise<void>;
    session(options?: { writable?: boolean }): Hypercore;
    append(blocks: Uint8Array[]): Promise<{ length: number; byteLength: number }>;
    /** Null when `wait` is false and the block is not here. */
    get(index: number, options?: { wait?: boolean; timeout?: number }): Promise<Buffer | null>;
    has(start: number, end?: number): Promise<boolean>;
    clear(start: number, end: number): Promise<unknown>;
    truncate(length: number): Promise<void>;
    replicate(muxer: unknown, options?: { session?: boolean }): unknown;
  }

  export = Hypercore;
}
