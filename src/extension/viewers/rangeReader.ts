// Ranges of one file, for looking at: verified by the sidecar, kept in bounded memory, each block fetched once however often it is asked for.
// All ranges are of one content: a file that changed meanwhile fails. Must not know `vscode`.

import { AppError } from '../../protocol/errors.ts';
import type { FetchedFile } from '../../protocol/model.ts';
import { cancelled } from '../failures.ts';
import { limits } from '../limits.ts';
import { t } from '../text.ts';

export interface RangeSource {
  fetchRange(offset: number, length: number, signal: AbortSignal): Promise<FetchedFile>;
  /** Reads what was fetched. */
  readFile(localPath: string): Promise<Uint8Array>;
}

/** One transfer, for one or several neighbouring blocks. */
interface Fetching {
  abort: AbortController;
  /** Reads that wait for a block of it. */
  readers: number;
}

export class RangeReader {
  readonly sizeBytes: number;
  readonly #source: RangeSource;
  /** Least recently used first. */
  readonly #blocks = new Map<number, Uint8Array>();
  readonly #running = new Map<number, { bytes: Promise<Uint8Array>; fetching: Fetching }>();
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

  /**
   * Bytes from `offset`, fewer past the end. Kept for the next time. Rejects with AppError: `cancelled` when `signal` says so, which ends the
   * transfers that nobody else waits for.
   */
  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    const end = Math.min(this.sizeBytes, offset + length);
    if (end <= offset) return new Uint8Array(0);
    const first = Math.floor(offset / limits.viewerBlockBytes);
    const last = Math.floor((end - 1) / limits.viewerBlockBytes);
    const blocks = await this.#blocksOf(first, last, signal);
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
  async #blocksOf(first: number, last: number, signal: AbortSignal | undefined): Promise<Uint8Array[]> {
    for (let index = first; index <= last; index++) {
      if (this.#isThere(index)) continue;
      let end = index;
      while (end < last && !this.#isThere(end + 1)) end += 1;
      this.#begin(index, end);
      index = end;
    }
    const indexes = Array.from({ length: last - first + 1 }, (_, at) => first + at);
    const awaited = new Set(indexes.map((index) => this.#running.get(index)?.fetching).filter((one) => one !== undefined));
    for (const fetching of awaited) fetching.readers += 1;
    try {
      return await unlessAborted(Promise.all(indexes.map((index) => this.#block(index))), signal);
    } finally {
      for (const fetching of awaited) {
        fetching.readers -= 1;
        if (fetching.readers === 0) this.#end(fetching);
      }
    }
  }

  #isThere(index: number): boolean {
    return this.#blocks.has(index) || this.#running.has(index);
  }

  #block(index: number): Promise<Uint8Array> {
    const running = this.#running.get(index);
    if (running !== undefined) return running.bytes;
    const known = this.#blocks.get(index) ?? new Uint8Array(0);
    this.#blocks.delete(index);
    this.#blocks.set(index, known);
    return Promise.resolve(known);
  }

  #begin(first: number, last: number): void {
    const size = limits.viewerBlockBytes;
    const offset = first * size;
    const fetching: Fetching = { abort: new AbortController(), readers: 0 };
    const signal = AbortSignal.any([fetching.abort.signal, this.#abort.signal]);
    const fetched = this.#fetch(offset, Math.min((last + 1) * size, this.sizeBytes) - offset, signal);
    for (let index = first; index <= last; index++) {
      const bytes = fetched.then((all) => {
        const at = (index - first) * size;
        // A copy where it came with others, so that letting go of it frees its memory.
        const kept = first === last ? all : all.slice(at, at + size);
        this.#keep(index, kept);
        return kept;
      });
      bytes.catch(() => undefined); // told to whoever asked
      this.#running.set(index, { bytes, fetching });
    }
    fetched.then(
      () => this.#end(fetching),
      () => this.#end(fetching),
    );
  }

  /** It is over, or nobody waits for it: who asks from now on does not get what becomes of it. */
  #end(fetching: Fetching): void {
    for (const [index, running] of this.#running) if (running.fetching === fetching) this.#running.delete(index);
    fetching.abort.abort();
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

/** Rejects with `cancelled` as soon as it is aborted. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const stop = (): void => reject(cancelled());
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function changed(): AppError {
  return new AppError('changed', t('Open it again to see what it is now.'));
}
