// Marks asked for many at once and kept: VS Code asks for each row by itself, and again at every scroll. Must not know `vscode`, nor what is marked.

import { limits } from '../limits.ts';

export interface MarkBatchesOptions<A, M> {
  /** Answers in the order asked; is asked for at most `limits.marksAtOnce`. */
  ask: (asked: A[]) => Promise<M[]>;
  keyOf: (asked: A) => string;
  /** They have no mark now, and nothing is kept of them. */
  onFailed: (asked: A[], error: unknown) => void;
}

interface Known<A, M> {
  asked: A;
  mark: Promise<M | undefined>;
  resolve: (mark: M | undefined) => void;
}

export class MarkBatches<A, M> {
  readonly #options: MarkBatchesOptions<A, M>;
  readonly #known = new Map<string, Known<A, M>>();
  #batch: Known<A, M>[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MarkBatchesOptions<A, M>) {
    this.#options = options;
  }

  /** Undefined when it cannot be told now. */
  of(asked: A): Promise<M | undefined> {
    const key = this.#options.keyOf(asked);
    const known = this.#known.get(key);
    if (known !== undefined) return known.mark;
    const { promise, resolve } = Promise.withResolvers<M | undefined>();
    const added = { asked, mark: promise, resolve };
    this.#known.set(key, added);
    if (this.#known.size > limits.marksKept) this.#known.delete(this.#known.keys().next().value ?? '');
    this.#batch.push(added);
    this.#timer ??= setTimeout(() => void this.#send(), limits.marksDelayMs);
    return promise;
  }

  /** Forgets one; tells whether it was known. */
  drop(asked: A): boolean {
    return this.#known.delete(this.#options.keyOf(asked));
  }

  /** Forgets all, or those that are meant; answers them. */
  forget(isMeant: (asked: A) => boolean = () => true): A[] {
    const meant = [...this.#known].filter(([, { asked }]) => isMeant(asked));
    for (const [key] of meant) this.#known.delete(key);
    return meant.map(([, { asked }]) => asked);
  }

  dispose(): void {
    clearTimeout(this.#timer);
    for (const { resolve } of this.#batch) resolve(undefined);
    this.#batch = [];
    this.#known.clear();
  }

  async #send(): Promise<void> {
    this.#timer = undefined;
    const batch = this.#batch.splice(0, limits.marksAtOnce);
    if (this.#batch.length > 0) this.#timer = setTimeout(() => void this.#send(), limits.marksDelayMs);
    const asked = batch.map((each) => each.asked);
    let marks: M[] = [];
    try {
      marks = await this.#options.ask(asked);
    } catch (error) {
      for (const each of batch) {
        const key = this.#options.keyOf(each.asked);
        if (this.#known.get(key) === each) this.#known.delete(key);
      }
      this.#options.onFailed(asked, error);
    }
    for (const [at, { resolve }] of batch.entries()) resolve(marks[at]);
  }
}
