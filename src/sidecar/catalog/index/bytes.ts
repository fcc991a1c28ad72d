// Growing byte columns, and their strict reader. Integers are LEB128, exact up to 2^53 - 1; nothing here knows what they mean.

import { AppError } from '../../../protocol/errors.ts';

/** A peer's index that breaks the format. */
export function badIndex(what: string): AppError {
  return new AppError('protocol', `The index is damaged or hostile: ${what}. Ask its owner to share the folder again.`);
}

export class ByteWriter {
  #bytes: Uint8Array;
  length = 0;

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity);
  }

  /** Whole, not negative, at most 2^53 - 1. */
  uint(value: number): void {
    this.#reserve(8);
    this.#uint(value);
  }

  /** Sign and magnitude: six bits of it and the sign (64) in the first byte, then LEB128. */
  int(value: number): void {
    this.#reserve(9);
    const sign = value < 0 ? 64 : 0;
    const magnitude = Math.abs(value);
    if (magnitude < 64) this.#bytes[this.length++] = magnitude | sign;
    else {
      this.#bytes[this.length++] = (magnitude % 64) | sign | 128;
      this.#uint(Math.floor(magnitude / 64));
    }
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.length++] = value;
  }

  /** Few bytes, from one place on: faster than `raw` for a name. */
  rawShort(bytes: Uint8Array, from = 0): void {
    this.#reserve(bytes.length - from);
    const own = this.#bytes;
    let length = this.length;
    for (let at = from; at < bytes.length; at++) own[length++] = bytes[at] ?? 0;
    this.length = length;
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A view, valid until the next write. */
  view(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  clear(): void {
    this.length = 0;
  }

  #uint(value: number): void {
    let rest = value;
    // Numbers up to 2^31 have faster arithmetic.
    for (; rest >= 0x7fffffff; rest = Math.floor(rest / 128)) this.#bytes[this.length++] = (rest % 128) | 128;
    for (; rest >= 128; rest >>>= 7) this.#bytes[this.length++] = (rest & 127) | 128;
    this.#bytes[this.length++] = rest;
  }

  #reserve(count: number): void {
    if (this.length + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.length + count));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }
}

/** Reads what ByteWriter wrote; anything short, too large or not in its shortest form throws `protocol`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  uint(maximum: number): number {
    const first = this.byte();
    const value = first < 128 ? first : this.#longUint(first);
    if (value > maximum) throw badIndex(`a number is above ${maximum}`);
    return value;
  }

  int(): number {
    const first = this.byte();
    let magnitude = first & 63;
    if (first >= 128) {
      const high = this.uint(2 ** 47 - 1);
      if (high === 0) throw badIndex('a number is not in its shortest form');
      magnitude += high * 64;
    }
    if (first === 64) throw badIndex('a number is minus zero');
    return first & 64 ? -magnitude : magnitude;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw badIndex('it ends too early');
    this.#at++;
    return byte;
  }

  raw(count: number): Uint8Array {
    if (count > this.#bytes.length - this.#at) throw badIndex('it ends too early');
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  /** All that is left. */
  rest(): Uint8Array {
    return this.raw(this.#bytes.length - this.#at);
  }

  /** Bytes up to a NUL, which is read too; at most `maximum` of them. */
  untilNul(maximum: number): Uint8Array {
    const limit = Math.min(this.#bytes.length, this.#at + maximum + 1);
    let end = this.#at;
    while (end < limit && this.#bytes[end] !== 0) end++;
    if (end === limit) throw badIndex('a name is too long or not ended');
    const bytes = this.#bytes.subarray(this.#at, end);
    this.#at = end + 1;
    return bytes;
  }

  #longUint(first: number): number {
    let value = first & 127;
    for (let count = 1, scale = 128; count < 8; count++, scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) {
        if (byte === 0) throw badIndex('a number is not in its shortest form');
        return value;
      }
    }
    throw badIndex('a number is longer than 8 bytes');
  }
}
