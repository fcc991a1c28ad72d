// What the Search Results view says: the hits of one search, in pages, best first or by peer and share, until another search or "clear".
// Must not know `vscode`.

import { asAppError, type AppError } from '../../protocol/errors.ts';
import type { SearchHit, SearchPage, WatchedSearch } from '../../protocol/model.ts';
import { displayName } from '../displayText.ts';
import { failureText } from '../failures.ts';
import { limits } from '../limits.ts';
import { hitKey, hitOwner } from '../search/hits.ts';
import type { Sidecar } from '../sidecar.ts';
import { formatCount, t } from '../text.ts';
import { hitNode, hitRow, type HitNode } from './hitRow.ts';
import type { Row } from './row.ts';

export type ResultHitNode = HitNode & { parent?: GroupNode };
export type GroupNode = { kind: 'group'; id: string; label: string; icon: string; hits: readonly SearchHit[] };
export type MoreHitsNode = { kind: 'moreHits'; id: string; hiddenCount: number };
export type ResultsNode = ResultHitNode | GroupNode | MoreHitsNode;

export class ResultsModel {
  /** What is shown now; '' before the first search and after "clear". */
  query = '';
  isGrouped = false;
  isAsking = false;
  failure: AppError | undefined;
  page: Omit<SearchPage, 'hits'> | undefined;
  hits: SearchHit[] = [];
  /** Of a watched search: what was new when it was opened. */
  news: readonly SearchHit[] = [];

  readonly #sidecar: Pick<Sidecar, 'request'>;
  readonly #onChange: () => void;
  #abort: AbortController | undefined;

  constructor(sidecar: Pick<Sidecar, 'request'>, onChange: () => void) {
    this.#sidecar = sidecar;
    this.#onChange = onChange;
  }

  /** Searches anew. Never rejects: a failure is shown in the view. */
  async show(query: string, news: readonly SearchHit[] = []): Promise<void> {
    this.query = query.trim().slice(0, limits.queryCharacters);
    this.news = news;
    await this.#ask(0, limits.resultsPage);
  }

  showWatch(watch: WatchedSearch): Promise<void> {
    return this.show(watch.query, watch.newHits);
  }

  /** The same search again, as many hits as are shown. */
  async refresh(): Promise<void> {
    if (this.query !== '') await this.#ask(0, Math.max(limits.resultsPage, this.hits.length));
  }

  async more(): Promise<void> {
    if (!this.isAsking && this.hiddenCount > 0) await this.#ask(this.hits.length, limits.resultsPage);
  }

  /** Hits that "more" would still bring; 0 past the most that the view holds. */
  get hiddenCount(): number {
    return this.hits.length >= limits.resultHits ? 0 : Math.max(0, (this.page?.total ?? 0) - this.hits.length);
  }

  toggleGroups(): void {
    this.isGrouped = !this.isGrouped;
    this.#onChange();
  }

  clear(): void {
    this.#abort?.abort();
    this.#abort = undefined;
    this.query = '';
    this.#reset();
    this.isAsking = false;
    this.#onChange();
  }

  #reset(): void {
    this.hits = [];
    this.page = undefined;
    this.failure = undefined;
  }

  async #ask(offset: number, wanted: number): Promise<void> {
    this.#abort?.abort();
    const abort = new AbortController();
    this.#abort = abort;
    const { query } = this;
    this.isAsking = true;
    this.#onChange();
    try {
      const hits = offset === 0 ? [] : [...this.hits];
      let page: SearchPage;
      do {
        // The sidecar gives at most `searchPage` at once; a refresh of a long list takes several.
        const limit = Math.min(wanted - (hits.length - offset), limits.searchPage, limits.resultHits - hits.length);
        page = await this.#sidecar.request('search/query', { query, offset: hits.length, limit }, { signal: abort.signal });
        if (this.#abort !== abort) return;
        hits.push(...page.hits);
      } while (page.hits.length > 0 && hits.length - offset < wanted && hits.length < Math.min(page.total, limits.resultHits));
      this.#reset();
      this.hits = withoutRepeats(hits);
      this.page = page;
    } catch (error) {
      if (this.#abort !== abort) return;
      this.#reset();
      this.failure = asAppError(error);
    }
    this.isAsking = false;
    this.#onChange();
  }
}

