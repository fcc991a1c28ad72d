// Who may be connected at all: peers that proved nothing, that wait, that are blocked, and that are here twice.

import assert from 'node:assert/strict';
import test from 'node:test';
import { admissionLimits, meetingLimits } from '../../../src/sidecar/limits.ts';
import { Replacements } from '../../../src/sidecar/replacements.ts';
import { intents } from '../../../src/sidecar/wire/codec.ts';
import type { PeerSession } from '../../../src/sidecar/wire/services.ts';
import { audienceOf, connect, join, TestPeer } from './sessionWorld.ts';
import { settled } from './wire/worlds.ts';

test('a connection that proves nothing ends, and learns not even our name', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const sam = await TestPeer.open(t, 'sam', ['house']);
  await ann.share('Photos', ['a.jpg']);
  for (const peer of [ann, sam]) peer.intents = 0;
  const { closed } = await connect(sam, ann);
  await closed;
  assert.equal(ann.sessions.source(sam.peerId), undefined);
  assert(ann.log.some((line) => /no party in common/.test(line)));
  assert.equal(sam.catalog.shares().length, 0);
  assert.equal(sam.peers.get(ann.peerId)?.nickname, undefined);
});

test('a stranger who says that it was given our key waits; it learns our name when it is accepted, not before', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const sam = await TestPeer.open(t, 'sam', []);
  await ann.share('Photos', ['a.jpg']);
  sam.peers.addByKey(ann.peerId);
  await join(sam, ann);
  await settled();
  assert.equal(sam.peers.get(ann.peerId)?.nickname, undefined);
  assert.equal(ann.peers.get(sam.peerId)?.nickname, 'sam', 'whoever asks says its name');
  assert.equal(ann.peers.get(sam.peerId)?.isStranger, true);
  assert.equal(sam.shareOf(ann), undefined);
  ann.peers.addByKey(sam.peerId);
  ann.sessions.accepted(sam.peerId);
  await sam.until('the share and the name are here', () => sam.listing(ann).length === 1);
  await sam.until('the name is here', () => sam.peers.get(ann.peerId)?.nickname === 'ann');
});

test('who comes with an invite waits a while; who was denied does not', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const sam = await TestPeer.open(t, 'sam', []);
  sam.intents = intents.invite;
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const waiting = await connect(sam, ann);
  await ann.until('it is here', () => ann.peers.isOnline(sam.peerId));
  t.mock.timers.tick(meetingLimits.inviteWaitMs + 1);
  t.mock.timers.reset();
  await waiting.closed;
  ann.denied.add(sam.peerId);
  sam.intents = intents.invite | intents.addedByKey;
  await (
    await connect(sam, ann)
  ).closed;
  assert.equal(ann.peers.isOnline(sam.peerId), false);
});

test('strangers who wait are few: the oldest makes room, and never one whom we wait for', { timeout: 60_000 }, async (t) => {
  const ann = await TestPeer.open(t, 'ann', []);
  const awaited = await TestPeer.open(t, 'awaited', []);
  ann.awaited.add(awaited.peerId);
  await join(awaited, ann);
  const strangers: TestPeer[] = [];
  for (let i = 0; i < admissionLimits.strangers; i++) {
    const stranger = await TestPeer.open(t, `stranger ${i}`, []);
    strangers.push(stranger);
    await join(stranger, ann);
  }
  const [first, second] = strangers;
  assert(first && second);
  await ann.until('the first is gone', () => !ann.peers.isOnline(first.peerId));
  assert.deepEqual(
    [awaited, second].map(({ peerId }) => ann.peers.isOnline(peerId)),
    [true, true],
  );
  assert(ann.log.some((line) => /too many strangers/.test(line)));
});

test('a blocked peer is refused, gets nothing, loses what is under way, and nothing that others say of it is taken', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const ben = await TestPeer.open(t, 'ben', ['techno']);
  const mal = await TestPeer.open(t, 'mal', ['techno']);
  const shareId = await ann.share('Photos', ['a.jpg'], audienceOf(['techno'], [mal]));
  await mal.share('Trap', ['t.txt']);
  await join(mal, ben);
  await ben.until("mal's share is here", () => ben.listing(mal).length === 1);
  await join(mal, ann);
  await ann.until("mal's share is here", () => ann.listing(mal).length === 1);
  ann.peers.setBlocked(mal.peerId, true);
  assert.equal(ann.sessions.mayShare(mal.peerId, shareId), false, 'before its session is over');
  ann.sessions.end(mal.peerId, 'blocked by the user');
  await ann.catalog.forgetPeer(mal.peerId);
  await (
    await connect(mal, ann)
  ).closed;
  assert.equal(ann.peers.isOnline(mal.peerId), false);
  await ben.share('Own', ['b.txt']);
  await join(ben, ann);
  await ann.until("ben's share is here", () => ann.listing(ben).length === 1);
  await settled();
  assert.deepEqual([ann.catalog.shares(mal.peerId), ann.peers.list().filter(({ isBlocked }) => !isBlocked).length], [[], 1]);
  ann.peers.forget(mal.peerId);
  assert.equal(ann.peers.isBlocked(mal.peerId), true, 'to forget it does not unblock it');
});

test(
  'a peer that comes again takes its own place, with all that it had; one that does so on and on does not',
  { timeout: 60_000 },
  async (t) => {
    const ann = await TestPeer.open(t, 'ann', ['techno']);
    const ben = await TestPeer.open(t, 'ben', ['techno']);
    await ann.share('Photos', ['a.jpg']);
    await join(ben, ann);
    await ben.until('the share is here', () => ben.listing(ann).length === 1);
    const replaced = () => ann.log.filter((line) => /took its place/.test(line)).length;
    for (let i = 1; i < meetingLimits.replacements; i++) {
      assert.equal(ann.sessions.mayComeAgain(ben.peerId), true);
      const before = ann.sessions.source(ben.peerId);
      await connect(ben, ann);
      await ann.until('the newer one is here', () => ann.sessions.source(ben.peerId) !== before && replaced() === i);
    }
    assert.equal(ann.sessions.mayComeAgain(ben.peerId), false, 'nor is its handshake answered');
    const last = ann.sessions.source(ben.peerId);
    const { closed } = await connect(ben, ann);
    await closed;
    assert.equal(ann.sessions.source(ben.peerId), last, 'the one that is here stays');
    assert(ann.log.some((line) => /in use on two machines/.test(line)));
  },
);

test('where a place was taken too often, the older connection goes when it does not answer', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const closed: string[] = [];
  const session = (ping: () => Promise<number>) => ({ ping, close: (why: string) => closed.push(why) }) as unknown as PeerSession;
  const replacements = new Replacements();
  replacements.endIfDead(session(() => new Promise(() => undefined)));
  replacements.endIfDead(session(() => Promise.resolve(1)));
  replacements.endIfDead(session(() => Promise.reject(new Error('busy'))));
  await settled();
  t.mock.timers.tick(meetingLimits.replacedAnswerMs + 1);
  assert.deepEqual(closed, ['it does not answer any more']);
});
