// Bencoding (BEP 3), read and written in its one canonical form: keys sorted and never twice, numbers without leading zeros, nothing after the end.
// Texts are bytes: keys and values are kept as `latin1` strings and buffers, what they mean is for others.

import { AppError } from './errors.ts';

export type BValue = Buffer | number | BValue[] | BDict;
/** Keys are bytes, one character each (`latin1`). Read ones are in order; written ones are put in order. */
export type BDict = Map<string, BValue>;

export interface BencodeLimits {
  bytes: number;
  depth: number;
  /** Values in all: each costs about 100 bytes. */
  values: number;
}

/** Throws `invalid-argument` that names the place in the bytes, or `too-large`. */
export function readBencode(bytes: Uint8Array, limits: BencodeLimits): BValue {
  if (bytes.length > limits.bytes)
    throw new AppError('too-large', `There are ${bytes.length} bytes; at most ${limits.bytes} are read.`);
  return new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), limits).all();
}

export function writeBencode(value: BValue): Buffer {
  const parts: Buffer[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

/** A key or text of UTF-8 as keys are kept. */
export function keyOf(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function write(value: BValue, parts: Buffer[]): void {
  if (typeof value === 'number') parts.push(Buffer.from(`i${value}e`));
  else if (Buffer.isBuffer(value)) parts.push(Buffer.from(`${value.length}:`), value);
  else if (Array.isArray(value)) {
    parts.push(Buffer.from('l'));
    for (const item of value) write(item, parts);
    parts.push(Buffer.from('e'));
  } else {
    parts.push(Buffer.from('d'));
    const keys = [...value.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)); // one character is one byte
    for (const key of keys) {
      write(Buffer.from(key, 'latin1'), parts);
      write(value.get(key) ?? 0, parts);
    }
    parts.push(Buffer.from('e'));
  }
}

const [letterD, letterE, letterI, letterL, colon, minus, zero, nine] = [...Buffer.from('deil:-09')];
/** Digits of the largest whole number that a double holds exactly. */
const mostDigits = 16;

class Reader {
  readonly #bytes: Buffer;
  readonly #limits: BencodeLimits;
  #at = 0;
  #values = 0;

  constructor(bytes: Buffer, limits: BencodeLimits) {
    this.#bytes = bytes;
    this.#limits = limits;
  }

  all(): BValue {
    const value = this.#value(0);
    if (this.#at < this.#bytes.length) throw this.#wrong('there is something after the end');
    return value;
  }

  #value(depth: number): BValue {
    if (depth > this.#limits.depth) throw this.#wrong(`it is nested deeper than ${this.#limits.depth}`);
    if (++this.#values > this.#limits.values) throw this.#wrong(`there are more than ${this.#limits.values} values`);
    const first = this.#bytes[this.#at];
    if (first === letterI) {
      this.#at++;
      return this.#number(letterE, true);
    }
    if (first === letterL) return this.#list(depth);
    if (first === letterD) return this.#dict(depth);
    return this.#string();
  }

  #list(depth: number): BValue[] {
    const items: BValue[] = [];
    this.#at++;
    while (!this.#isEnd()) items.push(this.#value(depth + 1));
    return items;
  }

  #dict(depth: number): BDict {
    const dict: BDict = new Map();
    let before: string | undefined;
    this.#at++;
    while (!this.#isEnd()) {
      const key = this.#string().toString('latin1');
      if (before !== undefined && key <= before) throw this.#wrong('keys are not in order, or one stands there twice');
      before = key;
      dict.set(key, this.#value(depth + 1));
    }
    return dict;
  }

  #isEnd(): boolean {
    const next = this.#bytes[this.#at];
    if (next === undefined) throw this.#wrong('it ends too early');
    if (next !== letterE) return false;
    this.#at++;
    return true;
  }

  #string(): Buffer {
    const length = this.#number(colon, false);
    if (length > this.#bytes.length - this.#at) throw this.#wrong('a text is longer than all that is there');
    return this.#bytes.subarray(this.#at, (this.#at += length));
  }

  /** Digits up to `end`, in the one way to write that number. */
  #number(end: number | undefined, mayBeNegative: boolean): number {
    const start = this.#at;
    if (mayBeNegative && this.#bytes[this.#at] === minus) this.#at++;
    const digits = this.#at;
    while (this.#isDigit() && this.#at - digits <= mostDigits) this.#at++;
    const text = this.#bytes.toString('latin1', start, this.#at);
    const value = Number(text);
    const isCanonical = String(value) === text && Number.isSafeInteger(value) && !Object.is(value, -0);
    if (text === '' || !isCanonical || this.#bytes[this.#at] !== end) {
      this.#at = start;
      throw this.#wrong('there is no value, or a number that is not written as it must be');
    }
    this.#at++;
    return value;
  }

  #isDigit(): boolean {
    const byte = this.#bytes[this.#at];
    return byte !== undefined && zero !== undefined && nine !== undefined && byte >= zero && byte <= nine;
  }

  #wrong(problem: string): AppError {
    return new AppError('invalid-argument', `Byte ${this.#at}: ${problem}.`);
  }
}
