// Search, the merged tree, recent files and watched searches over real sidecars, owners online or not.

import assert from 'node:assert/strict';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { SearchPage } from '../../src/protocol/model.ts';
import { createWorld, indexed, seen, until, watched, type TestPeer } from './world.ts';

const files = {
  Music: ['Miles Davis/Kind of Blue/01 So What.flac', 'Miles Davis/Kind of Blue/02 Freddie Freeloader.flac', 'cover.JPG'],
  Code: ['src/parser.ts', 'src/parserTest.ts', 'docs/Parser Guide.pdf', 'README.md', 'ünïcode/Größe.txt'],
};

async function scene(t: TestContext): Promise<{ ann: TestPeer; ben: TestPeer; folder: string }> {
  const world = await createWorld(t);
  const [ann, ben] = [await world.peer('ann'), await world.peer('ben')];
  for (const peer of [ann, ben]) await peer.client.request('parties/join', { name: 'search party' });
  for (const [title, names] of Object.entries(files)) {
    const tree = path.join(world.folder, title);
    for (const name of names) {
      mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
      writeFileSync(path.join(tree, name), 'x'.repeat(name.length * 100));
      utimesSync(path.join(tree, name), new Date(2024, 0, 1), new Date(2024, 0, 1));
    }
    const { shareId } = await ann.client.request('shares/add', { path: tree, title });
    await watched(ann, shareId);
    await indexed(ben, ann, title);
  }
  await until(
    ben.client,
    ['catalog/changed'],
    async () => (await ben.client.request('search/query', { query: 'README' })).searchedShares === 2,
    { what: 'both shares are searchable' },
  );
  return { ann, ben, folder: world.folder };
}

function pathsOf({ hits }: SearchPage): string[] {
  return hits.map(({ entry }) => entry.path);
}

test(
  'searching finds what was asked for, with the owner away, after a restart, and over the command line',
  { timeout: 90_000 },
  async (t) => {
    const { ann, ben } = await scene(t);
    await ann.stop();
    await seen(ben, ann, false);
    const search = (query: string, options: { limit?: number; offset?: number } = {}): Promise<SearchPage> =>
      ben.client.request('search/query', { query, ...options });
    const sorted = async (query: string): Promise<string[]> => pathsOf(await search(query)).sort();
    assert.deepEqual(await sorted('parser'), ['docs/Parser Guide.pdf', 'src/parser.ts', 'src/parserTest.ts']);
    assert.equal(pathsOf(await search('parser'))[0], 'src/parser.ts', 'the whole name comes first');
    assert.deepEqual(await sorted('parser -test'), ['docs/Parser Guide.pdf', 'src/parser.ts']);
    assert.deepEqual(await sorted('"kind of" freddie'), ['Miles Davis/Kind of Blue/02 Freddie Freeloader.flac']);
    assert.deepEqual(await sorted('src/parser'), ['src/parser.ts', 'src/parserTest.ts']);
    assert.deepEqual(await sorted('ext:jpg'), ['cover.JPG']);
    assert.deepEqual(await sorted('kind:audio davis what'), ['Miles Davis/Kind of Blue/01 So What.flac']);
    assert.deepEqual(await sorted('größe'), ['ünïcode/Größe.txt']);
    assert.deepEqual(await sorted('kind:folder blue'), ['Miles Davis/Kind of Blue']);
    assert.deepEqual(await sorted('size>3kb'), [
      'Miles Davis/Kind of Blue/01 So What.flac',
      'Miles Davis/Kind of Blue/02 Freddie Freeloader.flac',
    ]);
    assert.deepEqual(await sorted('parser peer:nobody'), []);
    assert.deepEqual(await sorted('parser peer:ann party:"search party" share:code ext:pdf'), ['docs/Parser Guide.pdf']);
    const similar = await search('freeloder');
    assert.ok(similar.isFuzzy && pathsOf(similar).some((each) => each.includes('Freeloader')), JSON.stringify(similar));
    const hit = (await search('guide')).hits[0];
    assert.ok(
      hit && !hit.isOnline && !hit.isOwn && hit.peerName === 'ann' && hit.shareTitle === 'Code' && hit.lastSeenMs !== undefined,
    );
    assert.deepEqual(
      hit.matches.map(([start, end]) => hit.entry.path.slice(start, end)),
      ['Guide'],
    );
    await assert.rejects(search('size>lots'), { kind: 'invalid-argument' });

    const everything = await search('a');
    const paged = [...pathsOf(await search('a', { limit: 2 })), ...pathsOf(await search('a', { offset: 2, limit: 100 }))];
    assert.deepEqual(paged, pathsOf(everything), 'pages neither overlap nor skip');
    assert.equal(everything.total, paged.length);

    await ben.kill();
    await ben.start();
    await until(ben.client, ['catalog/changed'], async () => (await sorted('parser')).length === 3, {
      what: 'searchable after a kill',
    });
  },
);

