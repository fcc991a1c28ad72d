// A peer's feed: fetches the blocks that its reader asks for, from whoever offers them, and nothing else. Blocks come signed by the owner;
// their content is still untrusted, and not looked at here.

import type Hypercore from 'hypercore';
import { AppError } from '../../../protocol/errors.ts';
import { catalogLimits } from '../../limits.ts';
import type { ReplicableCore } from '../../wire/services.ts';

/** Where the blocks of an index come from. */
export interface FeedBlocks {
  /** Throws `unavailable` when it is not to be had. */
  block(index: number): Promise<Uint8Array>;
  /** The blocks from `start` to before `end`, to be taken in order; the next ones are asked for ahead. */
  ahead(start: number, end: number): (index: number) => Promise<Uint8Array>;
}

export class RemoteFeed {
  readonly core: Hypercore;
  readonly #isOnlyHolder: () => boolean;
  /** The owner's connections: what breaks the rules there is its own fault. */
  readonly #ownersMuxers = new WeakSet<object>();
  #refusal: AppError | undefined;
  /** Readings under way. */
  readonly #readings = new Set<AbortController>();

  /** `core` is a session of its own, closed with this. */
  constructor(core: Hypercore, isOnlyHolder: () => boolean) {
    this.core = core;
    this.#isOnlyHolder = isOnlyHolder;
    core.on('refused', (error: AppError, muxer: object) => {
      if (this.#ownersMuxers.has(muxer)) this.#refuse(error);
    });
    core.on('unwritten', (error: AppError) => this.#end(error));
    core.on('truncate', () => this.#refuse(rewritten()));
    core.on('conflict', () => this.#refuse(rewritten()));
    if (core.fork > 0 || core.core?.header.frozen === true) this.#refusal = rewritten();
  }

  /** To be attached to a session; `isOwner`: of the peer that signs the feed. */
  over({ isOwner }: { isOwner: boolean }): ReplicableCore {
    return {
      replicate: (muxer) => {
        if (isOwner) this.#ownersMuxers.add(muxer);
        // Twice, and Hypercore would listen to the connection once more.
        if (this.core.core?.replicator.attached(muxer) !== true) this.core.replicate(muxer);
      },
    };
  }

  /**
   * Lets `work` fetch blocks, which waits as long as some keep coming. Throws what it throws; `protocol` when the feed breaks the rules,
   * `unavailable` when nothing comes, `disk-full` or `io` when a block cannot be kept, `cancelled`.
   */
  async reading<T>(
    work: (blocks: FeedBlocks, options: { signal: AbortSignal }) => Promise<T>,
    options: { signal: AbortSignal },
  ): Promise<T> {
    if (this.#refusal !== undefined) throw this.#refusal;
    const end = new AbortController();
    const cancel = (): void => end.abort(new AppError('cancelled', 'Fetching the index was stopped.'));
    options.signal.addEventListener('abort', cancel, { once: true });
    if (options.signal.aborted) cancel();
    this.#readings.add(end);
    // Closing the session ends the requests that it made, and no others.
    const session = this.core.session({ writable: false });
    const stop = async (): Promise<void> => session.close().catch(() => undefined);
    end.signal.addEventListener('abort', () => void stop(), { once: true });
    try {
      end.signal.throwIfAborted();
      return await work(new Fetching(session, end), { signal: end.signal });
    } catch (error) {
      if (end.signal.aborted) throw end.signal.reason;
      if (error instanceof AppError) throw error;
      throw notArrived(error);
    } finally {
      options.signal.removeEventListener('abort', cancel);
      this.#readings.delete(end);
      await stop();
    }
  }

  /** The blocks that are on this disk. */
  get local(): FeedBlocks {
    const block = async (index: number): Promise<Uint8Array> => {
      const found = await this.core.get(index, { wait: false });
      if (found === null) throw new AppError('unavailable', 'A block of the index is missing on this disk.');
      return found;
    };
    return { block, ahead: () => block };
  }

  /** Frees the blocks of older snapshots. */
  async clearBefore(index: number): Promise<void> {
    if (index > 0 && this.#isOnlyHolder()) await this.core.clear(0, index);
  }

  async close(): Promise<void> {
    await this.core.close();
  }

  #refuse(error: AppError): void {
    this.#refusal ??= error;
    this.#end(this.#refusal);
  }

  #end(error: AppError): void {
    for (const reading of this.#readings) reading.abort(error);
  }
}

class Fetching implements FeedBlocks {
  readonly #session: Hypercore;
  readonly #end: AbortController;
  #waiting = 0;
  #stall: NodeJS.Timeout | undefined;

  constructor(session: Hypercore, end: AbortController) {
    this.#session = session;
    this.#end = end;
  }

  async block(index: number): Promise<Uint8Array> {
    if (this.#waiting++ === 0) this.#watch();
    try {
      const found = await this.#session.get(index);
      if (found === null) throw new AppError('unavailable', 'A block of the index is not to be had.');
      return found;
    } finally {
      this.#waiting--;
      this.#watch();
    }
  }

  ahead(start: number, end: number): (index: number) => Promise<Uint8Array> {
    const asked = new Map<number, Promise<Uint8Array>>();
    let next = start;
    return (index) => {
      for (; next < end && next < index + catalogLimits.blocksInFlight; next++) {
        const block = this.block(next);
        block.catch(() => undefined); // Told to whoever takes it.
        asked.set(next, block);
      }
      const found = asked.get(index) ?? this.block(index);
      asked.delete(index);
      return found;
    };
  }

  /** Each block that comes gives the others more time: on a slow line they come one after the other. */
  #watch(): void {
    clearTimeout(this.#stall);
    if (this.#waiting === 0 || this.#end.signal.aborted) return;
    this.#stall = setTimeout(
      () => this.#end.abort(notArrived(`no block came for ${catalogLimits.feedStallMs / 1000} s`)),
      catalogLimits.feedStallMs,
    );
  }
}

function notArrived(why: unknown): AppError {
  const reason = why instanceof Error ? why.message : String(why);
  return new AppError('unavailable', `The index did not arrive (${reason}). It is asked for again while a peer offers it.`, {
    cause: why,
  });
}

function rewritten(): AppError {
  return new AppError('protocol', 'The owner rewrote the history of its index, which no honest Potluck does.');
}
