// Writes a segment file from an index in order, in one pass: memory grows with the number of folders and the largest one, not with
// the index. Used by the workers; the file counts only after the caller renamed it.

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ByteWriter } from './bytes.ts';
import { pageBytes } from './pages.ts';
import type { IndexCounts, IndexSink } from './rows.ts';
import { encodeHeader, folderRecordBytes, headerBytes, entryRecordBytes } from './segmentFormat.ts';

const pagesAtOnce = 16;

export class SegmentWriter implements IndexSink {
  readonly #descriptor: number;
  readonly #hash = createHash('sha256');
  /** Whole pages that are written at once. */
  readonly #buffer = Buffer.allocUnsafeSlow(pagesAtOnce * pageBytes);
  readonly #checksums: number[] = [];
  readonly #records = new RecordWriter();
  readonly #names = new ByteWriter(4096);
  readonly #folderTable = new RecordWriter();
  readonly #children: number[] = [];
  /** Places in the child table of the folders that still come, with their parents; the next one last. */
  readonly #pending: { place: number; parent: number }[] = [];
  readonly #counts: IndexCounts = { folderCount: 0, fileCount: 0, totalBytes: 0 };
  #folders = 0;
  #foldersLeft = 0;
  #fill = 0;
  #bodyBytes = 0;
  #isClosed = false;

  /** Creates the file; it must not exist. */
  constructor(path: string) {
    this.#descriptor = openSync(path, 'wx', 0o600);
    writeSync(this.#descriptor, Buffer.alloc(headerBytes));
  }

  folder(folderCount: number, fileCount: number): void {
    this.#endFolder();
    const own = this.#pending.pop();
    const number = this.#folders++;
    const firstPlace = this.#children.length;
    if (own !== undefined) this.#children[own.place] = number;
    const at = this.#folderTable.next(folderRecordBytes);
    const { view } = this.#folderTable;
    view.setFloat64(at, this.#bodyBytes, true);
    view.setUint32(at + 8, folderCount, true);
    view.setUint32(at + 12, fileCount, true);
    view.setUint32(at + 16, firstPlace, true);
    view.setUint32(at + 20, own?.parent ?? 0, true);
    this.#foldersLeft = folderCount;
    for (let index = 0; index < folderCount; index++) this.#children.push(0);
    for (let index = folderCount - 1; index >= 0; index--) this.#pending.push({ place: firstPlace + index, parent: number });
  }

  entry(name: Uint8Array, sizeBytes: number, mtimeMs: number): void {
    if (this.#foldersLeft > 0) {
      this.#foldersLeft--;
      this.#counts.folderCount++;
    } else {
      this.#counts.fileCount++;
      this.#counts.totalBytes += sizeBytes;
    }
    this.#names.rawShort(name);
    const at = this.#records.next(entryRecordBytes);
    const { view } = this.#records;
    view.setUint32(at, this.#names.length, true);
    view.setFloat64(at + 4, sizeBytes, true);
    view.setFloat64(at + 12, mtimeMs, true);
  }

  /** Completes the file and makes it durable. */
  finish(updatedAtMs: number): { counts: IndexCounts; contentHash: Buffer } {
    this.#endFolder();
    const folderTableAt = this.#bodyBytes;
    this.#write(this.#folderTable.bytes());
    const childTableAt = this.#bodyBytes;
    const children = Buffer.alloc(this.#children.length * 4);
    this.#children.forEach((child, place) => children.writeUInt32LE(child, place * 4));
    this.#write(children);
    this.#flush();
    const pageTable = Buffer.alloc(this.#checksums.length * 4);
    this.#checksums.forEach((checksum, page) => pageTable.writeUInt32LE(checksum, page * 4));
    writeSync(this.#descriptor, pageTable);
    const contentHash = this.#hash.digest();
    const header = { ...this.#counts, updatedAtMs, bodyBytes: this.#bodyBytes, folderTableAt, childTableAt, contentHash };
    writeSync(this.#descriptor, encodeHeader({ ...header, pageTableCrc: crc32(pageTable) }), 0, headerBytes, 0);
    fsyncSync(this.#descriptor);
    this.close();
    return { counts: this.#counts, contentHash };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
  }

  #endFolder(): void {
    this.#write(this.#records.bytes());
    this.#write(this.#names.view());
    this.#records.clear();
    this.#names.clear();
  }

  #write(bytes: Uint8Array): void {
    this.#bodyBytes += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const room = this.#buffer.length - this.#fill;
      const part = at === 0 && bytes.length <= room ? bytes : bytes.subarray(at, at + room);
      this.#buffer.set(part, this.#fill);
      this.#fill += part.length;
      at += part.length;
      if (this.#fill === this.#buffer.length) this.#flush();
    }
  }

  #flush(): void {
    const bytes = this.#buffer.subarray(0, this.#fill);
    this.#hash.update(bytes);
    for (let at = 0; at < bytes.length; at += pageBytes) this.#checksums.push(crc32(bytes.subarray(at, at + pageBytes)));
    for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at);
    this.#fill = 0;
  }
}

/** Records one after another, in a buffer that grows. */
class RecordWriter {
  view = new DataView(new ArrayBuffer(4096));
  #length = 0;

  /** Where a record of `size` bytes is to be written into `view`. */
  next(size: number): number {
    const at = this.#length;
    this.#length += size;
    if (this.#length > this.view.byteLength) {
      const larger = new ArrayBuffer(this.view.byteLength * 2);
      new Uint8Array(larger).set(new Uint8Array(this.view.buffer));
      this.view = new DataView(larger);
    }
    return at;
  }

  /** Valid until the next record. */
  bytes(): Uint8Array {
    return new Uint8Array(this.view.buffer, 0, this.#length);
  }

  clear(): void {
    this.#length = 0;
  }
}
