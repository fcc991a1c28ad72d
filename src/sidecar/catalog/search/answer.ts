// Answers one query over many shares: the exact matches, best first, any page of them. Runs in the search worker.

import { AppError } from '../../../protocol/errors.ts';
import { searchLimits } from '../../limits.ts';
import type { FoundPage, RawHit } from './hits.ts';
import { matchRanges } from './matchRanges.ts';
import { planQuery, recentPlan, type Plan } from './plan.ts';
import type { Query } from './query.ts';
import { inOrder, rankKey, scoreOf, scoreUnit, type RankedEntry } from './ranking.ts';
import { searchShare, type ShareQuestion } from './shareSearch.ts';
import type { ShareIndex } from './shareIndex.ts';
import type { Workspace } from './workspace.ts';

/** `order` of an entry: its share, what it is, and its number there. Files and folders have at most 2^23 numbers. */
const shareUnit = 2 ** 26;
const partUnit = 2 ** 24;
const parts = { folder: 0, file: 1, overlay: 2 } as const;

/** Matches kept in one pass; a page further down takes more passes. */
const keptAtOnce = 65_536;
/** Places for better ones before the worst are dropped: few, so that it is soon known what is good enough. */
const spareRoomMin = 256;

export interface Page {
  offset: number;
  limit: number;
  isCancelled: Int32Array;
}

interface Ranked {
  key: number;
  order: number;
  home: number;
}

const firstOfAll: Ranked = { key: -1, order: -1, home: 0 };

/** The exact matches; when they are few, similar names after them. */
export function answerQuery(workspace: Workspace, shares: readonly ShareIndex[], query: Query, page: Page): FoundPage {
  const exact = select(workspace, questionOf(shares, query), page);
  const plan = planQuery(query);
  if (exact.total >= searchLimits.littleFound || !plan.terms.some((term) => term.mayBeNear))
    return { hits: hitsOf(exact.ranked, shares, query.terms), total: exact.total, isFuzzy: false };
  const isAllHere = exact.ranked.length === exact.total;
  const first = { ...page, offset: 0, limit: searchLimits.littleFound };
  const known = isAllHere ? exact.ranked : select(workspace, questionOf(shares, query), first).ranked;
  const near = similar(workspace, { shares, query, known }, page);
  const end = page.offset + page.limit;
  const hits = hitsOf(known.slice(page.offset, end), shares, query.terms);
  const from = Math.max(0, page.offset - known.length);
  const nearHits = hitsOf(near.slice(from, Math.max(0, end - known.length)), shares, []);
  return {
    hits: [...hits, ...nearHits.map((hit) => ({ ...hit, isFuzzy: true }))],
    total: known.length + near.length,
    isFuzzy: near.length > 0,
  };
}

/** Entries that nearly match, best first: one edit away; only if these are few as well, also those with the letters of a term in order. */
function similar(
  workspace: Workspace,
  { shares, query, known }: { shares: readonly ShareIndex[]; query: Query; known: readonly Ranked[] },
  page: Page,
): Ranked[] {
  const limit = searchLimits.fuzzyHits + known.length;
  const { ranked } = select(workspace, questionOf(shares, query, { isNear: true }), { ...page, offset: 0, limit });
  const edits = ranked.filter(({ key }) => key < inOrder * scoreUnit);
  const orders = new Set(known.map(({ order }) => order));
  const found = edits.length >= searchLimits.littleFound ? edits : ranked;
  return found.filter(({ order }) => !orders.has(order)).slice(0, searchLimits.fuzzyHits);
}

function questionOf(shares: readonly ShareIndex[], query: Query, options: { isNear?: boolean } = {}): Question {
  const plan = planQuery(query, options);
  return { shares, plan, scored: (entry) => scoreOf(entry, query, plan) };
}

/** Files newest first. */
export function answerRecent(workspace: Workspace, shares: readonly ShareIndex[], page: Page): FoundPage {
  const scored = ({ kind }: RankedEntry): number | undefined => (kind === 'file' ? 0 : undefined);
  const { total, ranked } = select(workspace, { shares, plan: recentPlan, scored }, page);
  return { hits: hitsOf(ranked, shares, []), total, isFuzzy: false };
}

