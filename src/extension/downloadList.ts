// The downloads as the sidecar told them: found by id, counted by state and put in order without looking at all of them for each change.
// Must not know `vscode`, nor who asks.

import type { DownloadInfo, DownloadState, Priority } from '../protocol/model.ts';

export const isOver = ({ state }: DownloadInfo): boolean => state === 'done' || state === 'failed' || state === 'cancelled';

const priorityRanks: Readonly<Record<Priority, number>> = { high: 0, normal: 1, low: 2 };
/** Orders lie between minus and plus this: each added or moved one takes one number further. */
const mostOrders = 1e9;

/** Where one that is not over stands in the queue: lower is sooner. From 0 to 6e9, and the same until it is moved itself. */
export function queueRank({ priority, order }: DownloadInfo): number {
  return priorityRanks[priority] * 2 * mostOrders + mostOrders + order;
}

/** As the queue runs; then finished ones, newest first. */
export function orderedDownloads(downloads: Iterable<DownloadInfo>): DownloadInfo[] {
  const ended = ({ finishedAtMs, addedAtMs }: DownloadInfo): number => finishedAtMs ?? addedAtMs;
  return [...downloads].sort((a, b) => {
    if (isOver(a) !== isOver(b)) return isOver(a) ? 1 : -1;
    return isOver(a) ? ended(b) - ended(a) : queueRank(a) - queueRank(b);
  });
}

export class DownloadList implements Iterable<DownloadInfo> {
  readonly #known = new Map<string, DownloadInfo>();
  readonly #counts = new Map<DownloadState, number>();
  #order: readonly string[] | undefined;

  constructor(downloads: Iterable<DownloadInfo> = []) {
    this.replace(downloads);
  }

  get size(): number {
    return this.#known.size;
  }

  [Symbol.iterator](): Iterator<DownloadInfo> {
    return this.#known.values();
  }

  get(downloadId: string): DownloadInfo | undefined {
    return this.#known.get(downloadId);
  }

  count(...states: readonly DownloadState[]): number {
    return states.reduce((sum, state) => sum + (this.#counts.get(state) ?? 0), 0);
  }

  filter(accepts: (download: DownloadInfo) => boolean): DownloadInfo[] {
    return [...this.#known.values()].filter(accepts);
  }

  /** Ids as `orderedDownloads` has them. The same list as long as nothing came, went or stands elsewhere. */
  ordered(): readonly string[] {
    return (this.#order ??= orderedDownloads(this).map(({ downloadId }) => downloadId));
  }

  /** From 1: how soon it runs, as the sidecar counts. 0 for what is over or not known. Costs as much as it stands far behind. */
  placeOf(downloadId: string): number {
    const download = this.#known.get(downloadId);
    return download === undefined || isOver(download) ? 0 : this.ordered().indexOf(downloadId) + 1;
  }

  replace(downloads: Iterable<DownloadInfo>): void {
    this.#known.clear();
    this.#counts.clear();
    this.#order = undefined;
    for (const download of downloads) this.put(download);
  }

  /** Answers what was known of it before. */
  put(download: DownloadInfo): DownloadInfo | undefined {
    const before = this.#known.get(download.downloadId);
    if (before !== undefined) this.#add(before.state, -1);
    this.#add(download.state, 1);
    this.#known.set(download.downloadId, download);
    if (before === undefined || !standsAlike(before, download)) this.#order = undefined;
    return before;
  }

  remove(downloadId: string): void {
    const before = this.#known.get(downloadId);
    if (before === undefined) return;
    this.#add(before.state, -1);
    this.#known.delete(downloadId);
    this.#order = undefined;
  }

  #add(state: DownloadState, count: number): void {
    this.#counts.set(state, (this.#counts.get(state) ?? 0) + count);
  }
}

function standsAlike(a: DownloadInfo, b: DownloadInfo): boolean {
  if (isOver(a) !== isOver(b)) return false;
  return isOver(a) ? a.finishedAtMs === b.finishedAtMs && a.addedAtMs === b.addedAtMs : queueRank(a) === queueRank(b);
}
