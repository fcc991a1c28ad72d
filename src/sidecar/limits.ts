// Every maximum and deadline of the sidecar, each with its reason. Nothing else in the sidecar invents one.

const KiB = 1024;
const MiB = 1024 * KiB;

/** What a peer may send and cost us. Over a limit means: the peer's session ends. */
export const wireLimits = {
  /** A control message (hello, announcements, requests). The largest honest one is the announcement list. */
  controlMessageBytes: 1 * MiB,
  /** File bytes in one data message: DESIGN decision 6, keeps latency under bulk at 0.7 ms p50. */
  sliceBytes: 64 * KiB,
  /** A data message: one slice and its header. */
  dataMessageBytes: 64 * KiB + 256,
  /** Bytes a sender may have under way for one request before it is given credit. */
  creditBytes: 2 * MiB,
  /** Requests of one peer being served or waiting here; honest downloads keep 32 under way. */
  requestsInFlight: 64,
  /** Shares one peer may announce. */
  sharesPerPeer: 1000,
  /** Characters of a title, nickname, client name. */
  textCharacters: 128,
  /** Party tokens in a hello. */
  partiesInHello: 256,
  /** Time to complete our hello after the Noise handshake. */
  helloMs: 10_000,
  /** Silence after which a connection is dead; keep-alives go out at a third of it. */
  silenceMs: 15_000,
  /** Longest wait for the next message of a running request. */
  requestStallMs: 30_000,
  /** Hyperswarm caps nothing by default: connections in all. */
  connections: 256,
  /** One encrypted frame. Protomux joins feed blocks into batches of up to 8 MiB and one message more; secret-stream alone would take 16 MB. */
  frameBytes: 10 * MiB,
  /** Bytes waiting to be sent: an honest peer asks for at most 64 MiB of feed blocks at once; one that asks and never reads is cut off. */
  sendQueueBytes: 128 * MiB,
  /** Channels a peer may open in one session: one for every announced share, opened anew a few times. */
  channelsPerSession: 4096,
  /** Reads and hash requests of ours waiting for their turn at one peer. */
  requestsWaiting: 4096,
  /** From a request to its head, however often the peer says that it is at work: it may hash a large file first. */
  headMs: 10 * 60_000,
  /** Longest wait of an upload for its reader to take bytes. */
  creditStallMs: 120_000,
  /** Leaf hashes in one reply: 512 KiB, for 256 MiB of a file. */
  leavesInReply: 16_384,
  /** Uncle hashes in one reply: the height of a tree over 2^53 bytes. */
  unclesInReply: 64,
  /** Capabilities in a hello, and the characters of each and of the agent. */
  capabilities: 64,
  /** Owners whose shares one peer may pass on, and their shares in all. */
  passedOwners: 256,
  passedShares: 2000,
  /** Removals that we pass on to one peer, over all owners; the newest first. */
  passedRemovals: 2000,
  /** What is passed on changes with every change of every owner, and most hear of it from the owner: told at most this often. */
  passOnMs: 2_000,
  /** Messages that pass on, one an owner: taken at once and a second for long. We send at most half of it. */
  passOnBurst: 512,
  passOnPerSecond: 16,
  /** How long ago an owner was seen is told again when it is off by this. */
  passedSeenMs: 3_600_000,
  /** Signatures (40 us each) checked at once and a second for long; more wait. An honest peer begins with 6,000 at most. */
  signaturesBurst: 8000,
  signaturesPerSecond: 500,
  signaturesWaiting: 10_000,
  /** Longest that checking signatures holds the main thread in one go. */
  signaturesSliceMs: 4,
  /** Removals one owner's list may hold; the newest stay. */
  removals: 1000,
  /** A search that a peer asks: characters, hits in the answer, how many under way, how many in one go, and how many a second for long. */
  searchCharacters: 256,
  searchHits: 200,
  searchesInFlight: 4,
  searchesBurst: 30,
  searchesPerSecond: 10,
  /** Time for an answer to a search. */
  searchMs: 10_000,
  /** Hellos and announcement lists: we send one of a kind at most this often, and take this many at once and a second. */
  updateMs: 250,
  updatesBurst: 64,
  updatesPerSecond: 8,
} as const;

