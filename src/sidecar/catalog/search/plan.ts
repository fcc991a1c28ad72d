// A query made ready for the kernel: its terms as bytes, which count and which exclude, and what the columns must hold. Knows no share.

import type { EntryKind } from '../../../protocol/model.ts';
import { searchLimits } from '../../limits.ts';
import { wordsIn } from './kernel.ts';
import type { Query } from './query.ts';
import { letterBits, secondsOf } from './searchFormat.ts';

export interface PlannedTerm {
  /** What is looked for in names; of a term with `/` what follows its last, after a 0: only where a name begins. */
  needle: Buffer;
  /** Of a term with `/`: what the folders above must be, the innermost last; the first only ends so, and is `''` for "any". */
  above: readonly Buffer[];
  isExcluded: boolean;
  /** It lies in one word of a name, if at all: nothing in it parts words. */
  isWord: boolean;
  /** What some words of a name that holds it hold. */
  wordParts: readonly Buffer[];
  /** Nearly equal names are found for it, too, when the plan says so. */
  mayBeNear: boolean;
  /** Of its bytes: see letterBits. */
  letters: number;
}

export interface Plan {
  terms: readonly PlannedTerm[];
  /** Bits of terms. */
  positive: number;
  negative: number;
  /** Terms with `/`. */
  anchored: number;
  wantsFolders: boolean;
  wantsFiles: boolean;
  extensions: ReadonlySet<string> | undefined;
  excludedExtensions: ReadonlySet<string>;
  sizes: { min: number; max: number } | undefined;
  /** Seconds, both included. */
  times: { low: number; high: number } | undefined;
  /** Recently added: no time counts as later than that of its index. */
  isRecent: boolean;
  /** Nearly equal names count, too. */
  isNear: boolean;
}

const slash = 47;

export function planQuery(query: Query, options: { isNear?: boolean } = {}): Plan {
  const terms = [...query.terms.map((term) => planTerm(term, false)), ...query.excluded.map((term) => planTerm(term, true))];
  const bits = (isIn: (term: PlannedTerm) => boolean): number =>
    terms.reduce((mask, term, at) => (isIn(term) ? mask | (1 << at) : mask), 0);
  const onlyFiles = query.extensions !== undefined || query.sizes !== undefined;
  return {
    terms,
    positive: bits((term) => !term.isExcluded),
    negative: bits((term) => term.isExcluded),
    anchored: bits((term) => term.above.length > 0),
    wantsFolders: isWanted(query, 'folder') && !onlyFiles,
    wantsFiles: isWanted(query, 'file'),
    extensions: query.extensions && new Set(query.extensions),
    excludedExtensions: new Set(query.excludedExtensions),
    sizes: query.sizes,
    times: query.times && {
      low: query.times.fromMs === -Infinity ? 0 : secondsFrom(query.times.fromMs),
      high: query.times.beforeMs === Infinity ? 0xffff_ffff : secondsFrom(query.times.beforeMs) - 1,
    },
    isRecent: false,
    isNear: options.isNear === true,
  };
}

export const recentPlan: Plan = {
  terms: [],
  positive: 0,
  negative: 0,
  anchored: 0,
  wantsFolders: false,
  wantsFiles: true,
  extensions: undefined,
  excludedExtensions: new Set(),
  sizes: undefined,
  times: undefined,
  isRecent: true,
  isNear: false,
};

function isWanted({ kind }: Query, asked: EntryKind): boolean {
  return kind === undefined || kind === asked;
}

/** The first whole second that is not before. */
function secondsFrom(timeMs: number): number {
  return secondsOf(Math.ceil(timeMs / 1000) * 1000);
}

function planTerm(term: string, isExcluded: boolean): PlannedTerm {
  const bytes = Buffer.from(term);
  const letters = bytes.reduce((all, byte) => all | (letterBits[byte] ?? 0), 0);
  if (bytes.includes(slash)) {
    const parts = term.split('/').map((part) => Buffer.from(part));
    const last = parts.pop() ?? Buffer.alloc(0);
    const needle = Buffer.concat([Buffer.of(0), last]);
    return { needle, above: parts, isExcluded, isWord: false, wordParts: wordsIn(last), mayBeNear: false, letters };
  }
  const wordParts = wordsIn(bytes);
  const isWord = wordParts[0]?.length === bytes.length;
  const mayBeNear =
    isWord && !isExcluded && bytes.length >= searchLimits.nearBytesMin && bytes.length <= searchLimits.nearBytesMax;
  return { needle: bytes, above: [], isExcluded, isWord, wordParts, mayBeNear, letters };
}
