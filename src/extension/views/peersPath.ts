// The way through the Peers view down to one entry, as the nodes that stand on it: what "reveal" needs. Must not know `vscode`.

import type { CatalogShare, Entry, EntryRef, PartyInfo, PeerInfo } from '../../protocol/model.ts';
import { partyChildren } from './partyRow.ts';
import { peerChildren, rootNodes, type EntryNode, type PeerNode, type PeersNode } from './peersModel.ts';

/** Nodes from the root of the view to the entry, the entry's own last; undefined where its peer or share has no row. */
export function chainTo(
  entry: EntryRef,
  world: { parties: readonly PartyInfo[]; peers: readonly PeerInfo[] },
  { shares, info }: { shares: readonly CatalogShare[]; info: Entry },
): PeersNode[] | undefined {
  const peer = peerNodeOf(entry, world);
  if (peer === undefined) return undefined;
  const known = world.peers.find(({ peerId }) => peerId === entry.peerId);
  const share = peerChildren(known, shares, peer).find((node) => node.kind === 'share' && node.entry.shareId === entry.shareId);
  if (share === undefined) return undefined;
  const chain: PeersNode[] = peer.parent === undefined ? [peer, share] : [peer.parent, peer, share];
  if (entry.path === '') return chain;
  const names = entry.path.split('/');
  let parent: PeersNode = share;
  for (const [at, name] of names.entries()) {
    const isLast = at === names.length - 1;
    const node: EntryNode = {
      kind: 'entry',
      id: `${parent.id}/${name}`,
      parent,
      entry: { ...entry, path: names.slice(0, at + 1).join('/') },
      info: isLast ? info : { name, kind: 'folder', sizeBytes: 0, mtimeMs: 0 },
    };
    chain.push(node);
    parent = node;
  }
  return chain;
}

/** A peer of several parties stands in each: the first one's row. */
function peerNodeOf(entry: EntryRef, world: { parties: readonly PartyInfo[]; peers: readonly PeerInfo[] }): PeerNode | undefined {
  for (const node of rootNodes(world)) {
    if (node.kind === 'peer' && node.peerId === entry.peerId) return node;
    if (node.kind !== 'party') continue;
    const found = partyChildren(world, node).find((child) => child.kind === 'peer' && child.peerId === entry.peerId);
    if (found?.kind === 'peer') return found;
  }
  return undefined;
}
