// What the board's rows and its detail say of transfers. Every text here is safe for one line: names are others'. Must not know `vscode`.

import { createHash } from 'node:crypto';
import type { PieceMap } from '../../protocol/boardRequests.ts';
import {
  type ActionName,
  boardMaxima,
  type RowId,
  type ShownMap,
  type ShownSource,
  type TransferRow,
} from '../../protocol/board.ts';
import { isOfLink } from '../../protocol/linkPeer.ts';
import type { DownloadInfo, PeerInfo, UploadInfo } from '../../protocol/model.ts';
import { displayName } from '../displayText.ts';
import { isOver, queueRank } from '../downloadList.ts';
import { baseName } from '../files/uris.ts';
import { formatBytes, formatFiles, formatPercent, t } from '../text.ts';
import { downloadState, sourceState } from '../views/downloadRow.ts';
import { uploadKey, uploadState } from '../views/uploadRow.ts';

/** What is to come stands by `queueRank`, below these; then uploads; then what is over by when it ended, the newest first. */
const uploadRank = 1e10;
const overRank = 1e11;
const latestMs = 1e13;

export const downloadRowId = (downloadId: string): RowId => `d/${downloadId}`;
export const uploadRowId = (upload: UploadInfo): RowId =>
  `u/${createHash('sha256').update(uploadKey(upload)).digest('hex').slice(0, 32)}`;

/** Of a row of a download; undefined for anything else. */
export function downloadIdOfRow(id: RowId): string | undefined {
  return id.startsWith('d/') ? id.slice(2) : undefined;
}

export function peerNames(peers: readonly PeerInfo[]): Map<string, string> {
  return new Map(peers.map(({ peerId, name }) => [peerId, displayName(name)]));
}

export function downloadAsRow(download: DownloadInfo, names: ReadonlyMap<string, string>): TransferRow {
  const { downloadId, state, entry, totalBytes, doneBytes, bytesPerSecond } = download;
  const peer = isOfLink(entry) ? t('a link') : (names.get(entry.peerId) ?? displayName(entry.peerId));
  const ended = download.finishedAtMs ?? download.addedAtMs;
  return {
    id: downloadRowId(downloadId),
    isUpload: false,
    state,
    name: displayName(download.name),
    peer,
    said: cut(downloadState(download, peer)),
    size: formatBytes(totalBytes),
    permille: state === 'done' ? 1000 : permilleOf(doneBytes, totalBytes),
    bytesPerSecond: Math.max(0, bytesPerSecond),
    rank: isOver(download) ? overRank + Math.max(0, latestMs - ended) : queueRank(download),
  };
}

export function uploadAsRow(upload: UploadInfo, index: number): TransferRow {
  const { path, fileCount, state, sentBytes, totalBytes, bytesPerSecond } = upload;
  const name = path === '' ? (fileCount > 1 ? formatFiles(fileCount) : t('the whole share')) : displayName(baseName(path));
  return {
    id: uploadRowId(upload),
    isUpload: true,
    state,
    name,
    peer: displayName(upload.name),
    said: uploadState(upload),
    size: formatBytes(totalBytes),
    permille: permilleOf(sentBytes, totalBytes),
    bytesPerSecond: Math.max(0, bytesPerSecond),
    rank: uploadRank + index,
  };
}

function permilleOf(part: number, whole: number): number {
  return whole > 0 ? Math.min(1000, Math.max(0, Math.floor((part * 1000) / whole))) : 0;
}

function cut(text: string): string {
  return text.length > boardMaxima.text ? `${text.slice(0, boardMaxima.text - 1)}…` : text;
}

/** `place`: in the queue, from 1. */
export function actionsFor({ state, kind }: DownloadInfo, place: number): ActionName[] {
  switch (state) {
    case 'queued':
    case 'waiting':
      return place > 1 ? ['pause', 'top', 'cancel'] : ['pause', 'cancel'];
    case 'running':
      return ['pause', 'cancel'];
    case 'paused':
      return ['resume', 'cancel'];
    case 'failed':
    case 'cancelled':
      return ['retry'];
    case 'done':
      return kind === 'file' ? ['open', 'reveal'] : ['reveal'];
  }
}

/** Sources of all maps and of this moment as one list, which the maps' cells point into. */
export function detailOf(download: DownloadInfo, maps: readonly PieceMap[]): { sources: ShownSource[]; maps: ShownMap[] } {
  const indexes = new Map<string, number>();
  const sources: ShownSource[] = [];
  const add = (peerId: string, source: () => ShownSource): number => {
    const known = indexes.get(peerId);
    if (known !== undefined) return known;
    if (sources.length >= boardMaxima.sources) return -1;
    indexes.set(peerId, sources.length);
    return sources.push(source()) - 1;
  };
  const shownMaps = maps.slice(0, boardMaxima.maps).map((map): ShownMap => {
    const moved = map.sources.map(({ peerId, name, goodBytes, badBytes }) =>
      add(peerId, () => {
        const now = download.sources.find((source) => source.peerId === peerId);
        const said = now === undefined ? pastSource(goodBytes, badBytes) : sourceState(now);
        return { name: displayName(name), said: cut(said), isBad: badBytes > 0 || (now?.badPieces ?? 0) > 0 };
      }),
    );
    const inAll = map.done.reduce((sum, done) => sum + done, 0);
    return {
      name: displayName(map.entry.path === '' ? download.name : baseName(map.entry.path)),
      said: `${formatPercent(inAll, 100 * map.done.length)} · ${formatBytes(map.sizeBytes)}`,
      done: map.done.slice(0, boardMaxima.cells),
      from: map.from.slice(0, boardMaxima.cells).map((source) => moved[source] ?? -1),
      bad: map.bad.slice(0, boardMaxima.bad).map(({ cell, source }) => ({ cell, source: moved[source] ?? -1 })),
    };
  });
  for (const source of download.sources)
    add(source.peerId, () => ({
      name: displayName(source.name),
      said: cut(sourceState(source)),
      isBad: source.badPieces > 0 || source.state === 'dropped',
    }));
  return { sources, maps: shownMaps };
}

function pastSource(goodBytes: number, badBytes: number): string {
  const good = t('gave {0}', formatBytes(goodBytes));
  return badBytes > 0 ? `${good} · ${t('sent {0} of wrong data', formatBytes(badBytes))}` : good;
}
