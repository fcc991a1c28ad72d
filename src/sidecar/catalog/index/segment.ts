// Answers stat, list and walk from a segment file in place, own shares' and peers' alike: a few pages read, never the whole. Writing
// is segmentWriter's. All calls are synchronous; a damaged page throws AppError `io` (see pages.ts).

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { Entry, ListPage } from '../../../protocol/model.ts';
import type { SafePath } from '../../storage/safePath.ts';
import { PagedFile, pageBytes, segmentDamaged } from './pages.ts';
import type { IndexSink } from './rows.ts';
import { decodeHeader, entryRecordBytes, folderRecordBytes, headerBytes, type SegmentHeader } from './segmentFormat.ts';

interface Folder {
  number: number;
  blockAt: number;
  folderCount: number;
  fileCount: number;
  firstChildPlace: number;
}

interface RawEntry {
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
    const parent = this.#folder(path.slice(0, Math.max(slash, 0)));
    if (parent === undefined) return undefined;
    const name = Buffer.from(path.slice(slash + 1));
    const index = this.#find(parent, name, 'folder') ?? this.#find(parent, name, 'file');
    if (index === undefined) return undefined;
    return this.#entries(parent, index, 1).map((entry) => toEntry(parent, index, entry))[0];
  }

  /** A page of a folder: folders first, then files, each in byte order of their names. Undefined when there is no such folder. */
  list(path: SafePath, page: { offset: number; limit: number }): ListPage | undefined {
    const folder = this.#folder(path);
    if (folder === undefined) return undefined;
    const total = folder.folderCount + folder.fileCount;
    const from = Math.min(page.offset, total);
    const entries = this.#entries(folder, from, Math.min(page.limit, total - from));
    return { entries: entries.map((entry, index) => toEntry(folder, from + index, entry)), total };
  }

  /** Everything below a folder, each folder before its content; nothing when there is no such folder. */
  *walk(path: SafePath): Generator<{ path: SafePath; entry: Entry }> {
    const start = this.#folder(path);
    if (start === undefined) return;
    const stack: { prefix: string; folder: Folder; next: number }[] = [
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
      for (const [index, raw] of this.#entries(folder, from, count).entries()) {
        const entry = toEntry(folder, from + index, raw);
        if (entry.kind === 'folder')
          stack.push({ prefix: `${prefix}${entry.name}/`, folder: this.#child(folder, from), next: 0 });
        // Contained: the names of an index were checked before it was written.
        yield { path: `${prefix}${entry.name}` as SafePath, entry };
      }
    }
  }

  /** The whole index, in order. */
  replay(sink: IndexSink): void {
    for (let number = 0; number <= this.header.folderCount; number++) {
      const folder = this.#folderAt(number);
      const total = folder.folderCount + folder.fileCount;
      sink.folder(folder.folderCount, folder.fileCount);
      for (let from = 0; from < total; from += batchEntries)
        for (const raw of this.#entries(folder, from, Math.min(batchEntries, total - from)))
          sink.entry(raw.name, raw.sizeBytes, raw.mtimeMs);
    }
  }

  #folder(path: string): Folder | undefined {
    let folder = this.#folderAt(0);
    if (path === '') return folder;
    for (const name of path.split('/')) {
      const index = this.#find(folder, Buffer.from(name), 'folder');
      if (index === undefined) return undefined;
      folder = this.#child(folder, index);
    }
    return folder;
  }

  #folderAt(number: number): Folder {
    const record = this.#file.read(this.header.folderTableAt + number * folderRecordBytes, folderRecordBytes);
    return {
      number,
      blockAt: record.readDoubleLE(0),
      folderCount: record.readUInt32LE(8),
      fileCount: record.readUInt32LE(12),
      firstChildPlace: record.readUInt32LE(16),
    };
  }

  #child(folder: Folder, index: number): Folder {
    return this.#folderAt(this.#file.read(this.header.childTableAt + (folder.firstChildPlace + index) * 4, 4).readUInt32LE(0));
  }

  /** Binary search; the place among the folder's entries. */
  #find(folder: Folder, name: Buffer, kind: Entry['kind']): number | undefined {
    let low = kind === 'folder' ? 0 : folder.folderCount;
    let high = kind === 'folder' ? folder.folderCount : folder.folderCount + folder.fileCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const [found] = this.#entries(folder, middle, 1);
      const order = found === undefined ? 1 : Buffer.compare(found.name, name);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return undefined;
  }

  #entries(folder: Folder, from: number, count: number): RawEntry[] {
    if (count <= 0) return [];
    const namesAt = folder.blockAt + (folder.folderCount + folder.fileCount) * entryRecordBytes;
    const before = from === 0 ? 0 : this.#file.read(folder.blockAt + (from - 1) * entryRecordBytes, 4).readUInt32LE(0);
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
}

function toEntry(folder: Folder, index: number, raw: RawEntry): Entry {
  const kind = index < folder.folderCount ? 'folder' : 'file';
  return { name: raw.name.toString(), kind, sizeBytes: raw.sizeBytes, mtimeMs: raw.mtimeMs };
}
