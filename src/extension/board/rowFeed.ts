// Keeps the rows of one page up to date: all of them in slices once it is ready, then those that changed, gathered. One message is on its way at
// a time: a page that is slow is told less often, and no queue grows. Must not know `vscode`.

import { boardMaxima, type RowId, type ToBoard, type TransferRow } from '../../protocol/board.ts';
import { limits } from '../limits.ts';
import type { World } from '../world.ts';
import { downloadAsRow, downloadRowId, peerNames, uploadAsRow } from './boardRows.ts';
import { fingerprint } from './fingerprint.ts';

type RowsMessage = Omit<Extract<ToBoard, { type: 'rows' }>, 'session'>;

export interface RowFeedOptions {
  world: Pick<World, 'downloads' | 'uploads' | 'peers'>;
  /** Resolves once it was delivered. */
  post: (message: RowsMessage) => PromiseLike<unknown>;
}

export class RowFeed {
  readonly #options: RowFeedOptions;
  /** By id of a download, what the page was told of it last. */
  readonly #told = new Map<string, number>();
  readonly #toldUploads = new Map<RowId, number>();
  readonly #dirty = new Set<string>();
  #isAllDirty = false;
  #areUploadsDirty = false;
  #names: ReadonlyMap<string, string> = new Map();
  /** Of the page that is there; undefined while none is. A page that was loaded anew ends the round of the one before. */
  #page: object | undefined;
  #isSending = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RowFeedOptions) {
    this.#options = options;
  }

  /** For a page that knows nothing. */
  start(): void {
    this.stop();
    this.#page = {};
    this.#names = peerNames(this.#options.world.peers);
    this.#isAllDirty = true;
    this.#areUploadsDirty = true;
    this.#send({ isFirst: true });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#page = undefined;
    this.#isSending = false;
    this.#told.clear();
    this.#toldUploads.clear();
    this.#dirty.clear();
  }

  downloadChanged(downloadId: string): void {
    this.#dirty.add(downloadId);
    this.#soon();
  }

  /** Any download may be another. */
  downloadsChanged(): void {
    this.#isAllDirty = true;
    this.#soon();
  }

  uploadsChanged(): void {
    this.#areUploadsDirty = true;
    this.#soon();
  }

  /** Only a name that is another matters: it stands in rows. */
  peersChanged(): void {
    const before = this.#names;
    this.#names = peerNames(this.#options.world.peers);
    if ([...this.#names].some(([peerId, name]) => before.get(peerId) !== name)) this.downloadsChanged();
  }

  #soon(): void {
    if (this.#page === undefined || this.#isSending) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#send({ isFirst: false });
    }, limits.boardRowsMs);
  }

  #send({ isFirst }: { isFirst: boolean }): void {
    const page = this.#page;
    this.#isSending = true;
    // A page that cannot be told any more is gone, and the panel says so by itself.
    void this.#round(isFirst)
      .catch(() => undefined)
      .finally(() => {
        if (page !== this.#page) return;
        this.#isSending = false;
        if (this.#dirty.size > 0 || this.#isAllDirty || this.#areUploadsDirty) this.#soon();
      });
  }

  /** Looks at what is dirty, the first in the list first, in slices between which everything else has its turn. */
  async #round(isFirst: boolean): Promise<void> {
    const page = this.#page;
    const ids = this.#dirtyIds();
    let at = 0;
    /** The page waits for the first message, and for the rest where it was told of one. */
    let isAwaited = isFirst;
    let isBegun = !isFirst;
    do {
      const untilMs = performance.now() + limits.boardSliceMs;
      const rows: TransferRow[] = [];
      const removed: RowId[] = [];
      while (at < ids.length && rows.length + removed.length < boardMaxima.slice && performance.now() < untilMs) {
        this.#look(ids[at++] ?? '', rows, removed);
      }
      const isMore = at < ids.length;
      if (!isMore) this.#lookAtUploads(rows, removed);
      if (isAwaited || rows.length + removed.length > 0) {
        await delivered(this.#options.post({ type: 'rows', isFirst: !isBegun, isMore, rows, removed }));
        isBegun = true;
        isAwaited = isMore;
      }
      if (isMore) await new Promise((resolve) => setImmediate(resolve));
    } while (at < ids.length && page === this.#page);
  }

  #dirtyIds(): string[] {
    const { downloads } = this.#options.world;
    const gone = this.#isAllDirty ? [...this.#told.keys()].filter((id) => downloads.get(id) === undefined) : [];
    const ids = this.#isAllDirty ? [...gone, ...downloads.ordered()] : [...this.#dirty];
    this.#isAllDirty = false;
    this.#dirty.clear();
    return ids;
  }

  #look(downloadId: string, rows: TransferRow[], removed: RowId[]): void {
    const download = this.#options.world.downloads.get(downloadId);
    if (download === undefined) {
      if (this.#told.delete(downloadId)) removed.push(downloadRowId(downloadId));
      return;
    }
    const row = downloadAsRow(download, this.#names);
    const now = fingerprint(row);
    if (this.#told.get(downloadId) === now) return;
    this.#told.set(downloadId, now);
    rows.push(row);
  }

  #lookAtUploads(rows: TransferRow[], removed: RowId[]): void {
    if (!this.#areUploadsDirty) return;
    this.#areUploadsDirty = false;
    const there = new Set<RowId>();
    for (const [index, upload] of this.#options.world.uploads.slice(0, boardMaxima.rows - boardMaxima.slice).entries()) {
      const row = uploadAsRow(upload, index);
      there.add(row.id);
      const now = fingerprint(row);
      if (this.#toldUploads.get(row.id) === now) continue;
      this.#toldUploads.set(row.id, now);
      rows.push(row);
    }
    for (const id of this.#toldUploads.keys()) {
      if (there.has(id)) continue;
      this.#toldUploads.delete(id);
      removed.push(id);
    }
  }
}

/** Waits for a message to be taken, but not for ever: a hidden page takes none. */
async function delivered(posted: PromiseLike<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limits.boardPostMs);
  });
  await Promise.race([posted, late]).finally(() => clearTimeout(timer));
}
