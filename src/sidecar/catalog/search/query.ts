// The query language of searching: from what a person typed to what an entry must be. docs/search.md describes it for users. Pure: it
// knows neither shares nor peers; `peer:`, `party:` and `share:` are handed on as words.

import { AppError } from '../../../protocol/errors.ts';
import type { EntryKind } from '../../../protocol/model.ts';
import { searchLimits } from '../../limits.ts';
import { extensionsOfKind, fileKinds } from './fileKinds.ts';
import { parseSizes, parseTime } from './filters.ts';
import { fold } from './fold.ts';
import type { ScopeWords } from './scope.ts';

/** What an entry must be to be found. All of it holds together. */
export interface Query {
  /** Folded. Each is in the entry's path; one that holds `/` also across names, as if the path began with `/`. */
  terms: readonly string[];
  /** Folded. None is. */
  excluded: readonly string[];
  /** Only files or only folders. */
  kind: EntryKind | undefined;
  /** Folded, without dot: only files that end in one of these. */
  extensions: readonly string[] | undefined;
  /** And in none of these. */
  excludedExtensions: readonly string[];
  /** Bytes, both included; only files then. */
  sizes: { min: number; max: number } | undefined;
  /** Modification times in ms, `from` included, `before` not. */
  times: { fromMs: number; beforeMs: number } | undefined;
  /** Lower case: `image/png`, or `image` or `png` for all types that begin or end so; one of them. Only files that are known to be so. */
  types: readonly string[] | undefined;
  /** Folded. A word of the texts known of a file begins with each; only such files. */
  texts: readonly string[];
  /** What `peer:`, `party:` and `share:` say, for the caller to resolve. */
  scope: ScopeWords;
  /** The query without these: as a peer is asked it. */
  unscopedText: string;
  /** Nothing was asked: nothing is found. (A query of places only, `peer:anna`, finds everything there.) */
  isEmpty: boolean;
}

interface Token {
  isExcluded: boolean;
  /** Folded name of a filter that is known, or undefined for a plain term. */
  filter: string | undefined;
  value: string;
  /** As typed. */
  raw: string;
}

interface ScopeDraft {
  peers: string[];
  parties: string[];
  shares: string[];
}

interface Draft extends Omit<
  { -readonly [Key in keyof Query]: Query[Key] },
  'terms' | 'excluded' | 'excludedExtensions' | 'texts' | 'scope'
> {
  terms: string[];
  excluded: string[];
  excludedExtensions: string[];
  texts: string[];
  scope: ScopeDraft & { not: ScopeDraft };
}

/** Reads a query. Throws `invalid-argument`, naming the part that is not understood. */
export function parseQuery(text: string, options: { nowMs?: number } = {}): Query {
  if (text.length > searchLimits.queryCharacters)
    throw notUnderstood(text.slice(0, 40), `The search is longer than ${searchLimits.queryCharacters} characters. Shorten it.`);
  const draft: Draft = {
    terms: [],
    excluded: [],
    kind: undefined,
    extensions: undefined,
    excludedExtensions: [],
    sizes: undefined,
    times: undefined,
    types: undefined,
    texts: [],
    scope: { peers: [], parties: [], shares: [], not: { peers: [], parties: [], shares: [] } },
    unscopedText: '',
    isEmpty: true,
  };
  const unscoped: string[] = [];
  for (const token of tokensOf(text)) {
    if (token.value === '') continue; // `ext:` or `-` while typing
    draft.isEmpty = false;
    const scope = token.isExcluded ? draft.scope.not : draft.scope;
    if (token.filter === 'peer') scope.peers.push(...words(token.value));
    else if (token.filter === 'party') scope.parties.push(...words(token.value));
    else if (token.filter === 'share') scope.shares.push(...words(token.value));
    else unscoped.push(token.raw);
    if (token.filter === undefined) addTerm(draft, token);
    else addFilter(draft, token, token.filter, options.nowMs ?? Date.now());
  }
  draft.unscopedText = unscoped.join(' ');
  return draft;
}

function addTerm(draft: Draft, token: Token): void {
  const term = fold(token.value);
  const list = token.isExcluded ? draft.excluded : draft.terms;
  if (!list.includes(term)) list.push(term);
  if (draft.terms.length + draft.excluded.length > searchLimits.terms)
    throw notUnderstood(token.raw, `A search has at most ${searchLimits.terms} words. Leave some out.`);
}

