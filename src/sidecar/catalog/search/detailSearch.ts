// Searching by what is known of files beyond their names: `type:` and `text:`, and plain words in texts where names found little. Everything
// else goes to the engine as it is. docs/search.md says what that means for totals.

import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../../protocol/errors.ts';
import type { Entry, EntryRef } from '../../../protocol/model.ts';
import { detailLimits, searchLimits } from '../../limits.ts';
import { refOf } from '../details/detailAnswers.ts';
import type { FindQuestion, FoundFile } from '../details/detailMessages.ts';
import type { DetailStore } from '../details/detailStore.ts';
import type { Delta } from '../index/rows.ts';
import type { FoundPage, PageOptions, RawHit, SearchEngine } from './engine.ts';
import { excerptOf } from './excerpt.ts';
import { matchRanges } from './matchRanges.ts';
import { planQuery } from './plan.ts';
import type { Query } from './query.ts';
import { rankKey, scoreOf } from './ranking.ts';

type Engine = Pick<SearchEngine, 'put' | 'change' | 'remove' | 'query' | 'recent' | 'isReady' | 'searchable'>;

export interface DetailSearchOptions {
  engine: Engine;
  store: Pick<DetailStore, 'ask' | 'isEmpty'>;
  /** As `Catalog.stat`: what is said of a file counts while the index has it so. */
  stat(ref: EntryRef): Entry | undefined;
}

/** Excerpts made for one page. */
const excerpts = 200;

export class DetailSearch implements Engine {
  readonly #options: DetailSearchOptions;

  constructor(options: DetailSearchOptions) {
    this.#options = options;
  }

  put(key: string, share: Parameters<Engine['put']>[1]): void {
    this.#options.engine.put(key, share);
  }

  change(key: string, delta: Delta): void {
    this.#options.engine.change(key, delta);
  }

  remove(key: string): void {
    this.#options.engine.remove(key);
  }

  isReady(key: string): boolean {
    return this.#options.engine.isReady(key);
  }

  searchable(): Promise<void> {
    return this.#options.engine.searchable();
  }

  recent(options: PageOptions): Promise<{ hits: RawHit[]; total: number }> {
    return this.#options.engine.recent(options);
  }

  async query(query: Query, options: PageOptions): Promise<FoundPage> {
    if (query.types !== undefined || query.texts.length > 0) return this.#byDetails(query, options);
    const page = await this.#options.engine.query(query, options);
    const isLittle = page.isFuzzy || page.total < searchLimits.littleFound;
    const words = query.terms.filter((term) => !term.includes('/') && term.length >= fewestLetters);
    if (
      !isLittle ||
      words.length === 0 ||
      words.length < query.terms.length ||
      query.kind === 'folder' ||
      this.#options.store.isEmpty
    )
      return page;
    return this.#withTexts(query, options, page);
  }

  /** Exact, over the first `detailLimits.candidates` files with the type and the words. */
  async #byDetails(query: Query, options: PageOptions): Promise<FoundPage> {
    const { types, texts } = query;
    const found = await this.#find({ keys: options.keys, types, texts, limit: detailLimits.candidates, withFields: false });
    const plan = planQuery(query);
    const ranked: { file: FoundFile; rank: number }[] = [];
    await this.#each(found, options.signal, (file, entry) => {
      const score = scoreOf({ ...entry, path: file.path }, query, plan);
      if (score !== undefined) ranked.push({ file, rank: rankKey(score, entry.mtimeMs, Buffer.byteLength(file.path)) });
    });
    ranked.sort((one, other) => one.rank - other.rank);
    const shown = ranked.slice(options.offset, options.offset + options.limit).map(({ file }) => file);
    if (texts.length > 0) await this.#fillFields(shown.slice(0, excerpts));
    return { hits: shown.map((file) => hitOf(file, query, false)), total: ranked.length, isFuzzy: false };
  }

  /** After what was found by name, files whose texts hold all words. */
  async #withTexts(query: Query, options: PageOptions, page: FoundPage): Promise<FoundPage> {
    const { keys, signal } = options;
    const question = { keys, types: undefined, texts: query.terms, limit: detailLimits.textHits, withFields: true };
    const found = await this.#find(question).catch(() => []); // Names are found without.
    if (found.length === 0) return page;
    const most = searchLimits.littleFound + searchLimits.fuzzyHits;
    const byName = await this.#options.engine.query(query, { ...options, offset: 0, limit: most });
    const known = new Set(byName.hits.map(({ key, path }) => `${key}/${path}`));
    const rest: Query = { ...query, terms: [] };
    const plan = planQuery(rest);
    const hits = [...byName.hits];
    await this.#each(found, signal, (file, entry) => {
      if (known.has(`${file.key}/${file.path}`)) return;
      if (scoreOf({ ...entry, path: file.path }, rest, plan) !== undefined) hits.push(hitOf(file, query, true));
    });
    const isFuzzy = byName.isFuzzy || hits.length > byName.hits.length;
    return { hits: hits.slice(options.offset, options.offset + options.limit), total: hits.length, isFuzzy };
  }

  async #find(question: FindQuestion): Promise<FoundFile[]> {
    return this.#options.store.isEmpty ? [] : this.#options.store.ask('find', question);
  }

  /** The files that the indexes have as they are described. */
  async #each(files: readonly FoundFile[], signal: AbortSignal, take: (file: FoundFile, entry: Entry) => void): Promise<void> {
    for (const [at, file] of files.entries()) {
      if (at > 0 && at % detailLimits.checkedAtOnce === 0) await setImmediate();
      if (signal.aborted) throw new AppError('cancelled', 'The search was stopped.');
      const ref = refOf(file);
      const entry = ref && this.#options.engine.isReady(file.key) ? this.#options.stat(ref) : undefined;
      if (entry?.kind === 'file' && entry.sizeBytes === file.sizeBytes && entry.mtimeMs === file.mtimeMs) take(file, entry);
    }
  }

  async #fillFields(files: readonly FoundFile[]): Promise<void> {
    const records = await Promise.all(files.map(({ key, path }) => this.#options.store.ask('get', { key, path })));
    for (const [at, file] of files.entries()) file.fields = records[at]?.fields ?? {};
  }
}

/** Shorter words are in every text. */
const fewestLetters = 3;

function hitOf({ key, path, sizeBytes, mtimeMs, fields }: FoundFile, query: Query, isFuzzy: boolean): RawHit {
  const excerpt = excerptOf(fields, isFuzzy ? query.terms : query.texts);
  const matches = isFuzzy ? [] : matchRanges(path, query.terms);
  return { ...{ key, path, kind: 'file', sizeBytes, mtimeMs, matches, isFuzzy }, ...(excerpt !== undefined && { excerpt }) };
}
