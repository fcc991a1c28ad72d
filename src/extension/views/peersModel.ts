// What the Peers view says: party > peer > share > folders > files, as nodes and rows of plain data. Must not know `vscode`.

import type { PeerId } from '../../protocol/ids.ts';
import type {
  AccessRequest,
  CatalogShare,
  Entry,
  EntryRef,
  PartyInfo,
  PartyMember,
  PeerInfo,
  PendingInvite,
} from '../../protocol/model.ts';
import { displayName, hasHiddenCharacters, longDisplayName } from '../displayText.ts';
import { isHiddenPath } from '../files/hiddenConfiguration.ts';
import { revealedQuery, uriPartsOf } from '../files/uris.ts';
import { formatBytes, formatCount, formatFiles, formatPercent, t } from '../text.ts';
import { hitRow } from './hitRow.ts';
import {
  dateText,
  mergedRow,
  topNodes,
  topRow,
  type EverybodyNode,
  type MergedNode,
  type RecentHitNode,
  type RecentNode,
} from './mergedModel.ts';
import { byPresence, membersOf, partyRow } from './partyRow.ts';
import { blockedRow, memberRow, peerRow, type Listing } from './peerRow.ts';
import { pendingNodeRow, pendingNodes, type PendingNode } from './pendingRow.ts';
import { requestNodes, requestRow, type RequestNode } from './requestRow.ts';
import type { Row } from './row.ts';

interface Base {
  id: string;
  parent?: PeersNode;
}
export type PartyNode = Base & { kind: 'party'; partyId: string };
export type PeerNode = Base & { kind: 'peer'; peerId: PeerId };
/** Somebody of a party who is in no book of ours: known from its list, or from other members. */
export type MemberNode = Base & { kind: 'member'; parent: PartyNode; peerId: PeerId };
export type ShareNode = Base & { kind: 'share'; share: CatalogShare; entry: EntryRef };
export type EntryNode = Base & { kind: 'entry'; entry: EntryRef; info: Entry };
export type MoreNode = Base & { kind: 'more'; hiddenCount: number; parent: PeersNode };
export type NoteNode = Base & { kind: 'note'; text: string; icon: string; command?: { command: string; title: string } };
type TopNode = EverybodyNode | RecentNode | MergedNode | RecentHitNode;
/** Whom the user blocked, below all else: where a block is lifted. */
export type BlockedNode = Base & { kind: 'blocked' };
export type PeersNode =
  | TopNode
  | RequestNode
  | PendingNode
  | PartyNode
  | PeerNode
  | MemberNode
  | BlockedNode
  | ShareNode
  | EntryNode
  | MoreNode
  | NoteNode;

/** What the rows are made of. */
export interface Parties {
  parties: readonly PartyInfo[];
  peers: readonly PeerInfo[];
  /** Of each party. */
  members?: ReadonlyMap<string, readonly PartyMember[]>;
  /** Who asks to be let in. */
  requests?: readonly AccessRequest[];
  /** Codes that were accepted here and whose peer did not let us in yet. */
  pending?: readonly PendingInvite[];
}

/** Strangers that came by and left again would only pile up. */
function isWorthARow(peer: PeerInfo): boolean {
  return peer.isStranger || peer.isAddedByKey || peer.shareCount > 0 || peer.petname !== undefined;
}

/**
 * Who asks to be let in; everybody and the recently added, once there is something; parties, then peers known by key, then strangers; whom the
 * user blocked stands last.
 */
export function rootNodes({ parties, peers, requests = [], pending = [] }: Parties): PeersNode[] {
  const asking = new Set<string>(requests.map(({ peerId }) => peerId));
  const joined = new Set<string>(parties.map((party) => party.partyId));
  const outside = peers
    .filter((peer) => !peer.isBlocked && !(peer.isStranger && asking.has(peer.peerId)))
    .filter((peer) => !peer.partyIds.some((partyId) => joined.has(partyId)) && isWorthARow(peer))
    .sort(byPresence);
  const ordered = [...outside.filter((peer) => !peer.isStranger), ...outside.filter((peer) => peer.isStranger)];
  return [
    ...requestNodes(requests),
    ...pendingNodes(pending),
    ...(peers.some(({ shareCount }) => shareCount > 0) ? topNodes() : []),
    ...parties.map((party): PartyNode => ({ kind: 'party', id: `party/${party.partyId}`, partyId: party.partyId })),
    ...ordered.map((peer): PeerNode => ({ kind: 'peer', id: `peer/${peer.peerId}`, peerId: peer.peerId })),
    ...(peers.some(({ isBlocked }) => isBlocked) ? [{ kind: 'blocked', id: 'blocked' } as const] : []),
  ];
}