test('the merged tree joins what has the same title, and recent files come newest first', { timeout: 90_000 }, async (t) => {
  const { ann, ben, folder } = await scene(t);
  const own = path.join(folder, 'own', 'Code');
  mkdirSync(path.join(own, 'src'), { recursive: true });
  writeFileSync(path.join(own, 'src', 'parser.ts'), 'mine');
  writeFileSync(path.join(own, 'src', 'file10.ts'), 'mine');
  writeFileSync(path.join(own, 'src', 'File9.ts'), 'mine');
  utimesSync(path.join(own, 'src', 'File9.ts'), new Date(Date.now() + 60_000), new Date(Date.now() + 60_000));
  const { shareId } = await ben.client.request('shares/add', { path: own, title: 'Code' });
  await watched(ben, shareId);
  const top = await ben.client.request('catalog/merged', { path: '' });
  assert.deepEqual(
    top.entries.map(({ name, holderCount }) => [name, holderCount]),
    [
      ['Code', 2],
      ['Music', 1],
    ],
  );
  const { entries } = await ben.client.request('catalog/merged', { path: 'Code/src' });
  assert.deepEqual(
    entries.map(({ name, holderCount }) => [name, holderCount]),
    [
      ['File9.ts', 1],
      ['file10.ts', 1],
      ['parser.ts', 2],
      ['parserTest.ts', 1],
    ],
  );
  const holders = entries.find(({ name }) => name === 'parser.ts')?.holders.map(({ entry }) => entry.peerId);
  assert.deepEqual(new Set(holders), new Set([ann.client.peerId, ben.client.peerId]));
  await assert.rejects(ben.client.request('catalog/merged', { path: 'Code/none' }), { kind: 'not-found' });
  const listed = await ben.client.request('catalog/list', {
    entry: { peerId: ben.client.peerId, shareId, path: 'src' },
    order: 'editor',
  });
  assert.deepEqual(
    listed.entries.map(({ name }) => name),
    ['File9.ts', 'file10.ts', 'parser.ts'],
  );

  writeFileSync(path.join(folder, 'Music', 'newest.mp3'), 'new');
  const recent = await until(
    ben.client,
    ['catalog/changed'],
    async () => {
      const page = await ben.client.request('catalog/recent', { peerId: ann.client.peerId, limit: 3 });
      return page.hits[0]?.entry.path === 'newest.mp3' && page;
    },
    { what: 'the newest file is first' },
  );
  assert.equal(recent.total, 9);
});

test('a watched search tells of what is new, once, and not of what was there', { timeout: 90_000 }, async (t) => {
  const { ben, folder } = await scene(t);
  const { watchId, total } = await ben.client.request('watches/add', { query: 'ext:flac' });
  assert.equal(total, 2);
  let news = 0;
  ben.client.on('watches/changed', (changed) => void (changed.hasNews && news++));
  writeFileSync(path.join(folder, 'Music', 'cover.png'), 'no match');
  writeFileSync(path.join(folder, 'Music', 'Blue in Green.flac'), 'match');
  const watch = await until(
    ben.client,
    ['watches/changed'],
    async () => (await ben.client.request('watches/list', {})).find((each) => each.newCount > 0),
    { what: 'the search has news' },
  );
  assert.deepEqual([watch.newCount, watch.total, watch.newHits[0]?.entry.path], [1, 3, 'Blue in Green.flac']);
  assert.equal((await ben.client.request('watches/seen', { watchId })).newCount, 0);
  await ben.kill();
  await ben.start();
  const again = await ben.client.request('watches/list', {});
  assert.deepEqual(
    again.map(({ query }) => query),
    ['ext:flac'],
  );
  await until(
    ben.client,
    ['watches/changed', 'catalog/changed'],
    async () => (await ben.client.request('watches/list', {}))[0]?.total === 3,
    { what: 'looked again' },
  );
  assert.equal((await ben.client.request('watches/list', {}))[0]?.newCount, 0);
  assert.equal(news, 1);
});
