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
  /** Bytes protomux may hold for channels not opened yet. */
  backlogBytes: 1 * MiB,
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
  /** A feed block as received, compressed. */
  blockBytes: 1 * MiB,
  /** The same block decompressed: brotli on names reaches 20:1 on real trees; more is a bomb. */
  decodedBlockBytes: 16 * MiB,
  /** Feed bytes kept for one share of a peer. */
  feedBytes: 512 * MiB,
  /** Largest size and mtime that survive a double. */
  sizeBytes: Number.MAX_SAFE_INTEGER,
  mtimeMs: 8.64e15,
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
  /** Files of one folder download under way at once. */
  filesInFlight: 32,
  /** Log file before it is rotated, and how many old ones stay. */
  logBytes: 5 * MiB,
  logFiles: 3,
  /** Log entries kept for a client that subscribes late. */
  logTail: 200,
  /** Progress and change notifications per second for one subject. */
  progressHz: 4,
  /** A client that connected must say hello within this. */
  clientHelloMs: 5_000,
  /** Parties joined at once. */
  parties: 64,
  shares: 1000,
  /** Reconnects: first wait, and the longest; between them doubled with jitter. */
  reconnectMinMs: 1_000,
  reconnectMaxMs: 5 * 60_000,
  /** Closing everything on stop; after it the process exits anyway. */
  closeMs: 5_000,
} as const;
