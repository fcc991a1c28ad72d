// What a person is told when downloads end: which ended while somebody could wait for them, and one sentence for all of them. Must not
// know `vscode`.

import type { DownloadInfo } from '../../protocol/model.ts';
import { displayName } from '../displayText.ts';
import { failureText } from '../failures.ts';
import { limits } from '../limits.ts';
import { formatBytes, formatCount, formatFiles, t } from '../text.ts';

/** One end of one download: a retry ends once more. */
export function endKey({ downloadId, finishedAtMs }: DownloadInfo): string {
  return `${downloadId}@${finishedAtMs ?? 0}`;
}

/** Whether its end is worth telling: it ended after `sinceMs`, and is neither cancelled nor tried again by itself. */
export function isNews(download: DownloadInfo, sinceMs: number): boolean {
  if (download.state !== 'done' && (download.state !== 'failed' || download.retryAtMs !== undefined)) return false;
  return download.finishedAtMs !== undefined && download.finishedAtMs >= sinceMs;
}

/** What was told before, the oldest forgotten. Whatever was kept may come from another version: it is checked. */
export function withTold(kept: unknown, keys: readonly string[]): string[] {
  const before = Array.isArray(kept) ? kept.filter((key) => typeof key === 'string') : [];
  return [...new Set([...before, ...keys])].slice(-limits.toldDownloads);
}

export function untold(downloads: readonly DownloadInfo[], kept: unknown): DownloadInfo[] {
  const told = new Set(withTold(kept, []));
  return downloads.filter((download) => !told.has(endKey(download)));
}

/** Failed, or a folder of which some files could not be had. */
export function isIncomplete({ state, failedFiles }: DownloadInfo): boolean {
  return state === 'failed' || failedFiles.length > 0;
}

export interface EndedNews {
  text: string;
  /** The one download that it is about, if it is one. */
  only?: DownloadInfo;
  isFailure: boolean;
}

/** One sentence for downloads that ended close together; undefined for none. */
export function endedNews(ended: readonly DownloadInfo[]): EndedNews | undefined {
  const [only] = ended;
  if (only === undefined) return undefined;
  if (ended.length === 1) return { text: oneText(only), only, isFailure: isIncomplete(only) };
  const incomplete = ended.filter(isIncomplete).length;
  const bytes = formatBytes(ended.reduce((sum, { doneBytes }) => sum + doneBytes, 0));
  const done = formatCount(ended.length - incomplete);
  if (incomplete === 0) return { text: t('{0} downloads are done: {1}.', done, bytes), isFailure: false };
  if (incomplete === ended.length) return { text: t('{0} downloads failed.', formatCount(incomplete)), isFailure: true };
  return { text: t('Downloads done: {0}, not complete: {1}.', done, formatCount(incomplete)), isFailure: true };
}

function oneText(download: DownloadInfo): string {
  const name = displayName(download.name);
  if (download.state === 'failed') {
    return download.failure === undefined
      ? t('"{0}" could not be downloaded.', name)
      : t('"{0}" could not be downloaded. {1}', name, failureText(download.failure));
  }
  const missing = download.failedFiles.length;
  if (missing > 0) return t('Of "{0}", {1} could not be had.', name, formatFiles(missing));
  const size = formatBytes(download.totalBytes);
  if (download.kind === 'folder') return t('"{0}" is downloaded: {1}, {2}.', name, formatFiles(download.totalFiles), size);
  return t('"{0}" is downloaded: {1}.', name, size);
}
