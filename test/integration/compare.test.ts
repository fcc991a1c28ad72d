// Comparing with real sidecars: a peer's folder with mine, without transferring; then only what differs comes.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { CompareState, ComparedEntry, EntryRef } from '../../src/protocol/model.ts';
import { done, put, tableOf } from './transferScene.ts';
import { indexed, type TestPeer, treeOf, type World } from './world.ts';

const all: CompareState[] = ['same', 'likely-same', 'changed', 'only-left', 'only-right', 'moved'];

test("a local folder and a peer's are told apart exactly, and only the differences are fetched", async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const files = filesOf();
  const shared = await put(world, ann, 'Table', files);
  const mine = copyOf(world, files);
  // Another content of the same size and time, a new one, a lost one, a moved one, and one written again with the same content.
  const twin = randomBytes(files['twin.bin'].byteLength);
  writeFileSync(path.join(mine, 'twin.bin'), twin);
  for (const side of [mine, shared.folder]) utimesSync(path.join(side, 'twin.bin'), 1000, 1000);
  await ann.client.request('shares/rescan', { shareId: shared.root.shareId });
  rmSync(path.join(mine, 'docs', 'lost.txt'));
  writeFileSync(path.join(mine, 'docs', 'extra.txt'), 'mine alone');
  mkdirSync(path.join(mine, 'elsewhere'));
  renameSync(path.join(mine, 'docs', 'moving.bin'), path.join(mine, 'elsewhere', 'moved.bin'));
  writeFileSync(path.join(mine, 'long.txt'), 'longer than before');
  await indexed(ben, ann, 'Table');

  const sides = { left: { folder: mine }, right: { entry: shared.root } };
  const quick = await ben.client.request('compare/start', sides);
  assert.equal(stateOf(await pageOf(ben, quick.compareId), 'twin.bin'), 'likely-same');

  const exact = await ben.client.request('compare/start', { ...sides, isExact: true });
  const entries = await pageOf(ben, exact.compareId);
  const told = Object.fromEntries(entries.filter(({ kind }) => kind === 'file').map(({ path: each, state }) => [each, state]));
  assert.deepEqual(told, {
    'docs/extra.txt': 'only-left',
    'docs/kept.txt': 'same',
    'docs/lost.txt': 'only-right',
    'docs/moving.bin': 'moved',
    empty: 'same',
    'long.txt': 'changed',
    'twin.bin': 'changed',
  });
  assert.equal(entries.find(({ path: each }) => each === 'docs/moving.bin')?.movedFrom, 'elsewhere/moved.bin');
  assert.equal(exact.unresolved, 0);
  assert.deepEqual(exact.totals.changed, { files: 2, bytes: files['twin.bin'].byteLength + 4 });
  assert.equal((await ben.client.request('transfers/totals', {})).downloadedBytes, 0, 'nothing was transferred');

  // The differences come beside what is there; what is there stays.
  const download = await ben.client.request('compare/download', {
    compareId: exact.compareId,
    folder: mine,
    conflict: 'keep-both',
  });
  await done(ben, download);
  assert.equal(download.destination, mine);
  assert.deepEqual(readFileSync(path.join(mine, 'twin.bin')), twin);
  assert.deepEqual(readFileSync(path.join(mine, 'twin (2).bin')), Buffer.from(files['twin.bin']));
  assert.deepEqual(readFileSync(path.join(mine, 'docs', 'lost.txt')), Buffer.from(files['docs/lost.txt']));
  assert.equal(treeOf(mine).has('docs/moving.bin'), false, 'what only moved is not fetched');
  const { downloadedFiles } = await ben.client.request('transfers/totals', {});
  assert.equal(downloadedFiles, 3);
});

test("with overwrite mine becomes the peer's, and then they are the same", async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben');
  const [ann, ben] = peers;
  const files = filesOf();
  const shared = await put(world, ann, 'Table', files);
  const mine = copyOf(world, files);
  writeFileSync(path.join(mine, 'long.txt'), 'longer than before');
  rmSync(path.join(mine, 'docs'), { recursive: true });
  await indexed(ben, ann, 'Table');
  const sides = { left: { folder: mine }, right: { entry: shared.root } };
  const before = await ben.client.request('compare/start', { ...sides, isExact: true });
  const download = await ben.client.request('compare/download', {
    compareId: before.compareId,
    folder: mine,
    conflict: 'overwrite',
  });
  await done(ben, download);
  assert.deepEqual(treeOf(mine), treeOf(shared.folder));
  const after = await ben.client.request('compare/start', { ...sides, isExact: true });
  assert.deepEqual(await pageOf(ben, after.compareId, ['changed', 'only-left', 'only-right', 'moved']), []);
  await ben.client.request('compare/close', { compareId: after.compareId });
  await assert.rejects(ben.client.request('compare/page', { compareId: after.compareId }), /Compare again/);
});

test("two peers' folders are compared from their indexes, and also when their owners are away", async (t) => {
  const { world, peers } = await tableOf(t, 'ann', 'ben', 'cat');
  const [ann, ben, cat] = peers;
  const files = filesOf();
  const one = await put(world, ann, 'One', files);
  const other = await put(world, ben, 'Other', {
    'sub/docs/kept.txt': files['docs/kept.txt'],
    'sub/new.txt': Buffer.from('new'),
  });
  await Promise.all([indexed(cat, ann, 'One'), indexed(cat, ben, 'Other')]);
  await Promise.all([ann.stop(), ben.stop()]);
  const right: EntryRef = { ...other.root, path: 'sub' };
  const compared = await cat.client.request('compare/start', { left: { entry: one.root }, right: { entry: right } });
  const entries = await pageOf(cat, compared.compareId);
  assert.equal(stateOf(entries, 'new.txt'), 'only-right');
  assert.equal(stateOf(entries, 'twin.bin'), 'only-left');
  assert.equal(compared.rightTotal.files, 2);
  await assert.rejects(
    cat.client.request('compare/start', { left: { entry: one.root }, right: { entry: { ...other.root, path: 'gone' } } }),
    /gone/,
  );
  await assert.rejects(
    cat.client.request('compare/start', { left: { entry: one.root }, right: { folder: '/nowhere/at/all' } }),
    /not there/,
  );
});

function filesOf() {
  return {
    'docs/kept.txt': Buffer.from('kept'),
    'docs/lost.txt': Buffer.from('lost'),
    'docs/moving.bin': randomBytes(200_000),
    'long.txt': Buffer.from('long'),
    'twin.bin': randomBytes(5000),
    empty: Buffer.alloc(0),
  };
}

function copyOf(world: World, files: Record<string, Uint8Array>): string {
  const folder = path.join(world.folder, 'mine');
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), bytes);
  }
  return folder;
}

async function pageOf(peer: TestPeer, compareId: string, states = all): Promise<ComparedEntry[]> {
  return (await peer.client.request('compare/page', { compareId, states })).entries;
}

function stateOf(entries: ComparedEntry[], file: string): CompareState | undefined {
  return entries.find(({ path: each }) => each === file)?.state;
}
