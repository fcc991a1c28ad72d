// What changes on the owner's disk is in its index and at connected peers by itself, whatever kind of change it is; pausing and what
// happened while nobody looked.

import assert from 'node:assert/strict';
import { appendFileSync, lstatSync, mkdirSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { EntryRef, ShareInfo } from '../../src/protocol/model.ts';
import { createWorld, indexed, listAll, treeOf, until, watched, type TestPeer } from './world.ts';

interface Scene {
  tree: string;
  ann: TestPeer;
  ben: TestPeer;
  root: EntryRef;
}

/** Ann shares a small tree, Ben has its index. */
async function scene(t: TestContext): Promise<Scene> {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  mkdirSync(path.join(tree, 'docs', 'old'), { recursive: true });
  for (const name of ['a.txt', 'docs/b.txt', 'docs/old/c.txt', 'docs/old/d.txt']) writeFileSync(path.join(tree, name), name);
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'watching party' });
  const { shareId } = await ann.client.request('shares/add', { path: tree, title: 'Tree' });
  await watched(ann, shareId);
  await indexed(ben, ann, 'Tree');
  return { tree, ann, ben, root: { peerId: ann.client.peerId, shareId, path: '' } };
}

/** Waits until a peer lists exactly what lies on the disk, sizes and times included. */
async function equalsDisk(
  peer: TestPeer,
  { tree, root }: Pick<Scene, 'tree' | 'root'>,
  what: string,
  timeoutMs = 10_000,
): Promise<void> {
  let last = '';
  try {
    await until(
      peer.client,
      ['catalog/changed'],
      async () => {
        last = difference(await listAll(peer.client, root).catch(() => new Map()), tree);
        return last === '';
      },
      { what, timeoutMs },
    );
  } catch (error) {
    throw new Error(`${what}: ${last}`, { cause: error });
  }
}

/** '' when equal, else the first thing that is not. */
function difference(listed: Awaited<ReturnType<typeof listAll>>, tree: string): string {
  const onDisk = treeOf(tree);
  for (const [each, kind] of onDisk) {
    if (kind.startsWith('link')) continue;
    const entry = listed.get(each);
    if (entry === undefined) return `${each} is not listed`;
    if ((entry.kind === 'folder') !== (kind === 'folder')) return `${each} is a ${entry.kind}`;
    const stats = lstatSync(path.join(tree, each));
    if (entry.kind === 'file' && entry.sizeBytes !== stats.size) return `${each} has ${entry.sizeBytes} of ${stats.size} bytes`;
    if (entry.mtimeMs !== Math.floor(stats.mtimeMs)) return `${each} is of ${entry.mtimeMs}, not ${Math.floor(stats.mtimeMs)}`;
  }
  for (const each of listed.keys()) if (!onDisk.has(each)) return `${each} is listed and gone`;
  return '';
}

test('every kind of change reaches a connected peer', { timeout: 90_000 }, async (t) => {
  const all = await scene(t);
  const { tree, ben } = all;
  const at = (name: string): string => path.join(tree, name);
  const steps: [what: string, change: () => void][] = [
    ['a new file', () => writeFileSync(at('new.txt'), 'new')],
    ['an edit', () => appendFileSync(at('a.txt'), ' more')],
    [
      'an edit of the same size',
      () => {
        writeFileSync(at('a.txt'), 'A.TXT more');
        utimesSync(at('a.txt'), new Date(2020, 1, 1), new Date(2020, 1, 1));
      },
    ],
    [
      'a save that renames over',
      () => {
        writeFileSync(at('docs/.b.swp'), 'saved whole');
        renameSync(at('docs/.b.swp'), at('docs/b.txt'));
      },
    ],
    ['a deletion', () => rmSync(at('docs/old/c.txt'))],
    ['a file that moves', () => renameSync(at('new.txt'), at('docs/moved.txt'))],
    ['a folder that moves', () => renameSync(at('docs'), at('papers'))],
    ['a change in a folder that moved', () => writeFileSync(at('papers/old/e.txt'), 'e')],
    ['a folder removed', () => rmSync(at('papers/old'), { recursive: true })],
    [
      'a file where a folder was, and the other way round',
      () => {
        rmSync(at('papers'), { recursive: true });
        writeFileSync(at('papers'), 'a file now');
        rmSync(at('a.txt'));
        mkdirSync(at('a.txt'));
        writeFileSync(at('a.txt/inside.txt'), 'inside');
      },
    ],
    [
      'two thousand files at once',
      () => {
        mkdirSync(at('many'));
        for (let file = 0; file < 2000; file++) writeFileSync(at(`many/f${file}`), String(file));
      },
    ],
    [
      'two hundred fresh nested folders',
      () => {
        for (let chain = 0; chain < 10; chain++) {
          let folder = at(`nested/${chain}`);
          for (let depth = 0; depth < 20; depth++) {
            mkdirSync(folder, { recursive: true });
            writeFileSync(path.join(folder, 'leaf.txt'), 'leaf');
            folder = path.join(folder, `d${depth}`);
          }
        }
      },
    ],
    ['all of it removed', () => ['many', 'nested', 'papers', 'a.txt'].forEach((name) => rmSync(at(name), { recursive: true }))],
  ];
  for (const [what, change] of steps) {
    change();
    await equalsDisk(ben, all, what);
  }
});

