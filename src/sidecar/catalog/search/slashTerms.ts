// Terms that hold `/`: each part must fit the next folder of a path, so they are followed from folder to folder, parents first. Rare, and
// only folder names are read for them; hence plain code and not the kernel's.

import type { Plan } from './plan.ts';

interface Followed {
  bit: number;
  above: readonly Buffer[];
  /** What the name after the last `/` begins with; empty = any. */
  begins: Buffer;
  /** A bit for each part of `above` that ends at a folder, all before it fitting the folders above. */
  reached: Uint32Array;
}

/** More parts than bits: nothing fits. No folder lies that deep anyway. */
const mostParts = 31;

export class SlashTerms {
  readonly #terms: Followed[];
  /** For each folder the terms that hold for what is directly in it, if it begins right. */
  readonly ready: Uint16Array;
  /** For each folder the terms that hold for all below it because of it. */
  readonly opened: Uint16Array;

  constructor(plan: Plan, folders: number) {
    this.ready = new Uint16Array(folders);
    this.opened = new Uint16Array(folders);
    this.#terms = plan.terms.flatMap(({ above, needle }, at) =>
      above.length === 0 || above.length > mostParts
        ? []
        : [{ bit: 1 << at, above, begins: needle.subarray(1), reached: new Uint32Array(folders) }],
    );
  }

  /** Folders from `first` on, in order: `names` are theirs, each ended by 0, `parents` their parents' numbers. */
  folders(first: number, names: Buffer, parents: Uint32Array): void {
    let start = 0;
    for (let at = 0; at < parents.length; at++) {
      const number = first + at;
      const end = names.indexOf(0, start);
      for (const term of this.#terms) this.#follow(term, number, number === 0 ? undefined : parents[at], names, start, end);
      start = end + 1;
    }
  }

  #follow(term: Followed, number: number, parent: number | undefined, names: Buffer, start: number, end: number): void {
    const { above, reached } = term;
    let reach = 0;
    for (const [index, part] of above.entries()) {
      const length = end - start;
      if (index === 0) {
        if (length >= part.length && part.equals(names.subarray(end - part.length, end))) reach |= 1;
      } else if (parent !== undefined && ((reached[parent] ?? 0) >> (index - 1)) & 1) {
        if (length === part.length && part.equals(names.subarray(start, end))) reach |= 1 << index;
      }
    }
    reached[number] = reach;
    if (((reach >> (above.length - 1)) & 1) === 0) return;
    this.ready[number] = (this.ready[number] ?? 0) | term.bit;
    if (term.begins.length === 0) this.opened[number] = (this.opened[number] ?? 0) | term.bit;
  }
}
