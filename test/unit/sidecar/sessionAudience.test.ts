// Who may see which share, over one hand and several, while that changes.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { setImmediate } from 'node:timers/promises';
import type { ShareId } from '../../../src/protocol/ids.ts';
import { everyone } from '../../../src/sidecar/shares/audienceText.ts';
import { signAnnouncement } from '../../../src/sidecar/wire/announcement.ts';
import { audienceOf, join, partyIdOf, TestPeer } from './sessionWorld.ts';
import { never, settled } from './wire/worlds.ts';

const titles = (viewer: TestPeer, owner: TestPeer) => viewer.catalog.shares(owner.peerId).map(({ title }) => title);

function feedKey(owner: TestPeer, shareId: ShareId): string {
  const announcement = owner.shares.announcements().find((each) => each.shareId === shareId);
  return Buffer.from(announcement?.feedKey ?? assert.fail(`no share ${shareId}`)).toString('hex');
}

/** Waits until a share goes on under other keys than these. */
async function renewed(owner: TestPeer, shareId: ShareId, before: string): Promise<void> {
  await owner.until('the keys are others', () => feedKey(owner, shareId) !== before);
}

test('a share for a party is told to members of it alone, also when it changes and goes', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno', 'house']);
  const [ben, cleo] = [await TestPeer.open(t, 'ben', ['techno']), await TestPeer.open(t, 'cleo', ['house'])];
  const shareId = await ann.share('Masters', ['a.wav'], audienceOf(['techno']));
  const flyers = await ann.share('Flyers', ['a.pdf']);
  await join(ann, ben);
  await join(ann, cleo);
  await ben.until('both are here', () => titles(ben, ann).length === 2);
  await cleo.until('one is here', () => titles(cleo, ann).length === 1);
  ann.shares.rename(shareId, 'Old masters');
  writeFileSync(path.join(ann.folder, 'Flyers', 'b.pdf'), 'b');
  await ben.until('the new title is here', () => titles(ben, ann).includes('Old masters'));
  await cleo.until('what came after it is here', () => cleo.listing(ann).includes('b.pdf'));
  assert.deepEqual(titles(cleo, ann), ['Flyers']);
  await ann.shares.remove(shareId);
  const removals = (peer: TestPeer) => peer.catalog.holdings().flatMap((holding) => holding.removals.map((each) => each.shareId));
  await ben.until('it is gone', () => titles(ben, ann).length === 1);
  while (!removals(ben).includes(shareId)) await setImmediate(); // Of a share that is not shown any more, no change is told.
  ann.shares.rename(flyers, 'Leaflets');
  await cleo.until('what is said later is here', () => titles(cleo, ann).includes('Leaflets'));
  assert.deepEqual(removals(cleo), [], 'who could not see it is not told that it ever was');
});

test('a search finds nothing in a share that the asker may not see, nor looks into it', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno', 'house']);
  const cleo = await TestPeer.open(t, 'cleo', ['house']);
  const hidden = await ann.share('Masters', ['a.wav'], audienceOf(['techno']));
  const shown = await ann.share('Flyers', ['a.pdf']);
  const asked: ShareId[][] = [];
  const hit = { path: 'a.wav', kind: 'file' as const, sizeBytes: 5, mtimeMs: 1 };
  ann.searchServer = {
    search: (_peer, { shareIds }) => {
      asked.push(shareIds);
      return Promise.resolve([hidden, shown].map((shareId) => ({ ...hit, shareId })));
    },
  };
  await join(ann, cleo);
  await cleo.until('one is here', () => cleo.listing(ann).length === 1);
  const session = cleo.sessions.source(ann.peerId) ?? assert.fail();
  for (const shareIds of [[], [hidden, shown]]) {
    const hits = await session.search({ query: 'a', shareIds, limit: 10 }, { signal: never });
    assert.deepEqual(
      hits.map((each) => each.shareId),
      [shown],
    );
  }
  assert.deepEqual(await session.search({ query: 'a', shareIds: [hidden], limit: 10 }, { signal: never }), []);
  assert.deepEqual(asked, [[shown], [shown]], 'it is not even looked into');
});

test('who may not see a share any more loses it at once; the session and other shares go on; who may still see it notices nothing', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno', 'house']);
  const [ben, cleo] = [await TestPeer.open(t, 'ben', ['techno']), await TestPeer.open(t, 'cleo', ['house'])];
  const shareId = await ann.share('Masters', ['a.wav']);
  await join(ann, ben);
  await join(ann, cleo);
  for (const peer of [ben, cleo]) await peer.until('it is here', () => peer.listing(ann).length === 1);
  const session = cleo.sessions.source(ann.peerId);
  const before = feedKey(ann, shareId);
  ann.shares.setAudience(shareId, audienceOf(['techno']));
  assert.equal(ann.sessions.mayShare(cleo.peerId, shareId), false, 'in the same turn');
  await cleo.until('it is gone', () => cleo.shareOf(ann) === undefined);
  await renewed(ann, shareId, before);
  writeFileSync(path.join(ann.folder, 'Masters', 'b.wav'), 'b');
  await ben.until('the change is here', () => ben.listing(ann).includes('b.wav'));
  assert.equal(cleo.sessions.source(ann.peerId), session, 'the session is the same');
  await ann.share('Flyers', ['a.pdf']);
  await cleo.until('another share is here', () => cleo.listing(ann).includes('a.pdf'));
  assert.deepEqual(titles(cleo, ann), ['Flyers']);
});

