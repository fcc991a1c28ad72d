// Uploads to peers that lose the share while they are served, or wait to be.

import assert from 'node:assert/strict';
import test from 'node:test';
import { content, owner, shareId, temporaryFolder } from '../world.ts';
import { all, assertAllClosed, peer, serve, uploadsOver } from './uploadsWorld.ts';

const MiB = 1024 * 1024;
const whole = { shareId, path: 'f', offset: 0, needsRoot: false };

test(
  'who may not have the share any more is cut off at once, in mid-file and while it waits; others go on',
  { timeout: 20_000 },
  async (t) => {
    const from = owner(t, temporaryFolder(t));
    const bytes = content(5 * MiB);
    const file = from.write('f', bytes);
    const audience = new Set([peer('one'), peer('two'), peer('three')]);
    const ended: string[] = [];
    const uploads = uploadsOver(t, from, {
      settings: () => ({ uploadSlots: 1, friendsFirst: false }),
      locate: (peerId) =>
        audience.has(peerId)
          ? { root: from.shared, absolutePath: file, entry: { name: 'f', kind: 'file', sizeBytes: bytes.length, mtimeMs: 0 } }
          : undefined,
      onEnded: ({ peerId, outcome }) => void ended.push(`${peerId} ${outcome}`),
    });
    const reply = await uploads.read(peer('one'), whole, serve);
    const iterator = reply.bytes[Symbol.asyncIterator]();
    await iterator.next();
    const [two, three] = [uploads.read(peer('two'), whole, serve), uploads.read(peer('three'), whole, serve)];
    two.catch(() => undefined);
    audience.delete(peer('one'));
    audience.delete(peer('two'));
    uploads.audienceChanged();
    // One reads on from what it has in hand; two has waited for a slot.
    await assert.rejects(
      (async () => {
        while (!(await iterator.next()).done);
      })(),
      { kind: 'not-found' },
    );
    await assert.rejects(reply.end());
    await assert.rejects(two, { kind: 'not-found' });
    assert.deepEqual(await all(await three), bytes);
    await assertAllClosed(uploads, from.shared);
    assert(ended.includes('three done'));
  },
);

test('who lost the share while it waited is not told what the file is like now', { timeout: 20_000 }, async (t) => {
  const from = owner(t, temporaryFolder(t));
  from.write('f', content(3 * MiB));
  from.write('empty', Buffer.alloc(0));
  let isShared = true;
  let looks = 0;
  const uploads = uploadsOver(t, from, {
    locate: (peerId, of, safePath) => {
      // Lost between the first look and being let in.
      if (looks++ > 0) isShared = false;
      const entry = from.catalog.stat({ peerId, shareId: of, path: safePath });
      return isShared && entry ? { root: from.shared, absolutePath: `${from.shared}/${safePath}`, entry } : undefined;
    },
  });
  for (const name of ['f', 'empty']) {
    looks = 0;
    isShared = true;
    await assert.rejects(uploads.read(peer('one'), { ...whole, path: name }, serve), { kind: 'not-found' }, name);
  }
  await assertAllClosed(uploads, from.shared);
});
