// One share as the search worker knows it: its segment with the changes over it, and its search file. Says which numbers of the segment are
// hidden by changes, which entries came with them, and what a found number stands for.

import { IndexView } from '../index/indexView.ts';
import type { Delta, FolderChange } from '../index/rows.ts';
import { Segment, type FolderRecord } from '../index/segment.ts';
import type { RankedEntry } from './ranking.ts';
import type { SearchFile } from './searchFile.ts';
import type { Ranges } from './shareSearch.ts';

export interface Overlay {
  hidden: { folders: Ranges; files: Ranges };
  /** What the segment does not have so. */
  entries: readonly RankedEntry[];
}

const nothing: Overlay = { hidden: { folders: [], files: [] }, entries: [] };

export class ShareIndex {
  readonly key: string;
  readonly segmentPath: string;
  readonly #view: IndexView;
  /** Undefined until it is built. */
  file: SearchFile | undefined;
  #overlay: Overlay | undefined;
  readonly #folderPaths = new Map<number, string>();

  /** Throws AppError when the segment is damaged or the overlay does not fit it. */
  constructor(key: string, segmentPath: string, overlay: Delta | undefined) {
    this.key = key;
    this.segmentPath = segmentPath;
    this.#view = new IndexView(Segment.open(segmentPath));
    if (overlay !== undefined) this.#view.apply(overlay);
  }

  get segment(): Segment {
    return this.#view.segment;
  }

  get updatedAtMs(): number {
    return this.#view.updatedAtMs;
  }

  apply(delta: Delta): void {
    this.#view.apply(delta);
    this.#overlay = undefined;
  }

  /** Made when it is asked for first after a change. */
  overlay(): Overlay {
    if (this.#overlay === undefined) {
      const condensed = this.#view.overlayEntries === 0 ? undefined : this.#view.overlay;
      this.#overlay =
        condensed === undefined || this.file === undefined ? nothing : readOverlay(condensed, this.segment, this.file);
    }
    return this.#overlay;
  }

  /** A folder of the segment by its number, with its path. */
  folder(number: number): RankedEntry {
    const { segment } = this;
    const record = segment.folder(number);
    const parent = segment.folder(record.parent);
    const place = placeOf(segment, parent, number);
    return { path: this.#folderPath(number), ...segment.entry(parent, place) };
  }

  /** A file by its number, and that of the folder it lies in. */
  fileAt(number: number, folderNumber: number): RankedEntry {
    const { segment } = this;
    const folder = segment.folder(folderNumber);
    const first = this.file?.u32('firstFiles', folderNumber) ?? 0;
    const entry = segment.entry(folder, folder.folderCount + number - first);
    const above = this.#folderPath(folderNumber);
    return { path: above === '' ? entry.name : `${above}/${entry.name}`, ...entry };
  }

  /** Forgets what only served the last answer. */
  rest(): void {
    this.#folderPaths.clear();
  }

  close(): void {
    this.#view.close();
    this.file?.close();
  }

  #folderPath(number: number): string {
    if (number === 0) return '';
    const known = this.#folderPaths.get(number);
    if (known !== undefined) return known;
    const record = this.segment.folder(number);
    const parent = this.segment.folder(record.parent);
    const { name } = this.segment.entry(parent, placeOf(this.segment, parent, number));
    const above = this.#folderPath(record.parent);
    const path = above === '' ? name : `${above}/${name}`;
    this.#folderPaths.set(number, path);
    return path;
  }
}

/** Children have rising numbers. */
function placeOf(segment: Segment, parent: FolderRecord, number: number): number {
  let low = 0;
  let high = parent.folderCount - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (segment.child(parent, middle) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

function readOverlay(overlay: Delta, segment: Segment, file: SearchFile): Overlay {
  const folders: [number, number][] = [];
  const files: [number, number][] = [];
  const entries: RankedEntry[] = [];
  const base = new BaseNumbers(segment, file);
  const told = new Set<string>();
  for (const change of overlay.folders) {
    hideIn(change, base, folders, files);
    const known = change.path === '' || told.has(change.path) ? undefined : base.folderAt(change.path);
    if (known !== undefined) {
      // Only its time may be new.
      folders.push([known.number, known.number + 1]);
      entries.push({ path: change.path, kind: 'folder', sizeBytes: 0, mtimeMs: change.mtimeMs });
    }
    const prefix = change.path === '' ? '' : `${change.path}/`;
    for (const { name, kind, sizeBytes, mtimeMs } of change.set) {
      const path = `${prefix}${name}`;
      entries.push({ path, kind, sizeBytes, mtimeMs });
      if (kind === 'folder') told.add(path);
    }
  }
  entries.sort((one, other) => (one.path < other.path ? -1 : 1));
  return { hidden: { folders: joined(folders), files: joined(files) }, entries };
}

/** What is hidden already, by a removal above, may be hidden again. */
function hideIn(change: FolderChange, base: BaseNumbers, folders: [number, number][], files: [number, number][]): void {
  const record = base.folderAt(change.path);
  if (record === undefined) return;
  const hideBelow = (number: number): void => {
    const end = base.endOf(number);
    folders.push([number, end]);
    files.push([base.firstFile(number), base.firstFile(end)]);
  };
  const hideName = (name: string, isStillFolder: boolean): void => {
    const folder = base.childFolder(record, name);
    if (folder !== undefined) {
      if (isStillFolder) folders.push([folder, folder + 1]);
      else hideBelow(folder);
    }
    const number = base.file(record, name);
    if (number !== undefined) files.push([number, number + 1]);
  };
  for (const name of change.removed) hideName(name, false);
  for (const entry of change.set) hideName(entry.name, entry.kind === 'folder');
}

/** Numbers of what a segment holds. */
class BaseNumbers {
  readonly #segment: Segment;
  readonly #file: SearchFile;

  constructor(segment: Segment, file: SearchFile) {
    this.#segment = segment;
    this.#file = file;
  }

  folderAt(path: string): FolderRecord | undefined {
    return this.#segment.folderAt(path);
  }

  childFolder(folder: FolderRecord, name: string): number | undefined {
    const place = this.#segment.find(folder, Buffer.from(name), 'folder');
    return place === undefined ? undefined : this.#segment.child(folder, place);
  }

  file(folder: FolderRecord, name: string): number | undefined {
    const place = this.#segment.find(folder, Buffer.from(name), 'file');
    return place === undefined ? undefined : this.firstFile(folder.number) + place - folder.folderCount;
  }

  firstFile(folderNumber: number): number {
    return this.#file.u32('firstFiles', folderNumber);
  }

  /** The number after all folders below this one. */
  endOf(number: number): number {
    for (let at = number; at !== 0;) {
      const parent = this.#segment.folder(this.#segment.folder(at).parent);
      const place = placeOf(this.#segment, parent, at);
      if (place + 1 < parent.folderCount) return this.#segment.child(parent, place + 1);
      at = parent.number;
    }
    return this.#segment.header.folderCount + 1;
  }
}

function joined(ranges: [number, number][]): Ranges {
  ranges.sort(([one], [other]) => one - other);
  const result: [number, number][] = [];
  for (const [from, to] of ranges) {
    const last = result.at(-1);
    if (last !== undefined && from <= last[1]) last[1] = Math.max(last[1], to);
    else if (to > from) result.push([from, to]);
  }
  return result;
}
