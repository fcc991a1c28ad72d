// A hostile member of the party, and a stranger, against a real sidecar: every attack ends in a session that was closed for a logged
// reason or in a refusal, with nothing written where it should not be, and the sidecar serving an honest peer as before.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import type { ShareId } from '../../src/protocol/ids.ts';
import { wireLimits } from '../../src/sidecar/limits.ts';
import { signAnnouncement } from '../../src/sidecar/wire/announcement.ts';
import * as codec from '../../src/sidecar/wire/codec.ts';
import { wireCodes } from '../../src/sidecar/wire/errors.ts';
import type { ShareAnnouncement, SignedAnnouncement } from '../../src/sidecar/wire/services.ts';
import { types } from '../unit/sidecar/wire/worlds.ts';
import { announcedTo, party, scene, stateOf, unharmed } from './hostileScene.ts';
import { readOf, type Mallory, type OfferedShare } from './mallory.ts';

test('a member of the party that breaks the protocol', { timeout: 60_000 }, async (t) => {
  const s = await scene(t);
  const { underworld, ann, share } = s;
  const silent = await underworld.connect(ann);

  const words: Record<string, { act: (mallory: Mallory) => void; reason: RegExp }> = {
    'garbage instead of a request': {
      act: ({ wire }) => wire.send(types.read, Buffer.alloc(50, 0xff)),
      reason: /uint must be between/,
    },
    'a truncated request': {
      act: ({ wire }) =>
        wire.send(types.read, codec.encodeWhole(codec.readRequest, readOf(share.shareId, 'file.bin')).subarray(0, 15)),
      reason: /ends too early/,
    },
    'bytes that nobody encrypted': {
      act: ({ wire }) => void wire.stream.rawStream.write(Buffer.concat([Buffer.from([64, 0, 0]), randomBytes(64)])),
      reason: /the connection failed/,
    },
    'a frame over the limit': {
      act: ({ wire }) => void wire.stream.rawStream.write(Buffer.from([0xff, 0xff, 0xff, 0])),
      reason: /a frame of 16777215 bytes/,
    },
    'a message over the limit': {
      act: ({ wire }) => wire.send(types.announcements, Buffer.alloc(wireLimits.controlMessageBytes + 1)),
      reason: /at most 1048576/,
    },
    'another version in mid-session': { act: ({ wire }) => wire.hello({ version: 2 }), reason: /changed its version/ },
    '10,000 requests at once': {
      act: (mallory) => {
        for (let id = 1; id <= 10_000; id++) mallory.ask(id, share.shareId, 'file.bin');
      },
      reason: /too many requests/,
    },
    'a request twice': {
      act: (mallory) => [7, 7].forEach((id) => mallory.ask(id, share.shareId, 'file.bin')),
      reason: /twice/,
    },
    'hashes of no subtree': {
      act: (mallory) =>
        mallory.say(types.hashesRequest, codec.hashesRequest, { requestId: 1, root: randomBytes(32), first: 1, count: 3 }),
      reason: /no subtree/,
    },
    'an answer that nobody asked for': {
      act: (mallory) => mallory.say(types.data, codec.data, { requestId: 1, bytes: randomBytes(10) }),
      reason: /nobody made/,
    },
    'credit without end': {
      act: (mallory) => {
        mallory.ask(1, share.shareId, 'file.bin');
        mallory.say(types.credit, codec.credit, { requestId: 1, bytes: Number.MAX_SAFE_INTEGER });
      },
      reason: /more credit/,
    },
  };
  for (const [name, { act, reason }] of Object.entries(words)) {
    await t.test(name, async () => {
      const mallory = await underworld.member(ann, party);
      act(mallory);
      await mallory.endsFor(reason);
    });
  }

  await t.test('a version that nobody speaks', async () => {
    const mallory = await underworld.connect(ann);
    mallory.wire.hello({ version: 9, minVersion: 8 });
    await mallory.endsFor(/versions 8 to 9/);
  });

  await t.test('announcements: unsigned, forged, and copied from another', async () => {
    const copied = (await announcedTo(await underworld.member(ann, party))).signed;
    const forged = async (make: (mallory: Mallory, offered: ShareAnnouncement) => SignedAnnouncement): Promise<void> => {
      const mallory = await underworld.member(ann, party);
      const { announcement } = await mallory.makeShare([]);
      mallory.say(types.announcements, codec.announcements, [make(mallory, announcement)]);
      await mallory.endsFor(/not signed by its owner/);
      assert.deepEqual(await ann.client.request('catalog/shares', { peerId: mallory.peerId }), []);
    };
    await forged(({ keyPair }, offered) => ({ ...signAnnouncement(offered, keyPair), signature: Buffer.alloc(64) }));
    await forged(({ keyPair }, offered) => ({ ...signAnnouncement(offered, keyPair), signature: randomBytes(64) }));
    await forged(() => copied);
  });

  await t.test("a share of one's own made of another's feed", async () => {
    const mallory = await underworld.member(ann, party);
    const { announcement } = await announcedTo(mallory);
    mallory.say(types.announcements, codec.announcements, [signAnnouncement(announcement, mallory.keyPair)]);
    await mallory.endsFor(/a feed that is our own/);
  });

  await t.test('an index with names that would lead outside', async () => {
    for (const name of ['../x', '..', 'C:\\x', 'NUL', 'a/../../b', '/etc/x', 'a\\b', 'com1']) {
      const mallory = await underworld.member(ann, party);
      const offered = await mallory.makeShare([{ name, sizeBytes: 1 }]);
      mallory.announce(offered);
      await mallory.endsFor(/The index is damaged or hostile: the name/);
      await stateOf(ann, mallory, offered, 'refused');
      const entry = { peerId: mallory.peerId, shareId: offered.announcement.shareId, path: '' };
      await assert.rejects(ann.client.request('downloads/add', { entry }));
    }
  });

  await t.test('an index that is garbage, too large, or not what was announced', async () => {
    const lies: { make: (mallory: Mallory) => Promise<OfferedShare>; reason: RegExp }[] = [
      { make: (mallory) => mallory.makeFeed([randomBytes(1000)]), reason: /damaged or hostile/ },
      { make: (mallory) => mallory.makeFeed([Buffer.alloc(2 * 1024 * 1024)]), reason: /block of 2097160 bytes/ },
      { make: (mallory) => mallory.makeShare([{ name: 'a', sizeBytes: 1 }], { fileCount: 2 }), reason: /other numbers/ },
    ];
    for (const { make, reason } of lies) {
      const mallory = await underworld.member(ann, party);
      mallory.announce(await make(mallory));
      await mallory.endsFor(reason);
    }
  });

  await t.test('reads of what is not shared are refused, and cost nothing', async () => {
    const mallory = await underworld.member(ann, party);
    const refused: [string, number][] = [
      ['missing.txt', wireCodes.notFound],
      ['.env', wireCodes.notFound],
      ['../private.txt', wireCodes.invalid],
      ['sub/../../private.txt', wireCodes.invalid],
      ['/etc/passwd', wireCodes.invalid],
      ['C:\\x', wireCodes.invalid],
      ['file.bin/x', wireCodes.notFound],
      ['sub', wireCodes.invalid],
      ['', wireCodes.invalid],
    ];
    let id = 1;
    for (const [name, code] of refused) {
      mallory.ask(id++, share.shareId, name);
      assert.equal(await mallory.refusal(), code, name);
    }
    mallory.ask(id++, 'y'.repeat(26) as ShareId, 'file.bin');
    assert.equal(await mallory.refusal(), wireCodes.notFound);
    mallory.say(types.hashesRequest, codec.hashesRequest, { requestId: id++, root: randomBytes(32), first: 0, count: 16 });
    assert.equal(await mallory.refusal(), wireCodes.notFound);
    mallory.ask(id, share.shareId, 'file.bin', { offset: Number.MAX_SAFE_INTEGER, length: Number.MAX_SAFE_INTEGER });
    assert.equal((await mallory.wire.next(types.head, codec.head)).sizeBytes, s.content.length);
    await mallory.wire.next(types.end, codec.end);
    assert.equal(mallory.wire.received.filter(({ type }) => type === types.data).length, 0);
    assert.ok(await mallory.isMember(), 'asking for what is not there is no attack');
    mallory.leave();
  });

  await t.test('silence after connecting', () => silent.endsFor(/did not introduce itself/));
  await unharmed(s);
});

