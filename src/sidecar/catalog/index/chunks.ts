// Feed blocks that carry an index: each chunk holds a run of it, column by column, under brotli. docs/index-format.md is the
// specification. The decoder trusts nothing; what it lets through is a well-formed tree of safe names.

import { isUtf8 } from 'node:buffer';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { indexLimits } from '../../limits.ts';
import { nameProblem } from '../../storage/safePath.ts';
import { badIndex, ByteReader, ByteWriter } from './bytes.ts';
import type { IndexCounts, IndexSink } from './rows.ts';

export const formatVersion = 1;
/** Second byte of a block. */
export const blockKinds = { head: 1, chunk: 2, delta: 3 } as const;

/** What the head says of one chunk. */
export interface ChunkInfo {
  entryCount: number;
  /** Bytes of the block, compressed, as appended (before block encryption). */
  sizeBytes: number;
  /** Path of the folder that the chunk starts in, or that begins with it: where a partial reader would look. */
  firstFolder: string;
}

export interface Chunk extends ChunkInfo {
  block: Uint8Array;
}

const columnCount = 5;

/** Collects an index into chunks and hands each one on. Names must have passed `nameProblem`. Call `end()` after the last entry. */
export class ChunkEncoder implements IndexSink {
  readonly #emit: (chunk: Chunk) => void;
  readonly #folders = new ByteWriter();
  readonly #prefixes = new ByteWriter(4096);
  readonly #suffixes = new ByteWriter(65_536);
  readonly #sizes = new ByteWriter(16_384);
  readonly #times = new ByteWriter(16_384);
  readonly #tree = new TreeCursor();
  #entryCount = 0;
  #isEmpty = true;
  #firstFolder = '';
  #lastName = new Uint8Array(0);
  #lastTime = 0;

  constructor(emit: (chunk: Chunk) => void) {
    this.#emit = emit;
  }

  folder(folderCount: number, fileCount: number): void {
    this.#flushIfFull();
    this.#tree.folder(folderCount, fileCount);
    this.#begin();
    this.#folders.uint(folderCount);
    this.#folders.uint(fileCount);
  }

  entry(name: Uint8Array, sizeBytes: number, mtimeMs: number): void {
    this.#flushIfFull();
    this.#begin();
    const isFolder = this.#tree.nextIsFolder;
    this.#tree.entry(name);
    const last = this.#lastName;
    const most = Math.min(last.length, name.length);
    let prefix = 0;
    while (prefix < most && last[prefix] === name[prefix]) prefix++;
    this.#prefixes.byte(prefix);
    this.#suffixes.raw(name.subarray(prefix));
    this.#suffixes.byte(0);
    if (!isFolder) this.#sizes.uint(sizeBytes);
    this.#times.int(mtimeMs - this.#lastTime);
    this.#lastTime = mtimeMs;
    this.#lastName = new Uint8Array(name);
    this.#entryCount++;
  }

  end(): void {
    if (!this.#isEmpty) this.#flush();
  }

  #flushIfFull(): void {
    if (this.#entryCount >= indexLimits.chunkEntries || this.#rawBytes() >= indexLimits.chunkRawBytes) this.#flush();
  }

  #begin(): void {
    if (!this.#isEmpty) return;
    this.#isEmpty = false;
    this.#firstFolder = this.#tree.path;
  }

  #rawBytes(): number {
    return this.#folders.length + this.#prefixes.length + this.#suffixes.length + this.#sizes.length + this.#times.length;
  }

