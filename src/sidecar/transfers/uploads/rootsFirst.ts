// Roots of shared files, hashed in the background: those that peers need before they take bytes (once for all who ask, to the end even when
// they give up: a large file takes longer than a peer waits, and who asks next finds the root), and those of files that were just sent.

import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../protocol/errors.ts';
import { localLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { SafePath } from '../../storage/safePath.ts';
import type { Hasher } from '../content/hasher.ts';
import { emptyRoot } from '../content/merkle.ts';
import { type FileStamp, stampOf, type Trees, youngForMs } from '../content/trees.ts';
import { type LocatedFile, openShared } from '../disk/sharedFile.ts';
import { readChanged, wasCancelled } from '../failures.ts';

export class RootsFirst {
  readonly #trees: Trees;
  readonly #hasher: Hasher;
  readonly #log: Log;
  readonly #hashing = new Map<string, Promise<void>>();
  readonly #abort = new AbortController();

  constructor(options: { trees: Trees; hasher: Hasher; log: Log }) {
    this.#trees = options.trees;
    this.#hasher = options.hasher;
    this.#log = options.log;
  }

  /** The root of the file in this state, if it is known. */
  known(absolutePath: string, stats: FileStamp): Uint8Array | undefined {
    return stats.size === 0n ? emptyRoot : this.#trees.rootOf(absolutePath, stats);
  }

  /** Root known, and the tree there if it may be asked for. */
  isReady(absolutePath: string, stats: FileStamp): boolean {
    const root = this.known(absolutePath, stats);
    return root !== undefined && (stats.size <= BigInt(localLimits.inlineHashBytes) || this.#trees.has(root));
  }

  /** Resolves when the file was hashed. Rejects with `busy` when too many wait for that, `cancelled`, `changed`, or as opening does. */
  async make(located: LocatedFile, sharePath: SafePath, signal: AbortSignal): Promise<void> {
    const running = this.#start(located, sharePath);
    if (!running) throw new AppError('busy', 'Too many files are being hashed at their owner. Try again soon.');
    await new Promise<void>((resolve, reject) => {
      const stop = () => reject(wasCancelled());
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop, { once: true });
      running.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    });
  }

  /** The file was sent, and is in memory now: who comes next can check it, and take it from others too. Left out while much is hashed. */
  learn(located: LocatedFile, sharePath: SafePath): void {
    void this.#start(located, sharePath);
  }

  /** Stops; resolves when nothing is hashed any more. */
  async close(): Promise<void> {
    this.#abort.abort();
    await Promise.allSettled(this.#hashing.values());
  }

  #start(located: LocatedFile, sharePath: SafePath): Promise<void> | undefined {
    const key = located.absolutePath;
    const running = this.#hashing.get(key);
    if (running || this.#abort.signal.aborted || this.#hashing.size >= localLimits.rootsInFlight) return running;
    const hashing = this.#hash(located, sharePath).finally(() => this.#hashing.delete(key));
    hashing.catch((error: unknown) => this.#log.debug(`Hashing for a peer failed: ${String(error)}`));
    this.#hashing.set(key, hashing);
    return hashing;
  }

  async #hash(located: LocatedFile, sharePath: SafePath): Promise<void> {
    const file = await openShared(located, sharePath);
    const treePath = this.#trees.temporaryPath(file.sizeBytes);
    try {
      const youngMs = youngForMs(file.stats, Date.now());
      if (youngMs > 0) await delay(youngMs);
      const readFromMs = Date.now();
      const { signal } = this.#abort;
      const options = treePath === undefined ? { signal } : { signal, treePath };
      const { root } = await this.#hasher.hashFile(file.handle.fd, file.sizeBytes, options);
      if (treePath !== undefined) this.#trees.adopt(root, treePath);
      const after = await file.handle.stat({ bigint: true });
      if (stampOf(after) !== stampOf(file.stats) || after.size !== file.stats.size) throw readChanged();
      this.#trees.remember(located.absolutePath, file.stats, root, readFromMs);
    } finally {
      await file.handle.close();
    }
  }
}