test('who may see a share from now on has it at once, under the keys of before', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno', 'house']);
  const [ben, cleo] = [await TestPeer.open(t, 'ben', ['techno']), await TestPeer.open(t, 'cleo', ['house'])];
  const shareId = await ann.share('Masters', ['a.wav'], audienceOf(['techno']));
  await join(ann, ben);
  await join(ann, cleo);
  await ben.until('it is here', () => ben.listing(ann).length === 1);
  const before = feedKey(ann, shareId);
  ann.shares.setAudience(shareId, audienceOf(['techno'], [cleo]));
  await cleo.until('it is here', () => cleo.listing(ann).length === 1);
  ann.shares.setAudience(shareId, everyone);
  await ann.until('everyone may', () => ann.shares.audience(shareId).everyone);
  assert.equal(feedKey(ann, shareId), before);
});

test('a stranger who is named by a share is let in for it, and put out when it is named no more', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const dora = await TestPeer.open(t, 'dora', []);
  await ann.share('Flyers', ['a.pdf']);
  const shareId = await ann.share('Masters', ['a.wav'], audienceOf([], []));
  await join(dora, ann);
  dora.peers.addByKey(ann.peerId);
  dora.sessions.accepted(ann.peerId);
  await settled();
  assert.deepEqual(titles(dora, ann), []);
  ann.shares.setAudience(shareId, audienceOf([], [dora]));
  await dora.until('it is here', () => titles(dora, ann).length === 1);
  assert.deepEqual(titles(dora, ann), ['Masters']);
  ann.shares.setAudience(shareId, audienceOf([], []));
  await ann.until('it is put out', () => !ann.peers.isOnline(dora.peerId));
});

test('a share for some parties is passed on in them, and in no other that owner and passer have in common', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno', 'house']);
  const ben = await TestPeer.open(t, 'ben', ['techno', 'house']);
  const [cleo, dora] = [await TestPeer.open(t, 'cleo', ['techno']), await TestPeer.open(t, 'dora', ['house'])];
  const hidden = await ann.share('Masters', ['a.wav'], audienceOf(['techno']));
  await ann.share('Flyers', ['a.pdf']);
  const first = await join(ann, ben);
  const ready = () => ben.catalog.shares(ann.peerId).filter(({ indexState }) => indexState === 'ready');
  await ben.until('both are here', () => ready().length === 2);
  await first.part();
  await join(ben, cleo);
  await join(ben, dora);
  await cleo.until('both are here', () => titles(cleo, ann).length === 2);
  await dora.until('one is here', () => dora.listing(ann).length === 1);
  await settled();
  assert.deepEqual(titles(dora, ann), ['Flyers']);
  assert.deepEqual(
    [cleo, dora].map((peer) => ben.sessions.mayPassOn(peer.peerId, ann.peerId, hidden)),
    [true, false],
  );
  assert.deepEqual(
    ben.sessions.partiesOf()(ann.peerId, hidden),
    [partyIdOf('techno')],
    'it meets others by its content there alone',
  );
  // Over one more hand it stays so.
  const emil = await TestPeer.open(t, 'emil', ['techno', 'house']);
  const fay = await TestPeer.open(t, 'fay', ['house']);
  await join(cleo, emil);
  await emil.until('it is here', () => titles(emil, ann).includes('Masters'));
  await join(emil, fay);
  await settled();
  assert.deepEqual(titles(fay, ann), []);
});

test('a share for single peers is passed on to nobody, not even to one who is named', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const [ben, cleo] = [await TestPeer.open(t, 'ben', ['techno']), await TestPeer.open(t, 'cleo', ['techno'])];
  const hidden = await ann.share('Masters', ['a.wav'], audienceOf([], [ben, cleo]));
  await ben.share('Own', ['b.txt']);
  const first = await join(ann, ben);
  await ben.until('it is here', () => ben.listing(ann).length === 1);
  await first.part();
  await join(ben, cleo);
  await cleo.until("ben's share is here", () => cleo.listing(ben).length === 1);
  await settled();
  assert.deepEqual(titles(cleo, ann), []);
  assert.deepEqual(ben.sessions.partiesOf()(ann.peerId, hidden), []);
  assert.deepEqual(ann.sessions.partiesOf()(ann.peerId, hidden), [], 'nor does its owner meet others by its content');
});

