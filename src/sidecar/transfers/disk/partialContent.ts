// A file while it arrives, as the main thread sees it: what of it is there and verified, what an earlier attempt left. The disk worker
// holds the file itself. Types only.

import type { LeafSet } from './leafSet.ts';

export interface PartialOptions {
  /** Of the bytes, `….part`; what is known of them lies beside it, `….leaves`. Below a folder of partial files. */
  path: string;
  sizeBytes: number;
  /** What it is, where that is known: kept for the next attempt. See `earlier` for what was there before. */
  version?: Uint8Array;
  root?: Uint8Array;
}

export interface PartialContent {
  readonly path: string;
  readonly sizeBytes: number;
  readonly leafCount: number;
  /**
   * What an earlier attempt left, by its own record: undefined when nothing. Its leaves are in `have` at once, but not trusted until
   * `recheck`. When its root or version is not the one of now, the leaves must be compared with those of the new root, or forgotten. Leaves of a
   * file of another size are kept only when `root` was given.
   */
  readonly earlier: { sizeBytes: number; version: Uint8Array | undefined; root: Uint8Array | undefined } | undefined;
  /** Leaves that are on the disk, and right as far as known. */
  readonly have: LeafSet;
  /** Hashes again what an earlier attempt left, a step at a time between other work. Resolves with how many leaves were wrong (and are missing now). */
  recheck(options: { signal: AbortSignal }): Promise<number>;
  /**
   * Chunks are consecutive from leaf `first` on, whole leaves in sum (but for the file's end). Those that own their buffer are gone after.
   * Compares with `expected` (packed hashes, proven to be of the root), writes and records the good leaves. Answers how many were good from the start.
   * Rejects with `disk-full`, `permission-denied`, `io`.
   */
  write(first: number, chunks: readonly Uint8Array[], expected?: Uint8Array): Promise<number>;
  /** These are the right hashes of the leaves from `first`: recorded ones that differ become missing. Answers how many were dropped. */
  compare(first: number, expected: Uint8Array): Promise<number>;
  /** Makes leaves missing. */
  forget(first: number, count: number): Promise<void>;
  /** Hashes as recorded, packed; zeros where missing. */
  leaves(first: number, count: number): Promise<Uint8Array>;
  /** Bytes that are there: for giving them on. Rejects with `not-found` when a leaf of the range is missing. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Keeps what it is, learnt later. */
  identify(options: { version?: Uint8Array; root?: Uint8Array }): Promise<void>;
  /**
   * All leaves are there: gives it the exact size and time, computes the root of the leaves and compares it with `root`, writes a tree file at
   * `treePath`, brings all to the disk, closes. Rejects with `verification-failed` when the root is another one. The file stays at its partial name.
   */
  finish(options: { mtimeMs: number; root?: Uint8Array; treePath?: string }): Promise<{ root: Uint8Array }>;
  /** What is there stays for the next attempt. Idempotent. */
  close(): Promise<void>;
  /** Closes and removes both files. */
  remove(): Promise<void>;
}
