// Comparing two trees, as clients see it: plain data and the requests. Nothing is transferred for it but, on request, content ids.

import type { ContentId, PeerId, ShareId } from './ids.ts';
import type { ConflictPolicy, DownloadInfo, Priority } from './transfers.ts';

/** What is compared: a folder of a share in the catalog (own ones included), or any folder of this machine (absolute path). */
export type CompareSide = { entry: { peerId: PeerId; shareId: ShareId; path: string } } | { folder: string };

/**
 * `same`: by content id. `likely-same`: same size and time, not both content ids are known. `changed`: another content, or size; without both ids and with
 * equal sizes another time only (then `isLikely`). `only-left`, `only-right`: the other side has no such path. `moved`: the same content lies at another
 * path on the left, where nothing of that name is on the right.
 */
export type CompareState = 'same' | 'likely-same' | 'changed' | 'only-left' | 'only-right' | 'moved';

/** A file or folder as one side has it. */
export interface ComparedFile {
  sizeBytes: number;
  mtimeMs: number;
  contentId?: ContentId;
}

/** Folders are listed only where one side has none. */
export interface ComparedEntry {
  /** Below what is compared; of `moved`, where it lies on the right. */
  path: string;
  kind: 'file' | 'folder';
  state: CompareState;
  /** Of `changed`: only the times differ, and not both content ids are known. */
  isLikely?: boolean;
  /** Of `moved`: where it lies on the left. */
  movedFrom?: string;
  left?: ComparedFile;
  right?: ComparedFile;
}

/** Files and their bytes (of the right side, where it has them). */
export interface CompareTotal {
  files: number;
  bytes: number;
}

export interface Comparison {
  /** Names it in `compare/page`, `compare/download` and `compare/close`. */
  compareId: string;
  left: CompareSide;
  right: CompareSide;
  totals: Record<CompareState, CompareTotal>;
  /** All files of each side. */
  leftTotal: CompareTotal;
  rightTotal: CompareTotal;
  /** Folders that one side has not. */
  folders: { onlyLeft: number; onlyRight: number };
  /** Entries of plain local folders that were left out: links, devices, names that no share could carry, what may not be read. */
  skipped: number;
  /**
   * With `isExact`: files whose content ids could not be had (the owner away, refused, too many, no time): they stay `likely-same`, likely `changed`, or
   * `only-right` where they could have been moved.
   */
  unresolved: number;
}

/** `compare/*`. */
export interface CompareRequests {
  /**
   * Compares two folders, subfolders included; links are not followed. By content ids as far as they are known, else by size and time. `isExact`:
   * missing ones are asked of their owners, at most 2,000 of each side, and made (own and local files are hashed) where the other side's is known. That may
   * take long: after 45 minutes it ends with what is known then. Cancel it as any request.
   * Progress counts entries, then, with `isExact`, files. The result is kept for 10 minutes after its last use, four at most: the oldest goes.
   * `not-found`, `not-folder`, `unavailable` (no index yet), `too-large` past 500,000 entries of a side, `busy` when two are running.
   */
  'compare/start': {
    params: { left: CompareSide; right: CompareSide; isExact?: boolean; progressToken?: string };
    result: Comparison;
  };
  /**
   * Entries in the order of the tree (folders first, each with its content, names by bytes). `states`: only those; left out: all but `same` and
   * `likely-same`. `under`: only below this folder. `limit` at most 10,000. `not-found` when it is not kept any more: compare again.
   */
  'compare/page': {
    params: { compareId: string; states?: CompareState[]; under?: string; offset?: number; limit?: number };
    result: { entries: ComparedEntry[]; total: number };
  };
  /**
   * Queues what the right side (a peer's) has and the left has not, or has otherwise, as one download: files keep their paths below `folder` (absolute,
   * made when it is missing), empty folders are not made. What is there is treated as `conflict` says. `states`: `changed`, `only-right`, `moved` or some of
   * them; left out: the first two. `paths`: only these files, and those below these folders. `invalid-argument` when the right side is our own; `not-found` when
   * there is nothing to fetch; `too-large` past 200,000 files.
   */
  'compare/download': {
    params: {
      compareId: string;
      folder: string;
      states?: CompareState[];
      paths?: string[];
      conflict?: ConflictPolicy;
      priority?: Priority;
    };
    result: DownloadInfo;
  };
  /** Lets go of the result. Does nothing when it is gone. */
  'compare/close': { params: { compareId: string }; result: Record<string, never> };
}
