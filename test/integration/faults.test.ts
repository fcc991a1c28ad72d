// What goes wrong between peers: owners that vanish, trees that are hostile, strangers, and disks that are full.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { EntryRef } from '../../src/protocol/model.ts';
import { createWorld, ended, indexed, listAll, seen, treeOf, until, type TestPeer } from './world.ts';

const isRoot = process.getuid?.() === 0;

async function shareOf(owner: TestPeer, folder: string, title: string): Promise<EntryRef> {
  const share = await owner.client.request('shares/add', { path: folder, title });
  return { peerId: owner.client.peerId, shareId: share.shareId, path: '' };
}

/** Names below the download folder, without Potluck's own partial files. */
function visibleIn(peer: TestPeer): string[] {
  return readdirSync(peer.downloadFolder).filter((name) => !name.startsWith('.potluck'));
}

test('an owner killed in the middle of a file leaves no half file, and the download ends well when it is back', async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  mkdirSync(tree);
  const bytes = randomBytes(256 * 1024 * 1024);
  writeFileSync(path.join(tree, 'big.bin'), bytes);
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'fault party' });
  const root = await shareOf(ann, tree, 'Big');
  await indexed(ben, ann, 'Big');
  const entry = { ...root, path: 'big.bin' };
  const download = await ben.client.request('downloads/add', { entry });
  await until(
    ben.client,
    ['downloads/changed'],
    async () => (await ben.client.request('downloads/list', {})).find((each) => each.doneBytes > 0 && each.state === 'running'),
    { what: 'the first bytes' },
  );
  await ann.kill();
  await seen(ben, ann, false);
  assert.deepEqual(visibleIn(ben), [], 'nothing under the final name');
  const unavailable = ben.client.request('files/fetch', { entry });
  await assert.rejects(unavailable, { kind: 'unavailable' }, 'a fetch with the owner away fails at once');
  await ben.kill();
  await ben.start();
  await ann.start();
  const done = await ended(ben, download);
  assert.equal(done.state, 'done', JSON.stringify(done.failure));
  assert.ok(readFileSync(done.destination).equals(bytes));
  assert.deepEqual(visibleIn(ben), ['big.bin']);
});

test(
  'names of every kind arrive as they are; links, loops, pipes, sockets and secrets never do',
  { skip: process.platform === 'win32' },
  async (t) => {
    const world = await createWorld(t);
    const tree = path.join(world.folder, 'tree');
    const outside = path.join(world.folder, 'outside');
    mkdirSync(path.join(tree, 'sub', 'deep'), { recursive: true });
    mkdirSync(outside);
    writeFileSync(path.join(outside, 'private.txt'), 'private');
    const good = [
      'new\nline',
      'ü'.normalize('NFD'),
      'ü'.normalize('NFC'),
      'right\u202eexe.txt',
      'x'.repeat(255),
      ' space ',
      '.hidden',
      '#?%20&',
      'emoji 🥘',
      'quote\'"`$(id)',
    ];
    for (const name of good) writeFileSync(path.join(tree, 'sub', name), name);
    for (const name of ['.env', '.env.local', 'id_rsa', 'server.pem', '.npmrc', '.netrc'])
      writeFileSync(path.join(tree, name), 'secret');
    mkdirSync(path.join(tree, '.git'));
    writeFileSync(path.join(tree, '.git', 'config'), 'secret');
    writeFileSync(Buffer.concat([Buffer.from(`${tree}/not-utf8-`), Buffer.from([0xff, 0xfe])]), 'bytes');
    writeFileSync(path.join(tree, 'C:\\x'), 'windows');
    writeFileSync(path.join(tree, '.potluckignore'), '*.tmp\n');
    writeFileSync(path.join(tree, 'scratch.tmp'), 'ignored');
    symlinkSync(outside, path.join(tree, 'out'));
    symlinkSync('..', path.join(tree, 'sub', 'loop'));
    symlinkSync(path.join(outside, 'private.txt'), path.join(tree, 'link.txt'));
    execFileSync('mkfifo', [path.join(tree, 'pipe')]);
    const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
    for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'names party' });
    const root = await shareOf(ann, tree, 'Names');
    await indexed(ben, ann, 'Names');

    const expected = ['sub', 'sub/deep', '.potluckignore', ...good.map((name) => `sub/${name}`)].sort();
    assert.deepEqual([...(await listAll(ben.client, root)).keys()].sort(), expected);
    const counts = (await ann.client.request('shares/list', {}))[0]?.skippedCounts;
    assert.deepEqual(counts, { symlink: 3, special: 1, 'name-not-utf8': 1, 'name-not-portable': 1, secret: 7, ignored: 1 });
    const done = await ended(ben, await ben.client.request('downloads/add', { entry: root }));
    assert.equal(done.state, 'done', JSON.stringify(done.failure ?? done.failedFiles));
    assert.deepEqual([...treeOf(done.destination).keys()].sort(), expected);
    for (const hidden of ['.env', '.git/config', 'out/private.txt', 'link.txt', 'scratch.tmp', 'pipe']) {
      await assert.rejects(
        ben.client.request('files/fetch', { entry: { ...root, path: hidden } }),
        { kind: 'not-found' },
        hidden,
      );
    }
  },
);

