// The two rows above the parties in the Peers view: Everybody, the shares of all peers merged into one tree, and Recently Added. Nodes and
// rows of plain data. Must not know `vscode`.

import type { EntryRef, MergedEntry, MergedPage, SearchHit } from '../../protocol/model.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { joinPath, uriPartsOf } from '../files/uris.ts';
import { formatBytes, formatCount, t } from '../text.ts';
import { hitNode, type HitNode } from './hitRow.ts';
import type { MoreNode, NoteNode, PeersNode } from './peersModel.ts';
import type { Row } from './row.ts';

export type EverybodyNode = { kind: 'everybody'; id: string; parent?: undefined };
export type RecentNode = { kind: 'recent'; id: string; parent?: undefined };
/** `path` begins with the title under which its holders share it. It has no `entry`: whose is meant is chosen (`chosenHolder`). */
export type MergedNode = { kind: 'merged'; id: string; parent: PeersNode; path: string; info: MergedEntry };
export type RecentHitNode = HitNode & { parent: RecentNode };

export function topNodes(): [EverybodyNode, RecentNode] {
  return [
    { kind: 'everybody', id: 'everybody' },
    { kind: 'recent', id: 'recent' },
  ];
}

export function mergedNodes(path: string, { entries, total }: MergedPage, parent: PeersNode): PeersNode[] {
  const nodes: PeersNode[] = entries.map((info): MergedNode => {
    // A file and a folder of one name may stand side by side, of different peers.
    const id = `${parent.id}/${info.kind === 'folder' ? 'd' : 'f'}:${info.name}`;
    return { kind: 'merged', id, parent, path: joinPath(path, info.name), info };
  });
  return [...nodes, ...restNodes(total, entries.length, parent)];
}

export function recentNodes(hits: readonly SearchHit[], total: number, parent: RecentNode): PeersNode[] {
  const nodes = hits.map((hit): RecentHitNode => ({ ...hitNode(hit, parent.id), parent }));
  return [...nodes, ...restNodes(total, hits.length, parent)];
}

function restNodes(total: number, shown: number, parent: PeersNode): (MoreNode | NoteNode)[] {
  if (total === 0) return [{ kind: 'note', id: `${parent.id}//empty`, parent, text: t('Empty'), icon: 'dash' }];
  return total > shown ? [{ kind: 'more', id: `${parent.id}//more`, parent, hiddenCount: total - shown }] : [];
}

export function topRow(node: EverybodyNode | RecentNode): Row {
  const isAll = node.kind === 'everybody';
  const label = isAll ? t('Everybody') : t('Recently Added');
  const tooltip = isAll ? t('The shares of all peers as one tree, offline ones too') : t('The newest files of all peers');
  return {
    id: node.id,
    label,
    tooltip,
    icon: isAll ? 'globe' : 'history',
    children: 'collapsed',
    context: node.kind,
    accessibility: `${label}, ${tooltip}`,
  };
}

/** `nameOf` gives the name to show of a holder. */
export function mergedRow(node: MergedNode, nameOf: (entry: EntryRef) => string): Row {
  const { info } = node;
  const name = displayName(info.name);
  const [first] = info.holders;
  const holders = info.holders.map(({ entry, isOwn, isOnline }) => {
    const who = isOwn ? t('you') : displayName(nameOf(entry));
    return isOwn || isOnline ? who : t('{0} (offline)', who);
  });
  if (info.holderCount > holders.length) holders.push(t('{0} more', formatCount(info.holderCount - holders.length)));
  const who = holders.join(', ');
  const lines = [longDisplayName(info.name), t('Shared by {0}', who)];
  const said: string[] = [];
  if (info.kind === 'file') {
    const size = formatBytes(info.sizeBytes);
    said.push(size);
    lines.push(t('{0}, modified {1}', size, dateText(info.mtimeMs)));
    if (isAmbiguous(info)) lines.push(t('Holders have different files under this name: opening asks which.'));
  }
  said.push(info.holderCount === 1 ? (holders[0] ?? '') : t('{0} have it', formatCount(info.holderCount)));
  const description = said.filter((part) => part !== '').join(' · ');
  return {
    id: node.id,
    label: name,
    description,
    tooltip: lines.join('\n'),
    icon: node.parent.kind === 'everybody' ? 'root-folder' : info.kind === 'folder' ? 'theme-folder' : 'theme-file',
    children: info.kind === 'folder' ? 'collapsed' : 'none',
    context: `merged.${info.kind}`,
    // For the icon theme alone: a click goes by the holders.
    ...(first === undefined || first.entry.path === '' ? {} : { uri: uriPartsOf(first.entry) }),
    accessibility: `${name}, ${description}`,
    ...(info.kind === 'file' ? { command: { kind: 'run', command: 'potluck.entry.open', title: t('Open') } as const } : {}),
  };
}

/** Year 292277026596 is a time that a peer may claim, and no date that can be shown. */
export function dateText(timeMs: number): string {
  const date = new Date(timeMs);
  return Number.isNaN(date.getTime()) ? '?' : date.toLocaleString();
}

/** Holders have files of different sizes under one name. */
export function isAmbiguous({ kind, holders }: MergedEntry): boolean {
  return kind === 'file' && new Set(holders.map(({ sizeBytes }) => sizeBytes)).size > 1;
}

/**
 * Whose file is meant: our own, else the first one online, else the first. Undefined where a person must choose: files of different sizes,
 * and folders of several holders, which are different trees.
 */
export function chosenHolder(info: MergedEntry): MergedEntry['holders'][number] | undefined {
  if (isAmbiguous(info) || (info.kind === 'folder' && info.holderCount > 1)) return undefined;
  const { holders } = info;
  return holders.find(({ isOwn }) => isOwn) ?? holders.find(({ isOnline }) => isOnline) ?? holders[0];
}

/** The same without our own, for what only makes sense with a peer's. */
export function heldByPeers(info: MergedEntry): MergedEntry {
  const holders = info.holders.filter(({ isOwn }) => !isOwn);
  return { ...info, holders, holderCount: info.holderCount - (info.holders.length - holders.length) };
}