test('a stranger gets no announcement, no feed block and no byte', { timeout: 30_000 }, async (t) => {
  const s = await scene(t);
  const { underworld, ann, share } = s;
  // What a traitor of the party could tell a stranger: ids and keys.
  const traitor = await underworld.member(ann, party);
  const { announcement } = await announcedTo(traitor);
  const { proofs: ofAnn } = await traitor.wire.next(types.hello, codec.hello);
  for (const proofs of [[], [randomBytes(32)], ofAnn]) {
    const goneAtOnce = await underworld.connect(ann);
    goneAtOnce.wire.hello({ proofs });
    await goneAtOnce.endsFor(/no party in common/);
    const stranger = await underworld.connect(ann);
    stranger.wire.hello({ proofs, intents: codec.intents.addedByKey });
    const core = await stranger.replicate(announcement);
    stranger.ask(1, share.shareId, 'file.bin');
    assert.equal(await stranger.refusal(), wireCodes.notFound);
    stranger.say(types.hashesRequest, codec.hashesRequest, { requestId: 2, root: randomBytes(32), first: 0, count: 1 });
    assert.equal(await stranger.refusal(), wireCodes.notFound);
    stranger.say(types.ping, codec.ping, 5);
    await stranger.wire.next(types.pong, codec.ping);
    assert.equal(stranger.wire.received.filter(({ type }) => type === types.announcements || type === types.data).length, 0);
    await assert.rejects(core.get(0, { timeout: 500 }));
    assert.equal(await stranger.isMember(), false);
    await core.close();
    stranger.leave();
  }
  const core = await traitor.replicate(announcement);
  assert.ok(await core.get(announcement.feedLength - 1, { timeout: 5000 }), 'a member would have got it');
  await unharmed(s);
});
