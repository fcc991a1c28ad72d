// What the Transfers view says: downloads, newest first, then uploads that run now. Must not know `vscode`.

import type { DownloadInfo, PeerInfo, UploadInfo } from '../../protocol/model.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { failureText } from '../failures.ts';
import { baseName } from '../files/uris.ts';
import { formatBytes, formatCount, formatFiles, formatPercent, formatRate, t } from '../text.ts';
import type { Row } from './row.ts';

export type DownloadNode = { kind: 'download'; id: string; downloadId: string };
export type UploadNode = { kind: 'upload'; id: string; upload: UploadInfo };
export type FailedFileNode = { kind: 'failedFile'; id: string; path: string; message: string; parent: DownloadNode };
export type TransfersNode = DownloadNode | UploadNode | FailedFileNode;

export interface Transfers {
  downloads: readonly DownloadInfo[];
  uploads: readonly UploadInfo[];
  peers: readonly PeerInfo[];
}

export function transferNodes({ downloads, uploads }: Transfers): TransfersNode[] {
  const ordered = [...downloads].sort((a, b) => b.addedAtMs - a.addedAtMs);
  return [
    ...ordered.map(({ downloadId }): DownloadNode => ({ kind: 'download', id: `download/${downloadId}`, downloadId })),
    ...uploads.map((upload): UploadNode => {
      return { kind: 'upload', id: `upload/${upload.peerId}/${upload.shareId}/${upload.startedAtMs}/${upload.path}`, upload };
    }),
  ];
}

export function failedFileNodes(download: DownloadInfo | undefined, parent: DownloadNode): FailedFileNode[] {
  return (download?.failedFiles ?? []).map(({ path, message }) => ({
    kind: 'failedFile',
    id: `${parent.id}/${path}`,
    path,
    message,
    parent,
  }));
}

/** Downloads that are not over, for the badge and the status bar. */
export function activeDownloads(downloads: readonly DownloadInfo[]): DownloadInfo[] {
  return downloads.filter(({ state }) => state === 'queued' || state === 'running');
}

export function transferRow(node: TransfersNode, transfers: Transfers): Row | undefined {
  switch (node.kind) {
    case 'download': {
      const download = transfers.downloads.find(({ downloadId }) => downloadId === node.downloadId);
      return download === undefined ? undefined : downloadRow(node, download, transfers.peers);
    }
    case 'upload':
      return uploadRow(node, transfers.peers);
    case 'failedFile': {
      const label = displayName(node.path);
      const description = displayName(node.message, 300);
      return {
        id: node.id,
        label,
        description,
        icon: 'warning',
        children: 'none',
        context: 'failedFile',
        accessibility: `${label}, ${description}`,
      };
    }
  }
}

function peerName(peers: readonly PeerInfo[], peerId: string): string {
  return displayName(peers.find((peer) => peer.peerId === peerId)?.name ?? peerId);
}

const icons: Record<DownloadInfo['state'], { icon: string; color?: string }> = {
  queued: { icon: 'clock' },
  running: { icon: 'cloud-download' },
  done: { icon: 'pass', color: 'testing.iconPassed' },
  failed: { icon: 'error', color: 'list.errorForeground' },
  cancelled: { icon: 'circle-slash' },
};

/** "42% · 3.1 MB/s · 2 of 10 files", or how it ended. */
export function downloadState(download: DownloadInfo): string {
  switch (download.state) {
    case 'queued':
      return t('waiting');
    case 'running': {
      const said = [formatPercent(download.doneBytes, download.totalBytes)];
      if (download.bytesPerSecond > 0) said.push(formatRate(download.bytesPerSecond));
      if (download.kind === 'folder')
        said.push(t('{0} of {1} files', formatCount(download.doneFiles), formatCount(download.totalFiles)));
      return said.join(' · ');
    }
    case 'done': {
      const size = formatBytes(download.totalBytes);
      const said = download.kind === 'folder' ? `${formatFiles(download.totalFiles)}, ${size}` : size;
      return download.failedFiles.length === 0 ? said : t('{0} · {1} missing', said, formatCount(download.failedFiles.length));
    }
    case 'failed':
      return download.failure === undefined ? t('failed') : failureText(download.failure);
    case 'cancelled':
      return t('cancelled');
  }
}

function downloadRow(node: DownloadNode, download: DownloadInfo, peers: readonly PeerInfo[]): Row {
  const name = displayName(download.name);
  const state = downloadState(download);
  const from = peerName(peers, download.entry.peerId);
  const isPartial = download.failedFiles.length > 0;
  return {
    id: node.id,
    label: name,
    description: state,
    tooltip: `${longDisplayName(download.name)}\n${state}\n${t('From {0}', from)}\n${longDisplayName(download.destination)}`,
    ...icons[download.state],
    children: isPartial ? 'collapsed' : 'none',
    context: `download.${download.kind}.${download.state}${isPartial ? '.partial' : ''}`,
    accessibility: t('Download {0} from {1}, {2}', name, from, state),
    ...(download.state === 'done' && download.kind === 'file'
      ? { command: { kind: 'run', command: 'potluck.download.open', title: t('Open') } as const }
      : {}),
  };
}

function uploadRow(node: UploadNode, peers: readonly PeerInfo[]): Row {
  const { upload } = node;
  const name = displayName(baseName(upload.path));
  const to = peerName(peers, upload.peerId);
  const percent = formatPercent(upload.sentBytes, upload.totalBytes);
  return {
    id: node.id,
    label: name,
    description: t('to {0} · {1}', to, percent),
    tooltip: `${longDisplayName(upload.path)}\n${t('To {0}: {1} of {2}', to, formatBytes(upload.sentBytes), formatBytes(upload.totalBytes))}`,
    icon: 'cloud-upload',
    children: 'none',
    context: 'upload',
    accessibility: t('Upload {0} to {1}, {2}', name, to, percent),
  };
}
