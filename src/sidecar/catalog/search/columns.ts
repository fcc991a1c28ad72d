// How a search file's sections are written: numbers and bytes in runs, each section at its own place of the file.

import { writeSync } from 'node:fs';
import { extensionBytes, noExtension, otherExtension } from './searchFormat.ts';

const bufferBytes = 65_536;
/** Of columns that are closed. */
const spareBuffers: Buffer[] = [];

export class Column {
  readonly #descriptor: number;
  #position: number;
  readonly #buffer = spareBuffers.pop() ?? Buffer.allocUnsafeSlow(bufferBytes);
  #fill = 0;

  constructor(descriptor: number, position: number) {
    this.#descriptor = descriptor;
    this.#position = position;
  }

  u8(value: number): void {
    this.#room(1);
    this.#buffer[this.#fill++] = value;
  }

  u16(value: number): void {
    this.#room(2);
    this.#fill = this.#buffer.writeUInt16LE(value, this.#fill);
  }

  u32(value: number): void {
    this.#room(4);
    this.#fill = this.#buffer.writeUInt32LE(value >>> 0, this.#fill);
  }

  f64(value: number): void {
    this.#room(8);
    this.#fill = this.#buffer.writeDoubleLE(value, this.#fill);
  }

  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    if (bytes.length > bufferBytes) {
      writeAll(this.#descriptor, bytes, this.#position);
      this.#position += bytes.length;
      return;
    }
    this.#buffer.set(bytes, this.#fill);
    this.#fill += bytes.length;
  }

  flush(): void {
    writeAll(this.#descriptor, this.#buffer.subarray(0, this.#fill), this.#position);
    this.#position += this.#fill;
    this.#fill = 0;
  }

  /** Nothing is written after this; its memory is used again. */
  close(): void {
    if (spareBuffers.length < 16) spareBuffers.push(this.#buffer);
  }

  #room(bytes: number): void {
    if (this.#fill + bytes > bufferBytes) this.flush();
  }
}

/** Gives every extension a number, from 1. Short ones, which nearly all are, without making a string. */
export class Extensions {
  readonly #short = new Map<number, number>();
  readonly #long = new Map<string, number>();
  readonly #all: string[] = [];

  number(bytes: Buffer, start: number, end: number): number {
    const length = end - start;
    if (length > extensionBytes) return noExtension;
    if (length > 6) return this.#known(this.#long, bytes.toString('latin1', start, end), bytes, start, end);
    let packed = 0;
    for (let at = start; at < end; at++) packed = packed * 256 + (bytes[at] ?? 0);
    return this.#known(this.#short, packed, bytes, start, end);
  }

  bytes(): Buffer {
    return Buffer.from(this.#all.map((extension) => `${extension}\0`).join(''), 'latin1');
  }

  #known<Key>(map: Map<Key, number>, key: Key, bytes: Buffer, start: number, end: number): number {
    const known = map.get(key);
    if (known !== undefined) return known;
    if (this.#all.length >= otherExtension - 1) return otherExtension;
    this.#all.push(bytes.toString('latin1', start, end));
    map.set(key, this.#all.length);
    return this.#all.length;
  }
}

export function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, position + at);
}
