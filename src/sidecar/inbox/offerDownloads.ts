// The downloads of accepted offers, one for each thing in them: added, tried again, found after a crash, ended. What is done stays done, whatever becomes
// of it in the queue.

import type { DownloadId } from '../../protocol/ids.ts';
import type { ConflictPolicy, DownloadInfo, DownloadState, EntryRef } from '../../protocol/model.ts';
import { AppError } from '../../protocol/errors.ts';
import type { InboxRow } from './inbox.ts';

/** What offers need of the queue of downloads. */
export interface OfferQueue {
  add(ref: EntryRef, options: { folder?: string; conflict?: ConflictPolicy }): Promise<DownloadInfo>;
  list(): DownloadInfo[];
  retry(downloadId: DownloadId): Promise<DownloadInfo>;
  cancel(downloadId: DownloadId): Promise<DownloadInfo>;
}

const unfinished: readonly (DownloadState | undefined)[] = ['queued', 'running', 'waiting', 'paused'];

export class OfferDownloads {
  readonly #queue: () => OfferQueue;
  readonly #states = new Map<DownloadId, DownloadState>();

  constructor(queue: () => OfferQueue) {
    this.#queue = queue;
  }

  note({ downloadId, state }: Pick<DownloadInfo, 'downloadId' | 'state'>): void {
    this.#states.set(downloadId, state);
  }

  isNoted({ downloadId, state }: Pick<DownloadInfo, 'downloadId' | 'state'>): boolean {
    return this.#states.get(downloadId) === state;
  }

  /**
   * One an item: what is here already, or on its way into the same folder, stays as it is; what failed there is tried again. Rejects as
   * `downloads/add`; then nothing of this is left in the queue.
   */
  async begin(row: InboxRow, { folder, conflict }: { folder: string; conflict?: ConflictPolicy }): Promise<DownloadId[]> {
    const isSameFolder = row.folder === folder;
    const begun: DownloadId[] = [];
    try {
      return await inTurn(row.items, async ({ name }, at) => {
        const before = row.downloadIds[at];
        if (before !== undefined && (this.#isDone(row, before) || (isSameFolder && this.#isComing(before)))) return before;
        const ref = { peerId: row.peerId, shareId: row.offerId as unknown as EntryRef['shareId'], path: name };
        const again = isSameFolder && before !== undefined ? await this.#again(before) : undefined;
        const download = again ?? (await this.#queue().add(ref, { folder, ...(conflict && { conflict }) }));
        this.note(download);
        begun.push(download.downloadId);
        return download.downloadId;
      });
    } catch (error) {
      await this.cancel(begun);
      throw error;
    }
  }

  /** What of an offer is here by now. */
  done(row: InboxRow): DownloadId[] {
    return row.downloadIds.filter((downloadId) => this.#isDone(row, downloadId));
  }

  /** What became of an accepted offer. */
  stateOf(row: InboxRow): 'done' | 'accepted' | 'failed' {
    if (this.done(row).length === row.downloadIds.length) return 'done';
    return row.downloadIds.some((downloadId) => this.#isComing(downloadId)) ? 'accepted' : 'failed';
  }

  /** Those that still come; files that are here stay. */
  async cancel(downloadIds: readonly DownloadId[]): Promise<void> {
    for (const downloadId of downloadIds) {
      if (!this.#isComing(downloadId)) continue;
      try {
        this.note(await this.#queue().cancel(downloadId));
      } catch {
        // It was cleared meanwhile.
      }
    }
  }

  forget(downloadIds: readonly DownloadId[]): void {
    for (const downloadId of downloadIds) this.#states.delete(downloadId);
  }

  #isDone({ doneIds }: InboxRow, downloadId: DownloadId): boolean {
    return doneIds.includes(downloadId) || this.#states.get(downloadId) === 'done';
  }

  #isComing(downloadId: DownloadId): boolean {
    return unfinished.includes(this.#states.get(downloadId));
  }

  /** Undefined when it is not in the queue any more. */
  async #again(downloadId: DownloadId): Promise<DownloadInfo | undefined> {
    try {
      return await this.#queue().retry(downloadId);
    } catch (error) {
      if (error instanceof AppError && error.kind === 'not-found') return undefined;
      throw error;
    }
  }
}

async function inTurn<T, R>(items: readonly T[], work: (item: T, at: number) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const [at, item] of items.entries()) results.push(await work(item, at));
  return results;
}
