// Pages of a folder in the editor's order. Small folders are sorted for each page, larger ones kept sorted for a while, and those too
// large to sort come in index order.

import type { PeerId, ShareId } from '../../protocol/ids.ts';
import type { Entry, EntryRef, ListPage } from '../../protocol/model.ts';
import { catalogLimits, localLimits } from '../limits.ts';
import { EditorOrder, slices, sortAtOnce, sortInSlices } from './editorOrder.ts';
import { FolderCache } from './folderCache.ts';
import type { IndexListener } from './index/indexListener.ts';
import type { Delta } from './index/rows.ts';

export interface FolderReader {
  /** A page in index order. Throws as Catalog.list. */
  list(ref: EntryRef, page: { offset: number; limit: number }): ListPage;
}

/** Reading a folder that keeps changing is begun anew so often; then it is read in one go. */
const readingTries = 3;

export class SortedListing implements IndexListener {
  readonly #catalog: FolderReader;
  readonly #order: EditorOrder;
  readonly #cache = new FolderCache<Entry[]>((entries) => entries.length);

  constructor(catalog: FolderReader, order = new EditorOrder()) {
    this.#catalog = catalog;
    this.#order = order;
  }

  /** Throws as Catalog.list. */
  async list(ref: EntryRef, page: { offset: number; limit: number; signal?: AbortSignal }): Promise<ListPage> {
    const { offset, limit } = page;
    const atOnce = catalogLimits.sortedAtOnceEntries;
    const first = this.#catalog.list(ref, { offset: 0, limit: atOnce });
    if (first.total > catalogLimits.sortedEntries) return this.#catalog.list(ref, { offset, limit });
    const sorted =
      first.total <= atOnce
        ? sortAtOnce(first.entries, this.#order)
        : await this.#cache.get(`${ref.peerId}/${ref.shareId}/${ref.path}`, [ref], async (changes) => {
            const pause = slices();
            return sortInSlices(await readFolder(this.#catalog, ref, { changes, pause }), this.#order, pause);
          });
    return { entries: sorted.slice(offset, offset + limit), total: sorted.length };
  }

  indexed(peerId: PeerId, shareId: ShareId): void {
    this.#cache.indexed(peerId, shareId);
  }

  changed(peerId: PeerId, shareId: ShareId, delta: Delta): void {
    this.#cache.changed(peerId, shareId, delta);
  }

  gone(peerId: PeerId, shareId: ShareId): void {
    this.#cache.gone(peerId, shareId);
  }

  close(): void {
    this.#cache.clear();
  }
}

/** All entries of one state of a folder, in index order, read in slices. */
export async function readFolder(
  catalog: FolderReader,
  ref: EntryRef,
  options: { changes: () => number; pause: () => Promise<void> },
): Promise<Entry[]> {
  const { changes, pause } = options;
  for (let tries = 0; ; tries++) {
    const before = changes();
    const entries: Entry[] = [];
    for (;;) {
      const page = catalog.list(ref, { offset: entries.length, limit: localLimits.pageEntries / 4 });
      for (const entry of page.entries) entries.push(entry);
      if (page.entries.length === 0 || entries.length >= page.total) break;
      if (tries < readingTries) await pause();
      if (changes() !== before) break;
    }
    if (changes() === before) return entries;
  }
}
