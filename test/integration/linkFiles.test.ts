// Links to contents among real sidecars: made of a folder, read by others, fetched from whoever has the content, waited for, compared, and written as
// torrents and magnets.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import HyperDHT from 'hyperdht';
import { AppError } from '../../src/protocol/errors.ts';
import type { ContentId } from '../../src/protocol/ids.ts';
import { writeLinkFile } from '../../src/protocol/linkFile.ts';
import { isOfLink } from '../../src/protocol/linkPeer.ts';
import { peerIdOf } from '../../src/sidecar/storage/identity.ts';
import { types } from '../unit/sidecar/wire/worlds.ts';
import { stateOf } from './hostileScene.ts';
import { Underworld } from './mallory.ts';
import { assertBytes, done, MiB, put, tableOf, when } from './transferScene.ts';
import { createWorld, indexed, seen, treeOf, until, type TestPeer } from './world.ts';

/** Small ones, one that comes in ranges, one without bytes, names of two folders. */
function someFiles(): Record<string, Uint8Array> {
  const files: Record<string, Uint8Array> = { 'big.bin': randomBytes(3 * MiB + 77), empty: new Uint8Array(0) };
  for (let at = 0; at < 20; at++) files[`sub/${at % 3}/file ${at}.txt`] = randomBytes(1000 + at);
  return files;
}

/** Waits until the peer knows who has every file of a link. */
function known(viewer: TestPeer, text: string, files: number): Promise<unknown> {
  return until(
    viewer.client,
    ['catalog/changed', 'peers/changed'],
    async () => (await viewer.client.request('links/status', { text })).onlineFiles >= files,
    { what: `${viewer.name} knows who has ${files} files of the link` },
  );
}

test('a folder becomes a link, and the link the folder, from somebody who has it under other names', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben', 'cleo');
  const [ann, ben, cleo] = peers;
  const files = someFiles();
  const { root, folder } = await put(world, ann, 'Photos', files);
  const renamed = Object.fromEntries(Object.entries(files).map(([, bytes], at) => [`other ${at}.bin`, bytes]));
  const other = await put(world, cleo, 'Else', renamed);
  await indexed(ann, ann, 'Photos');
  await indexed(cleo, cleo, 'Else');
  await indexed(ben, ann, 'Photos');
  const { text, summary } = await ann.client.request('links/create', { entry: root, creator: 'Ann', parties: ['climbers'] });
  assert.equal(summary.fileCount, 22);
  assert.equal((await ann.client.request('links/create', { entry: root, creator: 'Ann', parties: ['climbers'] })).text, text);
  assert.ok(!text.includes('transfer party'), 'a link names no party');
  await cleo.client.request('links/create', { entry: other.root }); // hashes them: they are told to all
  const inspected = await ben.client.request('links/inspect', { text });
  assert.deepEqual([inspected.summary.title, inspected.summary.creator, inspected.summary.isComplete], ['Photos', 'Ann', true]);
  assert.deepEqual(inspected.summary.hints, { entries: [root], parties: ['climbers'] });
  await seen(ben, cleo);
  await known(ben, text, 21);
  await until(
    ben.client,
    ['catalog/changed'],
    async () =>
      (await ben.client.request('links/status', { text })).peers.find(
        ({ peerId, files: count }) => peerId === cleo.client.peerId && count === 21,
      ),
    { what: 'ben knows that cleo has it, too' },
  );
  const status = await ben.client.request('links/status', { text });
  assert.deepEqual([status.hereFiles, status.onlineFiles, status.missingFiles], [1, 21, 0]);
  await ann.stop();
  await seen(ben, ann, false);
  const asked = await ben.client.request('links/download', { text });
  assert.equal(isOfLink(asked.entry), true);
  assert.equal(asked.name, 'Photos');
  const end = await done(ben, asked);
  assert.deepEqual([end.doneFiles, end.totalFiles, end.failedFiles], [22, 22, []]);
  assert.equal(end.destination, path.join(ben.downloadFolder, 'Photos'));
  assert.deepEqual(treeOf(end.destination), treeOf(folder));

  const verified = await ben.client.request('links/verify', { text, folder: ben.downloadFolder });
  assert.deepEqual([verified.sameFiles, verified.differences], [22, []]);
  writeFileSync(path.join(end.destination, 'sub/0/file 0.txt'), files['sub/0/file 0.txt']?.map((byte) => byte ^ 1) ?? '');
  appendFileSync(path.join(end.destination, 'big.bin'), 'x');
  rmSync(path.join(end.destination, 'empty'));
  const changed = await ben.client.request('links/verify', { text, folder: end.destination });
  assert.deepEqual([changed.sameFiles, changed.changedFiles, changed.missingFiles], [19, 2, 1]);
  assert.deepEqual(
    changed.differences.map(({ path: name, state }) => [name, state]),
    [
      ['big.bin', 'changed'],
      ['empty', 'missing'],
      ['sub/0/file 0.txt', 'changed'],
    ],
  );
  await ben.client.request('downloads/clear', { downloadId: end.downloadId });
});

