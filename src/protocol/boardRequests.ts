// What the board asks for beyond the lists: which part of a file came from whom, and what this machine's disk holds for Potluck.

import type { PeerId } from './ids.ts';
import type { EntryRef } from './model.ts';

/** Who gave which part of one file, since the sidecar started. Cells are equal stretches of the file, in order; the last may be shorter. */
export interface PieceMap {
  entry: EntryRef;
  sizeBytes: number;
  /** Bytes of a cell, a multiple of 16 KiB; there are at most 512 cells. */
  cellBytes: number;
  isRunning: boolean;
  /** At most 16, in the order in which they first gave. */
  sources: PieceSource[];
  /** Per cell how much of it is here and verified, 0 to 100. */
  done: number[];
  /** Per cell the source (index into `sources`) that gave most of it; -1: none, or it was here before. */
  from: number[];
  /** Where sources sent what did not verify: the first 256 places. */
  bad: { cell: number; source: number }[];
}

export interface PieceSource {
  peerId: PeerId;
  /** What to show, made safe for one line. */
  name: string;
  goodBytes: number;
  badBytes: number;
}

/** `index`: lists of files and what they are searched by. `cache`: files that were opened. `feeds`: signed logs. `trees`: hashes of contents. */
export type StorageKind = 'index' | 'cache' | 'feeds' | 'trees' | 'database' | 'partial' | 'other';

/** What lies on this disk for Potluck; downloads that are finished, and shared folders, are not counted. */
export interface StorageUsage {
  dataFolder: string;
  downloadFolder: string;
  /** One of each kind. `partial`: what unfinished downloads left in the download folder of the settings. */
  parts: { kind: StorageKind; bytes: number; files: number }[];
  /** False when there were more files than are counted (200,000). */
  isWhole: boolean;
  /** On the disk of the download folder. */
  freeBytes?: number;
  measuredAtMs: number;
}

/** `pieces/*`, `storage/*`. */
export interface BoardRequests {
  /** Maps of an entry that is or was downloaded or opened lately, and of what is below it: running ones first, at most 8. Empty when nothing is known. */
  'pieces/get': { params: { entry: EntryRef }; result: PieceMap[] };
  /** Counts files of the data folder and partial ones. The answer of the last 10 s is given again. */
  'storage/usage': { params: Record<string, never>; result: StorageUsage };
}
