import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { ContentId } from '../../../../../src/protocol/ids.ts';
import { transferLimits } from '../../../../../src/sidecar/limits.ts';
import { LinkedContents } from '../../../../../src/sidecar/transfers/held/linkedContents.ts';
import { node, refTo, temporaryFolder } from '../world.ts';

const contentId = (at: number): ContentId => at.toString(16).padStart(64, '0') as ContentId;

test('linked contents are kept, one entry each, newest first, and no more than there is room for', (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: 1000 });
  const { database } = node(t, path.join(temporaryFolder(t), 'data'));
  const linked = new LinkedContents(database);
  linked.add(contentId(1), refTo('a'));
  t.mock.timers.tick(1);
  linked.add(contentId(2), refTo('b'));
  t.mock.timers.tick(1);
  linked.add(contentId(1), refTo('c'));
  assert.deepEqual(new LinkedContents(database).list(), [
    { contentId: contentId(1), entry: refTo('c'), addedAtMs: 1002 },
    { contentId: contentId(2), entry: refTo('b'), addedAtMs: 1001 },
  ]);
  assert.equal(linked.remove(refTo('a')), 0);
  assert.equal(linked.remove(refTo('c')), 1);
  database.transaction(() => {
    for (let at = 2; at < 2 + transferLimits.linkedContents; at++) linked.add(contentId(at), refTo('b'));
  });
  assert.throws(() => linked.add(contentId(9999), refTo('d')), { kind: 'too-large' });
  linked.add(contentId(3), refTo('d'));
  assert.equal(linked.remove(refTo('b')), transferLimits.linkedContents - 1);
});
