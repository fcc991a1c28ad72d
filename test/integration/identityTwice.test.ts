// One identity on two machines at once, as after a copied data folder: others must not be worn out by it, and nobody loses anything.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { assertBytes, done, MiB, put } from './transferScene.ts';
import { createWorld, indexed, seen, until, type TestPeer } from './world.ts';

function countIn(log: string, what: RegExp): number {
  return log.split('\n').filter((line) => what.test(line)).length;
}

/** How often its sessions with a peer began. */
function sessionsWith(viewer: TestPeer, peer: TestPeer): number {
  return countIn(viewer.log(), new RegExp(`${peer.client.peerId} is here`));
}

test(
  'the same identity started twice does not throw itself out for ever, and all is well when one of the two stops',
  { timeout: 150_000 },
  async (t) => {
    const world = await createWorld(t);
    const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
    for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'twice' });
    const bytes = randomBytes(3 * MiB);
    const { root } = await put(world, ann, 'Photos', { 'a.bin': bytes });
    await indexed(ben, ann, 'Photos');

    mkdirSync(path.join(world.folder, 'twin', 'data'), { recursive: true, mode: 0o700 });
    copyFileSync(path.join(ann.dataFolder, 'identity.key'), path.join(world.folder, 'twin', 'data', 'identity.key'));
    const twin = await world.peer('twin');
    assert.equal(twin.client.peerId, ann.client.peerId);
    await put(world, twin, 'Other', { 'b.bin': randomBytes(10) });
    await twin.client.request('parties/join', { name: 'twice' });
    // Whichever of them is here: ben's own share is found by both, sooner or later.
    await put(world, ben, 'Bens', { 'c.bin': randomBytes(10) });
    await indexed(twin, ben, 'Bens');
    const before = sessionsWith(ben, ann);
    const from = performance.now();
    const cem = await world.peer('cem');
    await cem.client.request('parties/join', { name: 'twice' });
    await indexed(cem, ben, 'Bens');
    // What ben notices in 20 s: the clock is the only event here.
    await until(
      ben.client,
      ['peers/changed', 'network/changed', 'transfers/rates', 'log/entry'],
      () => Promise.resolve(performance.now() - from > 20_000),
      {
        what: '20 s',
        timeoutMs: 21_000,
      },
    ).catch(() => undefined);
    const seconds = (performance.now() - from) / 1000;
    const count = sessionsWith(ben, ann) - before;
    t.diagnostic(
      `${count} sessions in ${seconds.toFixed(0)} s, ${countIn(ben.log(), /took its place/)} took a place, ${countIn(ben.log(), /two machines/)} refused`,
    );
    assert(count <= 12, `${count} sessions in ${seconds.toFixed(0)} s`);
    await twin.stop();
    await seen(ben, ann);
    await indexed(ben, ann, 'Photos');
    const entry = { ...root, path: 'a.bin' };
    assertBytes((await done(ben, await ben.client.request('downloads/add', { entry }))).destination, bytes);
    for (const peer of [ben, cem]) assert.doesNotMatch(peer.log(), /Unexpected/);
  },
);
