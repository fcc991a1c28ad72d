// Peers of one party who never meet by its topic, as in a party too large for everybody to meet everybody: here the nodes of the DHT answer
// nothing about that topic. Who knows the content finds its holders by the content's own topic. Real sidecars.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test, type TestContext } from 'node:test';
import { AppError } from '../../src/protocol/errors.ts';
import type { EntryRef } from '../../src/protocol/model.ts';
import { topicOf } from '../../src/sidecar/network/partyProof.ts';
import { assertBytes, described, done, middle, MiB, putOne, settings, when } from './transferScene.ts';
import { createWorld, seen, until, type TestPeer, type World } from './world.ts';

/** In HyperDHT's protocol. */
const lookupCommand = 3;
const nothing = new Uint8Array(0);
const party = 'a party too large to meet everybody';

/** The DHT answers nothing about this topic any more: as it would if it named others than those that we look for. */
function hide(world: World, topic: Uint8Array): void {
  for (const node of world.dht) {
    const answer = node.onrequest.bind(node);
    node.onrequest = (request) => {
      if (request.command !== lookupCommand || Buffer.compare(request.target ?? nothing, topic) !== 0) return answer(request);
      request.reply(null);
      return true;
    };
  }
}

/** Peers that know ann by her key, and nobody else. */
async function strangers(t: TestContext): Promise<{ world: World; ann: TestPeer; ben: TestPeer; cleo: TestPeer }> {
  const world = await createWorld(t);
  hide(world, topicOf(party));
  const [ann, ben, cleo] = await Promise.all([world.peer('ann'), world.peer('ben'), world.peer('cleo')]);
  // Nor does ann tell of the other.
  for (const peer of [ann, ben, cleo]) await peer.client.request('settings/set', { gossip: false, lanDiscovery: false });
  await Promise.all([ann, ben, cleo].map((peer) => peer.client.request('parties/join', { name: party })));
  for (const peer of [ben, cleo]) {
    await peer.client.request('peers/connect', { peerId: ann.client.peerId });
    await seen(peer, ann);
  }
  return { world, ann, ben, cleo };
}

async function hasMet(viewer: TestPeer, peer: TestPeer): Promise<boolean> {
  const peers = await viewer.client.request('peers/list', {});
  return peers.some(({ peerId, isOnline }) => peerId === peer.client.peerId && isOnline);
}

function announced(peer: TestPeer, entry: EntryRef): Promise<unknown> {
  return until(
    peer.client,
    ['network/changed', 'parties/changed', 'peers/changed'],
    async () => (await peer.client.request('links/list', {})).find((link) => link.entry.path === entry.path && link.isAnnounced),
    { what: `${peer.name} announces ${entry.path}` },
  );
}

test('a wish finds who holds it by its content, while its owner is away and nobody else is known', async (t) => {
  const { world, ann, ben, cleo } = await strangers(t);
  const bytes = randomBytes(3 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben, cleo] });
  const contentId = await described(cleo, entry);
  await done(ben, await ben.client.request('downloads/add', { entry }));
  await ann.stop();
  await seen(cleo, ann, false);
  const download = await cleo.client.request('downloads/add', {
    contentId: (await cleo.client.request('catalog/details', { entry })).contentId ?? assert.fail(),
  });
  await when(cleo, download, ({ state }) => state === 'waiting', { what: 'nobody who holds it is here' });
  assert.equal(await hasMet(cleo, ben), false, 'cleo and ben have no way to meet');
  assert.deepEqual(download.entry, entry, contentId);
  const from = performance.now();
  await ben.client.request('links/announce', { entry, isOn: true });
  const end = await done(cleo, download);
  t.diagnostic(`announced, found and downloaded in ${(performance.now() - from).toFixed(0)} ms`);
  assertBytes(end.destination, bytes);
  assert.equal(await hasMet(cleo, ben), true);
  const [link] = await ben.client.request('links/list', {});
  assert.deepEqual({ ...link, addedAtMs: 0 }, { contentId, entry, addedAtMs: 0, isAnnounced: true });
});

test('those who download the same large file from a slow owner find each other by its content', async (t) => {
  const { world, ann, ben, cleo } = await strangers(t);
  const bytes = randomBytes(16 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben, cleo] });
  await described(cleo, entry);
  await described(ben, entry);
  await settings(ann, { uploadLimit: MiB });
  const one = await ben.client.request('downloads/add', { entry });
  await middle(ben, one);
  const other = await cleo.client.request('downloads/add', { entry });
  await middle(cleo, other);
  assert.equal(await hasMet(cleo, ben), false);
  const from = performance.now();
  await Promise.race([seen(cleo, ben), seen(ben, cleo)]);
  t.diagnostic(`met after ${(performance.now() - from).toFixed(0)} ms`);
  await settings(ann, { uploadLimit: 0 });
  assertBytes((await done(cleo, other)).destination, bytes);
  assertBytes((await done(ben, one)).destination, bytes);
});

test('what is announced outlives a restart, ends when it is withdrawn, and must be on this machine', async (t) => {
  const { world, ann, ben } = await strangers(t);
  const { entry } = await putOne(world, ann, { bytes: randomBytes(MiB), for: [ben] });
  const announce = (peer: TestPeer, isOn: boolean) => peer.client.request('links/announce', { entry, isOn });
  const isNotFound = (error: unknown): boolean => error instanceof AppError && error.kind === 'not-found';
  await assert.rejects(announce(ben, true), isNotFound);
  await assert.rejects(announce(ann, false), isNotFound);
  await announce(ann, true);
  await ann.stop();
  await ann.start();
  await announced(ann, entry);
  await announce(ann, false);
  assert.deepEqual(await ann.client.request('links/list', {}), []);
  await assert.rejects(ben.client.request('downloads/add', { contentId: '0'.repeat(64) as never }), isNotFound);
});
