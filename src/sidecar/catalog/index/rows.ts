// The one order in which an index is written, sent and read, and the interface that every producer and consumer of it shares.
//
// Order: folders in pre-order (a folder before its content), children in ascending byte order of their UTF-8 names. Each folder is
// one `folder(…)` call followed by its entries: its folders, then its files. A folder's place in the sequence follows from that alone.

import type { Entry } from '../../../protocol/model.ts';

/** Consumes an index in order. Producers have checked the names, or the consumer says that it does. */
export interface IndexSink {
  /** The next folder begins (the first call is the share's root): that many folders and files follow. */
  folder(folderCount: number, fileCount: number): void;
  /** One entry of the folder. Folders have size 0. `mtimeMs` is a whole number. `name` is valid during the call only. */
  entry(name: Uint8Array, sizeBytes: number, mtimeMs: number): void;
}

/** What an index holds; the root is not counted. */
export interface IndexCounts {
  folderCount: number;
  fileCount: number;
  totalBytes: number;
}

/**
 * What became different in one folder. Applied in this order: `removed`, then `set`. A folder that is removed, or replaced by a file, goes
 * with all that is below it; a folder that is set and was there keeps its content. A name may be in both: what was there goes, and a new one
 * comes, as an empty folder if it is one. A new folder's content follows as a change of its own.
 */
export interface FolderChange {
  /** A folder that the index has before this delta, or that an earlier change of the same delta set. `''` is the root. */
  path: string;
  /** Its own time now. Not meant for the root, which has none: 0 there. */
  mtimeMs: number;
  /** Names that the folder has and that are gone, ascending by bytes. */
  removed: string[];
  /** New or changed entries, ascending by the bytes of their names; each differs from what the index has. */
  set: Entry[];
}

/** One step of an index: what changed since the state before it. */
export interface Delta {
  /** When the owner saw it. */
  updatedAtMs: number;
  /** What the index holds after it. */
  counts: IndexCounts;
  /** A folder comes once, and after any that is above it. */
  folders: FolderChange[];
}
