// What changes in a shared folder reaches a peer that is connected and has its index already: the first change as well as later ones.

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { createWorld, indexed, until } from './world.ts';

test('every rescan arrives at a connected peer', { timeout: 60_000 }, async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  mkdirSync(tree);
  writeFileSync(path.join(tree, 'a.txt'), 'a');
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  const { shareId } = await ben.client.request('shares/add', { path: tree, title: 'Changing' });
  for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'a lively party' });
  await indexed(ann, ben, 'Changing');
  for (const name of ['b.txt', 'c.txt', 'd.txt']) {
    writeFileSync(path.join(tree, name), name);
    await ben.client.request('shares/rescan', { shareId });
    const entry = { peerId: ben.client.peerId, shareId, path: name };
    await until(ann.client, ['catalog/changed'], () => ann.client.request('catalog/stat', { entry }).catch(() => false), {
      what: `${name} is listed`,
      timeoutMs: 10_000,
    });
  }
});
