// What marks files and folders where VS Code lists them: what a mark looks like, and which download a file belongs to. Must not know `vscode`.

import type { DownloadInfo, Entry, EntryRef, ShareMark } from '../../protocol/model.ts';
import { leftOutReason } from '../commands/previewPage.ts';
import { displayName } from '../displayText.ts';
import { t } from '../text.ts';

export interface Mark {
  /** At most two characters. */
  badge: string;
  tooltip: string;
  /** Theme colour of the name. */
  color?: string;
}

/** Of a path in or at an own share. What is offered bears no mark: that is most of it, and would be noise. */
export function shareMark(mark: ShareMark): Mark | undefined {
  switch (mark.state) {
    case 'none':
    case 'shared':
      return undefined;
    case 'root':
      return { badge: 'P', tooltip: t('Shared in Potluck') };
    case 'excluded':
      return {
        badge: '⊘',
        tooltip: t('Not shared in Potluck ({0})', leftOutReason({ path: '', ...mark })),
        color: 'gitDecoration.ignoredResourceForeground',
      };
  }
}

/** Of a download's file or folder, here or at its owner. `isStale`: its owner has another one now. */
export function downloadMark(download: DownloadInfo, isStale: boolean): Mark | undefined {
  switch (download.state) {
    case 'queued':
    case 'running':
    case 'waiting':
    case 'paused':
      return { badge: '↓', tooltip: t('In the download queue of Potluck') };
    case 'done':
      if (isStale)
        return { badge: '↻', tooltip: t('Downloaded; its owner has changed it since'), color: 'list.warningForeground' };
      // Files that could not be had, or were left as they were, are not verified copies.
      if (download.failedFiles.length > 0 || download.skippedFiles > 0) return undefined;
      return { badge: '✓', tooltip: t('Downloaded and verified by Potluck') };
    case 'failed':
    case 'cancelled':
      return undefined;
  }
}

/** Whether the owner's file is another one than what was downloaded, as far as size and time tell. */
export function isStale({ totalBytes, finishedAtMs }: DownloadInfo, now: Entry | undefined): boolean {
  return now?.kind === 'file' && (now.sizeBytes !== totalBytes || (finishedAtMs !== undefined && now.mtimeMs > finishedAtMs));
}

/** Downloads by where they lie here and at their owner; of several of one place the one added last counts. */
export class DownloadPlaces {
  readonly #byDestination = new Map<string, DownloadInfo>();
  readonly #byEntry = new Map<string, DownloadInfo>();

  constructor(downloads: Iterable<DownloadInfo>) {
    for (const download of [...downloads].sort((a, b) => a.addedAtMs - b.addedAtMs)) this.put(download);
  }

  /** Takes one that is another now, or new; tells whether its marks may look different. */
  put(download: DownloadInfo): boolean {
    const key = entryKey(download.entry);
    const before = this.#byEntry.get(key);
    const isLater = (known: DownloadInfo | undefined): boolean => known === undefined || known.addedAtMs <= download.addedAtMs;
    if (isLater(this.#byDestination.get(download.destination))) this.#byDestination.set(download.destination, download);
    if (!isLater(before)) return false;
    if (before?.downloadId === download.downloadId && before.destination !== download.destination)
      this.#byDestination.delete(before.destination);
    this.#byEntry.set(key, download);
    return before?.state !== download.state;
  }

  atPath(path: string): DownloadInfo | undefined {
    return this.#byDestination.get(path);
  }

  /** Of the entry itself, or of a folder above it that is still to come. */
  ofEntry(entry: EntryRef): DownloadInfo | undefined {
    const own = this.#byEntry.get(entryKey(entry));
    if (own !== undefined) return own;
    for (let path = entry.path; path !== '';) {
      path = path.slice(0, Math.max(0, path.lastIndexOf('/')));
      const above = this.#byEntry.get(entryKey({ ...entry, path }));
      if (above !== undefined) return above;
    }
    return undefined;
  }

  /** Those whose mark may look different than in `before`. */
  changedSince(before: DownloadPlaces): DownloadInfo[] {
    const changed = [...this.#byEntry].filter(([key, download]) => before.#byEntry.get(key)?.state !== download.state);
    const gone = [...before.#byEntry].filter(([key]) => !this.#byEntry.has(key));
    return [...changed, ...gone].map(([, download]) => download);
  }
}

function entryKey({ peerId, shareId, path }: EntryRef): string {
  return `${peerId}/${shareId}/${path}`;
}

/** Whether a path is one of the folders or lies in one. `separator`: of this disk. */
export function isInAny(path: string, roots: readonly string[], separator: string): boolean {
  return roots.some((root) => path === root || path.startsWith(root.endsWith(separator) ? root : root + separator));
}

/** What of the shares decides marks: while it stands, marks that are known stay. */
export function sharesSignature(
  shares: readonly { path: string; fileCount: number; folderCount: number; skippedCounts: object }[],
): string {
  return shares
    .map(
      ({ path, fileCount, folderCount, skippedCounts }) =>
        `${displayName(path, 4096)} ${fileCount} ${folderCount} ${JSON.stringify(skippedCounts)}`,
    )
    .join('\n');
}
