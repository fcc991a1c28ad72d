// Searching. Every maximum and deadline with its reason: see limits.ts.

import { MiB } from './units.ts';

/** Searching. */
export const searchLimits = {
  queryCharacters: 256,
  terms: 16,
  pageHits: 1000,
  /** Fewer exact matches than this bring similar names, too, at most so many; for terms of so many bytes (short ones are similar to everything). */
  littleFound: 10,
  fuzzyHits: 200,
  nearBytesMin: 3,
  nearBytesMax: 64,
  queryMs: 10_000, // one that runs longer is ended
  /** Connected peers asked live for one query, and hits taken of each. */
  livePeers: 32,
  liveHits: 200,
  /** Live searches of one client under way; one more ends the oldest. */
  liveAtOnce: 4,
  /** Watched searches; matches of one that are remembered as known. */
  watches: 100,
  knownHits: 20_000,
  /** What of search files stays in memory between queries; and memory that a query may leave behind. */
  keptBytes: 5 * MiB,
  spareBytes: 6 * MiB,
  heapMiB: 512, // of the search worker: changes over segments; the young part is for what a query leaves behind
  youngHeapMiB: 4,
  /** Pages of index files that the search keeps for the paths of hits: 1 MiB; and search files held open. */
  segmentPages: 64,
  filesOpen: 256,
  /** The process that makes search files: its heap (a share that needs more cannot be searched), how long it waits for work, and is waited for. */
  buildHeapMiB: 512,
  buildIdleMs: 2_000,
  closeMs: 1_000,
  /** From a change of the catalog to looking whether a watched search has news. */
  watchSettleMs: 1_000,
} as const;
