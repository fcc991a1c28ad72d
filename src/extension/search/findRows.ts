// The rows of Find Files as plain data: hits, what is similar, what peers tell live, why there is nothing, and, before the first letter,
// recent and watched searches. Must not know `vscode`; findFiles.ts draws them.

import type { SearchHit, WatchedSearch } from '../../protocol/model.ts';
import { displayName, iconSafeName } from '../displayText.ts';
import { failureText } from '../failures.ts';
import { formatCount, t } from '../text.ts';
import { hitDetail, hitFolder, hitKey, hitName } from './hits.ts';
import type { SearchState } from './searchSession.ts';

export type FindRow =
  | { kind: 'separator'; label: string }
  | { kind: 'hit'; hit: SearchHit; label: string; description: string; detail: string }
  | { kind: 'note'; icon: string; label: string; description?: string }
  | { kind: 'recent'; query: string; label: string }
  | { kind: 'watch'; watch: WatchedSearch; label: string; description: string }
  | { kind: 'showAll'; label: string };

/** Stays the same for the same thing, so that the row in front is kept when rows around it change. */
export function findRowKey(row: FindRow): string | undefined {
  switch (row.kind) {
    case 'hit':
      return hitKey(row.hit);
    case 'recent':
      return `recent/${row.query}`;
    case 'watch':
      return `watch/${row.watch.watchId}`;
    case 'showAll':
      return 'showAll';
    case 'note':
    case 'separator':
      return undefined;
  }
}

/** Before anything is typed. */
export function startRows(recent: readonly string[], watches: readonly WatchedSearch[]): FindRow[] {
  const rows: FindRow[] = [];
  if (recent.length > 0) rows.push({ kind: 'separator', label: t('recent searches') });
  for (const query of recent) rows.push({ kind: 'recent', query, label: iconSafeName(query) });
  if (watches.length > 0) rows.push({ kind: 'separator', label: t('watched searches') });
  for (const watch of watches) {
    rows.push({ kind: 'watch', watch, label: iconSafeName(watch.query), description: watchCounts(watch) });
  }
  return rows;
}

/** "3 new · 120 found" */
export function watchCounts({ total, newCount }: WatchedSearch): string {
  const found = t('{0} found', formatCount(total));
  return newCount > 0 ? `${t('{0} new', formatCount(newCount))} · ${found}` : found;
}

/** What a query found, best first. */
export function foundRows(state: SearchState, nowMs: number): FindRow[] {
  if (state.failure !== undefined) return [{ kind: 'note', icon: 'error', label: iconSafeText(failureText(state.failure)) }];
  const { page } = state;
  if (page === undefined) return [];
  const rows: FindRow[] = [];
  let isSimilar = false;
  for (const hit of page.hits) {
    // Similar names come after the exact ones and have no places that matched.
    if (page.isFuzzy && !isSimilar && hit.matches.length === 0) {
      isSimilar = true;
      rows.push({ kind: 'separator', label: t('similar names') });
    }
    rows.push(hitRow(hit, nowMs));
  }
  if (page.total > page.hits.length) {
    rows.push({ kind: 'showAll', label: t('Show all {0} results', formatCount(page.total)) });
  }
  if (page.hits.length === 0 && state.live.length === 0 && !state.isAsking) rows.push(nothingFound(state));
  if (state.live.length > 0) {
    rows.push({ kind: 'separator', label: t('from peers whose list of files is still coming') });
    for (const hit of state.live) rows.push(hitRow(hit, nowMs));
  }
  return rows;
}

function hitRow(hit: SearchHit, nowMs: number): FindRow {
  return {
    kind: 'hit',
    hit,
    label: iconSafeName(hitName(hit)),
    description: iconSafeText(hitFolder(hit)),
    detail: iconSafeText(hitDetail(hit, nowMs)),
  };
}

function nothingFound({ page, isAskingLive }: SearchState): FindRow {
  if (isAskingLive) return { kind: 'note', icon: 'loading~spin', label: t('Asking peers whose list of files is not here yet…') };
  if (page?.searchedShares === 0 && page.missingShares === 0) {
    const description = t('Join a party or connect to a peer first.');
    return { kind: 'note', icon: 'info', label: t('No peer shares anything with you yet.'), description };
  }
  const row: FindRow = { kind: 'note', icon: 'info', label: t('Nothing found') };
  return (page?.missingShares ?? 0) > 0 ? { ...row, description: missingText(page?.missingShares ?? 0) } : row;
}

function missingText(missingShares: number): string {
  return missingShares === 1
    ? t('1 share was not searched: its list of files is not here yet')
    : t('{0} shares were not searched: their lists of files are not here yet', formatCount(missingShares));
}

/** "Find Files — 1–50 of 12,345 · 3 ms" */
export function findTitle(state: SearchState): string {
  const title = t('Find Files');
  const { page } = state;
  if (page === undefined || state.query === '') return title;
  const said: string[] = [];
  if (page.hits.length < page.total) said.push(t('1–{0} of {1}', formatCount(page.hits.length), formatCount(page.total)));
  else said.push(page.total === 1 ? t('1 result') : t('{0} results', formatCount(page.total)));
  said.push(t('{0} ms', formatCount(Math.max(1, Math.round(page.tookMs)))));
  if (page.missingShares > 0) said.push(missingText(page.missingShares));
  return `${title} — ${said.join(' · ')}`;
}

/** For whole sentences: as iconSafeName, without cutting again what was cut by its parts. */
function iconSafeText(text: string): string {
  return text === '' ? '' : displayName(text, 600).replace(/\\?\$\(/g, '\\$(');
}
