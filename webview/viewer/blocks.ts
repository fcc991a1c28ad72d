// Blocks of a file that the page holds, bounded, and one run of bytes made of them. Must not know the page.

export const blockBytes = 64 * 1024;
/** 8 MiB. */
const maxBlocks = 128;

/** Bytes of the file from `offset` on, without gaps. */
export interface Span {
  offset: number;
  bytes: Uint8Array;
  /** Of the whole file. */
  sizeBytes: number;
}

export interface Range {
  offset: number;
  length: number;
}

export class Blocks {
  readonly sizeBytes: number;
  /** Least recently used first. */
  readonly #blocks = new Map<number, Uint8Array>();

  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
  }

  /** What is missing of [from, to), as ranges of whole blocks; those that `coming` ranges bring are not. */
  missing(from: number, to: number, coming: readonly Range[] = []): Range[] {
    const ranges: Range[] = [];
    for (const index of this.#indexes(from, to)) {
      const offset = index * blockBytes;
      if (this.#blocks.has(index) || coming.some((range) => range.offset <= offset && offset < range.offset + range.length))
        continue;
      const length = Math.min(blockBytes, this.sizeBytes - offset);
      const last = ranges.at(-1);
      if (last !== undefined && last.offset + last.length === offset) last.length += length;
      else ranges.push({ offset, length });
    }
    return ranges;
  }

  /** `offset` is a block's. What is not a whole block is passed over. */
  put(offset: number, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += blockBytes) {
      const block = bytes.slice(at, at + blockBytes);
      if (offset + at + block.length < this.sizeBytes && block.length < blockBytes) break;
      const index = (offset + at) / blockBytes;
      this.#blocks.delete(index);
      this.#blocks.set(index, block);
    }
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= maxBlocks) break;
      this.#blocks.delete(oldest);
    }
  }

  /** The bytes around `around` that are here, at most from `from` to `to`; undefined when those at `around` are not. */
  span(from: number, around: number, to: number): Span | undefined {
    const at = Math.floor(around / blockBytes);
    if (!this.#blocks.has(at)) return undefined;
    let first = at;
    let last = at;
    while (first > 0 && (first - 1) * blockBytes >= from - blockBytes && this.#blocks.has(first - 1)) first -= 1;
    while ((last + 1) * blockBytes < Math.min(to, this.sizeBytes) && this.#blocks.has(last + 1)) last += 1;
    const parts: Uint8Array[] = [];
    for (let index = first; index <= last; index++) {
      const block = this.#blocks.get(index) ?? new Uint8Array(0);
      this.#blocks.delete(index);
      this.#blocks.set(index, block);
      parts.push(block);
    }
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let length = 0;
    for (const part of parts) {
      bytes.set(part, length);
      length += part.length;
    }
    return { offset: first * blockBytes, bytes, sizeBytes: this.sizeBytes };
  }

  #indexes(from: number, to: number): number[] {
    const first = Math.floor(Math.max(0, from) / blockBytes);
    const end = Math.ceil(Math.min(this.sizeBytes, to) / blockBytes);
    return Array.from({ length: Math.max(0, end - first) }, (_, at) => first + at);
  }
}
