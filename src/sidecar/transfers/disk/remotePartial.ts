// The main thread's side of a file that arrives: asks the disk worker, and keeps here which leaves are there.

import { owned, transferable } from './handedOver.ts';
import type { DiskThread } from './disk.ts';
import { leafBytes, leafCountOf } from '../content/merkle.ts';
import { LeafSet } from './leafSet.ts';
import type { PartialContent, PartialOptions } from './partialContent.ts';

export async function openRemotePartial(thread: DiskThread, options: PartialOptions): Promise<PartialContent> {
  const release = thread.hold();
  try {
    const { partial, earlier, runs } = await thread.ask('partialOpen', options);
    const have = new LeafSet(leafCountOf(options.sizeBytes));
    for (let at = 0; at < runs.length; at += 2) have.add(runs[at] ?? 0, runs[at + 1] ?? 0);
    return new RemotePartial({ thread, partial, options, earlier, have, release });
  } catch (error) {
    release();
    throw error;
  }
}

class RemotePartial implements PartialContent {
  readonly path: string;
  readonly sizeBytes: number;
  readonly leafCount: number;
  readonly earlier: PartialContent['earlier'];
  readonly have: LeafSet;
  readonly #thread: DiskThread;
  readonly #partial: number;
  readonly #release: () => void;
  #closed: Promise<void> | undefined;

  constructor(parts: {
    thread: DiskThread;
    partial: number;
    options: PartialOptions;
    earlier: PartialContent['earlier'];
    have: LeafSet;
    release: () => void;
  }) {
    this.path = parts.options.path;
    this.sizeBytes = parts.options.sizeBytes;
    this.leafCount = leafCountOf(this.sizeBytes);
    this.earlier = parts.earlier;
    this.have = parts.have;
    this.#thread = parts.thread;
    this.#partial = parts.partial;
    this.#release = parts.release;
  }

  async recheck({ signal }: { signal: AbortSignal }): Promise<number> {
    let count = 0;
    while (!signal.aborted) {
      const { wrong, isDone } = await this.#thread.ask('partialRecheck', { partial: this.#partial });
      count += this.#lose(wrong);
      if (isDone) return count;
    }
    return count;
  }

  async write(first: number, chunks: readonly Uint8Array[], expected?: Uint8Array): Promise<number> {
    const handed = chunks.map(owned);
    const { good } = await this.#thread.ask(
      'partialWrite',
      { partial: this.#partial, first, chunks: handed, expected: expected && new Uint8Array(expected) },
      transferable(handed),
    );
    this.have.add(first, good);
    return good;
  }

  async compare(first: number, expected: Uint8Array): Promise<number> {
    const { wrong } = await this.#thread.ask('partialCompare', {
      partial: this.#partial,
      first,
      expected: new Uint8Array(expected),
    });
    return this.#lose(wrong);
  }

  async forget(first: number, count: number): Promise<void> {
    this.have.remove(first, count);
    await this.#thread.ask('partialForget', { partial: this.#partial, first, count });
  }

  leaves(first: number, count: number): Promise<Uint8Array> {
    return this.#thread.ask('partialLeaves', { partial: this.#partial, first, count });
  }

  read(offset: number, length: number): Promise<Uint8Array> {
    return this.#thread.ask('partialRead', { partial: this.#partial, offset, length });
  }

  async identify(options: { version?: Uint8Array; root?: Uint8Array }): Promise<void> {
    await this.#thread.ask('partialIdentify', { partial: this.#partial, ...options });
  }

  async finish(options: { mtimeMs: number; root?: Uint8Array; treePath?: string }): Promise<{ root: Uint8Array }> {
    const answer = await this.#thread.ask('partialFinish', {
      partial: this.#partial,
      mtimeMs: options.mtimeMs,
      root: options.root,
      treePath: options.treePath,
    });
    this.#closed = Promise.resolve();
    this.#release();
    return answer;
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#end(false));
  }

  async remove(): Promise<void> {
    await this.#closed;
    this.#closed = this.#end(true);
    await this.#closed;
  }

  async #end(isRemoved: boolean): Promise<void> {
    try {
      // A worker that died has closed it.
      if (this.#thread.isAlive) await this.#thread.ask('partialClose', { partial: this.#partial, path: this.path, isRemoved });
    } finally {
      this.#release();
    }
  }

  #lose(leaves: readonly number[]): number {
    for (const leaf of leaves) this.have.remove(leaf);
    return leaves.length;
  }
}

/** Leaves that lie in a range of bytes. */
export function leavesOf(offset: number, length: number): { first: number; count: number } {
  const first = Math.floor(offset / leafBytes);
  return { first, count: leafCountOf(offset + length) - first };
}
