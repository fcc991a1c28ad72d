// Puts the differences of folders together to deltas that are small enough, each of which is right by itself: a folder whose content is
// not all told yet has no time that the disk could have, so that a restart in between looks at it again.

import type { Entry } from '../../../protocol/model.ts';
import type { IndexView } from '../../catalog/index/indexView.ts';
import type { Delta, FolderChange, IndexCounts } from '../../catalog/index/rows.ts';
import { indexLimits } from '../../limits.ts';
import type { SafePath } from '../../storage/safePath.ts';

/** One name that is otherwise, and what it does to the counts. */
export interface Removal {
  name: string;
  effect: IndexCounts;
}
export interface Setting {
  entry: Entry;
  effect: IndexCounts;
}

/** As FolderChange, with effects. Both lists ascending by name. */
export interface Difference {
  path: string;
  mtimeMs: number;
  removed: readonly Removal[];
  set: readonly Setting[];
}

/** Half of what a delta may hold: it is copied between threads and applied in a few milliseconds. */
const stepEntries = indexLimits.deltaEntries / 2;
const stepBytes = indexLimits.deltaRawBytes / 2;
/** A cautious guess of what an entry takes besides its name. */
const entryBytes = 24;

export class Steps {
  readonly #view: () => IndexView;
  readonly #send: (delta: Delta) => Promise<void>;
  #folders: FolderChange[] = [];
  #entries = 0;
  #bytes = 0;
  #counts: IndexCounts;
  /** New folders whose content was not told yet: the entry while it is still in this step, undefined when it was sent without its time. */
  readonly #unfinished = new Map<string, Entry | undefined>();
  /** Changed entries of all steps. */
  total = 0;

  /** `send` resolves when the delta is published; it is applied to the view before. */
  constructor(view: () => IndexView, send: (delta: Delta) => Promise<void>) {
    this.#view = view;
    this.#send = send;
    this.#counts = view().counts;
  }

  /** What is different in one folder: each folder once, none before those above it. A new folder too, even when it is empty. */
  async add(difference: Difference): Promise<void> {
    const { path, mtimeMs } = difference;
    let { removed, set } = difference;
    this.total += removed.length + set.length;
    while (!this.#fits(removed, set)) {
      if (this.#entries > 0) {
        await this.#cut();
        continue;
      }
      // More than one step can hold: parts of it, with the time of before.
      const part = firstPart(removed, set);
      removed = removed.slice(part.removed.length);
      set = set.slice(part.set.length);
      const before = path === '' ? 0 : (this.#view().stat(path as SafePath)?.mtimeMs ?? 0);
      this.#push(path, { mtimeMs: before, ...part });
      await this.#cut();
    }
    const isNew = this.#unfinished.has(path);
    const isToldWithTime = isNew && this.#unfinished.get(path) !== undefined;
    this.#unfinished.delete(path);
    if (removed.length > 0 || set.length > 0) this.#push(path, { mtimeMs, removed, set });
    else if (isNew ? !isToldWithTime : path !== '' && this.#view().stat(path as SafePath)?.mtimeMs !== mtimeMs)
      this.#push(path, { mtimeMs, removed, set });
  }

  async end(): Promise<void> {
    await this.#cut();
  }

  #fits(removed: readonly Removal[], set: readonly Setting[]): boolean {
    return this.#entries + removed.length + set.length <= stepEntries && this.#bytes + bytesOf(removed, set) <= stepBytes;
  }

  #push(path: string, part: { mtimeMs: number; removed: readonly Removal[]; set: readonly Setting[] }): void {
    for (const { effect } of [...part.removed, ...part.set]) {
      this.#counts.fileCount += effect.fileCount;
      this.#counts.folderCount += effect.folderCount;
      this.#counts.totalBytes += effect.totalBytes;
    }
    const set = part.set.map(({ entry }) => entry);
    for (const { entry, effect } of part.set)
      if (entry.kind === 'folder' && effect.folderCount > 0) this.#unfinished.set(join(path, entry.name), entry);
    const removed = part.removed.map(({ name }) => name);
    this.#folders.push({ path, mtimeMs: path === '' ? 0 : part.mtimeMs, removed, set });
    this.#entries += 1 + removed.length + set.length;
    this.#bytes += path.length + entryBytes + bytesOf(part.removed, part.set);
  }

  async #cut(): Promise<void> {
    if (this.#folders.length === 0) return;
    for (const [path, entry] of this.#unfinished) {
      if (entry === undefined) continue;
      entry.mtimeMs = entry.mtimeMs === 0 ? 1 : 0;
      this.#unfinished.set(path, undefined);
    }
    const view = this.#view();
    const updatedAtMs = Math.max(Date.now(), view.updatedAtMs);
    const delta: Delta = { updatedAtMs, counts: { ...this.#counts }, folders: this.#folders };
    this.#folders = [];
    this.#entries = 0;
    this.#bytes = 0;
    view.apply(delta);
    await this.#send(delta);
  }
}

export function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function bytesOf(removed: readonly Removal[], set: readonly Setting[]): number {
  let bytes = 0;
  for (const { name } of removed) bytes += nameBytes(name);
  for (const { entry } of set) bytes += nameBytes(entry.name);
  return bytes;
}

/** At most this: three bytes for a UTF-16 unit. */
function nameBytes(name: string): number {
  return name.length * 3 + entryBytes;
}

/** As much as one step takes. */
function firstPart(
  removed: readonly Removal[],
  set: readonly Setting[],
): { removed: readonly Removal[]; set: readonly Setting[] } {
  let bytes = 0;
  let count = 0;
  const fits = (name: string): boolean => {
    bytes += nameBytes(name);
    return bytes <= stepBytes && ++count < stepEntries;
  };
  const first = takeWhile(removed, ({ name }) => fits(name));
  return { removed: first, set: first.length < removed.length ? [] : takeWhile(set, ({ entry }) => fits(entry.name)) };
}

function takeWhile<Item>(items: readonly Item[], isWanted: (item: Item) => boolean): readonly Item[] {
  const end = items.findIndex((item) => !isWanted(item));
  return end === -1 ? items : items.slice(0, end);
}
