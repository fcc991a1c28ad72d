// An index as it is now: an immutable segment, and over it what changed since (the overlay). Answers as a segment does, and at the same
// cost where nothing changed.

import type { Entry, ListPage } from '../../../protocol/model.ts';
import type { SafePath } from '../../storage/safePath.ts';
import { applyDelta, condense, entryOf } from './applyDelta.ts';
import { diffFolder } from './diffFolder.ts';
import { countsOf, eachRun, entriesOf, type ViewFolder } from './mergedFolder.ts';
import { findRow, firstIndex, isHidden, overlayFolder, type OverlayFolder } from './overlay.ts';
import type { Delta, FolderChange, IndexCounts, IndexSink } from './rows.ts';
import type { FolderRecord, Segment } from './segment.ts';

/** Entries read at once while walking. */
const batchEntries = 1024;

export class IndexView {
  readonly segment: Segment;
  readonly #root: OverlayFolder;
  #weight = 0;
  /** What the last delta said. */
  #state: { updatedAtMs: number; counts: IndexCounts } | undefined;

  constructor(segment: Segment) {
    this.segment = segment;
    this.#root = overlayFolder({ record: segment.folder(0), mtimeMs: 0 });
  }

  /** When its owner saw this state. */
  get updatedAtMs(): number {
    return this.#state?.updatedAtMs ?? this.segment.header.updatedAtMs;
  }

  /** What it holds; after a delta, what that claims. */
  get counts(): IndexCounts {
    const { folderCount, fileCount, totalBytes } = this.#state?.counts ?? this.segment.header;
    return { folderCount, fileCount, totalBytes };
  }

  /** Undefined when the index has no such entry. The root is a folder named ''. */
  stat(path: SafePath): Entry | undefined {
    if (path === '') return { name: '', kind: 'folder', sizeBytes: 0, mtimeMs: this.updatedAtMs };
    const slash = path.lastIndexOf('/');
    const parent = this.#find(path.slice(0, Math.max(slash, 0)));
    return parent && this.#statIn(parent, path.slice(slash + 1));
  }

  /** A page of a folder: folders first, then files, each in byte order of their names. Undefined when there is no such folder. */
  list(path: SafePath, page: { offset: number; limit: number }): ListPage | undefined {
    const folder = this.#find(path);
    if (folder === undefined) return undefined;
    const { folderCount, fileCount } = countsOf(folder);
    return { entries: entriesOf(this.segment, folder, page), total: folderCount + fileCount };
  }

