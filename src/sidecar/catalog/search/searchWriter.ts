// Writes a search file (searchFormat.ts) from an index in order, in one pass. Memory grows with the number of folders, not of files. The
// file counts only after the caller renamed it.

import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import type { IndexCounts, IndexSink } from '../index/rows.ts';
import { fold } from './fold.ts';
import { Kernel } from './kernel.ts';
import {
  blockFiles,
  checkedPageBytes,
  encodeHeader,
  extensionBytes,
  filterRows,
  folderChunk,
  groupBlocks,
  headerBytes,
  letterBits,
  noExtension,
  otherExtension,
  rowBytesOf,
  secondsOf,
  sectionsOf,
  type Place,
  type Section,
} from './searchFormat.ts';

/** A folded name is at most three times as long as it was (each UTF-16 unit becomes at most three bytes of up to three units). */
const foldedNameBytes = 255 * 9;
const columnBytes = 65_536;
const dot = 46;

interface Coming {
  /** Folded, as latin1: a byte a character. */
  name: string;
  parent: number;
  seconds: number;
  pathLength: number;
}

export class SearchWriter implements IndexSink {
  readonly #descriptor: number;
  readonly #counts: Pick<IndexCounts, 'folderCount' | 'fileCount'>;
  readonly #places: Record<Section, Place>;
  readonly #kernel = new Kernel();
  readonly #columns: Record<
    | 'parents'
    | 'firstFiles'
    | 'folderTimes'
    | 'pathLengths'
    | 'fileTimes'
    | 'nameLengths'
    | 'fileExtensions'
    | 'letters'
    | 'fileSizes'
    | 'blockNames'
    | 'folderNameStarts',
    Column
  >;
  /** Names of the block that is being filled. */
  readonly #blockAt: number;
  readonly #block: Buffer;
  #blockLength = 0;
  readonly #filterAt: number;
  readonly #names: Column;
  #namesBytes = 0;
  readonly #folderNames: Buffer[] = [];
  #folderNamesPage = Buffer.alloc(0);
  #folderNamesFill = 0;
  #folderNamesBytes = 0;
  readonly #extensions = new Extensions();
  /** Folders that still come, the next one last. */
  readonly #coming: Coming[] = [{ name: '', parent: 0, seconds: 0, pathLength: 0 }];
  #folders = 0;
  #files = 0;
  #foldersLeft = 0;
  #children: Coming[] = [];
  #pathLength = 0;
  #isClosed = false;

  /** Creates the file; it must not exist. `counts` must be those of the index that follows. */
  constructor(path: string, counts: Pick<IndexCounts, 'folderCount' | 'fileCount'>) {
    this.#counts = counts;
    const sizes = { folders: counts.folderCount + 1, files: counts.fileCount };
    this.#places = sectionsOf({ ...sizes, folderNamesBytes: 0, namesBytes: 0, extensionsBytes: 0 }).places;
    const blocks = Math.ceil(counts.fileCount / blockFiles);
    this.#filterAt = this.#kernel.take(filterRows * rowBytesOf(Math.min(blocks, groupBlocks)));
    this.#blockAt = this.#kernel.take(blockFiles * (foldedNameBytes + 1));
    this.#block = this.#kernel.bytes(this.#blockAt, blockFiles * (foldedNameBytes + 1));
    this.#clearFilter();
    this.#descriptor = openSync(path, 'wx+', 0o600);
    const column = (section: Section): Column => new Column(this.#descriptor, headerBytes + this.#places[section].at);
    this.#columns = {
      parents: column('parents'),
      firstFiles: column('firstFiles'),
      folderTimes: column('folderTimes'),
      pathLengths: column('pathLengths'),
      fileTimes: column('fileTimes'),
      nameLengths: column('nameLengths'),
      fileExtensions: column('fileExtensions'),
      letters: column('letters'),
      fileSizes: column('fileSizes'),
      blockNames: column('blockNames'),
      folderNameStarts: column('folderNameStarts'),
    };
    this.#names = column('names');
  }

