// How well an entry answers a query, in plain code: the definition that the kernel follows for what lies in search files, used as it is for
// what changed over them. docs/search.md has it in words.

import type { EntryKind } from '../../../protocol/model.ts';
import { fold } from './fold.ts';
import { isWordByte } from './kernel.ts';
import { holdsInOrder, holdsNear } from './nearness.ts';
import type { Plan } from './plan.ts';
import type { Query } from './query.ts';
import { extensionOf, secondsOf } from './searchFormat.ts';

export interface RankedEntry {
  path: string;
  kind: EntryKind;
  sizeBytes: number;
  mtimeMs: number;
}

/** Lower is better: for each term 0 the whole name, 1 a whole word, 2 the name begins so, 3 a word begins so, 4 inside it, 5 in the path only. */
const inPath = 5;

/** And when nearly equal names are asked for. */
const oneEdit = 6;
const nearInPath = 8;
/** Only one term of a query may be found so: two would pass the highest score. */
export const inOrder = 128;
const highestScore = 254;

/** The sum over all terms, or undefined when the entry does not match. */
export function scoreOf(entry: RankedEntry, query: Query, plan: Plan): number | undefined {
  if (entry.kind === 'folder' ? !plan.wantsFolders : !plan.wantsFiles) return undefined;
  if (!fitsColumns(entry, plan)) return undefined;
  const path = `/${fold(entry.path)}`;
  if (query.excluded.some((term) => holds(path, term))) return undefined;
  let score = 0;
  for (const [at, term] of query.terms.entries()) {
    const isNear = plan.isNear && plan.terms[at]?.mayBeNear === true;
    const found = isNear ? nearClassOf(path, term) : exactClassOf(path, term, entry.kind);
    if (found === undefined) return undefined;
    score += found === inPath && plan.isNear ? nearInPath : found;
  }
  return score > highestScore ? undefined : score;
}

function exactClassOf(path: string, term: string, kind: EntryKind): number | undefined {
  return holds(path, term) ? classOf(path, term, kind) : undefined;
}

function nearClassOf(path: string, term: string): number | undefined {
  const nameAt = path.lastIndexOf('/') + 1;
  if (holdsNear(path.slice(nameAt), term)) return oneEdit;
  if (holdsNear(path.slice(0, nameAt), term)) return inPath;
  return holdsInOrder(path.slice(nameAt), term) ? inOrder : undefined;
}

/** What one more in the score is worth in a key. */
export const scoreUnit = 2 ** 45;

/** Smaller sorts first: score, then newer, then shorter path. */
export function rankKey(score: number, mtimeMs: number, pathBytes: number): number {
  return score * scoreUnit + (0xffff_ffff - secondsOf(mtimeMs)) * 2 ** 13 + Math.min(pathBytes, 8191);
}

/** `path` is folded and begins with `/`. Terms without `/` lie in one name, since names hold none. */
function holds(path: string, term: string): boolean {
  return path.includes(term);
}

function fitsColumns({ path, kind, sizeBytes, mtimeMs }: RankedEntry, plan: Plan): boolean {
  const seconds = secondsOf(mtimeMs);
  if (plan.times && (seconds < plan.times.low || seconds > plan.times.high)) return false;
  if (plan.sizes && (sizeBytes < plan.sizes.min || sizeBytes > plan.sizes.max)) return false;
  if (kind === 'folder') return true;
  if (plan.extensions === undefined && plan.excludedExtensions.size === 0) return true;
  const extension = extensionOf(fold(path.slice(path.lastIndexOf('/') + 1)));
  if (extension !== undefined && plan.excludedExtensions.has(extension)) return false;
  return plan.extensions === undefined || (extension !== undefined && plan.extensions.has(extension));
}

function classOf(path: string, term: string, kind: EntryKind): number {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const slash = term.lastIndexOf('/');
  if (slash >= 0) {
    const begins = term.slice(slash + 1);
    const isHere = begins !== '' && path.slice(0, path.length - name.length + begins.length).endsWith(term);
    return isHere ? classAt(name, 0, begins, kind) : inPath;
  }
  let best = inPath;
  for (let at = name.indexOf(term); at >= 0; at = name.indexOf(term, at + 1))
    best = Math.min(best, classAt(name, at, term, kind));
  return best;
}

function classAt(name: string, at: number, term: string, kind: EntryKind): number {
  const end = at + term.length;
  const isEnd = end === name.length || !(isWord(name, end - 1) && isWord(name, end));
  if (at === 0) {
    if (end === name.length || (kind === 'file' && name.lastIndexOf('.') === end)) return 0;
    return isEnd ? 1 : 2;
  }
  if (isWord(name, at - 1) && isWord(name, at)) return 4;
  return isEnd ? 1 : 3;
}

function isWord(name: string, at: number): boolean {
  return isWordByte(name.charCodeAt(at));
}