test('a link whose content nobody has waits, survives a kill, brings what there is first, and ends when the rest comes', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben', 'cleo');
  const [ann, ben, cleo] = peers;
  const files = someFiles();
  const { root, folder } = await put(world, ann, 'Photos', files);
  await indexed(ann, ann, 'Photos');
  const { text } = await ann.client.request('links/create', { entry: root, hasPlace: false });
  assert.deepEqual((await ben.client.request('links/inspect', { text })).summary.hints, { entries: [], parties: [] });
  const some = await put(world, cleo, 'Some', { 'one of them': files['sub/1/file 1.txt'] ?? new Uint8Array(0) });
  await indexed(ben, cleo, 'Some');
  await seen(ben, ann); // whoever was never met is not seen to go either
  await ann.stop();
  await seen(ben, ann, false);
  const asked = await ben.client.request('links/download', { text });
  const waiting = await when(ben, asked, ({ state }) => state === 'waiting', { what: 'nobody has it' });
  assert.match(waiting.failure?.message ?? '', /Nobody who is here/);
  await ben.kill();
  await ben.start();
  await seen(ben, cleo);
  await cleo.client.request('links/create', { entry: some.root });
  await when(ben, asked, ({ doneFiles }) => doneFiles >= 2, { what: 'what cleo has is here', timeoutMs: 40_000 });
  assertBytes(path.join(ben.downloadFolder, 'Photos', 'sub/1/file 1.txt'), files['sub/1/file 1.txt'] ?? new Uint8Array(0));
  await ann.start();
  const end = await done(ben, asked);
  assert.deepEqual(treeOf(end.destination), treeOf(folder));
});

test('what is on this machine is copied, with nobody there', async (t) => {
  const { world, peers } = await tableOf(t, 'ann');
  const [ann] = peers;
  const files = someFiles();
  const { root, folder } = await put(world, ann, 'Photos', files);
  await indexed(ann, ann, 'Photos');
  const { text, summary } = await ann.client.request('links/create', { entry: root });
  assert.equal((await ann.client.request('links/status', { text })).hereFiles, 22);
  const end = await done(ann, await ann.client.request('links/download', { text }));
  assert.deepEqual(treeOf(end.destination), treeOf(folder));
  assert.equal(end.reusedBytes, summary.totalBytes);
  const one = await done(
    ann,
    await ann.client.request('links/download', { text, paths: ['sub/0/file 3.txt'], folder: path.join(world.folder, 'chosen') }),
  );
  assert.deepEqual(
    [...treeOf(one.destination).keys()].filter((name) => name.includes('file')),
    ['sub/0/file 3.txt'],
  );
  await assert.rejects(
    ann.client.request('links/download', { text, paths: ['nowhere'] }),
    (error) => error instanceof AppError && error.kind === 'not-found',
  );
});