  folder(folderCount: number): void {
    this.#endFolder();
    const own = this.#coming.pop();
    if (own === undefined) throw new RangeError('a folder that none lists');
    if (this.#folders % folderChunk === 0) this.#columns.folderNameStarts.u32(this.#folderNamesBytes);
    this.#folderName(own.name);
    this.#columns.parents.u32(own.parent);
    this.#columns.firstFiles.u32(this.#files);
    this.#columns.folderTimes.u32(own.seconds);
    this.#columns.pathLengths.u16(own.pathLength);
    this.#pathLength = own.pathLength;
    this.#foldersLeft = folderCount;
    this.#folders++;
  }

  entry(name: Uint8Array, sizeBytes: number, mtimeMs: number): void {
    if (this.#foldersLeft > 0) {
      this.#foldersLeft--;
      const pathLength = this.#pathLength + (this.#pathLength > 0 ? 1 : 0) + name.length;
      const folded = Buffer.from(fold(utf8(name))).toString('latin1');
      this.#children.push({ name: folded, parent: this.#folders - 1, seconds: secondsOf(mtimeMs), pathLength });
      return;
    }
    if (this.#files % blockFiles === 0) this.#columns.blockNames.u32(this.#namesBytes);
    this.#file(name);
    this.#columns.fileTimes.u32(secondsOf(mtimeMs));
    this.#columns.nameLengths.u8(name.length);
    this.#columns.fileSizes.f64(sizeBytes);
    this.#files++;
    if (this.#files % blockFiles === 0) this.#endBlock();
  }

  /** Completes the file. `contentHash` is that of the segment with the same index. */
  finish(contentHash: Uint8Array): void {
    this.#endFolder();
    if (this.#folders !== this.#counts.folderCount + 1 || this.#files !== this.#counts.fileCount)
      throw new RangeError('the index holds other numbers than were told');
    if (this.#files % blockFiles !== 0) this.#endBlock();
    this.#endGroup();
    this.#columns.firstFiles.u32(this.#files);
    this.#columns.blockNames.u32(this.#namesBytes);
    this.#columns.folderNameStarts.u32(this.#folderNamesBytes);
    for (const column of Object.values(this.#columns)) column.flush();
    this.#names.flush();
    const extensions = this.#extensions.bytes();
    const sizes = {
      folders: this.#folders,
      files: this.#files,
      folderNamesBytes: this.#folderNamesBytes,
      namesBytes: this.#namesBytes,
      extensionsBytes: extensions.length,
    };
    const { places, bodyBytes } = sectionsOf(sizes);
    const folderNames = new Column(this.#descriptor, headerBytes + places.folderNames.at);
    for (const page of this.#folderNames) folderNames.raw(page);
    folderNames.raw(this.#folderNamesPage.subarray(0, this.#folderNamesFill));
    folderNames.flush();
    writeAll(this.#descriptor, extensions, headerBytes + places.extensions.at);
    const pageTable = this.#checksums(bodyBytes);
    writeAll(this.#descriptor, pageTable, headerBytes + bodyBytes);
    writeAll(this.#descriptor, encodeHeader({ ...sizes, contentHash, pageTableCrc: crc32(pageTable) }), 0);
    this.close();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#descriptor);
  }

  #endFolder(): void {
    for (let at = this.#children.length - 1; at >= 0; at--) {
      const child = this.#children[at];
      if (child !== undefined) this.#coming.push(child);
    }
    this.#children = [];
  }

  #folderName(name: string): void {
    if (this.#folderNamesFill + name.length + 1 > this.#folderNamesPage.length) {
      this.#folderNames.push(this.#folderNamesPage.subarray(0, this.#folderNamesFill));
      this.#folderNamesPage = Buffer.allocUnsafeSlow(columnBytes);
      this.#folderNamesFill = 0;
    }
    this.#folderNamesFill += this.#folderNamesPage.write(name, this.#folderNamesFill, 'latin1');
    this.#folderNamesPage[this.#folderNamesFill++] = 0;
    this.#folderNamesBytes += name.length + 1;
  }

  /** The folded name into the block, its letters and extension into their columns. */
  #file(name: Uint8Array): void {
    const block = this.#block;
    const start = this.#blockLength;
    let end = start;
    let letters = 0;
    let lastDot = -1;
    for (let at = 0; at < name.length; at++) {
      let byte = name[at] ?? 0;
      if (byte >= 65 && byte <= 90) byte += 32;
      else if (byte === dot) lastDot = end;
      else if (byte >= 128) {
        end = start + block.write(fold(utf8(name)), start);
        lastDot = block.subarray(start, end).lastIndexOf(dot);
        if (lastDot >= 0) lastDot += start;
        letters = 0;
        for (let place = start; place < end; place++) letters |= letterBits[block[place] ?? 0] ?? 0;
        break;
      }
      letters |= letterBits[byte] ?? 0;
      block[end++] = byte;
    }
    const extension = lastDot > start && lastDot < end - 1 ? this.#extensions.number(block, lastDot + 1, end) : noExtension;
    block[end++] = 0;
    this.#blockLength = end;
    this.#columns.letters.u32(letters);
    this.#columns.fileExtensions.u16(extension);
  }

  #endBlock(): void {
    const number = Math.ceil(this.#files / blockFiles) - 1;
    const rowBytes = this.#rowBytes(number);
    this.#kernel.calls.fillRows(this.#blockAt, this.#blockLength, filterRows, this.#filterAt, rowBytes, number % groupBlocks);
    this.#names.raw(this.#block.subarray(0, this.#blockLength));
    this.#namesBytes += this.#blockLength;
    this.#blockLength = 0;
    if ((number + 1) % groupBlocks === 0) this.#endGroup();
  }

  #endGroup(): void {
    const blocks = Math.ceil(this.#files / blockFiles);
    const inGroup = blocks - this.#groupsWritten * groupBlocks;
    if (inGroup <= 0) return;
    const bytes = filterRows * rowBytesOf(inGroup);
    const at = headerBytes + this.#places.filter.at + this.#groupsWritten * filterRows * (groupBlocks / 8);
    writeAll(this.#descriptor, this.#kernel.bytes(this.#filterAt, bytes), at);
    this.#groupsWritten++;
    this.#clearFilter();
  }
  #groupsWritten = 0;

  #clearFilter(): void {
    const blocks = Math.ceil(this.#counts.fileCount / blockFiles);
    this.#kernel.bytes(this.#filterAt, filterRows * rowBytesOf(Math.min(blocks, groupBlocks))).fill(0);
  }

  #rowBytes(block: number): number {
    const blocks = Math.ceil(this.#counts.fileCount / blockFiles);
    const group = Math.floor(block / groupBlocks);
    return rowBytesOf(Math.min(groupBlocks, blocks - group * groupBlocks));
  }

  #checksums(bodyBytes: number): Buffer {
    const page = Buffer.alloc(checkedPageBytes);
    const table = Buffer.alloc(Math.ceil(bodyBytes / checkedPageBytes) * 4);
    for (let at = 0; at < bodyBytes; at += checkedPageBytes) {
      const length = Math.min(checkedPageBytes, bodyBytes - at);
      page.fill(0); // gaps at the end of the file were never written
      readSync(this.#descriptor, page, 0, length, headerBytes + at);
      table.writeUInt32LE(crc32(page.subarray(0, length)), (at / checkedPageBytes) * 4);
    }
    return table;
  }
}

/** Numbers within one section, written in runs. */
class Column {
  readonly #descriptor: number;
  #position: number;
  readonly #buffer = Buffer.allocUnsafeSlow(columnBytes);
  #fill = 0;

  constructor(descriptor: number, position: number) {
    this.#descriptor = descriptor;
    this.#position = position;
  }

  u8(value: number): void {
    this.#room(1);
    this.#buffer[this.#fill++] = value;
  }

  u16(value: number): void {
    this.#room(2);
    this.#fill = this.#buffer.writeUInt16LE(value, this.#fill);
  }

  u32(value: number): void {
    this.#room(4);
    this.#fill = this.#buffer.writeUInt32LE(value >>> 0, this.#fill);
  }

  f64(value: number): void {
    this.#room(8);
    this.#fill = this.#buffer.writeDoubleLE(value, this.#fill);
  }

  raw(bytes: Uint8Array): void {
    if (this.#fill + bytes.length > columnBytes) this.flush();
    if (bytes.length > columnBytes) {
      writeAll(this.#descriptor, bytes, this.#position);
      this.#position += bytes.length;
      return;
    }
    this.#buffer.set(bytes, this.#fill);
    this.#fill += bytes.length;
  }

  flush(): void {
    writeAll(this.#descriptor, this.#buffer.subarray(0, this.#fill), this.#position);
    this.#position += this.#fill;
    this.#fill = 0;
  }

  #room(bytes: number): void {
    if (this.#fill + bytes > columnBytes) this.flush();
  }
}

/** Gives every extension a number, from 1. Short ones, which nearly all are, without making a string. */
class Extensions {
  readonly #short = new Map<number, number>();
  readonly #long = new Map<string, number>();
  readonly #all: string[] = [];

  number(bytes: Buffer, start: number, end: number): number {
    const length = end - start;
    if (length > extensionBytes) return noExtension;
    if (length > 6) return this.#known(this.#long, bytes.toString('latin1', start, end), bytes, start, end);
    let packed = 0;
    for (let at = start; at < end; at++) packed = packed * 256 + (bytes[at] ?? 0);
    return this.#known(this.#short, packed, bytes, start, end);
  }

  bytes(): Buffer {
    return Buffer.from(this.#all.map((extension) => `${extension}\0`).join(''), 'latin1');
  }

  #known<Key>(map: Map<Key, number>, key: Key, bytes: Buffer, start: number, end: number): number {
    const known = map.get(key);
    if (known !== undefined) return known;
    if (this.#all.length >= otherExtension - 1) return otherExtension;
    this.#all.push(bytes.toString('latin1', start, end));
    map.set(key, this.#all.length);
    return this.#all.length;
  }
}

function utf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
}

function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, position + at);
}
