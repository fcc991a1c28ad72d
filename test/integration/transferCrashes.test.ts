// Processes killed at random points, disks that fail, partial files that somebody touched: in the end right bytes or a clear error.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, mkdirSync, mkdtempSync, openSync, rmSync, statSync, truncateSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  assertBytes,
  assertTree,
  done,
  middle,
  MiB,
  mixedFiles,
  now,
  partials,
  put,
  putOne,
  randomFrom,
  settings,
  tableOf,
  uploadedBytes,
  visible,
  when,
} from './transferScene.ts';
import { indexed } from './world.ts';

/** Fetched again after a kill at most: two request windows, and what overhead and bursts come to. */
const windowBytes = 3 * MiB;

for (const side of ['receiver', 'sender'] as const)
  test(`a ${side} that is killed at random points of a folder: every byte right, hardly any twice`, async (t) => {
    const random = randomFrom(t);
    const { world, peers } = await tableOf(t, 'ann', 'ben');
    const [ann, ben] = peers;
    const { root, folder } = await put(world, ann, 'Mixed', mixedFiles());
    await indexed(ben, ann, 'Mixed');
    const total = await ben.client.request('catalog/shares', { peerId: ann.client.peerId });
    const totalBytes = total.reduce((sum, share) => sum + share.totalBytes, 0);
    // A fifth of it is left after the last kill: a second, that this process may be late by.
    await settings(ann, { uploadLimit: 2 * MiB });
    const download = await ben.client.request('downloads/add', { entry: root });
    const kills = 3;
    for (let at = 0; at < kills; at++) {
      const point = Math.floor(((at + random()) / kills) * 0.8 * totalBytes);
      t.diagnostic(`kill -9 at ${point} of ${totalBytes}`);
      await middle(ben, download, point);
      if (side === 'receiver') {
        await ben.kill();
        await ben.start();
      } else {
        await ann.kill();
        await ann.start();
      }
    }
    await settings(ann, { uploadLimit: 0 });
    const end = await done(ben, download);
    assertTree(end.destination, folder);
    assert.deepEqual(visible(ben), [path.basename(end.destination)]);
    if (side === 'receiver') {
      const twice = (await uploadedBytes(ann)) - totalBytes;
      t.diagnostic(`${twice} bytes more than once`);
      assert.ok(twice <= kills * 2 * windowBytes, `${twice} bytes were fetched again`);
    }
  });

test('a large file of a killed receiver is not begun again', async (t) => {
  const random = randomFrom(t);
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const bytes = randomBytes(24 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben] });
  await settings(ann, { uploadLimit: 8 * MiB });
  const download = await ben.client.request('downloads/add', { entry });
  const point = Math.floor((6 + 12 * random()) * MiB);
  const before = await middle(ben, download, point);
  await ben.kill();
  await ben.start();
  const after = await middle(ben, download);
  t.diagnostic(`killed at ${before.doneBytes}, goes on at ${after.doneBytes}`);
  assert.ok(after.doneBytes >= before.doneBytes - 2 * windowBytes, `${after.doneBytes} of ${before.doneBytes}`);
  await settings(ann, { uploadLimit: 0 });
  assertBytes((await done(ben, download)).destination, bytes);
});

test('partial data that somebody deleted or edited between two runs is noticed and fetched again', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const bytes = randomBytes(12 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben] });
  const harms: Record<string, (file: string) => void> = {
    deleted: (file) => rmSync(file),
    'edited in the middle of what was verified': (file) => {
      const handle = openSync(file, 'r+');
      writeSync(handle, randomBytes(50_000), 0, 50_000, 100_000);
      closeSync(handle);
    },
    'cut short': (file) => truncateSync(file, 70_000),
    'replaced by a folder': (file) => {
      rmSync(file);
      mkdirSync(file);
    },
  };
  for (const [name, harm] of Object.entries(harms))
    await t.test(name, async () => {
      await settings(ann, { uploadLimit: 6 * MiB });
      const download = await ben.client.request('downloads/add', { entry });
      await middle(ben, download, 3 * MiB);
      await ben.kill();
      const [part, ...others] = partials(ben.downloadFolder);
      assert.ok(part !== undefined && others.length === 0, 'one partial file');
      harm(part);
      await ben.start();
      await settings(ann, { uploadLimit: 0 });
      const end = await when(ben, download, ({ state }) => ['done', 'failed'].includes(state), { what: 'ends' });
      if (name === 'replaced by a folder' && end.state === 'failed') {
        assert.deepEqual(visible(ben), [], 'a clear error, and nothing under the final name');
        rmSync(part, { recursive: true });
        await ben.client.request('downloads/retry', { downloadId: download.downloadId });
      }
      const last = await done(ben, download);
      assertBytes(last.destination, bytes);
      rmSync(last.destination);
    });
});

const noMount = process.getuid?.() !== 0 || process.platform !== 'linux' ? 'a small disk needs root on Linux' : false;

