// Sending files to a peer: offers made (outbox), offers got (inbox), and drop boxes that take them by rule. Plain data and the requests. An offer is no
// share: nobody but its receiver learns of it, and nothing is taken without consent.

import type { DownloadId, OfferId, PeerId } from './ids.ts';
import type { Audience } from './meeting.ts';
import type { SuspectReport } from './sharing.ts';
import type { ConflictPolicy } from './transfers.ts';

/** What is sent is one or several of these, by their names at the receiver. */
export interface OfferItem {
  /** One part of a path. Of a peer's offer: untrusted; show it with care. */
  name: string;
  kind: 'file' | 'folder';
  fileCount: number;
  sizeBytes: number;
}

interface OfferFacts {
  offerId: OfferId;
  /** The receiver (outbox), the sender (inbox). */
  peerId: PeerId;
  /** Of that peer, as it is shown here. */
  name: string;
  /** What the sender wrote, made safe to show: lines of plain text; '' = nothing. */
  text: string;
  items: OfferItem[];
  fileCount: number;
  folderCount: number;
  totalBytes: number;
  expiresAtMs: number;
  isOnline: boolean;
}

/**
 * `waiting`: the peer does not know of it yet. `offered`: it lies in its inbox. `accepted`: it takes it. `delivered`: it has all. `declined`, `withdrawn`,
 * `expired`.
 */
export type OutgoingState = 'waiting' | 'offered' | 'accepted' | 'delivered' | 'declined' | 'withdrawn' | 'expired';

export interface OutgoingOffer extends OfferFacts {
  state: OutgoingState;
  /** Absolute paths of this machine; never told. */
  paths: string[];
  createdAtMs: number;
  /**
   * Of `waiting`: why the peer did not take it last time: its inbox is `full`, or it does not know us (`unwelcome`), and it is offered again; or why it
   * is not offered though the peer is here: it runs a Potluck that knows no offers (`outdated`).
   */
  reason?: 'full' | 'unwelcome' | 'outdated';
}

/**
 * `offered`: to be answered. `accepted`: its downloads run, or wait for the sender. `done`: all is here. `failed`: a download of it failed or was
 * cancelled. `declined`, `withdrawn` (by the sender), `expired`.
 */
export type IncomingState = 'offered' | 'accepted' | 'done' | 'failed' | 'declined' | 'withdrawn' | 'expired';

export interface IncomingOffer extends OfferFacts {
  /** Derived from the sender's key: only that cannot be chosen. */
  derivedName: string;
  state: IncomingState;
  receivedAtMs: number;
  /** From `accepted` on: where it goes, and the downloads, one an item. */
  folder?: string;
  downloadIds: DownloadId[];
  /** Taken by the rule of this drop box. */
  dropBoxId?: string;
}

/** One file or folder of an offer. */
export interface OfferEntry {
  path: string;
  kind: 'file' | 'folder';
  sizeBytes: number;
  mtimeMs: number;
}

/** What would be sent, and what not. */
export interface OfferPreview {
  items: OfferItem[];
  fileCount: number;
  folderCount: number;
  totalBytes: number;
  /** Left out: how many by which reason (as `SharePreview.skippedCounts`), the first 1,000 by name. */
  skippedCounts: Record<string, number>;
  skipped: { path: string; reason: string }[];
  /** What of it looks secret by its text, and would be sent all the same; paths begin with the item. See `SharePreview.secrets`. */
  secrets: SuspectReport;
}

/** A folder into which offers of some peers go by themselves, as long as there is room; each sender's into one of its own in it. A rule "always accept from this peer" is one for that peer. */
export interface DropBox {
  dropBoxId: string;
  folder: string;
  /** Whose offers. `everyone`: of every peer that is no stranger. */
  audience: Audience;
  /** What lies in the folder and what is on its way must fit into this. */
  quotaBytes: number;
  usedBytes: number;
  addedAtMs: number;
}

