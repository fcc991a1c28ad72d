// Many sources with real sidecars: owners that leave, holders that come late, downloaders that feed each other, links that are cut.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  assertBytes,
  described,
  done,
  linked,
  middle,
  MiB,
  now,
  putOne,
  seeEachOther,
  sentBytes,
  settings,
  tableOf,
  uploadedBytes,
  when,
} from './transferScene.ts';
import { until, type TestPeer } from './world.ts';

test('an owner goes away in the middle, and who downloaded the file before gives the rest', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben', 'cleo');
  const [ann, ben, cleo] = peers;
  const bytes = randomBytes(12 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben, cleo] });
  await described(cleo, entry);
  await done(ben, await ben.client.request('downloads/add', { entry }));
  await seeEachOther(ben, cleo);
  // Both slow, so that the owner leaves while there is something left.
  await settings(ann, { uploadLimit: 2 * MiB });
  await settings(ben, { uploadLimit: 2 * MiB });
  const download = await cleo.client.request('downloads/add', { entry });
  await middle(cleo, download, MiB);
  await ann.kill();
  await settings(ben, { uploadLimit: 0 });
  const end = await done(cleo, download);
  assertBytes(end.destination, bytes);
  assert.ok((await uploadedBytes(ben)) > MiB, 'ben gave what was missing');
});

test('who holds a file gives it while its owner is away from the start, to members of the party only', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben', 'cleo');
  const [ann, ben, cleo] = peers;
  const bytes = randomBytes(3 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben, cleo] });
  await described(cleo, entry);
  await done(ben, await ben.client.request('downloads/add', { entry }));
  await seeEachOther(ben, cleo);
  await ann.stop();
  const download = await cleo.client.request('downloads/add', { entry });
  assertBytes((await done(cleo, download)).destination, bytes);
});

test('a source that comes late joins within two seconds', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben', 'cleo');
  const [ann, ben, cleo] = peers;
  const bytes = randomBytes(24 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben, cleo] });
  await described(cleo, entry);
  await done(ben, await ben.client.request('downloads/add', { entry }));
  await ben.stop();
  await settings(ann, { uploadLimit: 2 * MiB });
  const download = await cleo.client.request('downloads/add', { entry });
  await middle(cleo, download, MiB);
  await ben.start();
  await settings(ben, { uploadLimit: 2 * MiB }); // So that it is not over before it was seen.
  await seeEachOther(ben, cleo);
  const seenAt = performance.now();
  await when(
    cleo,
    download,
    ({ sources }) => sources.some(({ peerId, receivedBytes }) => peerId === ben.client.peerId && receivedBytes > 0),
    { what: 'bytes of the second source' },
  );
  const joinedMs = performance.now() - seenAt;
  t.diagnostic(`joined after ${joinedMs.toFixed(0)} ms`);
  assert.ok(joinedMs <= 3000, `joined after ${joinedMs} ms`);
  for (const peer of [ann, ben]) await settings(peer, { uploadLimit: 0 });
  assertBytes((await done(cleo, download)).destination, bytes);
});

test('three downloaders of one limited owner feed each other', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben', 'cleo', 'dora');
  const [ann, ...takers] = peers;
  const bytes = randomBytes(16 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: takers });
  await seeEachOther(...peers);
  await settings(ann, { uploadLimit: 4 * MiB });
  const before = await sentBytes(ann);
  const startedAt = performance.now();
  const downloads = await Promise.all(takers.map((taker) => taker.client.request('downloads/add', { entry })));
  const ends = await Promise.all(downloads.map((download, at) => done(takers[at] as TestPeer, download)));
  const seconds = (performance.now() - startedAt) / 1000;
  const sent = (await sentBytes(ann)) - before;
  t.diagnostic(
    `${seconds.toFixed(1)} s (one alone ${bytes.length / (4 * MiB)} s), the owner sent ${(sent / bytes.length).toFixed(2)} times the file`,
  );
  for (const { destination } of ends) assertBytes(destination, bytes);
  assert.ok(sent < 2.2 * bytes.length, `the owner sent ${(sent / bytes.length).toFixed(2)} times the file`);
});

test('a direct link that is cut in the middle costs no byte and does not begin the file again', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const bytes = randomBytes(24 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben] });
  const { link } = await linked(ben, ann);
  const port = link?.address?.split(':').at(-1) ?? '';
  assert.match(port, /^\d+$/);
  await settings(ann, { uploadLimit: 8 * MiB });
  const download = await ben.client.request('downloads/add', { entry });
  const before = await middle(ben, download, 4 * MiB);
  const told = until(
    ben.client,
    ['peers/changed'],
    async () =>
      (await ben.client.request('peers/list', {})).some(
        (peer) => peer.peerId === ann.client.peerId && peer.isOnline && peer.link?.address !== link?.address,
      ),
    { what: 'ben notices that the link is gone' },
  );
  if (!cut(port)) {
    t.skip('this system lets nobody end a connection of another process (ss -K)');
    told.catch(() => undefined);
    return;
  }
  await told;
  const after = await now(ben, download);
  assert.equal(after.state, 'running', 'the download noticed nothing that a person would');
  assert.ok(after.doneBytes >= before.doneBytes, `${after.doneBytes} after ${before.doneBytes}`);
  await settings(ann, { uploadLimit: 0 });
  assertBytes((await done(ben, download)).destination, bytes);
  const twice = (await uploadedBytes(ann)) - bytes.length;
  assert.ok(twice <= 6 * MiB, `${twice} bytes were sent again`);
});

test('without direct links everything goes over the connection that peers were met by', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  for (const peer of peers) await settings(peer, { linkListen: false });
  const bytes = randomBytes(6 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben] });
  const status = await ann.client.request('sidecar/status', {});
  assert.equal(status.network.link?.address, undefined, 'nobody listens');
  await settings(ann, { uploadLimit: 4 * MiB });
  const download = await ben.client.request('downloads/add', { entry });
  await middle(ben, download);
  assertBytes((await done(ben, download)).destination, bytes);
});

/** Ends the TCP connections of this port as a pulled cable does not: at once. False where the system cannot. */
function cut(port: string): boolean {
  if (process.platform !== 'linux') return false;
  let isCut = false;
  for (const end of ['sport', 'dport']) {
    const run = spawnSync('ss', ['-K', '-tnH', end, '=', `:${port}`], { encoding: 'utf8' });
    isCut ||= run.status === 0 && run.stdout.includes('ESTAB');
  }
  return isCut;
}
