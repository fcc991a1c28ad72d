// A hit of a search as a person reads it: name, folder, owner, size, age, presence. Plain text made safe to show; used by Find Files, the
// results view, the recently added and the watched searches. Must not know `vscode`.

import type { SearchHit } from '../../protocol/model.ts';
import { displayName, hasHiddenCharacters, longDisplayName } from '../displayText.ts';
import { baseName, parentPath } from '../files/uris.ts';
import { formatAgo, formatBytes, t } from '../text.ts';

/** One key for a hit wherever it is told from: a search, a live answer, a watched search. */
export function hitKey({ entry }: SearchHit): string {
  return `${entry.peerId}/${entry.shareId}/${entry.path}`;
}

/** The file's or folder's own name; a share's root is called by its title. */
export function hitName(hit: SearchHit): string {
  return hit.entry.path === '' ? hit.shareTitle : baseName(hit.entry.path);
}

/** Where it lies in its share, made safe; '' directly in it. */
export function hitFolder(hit: SearchHit): string {
  const folder = parentPath(hit.entry.path);
  return folder === '' ? '' : displayName(folder);
}

/** "Ada › Recipes": whose it is. */
export function hitOwner(hit: SearchHit): string {
  const owner = hit.isOwn ? t('you') : displayName(hit.peerName);
  return `${owner} › ${displayName(hit.shareTitle)}`;
}

/** Nothing for an online peer; when it was last here otherwise. */
export function hitPresence(hit: SearchHit, nowMs: number): string {
  if (hit.isOwn || hit.isOnline) return '';
  return hit.lastSeenMs === undefined ? t('offline') : t('offline, last seen {0}', formatAgo(hit.lastSeenMs, nowMs));
}

/** "Ada › Recipes · 3 KB · 2 days ago · offline, last seen yesterday" */
export function hitDetail(hit: SearchHit, nowMs: number): string {
  const said = [hitOwner(hit)];
  if (hit.kind === 'file') said.push(formatBytes(hit.sizeBytes));
  if (hit.mtimeMs > 0) said.push(formatAgo(hit.mtimeMs, nowMs));
  said.push(hitPresence(hit, nowMs));
  return said.filter((part) => part !== '').join(' · ');
}

export function hitTooltip(hit: SearchHit, nowMs: number): string {
  const lines = [longDisplayName(hitName(hit)), longDisplayName(hit.entry.path), hitDetail(hit, nowMs)];
  if (hasHiddenCharacters(hit.entry.path)) lines.push(t('The name has invisible characters.'));
  return lines.filter((line) => line !== '').join('\n');
}

/**
 * Where the name matched, as offsets in the label; none where the label is not the name itself (cut, or made safe), since the offsets would
 * be wrong then.
 */
export function nameHighlights(hit: SearchHit): [number, number][] {
  const name = hitName(hit);
  if (hit.entry.path === '' || displayName(name) !== name) return [];
  const start = hit.entry.path.length - name.length;
  return hit.matches.flatMap(([from, to]): [number, number][] => {
    const found: [number, number] = [Math.max(from, start) - start, to - start];
    return found[1] > found[0] ? [found] : [];
  });
}
