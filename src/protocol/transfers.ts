// Downloads, uploads and what is remembered of them, as clients see them: plain data. Re-exported by model.ts.

import type { ContentId, DownloadId, PeerId, ShareId } from './ids.ts';
import type { EntryKind, EntryRef, Failure } from './model.ts';

/**
 * `waiting`: nobody who holds it is here now; it starts by itself when somebody comes (a wish). `paused`: until `downloads/resume`.
 * `queued` ones wait for their turn here.
 */
export type DownloadState = 'queued' | 'running' | 'waiting' | 'paused' | 'done' | 'failed' | 'cancelled';

export type Priority = 'high' | 'normal' | 'low';

/**
 * What happens when a name is taken at the destination. `keep-both`: the next free name, "name (2)". `skip`: what is there stays, and
 * nothing is fetched. `overwrite`: a file (never a folder, never through a link) is replaced, once the new one is whole and verified.
 */
export type ConflictPolicy = 'keep-both' | 'skip' | 'overwrite';

/** How bytes come from, or go to, a peer: over the connection that it was met by, or over a direct TCP link (TLS 1.3, or Noise). */
export type LinkKind = 'session' | 'tls' | 'noise';

/** A content that peers of our parties can find us by, because a link leads to it. */
export interface LinkedContentInfo {
  contentId: ContentId;
  /** In a share of ours, or what it was downloaded as. */
  entry: EntryRef;
  addedAtMs: number;
  /** False when it is not here any more, no party may have it, or newer ones took its place. */
  isAnnounced: boolean;
}

/** A peer that a running download takes from, or tried. */
export interface DownloadSource {
  peerId: PeerId;
  /** What to show, made safe for one line. */
  name: string;
  /**
   * `active`: bytes come, or are asked for. `waiting`: in its upload queue, at `position`. `refused`: it does not give, see `reason`.
   * `dropped`: it sent bytes that did not verify, and is asked no more for this download.
   */
  state: 'active' | 'waiting' | 'refused' | 'dropped';
  link: LinkKind;
  /** Place in its upload queue, 1 = next. */
  position?: number;
  reason?: string;
  bytesPerSecond: number;
  receivedBytes: number;
  /** Pieces of it that did not verify. */
  badPieces: number;
}

/** A file or folder that was asked for: one item with its own progress. Kept over restarts until it is cleared. */
export interface DownloadInfo {
  downloadId: DownloadId;
  entry: EntryRef;
  kind: EntryKind;
  /** The last part of the path, or the share's title for its root. */
  name: string;
  state: DownloadState;
  priority: Priority;
  /** Lower goes first among those of its priority; no two are equal. Changes only when it is moved, or has another priority. */
  order: number;
  /**
   * Its place among those that are not finished, from 1: priority first, then by `order`. 0 for finished ones. As it stood when this was told:
   * those that move up because another one ended are not told again, and who shows places counts by priority and `order`.
   */
  place: number;
  conflict: ConflictPolicy;
  /** Absolute path of the file or folder as it will be (or is) on this disk. */
  destination: string;
  /** No name was claimed yet: where the destination's is taken by then, it gets another, and what lies there now is not of this download. */
  isDestinationOpen?: true;
  doneBytes: number;
  totalBytes: number;
  doneFiles: number;
  totalFiles: number;
  /** Of `doneBytes`, those that were found on this machine and not fetched. */
  reusedBytes: number;
  /** Files that were there already and left as they are (`skip`). */
  skippedFiles: number;
  bytesPerSecond: number;
  /** At the rate of now; left out when it cannot be told. */
  secondsLeft?: number;
  /** While it runs: at most 16, the fastest first. Dropped ones stay named until it ends. */
  sources: DownloadSource[];
  addedAtMs: number;
  finishedAtMs?: number;
  /** When it is tried again by itself. */
  retryAtMs?: number;
  /** Files of a folder that could not be had, the first 100. */
  failedFiles: { path: string; message: string }[];
  failure?: Failure;
}

/**
 * What is here of an entry. `verified`: it was downloaded, stands as it was verified, and its owner lists no other state of it. `stale`: the owner
 * does. `none`: it was not downloaded, or what was is gone or was changed here; or it is a folder.
 */
export type DownloadMark = { state: 'none' } | { state: 'verified' | 'stale'; localPath: string };

/** What a peer takes from us now, or waits for: one file, or small files of one share together. */
export interface UploadInfo {
  peerId: PeerId;
  /** What to show of the peer, made safe for one line. */
  name: string;
  /** Of whose share: ourselves, or the owner of what we downloaded and give on. */
  ownerId: PeerId;
  shareId: ShareId;
  /** Inside the share; of several files, the folder that they have in common. */
  path: string;
  fileCount: number;
  state: 'running' | 'waiting';
  /** Place in our upload queue, 1 = next. */
  position?: number;
  link: LinkKind;
  sentBytes: number;
  totalBytes: number;
  bytesPerSecond: number;
  startedAtMs: number;
}

/** A peer that is given nothing until `uploads/allow`. */
export interface RefusedPeer {
  peerId: PeerId;
  name: string;
  /** Told to the peer. */
  reason: string;
}

/** A transfer that ended. Kept when downloads are cleared; the newest 10,000. */
export interface HistoryEntry {
  direction: 'download' | 'upload';
  peerId: PeerId;
  peerName: string;
  shareId: ShareId;
  path: string;
  kind: EntryKind;
  outcome: 'done' | 'failed' | 'cancelled';
  bytes: number;
  files: number;
  startedAtMs: number;
  endedAtMs: number;
  /** Of a download. */
  destination?: string;
  contentId?: ContentId;
  failure?: Failure;
}

/** All that was ever transferred, and the rates of now. */
export interface TransferTotals {
  downloadedBytes: number;
  downloadedFiles: number;
  uploadedBytes: number;
  uploadedFiles: number;
}

/** For a status bar: told at most once a second while something runs, and once when nothing does any more. */
export interface TransferRates {
  downloadBytesPerSecond: number;
  uploadBytesPerSecond: number;
  /** Running and queued downloads, what is left of them, and at the rate of now in which time. */
  downloads: number;
  uploads: number;
  leftBytes: number;
  secondsLeft?: number;
  isSlow: boolean;
}
