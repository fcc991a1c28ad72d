// One read being served: from an open file (or what is there of one) to chunks, a block ahead of its reader. Everything that it holds is let go
// after the last byte, on stop, and on any error.

import { asAppError } from '../../../protocol/errors.ts';
import type { Rate } from '../rates.ts';
import { readChanged, notShared, wasCancelled } from '../failures.ts';
import { wireLimits } from '../../limits.ts';
import { blockBytes, giveBlockBack, takeBlock } from './blocks.ts';
import { endedEarly } from './refusals.ts';
import type { Permit } from './slots.ts';

/** Where the bytes come from. */
export interface UploadContent {
  /** Fills the whole block from this position of the file; throws `changed` when there is less. Or answers the bytes itself. */
  read(position: number, block: (bytes: number) => Buffer, length: number): Promise<Uint8Array>;
  /** After the last byte: throws `changed` when it is not what it was. */
  check(): Promise<void>;
  release(): void;
}

export interface UploadOptions {
  content: UploadContent;
  path: string;
  /** First byte, and the one after the last. */
  offset: number;
  end: number;
  /** Told at the end. */
  root: Uint8Array | undefined;
  permit: Permit;
  signal: AbortSignal;
  rate: Rate;
  key: string;
  /** Asked before each block: what is ignored now, or whose share is gone, is not sent to its end. */
  isShared(): boolean;
  /** Taken by the reader. */
  onSent(bytes: number): void;
  /** Once. Without a failure it was read to its end. */
  onEnd(failure: unknown): void;
}

export class Upload {
  readonly #options: UploadOptions;
  /** Blocks that may be used again: the one given and the one read ahead. */
  readonly #taken = new Set<Buffer>();
  #reading: Promise<unknown> | undefined;
  #stopping: Promise<void> | undefined;
  #failure: unknown;
  #isFinished = false;

  constructor(options: UploadOptions) {
    this.#options = options;
    for (const signal of [options.signal, options.permit.signal]) signal.addEventListener('abort', this.#abort, { once: true });
    // Not here: whoever makes it must have it first.
    if (options.permit.signal.aborted || options.signal.aborted) queueMicrotask(this.#abort);
  }

  /** Given up before its first byte, a plain generator would not run its `finally`: what it holds is let go here then. */
  bytes(): AsyncIterable<Uint8Array> {
    const chunks = this.#chunks();
    const giveUp = async () => {
      void chunks.return();
      await this.stop(wasCancelled());
      return { done: true as const, value: undefined };
    };
    return { [Symbol.asyncIterator]: () => ({ next: () => chunks.next(), return: giveUp }) };
  }

  end(): Promise<Uint8Array | undefined> {
    return this.#isFinished ? Promise.resolve(this.#options.root) : Promise.reject(endedEarly());
  }

  /** Ends it when it is not for this peer any more: now, not with the next block. */
  checkShared(): void {
    if (!this.#options.isShared()) void this.stop(notShared(this.#options.path));
  }

  /** Ends it. Resolves when nothing reads the file any more. */
  stop(failure: unknown): Promise<void> {
    this.#stopping ??= this.#stop(failure);
    return this.#stopping;
  }

  readonly #abort = (): void => {
    const { permit } = this.#options;
    void this.stop(permit.signal.aborted ? permit.signal.reason : wasCancelled());
  };

  async *#chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    const { offset, end, permit } = this.#options;
    try {
      let position = offset;
      let next = this.#readBlock(position);
      while (position < end) {
        const block = await next;
        this.#check();
        if (!this.#options.isShared()) throw notShared(this.#options.path);
        position += block.byteLength;
        next = this.#readBlock(position);
        if (position >= end) await this.#finish();
        for (let at = 0; at < block.byteLength;) {
          const chunk = block.subarray(at, at + this.#chunkBytes);
          if (this.#options.rate.isLimited) await this.#waitForRate(chunk.byteLength);
          this.#check();
          yield chunk;
          at += chunk.byteLength;
          this.#options.onSent(chunk.byteLength);
          permit.sent(chunk.byteLength);
        }
        // All of its chunks were copied. A block that is left earlier may still have one on its way, and is not used again.
        if (this.#stopping === undefined) this.#giveBack(block);
      }
      if (!this.#isFinished) await this.#finish();
      await this.stop(undefined);
    } catch (error) {
      await this.stop(error);
      throw asAppError(this.#failure ?? error);
    } finally {
      await this.stop(wasCancelled());
    }
  }

  get #chunkBytes(): number {
    return this.#options.rate.isLimited ? wireLimits.sliceBytes : wireLimits.linkSliceBytes;
  }

  async #waitForRate(bytes: number): Promise<void> {
    const { rate, permit, signal, key } = this.#options;
    // Waits that end with the permit too: `stop` is what the waiting then finds.
    await rate.take(bytes, { signal, key });
    permit.excuse();
  }

  #check(): void {
    if (this.#stopping !== undefined) throw asAppError(this.#failure ?? wasCancelled());
  }

  /** All bytes were read: the file must be as it was. */
  async #finish(): Promise<void> {
    this.#check();
    await this.#options.content.check();
    this.#isFinished = true;
  }

  async #stop(failure: unknown): Promise<void> {
    const { content, permit, signal } = this.#options;
    this.#failure = failure;
    for (const each of [signal, permit.signal]) each.removeEventListener('abort', this.#abort);
    permit.release();
    this.#options.onEnd(failure);
    await this.#reading?.catch(() => undefined);
    content.release();
  }

  readonly #take = (bytes: number): Buffer => {
    const block = takeBlock(bytes);
    this.#taken.add(block);
    return block;
  };

  #giveBack(block: Uint8Array): void {
    for (const taken of this.#taken)
      if (taken === block) {
        this.#taken.delete(taken);
        giveBlockBack(taken);
      }
  }

  /** Starts reading ahead; whoever awaits it sees the failure. */
  #readBlock(position: number): Promise<Uint8Array> {
    const length = Math.min(blockBytes, this.#options.end - position);
    if (length <= 0) return nothing;
    if (this.#stopping !== undefined) return noted(Promise.reject(wasCancelled()));
    const reading = noted(this.#options.content.read(position, this.#take, length));
    this.#reading = reading;
    return reading;
  }
}

/** Fills a block from an open file. */
export async function readWhole(
  handle: { read(buffer: Buffer, offset: number, length: number, position: number): Promise<{ bytesRead: number }> },
  block: Buffer,
  position: number,
): Promise<Buffer> {
  for (let got = 0; got < block.byteLength;) {
    const { bytesRead } = await handle.read(block, got, block.byteLength - got, position + got);
    if (bytesRead === 0) throw readChanged();
    got += bytesRead;
  }
  return block;
}

const nothing = Promise.resolve(new Uint8Array(0));

/** The same promise, with its rejection marked as seen: it is awaited later. */
function noted<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}
