// Applies one delta to an overlay, all of it or nothing, and condenses an overlay to one delta. Checks that the delta fits what the index
// holds; that its names are fit to be names is its decoder's business.

import type { Entry, EntryKind } from '../../../protocol/model.ts';
import { badIndex } from './bytes.ts';
import { compareNames, comparePaths } from './names.ts';
import {
  findRow,
  isHidden,
  isReplaced,
  overlayFolder,
  SideEdit,
  sideWeight,
  weightOf,
  type BaseFolder,
  type OverlayFolder,
  type Row,
  type Side,
} from './overlay.ts';
import type { Delta, FolderChange } from './rows.ts';
import type { FolderRecord, Segment } from './segment.ts';

/** Applies `delta` below `root`. Returns by how much the overlay's weight grew. Throws `protocol`, and leaves everything as it was. */
export function applyDelta(segment: Segment, root: OverlayFolder, delta: Delta): number {
  const applying = new Applying(segment, root);
  try {
    const folders = isInOrder(delta.folders)
      ? delta.folders
      : delta.folders.toSorted((one, other) => comparePaths(one.path, other.path));
    let last: FolderChange | undefined;
    for (const change of folders) {
      if (last?.path === change.path) throw badIndex(`a change comes twice: ${JSON.stringify(change.path)}`);
      applying.change(change);
      last = change;
    }
    applying.finish();
    return applying.weight;
  } catch (error) {
    applying.undo();
    throw error;
  }
}

function isInOrder(changes: readonly FolderChange[]): boolean {
  return changes.every((change, index) => {
    const before = changes[index - 1];
    return before === undefined || comparePaths(before.path, change.path) < 0;
  });
}

/** Folders and what became different in them, as one step from the segment to what it is with the overlay; in order. */
export function condense(segment: Segment, root: OverlayFolder): FolderChange[] {
  const changes: FolderChange[] = [];
  condenseFolder(segment, root, { path: '', mtimeMs: 0, hasNewTime: false }, changes);
  return changes;
}

class Applying {
  readonly #segment: Segment;
  /** The folders down to the one that was changed last. */
  readonly #open: { path: string; folder: OverlayFolder }[];
  readonly #steps: (() => void)[] = [];
  /** New times of folders that have no other new row, by the folder that they are in: merged at the end, in one pass each. */
  readonly #times = new Map<OverlayFolder, Map<string, number>>();
  weight = 0;

  constructor(segment: Segment, root: OverlayFolder) {
    this.#segment = segment;
    this.#open = [{ path: '', folder: root }];
  }

  /** Changes come in order of their paths, so that a folder comes after those above it. */
  change(change: FolderChange): void {
    const { folder, above } = this.#at(change.path);
    const hasNewTime = above !== undefined && this.#time(above, folder, change);
    if (change.removed.length === 0 && change.set.length === 0) {
      if (!hasNewTime) throw badIndex(`a change of ${JSON.stringify(change.path)} changes nothing`);
      return;
    }
    const editing = new FolderEdit(this.#segment, folder);
    ascending(change.removed, (name) => name);
    ascending(change.set, (entry) => entry.name);
    for (const name of change.removed)
      if (!editing.remove(name)) throw badIndex(`${JSON.stringify(name)} is removed and was not there`);
    for (const entry of change.set)
      if (!editing.set(entry)) throw badIndex(`the change of ${JSON.stringify(entry.name)} changes nothing`);
    for (const name of editing.gone) this.#dropBelow(folder, name);
    this.#replace(folder, editing.folders.merged(), editing.files.merged());
  }

  finish(): void {
    for (const [folder, times] of this.#times) {
      const editing = new FolderEdit(this.#segment, folder);
      for (const [name, mtimeMs] of times) editing.set({ name, kind: 'folder', sizeBytes: 0, mtimeMs });
      this.#replace(folder, editing.folders.merged(), folder.files);
    }
  }

  undo(): void {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) step();
  }

  #at(path: string): { folder: OverlayFolder; above: OverlayFolder | undefined } {
    let top = this.#open.at(-1);
    while (top !== undefined && top.path !== '' && path !== top.path && !path.startsWith(`${top.path}/`)) {
      this.#open.pop();
      top = this.#open.at(-1);
    }
    if (top === undefined) throw new RangeError('the root is never closed');
    let { path: at, folder } = top;
    if (path !== at) {
      for (const name of path.slice(at === '' ? 0 : at.length + 1).split('/')) {
        at = at === '' ? name : `${at}/${name}`;
        folder = this.#below(folder, name, path);
        this.#open.push({ path: at, folder });
      }
    }
    return { folder, above: this.#open.at(-2)?.folder };
  }

  #below(folder: OverlayFolder, name: string, path: string): OverlayFolder {
    const known = folder.below.get(name);
    if (known !== undefined) return known;
    const found = childOf(this.#segment, folder, name);
    if (found === undefined) throw badIndex(`a change is of a folder that is not there: ${JSON.stringify(path)}`);
    const child = overlayFolder(found === 'new' ? undefined : found);
    folder.below.set(name, child);
    this.weight++;
    this.#steps.push(() => folder.below.delete(name));
    return child;
  }

  /** Notes the folder's own time when it is another one. */
  #time(above: OverlayFolder, folder: OverlayFolder, { path, mtimeMs }: FolderChange): boolean {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if ((findRow(above.folders, name)?.mtimeMs ?? folder.base?.mtimeMs) === mtimeMs) return false;
    const times = this.#times.get(above) ?? new Map<string, number>();
    this.#times.set(above, times.set(name, mtimeMs));
    return true;
  }

