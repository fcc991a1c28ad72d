import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CatalogShare, PeerInfo } from '../../../../src/protocol/model.ts';
import { entryNodes } from '../../../../src/extension/views/peersModel.ts';
import { childrenSignature, steadySignature } from '../../../../src/extension/views/peersRedraw.ts';
import { catalogShare, file, folder, peer, peerId, shareId } from '../worlds.ts';

const peerNode = { kind: 'peer', id: 'peer/1', peerId: peerId(1) } as const;
const root = { peerId: peerId(1), shareId: shareId(1), path: '' };

test('what counts or ages is no reason to draw a peer anew, what a person acts on is', () => {
  const steady = (change: Partial<PeerInfo>): string => steadySignature(peerNode, { parties: [], peers: [peer(1, change)] });
  const before = steady({});
  assert.equal(steady({ fileCount: 9, totalBytes: 9, roundTripMs: 3, receiveBytesPerSecond: 5, sendBytesPerSecond: 5 }), before);
  assert.notEqual(steady({ isOnline: false }), before);
  assert.notEqual(steady({ name: 'other' }), before);
  assert.equal(steady({ isOnline: false, lastSeenMs: 1 }), steady({ isOnline: false, lastSeenMs: 2 }));
});

test('a share is drawn anew at once for its state, seldom for its size', () => {
  const steady = (change: Partial<CatalogShare>): string => {
    const node = { kind: 'share', id: 's', parent: peerNode, share: catalogShare(1, change), entry: root } as const;
    return steadySignature(node, { parties: [], peers: [] });
  };
  assert.equal(steady({ fileCount: 99, totalBytes: 99, updatedAtMs: 5 }), steady({}));
  assert.notEqual(steady({ indexState: 'refused' }), steady({}));
  assert.notEqual(steady({ title: 'other' }), steady({}));
});

test('a folder reads differently when an entry came, went or changed', () => {
  const sign = (entries: Parameters<typeof entryNodes>[1]['entries'], total = entries.length): string =>
    childrenSignature(entryNodes(root, { entries, total }, peerNode));
  const before = sign([folder('a'), file('b')]);
  assert.equal(sign([folder('a'), file('b')]), before);
  assert.notEqual(sign([folder('a')]), before);
  assert.notEqual(sign([folder('a'), file('b', 11)]), before);
  assert.notEqual(sign([file('a'), file('b')]), before);
  assert.notEqual(sign([folder('a'), file('b')], 3), before);
});
