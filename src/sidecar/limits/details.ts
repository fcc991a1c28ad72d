// What is known of files beyond names. Every maximum and deadline with its reason: see limits.ts.

import { KiB, MiB } from './units.ts';

/** What is known of files beyond their names: content ids, types, texts. All of it gives way to names. */
export const detailLimits = {
  /** Records in one feed block, and its bytes before compression. */
  blockRecords: 4096,
  blockRawBytes: 960 * KiB,
  /** A media type, as in `text/plain`. */
  mimeBytes: 100,
  /** Kinds of text of one file (title, artist, …), and all its texts together. */
  recordFields: 16,
  recordTextBytes: 2 * KiB,
  /** Blocks of one details feed; a feed that is half stale begins anew long before. */
  feedBlocks: 65_536,
  /** Details feeds of peers fetched at once. */
  fetchesAtOnce: 2,
  /** What the details of all shares of one peer may take here, beside its indexes: feeds, rows and words. */
  peerDiskBytes: 512 * MiB,
  /** Of an own file that is looked into: what is read, and what of a text is told. */
  headBytes: 4 * KiB,
  previewBytes: 1 * KiB,
  /** Previews of one own share, in all: everybody who follows it keeps them. Then only types are told. */
  sharePreviewBytes: 32 * MiB,
  /** Own files are looked into with this share of one core. */
  describeShare: 0.05,
  /** Longest the worker looks at files in one go, and files handed to it. */
  describeSliceMs: 50,
  describeFiles: 256,
  /** Looking at one file that takes longer hangs (a network drive that is gone): it is left out. */
  describeStallMs: 30_000,
  /** Looking begins so long after there is something to look at: names go first. */
  startMs: 500,
  /** A block goes out at most this often; while there are many files, ever more rarely, up to the second. */
  publishMinMs: 2_000,
  publishMaxMs: 30_000,
  /** Changed files of one share that are remembered; more, and the whole share is compared. */
  changedFiles: 10_000,
  /** Records that are stale before a feed begins anew, at least: half of it. */
  staleRecords: 8192,
  /** Files found by type or text that are looked at for one query. */
  candidates: 10_000,
  /** Files found by their text where names found little. */
  textHits: 200,
  /** Entries named as holders of a content id. */
  holders: 100,
  /** Entries checked against an index in one go on the main thread. */
  checkedAtOnce: 256,
  /** The worker that keeps details ends after this long without work. */
  idleMs: 30_000,
  /** Time for one answer of it. */
  answerMs: 60_000,
  /** Heap of the workers that look into files and that keep details; the young part is small, since both work slowly on purpose. */
  workerHeapMiB: 256,
  youngHeapMiB: 4,
} as const;
