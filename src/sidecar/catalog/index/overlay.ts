// What changed over a segment, as a tree of the folders that hold changes. For each of them: which entries of the segment are gone or
// replaced, and which entries come in their place. Data and small steps on it; deltas are applyDelta.ts's, answers IndexView's.

import type { EntryKind } from '../../../protocol/model.ts';
import { compareNames } from './names.ts';
import type { FolderRecord } from './segment.ts';

/** An entry that the segment does not have, or has otherwise. */
export interface Row {
  readonly name: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** Where the segment's folder has this name, or would have it: a place among its entries of this kind. */
  readonly place: number;
  /** The segment has this name at that place, which is hidden. */
  readonly isReplacing: boolean;
  /** A folder: it is not the one that the segment has at this place; nothing of the segment is below it. */
  readonly isNew: boolean;
}

/** Changes among the folders, or among the files, of one folder. Replaced as a whole, never written to. */
export interface Side {
  /** Ascending by name. */
  readonly rows: readonly Row[];
  /** Places of the segment's entries that are gone, or that a row stands for; ascending. */
  readonly hidden: readonly number[];
}

/** A folder that has changes, or that is above one. */
export interface OverlayFolder {
  readonly base: BaseFolder | undefined;
  folders: Side;
  files: Side;
  readonly below: Map<string, OverlayFolder>;
}

/** The segment's folder under an overlay's; where there is none, the folder is new, and all that it holds are rows. */
export interface BaseFolder {
  record: FolderRecord;
  /** Its time in the segment. */
  mtimeMs: number;
}

const noChanges: Side = { rows: [], hidden: [] };

export function overlayFolder(base: BaseFolder | undefined): OverlayFolder {
  return { base, folders: noChanges, files: noChanges, below: new Map() };
}

export function sideOf(folder: OverlayFolder, kind: EntryKind): Side {
  return kind === 'folder' ? folder.folders : folder.files;
}

/** What a folder, and all below it, counts in `IndexView.overlayEntries`. */
export function weightOf(folder: OverlayFolder): number {
  let weight = sideWeight(folder.folders) + sideWeight(folder.files);
  for (const child of folder.below.values()) weight += 1 + weightOf(child);
  return weight;
}

/** A hidden entry and the row in its place count once. */
export function sideWeight(side: Side): number {
  let weight = side.hidden.length;
  for (const row of side.rows) if (!row.isReplacing) weight++;
  return weight;
}

export function findRow(side: Side, name: string): Row | undefined {
  const row = side.rows[rowsBefore(side, name)];
  return row?.name === name ? row : undefined;
}

/** How many rows come before a name. */
export function rowsBefore(side: Side, name: string): number {
  return firstIndex(side.rows.length, (index) => compareNames(side.rows[index]?.name ?? '', name) >= 0);
}

/** How many hidden places are below `place`. */
export function hiddenBefore(side: Side, place: number): number {
  return firstIndex(side.hidden.length, (index) => (side.hidden[index] ?? 0) >= place);
}

export function isHidden(side: Side, place: number): boolean {
  return side.hidden[hiddenBefore(side, place)] === place;
}

/** Changes of one side, collected and then merged in one pass. */
export class SideEdit {
  readonly #side: Side;
  readonly #rows = new Map<string, Row | undefined>();
  readonly #hidden = new Map<number, boolean>();

  constructor(side: Side) {
    this.#side = side;
  }

  row(name: string): Row | undefined {
    return this.#rows.has(name) ? this.#rows.get(name) : findRow(this.#side, name);
  }

  isHidden(place: number): boolean {
    return this.#hidden.get(place) ?? isHidden(this.#side, place);
  }

  put(row: Row): void {
    this.#rows.set(row.name, row);
  }

  drop(name: string): void {
    this.#rows.set(name, undefined);
  }

  hide(place: number): void {
    this.#hidden.set(place, true);
  }

  show(place: number): void {
    this.#hidden.set(place, false);
  }

  merged(): Side {
    const rows = this.#rows.size === 0 ? this.#side.rows : mergeRows(this.#side.rows, this.#rows);
    const hidden = this.#hidden.size === 0 ? this.#side.hidden : mergePlaces(this.#side.hidden, this.#hidden);
    return { rows, hidden };
  }
}

/** Whether a row stands for the hidden entry at `place`. */
export function isReplaced(side: Side, place: number): boolean {
  // New names may stand before the same place.
  let index = firstIndex(side.rows.length, (at) => (side.rows[at]?.place ?? 0) >= place);
  for (; side.rows[index]?.place === place; index++) if (side.rows[index]?.isReplacing) return true;
  return false;
}

function mergeRows(rows: readonly Row[], edits: ReadonlyMap<string, Row | undefined>): Row[] {
  const result: Row[] = [];
  const changed = [...edits].sort(([one], [other]) => compareNames(one, other));
  let at = 0;
  for (const [name, row] of changed) {
    for (let next = rows[at]; next !== undefined && compareNames(next.name, name) < 0; next = rows[++at]) result.push(next);
    if (rows[at]?.name === name) at++;
    if (row !== undefined) result.push(row);
  }
  return at < rows.length ? result.concat(rows.slice(at)) : result;
}

function mergePlaces(places: readonly number[], edits: ReadonlyMap<number, boolean>): number[] {
  const result = places.filter((place) => !edits.has(place));
  for (const [place, isGone] of edits) if (isGone) result.push(place);
  return result.sort((one, other) => one - other);
}

/** Binary search: the first index from 0 to before `count` for which `isTrue` (false first, then true); `count` when there is none. */
export function firstIndex(count: number, isTrue: (index: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isTrue(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
