// What is fetched of a file for rows: the places that are wanted now and no others, few reads at a time. Reads of places that nobody looks at any more are
// cancelled, so that where one let go of the scrollbar comes first. Must not know the page.

import { type ViewerAnswer, viewerMaxima } from '../../src/protocol/viewer.ts';
import type { Blocks, Range } from './blocks.ts';

/** Reads of the host's at a time: enough for all around one place. */
const readsAtOnce = 4;

/** One question to the host, under way. */
export interface Request {
  id: number;
  answer: Promise<ViewerAnswer>;
}

export interface ReadsOptions {
  host: {
    ask(question: Range & { type: 'read' }, onProgress: (text: string) => void): Request;
    cancel(id: number): void;
  };
  blocks: Blocks;
  /** Bytes came: they are in the blocks. */
  onBytes: (fetchedBytes: number) => void;
  /** None came, and none are asked for until something is wanted again. `message`: why, if the host said so. */
  onFailed: (message: string | undefined) => void;
  /** What takes long, in words. */
  onProgress: (text: string) => void;
}

export class Reads {
  readonly #options: ReadsOptions;
  readonly #running = new Map<number, Range>();

  constructor(options: ReadsOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#running.size > 0;
  }

  /** From now on these are wanted, the first one first, instead of what was before. */
  want(places: readonly { from: number; to: number }[]): void {
    const { host, blocks } = this.#options;
    for (const [id, { offset, length }] of this.#running) {
      if (places.some(({ from, to }) => offset < to && from < offset + length)) continue;
      this.#running.delete(id);
      host.cancel(id);
    }
    for (const { from, to } of places) {
      for (const range of blocks.missing(from, to, [...this.#running.values()])) {
        for (let at = 0; at < range.length; at += viewerMaxima.readBytes) {
          if (this.#running.size >= readsAtOnce) return;
          this.#begin({ offset: range.offset + at, length: Math.min(viewerMaxima.readBytes, range.length - at) });
        }
      }
    }
  }

  #begin(range: Range): void {
    const { host, onProgress } = this.#options;
    const { id, answer } = host.ask({ type: 'read', ...range }, (text) => {
      if (this.#running.has(id)) onProgress(text);
    });
    this.#running.set(id, range);
    void answer.then((answered) => this.#take(id, answered));
  }

  #take(id: number, answer: ViewerAnswer): void {
    const { blocks, onBytes, onFailed } = this.#options;
    const isWanted = this.#running.delete(id);
    if (answer.type === 'bytes') {
      blocks.put(answer.offset, answer.bytes);
      onBytes(answer.fetchedBytes);
    } else if (isWanted) onFailed(answer.type === 'failed' ? answer.message : undefined);
  }
}
