import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import type { WatchId } from '../../../../../src/protocol/ids.ts';
import type { CatalogShare } from '../../../../../src/protocol/model.ts';
import { Search } from '../../../../../src/sidecar/catalog/search/search.ts';
import { Watches } from '../../../../../src/sidecar/catalog/search/watches.ts';
import { WatchTable } from '../../../../../src/sidecar/catalog/search/watchTable.ts';
import { searchLimits } from '../../../../../src/sidecar/limits.ts';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import { Database } from '../../../../../src/sidecar/storage/database.ts';
import { NaiveWorld } from './naiveSearch.ts';

interface Scene {
  world: NaiveWorld;
  theirs: CatalogShare;
  mine: CatalogShare;
  watches: Watches;
  told: [WatchId, boolean][];
  /** Adds files to a share and waits until they were looked at. */
  grow(share: CatalogShare, files: string[]): Promise<void>;
  reopen(): Promise<void>;
}

function scene(t: TestContext): Scene {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-watch-'));
  const database = new Database(folder);
  const world = new NaiveWorld();
  const mine = world.share(world.own, 'Mine', ['own.flac']);
  const theirs = world.share(world.peer('a', 'Ann'), 'Music', ['one.flac', 'cover.jpg']);
  const open = (): Watches => {
    const watches = new Watches({
      table: new WatchTable(database),
      search: new Search(world.options),
      log: silentLog,
      onChange: (watchId, hasNews) => void it.told.push([watchId, hasNews]),
    });
    watches.open();
    return watches;
  };
  const it: Scene = {
    ...{ world, theirs, mine, told: [] },
    watches: undefined as never,
    grow: async (share, files) => {
      world.files.get(`${share.peerId}/${share.shareId}`)?.push(...files);
      it.watches.changed(share.peerId, share.shareId);
      t.mock.timers.tick(searchLimits.watchSettleMs);
      await it.watches.list();
    },
    reopen: async () => {
      await it.watches.close();
      it.watches = open();
      await it.watches.list();
    },
  };
  it.watches = open();
  t.after(async () => {
    await it.watches.close();
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return it;
}

test('a watched search tells of new matches once, and what was there is known', async (t) => {
  const it = scene(t);
  const { watchId, total, newCount } = await it.watches.add(' ext:flac ');
  assert.deepEqual([total, newCount], [2, 0]);
  assert.equal((await it.watches.add('ext:flac')).watchId, watchId, 'the same search is one');
  it.told.length = 0;
  await it.grow(it.theirs, ['two.flac', 'notes.txt']);
  assert.deepEqual(it.told, [[watchId, true]]);
  const [news] = await it.watches.list();
  assert.deepEqual([news?.total, news?.newCount, news?.newHits.map(({ entry }) => entry.path)], [3, 1, ['two.flac']]);
  await it.grow(it.theirs, ['more.txt']);
  assert.equal(it.told.length, 1, 'nothing more of the same');
  await it.grow(it.theirs, ['three.flac']);
  assert.deepEqual(it.told.at(-1), [watchId, true]);
  assert.deepEqual(
    (await it.watches.list())[0]?.newHits.map(({ entry }) => entry.path),
    ['three.flac', 'two.flac'],
    'newest first',
  );
  const seen = await it.watches.seen(watchId);
  assert.deepEqual([seen.newCount, seen.newHits.length, seen.total], [0, 0, 4]);
  assert.deepEqual(it.told.at(-1), [watchId, false]);
});

test('what own shares gain is no news', async (t) => {
  const it = scene(t);
  const { watchId } = await it.watches.add('flac');
  it.told.length = 0;
  await it.grow(it.mine, ['mine.flac']);
  assert.deepEqual(it.told, [[watchId, false]]);
  const [watch] = await it.watches.list();
  assert.deepEqual([watch?.total, watch?.newCount], [3, 0]);
});

test('over a restart: what was seen stays known, what was not is counted again without telling', async (t) => {
  const it = scene(t);
  const { watchId } = await it.watches.add('flac');
  await it.grow(it.theirs, ['two.flac']);
  await it.watches.seen(watchId);
  await it.grow(it.theirs, ['three.flac']);
  it.told.length = 0;
  await it.reopen();
  const [watch] = await it.watches.list();
  assert.deepEqual([watch?.watchId, watch?.total, watch?.newCount], [watchId, 4, 1]);
  assert.ok(it.told.every(([, hasNews]) => !hasNews));
  await it.grow(it.theirs, ['four.flac']);
  assert.deepEqual(it.told.at(-1), [watchId, true]);
});

test('news that went before anybody looked is no news any more', async (t) => {
  const it = scene(t);
  await it.watches.add('flac');
  await it.grow(it.theirs, ['two.flac']);
  it.world.files.get(`${it.theirs.peerId}/${it.theirs.shareId}`)?.pop();
  await it.grow(it.theirs, []);
  const [watch] = await it.watches.list();
  assert.deepEqual([watch?.total, watch?.newCount, watch?.newHits], [2, 0, []]);
});

test('a whole share that comes, and one that goes, are looked at', async (t) => {
  const it = scene(t);
  const { watchId } = await it.watches.add('flac');
  it.told.length = 0;
  const share = it.world.share(it.world.peer('b', 'Ben'), 'More', ['x.flac', 'y.flac']);
  await it.grow(share, []);
  assert.deepEqual(it.told, [[watchId, true]]);
  assert.equal((await it.watches.list())[0]?.newCount, 2);
  it.world.files.delete(`${share.peerId}/${share.shareId}`);
  it.watches.gone(share.peerId, share.shareId);
  t.mock.timers.tick(searchLimits.watchSettleMs);
  assert.equal((await it.watches.list())[0]?.newCount, 0);
});

test('changes that come together are looked at together, and never twice at once', async (t) => {
  const it = scene(t);
  await it.watches.add('flac');
  await it.watches.list();
  const before = it.world.queries;
  for (let round = 0; round < 50; round++) it.watches.changed(it.theirs.peerId, it.theirs.shareId);
  t.mock.timers.tick(searchLimits.watchSettleMs);
  await it.watches.list();
  assert.equal(it.world.queries - before, 1, 'in the share that changed');
});

test('a search that matches too much to know what is new is not watched', async (t) => {
  const it = scene(t);
  await it.grow(
    it.theirs,
    Array.from({ length: searchLimits.knownHits }, (_, at) => `${at}.flac`),
  );
  await assert.rejects(it.watches.add('flac'), { kind: 'too-large', message: /20,002/ });
  await assert.rejects(it.watches.add('  '), { kind: 'invalid-argument' });
  await assert.rejects(it.watches.add('size>lots'), { kind: 'invalid-argument' });
});

test('removing, and what is not there', async (t) => {
  const it = scene(t);
  const { watchId } = await it.watches.add('flac');
  it.watches.remove(watchId);
  assert.deepEqual(await it.watches.list(), []);
  assert.throws(() => it.watches.remove(watchId), { kind: 'not-found' });
  await assert.rejects(it.watches.seen(watchId), { kind: 'not-found' });
  await it.reopen();
  assert.deepEqual(await it.watches.list(), []);
  for (let number = 0; number < searchLimits.watches; number++) await it.watches.add(`flac ${number}`);
  await assert.rejects(it.watches.add('one more'), { kind: 'too-large' });
});
