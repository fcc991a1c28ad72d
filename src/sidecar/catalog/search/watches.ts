// Saved searches that tell when something new matches. What matches and was not looked at yet is news; what matched when the search was
// saved, and what lies in own shares, is not. Looks when an index changed, and only in the shares that did.

import { randomBytes } from 'node:crypto';
import z32 from 'z32';
import { AppError } from '../../../protocol/errors.ts';
import { isWatchId, type PeerId, type ShareId, type WatchId } from '../../../protocol/ids.ts';
import type { SearchHit, WatchedSearch } from '../../../protocol/model.ts';
import { searchLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { IndexListener } from '../index/indexListener.ts';
import { keyOf } from './scope.ts';
import { hashOf, type WatchTable } from './watchTable.ts';

export interface WatchesOptions {
  table: WatchTable;
  search: {
    /** Exact matches only. */
    matches(text: string, options: QueryOptions): Promise<{ hits: SearchHit[]; total: number }>;
    /** Resolves when every index told so far is searched. */
    searchable(): Promise<void>;
  };
  log: Log;
  onChange(watchId: WatchId, hasNews: boolean): void;
}

interface QueryOptions {
  offset: number;
  limit: number;
  signal: AbortSignal;
  /** Only in these shares. */
  keys?: ReadonlySet<string>;
}

interface Watch {
  watchId: WatchId;
  query: string;
  addedAtMs: number;
  /** Matches in each share; undefined when there are too many to remember, and the whole is counted each time. */
  counts: Map<string, number> | undefined;
  total: number;
  /** Hash of a hit that nobody looked at yet, and the share it is in. */
  news: Map<string, string>;
  /** The newest of them. */
  newest: SearchHit[];
}

const newestShown = 20;

export class Watches implements IndexListener {
  readonly #options: WatchesOptions;
  readonly #watches = new Map<WatchId, Watch>();
  readonly #changed = new Set<string>();
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  /** One look at a time; never rejects. */
  #work: Promise<void> = Promise.resolve();
  /** Indexes that were here at start are no reason to tell anybody again. */
  #isStarting = true;

  constructor(options: WatchesOptions) {
    this.#options = options;
  }

  /** After the catalog told of every index that is on this disk. */
  open(): void {
    for (const row of this.#options.table.list())
      this.#watches.set(row.watchId, { ...row, counts: new Map(), total: 0, news: new Map(), newest: [] });
    if (this.#watches.size > 0) this.#later(() => this.#lookAtAll());
    this.#later(async () => {
      this.#isStarting = false;
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stop.abort();
    await this.#work;
  }

  /** Oldest first. What changed a moment ago is looked at before, unless that takes long: then `onChange` tells. */
  async list(): Promise<WatchedSearch[]> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, searchLimits.watchSettleMs)));
    await Promise.race([this.#work, late]);
    clearTimeout(timer);
    return [...this.#watches.values()].map(shown);
  }

  /** Saves a search; the same one twice is one. Throws `invalid-argument`, `too-large` when it matches too much to know what is new. */
  async add(text: string): Promise<WatchedSearch> {
    const query = text.trim();
    if (query === '') throw new AppError('invalid-argument', 'There is nothing to watch for. Type what to search first.');
    const same = [...this.#watches.values()].find((watch) => watch.query === query);
    if (same) return shown(same);
    if (this.#watches.size >= searchLimits.watches)
      throw new AppError('too-large', `${searchLimits.watches} searches are watched already. Remove one first.`);
    const { hits, total } = await this.#matches(query, undefined);
    if (total > searchLimits.knownHits) throw matchesTooMuch(query, total);
    const counts = countByShare(hits);
    const watch: Watch = { watchId: newWatchId(), query, addedAtMs: Date.now(), counts, total, news: new Map(), newest: [] };
    const added = [...this.#watches.values()].find((each) => each.query === query); // Twice at the same time.
    if (added) return shown(added);
    this.#options.table.add(watch, hits.map(hashOf));
    this.#watches.set(watch.watchId, watch);
    this.#options.onChange(watch.watchId, false);
    this.#later(() => this.#look(watch, undefined)); // What changed between looking and being watched.
    return shown(watch);
  }

  remove(watchId: WatchId): void {
    if (!this.#watches.delete(watchId)) throw noSuchWatch();
    this.#options.table.remove(watchId);
    this.#options.onChange(watchId, false);
  }

  async seen(watchId: WatchId): Promise<WatchedSearch> {
    const watch = this.#watches.get(watchId);
    if (watch === undefined) throw noSuchWatch();
    await Promise.resolve();
    if (watch.news.size > 0) {
      this.#options.table.know(watchId, [...watch.news.keys()]);
      watch.news.clear();
      watch.newest = [];
      this.#options.onChange(watchId, false);
    }
    return shown(watch);
  }

  indexed(peerId: PeerId, shareId: ShareId): void {
    this.#touch(keyOf({ peerId, shareId }));
  }

  changed(peerId: PeerId, shareId: ShareId): void {
    this.#touch(keyOf({ peerId, shareId }));
  }

  gone(peerId: PeerId, shareId: ShareId): void {
    this.#touch(keyOf({ peerId, shareId }));
  }

  #touch(key: string): void {
    if (this.#watches.size === 0) return;
    this.#changed.add(key);
    this.#soon();
  }

  /** One look at a time: what changes during one is for the next. */
  #soon(): void {
    if (this.#stop.signal.aborted) return;
    this.#timer ??= setTimeout(() => {
      const keys = new Set(this.#changed);
      this.#changed.clear();
      this.#later(async () => {
        try {
          await this.#options.search.searchable();
          for (const watch of [...this.#watches.values()]) await this.#look(watch, keys);
        } finally {
          this.#timer = undefined;
          if (this.#changed.size > 0) this.#soon();
        }
      });
    }, searchLimits.watchSettleMs);
  }

  async #lookAtAll(): Promise<void> {
    await this.#options.search.searchable();
    for (const watch of [...this.#watches.values()]) await this.#look(watch, undefined);
  }

  /** Looks what of these shares (undefined: all) is new. */
  async #look(watch: Watch, keys: ReadonlySet<string> | undefined): Promise<void> {
    const isOld = (key: string): boolean => keys !== undefined && !keys.has(key);
    const { hits, total } = await this.#matches(watch.query, keys);
    const counts = total > searchLimits.knownHits || watch.counts === undefined ? undefined : countByShare(hits);
    for (const [key, count] of watch.counts ?? []) if (isOld(key)) counts?.set(key, count);
    const whole = counts === undefined ? await this.#countAll(watch.query) : sum(counts.values());
    if (!this.#watches.has(watch.watchId)) return;
    const before = { news: watch.news, total: watch.total };
    const known = this.#options.table.known(watch.watchId);
    const news = new Map([...before.news].filter(([, key]) => isOld(key)));
    const fresh: SearchHit[] = [];
    // With more matches than are remembered, nobody knows what is new.
    if (whole > searchLimits.knownHits) news.clear();
    else
      for (const hit of hits) {
        const hash = hashOf(hit);
        if (hit.isOwn || known.has(hash) || news.has(hash)) continue;
        news.set(hash, keyOf(hit.entry));
        fresh.push(hit);
      }
    // Too many once: until they are few again, all are looked at.
    watch.counts = counts ?? (whole > searchLimits.knownHits ? undefined : new Map());
    watch.total = whole;
    watch.news = news;
    watch.newest = [...watch.newest.filter((hit) => isOld(keyOf(hit.entry)) && news.has(hashOf(hit))), ...fresh]
      .sort(newestFirst)
      .slice(0, newestShown);
    if (counts === undefined && watch.counts !== undefined) return this.#look(watch, undefined);
    const hasNews = fresh.some((hit) => !before.news.has(hashOf(hit)));
    if (hasNews || news.size !== before.news.size || whole !== before.total)
      this.#options.onChange(watch.watchId, hasNews && !this.#isStarting);
  }

  async #countAll(query: string): Promise<number> {
    return (await this.#options.search.matches(query, this.#page(0, 1))).total;
  }

  /** All exact matches up to searchLimits.knownHits. */
  async #matches(query: string, keys: ReadonlySet<string> | undefined): Promise<{ hits: SearchHit[]; total: number }> {
    const hits: SearchHit[] = [];
    for (;;) {
      const page = await this.#options.search.matches(query, {
        ...this.#page(hits.length, searchLimits.pageHits),
        ...(keys !== undefined && { keys }),
      });
      hits.push(...page.hits);
      if (page.hits.length === 0 || hits.length >= Math.min(page.total, searchLimits.knownHits))
        return { hits, total: page.total };
    }
  }

  #page(offset: number, limit: number): QueryOptions {
    return { offset, limit, signal: this.#stop.signal };
  }

  #later(task: () => Promise<void>): void {
    this.#work = this.#work.then(task).catch((error: unknown) => {
      if (!this.#stop.signal.aborted) this.#options.log.warn(`A watched search was not looked at: ${String(error)}`);
    });
  }
}

function countByShare(hits: readonly SearchHit[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { entry } of hits) counts.set(keyOf(entry), (counts.get(keyOf(entry)) ?? 0) + 1);
  return counts;
}

function sum(numbers: Iterable<number>): number {
  let total = 0;
  for (const each of numbers) total += each;
  return total;
}

function shown({ watchId, query, addedAtMs, total, news, newest }: Watch): WatchedSearch {
  return { watchId, query, addedAtMs, total, newCount: news.size, newHits: newest };
}

function newestFirst(one: SearchHit, other: SearchHit): number {
  return other.mtimeMs - one.mtimeMs;
}

function newWatchId(): WatchId {
  const id = z32.encode(randomBytes(16));
  if (!isWatchId(id)) throw new RangeError('16 bytes make a watch id');
  return id;
}

function noSuchWatch(): AppError {
  return new AppError('not-found', 'There is no such watched search. It may have been removed by another window.');
}

function matchesTooMuch(query: string, total: number): AppError {
  return new AppError(
    'too-large',
    `"${query}" matches ${total.toLocaleString('en-US')} files and folders, too many to tell what is new: at most ` +
      `${searchLimits.knownHits.toLocaleString('en-US')}. Add another word.`,
  );
}
