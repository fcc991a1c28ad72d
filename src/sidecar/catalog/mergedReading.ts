// Merges folders that are too large to sort: in index order, page by page, as they are read. Remembers places on the way, from which a
// later page goes on.

import type { EntryKind, EntryRef, Entry } from '../../protocol/model.ts';
import { catalogLimits } from '../limits.ts';
import { slices } from './editorOrder.ts';
import type { FolderReader } from './sortedListing.ts';

/** One name, and the folders (by number) that have it. */
export interface MergedRow {
  name: string;
  kind: EntryKind;
  holders: { part: number; sizeBytes: number; mtimeMs: number }[];
}

/** Entries read ahead of each folder. */
const aheadEntries = 512;
/** Rows between two places that are remembered. */
const placeRows = 1000;

export class MergedReading {
  readonly #catalog: FolderReader;
  readonly #folders: readonly EntryRef[];
  readonly #totals: readonly number[];
  /** Row number, and how many entries of each folder come before it; ascending. */
  readonly #places: { row: number; read: number[] }[];
  #rowCount: number | undefined;

  constructor(catalog: FolderReader, folders: readonly EntryRef[]) {
    this.#catalog = catalog;
    this.#folders = folders;
    this.#totals = folders.map((folder) => catalog.list(folder, { offset: 0, limit: 0 }).total);
    this.#places = [{ row: 0, read: folders.map(() => 0) }];
  }

  /** `total` counts a name once for each of its holders until the last page was read: it may be too high. */
  async page(offset: number, limit: number, signal?: AbortSignal): Promise<{ rows: MergedRow[]; total: number }> {
    const pause = slices(signal);
    const start = this.#places.findLast(({ row }) => row <= offset) ?? { row: 0, read: this.#folders.map(() => 0) };
    const cursors = start.read.map((read, part) => new Cursor(this.#catalog, this.#folders[part], read));
    const rows: MergedRow[] = [];
    let row = start.row;
    while (rows.length < limit && (this.#rowCount === undefined || row < this.#rowCount)) {
      const next = takeLeast(cursors);
      if (next === undefined) {
        this.#rowCount = row;
        break;
      }
      if (row >= offset) rows.push(next);
      row++;
      if (row % placeRows === 0 && this.#mayRemember(row)) this.#places.push({ row, read: cursors.map(({ read }) => read) });
      if ((row & 255) === 0) await pause();
    }
    const sum = this.#totals.reduce((total, each) => total + each, 0);
    return { rows, total: this.#rowCount ?? sum };
  }

  #mayRemember(row: number): boolean {
    const last = this.#places.at(-1);
    return last !== undefined && row > last.row && this.#places.length * this.#folders.length < catalogLimits.mergedPlaces * 8;
  }
}

/** A folder being read. */
class Cursor {
  read: number;
  readonly #catalog: FolderReader;
  readonly #folder: EntryRef | undefined;
  #ahead: Entry[] = [];
  #from: number;
  #isEnded = false;

  constructor(catalog: FolderReader, folder: EntryRef | undefined, read: number) {
    this.#catalog = catalog;
    this.#folder = folder;
    this.read = read;
    this.#from = read;
  }

  get entry(): Entry | undefined {
    const entry = this.#ahead[this.read - this.#from];
    if (entry !== undefined || this.#isEnded || this.#folder === undefined) return entry;
    this.#from = this.read;
    this.#ahead = this.#catalog.list(this.#folder, { offset: this.read, limit: aheadEntries }).entries;
    this.#isEnded = this.#ahead.length === 0;
    return this.#ahead[0];
  }
}

function takeLeast(cursors: readonly Cursor[]): MergedRow | undefined {
  let row: MergedRow | undefined;
  let holding: Cursor[] = [];
  for (const [part, cursor] of cursors.entries()) {
    const entry = cursor.entry;
    if (entry === undefined) continue;
    const order = row === undefined ? -1 : compareEntries(entry, row);
    if (order > 0) continue;
    if (row === undefined || order < 0) {
      row = { name: entry.name, kind: entry.kind, holders: [] };
      holding = [];
    }
    row.holders.push({ part, sizeBytes: entry.sizeBytes, mtimeMs: entry.mtimeMs });
    holding.push(cursor);
  }
  for (const cursor of holding) cursor.read++;
  return row;
}

/** Index order: folders first, then the bytes of the names. */
function compareEntries(one: { name: string; kind: EntryKind }, other: { name: string; kind: EntryKind }): number {
  if (one.kind !== other.kind) return one.kind === 'folder' ? -1 : 1;
  return compareByBytes(one.name, other.name);
}

/** As the UTF-8 of both compares: by code points, which UTF-16 puts in another order above U+D7FF. */
function compareByBytes(one: string, other: string): number {
  if (one === other) return 0;
  const length = Math.min(one.length, other.length);
  for (let at = 0; at < length; at++) {
    const a = one.charCodeAt(at);
    const b = other.charCodeAt(at);
    if (a === b) continue;
    const isPair = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdfff;
    if (isPair(a) !== isPair(b)) return isPair(a) ? 1 : -1;
    return a - b;
  }
  return one.length - other.length;
}
