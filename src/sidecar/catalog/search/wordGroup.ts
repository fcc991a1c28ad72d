// Collects the folded names of one group of files and the words in them: each word once, with the files that have it. Part of making a
// search file (searchWriter.ts); everything is in growing typed arrays, since there are millions.

import { isWordByte } from './kernel.ts';
import { threesBit, threesBytes } from './searchFormat.ts';

const wordBytes = Uint8Array.from({ length: 256 }, (_, byte) => (isWordByte(byte) ? 1 : 0));

export interface GroupParts {
  threes: Buffer;
  words: Buffer;
  starts: Buffer;
  occurrences: Buffer;
  names: Buffer;
  wordCount: number;
}

export class WordGroup {
  #names = Buffer.allocUnsafeSlow(1 << 20);
  #length = 0;
  #files = 0;
  /** Of every word met, in order: its number * 4 + flags (see kernel.ts, spread), and the file. */
  #met = new Uint32Array(1 << 18);
  #metFiles = new Uint16Array(1 << 18);
  #metCount = 0;
  /** Of every different word: where it is in the names first, its length and hash. */
  #wordAt = new Uint32Array(1 << 14);
  #wordLength = new Uint16Array(1 << 14);
  #wordHash = new Uint32Array(1 << 14);
  #wordCount = 0;
  /** For take, to be used again: making a file for every one of many shares leaves no garbage. */
  #ends = new Uint32Array(0);
  #next = new Uint32Array(0);
  #sorted = new Uint32Array(0);
  #occurrenceBytes = Buffer.alloc(0);
  #startBytes = Buffer.alloc(0);
  #wordBytes = Buffer.alloc(0);
  /** Open addressing; word number + 1, 0 = free. Never more than half full. */
  #table = new Uint32Array(1 << 15);

  get files(): number {
    return this.#files;
  }

  get namesLength(): number {
    return this.#length;
  }

  /** Room for a name of so many bytes and its 0, and where it must be written. */
  place(bytes: number): { names: Buffer; start: number } {
    if (this.#length + bytes + 1 > this.#names.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.#names.length * 2, this.#length + bytes + 1));
      this.#names.copy(larger, 0, 0, this.#length);
      this.#names = larger;
    }
    return { names: this.#names, start: this.#length };
  }

  /** A name lies at `place(…)` up to before `end`; without its extension it ends at `stemEnd`. */
  add(end: number, stemEnd: number): void {
    const names = this.#names;
    const first = this.#length;
    names[end] = 0;
    this.#length = end + 1;
    for (let at = first; at < end;) {
      let hash = 0x811c9dc5;
      const start = at;
      // FNV-1a, http://www.isthe.com/chongo/tech/comp/fnv/
      for (let byte = names[at] ?? 0; wordBytes[byte] === 1; byte = names[++at] ?? 0) hash = Math.imul(hash ^ byte, 0x01000193);
      if (at === start) {
        at++;
        continue;
      }
      const isFirst = start === first ? 2 : 0;
      const isWhole = isFirst !== 0 && (at === end || at === stemEnd) ? 1 : 0;
      this.#meet(this.#numberOf(start, at - start, hash >>> 0) * 4 + isFirst + isWhole);
    }
    this.#files++;
  }

  /** All of it as it is written, and begins anew. All are views, valid until the next name is placed. */
  take(): GroupParts {
    const words = this.#words();
    const parts = { ...this.#occurrences(), words, threes: threesOf(words), names: this.#names.subarray(0, this.#length) };
    const wordCount = this.#wordCount;
    this.clear();
    return { ...parts, wordCount };
  }

  clear(): void {
    this.#length = this.#files = this.#metCount = this.#wordCount = 0;
    this.#table.fill(0);
  }

  #meet(value: number): void {
    if (this.#metCount === this.#met.length) {
      this.#met = grown(this.#met, new Uint32Array(this.#met.length * 2));
      this.#metFiles = grown(this.#metFiles, new Uint16Array(this.#metFiles.length * 2));
    }
    this.#met[this.#metCount] = value;
    this.#metFiles[this.#metCount++] = this.#files;
  }

  #numberOf(start: number, length: number, hash: number): number {
    const mask = this.#table.length - 1;
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const number = (this.#table[slot] ?? 0) - 1;
      if (number < 0) break;
      if (
        this.#wordHash[number] === hash &&
        this.#wordLength[number] === length &&
        this.#isSame(this.#wordAt[number] ?? 0, start, length)
      )
        return number;
      slot = (slot + 1) & mask;
    }
    return this.#newWord(slot, start, length, hash);
  }

