// Indexes and removals reach peers that never meet the owner, through those that did: A to B to C with A offline.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { createWorld, indexed, listAll, seen, until, watched, type TestPeer, type World } from './world.ts';

async function offer(
  owner: TestPeer,
  world: World,
  title: string,
  names: string[],
): Promise<{ tree: string; shareId: Awaited<ReturnType<typeof idOf>> }> {
  const tree = path.join(world.folder, `${owner.name}-${title}`);
  mkdirSync(tree);
  for (const name of names) writeFileSync(path.join(tree, name), name);
  const shareId = await idOf(owner, tree, title);
  await watched(owner, shareId);
  return { tree, shareId };
}

async function idOf(owner: TestPeer, tree: string, title: string) {
  return (await owner.client.request('shares/add', { path: tree, title })).shareId;
}

async function three(t: TestContext): Promise<{ world: World; ann: TestPeer; ben: TestPeer; cem: TestPeer }> {
  const world = await createWorld(t);
  return { world, ann: await world.peer('ann'), ben: await world.peer('ben'), cem: await world.peer('cem') };
}

test('an index reaches a peer that never met its owner, and its changes and removal do, too', { timeout: 120_000 }, async (t) => {
  const { world, ann, ben, cem } = await three(t);
  const { tree, shareId } = await offer(ann, world, 'Ours', ['first.txt', 'second.txt']);
  const root = { peerId: ann.client.peerId, shareId, path: '' };
  for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'chain party' });
  await indexed(ben, ann, 'Ours');
  await ann.stop();
  await seen(ben, ann, false);

  await cem.client.request('parties/join', { name: 'chain party' });
  const share = await indexed(cem, ann, 'Ours');
  assert.equal(share.isOnline, false);
  assert.deepEqual([...(await listAll(cem.client, root)).keys()].sort(), ['first.txt', 'second.txt']);
  const found = await until(
    cem.client,
    ['catalog/changed'],
    async () => {
      const page = await cem.client.request('search/query', { query: 'second' });
      return page.total === 1 && page;
    },
    { what: 'a search finds it' },
  );
  assert.equal(found.hits[0]?.entry.peerId, ann.client.peerId);
  assert.equal(found.hits[0]?.isOnline, false);

  // Cem leaves; Ann comes back, changes and goes; Cem hears of it from Ben alone.
  await cem.stop();
  await ann.start();
  await seen(ben, ann);
  writeFileSync(path.join(tree, 'third.txt'), 'third');
  const third = { ...root, path: 'third.txt' };
  await until(ben.client, ['catalog/changed'], () => ben.client.request('catalog/stat', { entry: third }).catch(() => false), {
    what: 'Ben sees the change',
  });
  await ann.stop();
  await seen(ben, ann, false);
  await cem.start();
  await until(cem.client, ['catalog/changed'], () => cem.client.request('catalog/stat', { entry: third }).catch(() => false), {
    what: 'Cem sees the change',
    timeoutMs: 40_000,
  });

  await cem.stop();
  await ann.start();
  await seen(ben, ann);
  await ann.client.request('shares/remove', { shareId });
  const isGone = (peer: TestPeer): Promise<boolean> =>
    until(
      peer.client,
      ['catalog/changed', 'peers/changed'],
      async () => (await peer.client.request('catalog/shares', { peerId: ann.client.peerId })).length === 0,
      { what: `${peer.name} forgets the share`, timeoutMs: 40_000 },
    );
  await isGone(ben);
  await ann.stop();
  await cem.start();
  await isGone(cem);
});

test('nothing is passed on to who has no party in common with the owner', { timeout: 120_000 }, async (t) => {
  const { world, ann, ben, cem } = await three(t);
  await offer(ann, world, 'Private', ['private.txt']);
  await offer(ben, world, 'Bens', ['bens.txt']);
  for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'closed circle' });
  await indexed(ben, ann, 'Private');
  for (const peer of [ben, cem]) await peer.client.request('parties/join', { name: 'another circle' });
  // Ben's own share arrives over the same session, after which anything passed on would have come, too.
  await indexed(cem, ben, 'Bens');
  await ann.stop();
  writeFileSync(path.join(world.folder, 'ben-Bens', 'later.txt'), 'later');
  await until(
    cem.client,
    ['catalog/changed'],
    async () => (await cem.client.request('search/query', { query: 'later' })).total === 1,
    { what: 'what came later' },
  );
  assert.deepEqual(await cem.client.request('catalog/shares', { peerId: ann.client.peerId }), []);
  assert.equal((await cem.client.request('search/query', { query: 'private' })).total, 0);
  assert.ok(!(await cem.client.request('peers/list', {})).some(({ peerId }) => peerId === ann.client.peerId));
});

test('a share that came by key alone is not passed on', { timeout: 120_000 }, async (t) => {
  const { world, ann, ben, cem } = await three(t);
  await offer(ann, world, 'Private', ['private.txt']);
  await offer(ben, world, 'Bens', ['bens.txt']);
  await ann.client.request('peers/connect', { peerId: ben.client.peerId });
  await ben.client.request('peers/connect', { peerId: ann.client.peerId });
  await indexed(ben, ann, 'Private');
  for (const peer of [ben, cem]) await peer.client.request('parties/join', { name: 'a circle' });
  await indexed(cem, ben, 'Bens');
  writeFileSync(path.join(world.folder, 'ben-Bens', 'later.txt'), 'later');
  await until(
    cem.client,
    ['catalog/changed'],
    async () => (await cem.client.request('search/query', { query: 'later' })).total === 1,
    { what: 'what came later' },
  );
  assert.equal((await cem.client.request('search/query', { query: 'private' })).total, 0);
});