function smallDisk(t: TestContext, sizeMiB: number): string | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-small-disk-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeMiB}m`, 'tmpfs', folder]).status === 0;
  t.after(() => {
    if (mounted) spawnSync('umount', ['-l', folder]);
    rmSync(folder, { recursive: true, force: true });
  });
  if (!mounted) t.skip('this system lets nobody mount a tmpfs');
  return mounted ? folder : undefined;
}

test(
  'a disk that gets full in the middle of many small files: told as such, goes on when there is room',
  { skip: noMount },
  async (t) => {
    const small = smallDisk(t, 16);
    if (small === undefined) return;
    const { world, peers } = await tableOf(t, 'ann', 'ben');
    const [ann, ben] = peers;
    const files = Object.fromEntries(
      Array.from({ length: 2000 }, (_, at) => [`${at % 20}/${at}.bin`, randomBytes(4096)] as const),
    );
    const { root, folder } = await put(world, ann, 'Small', files);
    await indexed(ben, ann, 'Small');
    const ballast = path.join(small, 'ballast');
    // Room enough that it begins, as far as it can tell beforehand.
    await settings(ann, { uploadLimit: 2 * MiB });
    const download = await ben.client.request('downloads/add', { entry: root, folder: small });
    await middle(ben, download);
    const handle = openSync(ballast, 'w');
    assert.throws(() => {
      for (;;) writeSync(handle, Buffer.alloc(65_536, 1));
    }, /ENOSPC/);
    closeSync(handle);
    const failed = await when(ben, download, ({ state }) => ['done', 'failed'].includes(state), { what: 'fails' });
    assert.equal(failed.state, 'failed');
    assert.equal(failed.failure?.kind, 'disk-full', failed.failure?.message);
    rmSync(ballast);
    await settings(ann, { uploadLimit: 0 });
    await ben.client.request('downloads/retry', { downloadId: download.downloadId });
    const end = await done(ben, download);
    assertTree(end.destination, folder);
    assert.equal((await ben.client.request('sidecar/status', {})).pid, ben.client.sidecarPid);
  },
);

test('a target that may not be written is told, and harms nothing', { skip: noMount }, async (t) => {
  const target = smallDisk(t, 16);
  if (target === undefined) return;
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const bytes = randomBytes(2 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben] });
  assert.equal(spawnSync('mount', ['-o', 'remount,ro', target]).status, 0);
  const download = await ben.client.request('downloads/add', { entry, folder: target });
  const failed = await when(ben, download, ({ state }) => ['done', 'failed'].includes(state), { what: 'fails' });
  assert.equal(failed.state, 'failed');
  assert.ok(['permission-denied', 'io'].includes(failed.failure?.kind ?? ''), JSON.stringify(failed.failure));
  assert.match(failed.failure?.message ?? '', new RegExp(path.basename(target)));
  assert.equal(spawnSync('mount', ['-o', 'remount,rw', target]).status, 0);
  await ben.client.request('downloads/retry', { downloadId: download.downloadId });
  assertBytes((await done(ben, download)).destination, bytes);
});

test('the download folder is removed in the middle: a clear error or a new folder, never a crash', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const bytes = randomBytes(8 * MiB);
  const { entry } = await putOne(world, ann, { bytes, for: [ben] });
  await settings(ann, { uploadLimit: 4 * MiB });
  const download = await ben.client.request('downloads/add', { entry });
  await middle(ben, download, MiB);
  rmSync(ben.downloadFolder, { recursive: true });
  await settings(ann, { uploadLimit: 0 });
  const end = await when(ben, download, ({ state }) => ['done', 'failed'].includes(state), { what: 'ends' });
  if (end.state === 'failed') {
    assert.notEqual(end.failure?.kind, 'internal', end.failure?.message);
    mkdirSync(ben.downloadFolder, { recursive: true });
    await ben.client.request('downloads/retry', { downloadId: download.downloadId });
  }
  assertBytes((await done(ben, download)).destination, bytes);
  assert.equal((await ben.client.request('sidecar/status', {})).pid, ben.client.sidecarPid);
});

test('everything in the queue goes on by itself after the sidecar was stopped in order, files and folders alike', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const bytes = randomBytes(8 * MiB);
  const one = await putOne(world, ann, { bytes, for: [ben] });
  const mixed = await put(world, ann, 'Mixed', mixedFiles());
  await indexed(ben, ann, 'Mixed');
  await settings(ann, { uploadLimit: 4 * MiB });
  const [file, folder] = [
    await ben.client.request('downloads/add', { entry: one.entry }),
    await ben.client.request('downloads/add', { entry: mixed.root }),
  ];
  await middle(ben, file, MiB);
  await ben.stop();
  assert.ok(!existsSync(path.join(ben.downloadFolder, 'big.bin')), 'nothing half under a final name');
  await ben.start();
  await settings(ann, { uploadLimit: 0 });
  assertBytes((await done(ben, file)).destination, bytes);
  assertTree((await done(ben, folder)).destination, mixed.folder);
  assert.equal((await now(ben, file)).failure, undefined);
  assert.equal(statSync((await now(ben, file)).destination).size, bytes.length);
});
