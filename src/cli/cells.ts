// Words and table cells for what the sidecar tells of. Everything that comes from outside is made safe here.

import type { DownloadInfo, Failure, ShareInfo, ShareState } from '../protocol/model.ts';
import { formatCount, formatSize } from './format.ts';
import type { Cell, Style } from './terminal.ts';
import { safeText } from './terminalText.ts';

/** A cell of any text, made safe. */
export function cell(text: string, style?: Style): Cell {
  return { text: safeText(text), ...(style !== undefined && { style }) };
}

export function sizeCell(sizeBytes: number): Cell {
  return { text: formatSize(sizeBytes) };
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
  done: 'green',
  failed: 'red',
  cancelled: 'dim',
};

export function downloadStateCell(download: DownloadInfo): Cell {
  const isPartial = download.state === 'done' && download.failedFiles.length > 0;
  return cell(isPartial ? 'done, not all' : download.state, isPartial ? 'yellow' : stateStyles[download.state]);
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