test(
  'a file swapped for a link after the scan is not followed out of the share',
  { skip: process.platform === 'win32' },
  async (t) => {
    const world = await createWorld(t);
    const tree = path.join(world.folder, 'tree');
    mkdirSync(path.join(tree, 'folder'), { recursive: true });
    writeFileSync(path.join(tree, 'a.txt'), 'shared');
    writeFileSync(path.join(tree, 'folder', 'b.txt'), 'shared');
    mkdirSync(path.join(world.folder, 'outside'));
    writeFileSync(path.join(world.folder, 'outside', 'b.txt'), 'private');
    const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
    for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'swap party' });
    const root = await shareOf(ann, tree, 'Swap');
    await indexed(ben, ann, 'Swap');
    rmSync(path.join(tree, 'a.txt'));
    symlinkSync(path.join(world.folder, 'outside', 'b.txt'), path.join(tree, 'a.txt'));
    rmSync(path.join(tree, 'folder'), { recursive: true });
    symlinkSync(path.join(world.folder, 'outside'), path.join(tree, 'folder'));
    for (const name of ['a.txt', 'folder/b.txt']) {
      await assert.rejects(
        ben.client.request('files/fetch', { entry: { ...root, path: name } }),
        (error: { kind: string; message: string }) => {
          assert.ok(['permission-denied', 'not-found'].includes(error.kind), `${error.kind}: ${error.message}`);
          assert.ok(!error.message.includes(world.folder), 'no path of the owner travels');
          return true;
        },
      );
    }
  },
);

test('a share that is removed, or whose party is left, is gone for the others; its folder is untouched', async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  mkdirSync(tree);
  writeFileSync(path.join(tree, 'a.txt'), 'a');
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'removal party' });
  const root = await shareOf(ann, tree, 'Short');
  await indexed(ben, ann, 'Short');
  await ann.client.request('shares/rename', { shareId: root.shareId, title: 'Renamed' });
  await indexed(ben, ann, 'Renamed');
  await ann.client.request('shares/remove', { shareId: root.shareId });
  await until(
    ben.client,
    ['catalog/changed'],
    async () => (await ben.client.request('catalog/shares', { peerId: ann.client.peerId })).length === 0,
    {
      what: 'the share is gone',
    },
  );
  await assert.rejects(ben.client.request('catalog/list', { entry: root }), { kind: 'not-found' });
  assert.equal(readFileSync(path.join(tree, 'a.txt'), 'utf8'), 'a');

  await shareOf(ann, tree, 'Again');
  await indexed(ben, ann, 'Again');
  const [party] = await ann.client.request('parties/list', {});
  assert.ok(party);
  await ann.client.request('parties/leave', { partyId: party.partyId });
  await seen(ben, ann, false);
  assert.equal((await ann.client.request('peers/list', {})).filter((peer) => peer.isOnline).length, 0);
});

