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
  /** Characters, and lines, of the sender's text. */
  textCharacters: 512,
  textLines: 8,
  /** Offers to, and of, one peer that are not at their end; and of all together. */
  openOffers: 32,
  allOffers: 1000,
  /** Bytes of others' lists on this disk and on their way, of all and of one peer: 128 and 16 of the longest. */
  listBytes: 64 * MiB,
  listBytesOfOne: 8 * MiB,
  /** The part of these for peers that are only in a common party: keys are free where its name can be guessed, and must not fill the inbox for others. */
  partyOffers: 750,
  partyListBytes: 48 * MiB,
  /** Ended ones kept for showing, each way, and of one peer; the oldest go off the list. */
  endedOffers: 200,
  endedOffersOfOne: 50,
  /** Ended ones off the list whose other side may not know that: about 300 bytes each. Of one peer: twice what can be open. */
  hiddenOffers: 2000,
  hiddenOffersOfOne: 64,
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
  /** What lies in a drop box is counted for lists at most so often: it is walked, and every window asks. */
  boxCountedMs: 30_000,
  /** Characters of a sender's name in the folder of what it sends: with the beginning of its key within a name's 255 bytes. */
  folderNameCharacters: 40,
  folderKeyCharacters: 8,
  /** Names tried for such a folder. */
  folderNamesTried: 100,
} as const;
