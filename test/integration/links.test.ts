// Direct links between real sidecars on loopback: they come about by themselves, are told, can be switched off, and come again when they break.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import test from 'node:test';
import { randomBytes } from 'node:crypto';
import type { PeerInfo } from '../../src/protocol/model.ts';
import { createWorld, ended, indexed, seen, type TestPeer, until } from './world.ts';

/** Waits until `viewer` sees `peer` over such a link. */
async function linked(viewer: TestPeer, peer: TestPeer, kind: 'session' | 'tls' | 'noise'): Promise<PeerInfo> {
  return until(
    viewer.client,
    ['peers/changed'],
    async () => {
      const peers = await viewer.client.request('peers/list', {});
      return peers.find((each) => each.peerId === peer.client.peerId && each.isOnline && each.link?.kind === kind);
    },
    { what: `${viewer.name} has a ${kind} link with ${peer.name}`, timeoutMs: 30_000 },
  );
}

test('peers move files over a direct link that comes about by itself, also after one of them stops listening', async (t) => {
  const world = await createWorld(t);
  const [ann, bob] = [await world.peer('ann'), await world.peer('bob')];
  for (const { client } of [ann, bob]) await client.request('parties/join', { name: 'a party of links' });
  await Promise.all([seen(ann, bob), seen(bob, ann)]);
  const [seenByAnn, seenByBob] = await Promise.all([linked(ann, bob, 'tls'), linked(bob, ann, 'tls')]);
  assert.equal(seenByAnn.path, 'lan');
  const status = await Promise.all([ann, bob].map(({ client }) => client.request('sidecar/status', {})));
  const listening = status.map(({ network }) => network.link?.address);
  for (const address of listening) assert.match(address ?? '', /^127\.0\.0\.1:\d+$/);
  // One of them dialled the other.
  assert.ok([seenByAnn.link?.address, seenByBob.link?.address].some((address) => listening.includes(address)));

  const folder = path.join(world.folder, 'bulk');
  mkdirSync(folder);
  for (const name of ['first', 'second', 'third']) writeFileSync(path.join(folder, name), randomBytes(24 * 1024 * 1024));
  await ann.client.request('shares/add', { path: folder });
  const { shareId } = await indexed(bob, ann, 'bulk');
  const get = async (name: string): Promise<void> => {
    const entry = { peerId: ann.client.peerId, shareId, path: name };
    const done = await ended(bob, await bob.client.request('downloads/add', { entry }));
    assert.equal(done.state, 'done', done.failure?.message);
    assert.ok(readFileSync(path.join(folder, name)).equals(readFileSync(done.destination)), 'the same bytes');
  };
  await get('first');

  // Without any listener the session carries everything.
  for (const { client } of [ann, bob]) await client.request('settings/set', { linkListen: false });
  await bob.stop();
  await bob.start();
  await linked(bob, ann, 'session');
  await indexed(bob, ann, 'bulk');
  await get('second');
  assert.equal((await bob.client.request('sidecar/status', {})).network.link, undefined);

  // Either side's listener is enough.
  await bob.client.request('settings/set', { linkListen: true });
  await Promise.all([linked(ann, bob, 'tls'), linked(bob, ann, 'tls')]);
  await get('third');
});
