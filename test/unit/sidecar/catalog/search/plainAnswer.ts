// What a search must find and in which order, told anew in the plainest way: what the engine is compared with.

import type { EntryKind } from '../../../../../src/protocol/model.ts';
import type { Query } from '../../../../../src/sidecar/catalog/search/query.ts';
import type { ModelFolder } from '../index/randomTree.ts';

export interface PlainEntry {
  path: string;
  kind: EntryKind;
  sizeBytes: number;
  mtimeMs: number;
}

export function entriesOf(folder: ModelFolder, prefix = ''): PlainEntry[] {
  const files = [...folder.files].map(([name, file]): PlainEntry => ({ path: prefix + name, kind: 'file', ...file }));
  const folders = [...folder.folders].flatMap(([name, { mtimeMs, folder: child }]): PlainEntry[] => [
    { path: prefix + name, kind: 'folder', sizeBytes: 0, mtimeMs },
    ...entriesOf(child, `${prefix}${name}/`),
  ]);
  return [...files, ...folders];
}

/** Sorting values, smaller first, of an entry that matches: score, age, length of the path. */
export type Rank = [score: number, newest: number, bytes: number];

export function rankOf(entry: PlainEntry, query: Query): Rank | undefined {
  if (query.kind !== undefined && query.kind !== entry.kind) return undefined;
  const path = `/${folded(entry.path)}`;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 ? name.slice(dot + 1) : '';
  if (query.extensions !== undefined && (entry.kind === 'folder' || !query.extensions.includes(extension))) return undefined;
  if (entry.kind === 'file' && query.excludedExtensions.includes(extension)) return undefined;
  const { sizes, times } = query;
  if (sizes && (entry.kind === 'folder' || entry.sizeBytes < sizes.min || entry.sizeBytes > sizes.max)) return undefined;
  if (times && (entry.mtimeMs < times.fromMs || entry.mtimeMs >= times.beforeMs)) return undefined;
  if (query.excluded.some((term) => path.includes(term))) return undefined;
  if (!query.terms.every((term) => path.includes(term))) return undefined;
  const stem = entry.kind === 'file' && dot > 0 ? name.slice(0, dot) : name;
  const score = query.terms.reduce((sum, term) => sum + classOf(path, term, { name, stem }), 0);
  return [score, -seconds(entry.mtimeMs), Buffer.byteLength(entry.path)];
}

/** As rankOf, for entries that nearly match; `withLetters`: also those that only have the letters of a term in order. */
export function nearRankOf(entry: PlainEntry, query: Query, withLetters: boolean): Rank | undefined {
  const exact = rankOf(entry, { ...query, terms: [] });
  if (exact === undefined) return undefined;
  const path = `/${folded(entry.path)}`;
  const name = path.slice(path.lastIndexOf('/') + 1);
  const above = path.slice(0, path.length - name.length);
  const parts = { name, stem: entry.kind === 'file' && name.lastIndexOf('.') > 0 ? name.slice(0, name.lastIndexOf('.')) : name };
  let score = 0;
  for (const term of query.terms) {
    const bytes = Buffer.byteLength(term);
    const mayBeNear = /^[a-z0-9\u0080-\uffff]+$/.test(term) && bytes >= 3 && bytes <= 64;
    const own = path.includes(term) ? classOf(path, term, parts) : undefined;
    if (!mayBeNear && own === undefined) return undefined;
    else if (!mayBeNear && own !== undefined) score += own === 5 ? 8 : own;
    else if (hasNear(name, term)) score += 6;
    else if (hasNear(above, term)) score += 8;
    else if (withLetters && hasInOrder(name, term)) score += 128;
    else return undefined;
  }
  return score > 254 ? undefined : [score, exact[1], exact[2]];
}

function hasInOrder(text: string, term: string): boolean {
  let at = -1;
  const bytes = Buffer.from(text);
  return Buffer.from(term).every((byte) => (at = bytes.indexOf(byte, at + 1)) >= 0);
}

/** Every part of every word, one edit of a byte away (optimal string alignment). */
function hasNear(text: string, term: string): boolean {
  const wanted = Buffer.from(term).toString('latin1');
  return (text.match(/[a-z0-9\u0080-\uffff]+/g) ?? []).some((found) => {
    const word = Buffer.from(found).toString('latin1');
    for (let start = 0; start <= word.length; start++)
      for (let length = wanted.length - 1; length <= wanted.length + 1; length++)
        if (start + length <= word.length && isOneEdit(word.slice(start, start + length), wanted)) return true;
    return word.includes(wanted);
  });
}

function isOneEdit(one: string, other: string): boolean {
  let same = 0;
  while (same < one.length && one[same] === other[same]) same++;
  const [a, b] = [one.slice(same), other.slice(same)];
  if (a.slice(1) === b || a === b.slice(1) || a.slice(1) === b.slice(1)) return true;
  return a.length === b.length && a[0] === b[1] && a[1] === b[0] && a.slice(2) === b.slice(2);
}

function classOf(path: string, term: string, { name, stem }: { name: string; stem: string }): number {
  let shown = term;
  if (term.includes('/')) {
    shown = term.slice(term.lastIndexOf('/') + 1);
    if (shown === '' || !`${path.slice(0, -name.length)}${shown}`.endsWith(term) || !name.startsWith(shown)) return 5;
    if (name === shown || stem === shown) return 0;
    return border(name, shown.length) ? 1 : 2;
  }
  if (name === shown || stem === shown) return 0;
  let best = 5;
  for (let at = 0; at + shown.length <= name.length; at++) {
    if (!name.startsWith(shown, at)) continue;
    const [begins, ends] = [border(name, at), border(name, at + shown.length)];
    best = Math.min(best, begins && ends ? 1 : at === 0 ? 2 : begins ? 3 : 4);
  }
  return best;
}

/** Between two characters that are not both of words. */
function border(name: string, at: number): boolean {
  const isWord = (character: string | undefined): boolean => character !== undefined && /[a-z0-9\u0080-\uffff]/.test(character);
  return !(isWord(name[at - 1]) && isWord(name[at]));
}

const known = new Map<string, string>();

/** Remembered, since every query asks it of every path again. */
export function folded(text: string): string {
  const before = known.get(text);
  if (before !== undefined) return before;
  known.set(text, foldedAnew(text));
  return folded(text);
}

function foldedAnew(text: string): string {
  return text.normalize('NFC').toLowerCase().normalize('NFC').replaceAll('ς', 'σ');
}

export function seconds(mtimeMs: number): number {
  return Math.min(Math.max(Math.floor(mtimeMs / 1000), 0), 2 ** 32 - 1);
}

export function byRank(one: Rank, other: Rank): number {
  return one[0] - other[0] || one[1] - other[1] || one[2] - other[2];
}