  /** Everything below a folder, each folder before its content; nothing when there is no such folder. */
  *walk(path: SafePath): Generator<{ path: SafePath; entry: Entry }> {
    const start = this.#find(path);
    if (start === undefined) return;
    const stack = [this.#frame(path, start)];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const entry = this.#next(top, top.total);
      if (entry === undefined) {
        stack.pop();
        continue;
      }
      // Contained: the names of an index were checked before it was written or applied.
      const found = `${top.prefix}${entry.name}` as SafePath;
      if (entry.kind === 'folder') stack.push(this.#frame(found, this.#child(top.folder, entry.name, top.place)));
      yield { path: found, entry };
    }
  }

  /**
   * A folder and all below it, each before those below it, with its files in byte order of their names: what reading a whole tree costs least. `onFolder`
   * is told how many entries come, and stops it by throwing. Nothing when there is no such folder.
   */
  *walkFolders(
    path: SafePath,
    onFolder: (entries: number) => void,
  ): Generator<{ path: SafePath; mtimeMs: number; files: Entry[] }> {
    const start = this.#find(path);
    if (start === undefined) return;
    const pending = [{ path, mtimeMs: 0, folder: start }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { folder } = next;
      const { folderCount, fileCount } = countsOf(folder);
      onFolder(folderCount + fileCount);
      const prefix = next.path === '' ? '' : `${next.path}/`;
      const below = entriesOf(this.segment, folder, { offset: 0, limit: folderCount });
      for (let place = below.length - 1; place >= 0; place--) {
        const { name, mtimeMs } = below[place] ?? { name: '', mtimeMs: 0 };
        // Contained: the names of an index were checked before it was written or applied.
        pending.push({ path: `${prefix}${name}` as SafePath, mtimeMs, folder: this.#child(folder, name, place) });
      }
      const files = entriesOf(this.segment, folder, { offset: folderCount, limit: fileCount });
      yield { path: next.path, mtimeMs: next.mtimeMs, files };
    }
  }

  /** All folders below the root, each before those below it, with their times. */
  *folders(): Generator<{ path: SafePath; mtimeMs: number }> {
    const stack = [this.#frame('', this.#rootFolder())];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const entry = this.#next(top, top.folderCount);
      if (entry === undefined) {
        stack.pop();
        continue;
      }
      const path = `${top.prefix}${entry.name}` as SafePath;
      const child = this.#child(top.folder, entry.name, top.place);
      if (countsOf(child).folderCount > 0) stack.push(this.#frame(path, child));
      yield { path, mtimeMs: entry.mtimeMs };
    }
  }

  /** The whole index, in order. */
  replay(sink: IndexSink): void {
    this.#replay(this.#rootFolder(), this.segment.header.folderCount + 1, sink);
  }

  /**
   * What makes the folder hold `entries` (ascending by the bytes of their names, folders and files mixed) and have the time `mtimeMs`.
   * Undefined when that is so; throws RangeError when the index has no such folder. Folders that stay keep their content.
   */
  diff(path: SafePath, mtimeMs: number, entries: readonly Entry[]): FolderChange | undefined {
    const folder = this.#find(path);
    if (folder === undefined) throw new RangeError(`the index has no folder ${JSON.stringify(path)}`);
    const known = path === '' ? undefined : this.stat(path)?.mtimeMs;
    const change = diffFolder(this.segment, folder, entries);
    if (change.removed.length === 0 && change.set.length === 0 && (known === undefined || known === mtimeMs)) return undefined;
    return { path, mtimeMs: path === '' ? 0 : mtimeMs, ...change };
  }

  /** Applies the next step. Throws `protocol` when it contradicts the index; the view is then as before. */
  apply(delta: Delta): void {
    this.#weight += applyDelta(this.segment, this.#root, delta);
    this.#state = { updatedAtMs: delta.updatedAtMs, counts: { ...delta.counts } };
  }

  /** Changed entries over the segment. */
  get overlayEntries(): number {
    return this.#weight;
  }

  /** The whole overlay as one delta over the segment; undefined when no delta came. Another view of the same segment file takes it. */
  get overlay(): Delta | undefined {
    if (this.#state === undefined) return undefined;
    return { updatedAtMs: this.updatedAtMs, counts: this.counts, folders: condense(this.segment, this.#root) };
  }

  close(): void {
    this.segment.close();
  }

  #rootFolder(): ViewFolder {
    return { record: this.segment.folder(0), overlay: this.#weight === 0 ? undefined : this.#root };
  }

  #find(path: string): ViewFolder | undefined {
    if (this.#weight === 0) {
      const record = this.segment.folderAt(path);
      return record && { record, overlay: undefined };
    }
    let folder: ViewFolder | undefined = this.#rootFolder();
    if (path === '') return folder;
    for (const name of path.split('/')) {
      folder = this.#childNamed(folder, name);
      if (folder === undefined) return undefined;
    }
    return folder;
  }

  #childNamed(folder: ViewFolder, name: string): ViewFolder | undefined {
    const { record, overlay } = folder;
    const below = overlay?.below.get(name);
    const row = overlay && findRow(overlay.folders, name);
    if (row?.isNew) return { record: undefined, overlay: below ?? overlayFolder(undefined) };
    if (record === undefined) return undefined;
    const place = row?.place ?? this.segment.find(record, Buffer.from(name), 'folder');
    if (place === undefined || (row === undefined && overlay && isHidden(overlay.folders, place))) return undefined;
    return { record: this.segment.folder(this.segment.child(record, place)), overlay: below };
  }

  /** The folder that a page of its parent gave; `place` is its place in the segment where nothing changed. */
  #child(folder: ViewFolder, name: string, place: number): ViewFolder {
    const { record, overlay } = folder;
    if (overlay === undefined && record !== undefined)
      return { record: this.segment.folder(this.segment.child(record, place)), overlay };
    const child = this.#childNamed(folder, name);
    if (child === undefined) throw new RangeError('what a folder lists is there');
    return child;
  }

  #statIn({ record, overlay }: ViewFolder, name: string): Entry | undefined {
    const bytes = Buffer.from(name);
    for (const kind of ['folder', 'file'] as const) {
      const side = kind === 'folder' ? overlay?.folders : overlay?.files;
      const row = side && findRow(side, name);
      if (row !== undefined) return entryOf(row, kind);
      const place = record && this.segment.find(record, bytes, kind);
      if (record !== undefined && place !== undefined && !(side && isHidden(side, place)))
        return this.segment.entry(record, place);
    }
    return undefined;
  }

  #frame(path: string, folder: ViewFolder): Frame {
    const { folderCount, fileCount } = countsOf(folder);
    const prefix = path === '' ? '' : `${path}/`;
    return { prefix, folder, folderCount, total: folderCount + fileCount, place: -1, batch: [], batchAt: 0 };
  }

  /** The next of the first `count` entries of a folder. */
  #next(frame: Frame, count: number): Entry | undefined {
    const next = frame.place + 1;
    if (next >= count) return undefined;
    if (next >= frame.batchAt + frame.batch.length) {
      frame.batch = entriesOf(this.segment, frame.folder, { offset: next, limit: Math.min(batchEntries, count - next) });
      frame.batchAt = next;
    }
    frame.place = next;
    return frame.batch[next - frame.batchAt];
  }

  /** `end`: the number of the segment's folder after all that are below this one. */
  #replay({ record, overlay }: ViewFolder, end: number, sink: IndexSink): void {
    if (overlay === undefined) {
      if (record !== undefined) this.segment.replay(sink, record.number, end);
      return;
    }
    const { folderCount, fileCount } = countsOf({ record, overlay });
    sink.folder(folderCount, fileCount);
    /** What follows for each folder, or for a run of folders that did not change. */
    const below: (() => void)[] = [];
    const numberOf = (base: FolderRecord, place: number): number =>
      place < base.folderCount ? this.segment.child(base, place) : end;
    const replayBase = (base: FolderRecord, place: number, known: OverlayFolder): number =>
      below.push(() => {
        const child = this.segment.folder(numberOf(base, place));
        this.#replay({ record: child, overlay: known }, numberOf(base, place + 1), sink);
      });
    const changed = this.#changedBelow(record, overlay);
    eachRun(
      { record, overlay },
      { offset: 0, limit: folderCount + fileCount },
      {
        base: (base, first, count) => {
          this.segment.replayEntries(base, sink, first, first + count);
          const last = Math.min(first + count, base.folderCount);
          for (let from = first; from < last;) {
            const at = firstIndex(changed.length, (index) => (changed[index]?.place ?? 0) >= from);
            const next = changed[at];
            const until = Math.min(next?.place ?? last, last);
            const [begin, stop] = [from, until];
            if (stop > begin) below.push(() => this.segment.replay(sink, numberOf(base, begin), numberOf(base, stop)));
            if (next !== undefined && next.place === until && until < last) replayBase(base, until, next.overlay);
            from = until + 1;
          }
        },
        row: (row, kind) => {
          sink.entry(Buffer.from(row.name), row.sizeBytes, row.mtimeMs);
          if (kind === 'file') return;
          const known = overlay.below.get(row.name) ?? overlayFolder(undefined);
          if (row.isNew || record === undefined) below.push(() => this.#replay({ record: undefined, overlay: known }, end, sink));
          else replayBase(record, row.place, known);
        },
      },
    );
    for (const replay of below) replay();
  }

  /** Folders of the segment with changes in or below them, by place. */
  #changedBelow(record: FolderRecord | undefined, overlay: OverlayFolder): { place: number; overlay: OverlayFolder }[] {
    const changed: { place: number; overlay: OverlayFolder }[] = [];
    for (const [name, known] of overlay.below) {
      const place = record && this.segment.find(record, Buffer.from(name), 'folder');
      if (place !== undefined) changed.push({ place, overlay: known });
    }
    return changed.sort((one, other) => one.place - other.place);
  }
}

interface Frame {
  prefix: string;
  folder: ViewFolder;
  folderCount: number;
  total: number;
  /** Of the entry given last. */
  place: number;
  batch: Entry[];
  batchAt: number;
}
