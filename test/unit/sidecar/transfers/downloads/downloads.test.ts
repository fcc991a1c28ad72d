// The whole way from a shared folder to a download folder, without a network.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { assertSameTree, content, owner, receiver, refTo, shareId, temporaryFolder, treeOf } from '../world.ts';

test('files of every size around a leaf arrive whole, with their time', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const to = await receiver(t, base, from);
  for (const sizeBytes of [0, 1, 16383, 16384, 16385, 1024 * 1024, 1024 * 1024 + 1, 5 * 1024 * 1024 + 77]) {
    const bytes = content(sizeBytes, sizeBytes + 1);
    from.write(`f${sizeBytes}.bin`, bytes);
    const download = await to.get(`f${sizeBytes}.bin`);
    assert.equal(download.state, 'done', JSON.stringify(download.failure));
    assert.equal(download.destination, path.join(to.folder, `f${sizeBytes}.bin`));
    assert.ok(readFileSync(download.destination).equals(bytes));
    assert.equal(Math.round(statSync(download.destination).mtimeMs), Date.UTC(2024, 1, 3));
    assert.deepEqual(
      [download.doneBytes, download.totalBytes, download.doneFiles, download.totalFiles],
      [sizeBytes, sizeBytes, 1, 1],
    );
  }
  assert.equal(existsSync(path.join(to.folder, '.potluck-partial')), false);
});

test('a file whose root is known is checked leaf by leaf', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const bytes = content(40 * 1024 * 1024 + 5);
  from.write('large.bin', bytes);
  let hashRequests = 0;
  const counted = {
    ...from.source,
    hashes: (...args: Parameters<typeof from.source.hashes>) => (hashRequests++, from.source.hashes(...args)),
  };
  const to = await receiver(t, base, { ...from, source: counted });
  await new Promise((resolve) => setTimeout(resolve, 60)); // older than a tick of file times, so that its root is remembered
  assert.equal((await to.get('large.bin')).state, 'done');
  const request = { shareId, path: 'large.bin', offset: 0, length: 0, needsRoot: true };
  const reply = await from.source.read(request, { signal: AbortSignal.timeout(10_000) });
  for await (const chunk of reply.bytes) assert.equal(chunk.length, 0);
  // Once it was sent its owner hashes it, so the first receiver may have asked as well.
  hashRequests = 0;
  const other = await receiver(t, temporaryFolder(t), { ...from, source: counted });
  const second = await other.get('large.bin');
  assert.equal(second.state, 'done');
  assert.equal(hashRequests, 1, '2,561 leaves in one batch of 16,384');
  assert.ok(readFileSync(second.destination).equals(bytes));
});

test('a folder arrives with its tree, empty folders too, under a free name', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  from.write('docs/a.txt', 'a');
  from.write('docs/deep/er/b.bin', content(70_000));
  from.write('docs/.hidden', 'h');
  mkdirSync(path.join(from.shared, 'docs/empty/inside'), { recursive: true });
  const to = await receiver(t, base, from);
  mkdirSync(path.join(to.folder, 'docs'), { recursive: true });
  writeFileSync(path.join(to.folder, 'docs/mine.txt'), 'mine');
  const download = await to.get('docs');
  assert.equal(download.state, 'done', JSON.stringify(download.failure));
  assert.equal(download.destination, path.join(to.folder, 'docs (2)'));
  assertSameTree(download.destination, path.join(from.shared, 'docs'));
  assert.deepEqual([...treeOf(path.join(to.folder, 'docs')).keys()], ['mine.txt']);
});

test('a whole share arrives in a folder named after its title', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  from.write('one.txt', '1');
  const to = await receiver(t, base, { ...from, catalog: { ...from.catalog, titleOf: () => '../My: stuff/\u0000x' } });
  const download = await to.get('');
  assert.equal(download.state, 'done', JSON.stringify(download.failure));
  assert.equal(path.dirname(download.destination), to.folder);
  assertSameTree(download.destination, from.shared);
});

test('a thousand small files arrive', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  for (let i = 0; i < 1000; i++) from.write(`many/d${i % 10}/f${i}.txt`, content(i * 7, i));
  const to = await receiver(t, base, from);
  const download = await to.get('many');
  assert.equal(download.state, 'done', JSON.stringify(download.failure));
  assert.equal(download.doneFiles, 1000);
  assertSameTree(download.destination, path.join(from.shared, 'many'));
  assert.ok(to.told.length < 60, `told ${to.told.length} times`);
});

test('a file of the same name is kept, whatever it is', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  from.write('a.tar.gz', 'new');
  const to = await receiver(t, base, from);
  mkdirSync(to.folder, { recursive: true });
  writeFileSync(path.join(to.folder, 'a.tar.gz'), 'mine');
  mkdirSync(path.join(to.folder, 'a (2).tar.gz'));
  const added = await to.downloads.add(refTo('a.tar.gz'), { isPaused: true });
  assert.equal(added.destination, path.join(to.folder, 'a.tar.gz'));
  assert.equal(added.isDestinationOpen, true);
  await to.downloads.resume(added.downloadId);
  const download = await to.ended(added.downloadId);
  assert.equal(download.destination, path.join(to.folder, 'a (3).tar.gz'));
  assert.equal(download.isDestinationOpen, undefined);
  assert.equal(readFileSync(path.join(to.folder, 'a.tar.gz'), 'utf8'), 'mine');
});

test('a finished download can be cleared, and its file stays', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  from.write('a.txt', 'a');
  const to = await receiver(t, base, from);
  const { downloadId, destination } = await to.get('a.txt');
  await to.downloads.clear(downloadId);
  assert.deepEqual(to.downloads.list(), []);
  assert.deepEqual(readdirSync(to.folder), ['a.txt']);
  assert.equal(readFileSync(destination, 'utf8'), 'a');
  await assert.rejects(to.downloads.clear(downloadId), { kind: 'not-found' });
});

test('what is not in the index is not queued', async (t) => {
  const base = temporaryFolder(t);
  const to = await receiver(t, base, owner(t, base));
  await assert.rejects(to.downloads.add(refTo('nope')), { kind: 'not-found' });
  await assert.rejects(to.downloads.add(refTo('../up')), { kind: 'invalid-argument' });
  await assert.rejects(to.downloads.add(refTo('x'), { folder: 'relative' }), { kind: 'invalid-argument' });
  assert.deepEqual(to.downloads.list(), []);
});
