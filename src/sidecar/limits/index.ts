// Indexes, and following them. Every maximum and deadline with its reason: see limits.ts.

import { pathLimits } from '../../protocol/pathRules.ts';
import { KiB, MiB } from './units.ts';

/** What an index may hold, own or a peer's. */
export const indexLimits = {
  /** `nameBytes` of one name, `pathBytes` of a whole path inside a share, `depth` of folders: part of the protocol. */
  ...pathLimits,
  /** Entries of one share: 8 M entries is 8 x the design's target. */
  entries: 8_000_000,
  /** All names of one share: 8 M of 32 bytes. Shared beginnings and compression could make 2 GiB of them out of a few megabytes. */
  namesBytes: 256 * MiB,
  /** A feed block as received, compressed. */
  blockBytes: 1 * MiB,
  /** The same block decompressed: brotli on names reaches 20:1 on real trees; more is a bomb. */
  decodedBlockBytes: 16 * MiB,
  /** Blocks of one feed, ever: half a million scans that found changes. A peer that speaks of more costs us memory for its bitfields. */
  feedBlocks: 2 ** 20,
  /** Feed bytes kept for one share of a peer. */
  feedBytes: 512 * MiB,
  /** Largest size and mtime that survive a double. */
  sizeBytes: Number.MAX_SAFE_INTEGER,
  mtimeMs: 8.64e15,
  /** The year 1: no file system goes lower, and the difference of two times stays an exact double. */
  mtimeMinMs: -62_135_596_800_000,
  /** Entries and bytes (before compression) of a chunk that we write: 64 k entries compress best, and below 1 MiB every block fits blockBytes. */
  chunkEntries: 65_536,
  chunkRawBytes: 960 * KiB,
  /** A delta block decompressed, and the changed entries in it: it is read on the main thread, in 10 ms; scattered over a million, in 100. */
  deltaRawBytes: 1 * MiB,
  deltaEntries: 4096,
  /** Changed entries of one share kept beside its segment (about 250 bytes each); then both become a new segment. */
  overlayEntries: 32_768,
  /** The same of a peer's share while deltas are read, before it is packed: an owner stops at the number above, and one last delta may be deep. */
  overlayEntriesRead: 8 * 32_768,
  /** Delta blocks after a snapshot: a joining peer fetches them all. The owner writes a new snapshot at the latest then. */
  deltaBlocks: 1024,
  /** A `.gitignore` or `.potluckignore`; a folder with a larger one is skipped as unreadable rather than shared without its rules. */
  ruleFileBytes: 1 * MiB,
} as const;

/** What scanning own shares and following peers' feeds may cost. */
export const catalogLimits = {
  /** Own shares walked at once: the disk is the limit. */
  scansAtOnce: 1,
  /** Previews walked at once, beside the scans: a person waits for them. */
  previewsAtOnce: 2,
  /** A walk that saw no entry for this long hangs (a network drive that is gone). */
  walkStallMs: 120_000,
  /** Feeds of one peer fetched at once. */
  feedsAtOnce: 4,
  /** Blocks of one feed asked for at once: 16 of at most 1 MiB. */
  blocksInFlight: 16,
  /** Longest wait for the next block of a feed while its owner is connected. */
  feedStallMs: 60_000,
  /** Indexes decoded at once: each takes a thread. */
  decodesAtOnce: 1,
  /** Peers that a share of somebody who is away is fetched from at once; more add channels, not speed. */
  feedSources: 4,
  /** Feeds of others held open for third peers who fetch them from here. */
  heldFeeds: 256,
  /** Requests of one peer for one feed that wait or are being answered: Hypercore keeps at most 512 under way, twice that with its retries. */
  feedRequests: 1024,
  /** After a block with a wrong proof: time for the other side to show that the owner signed two histories, before it is blamed. */
  feedVerdictMs: 5_000,
  /** Owners, and their shares in all, that are known only because others pass them on: 8192 announcements are 3 MB of database. */
  hearsayOwners: 1024,
  hearsayShares: 8192,
  /** Removals remembered of all peers' shares, about 500 bytes each: signed by owners, whom anybody can make up. */
  removals: 20_000,
  /** What an entry takes in a segment and its search data; the estimate before an index is fetched. */
  entryDiskBytes: 70,
  /** Disk that one peer's indexes may take (segments, search data, feeds): 25 M entries. */
  peerDiskBytes: 2048 * MiB,
  /** Changed entries kept in memory for all shares of one peer; then its largest are packed into new segments. */
  peerOverlayEntries: 65_536,
  /** A folder larger than this is listed in index order: sorting it would block. */
  sortedEntries: 100_000,
  /** Up to this a folder is sorted for each page, in under a millisecond; larger ones are kept sorted for the next page. */
  sortedAtOnceEntries: 1000,
  /** Entries of folders kept sorted or merged (about 200 bytes each), and for how long after they were last asked for. */
  sortedKeptEntries: 200_000,
  sortedKeptMs: 60_000,
  /** Owners of one merged entry that are named. */
  holdersShown: 16,
  /** Places remembered in a merged folder too large to sort, from which a later page goes on. */
  mergedPlaces: 1000,
  /** Room on a disk that was full, from which on the feeds are opened again. */
  healBytes: 16 * MiB,
  /** A decoder that has a turn waits so long in all for blocks that are still to come; slower, and others go first. */
  decodeWaitMs: 2_000,
  /** Longest a worker may take for one block: 64 k entries take 0.1 s. */
  decodeStallMs: 60_000,
  /** Heap of a walk or index worker; an index that needs more is refused. */
  workerHeapMiB: 512,
  /** Of that, for objects that live shortly: a walk makes little else. The default of 48 takes that much more memory and saves no time. */
  walkYoungMiB: 16,
  /** Segment files held open, and 16 KiB pages of them kept in memory (16 MiB). */
  segmentsOpen: 64,
  segmentPages: 1024,
} as const;