interface Question {
  shares: readonly ShareIndex[];
  plan: Plan;
  /** For entries that no search file has. */
  scored: (entry: RankedEntry) => number | undefined;
}

function select(workspace: Workspace, question: Question, page: Page): { total: number; ranked: Ranked[] } {
  let after = firstOfAll;
  let skipped = 0;
  for (;;) {
    const isLast = page.offset + page.limit - skipped <= keptAtOnce;
    const count = isLast ? page.offset + page.limit - skipped : keptAtOnce;
    const { total, ranked } = pass(workspace, question, { count, after, isCancelled: page.isCancelled });
    if (isLast || ranked.length < count) return { total, ranked: ranked.slice(page.offset - skipped) };
    skipped += count;
    after = ranked.at(-1) ?? firstOfAll;
  }
}

/** The `count` best after one, in order. */
function pass(
  workspace: Workspace,
  { shares, plan, scored }: Question,
  { count, after, isCancelled }: { count: number; after: Ranked; isCancelled: Int32Array },
): { total: number; ranked: Ranked[] } {
  const { kernel } = workspace;
  workspace.prepare(shares.flatMap(({ file }) => file ?? []));
  const mark = kernel.mark;
  try {
    const room = count + Math.max(spareRoomMin, count >> 1);
    const [keys, orders, homes] = [kernel.take(room * 8), kernel.take(room * 8), kernel.take(room * 4)];
    kernel.calls.keep(keys, orders, homes, room, count, after.key, after.order);
    const checkCancelled = (): void => {
      if (Atomics.load(isCancelled, 0) !== 0) throw new AppError('cancelled', 'The search was stopped.');
    };
    let total = 0;
    /** Matches that are not by letters alone. */
    let certain = 0;
    for (const [number, share] of shares.entries()) {
      checkCancelled();
      if (share.file === undefined) continue;
      const start = number * shareUnit;
      const overlay = share.overlay();
      const question: ShareQuestion = {
        file: share.file,
        updatedAtMs: share.updatedAtMs,
        hidden: overlay.hidden,
        orders: { folders: start + parts.folder * partUnit, files: start + parts.file * partUnit },
        wantsLetters: () => certain < searchLimits.littleFound,
        checkCancelled,
      };
      searchShare(workspace, plan, question, (matches) => {
        total += matches.total;
        certain += matches.certain;
      });
      for (const [at, entry] of overlay.entries.entries()) {
        const score = scored(entry);
        if (score === undefined) continue;
        total++;
        if (score < inOrder) certain++;
        const mtimeMs = plan.isRecent ? Math.min(entry.mtimeMs, share.updatedAtMs) : entry.mtimeMs;
        const key = rankKey(score, mtimeMs, Buffer.byteLength(entry.path));
        kernel.calls.offer(key, start + parts.overlay * partUnit + at, 0);
      }
    }
    const kept = kernel.calls.settle();
    const [keyList, orderList, homeList] = [kernel.f64(keys, kept), kernel.f64(orders, kept), kernel.u32(homes, kept)];
    const ranked = Array.from(keyList, (key, at) => ({ key, order: orderList[at] ?? 0, home: homeList[at] ?? 0 }));
    ranked.sort((one, other) => one.key - other.key || one.order - other.order);
    return { total, ranked };
  } finally {
    kernel.release(mark);
  }
}

function hitsOf(ranked: readonly Ranked[], shares: readonly ShareIndex[], terms: readonly string[]): RawHit[] {
  const hits = ranked.flatMap(({ order, home }): RawHit[] => {
    const share = shares[Math.floor(order / shareUnit)];
    if (share === undefined) return [];
    const part = Math.floor((order % shareUnit) / partUnit);
    const number = order % partUnit;
    const entry = entryOf(share, part, number, home);
    if (entry === undefined) return [];
    const { path, kind, sizeBytes, mtimeMs } = entry;
    return [{ key: share.key, path, kind, sizeBytes, mtimeMs, matches: matchRanges(path, terms), isFuzzy: false }];
  });
  for (const share of shares) share.rest();
  return hits;
}

function entryOf(share: ShareIndex, part: number, number: number, home: number): RankedEntry | undefined {
  if (part === parts.folder) return share.folder(number);
  if (part === parts.file) return share.fileAt(number, home);
  return share.overlay().entries[number];
}
