// What the main thread asks of the disk worker, and what it answers: plain data, one line a call. Failures come back as the fields of an AppError.

import type { ErrorData, ErrorKind } from '../../../protocol/errors.ts';
import type { ConflictPolicy } from '../../../protocol/transfers.ts';

/** A file for a pack, or why it is not given (decided before it is opened). */
export type PackEntry = { absolutePath: string; sizeBytes: number } | { refused: ErrorKind };

/** What was read of a file for a pack, or why it was not. Stamps are of the open file, the same before and after it was read. */
export type PackedFile =
  | { at: number; sizeBytes: number; mtimeNs: bigint; ctimeNs: bigint; root: Uint8Array; readFromMs: number }
  | { refused: ErrorKind };

export interface MadePack {
  /** Owns its buffer. */
  bytes: Uint8Array;
  /** As asked, in that order. Roots are views into `bytes`. */
  files: PackedFile[];
}

/** A pack as it leaves the worker: in columns, which cost less to hand over than objects. `at`: where a file's bytes begin, -1 = refused. */
export interface PackColumns {
  bytes: Uint8Array;
  at: Int32Array;
  sizes: Int32Array;
  /** mtimeNs and ctimeNs of each. */
  stamps: BigInt64Array;
  refused: Record<number, ErrorKind>;
  readFromMs: number;
}

/** A file of a run: below its top folder, `/` between parts, spelled for this disk; '' = the single file of the run. */
export interface RunFile {
  relative: string;
  sizeBytes: number;
  mtimeMs: number;
}

export interface RunSettings {
  /** The download folder, a real path. */
  root: string;
  /** The folder of this download's partial files, below `root`. */
  partials: string;
  /** Where `relative` begins: below `root`, or it. */
  top: string;
  /** The single file's name in `top`. */
  name?: string;
  conflict: ConflictPolicy;
  /** Where its files come from, for the mark that says so; without it they bear none. */
  origin?: string | undefined;
  /** `top` was made by this download: a file of the same size and time in it is one that was placed before a power cut. */
  isOwnTop: boolean;
}

/** What became of small files, named by the indexes that came with their packs. */
export interface Settled {
  /** At their final names, on the disk for good; their sizes, times, roots (packed), and names below the top where those are not as planned. */
  placed: Uint32Array;
  sizes: Uint32Array;
  mtimes: Float64Array;
  roots: Uint8Array;
  renamed: Record<number, string>;
  /** Something has their name, and stays. */
  skipped: number[];
  failed: { index: number; sizeBytes: number; kind: ErrorKind; message: string }[];
}

/** What a run tells by itself: a group of files reached the disk for good, or cannot. */
export type DiskEvent = { run: number } & (
  { type: 'settled'; settled: Settled } | { type: 'failed'; kind: ErrorKind; message: string; data: ErrorData | undefined }
);

/** What a pack held: files that are good (bytes, and how they differ from the plan in sum), those that are not what their root says, those not given. */
export interface Unpacked {
  goodBytes: number;
  good: number;
  wrong: number[];
  refused: { index: number; kind: ErrorKind }[];
}

export interface DiskCalls {
  partialOpen: {
    ask: { path: string; sizeBytes: number; version?: Uint8Array; root?: Uint8Array };
    answer: {
      partial: number;
      earlier: { sizeBytes: number; version: Uint8Array | undefined; root: Uint8Array | undefined } | undefined;
      /** Recorded leaves as runs: first, count, first, count, … */
      runs: number[];
    };
  };
  /** Checks a step's worth of what an earlier attempt left. `wrong`: leaves that are missing now. */
  partialRecheck: { ask: { partial: number }; answer: { wrong: number[]; isDone: boolean } };
  partialWrite: {
    ask: { partial: number; first: number; chunks: Uint8Array[]; expected: Uint8Array | undefined };
    answer: { good: number };
  };
  partialCompare: { ask: { partial: number; first: number; expected: Uint8Array }; answer: { wrong: number[] } };
  partialForget: { ask: { partial: number; first: number; count: number }; answer: undefined };
  partialLeaves: { ask: { partial: number; first: number; count: number }; answer: Uint8Array };
  partialRead: { ask: { partial: number; offset: number; length: number }; answer: Uint8Array };
  partialIdentify: { ask: { partial: number; version?: Uint8Array; root?: Uint8Array }; answer: undefined };
  partialFinish: {
    ask: { partial: number; mtimeMs: number; root: Uint8Array | undefined; treePath: string | undefined };
    answer: { root: Uint8Array };
  };
  partialClose: { ask: { partial: number; path: string; isRemoved: boolean }; answer: undefined };
  /** `names`: paths below `root` with NUL between, '' = `refused`. */
  readPack: { ask: { root: string; names: string; sizes: Int32Array; refused: Record<number, ErrorKind> }; answer: PackColumns };
  /** `copy` 0: there is nothing to copy from. */
  copyOpen: {
    ask: { from: string; path: string; sizeBytes: number; mtimeMs: number; root: Uint8Array };
    answer: { copy: number };
  };
  copyStep: { ask: { copy: number; isStopped: boolean }; answer: { state: 'more' | 'done' | 'other' } };
  runOpen: { ask: RunSettings; answer: { run: number; isFresh: boolean } };
  /** Which of these are there already: 0 = to be fetched, 1 = placed before, 2 = to be skipped. Targets of those placed, relative to `root`. */
  runSift: { ask: { run: number; files: RunFile[] }; answer: { states: Uint8Array; targets: Record<number, string> } };
  runFolders: { ask: { run: number; folders: string[] }; answer: undefined };
  /** A pack with these files (NUL between), named by `indexes` later. Answers what of it was received and verified; `settled` follows. */
  runUnpack: {
    ask: { run: number; indexes: Uint32Array; relatives: string; chunks: Uint8Array[]; most?: Float64Array };
    answer: Unpacked;
  };
  /** Gives a finished partial file its final name; on the disk for good when it answers. */
  runPlace: {
    ask: { run: number; relative: string; partialPath: string };
    answer: { outcome: 'placed'; target: string } | { outcome: 'skipped' };
  };
  /** Brings all groups to the disk; everything has settled when it answers. */
  runFlush: { ask: { run: number }; answer: undefined };
  runClose: { ask: { run: number }; answer: undefined };
}

export type DiskCall = keyof DiskCalls;

export type DiskRequest = { [K in DiskCall]: { reply: number; type: K; ask: DiskCalls[K]['ask'] } }[DiskCall];

export type DiskAnswer =
  | { reply: number; value: DiskCalls[DiskCall]['answer'] }
  | { reply: number; failed: { kind: ErrorKind; message: string; data: ErrorData | undefined } };
