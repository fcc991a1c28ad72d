// What we use of hypercore 11.37.1, which has no types of its own. `core` is its inner, undocumented Core: see catalog/feeds.ts.

declare module 'hypercore' {
  import type { EventEmitter } from 'node:events';

  interface BlockProof {
    block?: { index: number; value: Uint8Array | null } | null;
  }

  /** One feed on one connection. */
  interface ReplicationPeer {
    readonly protomux: object;
    readonly _remoteContiguousLength: number;
    onrange(range: { drop: boolean; start: number; length: number }): unknown;
    onbitfield(part: { start: number; bitfield: Uint32Array }): unknown;
    /** For tests that play a hostile peer. */
    onrequest(request: { id: number; block: { index: number } | null }): unknown;
    readonly wireRange: { send(range: object): void };
    readonly wireBitfield: { send(part: object): void };
    readonly wireData: { send(data: object): void };
  }

  interface InnerCore {
    verify(proof: BlockProof, from: ReplicationPeer): Promise<boolean>;
    readonly replicator: { readonly peers: ReplicationPeer[]; _addPeer(peer: ReplicationPeer): void };
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

  namespace Hypercore {
    export { ReplicationPeer };
  }

  export = Hypercore;
}
