// Ranges of one file, for looking at: verified by the sidecar, kept in bounded memory, each block fetched once however often it is asked for.
// All ranges are of one content: a file that changed meanwhile fails. Must not know `vscode`.

import { AppError } from '../../protocol/errors.ts';
import type { FetchedFile } from '../../protocol/model.ts';
import { limits } from '../limits.ts';
import { t } from '../text.ts';

export interface RangeSource {
  fetchRange(offset: number, length: number, signal: AbortSignal): Promise<FetchedFile>;
  /** Reads what was fetched. */
  readFile(localPath: string): Promise<Uint8Array>;
}

export class RangeReader {
  readonly sizeBytes: number;
  readonly #source: RangeSource;
  /** Least recently used first. */
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #running = new Map<number, Promise<Uint8Array>>();
  readonly #abort = new AbortController();
  #contentId: string | undefined;
  #fetchedBytes = 0;

  constructor(sizeBytes: number, source: RangeSource) {
    this.sizeBytes = sizeBytes;
    this.#source = source;
  }

  /** What came so far. */
  get fetchedBytes(): number {
    return this.#fetchedBytes;
  }

  /** Bytes from `offset`, fewer past the end. Kept for the next time. Rejects with AppError. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.sizeBytes, offset + length);
    if (end <= offset) return new Uint8Array(0);
    const first = Math.floor(offset / limits.viewerBlockBytes);
    const last = Math.floor((end - 1) / limits.viewerBlockBytes);
    const blocks = await Promise.all(this.#blocksOf(first, last));
    const bytes = new Uint8Array(end - offset);
    for (const [at, block] of blocks.entries()) {
      const blockAt = (first + at) * limits.viewerBlockBytes;
      const from = Math.max(0, offset - blockAt);
      const to = Math.min(block.length, end - blockAt);
      if (to < from) throw changed();
      bytes.set(block.subarray(from, to), blockAt + from - offset);
    }
    return bytes;
  }

  /** Bytes that are passed through once: not kept, and given up when nobody waits for them. */
  async passing(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    return this.#fetch(offset, Math.min(length, this.sizeBytes - offset), AbortSignal.any([signal, this.#abort.signal]));
  }

  /** Ends what is being fetched. */
  dispose(): void {
    this.#abort.abort();
    this.#blocks.clear();
  }

  /** Neighbours that are missing come in one range. */
  #blocksOf(first: number, last: number): Promise<Uint8Array>[] {
    for (let index = first; index <= last; index++) {
      if (this.#isThere(index)) continue;
      let end = index;
      while (end < last && !this.#isThere(end + 1)) end += 1;
      this.#begin(index, end);
      index = end;
    }
    return Array.from({ length: last - first + 1 }, (_, at) => this.#block(first + at));
  }

  #isThere(index: number): boolean {
    return this.#blocks.has(index) || this.#running.has(index);
  }

  #block(index: number): Promise<Uint8Array> {
    const running = this.#running.get(index);
    if (running !== undefined) return running;
    const known = this.#blocks.get(index) ?? new Uint8Array(0);
    this.#blocks.delete(index);
    this.#blocks.set(index, known);
    return Promise.resolve(known);
  }

  #begin(first: number, last: number): void {
    const size = limits.viewerBlockBytes;
    const offset = first * size;
    const fetching = this.#fetch(offset, Math.min((last + 1) * size, this.sizeBytes) - offset, this.#abort.signal);
    for (let index = first; index <= last; index++) {
      const block = fetching
        .then((bytes) => {
          const at = (index - first) * size;
          // A copy where it came with others, so that letting go of it frees its memory.
          const kept = first === last ? bytes : bytes.slice(at, at + size);
          this.#keep(index, kept);
          return kept;
        })
        .finally(() => this.#running.delete(index));
      block.catch(() => undefined); // told to whoever asked
      this.#running.set(index, block);
    }
  }

  #keep(index: number, bytes: Uint8Array): void {
    this.#blocks.set(index, bytes);
    for (const oldest of this.#blocks.keys()) {
      if (this.#blocks.size <= limits.viewerBlocks) break;
      this.#blocks.delete(oldest);
    }
  }

  async #fetch(offset: number, length: number, signal: AbortSignal): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      const fetched = await this.#source.fetchRange(offset, length, signal);
      if (fetched.sizeBytes !== this.sizeBytes || fetched.contentId !== (this.#contentId ??= fetched.contentId)) throw changed();
      let bytes: Uint8Array;
      try {
        bytes = await this.#source.readFile(fetched.localPath);
      } catch (error) {
        // Evicted from the sidecar's cache between its answer and our reading.
        if (attempt === 1 && (error as NodeJS.ErrnoException).code === 'ENOENT') continue;
        throw new AppError('io', error instanceof Error ? error.message : '', { cause: error });
      }
      this.#fetchedBytes += bytes.byteLength;
      if (bytes.byteLength !== length) throw changed();
      return bytes;
    }
  }
}

function changed(): AppError {
  return new AppError('changed', t('Open it again to see what it is now.'));
}
