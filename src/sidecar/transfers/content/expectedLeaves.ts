// The leaf hashes of a file by its root, asked from a source a batch ahead and proven against the root before they are used.

import { AppError } from '../../../protocol/errors.ts';
import { wireLimits } from '../../limits.ts';
import type { FileSource } from '../../wire/services.ts';
import { badContent } from '../failures.ts';
import { hashBytes, heightOf, isProven, leafCountOf } from './merkle.ts';
import { within } from '../waiting.ts';

/** 16 MiB of data; a batch is one request. */
const batchLeaves = Math.min(1024, wireLimits.leavesInReply);

export class ExpectedLeaves {
  readonly #source: FileSource;
  readonly #path: string;
  readonly #root: Uint8Array;
  readonly #leafCount: number;
  readonly #count: number;
  readonly #signal: AbortSignal;
  readonly #stallMs: number;
  /** At most the batch in use and the next one. */
  readonly #batches = new Map<number, Promise<Uint8Array | undefined>>();

  constructor(options: {
    source: FileSource;
    path: string;
    root: Uint8Array;
    sizeBytes: number;
    signal: AbortSignal;
    stallMs: number;
  }) {
    this.#source = options.source;
    this.#path = options.path;
    this.#root = options.root;
    this.#leafCount = leafCountOf(options.sizeBytes);
    this.#count = Math.min(batchLeaves, 2 ** heightOf(this.#leafCount));
    this.#signal = options.signal;
    this.#stallMs = options.stallMs;
  }

  /**
   * Packed leaves `first` to `first + count` (which must lie in one batch of 1,024). Undefined when the source has no tree.
   * Rejects with `verification-failed` when it sends hashes that are not of this root, or as the source does.
   */
  async range(first: number, count: number): Promise<Uint8Array | undefined> {
    const batch = Math.floor(first / this.#count);
    const leaves = await this.#batch(batch);
    if (leaves && (batch + 1) * this.#count < this.#leafCount) this.#batch(batch + 1).catch(() => undefined);
    const at = (first - batch * this.#count) * hashBytes;
    return leaves?.subarray(at, at + count * hashBytes);
  }

  #batch(batch: number): Promise<Uint8Array | undefined> {
    const known = this.#batches.get(batch);
    if (known) return known;
    const asked = this.#ask(batch * this.#count);
    this.#batches.set(batch, asked);
    for (const old of this.#batches.keys()) if (old < batch - 1) this.#batches.delete(old);
    return asked;
  }

  async #ask(first: number): Promise<Uint8Array | undefined> {
    const range = { first, count: this.#count };
    try {
      const request = this.#source.hashes({ root: this.#root, ...range }, { signal: this.#signal });
      const proof = await within(this.#stallMs, request, { source: this.#source, path: this.#path, signal: this.#signal });
      if (!isProven({ root: this.#root, leafCount: this.#leafCount }, range, proof)) {
        throw badContent(this.#source.peerId, this.#path, 'came with hashes that do not belong to it');
      }
      return Buffer.concat(proof.leaves);
    } catch (error) {
      if (error instanceof AppError && error.kind === 'not-found') return undefined;
      throw error;
    }
  }
}