test('a link to what a peer shares asks it for the content ids that it did not tell', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const files = someFiles();
  const { root } = await put(world, ann, 'Photos', files);
  await ann.client.request('settings/set', { describeFiles: false });
  await indexed(ben, ann, 'Photos');
  const made = await ben.client.request('links/create', { entry: { ...root, path: 'sub' } });
  assert.deepEqual(made.summary.hints.entries, [], 'another key is not told without being asked for');
  assert.equal(made.text, (await ann.client.request('links/create', { entry: { ...root, path: 'sub' }, hasPlace: false })).text);
  const one = await ben.client.request('links/create', { entry: { ...root, path: 'big.bin' }, hasPlace: true });
  assert.deepEqual(
    [one.summary.kind, one.summary.fileCount, one.summary.hints.entries],
    ['file', 1, [{ ...root, path: 'big.bin' }]],
  );
  const end = await done(ben, await ben.client.request('links/download', { text: one.text }));
  assertBytes(end.destination, files['big.bin'] ?? new Uint8Array(0));
  await assert.rejects(
    ben.client.request('links/create', { entry: { ...root, path: 'nowhere' } }),
    (error) => error instanceof AppError && error.kind === 'not-found',
  );
});

test('torrents and magnets lead to the same contents', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const files = someFiles();
  const { root, folder } = await put(world, ann, 'Photos', files);
  await indexed(ben, ann, 'Photos');
  const { text } = await ann.client.request('links/create', { entry: root });
  const torrent = await ann.client.request('links/export', { text, as: 'torrent' });
  const magnet = await ann.client.request('links/export', { text, as: 'magnet' });
  assert.equal(torrent.infoHash, magnet.infoHash);
  const file = path.join(world.folder, 'photos.torrent');
  writeFileSync(file, Buffer.from(torrent.torrentBase64 ?? '', 'base64'));
  const unknown = await ben.client.request('links/inspect', { text: magnet.text ?? '' });
  assert.deepEqual([unknown.summary.form, unknown.summary.isComplete, unknown.summary.fileCount], ['magnet', false, 0]);
  await assert.rejects(
    ben.client.request('links/download', { text: magnet.text ?? '' }),
    /names a torrent that was never seen here/,
  );
  await known(ben, text, 21);
  // Ben has the contents not, and asks ann for the hashes of their pieces.
  const again = await ben.client.request('links/export', { text, as: 'torrent' });
  assert.equal(again.torrentBase64, torrent.torrentBase64);
  const end = await done(ben, await ben.client.request('links/download', { path: file }));
  assert.deepEqual(treeOf(end.destination), treeOf(folder));
  assert.equal((await ben.client.request('links/inspect', { text: magnet.text ?? '' })).summary.isComplete, true);

  const one = await ann.client.request('links/create', { entry: { ...root, path: 'big.bin' } });
  const single = await ann.client.request('links/export', { text: one.text, as: 'magnet' });
  const inspected = await ben.client.request('links/inspect', { text: single.text ?? '' });
  assert.deepEqual(
    inspected.files.map(({ path: name, sizeBytes }) => [name, sizeBytes]),
    [['big.bin', 3 * MiB + 77]],
  );
});

