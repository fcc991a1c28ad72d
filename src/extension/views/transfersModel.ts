// What the Transfers view shows: downloads in the order in which they run, finished ones after them; then who takes what from us. What the
// rows say is downloadRow.ts and uploadRow.ts. Must not know `vscode`.

import type {
  DownloadInfo,
  DownloadSource,
  DownloadState,
  EntryRef,
  PeerInfo,
  RefusedPeer,
  UploadInfo,
} from '../../protocol/model.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { displayName } from '../displayText.ts';
import type { DownloadList } from '../downloadList.ts';
import { limits } from '../limits.ts';
import { formatCount, t } from '../text.ts';
import { downloadRow, sourceRow } from './downloadRow.ts';
import type { Row } from './row.ts';
import { refusedRow, uploadKey, uploadRow } from './uploadRow.ts';

export type GroupNode = { kind: 'group'; id: string; group: 'downloads' | 'uploads' };
export type DownloadNode = { kind: 'download'; id: string; downloadId: string; parent: GroupNode };
export type SourceNode = { kind: 'source'; id: string; downloadId: string; peerId: PeerId; parent: DownloadNode };
export type FailedFileNode = { kind: 'failedFile'; id: string; path: string; message: string; parent: DownloadNode };
export type UploadNode = { kind: 'upload'; id: string; key: string; peerId: PeerId; parent: GroupNode };
export type RefusedNode = { kind: 'refused'; id: string; peerId: PeerId; parent: GroupNode };
export type RestNode = { kind: 'rest'; id: string; count: number; parent: GroupNode };
export type TransfersNode = GroupNode | DownloadNode | SourceNode | FailedFileNode | UploadNode | RefusedNode | RestNode;

export interface Transfers {
  downloads: Pick<DownloadList, 'get' | 'count' | 'ordered' | 'placeOf' | 'size'>;
  uploads: readonly UploadInfo[];
  refused: readonly RefusedPeer[];
  peers: readonly PeerInfo[];
}

/** The id of a download's row. */
export const downloadNodeId = (downloadId: string): string => `download/${downloadId}`;

/** The two groups, each only while there is something in it: an empty view says what to do. */
export function transferGroups({ downloads, uploads, refused }: Transfers): GroupNode[] {
  const groups: GroupNode[] = [];
  if (downloads.size > 0) groups.push({ kind: 'group', id: 'group/downloads', group: 'downloads' });
  if (uploads.length + refused.length > 0) groups.push({ kind: 'group', id: 'group/uploads', group: 'uploads' });
  return groups;
}

export function transferChildren(node: TransfersNode, transfers: Transfers): TransfersNode[] {
  if (node.kind === 'group') return node.group === 'downloads' ? downloadNodes(node, transfers) : uploadNodes(node, transfers);
  if (node.kind !== 'download') return [];
  const download = transfers.downloads.get(node.downloadId);
  return download === undefined ? [] : partNodes(node, download);
}

/** Rows of a group as they were last made: the same as long as the order is. */
const madeOf = new WeakMap<GroupNode, { order: readonly string[]; nodes: TransfersNode[] }>();

function downloadNodes(parent: GroupNode, { downloads }: Transfers): TransfersNode[] {
  const order = downloads.ordered();
  const made = madeOf.get(parent);
  if (made?.order === order) return made.nodes;
  const shown = order.slice(0, limits.transferRows);
  const rows = shown.map((downloadId): DownloadNode => ({
    kind: 'download',
    id: downloadNodeId(downloadId),
    downloadId,
    parent,
  }));
  const nodes = withRest(parent, rows, order.length);
  madeOf.set(parent, { order, nodes });
  return nodes;
}

function uploadNodes(parent: GroupNode, { uploads, refused }: Transfers): TransfersNode[] {
  const nodes = uploads.slice(0, limits.transferRows).map((upload): UploadNode => {
    const key = uploadKey(upload);
    return { kind: 'upload', id: `upload/${key}`, key, peerId: upload.peerId, parent };
  });
  const given = refused.slice(0, limits.transferRows);
  const refusedNodes = given.map(({ peerId }): RefusedNode => ({ kind: 'refused', id: `refused/${peerId}`, peerId, parent }));
  return [...withRest(parent, nodes, uploads.length), ...refusedNodes];
}

