// kill -9 at any moment of scanning, syncing and packing, disks that are full or read-only, and the system's own limits: the catalog opens,
// is consistent, and goes on.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { EntryRef } from '../../src/protocol/model.ts';
import { createWorld, indexed, listAll, treeOf, until, watched, type TestPeer, type World } from './world.ts';

const isRoot = process.getuid?.() === 0;

function fill(tree: string, folders: number, files: number): void {
  for (let folder = 0; folder < folders; folder++) {
    mkdirSync(path.join(tree, `folder ${folder}`), { recursive: true });
    for (let file = 0; file < files; file++) writeFileSync(path.join(tree, `folder ${folder}`, `file ${file}.txt`), '');
  }
}

/** The same moments in every run, spread over what the work takes. */
function moments(count: number, mostMs: number): number[] {
  return Array.from({ length: count }, (_, at) => ((at * 37) % count) * (mostMs / count));
}

async function after(ms: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

/** Every entry of the disk is listed, and nothing else. */
async function isWhole(peer: TestPeer, root: EntryRef, tree: string, what: string): Promise<void> {
  const expected = [...treeOf(tree).keys()].sort();
  await until(
    peer.client,
    ['catalog/changed', 'shares/changed'],
    async () => {
      const listed = [...(await listAll(peer.client, root).catch(() => new Map<string, unknown>())).keys()].sort();
      return listed.length === expected.length && listed.every((each, at) => each === expected[at]);
    },
    { what, timeoutMs: 60_000 },
  );
}

test('kill -9 at any moment of a scan, ten times: the index is whole in the end', { timeout: 180_000 }, async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  fill(tree, 300, 60);
  const ann = await world.peer('ann');
  const { shareId } = await ann.client.request('shares/add', { path: tree, title: 'Crash' });
  for (const ms of moments(10, 700)) {
    await after(ms);
    await ann.kill();
    writeFileSync(path.join(tree, 'folder 7', `added ${Math.round(ms)}.txt`), 'added');
    await ann.start();
    assert.equal((await ann.client.request('shares/list', {})).length, 1);
  }
  await watched(ann, shareId);
  await isWhole(ann, { peerId: ann.client.peerId, shareId, path: '' }, tree, 'the own index');
});

test(
  'kill -9 of either side at any moment of a sync, ten times: both catalogs are whole in the end',
  { timeout: 240_000 },
  async (t) => {
    const world = await createWorld(t);
    const tree = path.join(world.folder, 'tree');
    fill(tree, 300, 60);
    const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
    for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'crash party' });
    const { shareId } = await ann.client.request('shares/add', { path: tree, title: 'Crash' });
    const root = { peerId: ann.client.peerId, shareId, path: '' };
    for (const [at, ms] of moments(10, 1500).entries()) {
      // Enough to be written as a delta, and now and then as a new snapshot.
      for (let file = 0; file < 400; file++) writeFileSync(path.join(tree, `folder ${at}`, `late ${file}.txt`), 'late');
      rmSync(path.join(tree, `folder ${100 + at}`), { recursive: true });
      await after(ms);
      const victim = at % 2 === 0 ? ben : ann;
      await victim.kill();
      await victim.start();
    }
    await watched(ann, shareId);
    await isWhole(ann, root, tree, 'the own index');
    await indexed(ben, ann, 'Crash');
    await isWhole(ben, root, tree, 'the index at the peer');
  },
);

test("a damaged index file is noticed and made anew, own and a peer's", { timeout: 90_000 }, async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  fill(tree, 100, 50);
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'damage party' });
  const { shareId } = await ann.client.request('shares/add', { path: tree, title: 'Damage' });
  await watched(ann, shareId);
  await indexed(ben, ann, 'Damage');
  const root = { peerId: ann.client.peerId, shareId, path: '' };
  // The peer's first, with its owner away: it has the feed's blocks.
  await ann.stop();
  for (const peer of [ben, ann]) {
    await peer.stop();
    for (const file of indexFiles(peer.dataFolder)) writeFileSync(file, 'not an index any more');
    await peer.start();
    await isWhole(peer, root, tree, `the index of ${peer.name}`);
    await until(
      peer.client,
      ['catalog/changed'],
      async () => (await peer.client.request('search/query', { query: '"file 49"' })).total === 100,
      { what: 'searchable again' },
    );
  }
});