/** The catalog may change between two pages: a hit may then come twice, and ids of rows must not. */
function withoutRepeats(hits: readonly SearchHit[]): SearchHit[] {
  return [...new Map(hits.map((hit) => [hitKey(hit), hit])).values()];
}

export function resultNodes(model: ResultsModel): ResultsNode[] {
  const nodes: ResultsNode[] = [];
  if (model.news.length > 0) {
    nodes.push({ kind: 'group', id: 'results//new', label: t('New'), icon: 'bell-dot', hits: model.news });
  }
  if (model.isGrouped) nodes.push(...groupNodes(model.hits));
  else nodes.push(...model.hits.map((hit) => hitNode(hit, 'results')));
  if (model.hiddenCount > 0) nodes.push({ kind: 'moreHits', id: 'results//more', hiddenCount: model.hiddenCount });
  return nodes;
}

/** By peer and share, in the order in which their best hits come. */
function groupNodes(hits: readonly SearchHit[]): GroupNode[] {
  const groups = new Map<string, { label: string; hits: SearchHit[] }>();
  for (const hit of hits) {
    const key = `${hit.entry.peerId}/${hit.entry.shareId}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { label: hitOwner(hit), hits: [hit] });
    else group.hits.push(hit);
  }
  return [...groups].map(([key, { label, hits: found }]) => {
    return { kind: 'group', id: `results//${key}`, label, icon: 'root-folder', hits: found };
  });
}

export function groupChildren(parent: GroupNode): ResultsNode[] {
  return parent.hits.map((hit): ResultsNode => ({ ...hitNode(hit, parent.id), parent }));
}

export function resultRow(node: ResultsNode, nowMs: number): Row {
  switch (node.kind) {
    case 'hit':
      return hitRow(node.id, node.hit, nowMs);
    case 'group': {
      const count = formatCount(node.hits.length);
      return {
        id: node.id,
        label: node.label,
        description: count,
        icon: node.icon,
        children: 'expanded',
        context: 'group',
        accessibility: t('{0}, {1} results', node.label, count),
      };
    }
    case 'moreHits': {
      const label = t('… {0} more', formatCount(node.hiddenCount));
      const command = { kind: 'run', command: 'potluck.results.more', title: t('Show more') } as const;
      return { id: node.id, label, icon: 'ellipsis', children: 'none', context: 'more', accessibility: label, command };
    }
  }
}

/** Beside the view's title: what was searched, and how much was found. */
export function resultsDescription({ query, page }: ResultsModel): string {
  if (query === '') return '';
  return page === undefined ? displayName(query) : t('{0} · {1} found', displayName(query), formatCount(page.total));
}

/** Above the rows, where there is something to say; '' otherwise. */
export function resultsMessage({ query, page, failure, isAsking, hits }: ResultsModel): string {
  if (query === '') return '';
  if (failure !== undefined) return failureText(failure);
  if (page === undefined) return isAsking ? t('Searching…') : '';
  const said: string[] = [];
  if (page.total === 0) said.push(t('Nothing found.'));
  else if (page.isFuzzy) said.push(t('Little was found: similar names are among the results.'));
  if (page.total > hits.length && hits.length >= limits.resultHits) {
    said.push(t('The first {0} are shown. Add words to find less.', formatCount(hits.length)));
  }
  if (page.missingShares > 0) {
    said.push(t('Not searched, because their lists of files are not here yet: {0} shares.', formatCount(page.missingShares)));
  }
  return said.join(' ');
}
