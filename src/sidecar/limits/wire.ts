// What a peer may send and cost us. Every maximum and deadline with its reason: see limits.ts.

import { KiB, MiB } from './units.ts';

/** What a peer may send and cost us. Over a limit means: the peer's session ends. */
export const wireLimits = {
  /** A control message (hello, announcements, requests). The largest honest one is the announcement list. */
  controlMessageBytes: 1 * MiB,
  /** File bytes in one data message: DESIGN decision 6, keeps latency under bulk at 0.7 ms p50. */
  sliceBytes: 64 * KiB,
  /** A data message: one slice and its header. */
  dataMessageBytes: 64 * KiB + 256,
  /** The same on direct links, which carry nothing that larger slices could delay. */
  linkSliceBytes: 256 * KiB,
  linkDataMessageBytes: 256 * KiB + 256,
  /** Direct links of one session: both sides may have dialled, and a faster one may come after a slower one. */
  links: 2,
  /** Channels that a peer may open on a direct link: one is taken, another refused. */
  linkChannels: 2,
  /** Bytes a sender may have under way for one request before it is given credit. */
  creditBytes: 2 * MiB,
  /** Requests of one peer being served or waiting here; honest downloads keep 32 under way. */
  requestsInFlight: 64,
  /** Shares one peer may announce. */
  sharesPerPeer: 1000,
  /** Characters of a title, nickname, client name. */
  textCharacters: 128,
  /** Parties that a share names in which it may be passed on: 256 bytes of an announcement of 1 KiB; and a removal of 256 bytes. */
  audienceTags: 12,
  /** Party tokens in a hello. */
  partiesInHello: 256,
  /** They are filled up to a multiple of this: few people are in more parties. */
  proofsInGroup: 8,
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
  /** Signs of work, and places in a queue: we send a request's at most so often; a peer may send so many at once, and a second for long. */
  positionMs: 250,
  workingBurst: 1024,
  workingPerSecond: 512,
  /** From a request to its head, waiting in the peer's queue not counted, however often the peer says that it is at work: it may hash a large file first. */
  headMs: 10 * 60_000,
  /** Longest wait of an upload for its reader to take bytes. */
  creditStallMs: 120_000,
  /** Leaf hashes in one reply: 512 KiB, for 256 MiB of a file. */
  leavesInReply: 16_384,
  /** Up to so many leaf hashes (8 KiB) a request counts as small: it does not go where bulk goes. */
  fewLeaves: 256,
  /** Pings that clients asked for, under way at one peer. */
  pingsAtOnce: 16,
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
