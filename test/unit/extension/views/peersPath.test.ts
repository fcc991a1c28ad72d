import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chainTo } from '../../../../src/extension/views/peersPath.ts';
import { entryNodes, peerChildren, rowOf } from '../../../../src/extension/views/peersModel.ts';
import { catalogShare, file, party, partyId, peer, peerId, shareId } from '../worlds.ts';

const entry = { peerId: peerId(1), shareId: shareId(1), path: 'a/b/c.txt' };
const found = { shares: [catalogShare(1)], info: file('c.txt') };

test('the way to an entry of an offline peer goes through its party, share and folders', () => {
  const world = { parties: [party(1)], peers: [peer(1, { partyIds: [partyId(1)], isOnline: false, shareCount: 1 })] };
  const chain = chainTo(entry, world, found) ?? [];
  assert.deepEqual(
    chain.map((node) => rowOf(node, world, 0)?.label),
    ['party 1', 'peer 1', 'share 1', 'a', 'b', 'c.txt'],
  );
  for (const [at, node] of chain.entries()) assert.equal(node.parent?.id, chain[at - 1]?.id);
});

test('the nodes of the way are the ones that the view makes', () => {
  const world = { parties: [], peers: [peer(1, { isAddedByKey: true, isOnline: false })] };
  const [peerNode, share, folder] = chainTo(entry, world, found) ?? [];
  assert.ok(peerNode?.kind === 'peer' && share?.kind === 'share');
  assert.equal(peerChildren(world.peers[0], found.shares, peerNode)[0]?.id, share.id);
  const root = { ...entry, path: '' };
  assert.equal(entryNodes(root, { entries: [{ ...file('a'), kind: 'folder' }], total: 1 }, share)[0]?.id, folder?.id);
});

test('a share itself can be revealed; what has no row cannot', () => {
  const world = { parties: [], peers: [peer(1, { isAddedByKey: true })] };
  assert.equal(chainTo({ ...entry, path: '' }, world, found)?.at(-1)?.kind, 'share');
  assert.equal(chainTo({ ...entry, peerId: peerId(2) }, world, found), undefined);
  assert.equal(chainTo(entry, world, { ...found, shares: [] }), undefined);
});

test('a revealed entry beyond the page has a row before "more", and is not counted as hidden', () => {
  const world = { parties: [], peers: [peer(1, { isAddedByKey: true })] };
  const [, share] = chainTo(entry, world, found) ?? [];
  assert.ok(share);
  const root = { ...entry, path: '' };
  const nodes = entryNodes(root, { entries: [file('a'), file('b')], total: 10 }, share, [file('z'), file('a')]);
  assert.deepEqual(
    nodes.map((node) => (node.kind === 'more' ? node.hiddenCount : node.kind === 'entry' ? node.info.name : '')),
    ['a', 'b', 'z', 7],
  );
});
