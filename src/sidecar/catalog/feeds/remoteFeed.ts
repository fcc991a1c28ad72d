// A peer's feed: fetches the newest snapshot and nothing else. Blocks come signed by the owner; their content is still untrusted.

import type Hypercore from 'hypercore';
import { AppError } from '../../../protocol/errors.ts';
import { catalogLimits } from '../../limits.ts';
import { decodeHead, type SnapshotHead } from '../index/head.ts';

export class RemoteFeed {
  readonly core: Hypercore;
  readonly #isOnlyHolder: () => boolean;
  /** The connections of who announced this feed: another peer's bad block is not its fault. */
  readonly #muxers = new WeakSet<object>();
  #refusal: AppError | undefined;
  #onRefused: ((error: AppError) => void) | undefined;

  /** `core` is a session of its own, closed with this. */
  constructor(core: Hypercore, isOnlyHolder: () => boolean) {
    this.core = core;
    this.#isOnlyHolder = isOnlyHolder;
    core.on('refused', (error: AppError, muxer: object) => {
      if (this.#muxers.has(muxer)) this.#refuse(error);
    });
    core.on('truncate', () => this.#refuse(rewritten()));
    core.on('conflict', () => this.#refuse(rewritten()));
    if (core.fork > 0) this.#refusal = rewritten();
  }

  /** Fetches over the connection of the peer that announced the feed. */
  replicate(muxer: object): void {
    this.#muxers.add(muxer);
    this.core.replicate(muxer);
  }

  /**
   * Brings the snapshot that ends at `length` to this disk, and answers its head. Waits as long as blocks keep coming. Throws
   * `protocol` when the feed breaks the rules, `unavailable` when nothing comes, `cancelled`.
   */
  async fetch(length: number, options: { signal: AbortSignal }): Promise<SnapshotHead> {
    const refusal = this.#refusal;
    if (refusal !== undefined) throw refusal;
    if (options.signal.aborted) throw new AppError('cancelled', 'Fetching the index was stopped.');
    // Closing the session ends the requests that it made, and no others.
    const session = this.core.session({ writable: false });
    const stop = (): void => void session.close().catch(() => undefined);
    options.signal.addEventListener('abort', stop, { once: true });
    const refused = new Promise<never>((_, reject) => (this.#onRefused = reject));
    refused.catch(() => undefined);
    try {
      return await Promise.race([this.#fetch(session, length), refused]);
    } catch (error) {
      if (this.#refusal !== undefined) throw this.#refusal;
      if (options.signal.aborted) throw new AppError('cancelled', 'Fetching the index was stopped.', { cause: error });
      if (error instanceof AppError) throw error;
      const why = error instanceof Error ? error.message : String(error);
      throw new AppError('unavailable', `The index did not arrive (${why}). It is asked for again when its owner comes back.`, {
        cause: error,
      });
    } finally {
      options.signal.removeEventListener('abort', stop);
      this.#onRefused = undefined;
      stop();
    }
  }

  /** A block that is on this disk; undefined when it is not. */
  async local(index: number): Promise<Uint8Array | undefined> {
    return (await this.core.get(index, { wait: false })) ?? undefined;
  }

  /** The head of the snapshot that ends at `length`, when all of it is on this disk. */
  async localHead(length: number): Promise<SnapshotHead | undefined> {
    const block = await this.local(length - 1);
    if (block === undefined) return undefined;
    const head = decodeHead(block, length - 1);
    return (await this.core.has(head.firstBlock, length)) ? head : undefined;
  }

  /** Frees the blocks of older snapshots. */
  async clearBefore(index: number): Promise<void> {
    if (this.#isOnlyHolder()) await this.core.clear(0, index);
  }

  async close(): Promise<void> {
    await this.core.close();
  }

  async #fetch(session: Hypercore, length: number): Promise<SnapshotHead> {
    const head = decodeHead(await block(session, length - 1), length - 1);
    const end = length - 1;
    let next = head.firstBlock;
    const lane = async (): Promise<void> => {
      for (let index = next++; index < end; index = next++) await block(session, index);
    };
    await Promise.all(Array.from({ length: catalogLimits.blocksInFlight }, lane));
    return head;
  }

  #refuse(error: AppError): void {
    this.#refusal ??= error;
    this.#onRefused?.(this.#refusal);
  }
}

async function block(session: Hypercore, index: number): Promise<Buffer> {
  const found = await session.get(index, { timeout: catalogLimits.feedStallMs });
  if (found === null) throw new AppError('unavailable', 'A block of the index is not to be had.');
  return found;
}

function rewritten(): AppError {
  return new AppError('protocol', 'The owner rewrote the history of its index, which no honest Potluck does.');
}
