// Reads of segment files, page by page: each 16 KiB page is checked against its CRC-32 when it is loaded, and kept in one bounded
// cache for the whole process, as are the open files. Knows nothing of what the pages hold.

import { closeSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { AppError } from '../../../protocol/errors.ts';
import { catalogLimits } from '../../limits.ts';

/** Small enough that a folder read at random costs little, large enough that checksums do. */
export const pageBytes = 16_384;

/** A segment file whose bytes are not what was written: the index must be made anew. */
export function segmentDamaged(path: string, why: string): AppError {
  return new AppError(
    'io',
    `The index file ${path} is damaged (${why}). It is made anew by a rescan, or when its owner is online.`,
    {
      data: { path },
    },
  );
}

/** Oldest-first maps: re-inserting on use makes a Map an LRU list. */
const pages = new Map<string, Buffer>();
const openFiles = new Map<PagedFile, number>();
let nextId = 0;
let mostPages: number = catalogLimits.segmentPages;

let isReused = false;
let spare: Buffer | undefined;

/** For a thread that reads here and there only: keeps so many pages (more than a reader holds on to), and uses their memory again. */
export function limitPages(count: number): void {
  mostPages = count;
  isReused = true;
}

/** The two pages used last, by id of their file and number: most reads are near the one before. */
const none: Buffer = Buffer.alloc(0);
const recent = { file: -1, page: -1, bytes: none, olderFile: -1, olderPage: -1, olderBytes: none };

export class PagedFile {
  readonly path: string;
  readonly #start: number;
  readonly #length: number;
  readonly #checksums: Uint32Array;
  readonly #id = nextId++;
  #isClosed = false;

  /** Pages begin at byte `start`; `checksums` has one for each page of the `length` bytes from there. */
  constructor(path: string, start: number, length: number, checksums: Uint32Array) {
    this.path = path;
    this.#start = start;
    this.#length = length;
    this.#checksums = checksums;
  }

  /** Bytes [offset, offset + length) after `start`. Do not write to them. Throws `io` when damaged or out of range. */
  read(offset: number, length: number): Buffer {
    this.#checkRange(offset, length);
    const first = Math.floor(offset / pageBytes);
    const within = offset - first * pageBytes;
    if (within + length <= pageBytes) return length === 0 ? Buffer.alloc(0) : this.#page(first).subarray(within, within + length);
    const result = Buffer.allocUnsafe(length);
    let done = 0;
    for (let page = first; done < length; page++) {
      const from = page === first ? within : 0;
      done += this.#page(page).copy(result, done, from, from + length - done);
    }
    return result;
  }

  u32(offset: number): number {
    this.#checkRange(offset, 4);
    const page = Math.floor(offset / pageBytes);
    const within = offset - page * pageBytes;
    if (within + 4 > pageBytes) return this.read(offset, 4).readUInt32LE(0);
    return this.#page(page).readUInt32LE(within);
  }

  /** How the bytes at a place compare with `other`: below, equal, above. */
  compare(offset: number, length: number, other: Uint8Array): number {
    this.#checkRange(offset, length);
    const page = Math.floor(offset / pageBytes);
    const within = offset - page * pageBytes;
    if (length === 0 || within + length > pageBytes) return Buffer.compare(this.read(offset, length), other);
    return this.#page(page).compare(other, 0, other.length, within, within + length);
  }

  close(): void {
    this.#isClosed = true;
    forgetRecent();
    for (let page = 0; page < this.#checksums.length && pages.size > 0; page++) pages.delete(this.#key(page));
    const descriptor = openFiles.get(this);
    openFiles.delete(this);
    if (descriptor !== undefined) closeSync(descriptor);
  }

  #checkRange(offset: number, length: number): void {
    if (this.#isClosed) throw new AppError('changed', 'The index changed while it was read. Try again.');
    if (!(offset >= 0 && length >= 0 && offset + length <= this.#length))
      throw segmentDamaged(this.path, 'a place outside of it');
  }

  #key(page: number): string {
    return `${this.#id}/${page}`;
  }

  #page(page: number): Buffer {
    if (recent.page === page && recent.file === this.#id) return recent.bytes;
    if (recent.olderPage === page && recent.olderFile === this.#id) return recent.olderBytes;
    const key = this.#key(page);
    const found = pages.get(key) ?? this.#loaded(page);
    pages.delete(key);
    pages.set(key, found);
    if (pages.size > mostPages) dropOldest();
    recent.olderFile = recent.file;
    recent.olderPage = recent.page;
    recent.olderBytes = recent.bytes;
    recent.file = this.#id;
    recent.page = page;
    recent.bytes = found;
    return found;
  }

  /** Fills `target` (whole pages long) with the pages from one on, past the cache; answers the bytes there were. */
  load(page: number, target: Buffer): number {
    const at = page * pageBytes;
    this.#checkRange(at, 1);
    const bytes = target.subarray(0, Math.min(target.length, this.#length - at));
    let count: number;
    try {
      count = readSync(this.#descriptor(), bytes, 0, bytes.length, this.#start + at);
    } catch (error) {
      throw segmentDamaged(this.path, error instanceof Error ? error.message : 'it cannot be read');
    }
    if (count !== bytes.length) throw segmentDamaged(this.path, 'it is too short');
    for (let done = 0; done < bytes.length; done += pageBytes) {
      const number = page + done / pageBytes;
      if (crc32(bytes.subarray(done, done + pageBytes)) !== this.#checksums[number])
        throw segmentDamaged(this.path, `the checksum of page ${number}`);
    }
    return bytes.length;
  }

  #loaded(page: number): Buffer {
    const length = Math.min(pageBytes, this.#length - page * pageBytes);
    const whole = spare ?? Buffer.allocUnsafeSlow(isReused ? pageBytes : length);
    const bytes = whole.subarray(0, length);
    spare = undefined;
    this.load(page, bytes);
    return bytes;
  }

  #descriptor(): number {
    const known = openFiles.get(this);
    if (known !== undefined) {
      openFiles.delete(this);
      openFiles.set(this, known);
      return known;
    }
    const descriptor = openSync(this.path, 'r');
    openFiles.set(this, descriptor);
    if (openFiles.size > catalogLimits.segmentsOpen) {
      const first = oldest(openFiles.keys());
      const unused = openFiles.get(first);
      openFiles.delete(first);
      if (unused !== undefined) closeSync(unused);
    }
    return descriptor;
  }
}

function forgetRecent(): void {
  recent.file = recent.olderFile = -1;
  recent.bytes = recent.olderBytes = none;
}

function dropOldest(): void {
  const key = oldest(pages.keys());
  const bytes = pages.get(key);
  if (isReused && bytes?.buffer.byteLength === pageBytes) spare = Buffer.from(bytes.buffer);
  pages.delete(key);
}

function oldest<Key>(keys: IterableIterator<Key>): Key {
  const next = keys.next();
  if (next.done) throw new RangeError('an empty cache has no oldest member');
  return next.value;
}