  #dropBelow(folder: OverlayFolder, name: string): void {
    const gone = folder.below.get(name);
    if (gone === undefined) return;
    folder.below.delete(name);
    this.weight -= 1 + weightOf(gone);
    this.#steps.push(() => folder.below.set(name, gone));
  }

  #replace(folder: OverlayFolder, folders: Side, files: Side): void {
    const before = { folders: folder.folders, files: folder.files };
    this.#steps.push(() => Object.assign(folder, before));
    this.weight += sideWeight(folders) + sideWeight(files) - sideWeight(before.folders) - sideWeight(before.files);
    Object.assign(folder, { folders, files });
  }
}

/** Edits the entries of one folder. */
class FolderEdit {
  readonly folders: SideEdit;
  readonly files: SideEdit;
  /** Folders that went, with all below them. */
  readonly gone: string[] = [];
  readonly #segment: Segment;
  readonly #record: FolderRecord | undefined;

  constructor(segment: Segment, folder: OverlayFolder) {
    this.folders = new SideEdit(folder.folders);
    this.files = new SideEdit(folder.files);
    this.#segment = segment;
    this.#record = folder.base?.record;
  }

  /** False when there is no such entry. */
  remove(name: string): boolean {
    const bytes = Buffer.from(name);
    return this.#removeOf('file', name, bytes) || this.#removeOf('folder', name, bytes);
  }

  /** False when that is what is there. */
  set(entry: Entry): boolean {
    const { name, kind } = entry;
    const bytes = Buffer.from(name);
    this.#removeOf(kind === 'folder' ? 'file' : 'folder', name, bytes);
    const side = this.#side(kind);
    const row = side.row(name);
    if (row !== undefined && isSame(row, entry)) return false;
    const { place, found } = this.#base(kind, bytes);
    const { sizeBytes, mtimeMs } = entry;
    if (found === undefined) {
      side.put({ name, sizeBytes, mtimeMs, place, isReplacing: false, isNew: kind === 'folder' });
      return true;
    }
    const isBase = row === undefined && !side.isHidden(place);
    if (isBase && isSame(found, entry)) return false;
    const isNew = kind === 'folder' && !isBase && (row?.isNew ?? true);
    if (!isNew && isSame(found, entry)) {
      // As it was in the segment.
      side.drop(name);
      side.show(place);
    } else {
      side.put({ name, sizeBytes, mtimeMs, place, isReplacing: true, isNew });
      side.hide(place);
    }
    return true;
  }

