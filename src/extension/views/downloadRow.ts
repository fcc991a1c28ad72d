// What the row of a download says, and the rows of its sources below it. Must not know `vscode`.

import { isOfLink } from '../../protocol/linkPeer.ts';
import type { DownloadInfo, DownloadSource, LinkKind, PeerInfo, Priority } from '../../protocol/model.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { failureText } from '../failures.ts';
import { formatBytes, formatCount, formatDuration, formatFiles, formatPercent, formatRate, formatSources, t } from '../text.ts';
import type { Row } from './row.ts';

const icons: Record<DownloadInfo['state'], { icon: string; color?: string }> = {
  queued: { icon: 'clock' },
  running: { icon: 'cloud-download', color: 'charts.blue' },
  waiting: { icon: 'watch' },
  paused: { icon: 'debug-pause' },
  done: { icon: 'pass', color: 'testing.iconPassed' },
  failed: { icon: 'error', color: 'list.errorForeground' },
  cancelled: { icon: 'circle-slash' },
};

/** How many sources a tooltip names. */
const sourcesNamed = 8;

export function peerName(peers: readonly PeerInfo[], peerId: string): string {
  return displayName(peers.find((peer) => peer.peerId === peerId)?.name ?? peerId);
}

export function linkText(link: LinkKind): string {
  return { session: t('connection'), tls: t('direct link (TLS)'), noise: t('direct link (Noise)') }[link];
}

export function priorityText(priority: Priority): string {
  return { high: t('High'), normal: t('Normal'), low: t('Low') }[priority];
}

/** "42% · 3.1 MB/s · 3 min left · 4 sources", or what it waits for, or how it ended. `from`: whose file it is, as shown; a link has no owner. */
export function downloadState(download: DownloadInfo, from: string): string {
  switch (download.state) {
    case 'queued':
      return withProgress(download, download.retryAtMs === undefined ? t('queued') : t('tried again soon'));
    case 'waiting':
      return withProgress(download, isOfLink(download.entry) ? t('waiting for somebody who has it') : t('waiting for {0}', from));
    case 'paused':
      return withProgress(download, t('paused'));
    case 'running':
      return runningState(download);
    case 'done':
      return doneState(download);
    case 'failed':
      return download.failure === undefined ? t('failed') : failureText(download.failure);
    case 'cancelled':
      return t('cancelled');
  }
}

/** Something of it is here already: say how much. */
function withProgress(download: DownloadInfo, state: string): string {
  return download.doneBytes > 0 ? `${state} · ${formatPercent(download.doneBytes, download.totalBytes)}` : state;
}

function runningState(download: DownloadInfo): string {
  const said = [formatPercent(download.doneBytes, download.totalBytes)];
  const active = download.sources.filter(({ state }) => state === 'active').length;
  const place = bestPlace(download.sources);
  if (active === 0 && place !== undefined) said.push(placeText(place));
  if (download.bytesPerSecond > 0) said.push(formatRate(download.bytesPerSecond));
  if (download.secondsLeft !== undefined) said.push(t('{0} left', formatDuration(download.secondsLeft)));
  if (download.kind === 'folder')
    said.push(t('{0} of {1} files', formatCount(download.doneFiles), formatCount(download.totalFiles)));
  if (active > 1) said.push(formatSources(active));
  return said.join(' · ');
}

function bestPlace(sources: readonly DownloadSource[]): DownloadSource | undefined {
  const placed = sources.filter(({ state, position }) => state === 'waiting' && position !== undefined);
  return placed.sort((a, b) => (a.position ?? 0) - (b.position ?? 0))[0];
}

function placeText({ position, name }: DownloadSource): string {
  return t('place {0} in the queue of {1}', formatCount(position ?? 0), displayName(name));
}

function doneState(download: DownloadInfo): string {
  const size = formatBytes(download.totalBytes);
  const said = [download.kind === 'folder' ? `${formatFiles(download.totalFiles)}, ${size}` : size];
  if (download.skippedFiles > 0) said.push(t('{0} left as they were', formatCount(download.skippedFiles)));
  if (download.failedFiles.length > 0) said.push(t('{0} missing', formatCount(download.failedFiles.length)));
  return said.join(' · ');
}

