// The queue with real sidecars: what a person does to downloads, taken names, waiting for peers, turns at the owner, limits.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { DownloadInfo } from '../../src/protocol/model.ts';
import { assertBytes, done, middle, MiB, now, partials, put, putOne, settings, tableOf, visible, when } from './transferScene.ts';
import { indexed, until, type TestPeer } from './world.ts';

test('a download is paused, stays so over a restart, is resumed from what is verified, and is cancelled without a trace', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const bytes = randomBytes(12 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben] });
  await settings(ann, { uploadLimit: 4 * MiB });
  const download = await ben.client.request('downloads/add', { entry });
  await middle(ben, download, 2 * MiB);
  const [paused] = await ben.client.request('downloads/pause', {});
  assert.equal(paused?.state, 'paused');
  await ben.stop();
  await ben.start();
  const still = await now(ben, download);
  assert.equal(still.state, 'paused');
  assert.ok(still.doneBytes >= MiB, `what was verified stays: ${still.doneBytes}`);
  assert.deepEqual(visible(ben), []);
  await settings(ann, { uploadLimit: 0 });
  await ben.client.request('downloads/resume', { downloadId: download.downloadId });
  const end = await done(ben, download);
  assertBytes(end.destination, bytes);

  await settings(ann, { uploadLimit: 4 * MiB });
  const second = await ben.client.request('downloads/add', { entry });
  await middle(ben, second);
  const cancelled = await ben.client.request('downloads/cancel', { downloadId: second.downloadId });
  assert.equal(cancelled.state, 'cancelled');
  assert.deepEqual(visible(ben), ['big.bin']);
  assert.deepEqual(partials(ben.downloadFolder), [], 'its partial data is gone');
  const { entries } = await ben.client.request('transfers/history', { direction: 'download' });
  assert.deepEqual(
    entries.map(({ outcome }) => outcome),
    ['cancelled', 'done'],
  );
});

test('a taken name is kept both, skipped, or overwritten, never silently and never through a link', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const bytes = randomBytes(400_000);
  const { entry } = await putOne(world, ann, { bytes, for: [ben], name: 'report.bin' });
  const mine = path.join(ben.downloadFolder, 'report.bin');
  writeFileSync(mine, 'mine');
  const get = async (conflict: DownloadInfo['conflict']): Promise<DownloadInfo> => {
    const download = await ben.client.request('downloads/add', { entry, conflict });
    return done(ben, download);
  };
  const both = await get('keep-both');
  assert.equal(path.basename(both.destination), 'report (2).bin');
  assertBytes(both.destination, bytes);
  assert.equal(readFileSync(mine, 'utf8'), 'mine');
  const skipped = await get('skip');
  assert.equal(skipped.skippedFiles, 1);
  assert.equal(readFileSync(mine, 'utf8'), 'mine');
  const over = await get('overwrite');
  assert.equal(over.destination, mine);
  assertBytes(mine, bytes);

  const linked = path.join(world.folder, 'linked');
  const outside = path.join(world.folder, 'outside.txt');
  mkdirSync(linked);
  writeFileSync(outside, 'outside');
  symlinkSync(outside, path.join(linked, 'report.bin'));
  const download = await ben.client.request('downloads/add', { entry, folder: linked, conflict: 'overwrite' });
  await when(ben, download, ({ state }) => ['done', 'failed'].includes(state), { what: 'ends' });
  assert.equal(readFileSync(outside, 'utf8'), 'outside', 'what a link points at stays');
});

test('two downloads to one name at the same time end as two files', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben', 'cleo');
  const [ann, ben, cleo] = peers;
  const [one, other] = [randomBytes(3 * MiB), randomBytes(3 * MiB)];
  const fromAnn = await putOne(world, ann, { bytes: one, for: [cleo], name: 'same.bin' });
  const fromBen = await putOne(world, ben, { bytes: other, for: [cleo], name: 'same.bin' });
  const downloads = await Promise.all([fromAnn, fromBen].map(({ entry }) => cleo.client.request('downloads/add', { entry })));
  const ends = await Promise.all(downloads.map((download) => done(cleo, download)));
  assert.deepEqual(visible(cleo), ['same (2).bin', 'same.bin']);
  assertBytes(ends[0]?.destination ?? '', one);
  assertBytes(ends[1]?.destination ?? '', other);
});

test('a wish starts by itself when its owner comes back', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const bytes = randomBytes(2 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben] });
  await ann.stop();
  const download = await ben.client.request('downloads/add', { entry });
  await when(ben, download, ({ state }) => state === 'waiting', { what: 'waits' });
  await ben.kill();
  await ben.start();
  assert.equal((await now(ben, download)).state, 'waiting');
  await ann.start();
  assertBytes((await done(ben, download)).destination, bytes);
});

