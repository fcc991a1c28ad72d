// The main job on real input: three peers, one party, a large real tree; listed completely, listed with its owner gone,
// downloaded byte for byte.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { EntryRef } from '../../src/protocol/model.ts';
import { createWorld, ended, indexed, largeTree, listAll, seen, type TestPeer } from './world.ts';

async function joinAll(peers: TestPeer[], name: string): Promise<void> {
  for (const peer of peers) await peer.client.request('parties/join', { name });
}

test('50,000 files are listed completely by two other peers, also with their owner gone and after a restart', async (t) => {
  const tree = largeTree(50_000);
  const world = await createWorld(t);
  const [ann, ben, cleo] = [await world.peer('ann'), await world.peer('ben'), await world.peer('cleo')];
  await joinAll([ann, ben, cleo], 'large tree party');
  await Promise.all([seen(ben, ann), seen(cleo, ann)]);

  const share = await ann.client.request('shares/add', { path: tree, title: 'Modules' });
  const [atBen, atCleo] = await Promise.all([indexed(ben, ann, 'Modules'), indexed(cleo, ann, 'Modules')]);
  assert.ok(atBen.fileCount >= 50_000, `${atBen.fileCount} files`);
  assert.deepEqual(
    [atCleo.fileCount, atCleo.folderCount, atCleo.totalBytes],
    [atBen.fileCount, atBen.folderCount, atBen.totalBytes],
  );

  const own = (await ann.client.request('shares/list', {})).find((each) => each.shareId === share.shareId);
  const skipped = (await ann.client.request('shares/preview', { path: tree })).skipped.map((each) => each.path);
  const root: EntryRef = { peerId: ann.client.peerId, shareId: share.shareId, path: '' };
  const listed = await listAll(ben.client, root);
  let files = 0;
  let bytes = 0;
  const visit = (relative: string): void => {
    for (const name of readdirSync(path.join(tree, relative))) {
      const below = relative === '' ? name : `${relative}/${name}`;
      const entry = listed.get(below);
      const stats = lstatSync(path.join(tree, below));
      if (!entry) {
        assert.ok(skipped.includes(below), `${below} is neither listed nor said to be left out`);
        continue;
      }
      assert.equal(entry.kind, stats.isDirectory() ? 'folder' : 'file', below);
      if (stats.isDirectory()) visit(below);
      else {
        assert.equal(entry.sizeBytes, stats.size, below);
        assert.equal(entry.mtimeMs, Math.trunc(stats.mtimeMs), below);
        files++;
        bytes += stats.size;
      }
    }
  };
  visit('');
  assert.equal(files, own?.fileCount);
  assert.equal(bytes, own?.totalBytes);
  assert.equal(listed.size, files + (own?.folderCount ?? 0));

  await ann.stop();
  await Promise.all([seen(ben, ann, false), seen(cleo, ann, false)]);
  assert.deepEqual(await listAll(cleo.client, root), listed, 'listed the same with the owner gone');
  await ben.kill();
  await ben.start();
  assert.deepEqual(await listAll(ben.client, root), listed, 'listed the same after a restart, owner gone');
});

test('a downloaded folder of 2,000 files equals its source', async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'source');
  copyRealFiles(tree, 2000);
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  await joinAll([ann, ben], 'folder party');
  const share = await ann.client.request('shares/add', { path: tree, title: 'Two thousand' });
  await indexed(ben, ann, 'Two thousand');
  const root: EntryRef = { peerId: ann.client.peerId, shareId: share.shareId, path: '' };
  const done = await ended(ben, await ben.client.request('downloads/add', { entry: root }));
  assert.equal(done.state, 'done', JSON.stringify(done.failure ?? done.failedFiles));
  assert.equal(done.doneFiles, 2000);
  assert.equal(done.destination, path.join(ben.downloadFolder, 'Two thousand'));
  assert.equal(execFileSync('diff', ['-r', tree, done.destination], { encoding: 'utf8' }), '');
  assert.deepEqual(
    readdirSync(ben.downloadFolder).filter((name) => name !== 'Two thousand' && !name.startsWith('.potluck')),
    [],
    'nothing else was left in the download folder',
  );

  const again = await ended(ben, await ben.client.request('downloads/add', { entry: root }));
  assert.notEqual(again.destination, done.destination, 'a second download overwrites nothing');
  assert.equal(execFileSync('diff', ['-r', tree, again.destination], { encoding: 'utf8' }), '');
});

test('a single file, a range of it, and the same file with its owner gone are the bytes of the source', async (t) => {
  const world = await createWorld(t);
  const tree = path.join(world.folder, 'source');
  mkdirSync(tree);
  cpSync(process.execPath, path.join(tree, 'node binary'));
  const bytes = readFileSync(path.join(tree, 'node binary'));
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  await joinAll([ann, ben], 'single party');
  const share = await ann.client.request('shares/add', { path: tree, title: 'Binary' });
  await indexed(ben, ann, 'Binary');
  const entry: EntryRef = { peerId: ann.client.peerId, shareId: share.shareId, path: 'node binary' };

  const range = await ben.client.request('files/fetchRange', { entry, offset: 1_000_003, length: 70_001 });
  assert.ok(readFileSync(range.localPath).equals(bytes.subarray(1_000_003, 1_070_004)));
  const fetched = await ben.client.request('files/fetch', { entry }, { timeoutMs: 60_000 });
  assert.ok(readFileSync(fetched.localPath).equals(bytes));
  assert.equal(fetched.contentId, range.contentId);
  await assert.rejects(ben.client.request('files/fetch', { entry: { ...entry }, maxBytes: 0 }), { kind: 'too-large' });
  const done = await ended(ben, await ben.client.request('downloads/add', { entry }));
  assert.equal(done.state, 'done', JSON.stringify(done.failure));
  assert.ok(readFileSync(done.destination).equals(bytes));

  await ann.stop();
  await seen(ben, ann, false);
  const offline = await ben.client.request('files/fetch', { entry });
  assert.ok(readFileSync(offline.localPath).equals(bytes), 'what was opened before opens with the owner gone');
});

/** Copies the first `count` small real files of this project's dependencies, folders kept. */
function copyRealFiles(target: string, count: number): void {
  const source = path.join(import.meta.dirname, '..', '..', 'node_modules');
  let left = count;
  const visit = (relative: string): void => {
    for (const item of readdirSync(path.join(source, relative), { withFileTypes: true })) {
      if (left === 0) return;
      const below = path.join(relative, item.name);
      if (item.name.startsWith('.') || /\.(pem|key|crt)$/.test(item.name)) continue; // What a share leaves out.
      if (item.isDirectory()) visit(below);
      else if (item.isFile() && lstatSync(path.join(source, below)).size < 500_000) {
        mkdirSync(path.join(target, relative), { recursive: true });
        cpSync(path.join(source, below), path.join(target, below));
        left--;
      }
    }
  };
  visit('');
}
