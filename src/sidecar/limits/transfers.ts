// Moving files. Every maximum and deadline with its reason: see limits.ts.

import { KiB, MiB } from './units.ts';

/** Downloads, uploads, and the direct links that carry them. */
export const transferLimits = {
  /** Paths chosen for one download of differences, deflated: 200,000 of them. */
  selectionBytes: 4 * MiB,
  /** Files up to this travel many to a request (a pack): a request of their own would cost more than their bytes. */
  packedFileBytes: 256 * KiB,
  /** Content of a pack, by the sizes in the index, and its files. A pack is made and taken apart in memory. */
  packBytes: 1 * MiB,
  packFiles: 512,
  /** Paths of a pack request, UTF-8, together: more files of deep folders go into the next pack. */
  packPathBytes: 128 * KiB,
  /** A pack as it travels: its content, and at most 128 bytes beside each file's. */
  packWireBytes: 1 * MiB + 512 * 128 + 256 * KiB,
  /** The largest file that is received, 16 TiB: what is there of it is kept in a bitmap, of 128 MiB then. */
  fileBytes: 2 ** 44,
  /** Packs under way from one source: the next ones are read there while these are written here. */
  packsInFlight: 6,
  /** Ranges of a file that are asked for at a time: about half a second of the source's speed, between these. */
  rangeMinBytes: 256 * KiB,
  rangeMaxBytes: 8 * MiB,
  /** Ranges under way from one source: enough that it never waits for us. With the range's size, the request window. */
  rangesInFlight: 4,
  /** Sources of one file used at once, and peers asked whether they hold it. */
  sources: 16,
  /** How often peers that may hold a file (or part of it) are asked for what they hold by now: a late one joins within 2 s. */
  lookForSourcesMs: 1_000,
  /** How often those are asked that held a part the last time: what they got meanwhile need not be taken from somebody slower. */
  askHoldersMs: 250,
  /** Ranges of one file under way from all its sources; each may have wireLimits.creditBytes waiting here. */
  rangesInAll: 32,
  /** Bytes received and not yet written: of one file (eight steps of the disk worker: it never waits), and of all. */
  receivedBytesOfFile: 8 * MiB,
  receivedBytes: 32 * MiB,
  /** A file that changes at its owner while it is received is begun again this often. */
  contentChanges: 3,
  /** A bitmap of what is held has at most so many units; a unit is a power of two of leaves. */
  holdingUnits: 16_384,
  /** Questions of one peer about what we hold, a second for long and at once. */
  holdingsPerSecond: 128,
  holdingsBurst: 512,
  /** Bad ranges of one source before it is cut off. */
  badRanges: 3,
  /** A source below this for so long, while others give, is dropped for a while: it drips. */
  slowBytesPerSecond: 1 * KiB,
  slowMs: 20_000,
  /** While one that holds what it was asked for has nothing to do, so long is enough, for one that brings nothing as well. */
  stalledMs: 5_000,
  /** The root of a file that was never hashed is asked for when its first transfer takes longer than this: others can help then. */
  askRootMs: 1_000,
  /** And when at least so much is left of it: the hashing takes a core of the owner, which the transfer could use. */
  askRootLeftMs: 4_000,
  /** Leaf hashes of one file kept in memory while it is received: 512 KiB are 256 MiB of the file. More are asked for again. */
  leafBytesKept: 16 * MiB,
  /** Small files are brought to the disk, and then to their names, in groups: this many, or after so long. */
  groupFiles: 4096,
  groupMs: 1_000,
  /** Up to this many files of a group are flushed one by one; more with the whole file system, where the system can. */
  flushedSingly: 32,
  /** Upload requests of one peer that wait; it is refused more. And of all peers. */
  waitingRequests: 64,
  waitingRequestsInAll: 4096,
  /** Requests of one peer that are worked on at a time; more wait for these. As many as an honest download has under way. */
  requestsAtOnce: 32,
  /** A peer keeps its upload slot for so long without a request: the next one is on its way. */
  slotIdleMs: 1_000,
  /** While others wait, a peer that has had so much in one go makes room. */
  slotTurnBytes: 256 * MiB,
  slotTurnMs: 30_000,
  /** A peer in a slot that takes fewer bytes than this a second for so long, while others wait, loses it. */
  slotMinBytesPerSecond: 4 * KiB,
  slotStallMs: 20_000,
  /**
   * Reads up to this never wait for a slot: a person opens a file. So many at once of one peer, so many bytes in one go, and a second for
   * long: less than downloads take, which begin with small ranges.
   */
  freeReadBytes: 1 * MiB,
  /** Of a larger file such a part: a viewer's look, and less than rangeMinBytes. */
  freeRangeBytes: 128 * KiB,
  freeReadsPerPeer: 4,
  freeReadBurstBytes: 4 * MiB,
  freeReadBytesPerSecond: 256 * KiB,
  /** Files that are open for uploads at once. */
  openFiles: 256,
  /** One that is read by ranges stays open so long for the next one. */
  openFileIdleMs: 2_000,
  /** What a peer takes of a file, or of small files of a share, has ended when it asked for nothing more for so long. */
  uploadIdleMs: 3_000,
  /** Roots of packed files that wait to be remembered until nothing is sent. */
  learntRoots: 16_384,
  /** Rate limits let so much time's bytes go at once. */
  rateBurstMs: 250,
  /** Young heap of the disk and the hash worker: their garbage is small, and V8 would let it grow to 48 MiB. */
  workerYoungMiB: 8,
  /** Ended transfers remembered. */
  history: 10_000,
  /** Characters of a reason for refusing. */
  reasonCharacters: 128,
  /** Peers refused. */
  refusedPeers: 1000,
  /** Downloaded files remembered for giving them on: about 150 MB of database. */
  heldContents: 500_000,
  /** Contents of links that are to be found by. */
  linkedContents: 1000,
  /** Local files with the same content that are tried before it is fetched. */
  localCopies: 8,
  /** Downloads whose holders are away are looked for elsewhere after somebody came, and this often; so many a second, so long each. */
  lookForHoldersMs: 30_000,
  /** What links lead to is looked for as indexes and content ids arrive, at most so often: they come in many steps. */
  contentLooksPerSecond: 0.2,
  holderLooksPerSecond: 20,
  holderLookMs: 10_000,
} as const;