test('an older index is passed on no more from the moment that its owner named fewer, although the owner is gone at once', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const [ben, dora] = [await TestPeer.open(t, 'ben', ['techno']), await TestPeer.open(t, 'dora', ['techno'])];
  const shareId = await ann.share('Masters', ['a.wav']);
  const first = await join(ann, ben);
  await ben.until('it is here', () => ben.listing(ann).length === 1);
  const session = ben.sessions.source(ann.peerId) ?? assert.fail();
  await first.part();
  await dora.share('Own', ['d.txt']);
  // Its last words; the index of that revision, and the one under new keys, never arrive.
  const [before] = ann.shares.announcements();
  const announcement = { ...(before ?? assert.fail()), revision: (before?.revision ?? 0) + 2, passTags: [] };
  ben.catalog.announced(session, [{ announcement, signed: signAnnouncement(announcement, ann.keyPair) }]);
  assert.deepEqual(ben.listing(ann), ['a.wav'], 'ben keeps what is here');
  await join(ben, dora);
  await ben.until("dora's share is here", () => ben.listing(dora).length === 1);
  await settled();
  assert.equal(ben.sessions.mayPassOn(dora.peerId, ann.peerId, shareId), false);
  assert.deepEqual(titles(dora, ann), []);
});

test('who is fetching from a third peer what it may not see any more is cut off', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno', 'house']);
  const ben = await TestPeer.open(t, 'ben', ['techno', 'house']);
  const dora = await TestPeer.open(t, 'dora', ['house', 'techno']);
  const shareId = await ann.share('Masters', ['a.wav']);
  await join(ann, ben);
  await ben.until('it is here', () => ben.listing(ann).length === 1);
  await join(ben, dora);
  await dora.until('it is here', () => dora.listing(ann).length === 1);
  dora.setParties(['house']);
  await settled();
  if (!ben.peers.isOnline(dora.peerId)) await join(ben, dora);
  ann.shares.setAudience(shareId, audienceOf(['techno']));
  await ben.until('ben may not pass it on to dora', () => !ben.sessions.mayPassOn(dora.peerId, ann.peerId, shareId));
  await ben.until('the new index is here', () => ben.listing(ann).length === 1);
  writeFileSync(path.join(ann.folder, 'Masters', 'b.wav'), 'b');
  await ben.until('the change is here', () => ben.listing(ann).includes('b.wav'));
  await settled();
  assert.equal(dora.listing(ann).includes('b.wav'), false);
});

test('a peer that was away when it was taken off a share reads nothing new with the key that it kept', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno', 'house']);
  const [ben, cleo] = [await TestPeer.open(t, 'ben', ['techno']), await TestPeer.open(t, 'cleo', ['house'])];
  const shareId = await ann.share('Masters', ['a.wav']);
  const first = await join(ann, cleo);
  await cleo.until('it is here', () => cleo.listing(ann).length === 1);
  await first.part();
  const before = feedKey(ann, shareId);
  ann.shares.setAudience(shareId, audienceOf(['techno']));
  await renewed(ann, shareId, before);
  assert.equal(
    ann.shares.announcements()[0]?.encryptionKey.some((byte) => byte !== 0),
    true,
  );
  writeFileSync(path.join(ann.folder, 'Masters', 'b.wav'), 'b');
  await join(ann, ben);
  await ben.until('the change is here', () => ben.listing(ann).includes('b.wav'));
  // Away still: what it kept stays as it was. Back: it is told that the share is gone.
  assert.deepEqual(cleo.listing(ann), ['a.wav']);
  await join(ann, cleo);
  await cleo.until('it is gone', () => cleo.shareOf(ann) === undefined);
});

test('new keys are taken over a crash: what was due is done at the next start, and until then nothing is added to the old feed', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const shareId = await ann.share('Masters', ['a.wav']);
  const before = feedKey(ann, shareId);
  // The row says that it is due in the same turn; the process ends before anything else could run.
  ann.shares.setAudience(shareId, audienceOf([]));
  await ann.shares.close();
  await ann.shares.open();
  await renewed(ann, shareId, before);
  assert.deepEqual(ann.shares.audience(shareId), { everyone: false, partyIds: [], peerIds: [] });
});

test('a member who leaves the party, or whose party we leave, loses what it saw for it', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno', 'house']);
  const ben = await TestPeer.open(t, 'ben', ['techno', 'house']);
  const shareId = await ann.share('Masters', ['a.wav'], audienceOf(['techno']));
  await ann.share('Flyers', ['a.pdf']);
  await join(ann, ben);
  await ben.until('both are here', () => titles(ben, ann).length === 2);
  ann.setParties(['house']);
  assert.equal(ann.sessions.mayShare(ben.peerId, shareId), false, 'in the same turn');
  await ben.until('one is gone', () => titles(ben, ann).length === 1);
  ann.setParties(['techno', 'house']);
  await ben.until('it is back', () => titles(ben, ann).length === 2);
  ben.setParties(['house']);
  await ben.until('one is gone', () => titles(ben, ann).length === 1);
});
