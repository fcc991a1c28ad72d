// Reads a search file (searchFormat.ts) in place: bytes go straight to where the caller wants them, nothing is kept. Each 64 KiB page
// is checked against its CRC-32 the first time any of it is read.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { searchLimits } from '../../limits.ts';
import {
  checkedPageBytes,
  decodeGroup,
  groupRecordBytes,
  type GroupPlaces,
  decodeHeader,
  headerBytes,
  sectionsOf,
  type Place,
  type Section,
  type SearchHeader,
} from './searchFormat.ts';

/** The file is missing, damaged, or not of this segment: it must be made anew. */
export class SearchFileError extends Error {
  readonly path: string;

  constructor(path: string, why: string) {
    super(`The search file ${path} cannot be used (${why}).`);
    this.name = 'SearchFileError';
    this.path = path;
  }
}

/** Files held open, the oldest use first. */
const openFiles = new Map<SearchFile, number>();
const page = Buffer.alloc(checkedPageBytes);

export class SearchFile {
  readonly path: string;
  readonly header: Readonly<SearchHeader>;
  readonly places: Readonly<Record<Section, Place>>;
  readonly #bodyBytes: number;
  /** Of the pages; those that were checked are in `#isChecked`. */
  readonly #checksums: Uint32Array;
  readonly #isChecked: Uint8Array;
  #groups: GroupPlaces[] | undefined;

  private constructor(path: string, header: SearchHeader, checksums: Uint32Array) {
    const { places, bodyBytes } = sectionsOf(header);
    this.path = path;
    this.header = header;
    this.places = places;
    this.#bodyBytes = bodyBytes;
    this.#checksums = checksums;
    this.#isChecked = new Uint8Array(checksums.length);
  }

  /** Checks header and page table, and that it was made from the segment with this hash. Throws SearchFileError. */
  static open(path: string, contentHash: Uint8Array): SearchFile {
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, 'r');
      const headBytes = Buffer.alloc(headerBytes);
      readSync(descriptor, headBytes, 0, headerBytes, 0);
      const header = decodeHeader(headBytes);
      if (header === undefined) throw new SearchFileError(path, 'its header');
      if (!Buffer.from(header.contentHash).equals(contentHash)) throw new SearchFileError(path, 'made from another segment');
      const { bodyBytes } = sectionsOf(header);
      const table = Buffer.alloc(Math.ceil(bodyBytes / checkedPageBytes) * 4);
      if (fstatSync(descriptor).size !== headerBytes + bodyBytes + table.length) throw new SearchFileError(path, 'its length');
      readSync(descriptor, table, 0, table.length, headerBytes + bodyBytes);
      if (crc32(table) !== header.pageTableCrc) throw new SearchFileError(path, 'its page table');
      const checksums = Uint32Array.from({ length: table.length / 4 }, (_, at) => table.readUInt32LE(at * 4));
      return new SearchFile(path, header, checksums);
    } catch (error) {
      if (error instanceof Error && 'code' in error) throw new SearchFileError(path, error.message);
      throw error;
    } finally {
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  /** Fills `target` with bytes of a section from `offset` on. Throws SearchFileError when damaged. */
  read(section: Section, offset: number, target: Buffer): void {
    if (target.length === 0) return;
    const place = this.places[section];
    if (offset < 0 || offset + target.length > place.bytes)
      throw new SearchFileError(this.path, `a place outside of its ${section}`);
    this.#readChecked(place.at + offset, target);
  }

  /** Sections that follow each other, from the beginning of one to the end of another, with what lies between. */
  readAll(first: Section, last: Section, target: Buffer): void {
    const { at } = this.places[first];
    if (target.length !== this.places[last].at + this.places[last].bytes - at) throw new RangeError('sections and room differ');
    this.#readChecked(at, target);
  }

  #readChecked(at: number, target: Buffer): void {
    const last = Math.floor((at + target.length - 1) / checkedPageBytes);
    for (let number = Math.floor(at / checkedPageBytes); number <= last; number++)
      if (this.#isChecked[number] === 0) this.#check(number);
    this.#readAt(at, target);
  }

  get groupCount(): number {
    return this.places.groupTable.bytes / groupRecordBytes;
  }

  /** Where the parts of a group lie. */
  group(number: number): GroupPlaces {
    this.#groups ??= Array.from({ length: this.groupCount }, (_, at) =>
      decodeGroup(this.bytes('groupTable', at * groupRecordBytes, groupRecordBytes)),
    );
    const found = this.#groups[number];
    if (found === undefined) throw new SearchFileError(this.path, 'a group outside of it');
    return found;
  }

  bytes(section: Section, offset: number, length: number): Buffer {
    const target = Buffer.allocUnsafe(length);
    this.read(section, offset, target);
    return target;
  }

  u32(section: Section, index: number): number {
    return this.bytes(section, index * 4, 4).readUInt32LE(0);
  }

  close(): void {
    const descriptor = openFiles.get(this);
    openFiles.delete(this);
    if (descriptor !== undefined) closeSync(descriptor);
  }

  #check(number: number): void {
    const at = number * checkedPageBytes;
    const bytes = page.subarray(0, Math.min(checkedPageBytes, this.#bodyBytes - at));
    this.#readAt(at, bytes);
    if (crc32(bytes) !== this.#checksums[number]) throw new SearchFileError(this.path, `the checksum of page ${number}`);
    this.#isChecked[number] = 1;
  }

  #readAt(at: number, target: Buffer): void {
    let count: number;
    try {
      count = readSync(this.#descriptor(), target, 0, target.length, headerBytes + at);
    } catch (error) {
      throw new SearchFileError(this.path, error instanceof Error ? error.message : 'it cannot be read');
    }
    if (count !== target.length) throw new SearchFileError(this.path, 'it is too short');
  }

  #descriptor(): number {
    const known = openFiles.get(this);
    if (known !== undefined && openFiles.size * 2 < searchLimits.filesOpen) return known;
    if (known !== undefined) {
      openFiles.delete(this);
      openFiles.set(this, known);
      return known;
    }
    const descriptor = openSync(this.path, 'r');
    openFiles.set(this, descriptor);
    if (openFiles.size > searchLimits.filesOpen) {
      const [oldest] = openFiles;
      if (oldest !== undefined) oldest[0].close();
    }
    return descriptor;
  }
}
