// Answers from a segment file in place, own shares' and peers' alike: a few pages read, never the whole. Writing is segmentWriter's,
// what changed since is IndexView's. All calls are synchronous; a damaged page throws AppError `io` (see pages.ts).

import { isAscii } from 'node:buffer';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Entry, EntryKind, ListPage } from '../../../protocol/model.ts';
import type { SafePath } from '../../storage/safePath.ts';
import { PagedFile, pageBytes, segmentDamaged } from './pages.ts';
import type { IndexSink } from './rows.ts';
import { scannedBlockBytes, SegmentScan } from './segmentScan.ts';
import { decodeHeader, entryRecordBytes, folderRecordBytes, headerBytes, type SegmentHeader } from './segmentFormat.ts';

/** A folder of a segment. Its entries have places: its folders from 0, its files from `folderCount` on. */
export interface FolderRecord {
  /** Its place in pre-order; the root is 0. */
  number: number;
  /** Number of the folder that it is in; 0 for the root. */
  parent: number;
  folderCount: number;
  fileCount: number;
  blockAt: number;
  firstChildPlace: number;
}

export interface RawEntry {
  name: Buffer;
  sizeBytes: number;
  mtimeMs: number;
}

/** Entries read at once while walking. */
const batchEntries = 1024;

export class Segment {
  readonly header: Readonly<SegmentHeader>;
  readonly #file: PagedFile;

  private constructor(header: SegmentHeader, file: PagedFile) {
    this.header = header;
    this.#file = file;
  }