test('with one slot, three who want the same owner are told their places, and all get everything', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben', 'cleo', 'dora');
  const [ann, ...takers] = peers;
  // A file each, so that they cannot help each other.
  const files = Object.fromEntries(takers.map(({ name }) => [`${name}.bin`, randomBytes(4 * MiB)]));
  const { root } = await put(world, ann, 'Slots', files);
  for (const taker of takers) await indexed(taker, ann, 'Slots');
  await settings(ann, { uploadSlots: 1, uploadLimit: 4 * MiB });
  const waits: number[] = [];
  for (const taker of takers)
    taker.client.on('downloads/changed', ({ download }) => {
      for (const { position } of download.sources) if (position !== undefined) waits.push(position);
    });
  const downloads = await Promise.all(
    takers.map((taker) => taker.client.request('downloads/add', { entry: { ...root, path: `${taker.name}.bin` } })),
  );
  await until(
    ann.client,
    ['uploads/changed'],
    async () => {
      const uploads = await ann.client.request('uploads/list', {});
      const waiting = uploads.filter(({ state }) => state === 'waiting').map(({ position }) => position);
      assert.ok(uploads.filter(({ state }) => state === 'running').length <= 1, JSON.stringify(uploads));
      return waiting.length === 2 && waiting.join() === '1,2';
    },
    { what: 'one is served and two wait' },
  );
  const ends = await Promise.all(downloads.map((download, at) => done(takers[at] as TestPeer, download)));
  for (const [at, end] of ends.entries()) assertBytes(end.destination, files[`${takers[at]?.name}.bin`] as Uint8Array);
  assert.ok(waits.includes(1) && waits.includes(2), `places told: ${[...new Set(waits)].join()}`);
});

test('a peer that is refused is told why, and is served once it is allowed', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const bytes = randomBytes(8 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben] });
  await settings(ann, { uploadLimit: 2 * MiB });
  const download = await ben.client.request('downloads/add', { entry });
  await middle(ben, download);
  await ann.client.request('uploads/refuse', { peerId: ben.client.peerId, reason: 'not today' });
  const refused = await when(
    ben,
    download,
    ({ state, failure, sources }) =>
      state !== 'done' &&
      (failure?.message.includes('not today') || sources.some(({ reason }) => reason?.includes('not today'))) === true,
    { what: 'is refused with the reason' },
  );
  assert.notEqual(refused.state, 'done');
  await settings(ann, { uploadLimit: 0 });
  await ann.client.request('uploads/allow', { peerId: ben.client.peerId });
  if (['failed', 'waiting'].includes((await now(ben, download)).state))
    await ben.client.request('downloads/retry', { downloadId: download.downloadId });
  assertBytes((await done(ben, download)).destination, bytes);
});

for (const side of ['up', 'down'] as const)
  test(`a limit ${side} holds within 15 % over three seconds, and goes at once when it is taken off`, async (t) => {
    const { world, peers } = await tableOf(t, 'ann', 'ben');
    const [ann, ben] = peers;
    const limit = 8 * MiB;
    const bytes = randomBytes(64 * MiB);
    const { entry } = await putOne(world, ann, { bytes, for: [ben] });
    if (side === 'up') await settings(ann, { uploadLimit: limit });
    else await settings(ben, { downloadLimit: limit });
    const download = await ben.client.request('downloads/add', { entry });
    const start = await middle(ben, download, 4 * MiB);
    const startedAt = performance.now();
    const measured = await when(
      ben,
      download,
      ({ state, failure }) => {
        assert.equal(state, 'running', failure?.message);
        return performance.now() - startedAt >= 3000;
      },
      { what: 'three seconds of it' },
    );
    const rate = (measured.doneBytes - start.doneBytes) / ((performance.now() - startedAt) / 1000);
    t.diagnostic(`${(rate / limit).toFixed(3)} of the limit`);
    assert.ok(Math.abs(rate / limit - 1) <= 0.15, `${rate} bytes a second instead of ${limit}`);
    if (side === 'up') await settings(ann, { uploadLimit: 0 });
    else await settings(ben, { downloadLimit: 0 });
    const end = await done(ben, download, 10_000);
    assertBytes(end.destination, bytes);
  });

test('priority and place decide what runs first, over a restart too', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const names = Array.from({ length: 8 }, (_, at) => `${at}.bin`);
  const { root } = await put(world, ann, 'Many', Object.fromEntries(names.map((name) => [name, randomBytes(MiB)])));
  await indexed(ben, ann, 'Many');
  await ann.stop();
  const added: DownloadInfo[] = [];
  for (const name of names)
    added.push(await ben.client.request('downloads/add', { entry: { ...root, path: name }, isPaused: true }));
  const [, , , , last] = added;
  assert(last);
  await ben.client.request('downloads/prioritize', { downloadId: last.downloadId, priority: 'high' });
  const moved = added[6];
  assert(moved);
  await ben.client.request('downloads/move', { downloadId: moved.downloadId, to: 'top' });
  const order = async (): Promise<string[]> => (await ben.client.request('downloads/list', {})).map(({ name }) => name);
  const wanted = ['4.bin', '6.bin', '0.bin', '1.bin', '2.bin', '3.bin', '5.bin', '7.bin'];
  assert.deepEqual(await order(), wanted);
  await ben.kill();
  await ben.start();
  assert.deepEqual(await order(), wanted);
  await ann.start();
  await ben.client.request('downloads/resume', {});
  for (const download of added) await done(ben, download);
  assert.deepEqual(visible(ben), names);
  assert.deepEqual(
    readdirSync(ben.downloadFolder).filter((name) => name.startsWith('.potluck') && name.endsWith('.part')),
    [],
  );
});
