// What the list of past transfers says, as rows of plain data. Must not know `vscode`.

import { isOfLink } from '../../protocol/linkPeer.ts';
import type { CatalogShare, HistoryEntry } from '../../protocol/model.ts';
import { iconSafeName } from '../displayText.ts';
import { failureText } from '../failures.ts';
import { baseName } from '../files/uris.ts';
import { formatAgo, formatBytes, formatFiles, t } from '../text.ts';

export interface HistoryRow {
  label: string;
  description: string;
  detail: string;
}

const outcomeIcons: Record<HistoryEntry['outcome'], string> = { done: '', failed: ' $(error)', cancelled: ' $(circle-slash)' };

export function historyRow(entry: HistoryEntry, nowMs: number): HistoryRow {
  const peer = iconSafeName(entry.peerName);
  const isDown = entry.direction === 'download';
  const outcome = { done: '', failed: t('failed'), cancelled: t('cancelled') }[entry.outcome];
  const size = entry.files > 1 ? `${formatFiles(entry.files)}, ${formatBytes(entry.bytes)}` : formatBytes(entry.bytes);
  const whose = isOfLink(entry) ? t('by a link') : isDown ? t('from {0}', peer) : t('to {0}', peer);
  const said = [whose, size, outcome, formatAgo(entry.endedAtMs, nowMs)];
  const why = entry.failure === undefined ? '' : iconSafeName(failureText(entry.failure));
  return {
    label: `$(${isDown ? 'arrow-down' : 'arrow-up'}) ${iconSafeName(historyName(entry))}${outcomeIcons[entry.outcome]}`,
    description: said.filter((part) => part !== '').join(' · '),
    detail: why !== '' ? why : iconSafeName(entry.destination ?? entry.path),
  };
}

/** A share as a whole has no name here, what a link leads to has that of its copy. */
export function historyName(entry: HistoryEntry): string {
  if (entry.path !== '') return baseName(entry.path);
  const copy = isOfLink(entry) ? entry.destination?.split(/[/\\]/).at(-1) : undefined;
  return copy ?? t('the whole share');
}

export type HistoryAction = 'reveal' | 'show' | 'again';

/**
 * What can be done with it: a download that is done lies on this disk; what is in a share that is listed still may be had again. What was sent to us, or came
 * by a link, never was in one.
 */
export function historyActions(
  entry: HistoryEntry,
  shares: readonly Pick<CatalogShare, 'peerId' | 'shareId'>[],
): HistoryAction[] {
  if (entry.direction === 'upload') return ['reveal'];
  const isListed = shares.some(({ peerId, shareId }) => peerId === entry.peerId && shareId === entry.shareId);
  const again: HistoryAction[] = isListed ? ['show', 'again'] : [];
  return entry.outcome === 'done' && entry.destination !== undefined ? ['reveal', ...again] : again;
}
