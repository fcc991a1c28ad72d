// Writes a segment file from an index in order, in one pass: memory grows with the number of folders and the largest one, not with
// the index. Used by the workers; the file counts only after the caller renamed it.

import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { ByteWriter } from './bytes.ts';
import { pageBytes } from './pages.ts';
import type { IndexCounts, IndexSink } from './rows.ts';
import { encodeHeader, folderRecordBytes, headerBytes, entryRecordBytes } from './segmentFormat.ts';

export class SegmentWriter implements IndexSink {
  readonly #descriptor: number;
  readonly #hash = createHash('sha256');
  readonly #page = Buffer.allocUnsafeSlow(pageBytes);
  readonly #checksums: number[] = [];
  readonly #records = new ByteWriter(4096);
  readonly #names = new ByteWriter(4096);
  readonly #folderTable = new ByteWriter(65_536);
  readonly #scratch = Buffer.alloc(Math.max(entryRecordBytes, folderRecordBytes));
  readonly #children: number[] = [];
  /** Places in the child table of the folders that still come, with their parents; the next one last. */
  readonly #pending: { place: number; parent: number }[] = [];
  readonly #counts: IndexCounts = { folderCount: 0, fileCount: 0, totalBytes: 0 };
  #folders = 0;
  #foldersLeft = 0;
  #pageFill = 0;
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
    this.#scratch.writeDoubleLE(this.#bodyBytes, 0);
    this.#scratch.writeUInt32LE(folderCount, 8);
    this.#scratch.writeUInt32LE(fileCount, 12);
    this.#scratch.writeUInt32LE(firstPlace, 16);
    this.#scratch.writeUInt32LE(own?.parent ?? 0, 20);
    this.#folderTable.raw(this.#scratch.subarray(0, folderRecordBytes));
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
    this.#names.raw(name);
    this.#scratch.writeUInt32LE(this.#names.length, 0);
    this.#scratch.writeDoubleLE(sizeBytes, 4);
    this.#scratch.writeDoubleLE(mtimeMs, 12);
    this.#records.raw(this.#scratch.subarray(0, entryRecordBytes));
  }

  /** Completes the file and makes it durable. */
  finish(updatedAtMs: number): { counts: IndexCounts; contentHash: Buffer } {
    this.#endFolder();
    const folderTableAt = this.#bodyBytes;
    this.#write(this.#folderTable.view());
    const childTableAt = this.#bodyBytes;
    const children = Buffer.alloc(this.#children.length * 4);
    this.#children.forEach((child, place) => children.writeUInt32LE(child, place * 4));
    this.#write(children);
    this.#flushPage();
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
    this.#write(this.#records.view());
    this.#write(this.#names.view());
    this.#records.clear();
    this.#names.clear();
  }

  #write(bytes: Uint8Array): void {
    this.#bodyBytes += bytes.length;
    for (let at = 0; at < bytes.length;) {
      const part = bytes.subarray(at, at + pageBytes - this.#pageFill);
      this.#page.set(part, this.#pageFill);
      this.#pageFill += part.length;
      at += part.length;
      if (this.#pageFill === pageBytes) this.#flushPage();
    }
  }

  #flushPage(): void {
    if (this.#pageFill === 0) return;
    const page = this.#page.subarray(0, this.#pageFill);
    this.#hash.update(page);
    this.#checksums.push(crc32(page));
    for (let at = 0; at < page.length;) at += writeSync(this.#descriptor, page, at);
    this.#pageFill = 0;
  }
}
