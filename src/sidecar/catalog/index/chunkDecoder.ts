// Reads the chunks of a peer's index, in order, and hands what they hold to a sink. Trusts nothing; what it lets through is a well-formed
// tree of safe names. It makes no object for an entry: a million of them are read in half a second.

import { indexLimits } from '../../limits.ts';
import { badIndex, ByteReader } from './bytes.ts';
import { blockKinds, columnCount, formatVersion, inflate, type ChunkInfo } from './chunks.ts';
import { byteKinds, kindOfByte, nameBytesProblem, textOf } from './nameBytes.ts';
import type { IndexCounts, IndexSink } from './rows.ts';
import { TreeReader } from './treeReader.ts';

/** Checks blocks from a peer, in order, and hands their entries to a sink. Every fault throws AppError `protocol`. */
export class ChunkDecoder {
  readonly #sink: IndexSink;
  readonly #tree = new TreeReader();
  readonly #name = new NameReader();
  readonly #counts: IndexCounts = { folderCount: 0, fileCount: 0, totalBytes: 0 };
  #entries = 0;
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
    const tree = this.#tree;
    const name = this.#name;
    name.begin(suffixes);
    let time = 0;
    let isFirst = true;
    for (let rest = entryCount; rest > 0 || !folders.isAtEnd;) {
      if (tree.isFolderComplete) this.#folder(folders);
      else if (rest === 0) throw badIndex('a folder begins before the one before it ended');
      if (isFirst && tree.path !== info.firstFolder) throw badIndex('a chunk begins at another folder than its head says');
      isFirst = false;
      // All entries of this folder that the chunk has.
      for (; rest > 0 && !tree.isFolderComplete; rest--) {
        name.next(prefixes.byte());
        this.#namesBytes += name.bytes.length;
        time += times.int();
        if (time < indexLimits.mtimeMinMs || time > indexLimits.mtimeMs) throw badIndex('a time is out of range');
        const sizeBytes = tree.isFolderNext ? 0 : sizes.uint(indexLimits.sizeBytes);
        this.#count(tree.isFolderNext, sizeBytes);
        tree.entry(name.bytes, name.order);
        this.#sink.entry(name.bytes, sizeBytes, time);
      }
      if (this.#namesBytes > indexLimits.namesBytes) throw badIndex(`its names take more than ${indexLimits.namesBytes} bytes`);
    }
    if (isFirst) throw badIndex('a chunk is empty');
    name.end();
    for (const column of [folders, prefixes, sizes, times]) if (!column.isAtEnd) throw badIndex('a chunk has bytes left over');
  }

  /** After the last block: the whole tree must be there. */
  end(): IndexCounts {
    if (!this.#tree.isTreeComplete) throw badIndex('it ends too early');
    return this.#counts;
  }

  #folder(folders: ByteReader): void {
    const folderCount = folders.uint(indexLimits.entries);
    const fileCount = folders.uint(indexLimits.entries);
    this.#tree.folder(folderCount, fileCount);
    this.#sink.folder(folderCount, fileCount);
  }

  #count(isFolder: boolean, sizeBytes: number): void {
    if (isFolder) this.#counts.folderCount++;
    else this.#counts.fileCount++;
    this.#counts.totalBytes += sizeBytes;
    if (++this.#entries > indexLimits.entries) throw badIndex(`it has more than ${indexLimits.entries} entries`);
    if (this.#counts.totalBytes > indexLimits.sizeBytes) throw badIndex('its sizes add up to more than 2^53 bytes');
  }
}

/**
 * Reads names, each given by what it has in common with the one before, into one buffer. On the way it is known whether a name is above
 * the one before (only what is not in common need be compared), and whether it may be a name.
 */
class NameReader {
  /** The name; valid until the next one. */
  bytes: Uint8Array;
  /** Below 0, 0, or above 0: against the name before, in whatever chunk and folder that was. */
  order = 1;
  readonly #buffer = new Uint8Array(indexLimits.nameBytes);
  /** Views of the buffer, by length. */
  readonly #views = Array.from({ length: indexLimits.nameBytes + 1 }, (_, length) => this.#buffer.subarray(0, length));
  #length = 0;
  /** How much of the buffer the next name may begin with: nothing at the start of a chunk. */
  #inCommon = 0;
  /** Place of the first byte beyond ASCII; past the name when there is none. */
  #firstNonAscii: number = indexLimits.nameBytes;
  #suffixes: Uint8Array = this.#buffer;
  #at = 0;

  constructor() {
    this.bytes = this.#buffer.subarray(0, 0);
  }

  begin(suffixes: ByteReader): void {
    this.#suffixes = suffixes.rest();
    this.#at = 0;
    this.#inCommon = 0;
  }

  end(): void {
    if (this.#at !== this.#suffixes.length) throw badIndex('a chunk has bytes left over');
  }

  next(prefix: number): void {
    if (prefix > this.#inCommon) throw badIndex('a name begins with more than there is');
    const name = this.#buffer;
    const suffixes = this.#suffixes;
    const before = this.#length;
    let at = this.#at;
    let order = 0;
    let kinds = this.#firstNonAscii < prefix ? byteKinds.nonAscii : 0;
    let length = prefix;
    for (; ; length++) {
      const byte = suffixes[at++];
      if (byte === undefined) throw badIndex('it ends too early');
      if (byte === 0) break;
      if (length === name.length) throw badIndex('a name is too long or not ended');
      if (order === 0) order = length < before ? byte - (name[length] ?? 0) : 1;
      kinds |= kindOfByte[byte] ?? 0;
      name[length] = byte;
    }
    this.order = order === 0 && length < before ? -1 : order;
    this.#at = at;
    this.#length = this.#inCommon = length;
    const bytes = this.#views[length];
    if (bytes === undefined) throw new RangeError('every length has its view');
    this.bytes = bytes;
    if (this.#firstNonAscii >= prefix)
      this.#firstNonAscii = kinds & byteKinds.nonAscii ? firstNonAscii(bytes, prefix) : name.length;
    const problem = nameBytesProblem(bytes, kinds);
    if (problem !== undefined) throw badIndex(`the name ${JSON.stringify(textOf(bytes))} ${problem}`);
  }
}

function firstNonAscii(bytes: Uint8Array, from: number): number {
  let at = from;
  while ((bytes[at] ?? 128) < 128) at++;
  return at;
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
  const lengths = Array.from({ length: columnCount }, () => raw.uint(rawLength));
  const column = (index: number): ByteReader => new ByteReader(raw.raw(lengths[index] ?? 0));
  const columns: Columns = [column(0), column(1), column(2), column(3), column(4)];
  if (!raw.isAtEnd) throw badIndex('a chunk has bytes left over');
  return { columns, entryCount };
}