  #removeOf(kind: EntryKind, name: string, bytes: Uint8Array): boolean {
    const side = this.#side(kind);
    if (side.row(name) !== undefined) side.drop(name);
    else {
      const place = this.#record && this.#segment.find(this.#record, bytes, kind);
      if (place === undefined || side.isHidden(place)) return false;
      side.hide(place);
    }
    if (kind === 'folder') this.gone.push(name);
    return true;
  }

  #base(kind: EntryKind, bytes: Uint8Array): { place: number; found: Entry | undefined } {
    if (this.#record === undefined) return { place: 0, found: undefined };
    const place = this.#segment.lowerBound(this.#record, bytes, kind);
    const isThere = this.#segment.isAt(this.#record, place, bytes, kind);
    return { place, found: isThere ? this.#segment.entry(this.#record, place) : undefined };
  }

  #side(kind: EntryKind): SideEdit {
    return kind === 'folder' ? this.folders : this.files;
  }
}

function isSame(one: { sizeBytes: number; mtimeMs: number }, other: { sizeBytes: number; mtimeMs: number }): boolean {
  return one.sizeBytes === other.sizeBytes && one.mtimeMs === other.mtimeMs;
}

function ascending<Item>(items: readonly Item[], nameOf: (item: Item) => string): void {
  let last: string | undefined;
  for (const item of items) {
    const name = nameOf(item);
    if (last !== undefined && compareNames(last, name) >= 0)
      throw badIndex(`${JSON.stringify(name)} is out of order or comes twice`);
    last = name;
  }
}

/** The folder `name` in `folder`, as the overlay and the segment have it; undefined when there is none. */
function childOf(segment: Segment, folder: OverlayFolder, name: string): BaseFolder | 'new' | undefined {
  const row = findRow(folder.folders, name);
  if (row?.isNew) return 'new';
  const record = folder.base?.record;
  if (record === undefined) return undefined;
  const place = row?.place ?? segment.find(record, Buffer.from(name), 'folder');
  if (place === undefined || (row === undefined && isHidden(folder.folders, place))) return undefined;
  return { record: segment.folder(segment.child(record, place)), mtimeMs: segment.entry(record, place).mtimeMs };
}

function condenseFolder(
  segment: Segment,
  folder: OverlayFolder,
  own: { path: string; mtimeMs: number; hasNewTime: boolean },
  changes: FolderChange[],
): void {
  const removed = removedNames(segment, folder);
  const set = folder.files.rows.map((row) => entryOf(row, 'file'));
  const retimed: Row[] = [];
  for (const row of folder.folders.rows) {
    if (row.isNew) set.push(entryOf(row, 'folder'));
    else retimed.push(row);
  }
  if (removed.length > 0 || set.length > 0 || own.hasNewTime) {
    if (set.length > folder.files.rows.length) set.sort((one, other) => compareNames(one.name, other.name));
    changes.push({ path: own.path, mtimeMs: own.mtimeMs, removed, set });
  }
  const names = [...folder.below.keys()];
  for (const { name } of retimed) if (!folder.below.has(name)) names.push(name);
  const rows = new Map(folder.folders.rows.map((row) => [row.name, row]));
  for (const name of names.sort(compareNames)) {
    const path = own.path === '' ? name : `${own.path}/${name}`;
    const row = rows.get(name);
    const child = folder.below.get(name);
    const mtimeMs = row?.mtimeMs ?? child?.base?.mtimeMs ?? 0;
    const hasNewTime = row !== undefined && !row.isNew;
    if (child !== undefined) condenseFolder(segment, child, { path, mtimeMs, hasNewTime }, changes);
    else changes.push({ path, mtimeMs, removed: [], set: [] });
  }
}

/** Entries of the segment that are gone, or in whose place a new folder begins empty; all other rows replace what was there. */
function removedNames(segment: Segment, folder: OverlayFolder): string[] {
  const removed: string[] = [];
  const record = folder.base?.record;
  if (record === undefined) return removed;
  for (const place of folder.folders.hidden) {
    if (isReplaced(folder.folders, place)) continue;
    const { name } = segment.entry(record, place);
    if (findRow(folder.files, name) === undefined) removed.push(name);
  }
  for (const row of folder.folders.rows) if (row.isNew && row.isReplacing) removed.push(row.name);
  for (const place of folder.files.hidden) {
    if (isReplaced(folder.files, place)) continue;
    const { name } = segment.entry(record, place);
    if (findRow(folder.folders, name) === undefined) removed.push(name);
  }
  return removed.sort(compareNames);
}

export function entryOf(row: Row, kind: EntryKind): Entry {
  return { name: row.name, kind, sizeBytes: row.sizeBytes, mtimeMs: row.mtimeMs };
}