  /** Checks header and page table. Throws `io` when the file is missing or damaged. */
  static open(path: string): Segment {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, 'r');
      const headBytes = Buffer.alloc(headerBytes);
      readSync(descriptor, headBytes, 0, headerBytes, 0);
      const header = decodeHeader(headBytes);
      if (header === undefined) throw segmentDamaged(path, 'its header');
      const table = Buffer.alloc(Math.ceil(header.bodyBytes / pageBytes) * 4);
      if (fstatSync(descriptor).size !== headerBytes + header.bodyBytes + table.length) throw segmentDamaged(path, 'its length');
      readSync(descriptor, table, 0, table.length, headerBytes + header.bodyBytes);
      if (crc32(table) !== header.pageTableCrc) throw segmentDamaged(path, 'its page table');
      const checksums = Uint32Array.from({ length: table.length / 4 }, (_, page) => table.readUInt32LE(page * 4));
      return new Segment(header, new PagedFile(path, headerBytes, header.bodyBytes, checksums));
    } catch (error) {
      if (error instanceof Error && 'code' in error) throw segmentDamaged(path, error.message);
      throw error;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  get path(): string {
    return this.#file.path;
  }

  close(): void {
    this.#file.close();
  }

  /** Undefined when the index has no such entry. The root is a folder named ''. */
  stat(path: SafePath): Entry | undefined {
    if (path === '') return { name: '', kind: 'folder', sizeBytes: 0, mtimeMs: this.header.updatedAtMs };
    const slash = path.lastIndexOf('/');
    const parent = this.folderAt(path.slice(0, Math.max(slash, 0)));
    if (parent === undefined) return undefined;
    const name = Buffer.from(path.slice(slash + 1));
    const place = this.find(parent, name, 'folder') ?? this.find(parent, name, 'file');
    return place === undefined ? undefined : this.entry(parent, place);
  }

  /** A page of a folder: folders first, then files, each in byte order of their names. Undefined when there is no such folder. */
  list(path: SafePath, page: { offset: number; limit: number }): ListPage | undefined {
    const folder = this.folderAt(path);
    if (folder === undefined) return undefined;
    const total = folder.folderCount + folder.fileCount;
    const from = Math.min(page.offset, total);
    const entries = this.entries(folder, from, Math.min(page.limit, total - from));
    return { entries: entries.map((entry, index) => toEntry(folder, from + index, entry)), total };
  }

  /** Everything below a folder, each folder before its content; nothing when there is no such folder. */
  *walk(path: SafePath): Generator<{ path: SafePath; entry: Entry }> {
    const start = this.folderAt(path);
    if (start === undefined) return;
    const stack: { prefix: string; folder: FolderRecord; next: number }[] = [
      { prefix: path === '' ? '' : `${path}/`, folder: start, next: 0 },
    ];
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const { folder, prefix } = top;
      const total = folder.folderCount + folder.fileCount;
      if (top.next >= total) {
        stack.pop();
        continue;
      }
      // Folders one by one, since each is followed by its content; files in batches.
      const from = top.next;
      const count = from < folder.folderCount ? 1 : Math.min(batchEntries, total - from);
      top.next += count;
      for (const [index, raw] of this.entries(folder, from, count).entries()) {
        const entry = toEntry(folder, from + index, raw);
        if (entry.kind === 'folder')
          stack.push({ prefix: `${prefix}${entry.name}/`, folder: this.folder(this.child(folder, from)), next: 0 });
        // Contained: the names of an index were checked before it was written.
        yield { path: `${prefix}${entry.name}` as SafePath, entry };
      }
    }
  }

  /** The whole index, in order; or only the folders with numbers from `first` to before `end`. */
  replay(sink: IndexSink, first = 0, end = this.header.folderCount + 1): void {
    if (first >= end) return;
    const scan = end - first > 1 ? new SegmentScan(this.#file) : undefined;
    let next = this.folder(first);
    for (let number = first; number < end; number++) {
      const folder = next;
      const isLast = number === this.header.folderCount;
      if (!isLast) next = this.folder(number + 1);
      const blockBytes = (isLast ? this.header.folderTableAt : next.blockAt) - folder.blockAt;
      const count = folder.folderCount + folder.fileCount;
      sink.folder(folder.folderCount, folder.fileCount);
      if (scan !== undefined && blockBytes <= scannedBlockBytes) scan.entries(folder.blockAt, blockBytes, count, sink);
      else this.replayEntries(folder, sink, 0, count);
    }
  }

  /** Entries of one folder, from one place to before another. */
  replayEntries(folder: FolderRecord, sink: IndexSink, first: number, end: number): void {
    for (let from = first; from < end; from += batchEntries)
      for (const raw of this.entries(folder, from, Math.min(batchEntries, end - from)))
        sink.entry(raw.name, raw.sizeBytes, raw.mtimeMs);
  }

  /** Folder by its number, from 0 to `header.folderCount`. */
  folder(number: number): FolderRecord {
    const record = this.#file.read(this.header.folderTableAt + number * folderRecordBytes, folderRecordBytes);
    return {
      number,
      parent: record.readUInt32LE(20),
      folderCount: record.readUInt32LE(8),
      fileCount: record.readUInt32LE(12),
      blockAt: record.readDoubleLE(0),
      firstChildPlace: record.readUInt32LE(16),
    };
  }

  folderAt(path: string): FolderRecord | undefined {
    let folder = this.folder(0);
    if (path === '') return folder;
    for (const name of path.split('/')) {
      const place = this.find(folder, Buffer.from(name), 'folder');
      if (place === undefined) return undefined;
      folder = this.folder(this.child(folder, place));
    }
    return folder;
  }

  /** Number of the folder at a place (below `folderCount`) of another. */
  child(folder: FolderRecord, place: number): number {
    return this.#file.u32(this.header.childTableAt + (folder.firstChildPlace + place) * 4);
  }

  /** Place of an entry in its folder. */
  find(folder: FolderRecord, name: Uint8Array, kind: EntryKind): number | undefined {
    const place = this.lowerBound(folder, name, kind);
    return this.isAt(folder, place, name, kind) ? place : undefined;
  }

  /** Whether the entry of that kind at `place` (which `lowerBound` gave) has that name. */
  isAt(folder: FolderRecord, place: number, name: Uint8Array, kind: EntryKind): boolean {
    const end = kind === 'folder' ? folder.folderCount : folder.folderCount + folder.fileCount;
    return place < end && this.#compare(folder, place, name) === 0;
  }

  /** The first place of that kind whose name is not below `name`; one past the last when all are. */
  lowerBound(folder: FolderRecord, name: Uint8Array, kind: EntryKind): number {
    let low = kind === 'folder' ? 0 : folder.folderCount;
    let high = kind === 'folder' ? folder.folderCount : folder.folderCount + folder.fileCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(folder, middle, name) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  entry(folder: FolderRecord, place: number): Entry {
    const [raw] = this.entries(folder, place, 1);
    if (raw === undefined) throw new RangeError('one entry is one');
    return toEntry(folder, place, raw);
  }

  /** Entries from a place on; the names are views, valid at once only. */
  entries(folder: FolderRecord, from: number, count: number): RawEntry[] {
    if (count <= 0) return [];
    const namesAt = namesOf(folder);
    const before = from === 0 ? 0 : this.#file.u32(folder.blockAt + (from - 1) * entryRecordBytes);
    const records = this.#file.read(folder.blockAt + from * entryRecordBytes, count * entryRecordBytes);
    const last = records.readUInt32LE((count - 1) * entryRecordBytes);
    const names = this.#file.read(namesAt + before, last - before);
    const entries: RawEntry[] = [];
    let start = 0;
    for (let at = 0; at < records.length; at += entryRecordBytes) {
      const end = records.readUInt32LE(at) - before;
      entries.push({
        name: names.subarray(start, end),
        sizeBytes: records.readDoubleLE(at + 4),
        mtimeMs: records.readDoubleLE(at + 12),
      });
      start = end;
    }
    return entries;
  }

  /** Hands over entries from a place on, with their names as text: half of what making an object and a buffer for each costs. */
  eachNamed(
    folder: FolderRecord,
    { from, count }: { from: number; count: number },
    take: (name: string, sizeBytes: number, mtimeMs: number) => void,
  ): void {
    if (count <= 0) return;
    const before = from === 0 ? 0 : this.#file.u32(folder.blockAt + (from - 1) * entryRecordBytes);
    const records = this.#file.read(folder.blockAt + from * entryRecordBytes, count * entryRecordBytes);
    const view = new DataView(records.buffer, records.byteOffset, records.byteLength);
    const last = view.getUint32((count - 1) * entryRecordBytes, true);
    const names = this.#file.read(namesOf(folder) + before, last - before);
    // Where each byte is a character, the names are parts of one text.
    const text = isAscii(names) ? names.toString('latin1') : undefined;
    for (let at = 0, start = 0; at < records.length; at += entryRecordBytes) {
      const end = view.getUint32(at, true) - before;
      const name = text === undefined ? names.toString('utf8', start, end) : text.slice(start, end);
      take(name, view.getFloat64(at + 4, true), view.getFloat64(at + 12, true));
      start = end;
    }
  }

  #compare(folder: FolderRecord, place: number, name: Uint8Array): number {
    const end = this.#file.u32(folder.blockAt + place * entryRecordBytes);
    const start = place === 0 ? 0 : this.#file.u32(folder.blockAt + (place - 1) * entryRecordBytes);
    return this.#file.compare(namesOf(folder) + start, end - start, name);
  }
}

function namesOf(folder: FolderRecord): number {
  return folder.blockAt + (folder.folderCount + folder.fileCount) * entryRecordBytes;
}

function toEntry(folder: FolderRecord, place: number, raw: RawEntry): Entry {
  const kind = place < folder.folderCount ? 'folder' : 'file';
  return { name: raw.name.toString(), kind, sizeBytes: raw.sizeBytes, mtimeMs: raw.mtimeMs };
}
