// Feed blocks that carry an index: each chunk holds a run of it, column by column, under brotli. docs/index-format.md is the
// specification. Writes them; reading, which trusts nothing, is chunkDecoder.ts's.

import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';
import { indexLimits } from '../../limits.ts';
import { badIndex, ByteWriter } from './bytes.ts';
import { textOf } from './nameBytes.ts';
import type { IndexSink } from './rows.ts';

export const formatVersion = 1;
/** Second byte of a block. */
export const blockKinds = { head: 1, chunk: 2, delta: 3, details: 4 } as const;

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

export const columnCount = 5;

/** Collects an index into chunks and hands each one on. Names must have passed `nameProblem`. Call `end()` after the last entry. */
export class ChunkEncoder implements IndexSink {
  readonly #emit: (chunk: Chunk) => void;
  readonly #folders = new ByteWriter();
  readonly #prefixes = new ByteWriter(4096);
  readonly #suffixes = new ByteWriter(65_536);
  readonly #sizes = new ByteWriter(16_384);
  readonly #times = new ByteWriter(16_384);
  readonly #place = new FolderPlace();
  readonly #lastName = new Uint8Array(indexLimits.nameBytes);
  #lastLength = 0;
  #lastTime = 0;
  #entryCount = 0;
  #isEmpty = true;
  #firstFolder = '';

  constructor(emit: (chunk: Chunk) => void) {
    this.#emit = emit;
  }

  folder(folderCount: number, fileCount: number): void {
    this.#flushIfFull();
    this.#place.folder(folderCount);
    this.#begin();
    this.#folders.uint(folderCount);
    this.#folders.uint(fileCount);
  }

  entry(name: Uint8Array, sizeBytes: number, mtimeMs: number): void {
    this.#flushIfFull();
    this.#begin();
    if (this.#place.isFolderNext) this.#place.folderEntry(name);
    else this.#sizes.uint(sizeBytes);
    const last = this.#lastName;
    const most = Math.min(this.#lastLength, name.length);
    let prefix = 0;
    while (prefix < most && last[prefix] === name[prefix]) prefix++;
    this.#prefixes.byte(prefix);
    for (let at = prefix; at < name.length; at++) last[at] = name[at] ?? 0;
    this.#suffixes.rawShort(name, prefix);
    this.#suffixes.byte(0);
    this.#lastLength = name.length;
    this.#times.int(mtimeMs - this.#lastTime);
    this.#lastTime = mtimeMs;
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
    this.#firstFolder = this.#place.path;
  }

  #rawBytes(): number {
    return this.#folders.length + this.#prefixes.length + this.#suffixes.length + this.#sizes.length + this.#times.length;
  }

  #flush(): void {
    const raw = new ByteWriter(this.#rawBytes() + 64);
    const columns = [this.#folders, this.#prefixes, this.#suffixes, this.#sizes, this.#times];
    for (const column of columns) raw.uint(column.length);
    for (const column of columns) raw.raw(column.view());
    const block = blockOf(raw.view(), this.#entryCount);
    this.#emit({ block, entryCount: this.#entryCount, sizeBytes: block.length, firstFolder: this.#firstFolder });
    for (const column of columns) column.clear();
    this.#entryCount = 0;
    this.#isEmpty = true;
    this.#lastLength = 0;
    this.#lastTime = 0;
  }
}

function blockOf(raw: Uint8Array, entryCount: number): Uint8Array {
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
  // A window of 2^20 bytes holds every chunk that we write.
  const params = { [BROTLI_PARAM_QUALITY]: 5, [BROTLI_PARAM_LGWIN]: 20, [BROTLI_PARAM_SIZE_HINT]: raw.length };
  const compressed = brotliCompressSync(raw, { params });
  const out = new ByteWriter(compressed.length + 16);
  out.byte(formatVersion);
  out.byte(blockKinds.chunk);
  out.uint(entryCount);
  out.uint(raw.length);
  out.raw(compressed);
  return Uint8Array.from(out.view());
}

/** Bounded by what the block claims, which is bounded by the limits: a bomb stops there. */
export function inflate(bytes: Uint8Array, rawLength: number): Uint8Array {
  if (rawLength === 0) throw badIndex('a block is empty');
  let raw: Uint8Array;
  try {
    raw = brotliDecompressSync(bytes, { maxOutputLength: rawLength });
  } catch (error) {
    throw badIndex(`a block does not decompress to ${rawLength} bytes (${error instanceof Error ? error.message : 'unknown'})`);
  }
  if (raw.length !== rawLength) throw badIndex(`a block does not decompress to ${rawLength} bytes`);
  return raw;
}

interface PlacedFolder {
  parent: PlacedFolder | undefined;
  name: string;
}

/** Follows the order of an index that is known to be sound: which folder the next entry is in. */
class FolderPlace {
  /** Folders that still come, the next one last. */
  readonly #pending: PlacedFolder[] = [{ parent: undefined, name: '' }];
  readonly #children: PlacedFolder[] = [];
  #current: PlacedFolder | undefined;
  #foldersLeft = 0;

  get isFolderNext(): boolean {
    return this.#foldersLeft > 0;
  }

  /** Path of the folder that the next entry is in. */
  get path(): string {
    const names: string[] = [];
    for (let folder = this.#current; folder?.parent !== undefined; folder = folder.parent) names.unshift(folder.name);
    return names.join('/');
  }

  folder(folderCount: number): void {
    this.#current = this.#pending.pop();
    this.#foldersLeft = folderCount;
  }

  folderEntry(name: Uint8Array): void {
    this.#children.push({ parent: this.#current, name: textOf(name) });
    if (--this.#foldersLeft > 0) return;
    for (let child = this.#children.pop(); child !== undefined; child = this.#children.pop()) this.#pending.push(child);
  }
}
