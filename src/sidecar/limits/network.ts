// Meeting others, and the links to them. Every maximum and deadline with its reason: see limits.ts.

import { MiB } from './units.ts';

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
  /** Contents of which we are to be found, and that we look for: topics, one for each party. Each lookup is some 30 packets. */
  contentTopicsAnnounced: 32,
  contentTopicsLookedUp: 16,
  /** A content is looked up again after these, then ever again after the last. */
  contentLookUpDelaysMs: [2_000, 5_000, 15_000, 30_000, 60_000],
  /** Of whom a lookup finds: looked at, and tried or connected at a time. A member can announce peers without number. */
  contentPeersFound: 256,
  contentPeersTried: 16,
  /** Connections beyond wireLimits.connections for peers met by a content, and how long one may be of no use there. */
  contentConnections: 32,
  contentIdleMs: 30_000,
  /** A large file is looked for elsewhere when it takes longer than this, and gets its bytes from fewer peers. */
  contentLookUpAfterMs: 3_000,
  contentSources: 3,
  /** Wishes and what is announced are looked over at least this often. */
  contentRoundMs: 30_000,
  /** Of a folder that waits, files that are looked for; entries looked at to find them. */
  contentFilesOfFolder: 4,
  /** Longest wait between two questions to bootstrap nodes that do not answer. */
  bootstrapMaxMs: 10_000,
  /** After a change of networks a connection has so long for a sign of life: a packet and two retransmissions. */
  roamedMs: 3_000,
  /** Telling the DHT that we leave; after it we leave untold. */
  leaveMs: 2_000,
  /** Peers of which it is remembered what their handshake said, and why no hole could be punched. */
  rememberedPeers: 2_000,
  /** All that a diagnosis does; asking one bootstrap node. */
  diagnosisMs: 10_000,
  bootstrapPingMs: 4_000,
  /** Peers that are named because no way leads to them. */
  toldUnreachable: 10,
  /** How often a bootstrap node says how it is. */
  bootstrapStatusMs: 60_000,
  /** DESIGN decision 1. */
  receiveBufferBytes: 4 * MiB,
} as const;
