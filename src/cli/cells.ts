// Words and table cells for what the sidecar tells of. Everything that comes from outside is made safe here.

import type { DownloadInfo, Failure, LinkKind, ShareInfo, ShareState } from '../protocol/model.ts';
import { counted, formatCount, formatRate, formatSize, ordinal } from './format.ts';
import type { Cell, Style } from './terminal.ts';
import { safeText } from './terminalText.ts';

/** A cell of any text, made safe. */
export function cell(text: string, style?: Style): Cell {
  return { text: safeText(text), ...(style !== undefined && { style }) };
}

export function sizeCell(sizeBytes: number): Cell {
  return { text: formatSize(sizeBytes) };
}

export function rateCell(bytesPerSecond: number | undefined): Cell {
  return { text: formatRate(bytesPerSecond ?? 0) };
}

export function countCell(count: number): Cell {
  return { text: formatCount(count) };
}

/** Enough of an id to type it. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

const stateStyles: Readonly<Record<DownloadInfo['state'], Style | undefined>> = {
  queued: 'dim',
  running: undefined,
  waiting: 'yellow',
  paused: 'dim',
  done: 'green',
  failed: 'red',
  cancelled: 'dim',
};

export function downloadStateCell(download: DownloadInfo): Cell {
  const isPartial = download.state === 'done' && download.failedFiles.length > 0;
  return cell(isPartial ? 'done, not all' : download.state, isPartial ? 'yellow' : stateStyles[download.state]);
}

/** From whom: `ann`, `3 peers`, `2nd at ann` while it waits there; nothing while it does not run. */
export function sourcesText({ sources }: DownloadInfo): string {
  const active = sources.filter(({ state }) => state === 'active');
  const [only] = active;
  if (only) return active.length === 1 ? only.name : counted(active.length, 'peer');
  const places = sources.filter(({ position }) => position !== undefined);
  const next = places.toSorted((a, b) => (a.position ?? 0) - (b.position ?? 0))[0];
  if (next?.position !== undefined) return `${ordinal(next.position)} at ${next.name}`;
  const refused = sources.find(({ state }) => state === 'refused');
  return refused ? `refused by ${refused.name}` : '';
}

/** `tls 10.0.0.2:4000`, `session`. */
export function linkText(kind: LinkKind, address?: string): string {
  return address === undefined ? kind : `${kind} ${address}`;
}

const shareStyles: Readonly<Record<ShareState, Style | undefined>> = {
  scanning: 'yellow',
  watching: 'green',
  paused: 'dim',
  failed: 'red',
};

/** `watching`, `scanning 1,234` while it counts. */
export function shareStateCell({ state, scannedEntries }: ShareInfo): Cell {
  const isCounting = state === 'scanning' && scannedEntries !== undefined;
  return cell(isCounting ? `scanning ${formatCount(scannedEntries)}` : state, shareStyles[state]);
}

/** `; left out: 3 secret, 1 symlink`, or nothing. */
export function leftOut(counts: ShareInfo['skippedCounts']): string {
  const parts = Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${formatCount(count)} ${reason}`);
  return parts.length === 0 ? '' : `; left out: ${parts.join(', ')}`;
}

export function failureText(failure: Failure | undefined): string {
  return failure === undefined ? '' : failure.message;
}