test('links that are damaged, lie or lead nowhere are refused before anything is written', async (t) => {
  const { world, peers } = await tableOf(t, 'ann');
  const [ann] = peers;
  const contentId = 'ab'.repeat(32) as ContentId;
  const link = (file: object) =>
    JSON.stringify({
      format: 'potluck-link',
      version: 1,
      title: 'x',
      kind: 'folder',
      files: [{ path: 'a', sizeBytes: 5, contentId, ...file }],
    });
  for (const text of [
    '{',
    link({ path: '../../x' }),
    link({ path: '/etc/passwd' }),
    link({ sizeBytes: 1e300 }),
    link({ contentId: 'x' }),
  ])
    await assert.rejects(
      ann.client.request('links/download', { text }),
      (error) => error instanceof AppError && error.kind === 'invalid-argument',
      text,
    );
  const odd = path.join(world.folder, 'odd.p2p');
  writeFileSync(odd, randomBytes(1000));
  await assert.rejects(
    ann.client.request('links/inspect', { path: odd }),
    (error) => error instanceof AppError && error.kind === 'invalid-argument',
  );
  await assert.rejects(ann.client.request('links/inspect', { path: world.folder }), (error) => error instanceof AppError);
  await assert.rejects(ann.client.request('links/inspect', { path: path.join(world.folder, 'gone') }), /There is no/);
  assert.equal(existsSync(path.join(ann.downloadFolder, 'x')), false);
  assert.equal(readFileSync(odd).length, 1000);
  const asked = await ann.client.request('links/download', { text: link({}) });
  await when(ann, asked, ({ state }) => state === 'waiting', { what: 'nobody has it' });
  await ann.client.request('downloads/cancel', { downloadId: asked.downloadId });
  await ann.client.request('downloads/clear', {});
  assert.deepEqual(await ann.client.request('downloads/list', {}), []);
});

test('where a link says that it was seen, others give what they downloaded from there', async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben', 'cleo');
  const [ann, ben, cleo] = peers;
  const files = someFiles();
  const { root, folder } = await put(world, ann, 'Photos', files);
  await indexed(ben, ann, 'Photos');
  await indexed(cleo, ann, 'Photos');
  const { text } = await ann.client.request('links/create', { entry: root });
  await known(ben, text, 21);
  await done(ben, await ben.client.request('downloads/add', { entry: root }));
  await seen(cleo, ben);
  await ann.stop();
  await seen(cleo, ann, false);
  const end = await done(cleo, await cleo.client.request('links/download', { text }));
  assert.deepEqual(treeOf(end.destination), treeOf(folder));
  assert.equal(end.reusedBytes, 0);
});

test('reading a link, and looking who has it, asks nobody: not the peer that it names', async (t) => {
  const world = await createWorld(t);
  const ann = await world.peer('ann');
  const name = 'a party with a counter';
  await ann.client.request('parties/join', { name });
  const underworld = new Underworld(world, t);
  const [mallory, stranger] = [await underworld.member(ann, name), HyperDHT.keyPair()];
  const offered = await mallory.makeShare([{ name: 'trap.bin', sizeBytes: 50_000 }]);
  mallory.announce(offered);
  await stateOf(ann, mallory, offered, 'ready');
  const entry = { peerId: mallory.peerId, shareId: offered.announcement.shareId, path: 'trap.bin' };
  const files = [{ path: 'trap.bin', sizeBytes: 50_000, contentId: 'ab'.repeat(32) as ContentId }];
  const hints = { entries: [entry, { ...entry, peerId: peerIdOf(stranger.publicKey) }], parties: ['another one'] };
  const text = writeLinkFile({ title: 'trap', kind: 'file', files, folders: [], hints });
  const file = path.join(world.folder, 'trap.p2p');
  writeFileSync(file, text);

  const told = mallory.wire.received.length;
  for (const source of [{ text }, { path: file }]) {
    assert.deepEqual((await ann.client.request('links/inspect', source)).summary.hints, hints);
    const status = await ann.client.request('links/status', source);
    assert.deepEqual([status.onlineFiles, status.missingFiles], [0, 1]);
  }
  // What was asked before a request has come before it: the first thing that is asked is what a person wants.
  const asked = ann.client.request('files/fetch', { entry }).catch(() => undefined);
  await mallory.wire.until('the request of a person', types.read);
  const first = mallory.wire.received.slice(told).filter(({ type }) => type !== types.ping && type !== types.pong);
  assert.deepEqual(
    first.map(({ type }) => type),
    [types.read],
  );
  mallory.leave();
  await asked;
  assert.deepEqual(
    (await ann.client.request('peers/list', {})).map(({ peerId }) => peerId),
    [mallory.peerId],
    'nobody else became known',
  );
  assert.deepEqual(
    (await ann.client.request('parties/list', {})).map((each) => each.name),
    [name],
  );
});
