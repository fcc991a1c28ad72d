// A file as rows, as far as bytes of it are here: what a row is, where the one before and after begins. Two ways: lines of text, and sixteen bytes.

import type { Span } from './blocks.ts';

export interface Row {
  offset: number;
  /** Where the next one begins. */
  end: number;
  /** False for the rest of a line that was cut for its length. */
  beginsLine: boolean;
}

export interface RowForm {
  /** The row that begins at `offset`; undefined when its end is not here. */
  rowAt(span: Span, offset: number): Row | undefined;
  /** Where the row that `offset` lies in begins. */
  startOf(span: Span, offset: number): number;
  /** What is needed before and after a place to draw `rows` rows there. */
  reach(rows: number): { before: number; after: number };
  /** Bytes of the longest row. */
  readonly longestBytes: number;
}

/** Lines longer than this go on in another row: a row has at most twice as many bytes. */
const cutBytes = 4096;
const lineFeed = 10;

/**
 * Text: rows end with a line feed. A line is cut at each multiple of 4 KiB (of the file) that has no line feed in the 4 KiB before it, so that where
 * rows begin can be told from what is near, wherever one comes from.
 */
export const textRows: RowForm = {
  rowAt(span, offset) {
    if (offset >= span.sizeBytes) return undefined;
    const feed = span.bytes.indexOf(lineFeed, offset - span.offset);
    const lineEnd = feed < 0 ? span.sizeBytes : span.offset + feed + 1;
    const end = cutBetween(span, offset, lineEnd) ?? lineEnd;
    if (end > span.offset + span.bytes.length) return undefined;
    return { offset, end, beginsLine: offset === 0 || span.bytes[offset - span.offset - 1] === lineFeed };
  },

  startOf(span, offset) {
    const place = Math.min(offset, span.sizeBytes - 1);
    let start = Math.max(span.offset, safeStart(span, place));
    for (let row = this.rowAt(span, start); row !== undefined && row.end <= place; row = this.rowAt(span, start)) start = row.end;
    return start;
  },

  reach: (rows) => ({ before: 4 * cutBytes + rows * 256, after: 2 * cutBytes + rows * 512 }),
  // A sign of several bytes is not cut.
  longestBytes: 2 * cutBytes + 3,
};

export const hexRowBytes = 16;

export const hexRows: RowForm = {
  rowAt: (span, offset) => {
    const end = Math.min(span.sizeBytes, offset + hexRowBytes);
    const isHere = offset >= span.offset && end <= span.offset + span.bytes.length && offset < span.sizeBytes;
    return isHere ? { offset, end, beginsLine: true } : undefined;
  },
  startOf: (span, offset) => Math.floor(Math.min(offset, span.sizeBytes - 1) / hexRowBytes) * hexRowBytes,
  reach: (rows) => ({ before: rows * hexRowBytes, after: rows * hexRowBytes }),
  longestBytes: hexRowBytes,
};

/** Up to `count` rows from the one that begins at `offset`. */
export function rowsFrom(form: RowForm, span: Span, offset: number, count: number): Row[] {
  const rows: Row[] = [];
  for (let at = offset; rows.length < count;) {
    const row = form.rowAt(span, at);
    if (row === undefined) break;
    rows.push(row);
    at = row.end;
  }
  return rows;
}

/** The `count` rows before the one that begins at `offset`, fewer at the start of the file or where bytes are not here. In order. */
export function rowsBefore(form: RowForm, span: Span, offset: number, count: number): Row[] {
  const rows: Row[] = [];
  for (let at = offset; rows.length < count && at > span.offset;) {
    const start = form.startOf(span, at - 1);
    // Whether a row begins where the bytes do cannot be told.
    if (start === span.offset && start > 0) break;
    const row = form.rowAt(span, start);
    if (row === undefined || row.end !== at) break;
    rows.unshift(row);
    at = start;
  }
  return rows;
}

/** How many of these rows begin a line. */
export function linesBegun(rows: readonly Row[]): number {
  return rows.filter(({ beginsLine }) => beginsLine).length;
}

/** The first place after `offset` and before `lineEnd` where its line is cut. */
function cutBetween(span: Span, offset: number, lineEnd: number): number | undefined {
  for (let cut = (Math.floor(offset / cutBytes) + 1) * cutBytes; cut < lineEnd; cut += cutBytes) {
    const place = onSign(span, cut);
    if (place <= offset || place >= lineEnd) continue;
    if (isCut(span, cut)) return place;
    if (cut - cutBytes >= offset + cutBytes) return undefined;
  }
  return undefined;
}

function isCut(span: Span, cut: number): boolean {
  if (cut - cutBytes < 0) return false;
  const from = Math.max(0, cut - cutBytes - span.offset);
  const before = span.bytes.subarray(from, Math.max(from, cut - span.offset));
  // The first row of a file begins without a line feed before it.
  return !before.includes(lineFeed) && cut > cutBytes;
}

/** Not inside a sign of several bytes (UTF-8). */
function onSign(span: Span, offset: number): number {
  let place = offset;
  while (place < offset + 3 && ((span.bytes[place - span.offset] ?? 0) & 0xc0) === 0x80) place += 1;
  return place;
}

/** A row begins there, surely: after a line feed, at a cut, or at the start of the file. */
function safeStart(span: Span, place: number): number {
  const feed = place - span.offset - 1 < 0 ? -1 : span.bytes.lastIndexOf(lineFeed, place - span.offset - 1);
  const afterFeed = feed < 0 ? span.offset : span.offset + feed + 1;
  for (let cut = Math.floor(place / cutBytes) * cutBytes; cut > afterFeed + cutBytes; cut -= cutBytes) {
    if (isCut(span, cut) && onSign(span, cut) <= place) return onSign(span, cut);
  }
  return afterFeed;
}