/** `place`: in the queue, from 1; 0 when it ended. `isOffered`: it was sent to us, and is in no share. */
export function downloadRow(
  id: string,
  download: DownloadInfo,
  { peers, nowMs, place, isOffered }: { peers: readonly PeerInfo[]; nowMs: number; place: number; isOffered: boolean },
): Row {
  const name = displayName(download.name);
  const from = peerName(peers, download.entry.peerId);
  const state = downloadState(download, from);
  const isPartial = download.failedFiles.length > 0;
  const hasRows = isPartial || (download.state === 'running' && download.sources.length > 0);
  return {
    id,
    label: name,
    description: state,
    tooltip: tooltipOf(download, { state, origin: originLine(download, { from, isOffered }), nowMs, place }),
    ...(download.state === 'queued' && download.retryAtMs !== undefined ? { icon: 'sync' } : icons[download.state]),
    children: hasRows ? 'collapsed' : 'none',
    context: `download.${download.kind}.${download.state}${isPartial ? '.partial' : ''}`,
    accessibility: isOfLink(download.entry)
      ? t('Download {0} by a link, {1}', name, state)
      : isOffered
        ? t('Download {0}, sent by {1}, {2}', name, from, state)
        : t('Download {0} from {1}, {2}', name, from, state),
    ...(download.state === 'done' && download.kind === 'file'
      ? { command: { kind: 'run', command: 'potluck.download.open', title: t('Open') } as const }
      : {}),
  };
}

function originLine({ entry }: DownloadInfo, { from, isOffered }: { from: string; isOffered: boolean }): string {
  if (isOfLink(entry)) return t('By a link, from whoever has it');
  return isOffered ? t('Sent to you by {0}', from) : t('From {0}', from);
}

function tooltipOf(
  download: DownloadInfo,
  { state, origin, nowMs, place }: { state: string; origin: string; nowMs: number; place: number },
): string {
  const lines = [longDisplayName(download.name), state, origin, t('To {0}', longDisplayName(download.destination))];
  if (place > 0) {
    lines.push(t('Place {0} here, priority: {1}', formatCount(place), priorityText(download.priority)));
    lines.push(t('{0} of {1}', formatBytes(download.doneBytes), formatBytes(download.totalBytes)));
  }
  if (download.retryAtMs !== undefined && download.retryAtMs > nowMs)
    lines.push(t('Tried again in {0}', formatDuration((download.retryAtMs - nowMs) / 1000)));
  if (download.reusedBytes > 0) lines.push(t('{0} were on this machine already', formatBytes(download.reusedBytes)));
  if (download.state !== 'failed' && download.failure !== undefined) lines.push(failureText(download.failure));
  for (const source of download.sources.slice(0, sourcesNamed)) lines.push(`${displayName(source.name)}: ${sourceState(source)}`);
  return lines.join('\n');
}

/** "direct link (TLS) · 12 MB/s · 45 MB", or its place, or why it gives nothing. */
export function sourceState(source: DownloadSource): string {
  const said: string[] = [];
  switch (source.state) {
    case 'active':
      said.push(linkText(source.link));
      if (source.bytesPerSecond > 0) said.push(formatRate(source.bytesPerSecond));
      break;
    case 'waiting':
      said.push(source.position === undefined ? t('in its queue') : t('place {0} in its queue', formatCount(source.position)));
      break;
    case 'refused':
      said.push(source.reason === undefined ? t('gives nothing') : t('gives nothing: {0}', displayName(source.reason, 200)));
      break;
    case 'dropped':
      said.push(t('sent wrong data, asked no more'));
      break;
  }
  if (source.receivedBytes > 0) said.push(formatBytes(source.receivedBytes));
  if (source.badPieces > 0)
    said.push(source.badPieces === 1 ? t('1 bad piece') : t('{0} bad pieces', formatCount(source.badPieces)));
  return said.join(' · ');
}

const sourceIcons: Record<DownloadSource['state'], { icon: string; color: string }> = {
  active: { icon: 'account', color: 'charts.green' },
  waiting: { icon: 'clock', color: 'disabledForeground' },
  refused: { icon: 'circle-slash', color: 'disabledForeground' },
  dropped: { icon: 'warning', color: 'list.errorForeground' },
};

export function sourceRow(id: string, source: DownloadSource): Row {
  const name = displayName(source.name);
  const state = sourceState(source);
  return {
    id,
    label: name,
    description: state,
    tooltip: `${longDisplayName(source.name)}\n${state}\n${t('Key: {0}', source.peerId)}`,
    ...sourceIcons[source.state],
    children: 'none',
    context: `source.${source.state}`,
    accessibility: t('Source {0}, {1}', name, state),
  };
}
