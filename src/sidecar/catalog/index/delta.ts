// Feed blocks that carry one step of an index: what changed since the block before. docs/index-format.md is the specification. The
// decoder trusts nothing of a block; whether the step fits the index is seen when it is applied.

import { isUtf8 } from 'node:buffer';
import { brotliCompressSync, constants } from 'node:zlib';
import type { Entry } from '../../../protocol/model.ts';
import { indexLimits } from '../../limits.ts';
import { nameProblem, pathProblem } from '../../storage/safePath.ts';
import { badIndex, ByteReader, ByteWriter } from './bytes.ts';
import { blockKinds, formatVersion, inflate } from './chunks.ts';
import { compareNames, comparePaths } from './names.ts';
import type { Delta, FolderChange, IndexCounts } from './rows.ts';

export type BlockKind = keyof typeof blockKinds;

/** What a feed block is; says nothing of whether it is well-formed. Throws `protocol` when it is none of ours. */
export function blockKind(block: Uint8Array): BlockKind {
  if (block[0] !== formatVersion) throw badIndex('its format is of another version');
  for (const kind of ['head', 'chunk', 'delta'] as const) if (blockKinds[kind] === block[1]) return kind;
  throw badIndex('a block is of an unknown kind');
}

/** Changed entries and folders in a delta, as `indexLimits.deltaEntries` counts them. */
export function deltaEntries(folders: readonly FolderChange[]): number {
  return folders.reduce((sum, { removed, set }) => sum + 1 + removed.length + set.length, 0);
}

/**
 * A feed block; `headBlock` is the block of the snapshot's head that it builds on. Throws RangeError when the step is too large for one
 * block: then `splitDelta` it, or write a snapshot.
 */
export function encodeDelta(delta: Delta, headBlock: number): Uint8Array {
  const folders = delta.folders.toSorted((one, other) => comparePaths(one.path, other.path));
  if (deltaEntries(folders) > indexLimits.deltaEntries) throw new RangeError('a delta has too many entries');
  const columns = new DeltaColumns(delta.updatedAtMs);
  for (const change of folders) columns.add(change);
  const body = columns.bytes();
  const raw = new ByteWriter(body.length + 64);
  const { folderCount, fileCount, totalBytes } = delta.counts;
  for (const value of [delta.updatedAtMs, folderCount, fileCount, totalBytes, folders.length]) raw.uint(value);
  raw.raw(body);
  if (raw.length > indexLimits.deltaRawBytes) throw new RangeError('a delta has too many bytes');
  const compressed = brotliCompressSync(raw.view(), {
    params: {
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_QUALITY]: 5,
      [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
    },
  });
  const out = new ByteWriter(compressed.length + 24);
  out.byte(formatVersion);
  out.byte(blockKinds.delta);
  out.uint(headBlock);
  out.uint(raw.length);
  out.raw(compressed);
  if (out.length > indexLimits.blockBytes) throw new RangeError('a delta has too many bytes');
  return Uint8Array.from(out.view());
}

/** `block` was found at `index` of a feed. Throws AppError `protocol`. */
export function decodeDelta(block: Uint8Array, index: number): { delta: Delta; headBlock: number } {
  if (block.length > indexLimits.blockBytes) throw badIndex(`a block is longer than ${indexLimits.blockBytes} bytes`);
  const outer = new ByteReader(block);
  if (outer.byte() !== formatVersion) throw badIndex('its format is of another version');
  if (outer.byte() !== blockKinds.delta) throw badIndex('a block is not a delta');
  const headBlock = outer.uint(indexLimits.feedBlocks);
  if (headBlock >= index || index - headBlock > indexLimits.deltaBlocks)
    throw badIndex('a delta builds on a head that is not its own');
  const rawLength = outer.uint(indexLimits.deltaRawBytes);
  const raw = new ByteReader(inflate(outer.rest(), rawLength));
  const updatedAtMs = raw.uint(indexLimits.mtimeMs);
  const counts: IndexCounts = {
    folderCount: raw.uint(indexLimits.entries),
    fileCount: raw.uint(indexLimits.entries),
    totalBytes: raw.uint(indexLimits.sizeBytes),
  };
  if (counts.folderCount + counts.fileCount > indexLimits.entries)
    throw badIndex(`it has more than ${indexLimits.entries} entries`);
  const folderCount = raw.uint(indexLimits.deltaEntries);
  const reader = new DeltaReader(raw, updatedAtMs);
  const folders: FolderChange[] = [];
  for (let count = 0; count < folderCount; count++) folders.push(reader.next());
  reader.end();
  return { delta: { updatedAtMs, counts, folders }, headBlock };
}

