// What an index holds after changes, and steps that are too large for one block cut into several. Used where the index is owned.

import type { Entry } from '../../../protocol/model.ts';
import { indexLimits } from '../../limits.ts';
import { parseSafePath, type SafePath } from '../../storage/safePath.ts';
import type { IndexView } from './indexView.ts';
import { comparePaths } from './names.ts';
import type { Delta, FolderChange, IndexCounts } from './rows.ts';

/** Counts what `view` (as it is now) holds after changes, which come in the order of their paths. */
export class ChangeCounter {
  readonly #view: IndexView;
  readonly #counts: IndexCounts;
  /** Folders that began empty in these changes: nothing of the view is below them. */
  readonly #fresh = new Set<string>();

  constructor(view: IndexView) {
    this.#view = view;
    this.#counts = view.counts;
  }

  get counts(): IndexCounts {
    return { ...this.#counts };
  }

  add({ path, removed, set }: FolderChange): void {
    const isFresh = this.#isFresh(path);
    const gone = new Set(removed);
    for (const name of removed) {
      const known = isFresh ? undefined : this.#known(path, name);
      if (known !== undefined) this.#remove(below(path, name), known);
    }
    for (const entry of set) {
      const at = below(path, entry.name);
      const known = isFresh || gone.has(entry.name) ? undefined : this.#known(path, entry.name);
      if (known !== undefined && known.kind !== entry.kind) this.#remove(at, known);
      if (known?.kind === entry.kind) this.#counts.totalBytes += entry.sizeBytes - known.sizeBytes;
      else {
        this.#count(entry, 1);
        if (entry.kind === 'folder') this.#fresh.add(at);
      }
    }
  }

  #known(path: string, name: string): Entry | undefined {
    return this.#view.stat(parseSafePath(below(path, name)));
  }

  #remove(path: SafePath, entry: Entry): void {
    this.#count(entry, -1);
    if (entry.kind === 'folder') for (const found of this.#view.walk(path)) this.#count(found.entry, -1);
  }

  #count(entry: Entry, by: 1 | -1): void {
    if (entry.kind === 'folder') this.#counts.folderCount += by;
    else {
      this.#counts.fileCount += by;
      this.#counts.totalBytes += by * entry.sizeBytes;
    }
  }

  #isFresh(path: string): boolean {
    if (this.#fresh.size === 0) return false;
    for (let end = path.length; end > 0; end = path.lastIndexOf('/', end - 1))
      if (this.#fresh.has(path.slice(0, end))) return true;
    return false;
  }
}

/** What `view` will hold after these changes. */
export function countsAfter(view: IndexView, folders: readonly FolderChange[]): IndexCounts {
  const counter = new ChangeCounter(view);
  for (const change of inOrder(folders)) counter.add(change);
  return counter.counts;
}

/**
 * The same step as several, each small enough for `encodeDelta` and with the counts that are true after it; `view` is the index before. The
 * last one ends where `delta` does.
 */
export function splitDelta(delta: Delta, view: IndexView): Delta[] {
  const deltas: Delta[] = [];
  const counter = new ChangeCounter(view);
  let folders: FolderChange[] = [];
  let room = fullRoom();
  const flush = (): void => {
    if (folders.length > 0) deltas.push({ updatedAtMs: delta.updatedAtMs, counts: counter.counts, folders });
    folders = [];
    room = fullRoom();
  };
  for (const change of inOrder(delta.folders)) {
    for (let rest: FolderChange | undefined = change; rest !== undefined;) {
      const [part, after] = take(rest, room);
      if (part !== undefined) {
        counter.add(part);
        folders.push(part);
      }
      if (after !== undefined) flush();
      rest = after;
    }
  }
  flush();
  return deltas;
}

interface Room {
  entries: number;
  rawBytes: number;
}

function fullRoom(): Room {
  // Half: what a change takes in a block is estimated.
  return { entries: indexLimits.deltaEntries, rawBytes: indexLimits.deltaRawBytes / 2 };
}

/** As much of a change as there is room for, which shrinks; and what is left of it. */
function take(change: FolderChange, room: Room): [FolderChange | undefined, FolderChange | undefined] {
  const { removed, set } = change;
  room.entries--;
  room.rawBytes -= estimate(change.path);
  if (room.entries < 1 || room.rawBytes < 0) return [undefined, change];
  const fits = (name: string): boolean => {
    room.entries--;
    room.rawBytes -= estimate(name);
    return room.entries >= 0 && room.rawBytes >= 0;
  };
  let removedCount = 0;
  while (removedCount < removed.length && fits(removed[removedCount] ?? '')) removedCount++;
  let setCount = 0;
  if (removedCount === removed.length) while (setCount < set.length && fits(set[setCount]?.name ?? '')) setCount++;
  if (setCount === set.length && removedCount === removed.length) return [change, undefined];
  const rest = { ...change, removed: removed.slice(removedCount), set: set.slice(setCount) };
  if (removedCount + setCount === 0) return [undefined, rest];
  return [{ ...change, removed: removed.slice(0, removedCount), set: set.slice(0, setCount) }, rest];
}

/** Bytes before compression, at most: the name, what it shares, size and time. */
function estimate(name: string): number {
  return name.length * 3 + 24;
}

function inOrder(folders: readonly FolderChange[]): FolderChange[] {
  return folders.toSorted((one, other) => comparePaths(one.path, other.path));
}

function below(path: string, name: string): SafePath {
  // Contained: the names of changes are checked where they are found.
  return (path === '' ? name : `${path}/${name}`) as SafePath;
}
