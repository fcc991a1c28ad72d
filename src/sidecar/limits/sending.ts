// Offers of files from peer to peer, inbox and drop boxes. Every maximum and deadline with its reason: see limits.ts.

import { KiB, MiB } from './units.ts';

/** What offers may cost the receiver, and us. */
export const sendingLimits = {
  /** Things named in one offer: what a person drags at once. */
  items: 64,
  /** Files and folders in it: more is better shared. Their list is held whole on both sides: 4 MiB of it. */
  entries: 20_000,
  manifestBytes: 512 * KiB,
  manifestRawBytes: 4 * MiB,
  /** The list travels in parts of so many bytes: other messages need not wait for it. */
  partBytes: 128 * KiB,
  /** Messages about offers that we send over one session: at once, and a second for long. A peer takes more. */
  messagesBurst: 20,
  messagesPerSecond: 4,
  /** Such messages waiting to be sent: all offers both ways, twice. */
  messagesWaiting: 256,
  /** Characters of the sender's text. */
  textCharacters: 512,
  /** Offers to, and of, one peer that are not at their end; and of all together. */
  openOffers: 32,
  allOffers: 1000,
  /** Ended ones kept for showing, each way; the oldest go. */
  endedOffers: 200,
  /** How long an offer lasts without another word, and at most; and the least, so that it can arrive at all. */
  offerMs: 30 * 24 * 3_600_000,
  offerMaxMs: 366 * 24 * 3_600_000,
  offerMinMs: 60_000,
  /** How often offers that are over are looked for. */
  sweepMs: 60_000,
  /** A part of a list, or an answer to an offer, that does not come within this is not waited for in this session. */
  answerMs: 30_000,
  /** Unpacked lists held for downloads: 4 MiB each. */
  openLists: 8,
  /** Drop boxes; their least quota; files of one that are counted: a box with more takes nothing by itself. */
  dropBoxes: 32,
  quotaMinBytes: 1 * MiB,
  boxEntries: 50_000,
} as const;