test(
  'what became a secret, ignored or a link is off the table at once',
  { timeout: 60_000, skip: process.platform === 'win32' },
  async (t) => {
    const all = await scene(t);
    const { tree, ben, root } = all;
    // A folder that goes while it is listed is looked at again.
    const listed = () => listAll(ben.client, root).catch(() => undefined);
    const isGone = (name: string): Promise<boolean> =>
      until(ben.client, ['catalog/changed'], async () => (await listed())?.has(name) === false, {
        what: `${name} is gone`,
        timeoutMs: 10_000,
      });
    writeFileSync(path.join(tree, '.potluckignore'), 'docs/old/\n');
    await isGone('docs/old/c.txt');
    renameSync(path.join(tree, 'a.txt'), path.join(tree, 'id_rsa'));
    await isGone('a.txt');
    rmSync(path.join(tree, 'docs', 'b.txt'));
    symlinkSync('/etc/hostname', path.join(tree, 'docs', 'b.txt'));
    await isGone('docs/b.txt');
    // One more that arrives shows that all before it was seen.
    writeFileSync(path.join(tree, 'last.txt'), 'last');
    await until(ben.client, ['catalog/changed'], async () => (await listed())?.has('last.txt'), {
      what: 'the last file',
    });
    assert.deepEqual([...(await listAll(ben.client, root)).keys()].sort(), ['.potluckignore', 'docs', 'last.txt']);
  },
);

test('changes made while the sidecar was down are found at its start', { timeout: 60_000 }, async (t) => {
  const all = await scene(t);
  const { tree, ann, ben } = all;
  await ann.kill();
  writeFileSync(path.join(tree, 'added.txt'), 'added');
  rmSync(path.join(tree, 'docs', 'old', 'c.txt'));
  renameSync(path.join(tree, 'docs', 'old', 'd.txt'), path.join(tree, 'd.txt'));
  await ann.start();
  await equalsDisk(ben, all, 'what changed meanwhile', 30_000);
});

test('a paused share stands still, also over a restart, and catches up when it goes on', { timeout: 60_000 }, async (t) => {
  const all = await scene(t);
  const { tree, ann, ben, root } = all;
  const { shareId } = root;
  const paused = await ann.client.request('shares/pause', { shareId });
  assert.equal(paused.state, 'paused');
  writeFileSync(path.join(tree, 'unseen.txt'), 'unseen');
  await ann.stop();
  await ann.start();
  const [share] = await ann.client.request('shares/list', {});
  assert.equal(share?.state, 'paused');
  assert.ok(!(await listAll(ann.client, root)).has('unseen.txt'));
  assert.ok((await listAll(ann.client, root)).has('a.txt'), 'what was there is still offered');
  await ann.client.request('shares/resume', { shareId });
  await watched(ann, shareId);
  await equalsDisk(ben, all, 'what was held back', 30_000);
});

test('what is ignored or secret now is not served, even while the share stands still', { timeout: 60_000 }, async (t) => {
  const { tree, ann, ben, root } = await scene(t);
  await ann.client.request('shares/pause', { shareId: root.shareId });
  writeFileSync(path.join(tree, 'docs', '.gitignore'), 'old/\n');
  const entries = await listAll(ben.client, root);
  assert.ok(entries.has('docs/old/c.txt') && entries.has('docs/b.txt'), 'the index is the one of before');
  const fetch = (name: string) => ben.client.request('files/fetch', { entry: { ...root, path: name } });
  await assert.rejects(fetch('docs/old/c.txt'), { kind: 'not-found' });
  assert.equal((await fetch('docs/b.txt')).sizeBytes, 'docs/b.txt'.length);
});

test(
  'a share whose folder goes away keeps its index, says so, and comes back with the folder',
  { timeout: 90_000 },
  async (t) => {
    const all = await scene(t);
    const { tree, ann, ben, root } = all;
    renameSync(tree, `${tree}-away`);
    const failed = await until(
      ann.client,
      ['shares/changed'],
      async () => (await ann.client.request('shares/list', {})).find(({ state }) => state === 'failed'),
      { what: 'the share says that its folder is away', timeoutMs: 30_000 },
    );
    assert.match(failed.failure?.message ?? '', /not there/);
    assert.ok((await listAll(ben.client, root)).has('docs/old/c.txt'), 'the index stays');
    writeFileSync(path.join(`${tree}-away`, 'meanwhile.txt'), 'meanwhile');
    renameSync(`${tree}-away`, tree);
    await watched(ann, root.shareId, 40_000);
    await equalsDisk(ben, all, 'what it holds now', 30_000);
  },
);

test('a scan can be cancelled, and what it was told to share is not half offered', { timeout: 90_000 }, async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'tree');
  for (let folder = 0; folder < 400; folder++) {
    mkdirSync(path.join(tree, `f${folder}`), { recursive: true });
    for (let file = 0; file < 50; file++) writeFileSync(path.join(tree, `f${folder}`, `${file}`), '');
  }
  const ann = await world.peer('ann');
  const { shareId } = await ann.client.request('shares/add', { path: tree, title: 'Large' });
  const cancelled: ShareInfo = await ann.client.request('shares/cancelScan', { shareId });
  // The scan may have ended before it was asked to.
  if (cancelled.state === 'paused') assert.equal((await ann.client.request('catalog/shares', {}))[0]?.indexState, 'none');
  await ann.client.request('shares/rescan', { shareId });
  const done = await watched(ann, shareId);
  assert.equal(done.fileCount, 20_000);
});