function indexFiles(dataFolder: string): string[] {
  const root = path.join(dataFolder, 'index');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(root, name))
    .filter((file) => /\.(segment|search)$/.test(file));
}

test(
  'a disk that is full is said, costs nothing that was there, and is used again when it has room',
  { timeout: 120_000 },
  async (t) => {
    const world = await createWorld(t);
    const data = path.join(world.folder, 'ann', 'data');
    mkdirSync(data, { recursive: true });
    if (!mountSmall(world, data)) return t.skip('a small disk cannot be mounted here');
    const tree = path.join(world.folder, 'tree');
    fill(tree, 20, 20);
    const ann = await world.peer('ann');
    const { shareId } = await ann.client.request('shares/add', { path: tree, title: 'Full' });
    await watched(ann, shareId);
    const root = { peerId: ann.client.peerId, shareId, path: '' };
    const filler = path.join(data, 'filler');
    spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=64k']);
    fill(path.join(tree, 'more'), 300, 100);
    const failed = await until(
      ann.client,
      ['shares/changed', 'log/entry'],
      async () => (await ann.client.request('shares/list', {})).find(({ failure }) => failure !== undefined),
      { what: 'it is said', timeoutMs: 40_000 },
    );
    assert.equal(failed.failure?.kind, 'disk-full', JSON.stringify(failed.failure));
    assert.ok((await listAll(ann.client, root)).has('folder 3/file 3.txt'), 'what was indexed is still offered');
    rmSync(filler);
    await isWhole(ann, root, tree, 'the index once there is room');
  },
);

/** A disk of 48 MB, as far as this system lets us. */
function mountSmall(world: World, folder: string): boolean {
  if (process.platform !== 'linux' || !isRoot) return false;
  if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', folder]).status !== 0) return false;
  world.atEnd(() => void spawnSync('umount', ['-l', folder]));
  return true;
}

test('a data folder that cannot be written is said at the start, and nothing in it is lost', { timeout: 60_000 }, async (t) => {
  const world = await createWorld(t);
  const data = path.join(world.folder, 'ann', 'data');
  mkdirSync(data, { recursive: true });
  if (!mountSmall(world, data)) return t.skip('a small disk cannot be mounted here');
  const tree = path.join(world.folder, 'tree');
  fill(tree, 20, 20);
  const ann = await world.peer('ann');
  const { shareId } = await ann.client.request('shares/add', { path: tree, title: 'Fixed' });
  await watched(ann, shareId);
  await ann.stop();
  assert.equal(spawnSync('mount', ['-o', 'remount,ro', data]).status, 0);
  await assert.rejects(ann.start(), /read-only|cannot be written/i);
  assert.equal(spawnSync('mount', ['-o', 'remount,rw', data]).status, 0);
  await ann.start();
  await isWhole(ann, { peerId: ann.client.peerId, shareId, path: '' }, tree, 'the index once it can be written');
});

test('past the system limit of watches it says so once, and finds changes all the same', { timeout: 90_000 }, async (t) => {
  const world = await createWorld(t);
  const limited = path.join(world.folder, 'node-with-few-watches');
  const setLimit = 'echo 40 > /proc/sys/user/max_inotify_watches';
  writeFileSync(limited, `#!/bin/sh\nexec unshare -U -r sh -c '${setLimit} && exec "$0" "$@"' '${process.execPath}' "$@"\n`);
  chmodSync(limited, 0o700);
  if (process.platform !== 'linux' || spawnSync('unshare', ['-U', '-r', 'sh', '-c', setLimit]).status !== 0)
    return t.skip('this system lets nobody have a limit of their own');
  const tree = path.join(world.folder, 'tree');
  fill(tree, 300, 2);
  const ann = await world.peer('ann', { execPath: limited });
  const { shareId } = await ann.client.request('shares/add', { path: tree, title: 'Many' });
  const { watch } = await watched(ann, shareId);
  assert.ok(watch && watch.watchedFolders <= 40 && watch.polledFolders >= 260, JSON.stringify(watch));
  assert.match(watch.note ?? '', /max_user_watches/);
  for (const folder of [3, 150, 299]) writeFileSync(path.join(tree, `folder ${folder}`, 'late.txt'), 'late');
  await isWhole(ann, { peerId: ann.client.peerId, shareId, path: '' }, tree, 'what was added to folders that nobody watches');
  assert.equal(ann.log().split('max_user_watches').length - 1, 1, 'it is said once');
});