function withRest(parent: GroupNode, nodes: TransfersNode[], total: number): TransfersNode[] {
  const count = total - nodes.length;
  return count > 0 ? [...nodes, { kind: 'rest', id: `${parent.id}/rest`, count, parent }] : nodes;
}

/** Whom it comes from while it runs, then what of a folder could not be had. */
function partNodes(parent: DownloadNode, download: DownloadInfo): TransfersNode[] {
  const sources = download.state === 'running' ? download.sources : [];
  return [
    ...sources.map(({ peerId }): SourceNode => {
      return { kind: 'source', id: `${parent.id}/source/${peerId}`, downloadId: download.downloadId, peerId, parent };
    }),
    ...download.failedFiles.map(({ path, message }): FailedFileNode => {
      return { kind: 'failedFile', id: `${parent.id}/file/${path}`, path, message, parent };
    }),
  ];
}

/** The row of a node; undefined for what went meanwhile. `isOffered`: whether an entry is of an offer rather than of a share. */
export function transferRow(
  node: TransfersNode,
  transfers: Transfers,
  nowMs: number,
  isOffered: (entry: EntryRef) => boolean = () => false,
): Row | undefined {
  switch (node.kind) {
    case 'group':
      return groupRow(node, transfers);
    case 'download': {
      const download = transfers.downloads.get(node.downloadId);
      if (download === undefined) return undefined;
      const place = transfers.downloads.placeOf(node.downloadId);
      return downloadRow(node.id, download, { peers: transfers.peers, nowMs, place, isOffered: isOffered(download.entry) });
    }
    case 'source': {
      const source = sourceOf(node, transfers);
      return source === undefined ? undefined : sourceRow(node.id, source);
    }
    case 'upload': {
      const upload = transfers.uploads.find((known) => uploadKey(known) === node.key);
      return upload === undefined ? undefined : uploadRow(node.id, upload);
    }
    case 'refused': {
      const refused = transfers.refused.find(({ peerId }) => peerId === node.peerId);
      return refused === undefined ? undefined : refusedRow(node.id, refused);
    }
    case 'failedFile':
      return plainRow(node.id, displayName(node.path), 'warning', displayName(node.message, 300));
    case 'rest':
      return {
        ...plainRow(node.id, t('… {0} more', formatCount(node.count)), 'ellipsis'),
        command: { kind: 'run', command: 'potluck.board.open', title: t('Potluck Board') },
      };
  }
}

function sourceOf(node: SourceNode, { downloads }: Transfers): DownloadSource | undefined {
  const download = downloads.get(node.downloadId);
  return download?.sources.find(({ peerId }) => peerId === node.peerId);
}

function groupRow({ id, group }: GroupNode, { downloads, uploads }: Transfers): Row {
  const label = group === 'downloads' ? t('Downloads') : t('Uploads');
  const count = (state: DownloadState): number =>
    group === 'downloads' ? downloads.count(state) : uploads.filter((upload) => upload.state === state).length;
  const counts = [
    [count('running'), (n: string) => t('{0} running', n)],
    [count('queued'), (n: string) => t('{0} queued', n)],
    [count('waiting'), (n: string) => t('{0} waiting', n)],
    [count('paused'), (n: string) => t('{0} paused', n)],
    [count('failed'), (n: string) => t('{0} failed', n)],
  ] as const;
  const description = counts.flatMap(([n, said]) => (n > 0 ? said(formatCount(n)) : [])).join(', ');
  return {
    id,
    label,
    description,
    icon: group === 'downloads' ? 'arrow-down' : 'arrow-up',
    children: 'expanded',
    context: `group.${group}`,
    accessibility: description === '' ? label : `${label}, ${description}`,
  };
}

function plainRow(id: string, label: string, icon: string, description?: string): Row {
  return {
    id,
    label,
    icon,
    children: 'none',
    context: icon === 'warning' ? 'failedFile' : 'rest',
    accessibility: description === undefined ? label : `${label}, ${description}`,
    ...(description === undefined ? {} : { description }),
  };
}
