// Reading through a file in order, for what cannot be known otherwise: where words occur, where a line begins. Nothing of it is kept but marks
// of lines. Every step can be cancelled. Must not know `vscode`.

import { cancelled } from '../failures.ts';
import { limits } from '../limits.ts';

export interface Passing {
  readonly sizeBytes: number;
  passing(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array>;
}

export interface ScanOptions {
  signal: AbortSignal;
  /** Bytes that were looked through. */
  onProgress: (done: number) => void;
}

export interface Query {
  bytes: Uint8Array;
  isCaseSensitive: boolean;
}

export interface Found {
  offset: number;
  isWrapped: boolean;
}

/** Bytes of a query: text as UTF-8, or pairs of hexadecimal digits (spaces between them count for nothing). Undefined when it is none. */
export function queryOf(
  text: string,
  { isHex, isCaseSensitive }: { isHex: boolean; isCaseSensitive: boolean },
): Query | undefined {
  if (!isHex) return { bytes: new TextEncoder().encode(text), isCaseSensitive };
  const digits = text.replace(/\s+/g, '');
  if (digits === '' || !/^([0-9a-f]{2})+$/i.test(digits)) return undefined;
  return { bytes: Buffer.from(digits, 'hex'), isCaseSensitive: true };
}

/** The next place from `from` on (backwards: that begins before it), then round from the other end. Letters A to Z alone are folded. */
export async function find(
  file: Passing,
  query: Query,
  { from, isBackwards, ...options }: ScanOptions & { from: number; isBackwards: boolean },
): Promise<Found | undefined> {
  const size = file.sizeBytes;
  const reach = query.bytes.length - 1;
  const parts = isBackwards
    ? [
        { start: 0, end: Math.min(size, from + reach), isWrapped: false },
        { start: from, end: size, isWrapped: true },
      ]
    : [
        { start: Math.min(from, size), end: size, isWrapped: false },
        { start: 0, end: Math.min(size, from + reach), isWrapped: true },
      ];
  let before = 0;
  for (const { start, end, isWrapped } of parts) {
    const offset = await findIn(file, query, {
      ...options,
      start,
      end,
      isBackwards,
      onProgress: (done) => options.onProgress(Math.min(size, before + done)),
    });
    if (offset !== undefined) return { offset, isWrapped };
    before += end - start;
  }
  return undefined;
}

async function findIn(
  file: Passing,
  query: Query,
  options: ScanOptions & { start: number; end: number; isBackwards: boolean },
): Promise<number | undefined> {
  const { start, end, isBackwards, signal } = options;
  const needle = Buffer.from(query.isCaseSensitive ? query.bytes : lowered(query.bytes));
  const reach = needle.length - 1;
  // Neighbouring steps overlap, so that what lies across a border is found.
  const steps = stepsOf(end - start, reach, ({ at, length }) =>
    isBackwards ? { offset: end - at - length, length } : { offset: start + at, length },
  );
  let done = 0;
  for await (const { offset, bytes } of readAhead(file, steps, signal)) {
    const hay = Buffer.from(query.isCaseSensitive ? bytes : lowered(bytes));
    const at = isBackwards ? hay.lastIndexOf(needle) : hay.indexOf(needle);
    if (at >= 0) return offset + at;
    done += bytes.length;
    options.onProgress(done);
  }
  return undefined;
}

/** Small ones first: what is near is found at once. */
function* stepLengths(): Generator<number> {
  for (let length = limits.viewerBlockBytes; ; length = Math.min(limits.viewerScanBytes, length * 2)) yield length;
}

interface Step {
  offset: number;
  length: number;
}

/** One after another, never as a list: a peer can say that its file has petabytes. `place` says where in the file a step lies. */
function* stepsOf(
  total: number,
  reach: number,
  place: (step: { at: number; length: number }) => Step,
): Generator<Step, undefined, undefined> {
  let at = 0;
  for (const length of stepLengths()) {
    if (at >= total) break;
    const taken = Math.min(total - at, length + reach);
    yield place({ at, length: taken });
    if (at + taken >= total) break;
    at += length;
  }
}

/** The steps' bytes in order, each asked for while the one before is looked at. */
async function* readAhead(
  file: Passing,
  steps: Iterator<Step, undefined>,
  signal: AbortSignal,
): AsyncGenerator<{ offset: number; bytes: Uint8Array }> {
  const ended = new AbortController();
  const both = AbortSignal.any([signal, ended.signal]);
  const ask = (): { offset: number; bytes: Promise<Uint8Array> } | undefined => {
    const step = steps.next().value;
    if (step === undefined) return undefined;
    const bytes = file.passing(step.offset, step.length, both);
    bytes.catch(() => undefined); // told where it is awaited, if it is
    return { offset: step.offset, bytes };
  };
  let next = ask();
  try {
    while (next !== undefined) {
      if (signal.aborted) throw cancelled();
      const { offset, bytes } = next;
      next = ask();
      yield { offset, bytes: await bytes };
    }
  } finally {
    ended.abort();
  }
}

function lowered(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let at = 0; at < copy.length; at++) {
    const byte = copy[at] ?? 0;
    if (byte >= 0x41 && byte <= 0x5a) copy[at] = byte | 0x20;
  }
  return copy;
}

