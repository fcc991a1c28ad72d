// What the board asks real sidecars for: who gave which part of a file that came from two, and what their disks hold.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { described, done, MiB, putOne, seeEachOther, settings, tableOf } from './transferScene.ts';

test('a file that came from two tells which cells each gave, and storage counts what lies there', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben', 'cleo');
  const [ann, ben, cleo] = peers;
  const { entry } = await putOne(world, ann, { bytes: randomBytes(12 * MiB), for: [ben, cleo] });
  await described(cleo, entry);
  assert.deepEqual(await cleo.client.request('pieces/get', { entry }), []);
  await done(ben, await ben.client.request('downloads/add', { entry }));
  await seeEachOther(ben, cleo);
  await settings(ann, { uploadLimit: 4 * MiB });
  await settings(ben, { uploadLimit: 4 * MiB });
  await done(cleo, await cleo.client.request('downloads/add', { entry }));
  const [map] = await cleo.client.request('pieces/get', { entry: { ...entry, path: '' } });
  assert.ok(map);
  assert.equal(map.isRunning, false);
  assert.ok(map.done.every((part) => part === 100));
  assert.deepEqual(new Set(map.sources.map(({ peerId }) => peerId)), new Set([ann.client.peerId, ben.client.peerId]));
  assert.ok(map.from.includes(0) && map.from.includes(1), 'each gave some cells most of which are its own');
  assert.ok(map.sources.every(({ goodBytes, badBytes }) => goodBytes > MiB && badBytes === 0));
  const usage = await cleo.client.request('storage/usage', {});
  assert.equal(usage.dataFolder, cleo.dataFolder);
  assert.ok(usage.isWhole && usage.parts.some(({ kind, bytes }) => kind === 'database' && bytes > 0));
});