function addFilter(draft: Draft, token: Token, filter: string, nowMs: number): void {
  const { value, raw } = token;
  if (filter === 'peer' || filter === 'party' || filter === 'share') return;
  if (filter === 'ext') return addExtensions(draft, token, words(value).map(extensionOf));
  if (filter === 'kind') return addKind(draft, token);
  if (token.isExcluded) throw notUnderstood(raw, `${filter}: cannot be excluded. Write the opposite without "-".`);
  if (filter === 'type') return addTypes(draft, token);
  if (filter === 'text') return addText(draft, token);
  if (filter === 'size') {
    const sizes = parseSizes(value);
    if (sizes === undefined) throw notUnderstood(raw, 'Write a size as in size>10MB, size<=1.5g or size:1mb..5mb.');
    const before = draft.sizes ?? { min: 0, max: Number.MAX_SAFE_INTEGER };
    draft.sizes = { min: Math.max(before.min, sizes.min), max: Math.min(before.max, sizes.max) };
  } else {
    const timeMs = parseTime(value, nowMs);
    if (timeMs === undefined)
      throw notUnderstood(raw, `Write a time as in ${filter}:7d, ${filter}:2w, ${filter}:3h or ${filter}:2026-01-31.`);
    const before = draft.times ?? { fromMs: -Infinity, beforeMs: Infinity };
    draft.times =
      filter === 'newer'
        ? { ...before, fromMs: Math.max(before.fromMs, timeMs) }
        : { ...before, beforeMs: Math.min(before.beforeMs, timeMs) };
  }
}

function addKind(draft: Draft, token: Token): void {
  const kinds = words(fold(token.value));
  const [only] = kinds;
  if (kinds.length === 1 && (only === 'file' || only === 'folder' || only === 'directory')) {
    const kind = (only === 'file') !== token.isExcluded ? 'file' : 'folder';
    if (draft.kind !== undefined && draft.kind !== kind) throw notUnderstood(token.raw, 'Nothing is both a file and a folder.');
    draft.kind = kind;
    return;
  }
  const extensions = kinds.flatMap((kind) => {
    const found = extensionsOfKind(kind);
    if (found === undefined)
      throw notUnderstood(token.raw, `There is no kind "${kind}". Kinds: file, folder, ${fileKinds.join(', ')}.`);
    return found;
  });
  addExtensions(draft, token, extensions);
}

function addTypes(draft: Draft, { value, raw }: Token): void {
  const types = words(value.toLowerCase()).map((type) => type.replace(/\/\*?$/, ''));
  for (const type of types)
    if (!/^[a-z0-9][a-z0-9!#$&^_.+-]*(\/[a-z0-9][a-z0-9!#$&^_.+-]*)?$/.test(type))
      throw notUnderstood(raw, 'Write a type as in type:image, type:pdf or type:text/html.');
  draft.types = draft.types === undefined ? types : draft.types.filter((type) => types.includes(type));
}

function addText(draft: Draft, { value, raw }: Token): void {
  draft.texts.push(fold(value));
  if (draft.texts.length > searchLimits.terms)
    throw notUnderstood(raw, `A search has at most ${searchLimits.terms} words. Leave some out.`);
}

function addExtensions(draft: Draft, token: Token, extensions: string[]): void {
  if (token.isExcluded) draft.excludedExtensions.push(...extensions);
  else if (draft.extensions === undefined) draft.extensions = [...new Set(extensions)];
  else draft.extensions = draft.extensions.filter((extension) => extensions.includes(extension));
}

function extensionOf(word: string): string {
  return fold(word.startsWith('.') ? word.slice(1) : word);
}

/** `a,b` as a list; empty parts are left out. */
function words(value: string): string[] {
  return value
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

const filters = new Set(['ext', 'kind', 'size', 'newer', 'older', 'type', 'text', 'peer', 'party', 'share']);

/** Words by white space; quotes hold what is between them together, also an opening one that is not closed yet. */
function* tokensOf(text: string): Generator<Token> {
  const pattern = /(-?)(?:([a-z]+)(:|(?=[<>]))((?:"[^"]*"?|[^\s"])*)|((?:"[^"]*"?|[^\s"])+))/giuy;
  let at = 0;
  while (at < text.length) {
    if (/\s/u.test(text[at] ?? '')) {
      at++;
      continue;
    }
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) return;
    at = pattern.lastIndex;
    if (match[0] === '-') continue; // an exclusion that is not typed yet
    const [raw, minus, name, , filterValue, plain] = match;
    const filter = name?.toLowerCase();
    const isComparable = filter === 'size' || match[3] === ':';
    const isExcluded = minus === '-';
    if (filter !== undefined && filters.has(filter) && isComparable)
      yield { isExcluded, filter, value: unquoted(filterValue ?? ''), raw };
    else yield { isExcluded, filter: undefined, value: unquoted(plain ?? raw.slice(isExcluded ? 1 : 0)), raw };
  }
}

function unquoted(text: string): string {
  return text.replaceAll('"', '');
}

function notUnderstood(part: string, hint: string): AppError {
  return new AppError('invalid-argument', `"${part}" is not understood. ${hint}`);
}
