// Marks of paths, asked for many at once and kept: VS Code asks for each row by itself, and again at every scroll. Must not know `vscode`.

import type { ShareMark } from '../../protocol/model.ts';
import { limits } from '../limits.ts';

type Ask = (paths: string[]) => Promise<ShareMark[]>;

export class MarkBatches {
  readonly #ask: Ask;
  readonly #known = new Map<string, Promise<ShareMark | undefined>>();
  #batch: { path: string; resolve: (mark: ShareMark | undefined) => void }[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** `ask` answers in the order asked, at most `limits.marksAtOnce` paths. */
  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Undefined when it cannot be told now. */
  of(path: string): Promise<ShareMark | undefined> {
    let mark = this.#known.get(path);
    if (mark === undefined) {
      mark = new Promise((resolve) => this.#batch.push({ path, resolve }));
      this.#known.set(path, mark);
      if (this.#known.size > limits.marksKept) this.#known.delete(this.#known.keys().next().value ?? '');
      this.#timer ??= setTimeout(() => void this.#send(), limits.marksDelayMs);
    }
    return mark;
  }

  /** Forgets all; answers what was known. */
  clear(): string[] {
    const paths = [...this.#known.keys()];
    this.#known.clear();
    return paths;
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
    let marks: ShareMark[] = [];
    try {
      marks = await this.#ask(batch.map(({ path }) => path));
    } catch {
      // Without an answer nothing is marked; it is asked again when somebody looks again.
      for (const { path } of batch) this.#known.delete(path);
    }
    for (const [at, { resolve }] of batch.entries()) resolve(marks[at]);
  }
}
