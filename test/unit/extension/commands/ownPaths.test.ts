import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownEntryOf } from '../../../../src/extension/commands/ownPaths.ts';
import type { PeerId, ShareId } from '../../../../src/protocol/ids.ts';

const peerId = 'y'.repeat(52) as PeerId;
const outer = { shareId: 'b'.repeat(26) as ShareId, path: '/home/me/photos' };
const inner = { shareId: 'n'.repeat(26) as ShareId, path: '/home/me/photos/summer' };

test('a path belongs to the innermost share that holds it', () => {
  assert.deepEqual(ownEntryOf('/home/me/photos/a.jpg', [outer, inner], peerId), {
    peerId,
    shareId: outer.shareId,
    path: 'a.jpg',
  });
  assert.deepEqual(ownEntryOf('/home/me/photos/summer/b/c.jpg', [outer, inner], peerId), {
    peerId,
    shareId: inner.shareId,
    path: 'b/c.jpg',
  });
  assert.equal(ownEntryOf('/home/me/photos', [outer], peerId)?.path, '');
});

test('a path outside, or of a name that only begins alike, is of no share', () => {
  for (const file of ['/home/me', '/home/me/photos2/a', '/etc/passwd', '/home/me/photos/../x'])
    assert.equal(ownEntryOf(file, [outer], peerId), undefined, file);
  assert.equal(ownEntryOf('/home/me/photos/..a', [outer], peerId)?.path, '..a');
});