/** Direct TCP links. */
export const linkLimits = {
  /** Addresses of one offer, its hosts' characters. */
  hosts: 16,
  hostCharacters: 64,
  /** Time to connect to one address, and for the handshake. */
  connectMs: 3_000,
  handshakeMs: 5_000,
  /** Who dials second waits so long for the other side. */
  secondDialMs: 3_000,
  /** Addresses of an offer are tried one after the other, so far apart (RFC 8305, 5), or at once when the one before failed. */
  staggerMs: 250,
  /** Sessions that are dialled for at once: peers choose the addresses. More are tried later. */
  dialsAtOnce: 16,
  /** How often our own addresses are looked at: nothing tells when they change. */
  addressesMs: 10_000,
  /** How often it is looked at what links carried, for their rates. */
  rateMs: 1_000,
  /** After a link failed or broke it is tried again after these, then ever again after the last. */
  retryMs: [2_000, 10_000, 60_000, 300_000],
  /** Connections that have not proven their key: in all, and from one address. */
  pending: 64,
  pendingPerAddress: 8,
  /** Socket buffers asked for. Measured on loopback: larger ones bring nothing. */
  frameBytes: 1 * MiB,
  /** Written and not yet taken by the system: then the sender waits. */
  queueBytes: 1 * MiB,
  /** Nothing came for so long although something was asked for: the link is dead. */
  silenceMs: 15_000,
} as const;