/** Where lines begin, as far as the file was looked through. */
export class Lines {
  readonly #file: Passing;
  /** Line `line` (from 1) begins at or before `offset`, with its number counted by the line feeds before `offset`. Ascending. */
  readonly #marks: { offset: number; line: number }[] = [{ offset: 0, line: 1 }];

  constructor(file: Passing) {
    this.#file = file;
  }

  /** Where line `wanted` begins (from the end for negative ones); the last one when there are fewer (the first, from the end). */
  async find(wanted: number, options: ScanOptions): Promise<{ offset: number; line: number }> {
    return wanted > 0 ? this.#fromStart(wanted, options) : this.#fromEnd(-wanted, options);
  }

  async #fromStart(wanted: number, { signal, onProgress }: ScanOptions): Promise<{ offset: number; line: number }> {
    const mark = this.#marks.findLast(({ line }) => line < wanted) ?? { offset: 0, line: 1 };
    let { line } = mark;
    let begins = 0;
    let isKnown = mark.offset === 0;
    if (wanted === 1) return { offset: 0, line: 1 };
    const { sizeBytes } = this.#file;
    const steps = stepsOf(sizeBytes - mark.offset, 0, ({ at, length }) => ({ offset: mark.offset + at, length }));
    for await (const { offset, bytes } of readAhead(this.#file, steps, signal)) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      for (let at = buffer.indexOf(10); at >= 0; at = buffer.indexOf(10, at + 1)) {
        // A line feed that ends the file begins no line.
        if (offset + at + 1 >= sizeBytes) break;
        line += 1;
        begins = offset + at + 1;
        isKnown = true;
        if (line === wanted) return { offset: begins, line };
      }
      onProgress(offset + bytes.length);
      this.#mark({ offset: offset + bytes.length, line });
    }
    return isKnown ? { offset: begins, line } : this.#fromEnd(1, { signal, onProgress });
  }

  async #fromEnd(wanted: number, { signal, onProgress }: ScanOptions): Promise<{ offset: number; line: number }> {
    const { sizeBytes } = this.#file;
    const steps = stepsOf(sizeBytes, 0, ({ at, length }) => ({ offset: sizeBytes - at - length, length }));
    let count = 1;
    for await (const { offset, bytes } of readAhead(this.#file, steps, signal)) {
      const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
      const last = offset + bytes.length === sizeBytes ? bytes.length - 2 : bytes.length - 1;
      for (let at = last < 0 ? -1 : buffer.lastIndexOf(10, last); at >= 0; at = at === 0 ? -1 : buffer.lastIndexOf(10, at - 1)) {
        if (count === wanted) return { offset: offset + at + 1, line: -wanted };
        count += 1;
      }
      onProgress(sizeBytes - offset);
    }
    return { offset: 0, line: 1 };
  }

  #mark(mark: { offset: number; line: number }): void {
    const last = this.#marks.at(-1);
    if (last !== undefined && mark.offset > last.offset && this.#marks.length < limits.viewerMarks) this.#marks.push(mark);
  }
}
