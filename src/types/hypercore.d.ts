// What we use of hypercore 11.37.1, which has no types of its own. `core` is its inner, undocumented Core: see catalog/feeds/feedGuard.ts.

declare module 'hypercore' {
  import type { EventEmitter } from 'node:events';

  interface BlockProof {
    block?: { index: number; value: Uint8Array | null } | null;
  }

  /** One feed on one connection. */
  interface ReplicationPeer {
    /** A Protomux. */
    readonly protomux: object;
    readonly channel: { close(): void };
    readonly _remoteContiguousLength: number;
    readonly remoteRequests: ReadonlyMap<number, unknown>;
    paused: boolean;
    onrange(range: { drop: boolean; start: number; length: number }): unknown;
    onbitfield(part: { start: number; bitfield: Uint32Array }): unknown;
    onrequest(request: { id: number; block: { index: number } | null; seek?: object | null }): unknown;
    /** For tests that play a hostile peer. */
    readonly wireRange: { send(range: object): void };
    readonly wireBitfield: { send(part: object): void };
    readonly wireData: { send(data: object): void };
    readonly wireRequest: { send(request: object): void };
    readonly wireSync: { send(sync: object): void };
    readonly wireWant: { send(want: object): void };
    readonly wireNoData: { send(answer: object): void };
    readonly wireCancel: { send(cancel: object): void };
  }

  interface InnerCore {
    verify(proof: BlockProof, from: ReplicationPeer): Promise<boolean>;
    verifyReorg(proof: object): Promise<{ update(proof: object): unknown }>;
    checkConflict(proof: object, from: ReplicationPeer): Promise<boolean>;
    readonly replicator: {
      readonly peers: ReplicationPeer[];
      _addPeer(peer: ReplicationPeer): void;
      _oninvaliddata(error: unknown, request: unknown, data: unknown, from: ReplicationPeer): void;
      attachTo(muxer: object): void;
      attached(muxer: object): boolean;
      detachFrom(muxer: object): void;
    };
    readonly header: { readonly frozen: boolean };
    readonly closing: unknown;
    close(): Promise<void>;
    closeAllSessions(error: Error | null): Promise<void>;
    hasSession(): boolean;
    state: { length: number; storage: { core: object } };
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
    export { InnerCore, ReplicationPeer };
  }

  export = Hypercore;
}