/** Meeting others. */
export const networkLimits = {
  /** Of all connections, those that we open: the rest stays free for who comes to us. */
  outgoingConnections: 192,
  /** Connects under way at once; a dead peer takes 10 s. */
  connectsAtOnce: 8,
  /** Topics are looked up again after these, from a join or a lost connection on. */
  lookUpDelaysMs: [1_000, 3_000, 10_000, 30_000, 120_000],
  /** And at least this long after the last time: 64 topics are thousands of packets. */
  lookUpMinMs: 1_000,
  /** Longest wait between two questions to bootstrap nodes that do not answer. */
  bootstrapMaxMs: 10_000,
  /** Telling the DHT that we leave; after it we leave untold. */
  leaveMs: 2_000,
  /** DESIGN decision 1. */
  receiveBufferBytes: 4 * MiB,
} as const;

/** What an index may hold, own or a peer's. */
export const indexLimits = {
  /** One name, in UTF-8: what Linux, macOS and NTFS carry. */
  nameBytes: 255,
  /** A whole path inside a share. */
  pathBytes: 4096,
  depth: 64,
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

/** Following own folders. */
export const watchLimits = {
  /** Folders watched at once over all shares, each 2.4 KB of ours and 1 KB of the kernel's; also at most half of what the system allows. */
  watchedFolders: 32_768,
  /** From the first event to looking: events of one save arrive within it. */
  settleMs: 30,
  /** Changes are looked at and published at least this often while events keep coming. */
  settleMaxMs: 250,
  /** Names of one folder that are looked at one by one; more, and the whole folder is. */
  namesAtOnce: 64,
  /** Dirty folders remembered; more, and the share is scanned whole. */
  dirtyFolders: 100_000,
  /** Folders past the budget are looked at in turn, at most this share of one core's time, and each at least this often apart. */
  pollShare: 0.02,
  pollMinMs: 2_000,
  /** A slow sweep over everything, which finds what events and folder times do not tell; the pause between two. */
  sweepPauseMs: 30 * 60_000,
  /** What a sweep takes of one core. */
  sweepShare: 0.05,
  /** A folder changed this close before it was read may have changed again within the same tick of the file system's clock. */
  racyMs: 2_000,
  /** Failed shares (drive away) are tried again this often. */
  retryMs: 15_000,
  /** Longest piece of work between two turns of the watch worker: the kernel keeps 16,384 events, which a fast writer makes in 150 ms. */
  pieceMs: 10,
  /** A name that was looked at so many times in a row is looked at once in so long: a log that is written all the time. */
  repeats: 3,
  repeatedMs: 1_000,
  /** More events than this in a second about such names, and the folder's watch rests for that long: each event costs. */
  repeatedEvents: 200,
  /** What looking at one large folder that changes all the time may take of one core. */
  lookShare: 0.1,
  /** Names, places and parsed rules remembered for a share: a few hundred bytes each. */
  rememberedNames: 4096,
  rememberedRules: 4096,
  rememberedPlaces: 16_384,
  /** A share with more folders is scanned when the rules of its root change: that shows its progress. */
  rulesFolders: 10_000,
  /** Listening that takes longer is told of before it is done. */
  listenMs: 50,
  /** Young heap of the watch worker: its garbage is small, and V8 would let it grow to 32 MiB. */
  youngHeapMiB: 4,
} as const;

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

/** What the sidecar spends on this machine. */
export const localLimits = {
  /** RPC: entries in one page. */
  pageEntries: 10_000,
  /** RPC: a range fetched into the cache. */
  rangeBytes: 64 * MiB,
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
  /** A client that connected must say hello within this. */
  clientHelloMs: 5_000,
  /** On leaving: time for answers already made to reach their clients. */
  lastAnswersMs: 500,
  /** Code points of a petname, and of a nickname as shown: one line of a tree or table. */
  shownNameCharacters: 64,
  /** Parties joined at once. */
  parties: 64,
  shares: 1000,
  /** Left free on the disk of the data folder: nothing is written into feeds below it, see storage/freeSpace.ts. */
  freeDiskBytes: 16 * MiB,
  /** Own shares that were removed are told to peers for this long: who was away longer finds them gone from our list. */
  removalDays: 90,
  /** Reconnects: first wait, and the longest; between them doubled with jitter. */
  reconnectMinMs: 1_000,
  reconnectMaxMs: 5 * 60_000,
  /** Closing everything on stop; after it the process exits anyway. */
  closeMs: 5_000,
} as const;
