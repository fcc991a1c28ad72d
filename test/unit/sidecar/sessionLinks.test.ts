// Who is told of direct links, whom content is asked for, and to whom it may be passed on.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { LinkOffer } from '../../../src/sidecar/wire/services.ts';
import { join, TestPeer } from './sessionWorld.ts';
import { pairedStreams } from './wire/worlds.ts';

function offerOn(port: number): LinkOffer {
  return { port, hosts: ['127.0.0.1'], token: Buffer.alloc(16), secret: Buffer.alloc(32), kinds: ['tls'] };
}

test('a peer in a common party is told and dialled; links that come and go are told, and the end', async (t) => {
  const [ada, bob] = [await TestPeer.open(t, 'Ada', ['techno']), await TestPeer.open(t, 'Bob', ['techno'])];
  const joined = await join(ada, bob);
  await ada.until('opening', () => ada.links.includes('opened'));
  const [session, ...others] = ada.sessions.all();
  assert(session);
  assert.deepEqual([session.peerId, others.length], [bob.peerId, 0]);
  session.offerLink(offerOn(4711));
  await bob.until('the offer', () => bob.links.includes('offered 4711'));
  const { streams } = await pairedStreams();
  session.attachLink(streams[0], { kind: 'tls', address: 'x' });
  bob.sessions.all()[0]?.attachLink(streams[1], { kind: 'tls', address: 'y' });
  assert.deepEqual(ada.links, ['opened', 'changed to tls']);
  for (const stream of streams) stream.destroy();
  await ada.until('the loss', () => ada.links.includes('changed to session'));
  await joined.part();
  assert.deepEqual(ada.links, ['opened', 'changed to tls', 'changed to session', 'closed']);
  assert.deepEqual(ada.sessions.all(), []);
});

test('a stranger is told of no links, and its offer waits until it is accepted', async (t) => {
  const [ada, bob] = [await TestPeer.open(t, 'Ada', ['techno']), await TestPeer.open(t, 'Bob', ['house'])];
  await join(ada, bob);
  assert.deepEqual([ada.sessions.all(), ada.links], [[], []]);
  bob.sessions.source(ada.peerId)?.offerLink(offerOn(1));
  bob.setParties(['house', 'jazz']); // Comes after the offer.
  const told = ada.peers.isOnline(bob.peerId);
  assert(told);
  await ada.until('the offer', () => ada.sessions.source(bob.peerId)?.hello.partyIds.length === 0);
  assert.deepEqual(ada.links, []);
  bob.setParties(['techno']);
  ada.setParties(['techno']);
  await ada.until('opening', () => ada.links.length === 2);
  assert.deepEqual(ada.links, ['opened', 'offered 1']);
  assert.equal(ada.sessions.all().length, 1);
});

test('a newer connection of the same peer ends the links of the older one', async (t) => {
  const [ada, bob] = [await TestPeer.open(t, 'Ada', ['techno']), await TestPeer.open(t, 'Bob', ['techno'])];
  await join(ada, bob);
  await ada.until('opening', () => ada.links.includes('opened'));
  const [older] = ada.sessions.all();
  await join(ada, bob);
  await ada.until('the newer one', () => ada.links.length === 3);
  assert.deepEqual([...ada.links].sort(), ['closed', 'opened', 'opened']);
  assert.equal(older?.isOpen, false);
});

test('a share of somebody else may be passed on to who is in its parties, and to nobody else', async (t) => {
  const ada = await TestPeer.open(t, 'Ada', ['techno']);
  const bob = await TestPeer.open(t, 'Bob', ['techno', 'house']);
  const cleo = await TestPeer.open(t, 'Cleo', ['techno']);
  const dan = await TestPeer.open(t, 'Dan', ['house']);
  const shareId = await ada.share('tapes', ['one']);
  await join(ada, bob);
  await bob.until('the index', () => bob.listing(ada).length === 1);
  await join(bob, cleo);
  await join(bob, dan);
  await bob.until('passing on', () => bob.sessions.mayPassOn(cleo.peerId, ada.peerId, shareId));
  assert.equal(bob.sessions.mayPassOn(dan.peerId, ada.peerId, shareId), false);
  assert.equal(bob.sessions.mayPassOn(cleo.peerId, cleo.peerId, shareId), false);
  assert.equal(bob.sessions.mayPassOn('y'.repeat(52) as typeof ada.peerId, ada.peerId, shareId), false);
  bob.sessions.end(cleo.peerId, 'parted');
  assert.equal(bob.sessions.mayPassOn(cleo.peerId, ada.peerId, shareId), false);
});
