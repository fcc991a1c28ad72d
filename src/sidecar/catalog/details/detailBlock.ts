// Feed blocks that carry what is known of files beyond their names. docs/index-format.md is the specification. The decoder trusts nothing of
// a block; whether the index has the files that it speaks of is asked elsewhere.

import { isUtf8 } from 'node:buffer';
import { brotliCompressSync, constants } from 'node:zlib';
import type { DetailField } from '../../../protocol/model.ts';
import { detailLimits, indexLimits } from '../../limits.ts';
import { pathProblem } from '../../storage/safePath.ts';
import { badIndex, ByteReader, ByteWriter } from '../index/bytes.ts';
import { blockKinds, formatVersion, inflate } from '../index/chunks.ts';
import { NamesReader, NamesWriter } from '../index/delta.ts';
import { comparePaths } from '../index/names.ts';
import { fieldNumbers, fieldOfNumber, isMime, type DetailRecord } from './detailRecord.ts';

/** Bits of a record's flags. */
const has = { contentId: 1, mime: 2, fields: 4 } as const;
const columnCount = 8;
const contentIdBytes = 32;

/** Feed blocks that hold the records, none of which is of the same path as another. */
export function encodeDetails(records: readonly DetailRecord[]): { block: Uint8Array; recordCount: number }[] {
  const blocks: { block: Uint8Array; recordCount: number }[] = [];
  let columns = new Columns();
  const flush = (): void => {
    if (columns.recordCount === 0) return;
    blocks.push({ block: columns.block(), recordCount: columns.recordCount });
    columns = new Columns();
  };
  for (const record of records.toSorted((one, other) => comparePaths(one.path, other.path))) {
    if (columns.recordCount >= detailLimits.blockRecords || columns.rawBytes >= detailLimits.blockRawBytes) flush();
    columns.add(record);
  }
  flush();
  return blocks;
}

/** A column that grows by a record can pass `blockRawBytes` by one record. */
const mostRawBytes = detailLimits.blockRawBytes + 16_384;

/** Throws AppError `protocol`. Fields that are not known are left out. */
export function decodeDetails(block: Uint8Array): { records: DetailRecord[]; rawBytes: number } {
  if (block.length > indexLimits.blockBytes) throw badIndex(`a block is longer than ${indexLimits.blockBytes} bytes`);
  const outer = new ByteReader(block);
  if (outer.byte() !== formatVersion) throw badIndex('its format is of another version');
  if (outer.byte() !== blockKinds.details) throw badIndex('a block does not hold details');
  const recordCount = outer.uint(detailLimits.blockRecords);
  if (recordCount === 0) throw badIndex('a block is empty');
  const rawBytes = outer.uint(mostRawBytes);
  const reader = new RecordReader(new ByteReader(inflate(outer.rest(), rawBytes)));
  const records: DetailRecord[] = [];
  for (let count = 0; count < recordCount; count++) records.push(reader.next());
  reader.end();
  return { records, rawBytes };
}

class Columns {
  recordCount = 0;
  readonly #columns = Array.from({ length: columnCount }, () => new ByteWriter(1024));
  readonly #paths = new NamesWriter(columnOf(this.#columns, 0), columnOf(this.#columns, 1));
  readonly #mimes = new Map<string, number>();
  #lastTime = 0;

  get rawBytes(): number {
    return this.#columns.reduce((sum, { length }) => sum + length, 0);
  }

