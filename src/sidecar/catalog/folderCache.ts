// Keeps what was made of folders (sorted, merged) until one of them changes, room is needed, or nobody asked for a while. Knows nothing
// of what it keeps but how much it weighs.

import type { PeerId, ShareId } from '../../protocol/ids.ts';
import type { EntryRef } from '../../protocol/model.ts';
import { catalogLimits } from '../limits.ts';
import type { IndexListener } from './index/indexListener.ts';
import type { Delta, FolderChange } from './index/rows.ts';

interface Kept<T> {
  folders: readonly EntryRef[];
  value: Promise<T>;
  /** Entries; 0 while it is made. */
  weight: number;
  /** How often a folder changed since it was begun. */
  changes: number;
}

export class FolderCache<T> implements IndexListener {
  readonly #weigh: (value: T) => number;
  /** Least recently used first. */
  readonly #kept = new Map<string, Kept<T>>();
  readonly #making = new Set<Kept<T>>();
  #timer: NodeJS.Timeout | undefined;

  constructor(weigh: (value: T) => number) {
    this.#weigh = weigh;
  }

  /**
   * What was made of these folders, or is being made; otherwise makes it. `make` is told how often a folder changed since it was called:
   * then what it makes is not kept, and it must see to it that it does not mix two states.
   */
  async get(id: string, folders: readonly EntryRef[], make: (changes: () => number) => Promise<T>): Promise<T> {
    const known = this.#kept.get(id);
    if (known !== undefined) {
      this.#kept.delete(id);
      this.#kept.set(id, known);
      this.#timer?.refresh();
      return known.value;
    }
    const kept: Kept<T> = { folders, value: Promise.reject(new Error('not begun')), weight: 0, changes: 0 };
    kept.value.catch(() => undefined);
    this.#kept.set(id, kept);
    this.#making.add(kept);
    try {
      kept.value = make(() => kept.changes);
      const value = await kept.value;
      kept.weight = this.#weigh(value);
      this.#shrink();
      return value;
    } catch (error) {
      this.#drop(id, kept);
      throw error;
    } finally {
      this.#making.delete(kept);
    }
  }

  indexed(peerId: PeerId, shareId: ShareId): void {
    this.gone(peerId, shareId);
  }

  changed(peerId: PeerId, shareId: ShareId, delta: Delta): void {
    this.#changedWhere(
      (folder) =>
        folder.peerId === peerId && folder.shareId === shareId && delta.folders.some((change) => touches(change, folder.path)),
    );
  }

  gone(peerId: PeerId, shareId: ShareId): void {
    this.#changedWhere((folder) => folder.peerId === peerId && folder.shareId === shareId);
  }

  clear(): void {
    clearTimeout(this.#timer);
    this.#kept.clear();
  }

  #changedWhere(isIt: (folder: EntryRef) => boolean): void {
    for (const kept of this.#making) if (kept.folders.some(isIt)) kept.changes++;
    for (const [id, kept] of this.#kept) if (kept.folders.some(isIt)) this.#drop(id, kept);
  }

  #drop(id: string, kept: Kept<T>): void {
    if (this.#kept.get(id) === kept) this.#kept.delete(id);
  }

  #shrink(): void {
    let sum = 0;
    for (const kept of this.#kept.values()) sum += kept.weight;
    for (const [id, kept] of this.#kept) {
      if (sum <= catalogLimits.sortedKeptEntries) break;
      sum -= kept.weight;
      this.#kept.delete(id);
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#kept.clear(), catalogLimits.sortedKeptMs);
    this.#timer.unref();
  }
}

/** Whether a change says something about this folder: it is the one, or it lies in one that went or came anew. */
function touches(change: FolderChange, path: string): boolean {
  if (change.path === path) return true;
  const prefix = change.path === '' ? '' : `${change.path}/`;
  if (!path.startsWith(prefix)) return false;
  const name = path.slice(prefix.length).split('/', 1)[0];
  return change.removed.some((each) => each === name) || change.set.some((each) => each.name === name && each.kind === 'file');
}
