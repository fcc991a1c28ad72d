// What happens to machines and cables in the middle of a transfer between real sidecars: links cut or gone silent, addresses that change, machines
// that sleep. Every transfer ends by itself with the right bytes, hardly any of them sent twice. They mostly wait, so they run side by side.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { suite, test, type TestContext } from 'node:test';
import type { DownloadInfo, EntryRef } from '../../src/protocol/model.ts';
import { linkLimits } from '../../src/sidecar/limits.ts';
import { Cable, freePort, pluggedNode } from './cable.ts';
import { assertBytes, done, linked, middle, MiB, now, putOne, settings, tableOf, uploadedBytes, when } from './transferScene.ts';
import { createWorld, seen, type TestPeer, type World } from './world.ts';

const skip = process.platform === 'win32' ? 'no signals and no shell scripts there' : false;
const sizeBytes = 24 * MiB;
/** Under way when something breaks, and fetched again at most. */
const windowBytes = 6 * MiB;

interface Scene {
  world: World;
  ann: TestPeer;
  ben: TestPeer;
  bytes: Buffer;
  entry: EntryRef;
  cable: Cable;
  port: number;
}

/** Ann shares; ben has a direct link to her that goes through a cable, and none else. */
async function cabled(t: TestContext): Promise<Scene> {
  const world = await createWorld(t);
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben', { execPath: pluggedNode(world) })];
  const port = await freePort();
  await settings(ann, { linkPort: port });
  const cable = await Cable.to(t, world, port);
  await settings(ben, { linkListen: false });
  for (const { client } of [ann, ben]) await client.request('parties/join', { name: 'cable party' });
  const bytes = randomBytes(sizeBytes);
  const { entry } = await putOne(world, ann, { bytes, for: [ben] });
  await linked(ben, ann);
  assert.equal(cable.count, 1, 'the link goes through the cable');
  return { world, ann, ben, bytes, entry, cable, port };
}

/** Begins the download and comes back in its middle. */
async function begun({ ann, ben, entry }: Scene): Promise<DownloadInfo> {
  await settings(ann, { uploadLimit: 6 * MiB });
  return middle(ben, await ben.client.request('downloads/add', { entry }), 4 * MiB);
}

/** The rest of it, over a link at a port of ann again. */
async function endsOver(port: number, { ann, ben, bytes }: Scene, download: DownloadInfo): Promise<void> {
  const { link } = await linked(ben, ann);
  assert.equal(Number(link?.address?.split(':').at(-1)), port);
  await settings(ann, { uploadLimit: 0 });
  assertBytes((await done(ben, download)).destination, bytes);
  const twice = (await uploadedBytes(ann)) - bytes.length;
  assert.ok(twice <= windowBytes, `${twice} bytes were sent again`);
  assert.equal((await now(ben, download)).failure, undefined);
}

/** Bytes come again, in time. */
async function goesOn(ben: TestPeer, download: DownloadInfo, timeoutMs: number): Promise<void> {
  const { doneBytes } = await now(ben, download);
  await when(ben, download, (each) => each.state === 'running' && each.doneBytes > doneBytes + MiB, {
    what: 'it goes on',
    timeoutMs,
  });
}

suite('faults in the middle of a transfer', { concurrency: 5, skip }, () => {
  test('a link that is reset: the session takes over at once, and the link comes again', async (t) => {
    const scene = await cabled(t);
    const download = await begun(scene);
    scene.cable.reset();
    await goesOn(scene.ben, download, 5000);
    await endsOver(scene.port, scene, download);
    assert.equal(scene.cable.count, 2);
  });

  test('a link that goes silent: the session takes over in time, and the link comes again', async (t) => {
    const scene = await cabled(t);
    const download = await begun(scene);
    scene.cable.silence();
    await goesOn(scene.ben, download, linkLimits.silenceMs + 5000);
    scene.cable.heal();
    await endsOver(scene.port, scene, download);
  });

  test('the address of a peer changes and its old link dies unheard: the transfer goes on at the new one', async (t) => {
    const scene = await cabled(t);
    const { world, ann, ben, cable } = scene;
    const download = await begun(scene);
    cable.silence();
    const port = await freePort();
    const moved = await Cable.to(t, world, port, '127.0.0.2');
    await settings(ann, { linkPort: port });
    await goesOn(ben, download, linkLimits.silenceMs + 5000);
    await endsOver(port, scene, download);
    assert.ok(moved.count > 0);
    assert.equal(cable.count, 1, 'nobody knocks at the old address');
  });

  test('the owner’s machine sleeps: the download waits, and goes on by itself when it wakes', async (t) => {
    const { world, peers } = await tableOf(t, 'ann', 'ben');
    const [ann, ben] = peers;
    const bytes = randomBytes(sizeBytes);
    const { entry } = await putOne(world, ann, { bytes, for: [ben] });
    await settings(ann, { uploadLimit: 6 * MiB });
    const download = await middle(ben, await ben.client.request('downloads/add', { entry }), 4 * MiB);
    process.kill(ann.client.sidecarPid, 'SIGSTOP');
    await seen(ben, ann, false);
    const asleep = await when(ben, download, ({ state }) => state === 'waiting', { what: 'waits for its owner' });
    assert.ok(asleep.doneBytes >= 4 * MiB, 'what was there stays there');
    process.kill(ann.client.sidecarPid, 'SIGCONT');
    const awake = await middle(ben, download, asleep.doneBytes + 1);
    assert.ok(awake.doneBytes < sizeBytes, 'it goes on from there');
    await settings(ann, { uploadLimit: 0 });
    assertBytes((await done(ben, download)).destination, bytes);
    const twice = (await uploadedBytes(ann)) - bytes.length;
    assert.ok(twice <= windowBytes, `${twice} bytes were sent again`);
  });

  test('the taker’s machine sleeps: its slot goes to others, and its download goes on by itself when it wakes', async (t) => {
    const { world, peers } = await tableOf(t, 'ann', 'ben', 'cleo');
    const [ann, ben, cleo] = peers;
    const bytes = randomBytes(sizeBytes);
    const { entry } = await putOne(world, ann, { bytes, for: [ben, cleo] });
    await settings(ann, { uploadLimit: 6 * MiB, uploadSlots: 1 });
    const download = await middle(ben, await ben.client.request('downloads/add', { entry }), 4 * MiB);
    process.kill(ben.client.sidecarPid, 'SIGSTOP');
    const other = await cleo.client.request('downloads/add', { entry });
    await seen(ann, ben, false);
    await settings(ann, { uploadLimit: 0 });
    assertBytes((await done(cleo, other)).destination, bytes);
    process.kill(ben.client.sidecarPid, 'SIGCONT');
    const end = await done(ben, download);
    assertBytes(end.destination, bytes);
  });
});
