// What the watch worker and its proxy on the main thread say to each other. Types only.

import type { ShareId } from '../../../protocol/ids.ts';
import type { Failure, WatchInfo } from '../../../protocol/model.ts';
import type { Delta } from '../../catalog/index/rows.ts';

/** A share to follow: its index on disk and what changed over it. */
export interface FollowedShare {
  shareId: ShareId;
  /** Absolute, without links. */
  root: string;
  segmentPath: string;
  /** `IndexView.overlay` of the owner's view of that segment. */
  overlay: Delta | undefined;
  /** When the walk began that the index is from. What happened since is found by the check that `watch` begins with. */
  scannedAtMs: number;
}

/** How following a share goes. */
export type FollowState =
  /** Folder times are compared with the index. */
  | { kind: 'checking' }
  /** The index is as the disk was a moment ago, and follows it. Told again when the counts change. */
  | { kind: 'watching'; info: WatchInfo }
  /** Too much changed for small steps, or the index contradicts the disk: scan, then `watch` again. Events are kept meanwhile. */
  | { kind: 'scan-needed'; why: string }
  /** The folder is away or cannot be read. Tried again by itself; `checking` and `watching` follow when it is back. */
  | { kind: 'failed'; failure: Failure }
  /** Following ended without a fault of the share (a step was not taken, the worker ended): `watch` again. */
  | { kind: 'stopped'; why: string };

export interface WatchWorkerData {
  backend: 'folders' | 'tree';
  /** Fewer than the limit, for tests. */
  watchedFolders: number | undefined;
  /** One Int32: the turn whose share's disk is touched. Tells which drive does not answer when the worker hangs. */
  working: SharedArrayBuffer;
}

/** `turn` is the number of the `watch` call that it is about: what was said about an earlier one is no longer true. */
export type ToWatchWorker =
  | { type: 'watch'; turn: number; share: FollowedShare }
  | { type: 'answer'; shareId: ShareId; turn: number; isTaken: boolean }
  | { type: 'rebase'; shareId: ShareId; turn: number; step: number; segmentPath: string; request: number }
  | { type: 'hold'; shareId: ShareId }
  | { type: 'unwatch'; shareId: ShareId; request: number }
  | { type: 'sweep'; shareId: ShareId; request: number }
  | { type: 'refresh'; shareId: ShareId; path: string }
  | { type: 'ping' };

export type FromWatchWorker =
  /** `step` counts the deltas of this turn, from 1. One is under way at most: the next comes after the answer. */
  | { type: 'changed'; shareId: ShareId; turn: number; step: number; delta: Delta }
  | { type: 'state'; shareId: ShareId; turn: number; state: FollowState }
  | { type: 'done'; request: number; problem: string | undefined }
  | { type: 'log'; message: string }
  | { type: 'pong' };