export function blockedChildren({ peers }: Parties, parent: BlockedNode): PeerNode[] {
  return peers
    .filter(({ isBlocked }) => isBlocked)
    .sort(byPresence)
    .map(({ peerId }) => ({ kind: 'peer', id: `blocked/peer/${peerId}`, parent, peerId }));
}

export function peerChildren(peer: PeerInfo | undefined, shares: readonly CatalogShare[], parent: PeerNode): PeersNode[] {
  const note = (text: string, icon = 'info'): NoteNode => ({ kind: 'note', id: `${parent.id}/note`, parent, text, icon });
  if (peer?.isBlocked === true)
    return [note(t('Blocked: it sees nothing of yours, and nothing of it is kept here.'), 'circle-slash')];
  if (peer?.isStranger === true) {
    return [note(t('This peer is in no party of yours. Accept it to see its shares; it then sees yours.'), 'question')];
  }
  if (shares.length === 0) {
    return [note(peer?.isOnline === true ? t('Shares nothing yet.') : t('Nothing is known of it yet. It is offline.'))];
  }
  return shares.map((share): ShareNode => {
    const entry = { peerId: share.peerId, shareId: share.shareId, path: '' };
    return { kind: 'share', id: `${parent.id}/share/${share.shareId}`, parent, share, entry };
  });
}

/** A share that has no index to list yet says why; undefined where there is one. */
export function shareNote(parent: ShareNode): NoteNode | undefined {
  const note = (text: string, icon: string): NoteNode => ({ kind: 'note', id: `${parent.id}/note`, parent, text, icon });
  switch (parent.share.indexState) {
    case 'none':
      return parent.share.isOnline
        ? note(t('Waiting for its list of files…'), 'loading~spin')
        : note(t('Its list of files is not here, and its owner is offline.'), 'info');
    case 'refused':
      return note(refusal(parent.share), 'error');
    case 'fetching':
      // The list of before answers meanwhile, where there is one.
      return parent.share.updatedAtMs === undefined
        ? note(t('Its list of files: {0}', fetchState(parent.share)), 'loading~spin')
        : undefined;
    case 'ready':
      return undefined;
  }
}

function refusal(share: CatalogShare): string {
  return displayName(share.failure?.message ?? t('Its list of files was refused.'), 300);
}

function fetchState({ fetched }: CatalogShare): string {
  return fetched === undefined ? t('fetching…') : t('fetching {0}', formatPercent(fetched.blocks, fetched.ofBlocks));
}

/** Rows of a folder. `total` counts all its entries; `pinned` are shown although they lie beyond the page. */
export function entryNodes(
  folder: EntryRef,
  { entries: page, total }: { entries: readonly Entry[]; total: number },
  parent: PeersNode,
  pinned: readonly Entry[] = [],
): PeersNode[] {
  const names = new Set(page.map(({ name }) => name));
  const entries = [...page, ...pinned.filter(({ name }) => !names.has(name))];
  const nodes: PeersNode[] = entries.map((info) => {
    const path = folder.path === '' ? info.name : `${folder.path}/${info.name}`;
    return { kind: 'entry', id: `${parent.id}/${info.name}`, parent, info, entry: { ...folder, path } };
  });
  const hiddenCount = total - entries.length;
  // `//` cannot be an entry's id: names have no slash.
  if (hiddenCount > 0) nodes.push({ kind: 'more', id: `${parent.id}//more`, parent, hiddenCount });
  if (total === 0) nodes.push({ kind: 'note', id: `${parent.id}//empty`, parent, text: t('Empty'), icon: 'dash' });
  return nodes;
}

