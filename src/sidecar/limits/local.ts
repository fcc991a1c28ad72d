// What the sidecar spends on this machine. Every maximum and deadline with its reason: see limits.ts.

import { MiB } from './units.ts';

/** What the sidecar spends on this machine. */
export const localLimits = {
  /** RPC: entries in one page. */
  pageEntries: 10_000,
  /** RPC: a range fetched into the cache. */
  rangeBytes: 64 * MiB,
  /** A range is asked for so often when the connection ends under it, and waits so long for a newer one: two peers that meet in two ways at once keep one connection. */
  rangeTries: 3,
  rangeAgainMs: 2_000,
  /** Bytes of fetched files and ranges kept for opening; oldest go first. */
  cacheBytes: 2048 * MiB,
  /** Leaf hashes kept of files served or fetched (32 bytes for 16 KiB). */
  treeBytes: 512 * MiB,
  /** Skipped entries kept for showing. */
  skippedShown: 1000,
  /** Files being received at once, over all downloads: half of what one peer serves. */
  filesInFlight: 32,
  /** Downloads running at once; more wait their turn in the order they were added. */
  downloadsRunning: 8,
  /** Lines of the download queue, finished ones included. */
  downloads: 10_000,
  /** Blocks (256 KiB) of one file received but not yet hashed and written: 32 files cost at most 48 MiB. */
  blocksInFlight: 6,
  /** Content up to this is hashed on the main thread (0.6 ms), received in memory, and never asked for by leaf. */
  inlineHashBytes: 1 * MiB,
  /** The hash worker ends after this long without work. */
  hashWorkerIdleMs: 30_000,
  /** Files that are hashed or wait for it for peers that need the root first. */
  rootsInFlight: 64,
  /** Roots of own files remembered; 2 M rows are about 300 MB of database. */
  rememberedRoots: 2_000_000,
  /** Roots told to one peer, whose leaf hashes it may then ask for; and peers this is kept for. */
  toldRoots: 4096,
  toldPeers: 256,
  /** Ranges kept for the ranged viewer, inside the cache. */
  rangeCacheBytes: 256 * MiB,
  /** Fetches for opening under way at once. */
  fetches: 64,
  /** Failed files of a folder that are named. */
  failedFilesShown: 100,
  /** Names tried ("name (2)", "name (3)", …) before a download gives up on a folder full of them. */
  namesTried: 10_000,
  /** Log file before it is rotated, and how many old ones stay. */
  logBytes: 5 * MiB,
  logFiles: 3,
  /** Log entries kept for a client that subscribes late. */
  logTail: 200,
  /** Progress and change notifications per second for one subject. */
  progressHz: 4,
  /** Downloaded entries that are marked in one request: some 40 ms, in steps. */
  markedEntries: 1_000,
  /** A client that connected must say hello within this. */
  clientHelloMs: 5_000,
  /** On leaving: time for answers already made to reach their clients. */
  lastAnswersMs: 500,
  /** Code points of a petname, of a party's label, and of a nickname as shown: one line of a tree or table. */
  shownNameCharacters: 64,
  /** Parties joined at once. */
  parties: 64,
  shares: 1000,
  /** Left free on the disk of the data folder: nothing is written into feeds below it, see storage/freeSpace.ts. */
  freeDiskBytes: 16 * MiB,
  /** Tags of shares by party that are remembered, 64 bytes each; those of all shares here in two parties. */
  audienceTags: 20_000,
  /** Own shares that were removed are told to peers for this long: who was away longer finds them gone from our list. */
  removalDays: 90,
  /** Reconnects: first wait, and the longest; between them doubled with jitter. */
  reconnectMinMs: 1_000,
  reconnectMaxMs: 5 * 60_000,
  /** Closing everything on stop; after it the process exits anyway. */
  closeMs: 5_000,
} as const;