  add({ path, sizeBytes, mtimeMs, contentId, mime, fields }: DetailRecord): void {
    const [, , states, flags, contentIds, mimes, shapes, texts] = this.#columns as Eight<ByteWriter>;
    const known = Object.entries(fields) as [DetailField, string][];
    this.#paths.add(path);
    states.uint(sizeBytes);
    states.int(mtimeMs - this.#lastTime);
    this.#lastTime = mtimeMs;
    flags.byte((contentId ? has.contentId : 0) | (mime === undefined ? 0 : has.mime) | (known.length > 0 ? has.fields : 0));
    if (contentId) contentIds.raw(contentId);
    if (mime !== undefined) {
      // A type that is new is written out where it first comes.
      const number = this.#mimes.get(mime) ?? this.#mimes.size;
      mimes.uint(number);
      if (number === this.#mimes.size) {
        this.#mimes.set(mime, number);
        mimes.raw(Buffer.from(mime));
        mimes.byte(0);
      }
    }
    if (known.length > 0) {
      shapes.byte(known.length);
      for (const [field, value] of known.sort(([one], [other]) => fieldNumbers[one] - fieldNumbers[other])) {
        const bytes = Buffer.from(value);
        shapes.byte(fieldNumbers[field]);
        shapes.uint(bytes.length);
        texts.raw(bytes);
      }
    }
    this.recordCount++;
  }

  block(): Uint8Array {
    const raw = new ByteWriter(this.rawBytes + 64);
    for (const column of this.#columns) raw.uint(column.length);
    for (const column of this.#columns) raw.raw(column.view());
    const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_LGWIN, BROTLI_PARAM_SIZE_HINT } = constants;
    const compressed = brotliCompressSync(raw.view(), {
      params: { [BROTLI_PARAM_QUALITY]: 5, [BROTLI_PARAM_LGWIN]: 20, [BROTLI_PARAM_SIZE_HINT]: raw.length },
    });
    const out = new ByteWriter(compressed.length + 24);
    out.byte(formatVersion);
    out.byte(blockKinds.details);
    out.uint(this.recordCount);
    out.uint(raw.length);
    out.raw(compressed);
    return Uint8Array.from(out.view());
  }
}

class RecordReader {
  readonly #columns: ByteReader[];
  readonly #paths: NamesReader;
  readonly #mimes: string[] = [];
  #lastPath: string | undefined;
  #lastTime = 0;

  constructor(raw: ByteReader) {
    const lengths = Array.from({ length: columnCount }, () => raw.uint(mostRawBytes));
    this.#columns = lengths.map((length) => new ByteReader(raw.raw(length)));
    if (!raw.isAtEnd) throw badIndex('a block has bytes left over');
    this.#paths = new NamesReader(columnOf(this.#columns, 0), columnOf(this.#columns, 1), indexLimits.pathBytes);
  }

  next(): DetailRecord {
    const [, , states, flags, contentIds] = this.#columns as Eight<ByteReader>;
    const path = this.#path();
    const sizeBytes = states.uint(indexLimits.sizeBytes);
    this.#lastTime += states.int();
    if (this.#lastTime < indexLimits.mtimeMinMs || this.#lastTime > indexLimits.mtimeMs) throw badIndex('a time is out of range');
    const flag = flags.byte();
    if (flag === 0 || flag > (has.contentId | has.mime | has.fields)) throw badIndex('a record says nothing, or what none can');
    return {
      ...{ path, sizeBytes, mtimeMs: this.#lastTime },
      contentId: flag & has.contentId ? Uint8Array.from(contentIds.raw(contentIdBytes)) : undefined,
      mime: flag & has.mime ? this.#mime() : undefined,
      fields: flag & has.fields ? this.#fields() : {},
    };
  }

  end(): void {
    if (this.#columns.some((column) => !column.isAtEnd)) throw badIndex('a block has bytes left over');
  }

  #path(): string {
    const { text: path } = this.#paths.next();
    const problem = pathProblem(path);
    if (problem !== undefined) throw badIndex(`the path ${JSON.stringify(path.slice(0, 200))} ${problem}`);
    if (this.#lastPath !== undefined && comparePaths(this.#lastPath, path) >= 0)
      throw badIndex(`the path ${JSON.stringify(path)} is out of order or comes twice`);
    this.#lastPath = path;
    return path;
  }

  #mime(): string {
    const column = columnOf(this.#columns, 5);
    const number = column.uint(this.#mimes.length);
    const known = this.#mimes[number];
    if (known !== undefined) return known;
    const mime = Buffer.from(column.untilNul(detailLimits.mimeBytes)).toString('latin1');
    if (!isMime(mime)) throw badIndex(`${JSON.stringify(mime)} is not a media type`);
    this.#mimes.push(mime);
    return mime;
  }

  #fields(): DetailRecord['fields'] {
    const shapes = columnOf(this.#columns, 6);
    const texts = columnOf(this.#columns, 7);
    const count = shapes.byte();
    if (count === 0 || count > detailLimits.recordFields) throw badIndex('a record has no texts, or too many');
    const fields: DetailRecord['fields'] = {};
    let bytesLeft: number = detailLimits.recordTextBytes;
    let last = 0;
    for (let index = 0; index < count; index++) {
      const number = shapes.byte();
      if (number <= last) throw badIndex('the texts of a record are out of order');
      last = number;
      const length = shapes.uint(bytesLeft);
      bytesLeft -= length;
      const bytes = texts.raw(length);
      if (!isUtf8(bytes)) throw badIndex('a text is not UTF-8');
      const field = fieldOfNumber.get(number);
      if (field !== undefined) fields[field] = Buffer.from(bytes).toString();
    }
    return fields;
  }
}

type Eight<T> = [T, T, T, T, T, T, T, T];

function columnOf<T>(columns: readonly T[], index: number): T {
  const column = columns[index];
  if (column === undefined) throw new RangeError('no such column');
  return column;
}