  #flush(): void {
    const raw = new ByteWriter(this.#rawBytes() + 64);
    const columns = [this.#folders, this.#prefixes, this.#suffixes, this.#sizes, this.#times];
    for (const column of columns) raw.uint(column.length);
    for (const column of columns) raw.raw(column.view());
    const compressed = brotliCompressSync(raw.view(), {
      params: { [constants.BROTLI_PARAM_QUALITY]: 5, [constants.BROTLI_PARAM_SIZE_HINT]: raw.length },
    });
    const out = new ByteWriter(compressed.length + 16);
    out.byte(formatVersion);
    out.byte(blockKinds.chunk);
    out.uint(this.#entryCount);
    out.uint(raw.length);
    out.raw(compressed);
    const block = Uint8Array.from(out.view());
    this.#emit({ block, entryCount: this.#entryCount, sizeBytes: block.length, firstFolder: this.#firstFolder });
    for (const column of columns) column.clear();
    this.#entryCount = 0;
    this.#isEmpty = true;
    this.#lastName = new Uint8Array(0);
    this.#lastTime = 0;
  }
}

/** Checks blocks from a peer, in order, and hands their entries to a sink. Every fault throws AppError `protocol`. */
export class ChunkDecoder {
  readonly #sink: IndexSink;
  readonly #tree = new TreeCursor({ isStrict: true });
  readonly #counts: IndexCounts = { folderCount: 0, fileCount: 0, totalBytes: 0 };
  #namesBytes = 0;

  constructor(sink: IndexSink) {
    this.#sink = sink;
  }

  /** One block; `info` is what the head claims of it. */
  chunk(block: Uint8Array, info: ChunkInfo): void {
    if (block.length !== info.sizeBytes) throw badIndex('a chunk is not as long as its head says');
    const { columns, entryCount } = openBlock(block);
    if (entryCount !== info.entryCount) throw badIndex('a chunk holds another number of entries than its head says');
    const [folders, prefixes, suffixes, sizes, times] = columns;
    let lastName: Uint8Array = new Uint8Array(0);
    let lastTime = 0;
    let isFirst = true;
    let rest = entryCount;
    while (rest > 0 || !folders.isAtEnd) {
      if (this.#tree.isFolderComplete) {
        const folderCount = folders.uint(indexLimits.entries);
        const fileCount = folders.uint(indexLimits.entries);
        this.#tree.folder(folderCount, fileCount);
        this.#sink.folder(folderCount, fileCount);
      } else if (rest === 0) {
        throw badIndex('a folder begins before the one before it ended');
      }
      if (isFirst && this.#tree.path !== info.firstFolder) throw badIndex('a chunk begins at another folder than its head says');
      isFirst = false;
      if (rest === 0 || this.#tree.isFolderComplete) continue;
      lastName = nextName(lastName, prefixes.byte(), suffixes);
      this.#namesBytes += lastName.length;
      if (this.#namesBytes > indexLimits.namesBytes) throw badIndex(`its names take more than ${indexLimits.namesBytes} bytes`);
      lastTime += times.int();
      if (lastTime < indexLimits.mtimeMinMs || lastTime > indexLimits.mtimeMs) throw badIndex('a time is out of range');
      const isFolder = this.#tree.nextIsFolder;
      const sizeBytes = isFolder ? 0 : sizes.uint(indexLimits.sizeBytes);
      this.#count(isFolder, sizeBytes);
      this.#tree.entry(lastName);
      this.#sink.entry(lastName, sizeBytes, lastTime);
      rest--;
    }
    if (isFirst) throw badIndex('a chunk is empty');
    if (columns.some((column) => !column.isAtEnd)) throw badIndex('a chunk has bytes left over');
  }

  /** After the last block: the whole tree must be there. */
  end(): IndexCounts {
    if (!this.#tree.isTreeComplete) throw badIndex('it ends too early');
    return this.#counts;
  }

  #count(isFolder: boolean, sizeBytes: number): void {
    if (isFolder) this.#counts.folderCount++;
    else this.#counts.fileCount++;
    this.#counts.totalBytes += sizeBytes;
    if (this.#counts.folderCount + this.#counts.fileCount > indexLimits.entries)
      throw badIndex(`it has more than ${indexLimits.entries} entries`);
    if (this.#counts.totalBytes > indexLimits.sizeBytes) throw badIndex('its sizes add up to more than 2^53 bytes');
  }
}

type Columns = [ByteReader, ByteReader, ByteReader, ByteReader, ByteReader];

function openBlock(block: Uint8Array): { columns: Columns; entryCount: number } {
  if (block.length > indexLimits.blockBytes) throw badIndex(`a block is longer than ${indexLimits.blockBytes} bytes`);
  const reader = new ByteReader(block);
  if (reader.byte() !== formatVersion) throw badIndex('its format is of another version');
  if (reader.byte() !== blockKinds.chunk) throw badIndex('a block is not a chunk');
  const entryCount = reader.uint(indexLimits.entries);
  const rawLength = reader.uint(indexLimits.decodedBlockBytes);
  const raw = new ByteReader(inflate(reader.rest(), rawLength));
  const lengths: number[] = [];
  for (let index = 0; index < columnCount; index++) lengths.push(raw.uint(rawLength));
  const column = (index: number): ByteReader => new ByteReader(raw.raw(lengths[index] ?? 0));
  const columns: Columns = [column(0), column(1), column(2), column(3), column(4)];
  if (!raw.isAtEnd) throw badIndex('a chunk has bytes left over');
  return { columns, entryCount };
}

/** Bounded by what the block claims, which is bounded by the limits: a bomb stops there. */
export function inflate(compressed: Uint8Array, rawLength: number): Uint8Array {
  if (rawLength === 0) throw badIndex('a block is empty');
  let raw: Uint8Array;
  try {
    raw = brotliDecompressSync(compressed, { maxOutputLength: rawLength });
  } catch (error) {
    throw badIndex(`a block does not decompress to ${rawLength} bytes (${error instanceof Error ? error.message : 'unknown'})`);
  }
  if (raw.length !== rawLength) throw badIndex(`a block does not decompress to ${rawLength} bytes`);
  return raw;
}

function nextName(last: Uint8Array, prefix: number, suffixes: ByteReader): Uint8Array {
  if (prefix > last.length) throw badIndex('a name begins with more than there is');
  const suffix = suffixes.untilNul(indexLimits.nameBytes - prefix);
  const name = new Uint8Array(prefix + suffix.length);
  name.set(last.subarray(0, prefix));
  name.set(suffix, prefix);
  return name;
}

interface PendingFolder {
  path: string;
  pathBytes: number;
  depth: number;
}

/**
 * Follows the pre-order: which folder the next entry is in. Strict: checks every name, their order, that none comes twice (also
 * not once as folder and once as file), depth and path length.
 */
class TreeCursor {
  readonly #isStrict: boolean;
  /** Folders that still come, the next one last. */
  readonly #pending: PendingFolder[] = [{ path: '', pathBytes: -1, depth: 0 }];
  #current: PendingFolder = { path: '', pathBytes: -1, depth: 0 };
  #children: PendingFolder[] = [];
  #folderNames: Uint8Array[] = [];
  #folderNameAt = 0;
  #foldersLeft = 0;
  #filesLeft = 0;
  #lastName: Uint8Array | undefined;

  constructor(options: { isStrict?: boolean } = {}) {
    this.#isStrict = options.isStrict ?? false;
  }

  /** Path of the folder that the next entry is in. */
  get path(): string {
    return this.#current.path;
  }

  get nextIsFolder(): boolean {
    return this.#foldersLeft > 0;
  }

  get isFolderComplete(): boolean {
    return this.#foldersLeft === 0 && this.#filesLeft === 0;
  }

  get isTreeComplete(): boolean {
    return this.isFolderComplete && this.#pending.length === 0;
  }

  folder(folderCount: number, fileCount: number): void {
    const next = this.#pending.pop();
    if (next === undefined) throw badIndex('it has a folder that none lists');
    this.#current = next;
    this.#foldersLeft = folderCount;
    this.#filesLeft = fileCount;
    this.#folderNames = [];
    this.#folderNameAt = 0;
    this.#lastName = undefined;
  }

  entry(name: Uint8Array): void {
    const isFolder = this.nextIsFolder;
    if (this.isFolderComplete) throw badIndex('a folder holds more entries than it says');
    if (this.#isStrict) this.#check(name, isFolder);
    if (isFolder) {
      if (this.#isStrict && this.#filesLeft > 0) this.#folderNames.push(name);
      const text = Buffer.from(name.buffer, name.byteOffset, name.length).toString();
      const path = this.#current.path === '' ? text : `${this.#current.path}/${text}`;
      this.#children.push({ path, pathBytes: this.#current.pathBytes + 1 + name.length, depth: this.#current.depth + 1 });
      if (--this.#foldersLeft === 0) {
        for (let child = this.#children.pop(); child !== undefined; child = this.#children.pop()) this.#pending.push(child);
        this.#lastName = undefined;
        return;
      }
    } else {
      this.#filesLeft--;
    }
    this.#lastName = name;
  }

  #check(name: Uint8Array, isFolder: boolean): void {
    if (!isUtf8(name)) throw badIndex('a name is not UTF-8');
    const text = Buffer.from(name.buffer, name.byteOffset, name.length).toString();
    const problem = nameProblem(text);
    if (problem !== undefined) throw badIndex(`the name ${JSON.stringify(text)} ${problem}`);
    if (this.#current.depth + 1 > indexLimits.depth) throw badIndex(`it is deeper than ${indexLimits.depth} folders`);
    if (this.#current.pathBytes + 1 + name.length > indexLimits.pathBytes)
      throw badIndex(`a path is longer than ${indexLimits.pathBytes} bytes`);
    if (this.#lastName !== undefined && Buffer.compare(this.#lastName, name) >= 0)
      throw badIndex(`the name ${JSON.stringify(text)} is out of order or comes twice`);
    if (isFolder) return;
    // Both lists ascend, so one pointer finds a name that is in both.
    for (; this.#folderNameAt < this.#folderNames.length; this.#folderNameAt++) {
      const order = Buffer.compare(this.#folderNames[this.#folderNameAt] ?? name, name);
      if (order === 0) throw badIndex(`the name ${JSON.stringify(text)} is both a folder and a file`);
      if (order > 0) break;
    }
  }
}