/** `outbox/*`, `inbox/*`, `dropBoxes/*`. Each also throws `invalid-argument` for params that are none. */
export interface SendingRequests {
  /**
   * Looks at what would be sent (absolute paths, 1 to 64); offers nothing. Secrets and what ignore rules leave out are not sent: see `skipped`;
   * what looks secret by its text alone is: see `secrets`. Throws `not-found`, `permission-denied` (not to be read, or never to be sent: a whole disk, the
   * home folder, Potluck's own data), `too-large` past 20,000 entries, `io`, `cancelled`.
   */
  'outbox/preview': { params: { paths: string[] }; result: OfferPreview };
  /**
   * Offers these files and folders to one peer: at once when it is here, else when it comes, over restarts too. They stay where they are, and are read when
   * the peer takes them. `text`: at most 512 characters. `expiresInMs`: 1 minute to 366 days; left out: 30 days. `fileCount` and `totalBytes` as a preview
   * told them, both or neither: `changed` when it is something else by now. Throws as `outbox/preview`, also `permission-denied` when nothing of it may be
   * sent, and `busy` past 32 offers to the peer, or 1,000 in all, that have not ended.
   */
  'outbox/send': {
    params: { peerId: PeerId; paths: string[]; text?: string; expiresInMs?: number; fileCount?: number; totalBytes?: number };
    result: OutgoingOffer;
  };
  /** Newest first. Ended ones stay until they are cleared: the newest 200, 50 of a peer. */
  'outbox/list': { params: Record<string, never>; result: OutgoingOffer[] };
  /**
   * Takes it back: from now on nothing more of it is given; the peer is told, now or when it comes. Does nothing when it has ended. Throws `not-found`.
   */
  'outbox/withdraw': { params: { offerId: OfferId }; result: OutgoingOffer };
  /** Takes ended ones (one, or all) off the list. Of one: throws `not-found`, and `busy` when it has not ended. */
  'outbox/clear': { params: { offerId?: OfferId }; result: Record<string, never> };

  /** Newest first. Ended ones as in `outbox/list`. */
  'inbox/list': { params: Record<string, never>; result: IncomingOffer[] };
  /** What is in an offer: files and folders in the order of the tree. `limit` at most 10,000. Throws `not-found`, also when it has ended. */
  'inbox/entries': {
    params: { peerId: PeerId; offerId: OfferId; offset?: number; limit?: number };
    result: { entries: OfferEntry[]; total: number };
  };
  /**
   * Downloads it into a folder (absolute; left out: the one of before, else the download folder), when its sender is here. Accepted twice it answers the
   * same; one that failed is tried again for what is missing. Throws `not-found` when it is gone or has ended, and as `downloads/add`.
   */
  'inbox/accept': {
    params: { peerId: PeerId; offerId: OfferId; folder?: string; conflict?: ConflictPolicy };
    result: IncomingOffer;
  };
  /** Says no to the sender. Of an accepted one: ends what still comes; files that are here stay. Throws `not-found`. */
  'inbox/decline': { params: { peerId: PeerId; offerId: OfferId }; result: IncomingOffer };
  /**
   * Takes ended and failed ones (one by both ids, or all) off the list; one that failed is declined by that. Of one: throws `not-found`, and `busy` when it
   * has not ended.
   */
  'inbox/clear': { params: { peerId?: PeerId; offerId?: OfferId }; result: Record<string, never> };

  /** `usedBytes` is counted at most each half minute while nothing comes; a folder that cannot be counted is told as full. */
  'dropBoxes/list': { params: Record<string, never>; result: DropBox[] };
  /**
   * A new one, or with `dropBoxId` a change. `folder` absolute, made when it is missing; `quotaBytes` from 1 MiB. Open offers that fit are taken, each
   * sender's into a folder of its own in it, named by the sender and the beginning of its key. Throws `not-found` (no such drop box), `too-large` for
   * the 33rd, `permission-denied` for a folder with Potluck's data, in it, or in a shared folder, `io` when it cannot be made.
   */
  'dropBoxes/set': { params: { dropBoxId?: string; folder: string; audience: Audience; quotaBytes: number }; result: DropBox };
  /** The rule ends; the folder stays as it is. Throws `not-found`. */
  'dropBoxes/remove': { params: { dropBoxId: string }; result: Record<string, never> };
}

/** What clients are told of it. */
export interface SendingNotifications {
  /** An offer came, or its state changed; `isNew`: a person should be told. */
  'inbox/changed': { peerId: PeerId; offerId: OfferId; isNew: boolean };
  'outbox/changed': { offerId: OfferId };
  'dropBoxes/changed': Record<string, never>;
}
