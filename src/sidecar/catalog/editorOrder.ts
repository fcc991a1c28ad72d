// The order of the editor's Explorer: folders first, then names as VS Code's `compareFileNamesDefault` has them (src/vs/base/common/
// comparers.ts): Intl.Collator with `numeric`, and the shorter first where it sees no difference. Knows no index.
//
// The collator takes a microsecond a comparison. Names of printable ASCII are compared by keys instead, built from the collator's own
// order of single characters, in languages that do not order pairs of letters.

import { AppError } from '../../protocol/errors.ts';
import type { EntryKind } from '../../protocol/model.ts';

/** What is sorted, and how it compares to others. */
export interface Sortable {
  name: string;
  kind: EntryKind;
}

/** Languages whose collation orders ASCII letters one by one: after V8's list of those for which it compares ASCII by table. */
const plainLanguages = new Set(
  'de en es fr id it ja ko nl pl pt ru sv uk zh am ar bn bg el fa fi gu he hi kn ml mr ms ne ta te th ur'.split(' '),
);
/** Items between two looks at the clock, and sorted at once: about a millisecond. */
const sliceItems = 2048;
const runItems = 512;
const sliceMs = 5;
const longestRun = 254;
const printable = /^[\x20-\x7e]*$/;

export class EditorOrder {
  readonly #collator: Intl.Collator;
  /** By character code: the weight of its letter, digit or sign, and of its case. 0 where there is none. */
  readonly #weights: Uint8Array | undefined;
  readonly #cases = new Uint8Array(128);
  readonly #key = Buffer.alloc(2048);

  constructor(locale?: string) {
    this.#collator = new Intl.Collator(locale, { numeric: true });
    const { locale: resolved } = this.#collator.resolvedOptions();
    if (plainLanguages.has(resolved.split('-', 1)[0] ?? '')) this.#weights = this.#measure(resolved);
  }

  /** As the Explorer compares two names; what it calls equal goes by code units. */
  compareNames(one: string, other: string): number {
    return this.#collator.compare(one, other) || one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
  }

  /** A text that compares (`<`) as the name does with other names that have one; undefined for those that have none. */
  keyOf(name: string): string | undefined {
    const weights = this.#weights;
    if (weights === undefined || name.length > 500 || !printable.test(name)) return undefined;
    const key = this.#key;
    let at = 0;
    for (let place = 0; place < name.length; place++) {
      const code = name.charCodeAt(place);
      if (code < 48 || code > 57) {
        key[at++] = weights[code] ?? 0;
        continue;
      }
      let first = place;
      while (isDigit(name, place + 1)) place++;
      while (first < place && name.charCodeAt(first) === 48) first++;
      if (place + 1 - first > longestRun) return undefined;
      // A number counts by its length without leading zeros, then by its digits.
      key[at++] = weights[48] ?? 0;
      key[at++] = place + 1 - first;
      while (first <= place) key[at++] = name.charCodeAt(first++);
    }
    key[at++] = 0;
    for (let place = 0; place < name.length; place++) {
      const letterCase = this.#cases[name.charCodeAt(place)] ?? 0;
      if (letterCase !== 0) key[at++] = letterCase;
    }
    key[at++] = 0;
    key[at++] = name.length >> 8;
    key[at++] = name.length & 0xff;
    return key.toString('latin1', 0, at) + name;
  }

  /** `0`'s weight then stands for all numbers. */
  #measure(locale: string): Uint8Array {
    const byLetter = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' });
    const signs = Array.from({ length: 95 }, (_, at) => String.fromCharCode(32 + at)).sort((a, b) =>
      this.#collator.compare(a, b),
    );
    const weights = new Uint8Array(128);
    let weight = 0;
    let before = '';
    for (const sign of signs) {
      const isSame = before !== '' && byLetter.compare(before, sign) === 0;
      if (!isSame) weight++;
      const code = sign.charCodeAt(0);
      weights[code] = weight;
      if (sign.toLowerCase() !== sign.toUpperCase()) this.#cases[code] = isSame ? 2 : 1;
      before = sign;
    }
    return weights;
  }
}

/** In slices of a few milliseconds, so that a large folder keeps nobody waiting. Stable. */
export async function sortInSlices<T extends Sortable>(
  items: readonly T[],
  order: EditorOrder,
  pause: () => Promise<void>,
): Promise<T[]> {
  const keyed: Keyed<T>[] = [];
  for (let from = 0; from < items.length; from += sliceItems) {
    for (const item of items.slice(from, from + sliceItems)) keyed.push({ item, key: order.keyOf(item.name) });
    await pause();
  }
  const compare = comparison<T>(order);
  let sorted: Keyed<T>[] = [];
  for (let from = 0; from < keyed.length; from += runItems) {
    sorted.push(...keyed.slice(from, from + runItems).sort(compare));
    await pause();
  }
  for (let length = runItems; length < sorted.length; length *= 2) {
    const merged: Keyed<T>[] = [];
    for (let from = 0; from < sorted.length; from += 2 * length) {
      const ends = { one: Math.min(from + length, sorted.length), other: Math.min(from + 2 * length, sorted.length) };
      let one = from;
      let other = ends.one;
      while (one < ends.one || other < ends.other) {
        const a = one < ends.one ? sorted[one] : undefined;
        const b = other < ends.other ? sorted[other] : undefined;
        if (a !== undefined && (b === undefined || compare(a, b) <= 0)) {
          merged.push(a);
          one++;
        } else if (b !== undefined) {
          merged.push(b);
          other++;
        }
        if ((merged.length & 1023) === 0) await pause();
      }
    }
    sorted = merged;
  }
  return sorted.map(({ item }) => item);
}

/** At once: for what is short. */
export function sortAtOnce<T extends Sortable>(items: readonly T[], order: EditorOrder): T[] {
  return items
    .map((item) => ({ item, key: order.keyOf(item.name) }))
    .sort(comparison<T>(order))
    .map(({ item }) => item);
}

interface Keyed<T> {
  item: T;
  key: string | undefined;
}

function comparison<T extends Sortable>(order: EditorOrder): (one: Keyed<T>, other: Keyed<T>) => number {
  return (one, other) => {
    if (one.item.kind !== other.item.kind) return one.item.kind === 'folder' ? -1 : 1;
    if (one.key === undefined || other.key === undefined) return order.compareNames(one.item.name, other.item.name);
    return one.key < other.key ? -1 : one.key > other.key ? 1 : 0;
  };
}

/** Resolves at once until a slice has lasted this long; then after what else waits. Rejects when aborted. */
export function slices(signal?: AbortSignal): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < sliceMs) return;
    await new Promise((resolve) => setImmediate(resolve));
    if (signal?.aborted === true) throw new AppError('cancelled', 'Listing was stopped.');
    since = performance.now();
  };
}

function isDigit(name: string, place: number): boolean {
  const code = name.charCodeAt(place);
  return code >= 48 && code <= 57;
}
