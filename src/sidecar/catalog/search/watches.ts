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
      this.#watches.set(row.watchId, { ...row, total: 0, news: new Map(), newest: [] });
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

  /** Oldest first; what changed a moment ago may still be looked at. */
  async list(): Promise<WatchedSearch[]> {
    await this.#work;
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
    const watch: Watch = { watchId: newWatchId(), query, addedAtMs: Date.now(), total, news: new Map(), newest: [] };
    const added = [...this.#watches.values()].find((each) => each.query === query); // Twice at the same time.
    if (added) return shown(added);
    this.#options.table.add(watch, hits.map(hashOf));
    this.#watches.set(watch.watchId, watch);
    this.#options.onChange(watch.watchId, false);
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
    if (this.#watches.size === 0 || this.#stop.signal.aborted) return;
    this.#changed.add(key);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      const keys = new Set(this.#changed);
      this.#changed.clear();
      this.#later(async () => {
        await this.#options.search.searchable();
        for (const watch of [...this.#watches.values()]) await this.#look(watch, keys);
      });
    }, searchLimits.watchSettleMs);
  }

  async #lookAtAll(): Promise<void> {
    await this.#options.search.searchable();
    for (const watch of [...this.#watches.values()]) await this.#look(watch, undefined);
  }

  /** Looks what of these shares (undefined: all) is new. */
  async #look(watch: Watch, keys: ReadonlySet<string> | undefined): Promise<void> {
    const { hits, total } = await this.#matches(watch.query, keys);
    if (!this.#watches.has(watch.watchId)) return;
    const before = watch.news;
    const known = this.#options.table.known(watch.watchId);
    const inKeys = (key: string): boolean => keys === undefined || keys.has(key);
    const news = new Map([...before].filter(([, key]) => !inKeys(key)));
    const fresh: SearchHit[] = [];
    for (const hit of hits) {
      const hash = hashOf(hit);
      if (hit.isOwn || known.has(hash) || news.has(hash)) continue;
      news.set(hash, keyOf(hit.entry));
      fresh.push(hit);
    }
    const hadNews = fresh.some((hit) => !before.has(hashOf(hit)));
    const whole = keys === undefined ? total : (await this.#options.search.matches(watch.query, this.#page(0, 1))).total;
    const isChanged = hadNews || news.size !== before.size || whole !== watch.total;
    watch.total = whole;
    // With more matches than are remembered, nobody knows what is new.
    watch.news = whole > searchLimits.knownHits ? new Map() : news;
    const still = watch.newest.filter((hit) => !inKeys(keyOf(hit.entry)));
    watch.newest = whole > searchLimits.knownHits ? [] : [...still, ...fresh].sort(newestFirst).slice(0, newestShown);
    if (isChanged) this.#options.onChange(watch.watchId, hadNews && watch.news.size > 0 && !this.#isStarting);
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