  #isSame(one: number, other: number, length: number): boolean {
    const names = this.#names;
    for (let at = 0; at < length; at++) if (names[one + at] !== names[other + at]) return false;
    return true;
  }

  #newWord(slot: number, start: number, length: number, hash: number): number {
    const number = this.#wordCount++;
    if (number === this.#wordAt.length) {
      this.#wordAt = grown(this.#wordAt, new Uint32Array(number * 2));
      this.#wordLength = grown(this.#wordLength, new Uint16Array(number * 2));
      this.#wordHash = grown(this.#wordHash, new Uint32Array(number * 2));
    }
    this.#wordAt[number] = start;
    this.#wordLength[number] = length;
    this.#wordHash[number] = hash;
    this.#table[slot] = number + 1;
    if (this.#wordCount * 2 > this.#table.length) this.#rehash();
    return number;
  }

  #rehash(): void {
    const table = new Uint32Array(this.#table.length * 2);
    const mask = table.length - 1;
    for (let number = 0; number < this.#wordCount; number++) {
      const hash = this.#wordHash[number] ?? 0;
      let slot = (hash ^ (hash >>> 15)) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = number + 1;
    }
    this.#table = table;
  }

  #words(): Buffer {
    let bytes = 0;
    for (let number = 0; number < this.#wordCount; number++) bytes += (this.#wordLength[number] ?? 0) + 1;
    if (this.#wordBytes.length < bytes) this.#wordBytes = Buffer.allocUnsafeSlow(bytes * 2);
    const words = this.#wordBytes.subarray(0, bytes).fill(0);
    let at = 0;
    for (let number = 0; number < this.#wordCount; number++) {
      const start = this.#wordAt[number] ?? 0;
      at += this.#names.copy(words, at, start, start + (this.#wordLength[number] ?? 0)) + 1;
    }
    return words;
  }

  #occurrences(): { starts: Buffer; occurrences: Buffer } {
    // By word (counting sort), each word's in order of the files.
    if (this.#ends.length < this.#wordCount + 1) {
      this.#ends = new Uint32Array(this.#wordCount * 2 + 2);
      this.#next = new Uint32Array(this.#wordCount * 2 + 2);
      this.#startBytes = Buffer.allocUnsafeSlow(this.#wordCount * 8 + 8);
    }
    if (this.#sorted.length < this.#metCount) {
      this.#sorted = new Uint32Array(this.#met.length);
      this.#occurrenceBytes = Buffer.allocUnsafeSlow(this.#met.length * 3);
    }
    const ends = this.#ends;
    const next = this.#next;
    const sorted = this.#sorted;
    ends.fill(0);
    for (let at = 0; at < this.#metCount; at++) {
      const number = (this.#met[at] ?? 0) >>> 2;
      ends[number + 1] = (ends[number + 1] ?? 0) + 1;
    }
    for (let number = 0; number < this.#wordCount; number++) ends[number + 1] = (ends[number + 1] ?? 0) + (ends[number] ?? 0);
    next.set(ends);
    for (let at = 0; at < this.#metCount; at++) {
      const met = this.#met[at] ?? 0;
      const place = next[met >>> 2] ?? 0;
      sorted[place] = (this.#metFiles[at] ?? 0) * 4 + (met & 3);
      next[met >>> 2] = place + 1;
    }
    const occurrences = this.#occurrenceBytes;
    const starts = this.#startBytes.subarray(0, (this.#wordCount + 1) * 4);
    let fill = 0;
    for (let number = 0; number < this.#wordCount; number++) {
      starts.writeUInt32LE(fill, number * 4);
      let before = 0;
      for (let at = ends[number] ?? 0; at < (ends[number + 1] ?? 0); at++) {
        const file = (sorted[at] ?? 0) >>> 2;
        let value = (file - before) * 4 + ((sorted[at] ?? 0) & 3);
        before = file;
        for (; value >= 128; value >>>= 7) occurrences[fill++] = (value & 127) | 128;
        occurrences[fill++] = value;
      }
    }
    starts.writeUInt32LE(fill, this.#wordCount * 4);
    return { starts, occurrences: occurrences.subarray(0, fill) };
  }
}

const threesBuffer = Buffer.alloc(threesBytes);

/** See threesBit. */
function threesOf(words: Buffer): Buffer {
  threesBuffer.fill(0);
  const bits = threesBuffer;
  let [a, b] = [0, 0];
  for (const c of words) {
    if (a !== 0 && b !== 0 && c !== 0) {
      const bit = threesBit(a, b, c);
      bits[bit >> 3] = (bits[bit >> 3] ?? 0) | (1 << (bit & 7));
    }
    [a, b] = [b, c];
  }
  return bits;
}

function grown<T extends Uint32Array | Uint16Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
