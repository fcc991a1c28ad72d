// Who gets what: own shares, and over several hands what is held of others.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { join, partyIdOf, TestPeer } from './sessionWorld.ts';
import { never, settled } from './wire/worlds.ts';

test('a share reaches a peer that never met its owner, through one that did; and so do changes', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno', 'only ann']);
  const ben = await TestPeer.open(t, 'ben', ['techno', 'only ben']);
  const cleo = await TestPeer.open(t, 'cleo', ['only cleo', 'techno']);
  await ann.share('Photos', ['a.jpg', 'b.jpg']);
  const first = await join(ann, ben);
  await ben.until('the share is here', () => ben.listing(ann).length === 2);
  await first.part();
  await join(ben, cleo);
  await cleo.until('the share is here', () => cleo.listing(ann).length === 2);
  const share = cleo.shareOf(ann);
  assert.deepEqual([share?.title, share?.isOnline], ['Photos', false]);
  const info = cleo.peers.get(ann.peerId);
  assert.deepEqual([info?.name, info?.isOnline, info?.partyIds], ['ann', false, [partyIdOf('techno')]]);
  assert(Date.now() - (info?.lastSeenMs ?? 0) < 60_000, 'when it was seen is known, too');
  await join(ann, ben);
  writeFileSync(path.join(ann.folder, 'Photos', 'c.jpg'), 'new');
  await cleo.until('the change is here', () => cleo.listing(ann).includes('c.jpg'));
});

test('a share does not leave the party in which its owner is, over any number of hands', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const ben = await TestPeer.open(t, 'ben', ['techno', 'house']);
  const cleo = await TestPeer.open(t, 'cleo', ['techno', 'house']);
  const dora = await TestPeer.open(t, 'dora', ['house']);
  await ann.share('Photos', ['a.jpg']);
  await dora.share('Own', ['d.txt']);
  await join(ann, ben);
  await join(ben, cleo);
  await cleo.until('the share is here', () => cleo.listing(ann).length === 1);
  for (const peer of [ben, cleo]) {
    await join(peer, dora);
    await peer.until("dora's share is here", () => peer.listing(dora).length === 1);
  }
  // Ben passes dora's share on to cleo in "house", never to ann; what she gets of ann would have come by now.
  await settled();
  assert.deepEqual(
    dora.catalog.shares().map(({ title }) => title),
    ['Own'],
  );
  assert.equal(dora.peers.get(ann.peerId), undefined);
  assert.equal(ann.shareOf(dora), undefined);
});

test('nothing is passed on to a peer that was only added by its key, nor taken from one', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const ben = await TestPeer.open(t, 'ben', ['techno']);
  const cleo = await TestPeer.open(t, 'cleo', []);
  await ann.share('Photos', ['a.jpg']);
  await ben.share('Music', ['a.flac']);
  await join(ann, ben);
  await ben.until('the share is here', () => ben.listing(ann).length === 1);
  ben.peers.addByKey(cleo.peerId);
  cleo.peers.addByKey(ben.peerId);
  await join(ben, cleo);
  await cleo.until("ben's own share is here", () => cleo.listing(ben).length === 1);
  await settled();
  assert.equal(cleo.catalog.shares(ann.peerId).length, 0);
});

test('a removal that the owner signed is passed on, and what is held of the share goes', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const ben = await TestPeer.open(t, 'ben', ['techno']);
  const cleo = await TestPeer.open(t, 'cleo', ['techno']);
  const shareId = await ann.share('Photos', ['a.jpg']);
  const first = await join(ann, ben);
  const second = await join(ben, cleo);
  await cleo.until('the share is here', () => cleo.listing(ann).length === 1);
  await second.part();
  await ann.shares.remove(shareId);
  await ben.until('the share is gone', () => ben.shareOf(ann) === undefined);
  await first.part();
  assert.equal(cleo.listing(ann).length, 1);
  await join(ben, cleo);
  await cleo.until('the share is gone', () => cleo.shareOf(ann) === undefined);
});

test('a peer that leaves the party gets no more of what was passed on in it', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const ben = await TestPeer.open(t, 'ben', ['techno', 'house']);
  const cleo = await TestPeer.open(t, 'cleo', ['techno', 'house']);
  await ann.share('Photos', ['a.jpg']);
  await join(ann, ben);
  await ben.until('the share is here', () => ben.listing(ann).length === 1);
  await join(ben, cleo);
  await cleo.until('the share is here', () => cleo.listing(ann).length === 1);
  cleo.setParties(['house']);
  await ben.until('the session ended, although another party is in common', () => !ben.peers.isOnline(cleo.peerId));
  assert(ben.log.some((line) => /not for it any more/.test(line)));
});

test('a share is passed on no more in a party that its owner left, and then in one that it joined', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno', 'house']);
  const ben = await TestPeer.open(t, 'ben', ['techno', 'house', 'jazz']);
  const [dora, emil] = [await TestPeer.open(t, 'dora', ['house']), await TestPeer.open(t, 'emil', ['jazz'])];
  await ann.share('Photos', ['a.jpg']);
  await join(ann, ben);
  await ben.until('the share is here', () => ben.listing(ann).length === 1);
  ann.setParties(['techno', 'jazz']);
  await ben.until('the parties are heard of', () => ben.peers.known(ann.peerId)?.partyIds.includes(partyIdOf('jazz')) === true);
  await join(ben, dora);
  await join(ben, emil);
  await emil.until('the share is here', () => emil.listing(ann).length === 1);
  await settled();
  assert.equal(dora.catalog.shares().length, 0);
});

test('what a stranger passes on is taken when a party in common shows', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const ben = await TestPeer.open(t, 'ben', ['techno']);
  const cleo = await TestPeer.open(t, 'cleo', []);
  await ann.share('Photos', ['a.jpg']);
  await join(ann, ben);
  await ben.until('the share is here', () => ben.listing(ann).length === 1);
  await join(ben, cleo);
  await settled();
  assert.equal(cleo.catalog.shares().length, 0);
  cleo.setParties(['techno']);
  await cleo.until('the share is here', () => cleo.listing(ann).length === 1);
});

test('own shares are searched for who may see them, and nobody else', async (t) => {
  const ann = await TestPeer.open(t, 'ann', ['techno']);
  const ben = await TestPeer.open(t, 'ben', ['techno']);
  const cleo = await TestPeer.open(t, 'cleo', []);
  const shareId = await ann.share('Photos', ['a.jpg']);
  let calls = 0;
  const hit = { shareId, path: 'a.jpg', kind: 'file' as const, sizeBytes: 5, mtimeMs: 1 };
  ann.searchServer = {
    search: () => (calls++, Promise.resolve([hit, { ...hit, shareId: ann.peerId.slice(0, 26) as typeof shareId }])),
  };
  await join(ann, ben);
  await join(ann, cleo);
  await ben.until('the share is here', () => ben.listing(ann).length === 1);
  const request = { query: 'jpg', shareIds: [], limit: 10 };
  const [forBen, forCleo] = [ben.sessions.source(ann.peerId), cleo.sessions.source(ann.peerId)];
  assert(forBen && forCleo);
  assert.deepEqual(await forBen.search(request, { signal: never }), [hit]);
  await assert.rejects(forCleo.search(request, { signal: never }), { kind: 'permission-denied' });
  assert.equal(calls, 1);
});
