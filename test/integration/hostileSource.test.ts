// Lies of a source against a real sidecar that downloads from it: sizes, bytes and checksums that are wrong, and leaving in the middle.
// Nothing of it may ever stand under a final name.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { ErrorKind } from '../../src/protocol/errors.ts';
import type { DownloadInfo } from '../../src/protocol/model.ts';
import * as codec from '../../src/sidecar/wire/codec.ts';
import { types } from '../unit/sidecar/wire/worlds.ts';
import { party, scene, stateOf, unharmed, visibleIn, type Scene } from './hostileScene.ts';
import type { Mallory } from './mallory.ts';
import { ended } from './world.ts';

/** Offers files, waits until the victim has the index, and has it download one. */
async function lure(
  s: Scene,
  name: string,
  sizeBytes: number,
): Promise<{ mallory: Mallory; download: DownloadInfo; id: number }> {
  const mallory = await s.underworld.member(s.ann, party);
  const offered = await mallory.makeShare([{ name, sizeBytes }]);
  mallory.announce(offered);
  const { shareId } = offered.announcement;
  await stateOf(s.ann, mallory, offered, 'ready');
  const entry = { peerId: mallory.peerId, shareId, path: name };
  const download = await s.ann.client.request('downloads/add', { entry });
  const { requestId } = await mallory.wire.next(types.read, codec.readRequest);
  return { mallory, download, id: requestId };
}

test('a source that lies or vanishes while it is read', { timeout: 60_000 }, async (t) => {
  const s = await scene(t);
  const { underworld, ann } = s;
  const head = (requestId: number, sizeBytes: number, root?: Uint8Array) => ({
    ...{ requestId, sizeBytes, mtimeMs: 1000, root },
    version: undefined,
  });

  const lies: Record<string, { act: (mallory: Mallory, id: number) => void; reason: RegExp }> = {
    'too few bytes': {
      act(mallory, id) {
        mallory.say(types.head, codec.head, head(id, 100_000));
        mallory.say(types.data, codec.data, { requestId: id, bytes: randomBytes(65_536) });
        mallory.say(types.end, codec.end, { requestId: id, root: randomBytes(32) });
      },
      reason: /before its last byte/,
    },
    'too many bytes': {
      act(mallory, id) {
        mallory.say(types.head, codec.head, head(id, 100_000));
        for (let i = 0; i < 2; i++) mallory.say(types.data, codec.data, { requestId: id, bytes: randomBytes(65_536) });
      },
      reason: /more of a file than was asked for/,
    },
    'leaving in the middle': {
      act(mallory, id) {
        mallory.say(types.head, codec.head, head(id, 100_000));
        mallory.say(types.data, codec.data, { requestId: id, bytes: randomBytes(65_536) });
        mallory.leave();
      },
      reason: /./,
    },
  };
  for (const [name, { act, reason }] of Object.entries(lies)) {
    await t.test(name, async () => {
      const { mallory, download, id } = await lure(s, 'trap.bin', 100_000);
      act(mallory, id);
      await mallory.endsFor(reason);
      assert.deepEqual(visibleIn(ann), []);
      const state = (await ann.client.request('downloads/list', {})).find(
        (each) => each.downloadId === download.downloadId,
      )?.state;
      assert.notEqual(state, 'done');
      await ann.client.request('downloads/cancel', { downloadId: download.downloadId });
    });
  }

  const content = randomBytes(100_000);
  const failures: Record<string, { kind: ErrorKind; act: (mallory: Mallory, id: number) => void }> = {
    'other bytes than the checksum says': {
      kind: 'verification-failed',
      act(mallory, id) {
        mallory.say(types.head, codec.head, head(id, content.length));
        for (const bytes of [content.subarray(0, 65_536), content.subarray(65_536)])
          mallory.say(types.data, codec.data, { requestId: id, bytes });
        mallory.say(types.end, codec.end, { requestId: id, root: randomBytes(32) });
      },
    },
    'no checksum at all': {
      kind: 'verification-failed',
      act(mallory, id) {
        mallory.say(types.head, codec.head, head(id, 10));
        mallory.say(types.data, codec.data, { requestId: id, bytes: randomBytes(10) });
        mallory.say(types.end, codec.end, { requestId: id, root: undefined });
      },
    },
    'a size that no disk holds': {
      kind: 'disk-full',
      act: (mallory, id) => mallory.say(types.head, codec.head, head(id, Number.MAX_SAFE_INTEGER)),
    },
  };
  for (const [name, { kind, act }] of Object.entries(failures)) {
    await t.test(name, async () => {
      const { mallory, download, id } = await lure(s, 'trap.bin', 100_000);
      act(mallory, id);
      if (kind === 'verification-failed') act(mallory, (await mallory.wire.next(types.read, codec.readRequest)).requestId);
      const failed = await ended(ann, download);
      assert.deepEqual([failed.state, failed.failure?.kind], ['failed', kind]);
      assert.deepEqual(visibleIn(ann), []);
      mallory.leave();
    });
  }

  await t.test('leaving in the middle of the index', async () => {
    const mallory = await underworld.member(ann, party);
    const offered = await mallory.makeShare([{ name: 'a', sizeBytes: 1 }], { feedLength: 500 });
    mallory.announce(offered);
    await stateOf(ann, mallory, offered, 'fetching');
    mallory.leave();
    await mallory.endsFor(/./);
    const entry = { peerId: mallory.peerId, shareId: offered.announcement.shareId, path: '' };
    await assert.rejects(ann.client.request('catalog/list', { entry }), { kind: 'unavailable' });
    await assert.rejects(ann.client.request('files/fetch', { entry: { ...entry, path: 'a' } }));
  });
  await unharmed(s);
});