/** The row of a node; undefined for a party or peer that went meanwhile. */
export function rowOf(node: PeersNode, world: Parties, nowMs: number): Row | undefined {
  switch (node.kind) {
    case 'party': {
      const party = world.parties.find(({ partyId }) => partyId === node.partyId);
      return party === undefined ? undefined : partyRow(node, party, membersOf(world, node.partyId).length);
    }
    case 'peer': {
      const peer = world.peers.find(({ peerId }) => peerId === node.peerId);
      return peer === undefined ? undefined : peerRow(node.id, peer, nowMs, listingOf(node, world));
    }
    case 'member': {
      const member = membersOf(world, node.parent.partyId).find(({ peerId }) => peerId === node.peerId);
      return member === undefined ? undefined : memberRow(node.id, member, nowMs, listingOf(node, world));
    }
    case 'pending': {
      const invite = world.pending?.find(({ inviteId }) => inviteId === node.inviteId);
      return invite === undefined ? undefined : pendingNodeRow(node, invite);
    }
    case 'request': {
      const request = world.requests?.find(({ peerId }) => peerId === node.peerId);
      return request === undefined ? undefined : requestRow(node, request, nowMs);
    }
    case 'blocked':
      return blockedRow(node.id, world.peers.filter(({ isBlocked }) => isBlocked).length);
    case 'share':
      return shareRow(node, world);
    case 'entry':
      return entryRow(node);
    case 'everybody':
    case 'recent':
      return topRow(node);
    case 'merged':
      return mergedRow(node, ({ peerId }) => nameOf(world, peerId));
    case 'hit':
      return hitRow(node.id, node.hit, nowMs);
    case 'more': {
      const label = t('… {0} more', formatCount(node.hiddenCount));
      const command = { kind: 'run', command: 'potluck.entry.showMore', title: t('Show more') } as const;
      return { id: node.id, label, icon: 'ellipsis', children: 'none', context: 'more', accessibility: label, command };
    }
    case 'note': {
      const row: Row = {
        id: node.id,
        label: node.text,
        icon: node.icon,
        children: 'none',
        context: 'note',
        accessibility: node.text,
      };
      if (node.command !== undefined) row.command = { kind: 'run', ...node.command };
      return row;
    }
  }
}

/** Whether whoever founded the party above a row, if we did, let its peer in. */
function listingOf({ parent, peerId }: PeerNode | MemberNode, world: Parties): Listing {
  if (parent?.kind !== 'party') return '';
  const closed = world.parties.find(({ partyId }) => partyId === parent.partyId)?.closed;
  if (closed?.isFounder !== true) return '';
  return closed.members.includes(peerId) ? 'listed' : 'unlisted';
}

function nameOf({ peers }: Parties, peerId: PeerId): string {
  return peers.find((peer) => peer.peerId === peerId)?.name ?? peerId;
}

function shareRow(node: ShareNode, world: Parties): Row {
  const { share } = node;
  const title = displayName(share.title);
  const size = `${formatFiles(share.fileCount)}, ${formatBytes(share.totalBytes)}`;
  const state = { none: t('no list yet'), fetching: fetchState(share), ready: '', refused: t('refused') }[share.indexState];
  const via = share.viaPeerId === undefined ? '' : t('through {0}', displayName(nameOf(world, share.viaPeerId)));
  const description = [share.indexState === 'none' ? '' : size, state, via].filter((part) => part !== '').join(' · ');
  const lines = [longDisplayName(share.title), size];
  if (share.indexState === 'refused') lines.push(refusal(share));
  if (share.updatedAtMs !== undefined) lines.push(t('List of files from {0}', dateText(share.updatedAtMs)));
  if (share.bytesOnDisk > 0) lines.push(t('The list takes {0} on this disk', formatBytes(share.bytesOnDisk)));
  return {
    id: node.id,
    label: title,
    description,
    tooltip: lines.join('\n'),
    icon: { none: 'root-folder', fetching: 'sync', ready: 'root-folder', refused: 'error' }[share.indexState],
    children: 'collapsed',
    context: share.isOwn ? 'share.own' : 'share.peer',
    accessibility: t('Share {0}, {1}', title, description),
  };
}

function entryRow(node: EntryNode): Row {
  const { info, entry } = node;
  const name = displayName(info.name);
  const parts = uriPartsOf(entry);
  const uri = isHiddenPath(entry.path) ? { ...parts, query: revealedQuery } : parts;
  const lines = [longDisplayName(info.name)];
  if (hasHiddenCharacters(info.name)) lines.push(t('The name has invisible characters.'));
  if (info.kind === 'folder') {
    const accessibility = t('Folder {0}', name);
    return {
      id: node.id,
      label: name,
      tooltip: lines.join('\n'),
      icon: 'theme-folder',
      children: 'collapsed',
      context: 'folder',
      uri,
      accessibility,
    };
  }
  const size = formatBytes(info.sizeBytes);
  lines.push(t('{0}, modified {1}', size, dateText(info.mtimeMs)));
  return {
    id: node.id,
    label: name,
    description: size,
    tooltip: lines.join('\n'),
    icon: 'theme-file',
    children: 'none',
    context: 'file',
    uri,
    accessibility: `${name}, ${size}`,
    command: { kind: 'open' },
  };
}