const columnCount = 8;

/** Writes names one after another, each by what it has in common with the one before. */
export class NamesWriter {
  readonly #prefixes: ByteWriter;
  readonly #suffixes: ByteWriter;
  #last = Buffer.alloc(0);

  constructor(prefixes: ByteWriter, suffixes: ByteWriter) {
    this.#prefixes = prefixes;
    this.#suffixes = suffixes;
  }

  add(name: string): void {
    const bytes = Buffer.from(name);
    let prefix = 0;
    while (prefix < bytes.length && bytes[prefix] === this.#last[prefix]) prefix++;
    this.#prefixes.uint(prefix);
    this.#suffixes.raw(bytes.subarray(prefix));
    this.#suffixes.byte(0);
    this.#last = bytes;
  }
}

/** Reads what NamesWriter wrote. */
export class NamesReader {
  readonly #prefixes: ByteReader;
  readonly #suffixes: ByteReader;
  readonly #maximum: number;
  #last = Buffer.alloc(0);

  constructor(prefixes: ByteReader, suffixes: ByteReader, maximum: number) {
    this.#prefixes = prefixes;
    this.#suffixes = suffixes;
    this.#maximum = maximum;
  }

  next(): { text: string; byteLength: number } {
    const prefix = this.#prefixes.uint(this.#last.length);
    const suffix = this.#suffixes.untilNul(this.#maximum - prefix);
    this.#last = Buffer.concat([this.#last.subarray(0, prefix), suffix]);
    if (!isUtf8(this.#last)) throw badIndex('a name is not UTF-8');
    return { text: this.#last.toString(), byteLength: this.#last.length };
  }
}

class DeltaColumns {
  readonly #columns = Array.from({ length: columnCount }, () => new ByteWriter(256));
  readonly #paths = new NamesWriter(this.#column(0), this.#column(1));
  readonly #shapes = this.#column(2);
  readonly #names = new NamesWriter(this.#column(3), this.#column(4));
  readonly #kinds = this.#column(5);
  readonly #sizes = this.#column(6);
  readonly #times = this.#column(7);
  #lastFolderTime: number;
  #lastTime: number;

  constructor(updatedAtMs: number) {
    this.#lastFolderTime = this.#lastTime = updatedAtMs;
  }

  add({ path, mtimeMs, removed, set }: FolderChange): void {
    this.#paths.add(path);
    this.#shapes.uint(removed.length);
    this.#shapes.uint(set.length);
    if (path !== '') {
      this.#shapes.int(mtimeMs - this.#lastFolderTime);
      this.#lastFolderTime = mtimeMs;
    }
    for (const name of removed) this.#names.add(name);
    for (const entry of set) {
      this.#names.add(entry.name);
      this.#kinds.byte(entry.kind === 'folder' ? 1 : 0);
      if (entry.kind === 'file') this.#sizes.uint(entry.sizeBytes);
      this.#times.int(entry.mtimeMs - this.#lastTime);
      this.#lastTime = entry.mtimeMs;
    }
  }

  bytes(): Uint8Array {
    const out = new ByteWriter(4096);
    for (const column of this.#columns) out.uint(column.length);
    for (const column of this.#columns) out.raw(column.view());
    return out.view();
  }

  #column(index: number): ByteWriter {
    const column = this.#columns[index];
    if (column === undefined) throw new RangeError('no such column');
    return column;
  }
}

class DeltaReader {
  readonly #columns: ByteReader[];
  readonly #paths: NamesReader;
  readonly #names: NamesReader;
  #lastPath: string | undefined;
  #lastFolderTime: number;
  #lastTime: number;
  #entries = 0;

  constructor(raw: ByteReader, updatedAtMs: number) {
    const lengths = Array.from({ length: columnCount }, () => raw.uint(indexLimits.deltaRawBytes));
    this.#columns = lengths.map((length) => new ByteReader(raw.raw(length)));
    if (!raw.isAtEnd) throw badIndex('a delta has bytes left over');
    this.#paths = new NamesReader(this.#column(0), this.#column(1), indexLimits.pathBytes);
    this.#names = new NamesReader(this.#column(3), this.#column(4), indexLimits.nameBytes);
    this.#lastFolderTime = this.#lastTime = updatedAtMs;
  }

  next(): FolderChange {
    const { text: path, byteLength } = this.#paths.next();
    const problem = path === '' ? undefined : pathProblem(path);
    if (problem !== undefined) throw badIndex(`the path ${JSON.stringify(path.slice(0, 200))} ${problem}`);
    if (this.#lastPath !== undefined && comparePaths(this.#lastPath, path) >= 0)
      throw badIndex(`the path ${JSON.stringify(path)} is out of order or comes twice`);
    this.#lastPath = path;
    const shapes = this.#column(2);
    const removedCount = shapes.uint(indexLimits.deltaEntries);
    const setCount = shapes.uint(indexLimits.deltaEntries);
    this.#entries += 1 + removedCount + setCount;
    if (this.#entries > indexLimits.deltaEntries) throw badIndex(`a delta has more than ${indexLimits.deltaEntries} entries`);
    if (path !== '') this.#lastFolderTime = timeFrom(this.#lastFolderTime, shapes);
    const mtimeMs = path === '' ? 0 : this.#lastFolderTime;
    if (removedCount + setCount > 0 && path !== '' && path.split('/').length + 1 > indexLimits.depth)
      throw badIndex(`it is deeper than ${indexLimits.depth} folders`);
    const longest = path === '' ? indexLimits.pathBytes : indexLimits.pathBytes - byteLength - 1;
    const removed = this.#list(removedCount, longest, (name) => name);
    const set = this.#list(setCount, longest, (name) => this.#entry(name));
    return { path, mtimeMs, removed, set };
  }

  end(): void {
    if (this.#columns.some((column) => !column.isAtEnd)) throw badIndex('a delta has bytes left over');
  }

  #list<Item>(count: number, longest: number, make: (name: string) => Item): Item[] {
    const items: Item[] = [];
    let last: string | undefined;
    for (let index = 0; index < count; index++) {
      const { text: name, byteLength } = this.#names.next();
      const problem = nameProblem(name);
      if (problem !== undefined) throw badIndex(`the name ${JSON.stringify(name)} ${problem}`);
      if (byteLength > longest) throw badIndex(`a path is longer than ${indexLimits.pathBytes} bytes`);
      if (last !== undefined && compareNames(last, name) >= 0)
        throw badIndex(`the name ${JSON.stringify(name)} is out of order or comes twice`);
      last = name;
      items.push(make(name));
    }
    return items;
  }

  #entry(name: string): Entry {
    const isFolder = this.#column(5).byte();
    if (isFolder > 1) throw badIndex('an entry is neither a file nor a folder');
    const sizeBytes = isFolder ? 0 : this.#column(6).uint(indexLimits.sizeBytes);
    this.#lastTime = timeFrom(this.#lastTime, this.#column(7));
    return { name, kind: isFolder ? 'folder' : 'file', sizeBytes, mtimeMs: this.#lastTime };
  }

  #column(index: number): ByteReader {
    const column = this.#columns[index];
    if (column === undefined) throw new RangeError('no such column');
    return column;
  }
}

function timeFrom(last: number, column: ByteReader): number {
  const mtimeMs = last + column.int();
  if (mtimeMs < indexLimits.mtimeMinMs || mtimeMs > indexLimits.mtimeMs) throw badIndex('a time is out of range');
  return mtimeMs;
}