test('a peer that connects by key alone sees nothing until it is accepted', async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  mkdirSync(tree);
  writeFileSync(path.join(tree, 'a.txt'), 'for friends');
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  const root = await shareOf(ann, tree, 'Private');
  await ann.client.request('parties/join', { name: 'a party that ben does not know' });
  await ben.client.request('peers/connect', { peerId: ann.client.peerId });
  await seen(ben, ann);
  const stranger = await seen(ann, ben);
  assert.equal(stranger.isStranger, true);
  assert.deepEqual(await ben.client.request('catalog/shares', { peerId: ann.client.peerId }), []);
  await assert.rejects(ben.client.request('files/fetch', { entry: { ...root, path: 'a.txt' } }), { kind: 'not-found' });
  await ann.client.request('peers/connect', { peerId: ben.client.peerId });
  await indexed(ben, ann, 'Private');
  const fetched = await ben.client.request('files/fetch', { entry: { ...root, path: 'a.txt' } });
  assert.equal(readFileSync(fetched.localPath, 'utf8'), 'for friends');

  await ann.client.request('peers/disconnect', { peerId: ben.client.peerId });
  await seen(ben, ann, false);
  assert.equal((await ann.client.request('peers/list', {})).find((peer) => peer.peerId === ben.client.peerId)?.isOnline, false);
});

test(
  'a full disk stops the download with that message, and it goes on when there is room',
  { skip: !isRoot || process.platform !== 'linux' },
  async (t) => {
    const small = mkdtempSync(path.join(tmpdir(), 'pl-small-disk-'));
    t.after(() => {
      spawnSync('umount', ['-l', small]);
      rmSync(small, { recursive: true });
    });
    const world = await createWorld(t);
    const tree = path.join(world.folder, 'tree');
    mkdirSync(tree);
    const bytes = randomBytes(12 * 1024 * 1024);
    writeFileSync(path.join(tree, 'twelve.bin'), bytes);
    assert.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', small]).status, 0);
    writeFileSync(path.join(small, 'ballast'), randomBytes(8 * 1024 * 1024));
    const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
    for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'disk party' });
    const root = await shareOf(ann, tree, 'Twelve');
    await indexed(ben, ann, 'Twelve');
    const download = await ben.client.request('downloads/add', { entry: { ...root, path: 'twelve.bin' }, folder: small });
    const failed = await ended(ben, download);
    assert.equal(failed.state, 'failed');
    assert.equal(failed.failure?.kind, 'disk-full', failed.failure?.message);
    assert.deepEqual(
      readdirSync(small).filter((name) => !name.startsWith('.potluck')),
      ['ballast'],
    );
    rmSync(path.join(small, 'ballast'));
    await ben.client.request('downloads/retry', { downloadId: download.downloadId });
    const done = await ended(ben, download);
    assert.equal(done.state, 'done', JSON.stringify(done.failure));
    assert.ok(readFileSync(done.destination).equals(bytes));
  },
);

test('a share whose folder goes away says so and comes back with it', async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  mkdirSync(tree);
  writeFileSync(path.join(tree, 'a.txt'), 'a');
  const ann = await world.peer('ann');
  const { shareId } = await shareOf(ann, tree, 'Gone');
  rmSync(tree, { recursive: true });
  const gone = await ann.client.request('shares/rescan', { shareId });
  assert.equal(gone.state, 'failed');
  assert.equal(gone.failure?.kind, 'not-found');
  mkdirSync(tree);
  writeFileSync(path.join(tree, 'b.txt'), 'b');
  const back = await ann.client.request('shares/rescan', { shareId });
  assert.deepEqual([back.state, back.fileCount], ['watching', 1]);
});
