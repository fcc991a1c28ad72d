// One tree over all peers' shares: those with the same title are one folder, and below it what has the same name at the same place is one
// entry with several holders. In the editor's order, but for folders too large to sort: those come in index order, merged as they are read.

import { AppError } from '../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../protocol/ids.ts';
import type { CatalogShare, Entry, EntryRef, MergedEntry, MergedPage } from '../../protocol/model.ts';
import { catalogLimits } from '../limits.ts';
import { parseSafePath, pathProblem, type SafePath } from '../storage/safePath.ts';
import { EditorOrder, slices, sortAtOnce, sortInSlices } from './editorOrder.ts';
import { FolderCache } from './folderCache.ts';
import type { IndexListener } from './index/indexListener.ts';
import type { Delta } from './index/rows.ts';
import { MergedReading, type MergedRow } from './mergedReading.ts';
import { type FolderReader, readFolder } from './sortedListing.ts';

export interface MergedSource extends FolderReader {
  shares(): CatalogShare[];
  stat(ref: EntryRef): Entry | undefined;
}

/** The folder of one share that takes part. */
interface Part {
  share: CatalogShare;
  path: SafePath;
}

/** Sorted rows, or a reading that goes on where a page ended. */
type Merged = MergedRow[] | MergedReading;

export class MergedTree implements IndexListener {
  readonly #catalog: MergedSource;
  readonly #order: EditorOrder;
  readonly #cache = new FolderCache<Merged>((merged) => (Array.isArray(merged) ? merged.length : catalogLimits.mergedPlaces));

  constructor(catalog: MergedSource, order = new EditorOrder()) {
    this.#catalog = catalog;
    this.#order = order;
  }

  /** Throws `not-found`, `not-folder`, `unavailable` when only shares without an index have it, `cancelled`. */
  async list(path: string, page: { offset: number; limit: number; signal?: AbortSignal }): Promise<MergedPage> {
    const { offset, limit, signal } = page;
    if (path === '') return this.#titles(offset, limit);
    const parts = this.#parts(path);
    const refs = parts.map(refOf);
    const id = JSON.stringify([path, ...refs.map((ref) => ref.peerId + ref.shareId)]);
    const merged = await this.#cache.get(id, refs, (changes) => this.#merge(parts, changes));
    const { rows, total } = Array.isArray(merged)
      ? { rows: merged.slice(offset, offset + limit), total: merged.length }
      : await merged.page(offset, limit, signal);
    return {
      entries: rows.map((row) =>
        shown(row, (number) => {
          const part = parts[number];
          if (part === undefined) return undefined;
          const ref = refOf(part);
          return { share: part.share, entry: { ...ref, path: ref.path === '' ? row.name : `${ref.path}/${row.name}` } };
        }),
      ),
      total,
    };
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

  #titles(offset: number, limit: number): MergedPage {
    const byTitle = new Map<string, CatalogShare[]>();
    for (const share of this.#catalog.shares()) {
      const same = byTitle.get(share.title);
      if (same === undefined) byTitle.set(share.title, [share]);
      else same.push(share);
    }
    const sorted = sortAtOnce(
      [...byTitle].map(([name, shares]) => ({ name, kind: 'folder' as const, shares })),
      this.#order,
    );
    const entries = sorted.slice(offset, offset + limit).map(({ name, kind, shares }) => {
      const holders = shares.map((share, part) => ({ part, sizeBytes: 0, mtimeMs: share.updatedAtMs ?? 0 }));
      return shown({ name, kind, holders }, (number) => {
        const share = shares[number];
        return share && { share, entry: { peerId: share.peerId, shareId: share.shareId, path: '' } };
      });
    });
    return { entries, total: sorted.length };
  }

  /**
   * Every share's folder at this place. A title may hold `/`, so that two titles may begin a path: the shares of both take part, and
   * nobody hides another's folder by a title.
   */
  #parts(path: string): Part[] {
    const parts: Part[] = [];
    let found: 'nothing' | 'file' | 'no index' = 'nothing';
    for (const share of this.#catalog.shares()) {
      if (path !== share.title && !path.startsWith(`${share.title}/`)) continue;
      const rest = path.slice(share.title.length + 1);
      if (rest !== '' && pathProblem(rest) !== undefined) continue;
      const below = parseSafePath(rest);
      if (share.indexState === 'none' || share.updatedAtMs === undefined) {
        if (found === 'nothing') found = 'no index';
        continue;
      }
      const entry = this.#catalog.stat({ peerId: share.peerId, shareId: share.shareId, path: below });
      if (entry?.kind === 'folder') parts.push({ share, path: below });
      else if (entry !== undefined) found = 'file';
    }
    if (parts.length > 0) return parts;
    if (found === 'file') throw new AppError('not-folder', `"${path}" is a file, not a folder.`, { data: { path } });
    if (found === 'no index')
      throw new AppError('unavailable', `The index of "${path}" is not here yet. It comes while its owner is online.`, {
        data: { path },
      });
    throw new AppError('not-found', `No share has "${path}". It may have been removed or renamed by its owner.`, {
      data: { path },
    });
  }

  async #merge(parts: readonly Part[], changes: () => number): Promise<Merged> {
    const pause = slices();
    let sum = 0;
    for (const part of parts) sum += this.#catalog.list(refOf(part), { offset: 0, limit: 0 }).total;
    if (sum > catalogLimits.sortedEntries) return new MergedReading(this.#catalog, parts.map(refOf));
    const entries: { name: string; kind: Entry['kind']; sizeBytes: number; mtimeMs: number; part: number }[] = [];
    for (const [part, each] of parts.entries()) {
      for (const entry of await readFolder(this.#catalog, refOf(each), { changes, pause })) entries.push({ ...entry, part });
      await pause();
    }
    const isShort = entries.length <= catalogLimits.sortedAtOnceEntries;
    const sorted = isShort ? sortAtOnce(entries, this.#order) : await sortInSlices(entries, this.#order, pause);
    const rows: MergedRow[] = [];
    for (const { name, kind, part, sizeBytes, mtimeMs } of sorted) {
      const last = rows.at(-1);
      const holder = { part, sizeBytes, mtimeMs };
      if (last?.name === name && last.kind === kind) last.holders.push(holder);
      else rows.push({ name, kind, holders: [holder] });
    }
    return rows;
  }
}

function refOf({ share, path }: Part): EntryRef {
  return { peerId: share.peerId, shareId: share.shareId, path };
}

function shown(row: MergedRow, holderOf: (part: number) => { share: CatalogShare; entry: EntryRef } | undefined): MergedEntry {
  const holders = row.holders.flatMap(({ part, sizeBytes, mtimeMs }) => {
    const holder = holderOf(part);
    if (holder === undefined) return [];
    const { share, entry } = holder;
    return [{ entry, isOwn: share.isOwn, isOnline: share.isOwn || share.isOnline, sizeBytes, mtimeMs }];
  });
  holders.sort((a, b) => Number(b.isOnline) - Number(a.isOnline) || b.mtimeMs - a.mtimeMs);
  let newest = { sizeBytes: 0, mtimeMs: Number.NEGATIVE_INFINITY };
  for (const holder of holders) if (holder.mtimeMs > newest.mtimeMs) newest = holder;
  const { sizeBytes, mtimeMs } = newest;
  return {
    ...{ name: row.name, kind: row.kind, sizeBytes, mtimeMs },
    holders: holders.slice(0, catalogLimits.holdersShown),
    holderCount: holders.length,
  };
}
