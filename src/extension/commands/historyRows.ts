// What the list of past transfers says, as rows of plain data. Must not know `vscode`.

import type { HistoryEntry } from '../../protocol/model.ts';
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
  const name = entry.path === '' ? t('the whole share') : iconSafeName(baseName(entry.path));
  const isDown = entry.direction === 'download';
  const outcome = { done: '', failed: t('failed'), cancelled: t('cancelled') }[entry.outcome];
  const size = entry.files > 1 ? `${formatFiles(entry.files)}, ${formatBytes(entry.bytes)}` : formatBytes(entry.bytes);
  const said = [isDown ? t('from {0}', peer) : t('to {0}', peer), size, outcome, formatAgo(entry.endedAtMs, nowMs)];
  const why = entry.failure === undefined ? '' : iconSafeName(failureText(entry.failure));
  return {
    label: `$(${isDown ? 'arrow-down' : 'arrow-up'}) ${name}${outcomeIcons[entry.outcome]}`,
    description: said.filter((part) => part !== '').join(' · '),
    detail: why !== '' ? why : iconSafeName(entry.destination ?? entry.path),
  };
}

export type HistoryAction = 'reveal' | 'show' | 'again';

/** What can be done with it: a download that is done lies on this disk; what came from a peer may be had again. */
export function historyActions({ direction, outcome, destination }: HistoryEntry): HistoryAction[] {
  if (direction === 'upload') return ['reveal'];
  return outcome === 'done' && destination !== undefined ? ['reveal', 'show', 'again'] : ['show', 'again'];
}
