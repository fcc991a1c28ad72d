// When a row of the Peers view is worth drawing again. Telling VS Code of one row makes it ask for everything that is open below it, and a
// click meanwhile may be lost: so rows are drawn at once for what a person acts on, seldom for what merely counts or ages. Must not know
// `vscode`.

import { createHash } from 'node:crypto';
import type { CatalogShare, PeerInfo } from '../../protocol/model.ts';
import { rowOf, type Parties, type PeersNode } from './peersModel.ts';
import { roundedTrip } from './peerRow.ts';

/** Changes when the row says something else than other counts, sizes or ages. */
export function steadySignature(node: PeersNode, world: Parties): string {
  const peers =
    node.kind === 'peer' ? world.peers.filter(({ peerId }) => peerId === node.peerId).map(withoutCounts) : world.peers;
  const bare = node.kind === 'share' ? { ...node, share: bareShare(node.share) } : node;
  return JSON.stringify(rowOf(bare, { ...world, peers }, 0)) ?? '';
}

function withoutCounts(peer: PeerInfo): PeerInfo {
  const { roundTripMs: _, ...rest } = withoutRates(peer);
  return { ...rest, fileCount: 0, totalBytes: 0 };
}

/**
 * What changes while files move stands in the tooltip alone, which is made when the pointer rests on the row: no reason to draw it. The round trip
 * is told in steps.
 */
export function withoutRates(peer: PeerInfo): PeerInfo {
  const { roundTripMs, traffic: _traffic, receiveBytesPerSecond: _receive, sendBytesPerSecond: _send, ...rest } = peer;
  return roundTripMs === undefined ? rest : { ...rest, roundTripMs: roundedTrip(roundTripMs) };
}

function bareShare({ fetched: _, updatedAtMs: _updated, ...share }: CatalogShare): CatalogShare {
  return { ...share, fileCount: 0, folderCount: 0, totalBytes: 0, bytesOnDisk: 0 };
}

/** Changes when the children of a node came, went, or read differently; rows of shares and peers are looked at by themselves. */
export function childrenSignature(children: readonly PeersNode[]): string {
  const hash = createHash('sha1');
  for (const node of children) hash.update(`${node.id}\0${contentOf(node)}\n`);
  return hash.digest('base64');
}

function contentOf(node: PeersNode): string {
  switch (node.kind) {
    case 'entry':
      return `${node.info.kind} ${node.info.sizeBytes} ${node.info.mtimeMs}`;
    case 'merged':
      return JSON.stringify(node.info);
    case 'hit':
      return `${node.hit.sizeBytes} ${node.hit.mtimeMs} ${node.hit.isOnline}`;
    case 'more':
      return String(node.hiddenCount);
    case 'note':
      return node.text;
    case 'party':
    case 'peer':
    case 'member':
    case 'pending':
    case 'request':
    case 'blocked':
    case 'share':
    case 'everybody':
    case 'recent':
      return '';
  }
}
