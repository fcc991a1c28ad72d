// What the Watched Searches view says: each saved search with its new matches under it. Must not know `vscode`.

import type { SearchHit, WatchedSearch } from '../../protocol/model.ts';
import type { WatchId } from '../../protocol/ids.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { watchCounts } from '../search/findRows.ts';
import { formatCount, t } from '../text.ts';
import { hitNode, hitRow, type HitNode } from './hitRow.ts';
import type { Row } from './row.ts';

export type WatchNode = { kind: 'watch'; id: string; watchId: WatchId };
export type WatchHitNode = HitNode & { parent: WatchNode };
export type WatchesNode = WatchNode | WatchHitNode;

/** Those with news first, then by their words. */
export function watchNodes(watches: readonly WatchedSearch[]): WatchNode[] {
  return [...watches]
    .sort((a, b) => Number(b.newCount > 0) - Number(a.newCount > 0) || a.query.localeCompare(b.query))
    .map(({ watchId }) => ({ kind: 'watch', id: `watch/${watchId}`, watchId }));
}

export function watchChildren(watch: WatchedSearch | undefined, parent: WatchNode): WatchHitNode[] {
  return (watch?.newHits ?? []).map((hit: SearchHit) => ({ ...hitNode(hit, parent.id), parent }));
}

export function watchesRow(node: WatchesNode, watches: readonly WatchedSearch[], nowMs: number): Row | undefined {
  if (node.kind === 'hit') return hitRow(node.id, node.hit, nowMs);
  const watch = watches.find(({ watchId }) => watchId === node.watchId);
  if (watch === undefined) return undefined;
  const query = displayName(watch.query);
  const counts = watchCounts(watch);
  return {
    id: node.id,
    label: query,
    description: counts,
    tooltip: `${longDisplayName(watch.query)}\n${counts}`,
    icon: watch.newCount > 0 ? 'bell-dot' : 'bell',
    ...(watch.newCount > 0 ? { color: 'list.highlightForeground' } : {}),
    children: watch.newCount > 0 && watch.newHits.length > 0 ? 'collapsed' : 'none',
    context: `watch.${watch.newCount > 0 ? 'news' : 'quiet'}`,
    accessibility: t('Watched search {0}, {1}', query, counts),
    command: { kind: 'run', command: 'potluck.watch.show', title: t('Show Results') },
  };
}

export function newMatches(watches: readonly WatchedSearch[]): number {
  return watches.reduce((sum, { newCount }) => sum + newCount, 0);
}

/** One sentence for all news at once; undefined when there are none. */
export function newsText(watches: readonly WatchedSearch[]): string | undefined {
  const withNews = watches.filter(({ newCount }) => newCount > 0);
  const [first] = withNews;
  if (first === undefined) return undefined;
  const count = newMatches(withNews);
  if (withNews.length > 1) {
    return t('{0} new files match {1} of your watched searches.', formatCount(count), formatCount(withNews.length));
  }
  const query = displayName(first.query);
  return count === 1 ? t('1 new file matches "{0}".', query) : t('{0} new files match "{1}".', formatCount(count), query);
}
