import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { AppError } from '../../../src/protocol/errors.ts';
import { isWatchId, type WatchId } from '../../../src/protocol/ids.ts';
import type { MergedEntry, SearchHit, SearchPage, ShareInfo, WatchedSearch } from '../../../src/protocol/model.ts';
import { catalogShare, createCli, ownId, peer, peerId, shareId } from './world.ts';

const ann = peerId('annaann');
const photos = shareId('photo');

function hit(path: string, more: Partial<SearchHit> = {}): SearchHit {
  return {
    entry: { peerId: ann, shareId: photos, path },
    ...{ kind: 'file', sizeBytes: 2048, mtimeMs: 1_790_000_000_000, peerName: 'Ann', shareTitle: 'Photos' },
    ...{ isOwn: false, isOnline: true, matches: [] },
    ...more,
  };
}

function page(hits: SearchHit[], more: Partial<SearchPage> = {}): SearchPage {
  return { hits, total: hits.length, isFuzzy: false, searchedShares: 1, missingShares: 0, tookMs: 1, ...more };
}

function watchId(start: string): WatchId {
  const id = start.padEnd(26, 'y');
  if (!isWatchId(id)) throw new Error(`${id} is no watch id`);
  return id;
}

test('search prints places that other commands take, and says on the side how much there is', async (t) => {
  const cli = await createCli(t, {
    'search/query': () =>
      page([hit('a b/one.jpg'), hit('dir', { kind: 'folder', isOnline: false, lastSeenMs: Date.now() - 3 * 86_400_000 })], {
        ...{ total: 1234, missingShares: 2 },
      }),
  });
  const run = await cli.run(['search', 'one', '"two words"', '--limit', '2']);
  assert.equal(run.code, 0);
  assert.deepEqual(cli.calls, [['search/query', { query: 'one "two words"', offset: 0, limit: 2 }]]);
  const lines = run.text.trimEnd().split('\n');
  assert.match(lines[0] ?? '', /^ +2\.0 KB {2}\d{4}-\d\d-\d\d \d\d:\d\d {2}online {6}Ann\/Photos\/a b\/one\.jpg$/);
  assert.match(lines[1] ?? '', /^ +- {2}.* {2}3 d ago {5}Ann\/Photos\/dir\/$/);
  assert.equal(
    run.errors,
    '1,234 matches, 2 shown (more with --limit). 2 shares could not be searched yet; --live asks their owners.\n',
  );
  const json = await cli.run(['search', 'one', '--json', '--limit', '2']);
  assert.deepEqual((JSON.parse(json.text) as SearchPage).hits.length, 2);
});

test('words to leave out go after two dashes; a query that is not understood is a usage error', async (t) => {
  const cli = await createCli(t, {
    'search/query': (fields) => {
      if (fields['query'] === 'size>lots') throw new AppError('invalid-argument', 'size>lots is not understood.');
      return page([]);
    },
  });
  const run = await cli.run(['search', '--', 'a', '-b']);
  assert.deepEqual(cli.calls[0]?.[1], { query: 'a -b', offset: 0, limit: 50 });
  assert.deepEqual([run.code, run.text, run.errors], [0, '', 'Nothing found.\n']);
  assert.equal((await cli.run(['search', 'size>lots'])).code, 2);
  for (const limit of ['0', '-1', 'x', '1.5']) assert.equal((await cli.run(['search', 'a', `--limit=${limit}`])).code, 2, limit);
  assert.equal((await cli.run(['search'])).code, 2);
});

test('many hits come page by page, and a reader that goes away ends them', async (t) => {
  const cli = await createCli(t, {
    'search/query': (fields) => {
      const { offset, limit } = fields as { offset: number; limit: number };
      return page(
        Array.from({ length: limit }, (_, at) => hit(`f${offset + at}`)),
        { total: 1_000_000 },
      );
    },
  });
  const run = await cli.run(['search', 'f', '--limit', '2500']);
  assert.equal(run.text.trimEnd().split('\n').length, 2500);
  assert.deepEqual(
    cli.calls.map(([, fields]) => fields),
    [0, 1000, 2000].map((offset) => ({ query: 'f', offset, limit: Math.min(1000, 2500 - offset) })),
  );
  const stdout = new PassThrough();
  stdout.once('data', () => stdout.destroy(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })));
  const left = await cli.run(['search', 'f', '--limit', '1000000'], { stdout });
  assert.deepEqual([left.code, left.errors], [0, '']);
});

test('--live adds what peers answer, until the last of them', async (t) => {
  const cli = await createCli(t, {
    'search/query': (fields, { caller }) => {
      const liveToken = String(fields['liveToken']);
      caller.notify('search/live', { liveToken: 'of another', hits: [hit('no')], isDone: true });
      caller.notify('search/live', { liveToken, hits: [hit('early')], isDone: false });
      setImmediate(() => {
        caller.notify('search/live', { liveToken, hits: [hit('late')], isDone: false });
        caller.notify('search/live', { liveToken, hits: [], isDone: true });
      });
      return page([hit('here')]);
    },
  });
  const run = await cli.run(['search', 'e', '--live', '--json']);
  const paths = run.text
    .trimEnd()
    .split('\n')
    .map((line) => (JSON.parse(line) as SearchHit).entry.path);
  assert.deepEqual(paths, ['here', 'early', 'late']);
  const few = await cli.run(['search', 'e', '--live', '--json', '--limit', '2']);
  assert.equal(few.text.trimEnd().split('\n').length, 2);
});

test('recent asks for one peer by any of its names', async (t) => {
  const cli = await createCli(t, {
    'peers/list': () => [peer(ann, { nickname: 'Ann' })],
    'catalog/recent': () => ({ hits: [hit('new.jpg')], total: 1 }),
  });
  assert.match((await cli.run(['recent', '--peer', 'ann'])).text, /Ann\/Photos\/new\.jpg\n$/);
  assert.deepEqual(cli.calls.at(-1)?.[1], { peerId: ann, offset: 0, limit: 50 });
  assert.equal((JSON.parse((await cli.run(['recent', '--json'])).text) as SearchHit[])[0]?.entry.path, 'new.jpg');
  assert.equal((await cli.run(['recent', '--peer', 'nobody'])).code, 3);
});

test('tree draws a folder to a depth, in the order of the editor', async (t) => {
  const cli = await createCli(t, {
    'peers/list': () => [peer(ann, { nickname: 'Ann' })],
    'catalog/shares': () => [catalogShare(ann, photos, 'Photos')],
    'catalog/stat': () => ({ name: '', kind: 'folder', sizeBytes: 0, mtimeMs: 0 }),
    'catalog/list': (fields) => {
      assert.equal(fields['order'], 'editor');
      const { path } = fields['entry'] as { path: string };
      const below: Record<string, string[]> = { '': ['a/', 'b/', 'c'], a: ['x/', 'y'], 'a/x': ['deep'], b: ['z\n'] };
      const entries = (below[path] ?? []).map((name) => ({
        name: name.replace('/', ''),
        kind: name.endsWith('/') ? ('folder' as const) : ('file' as const),
        ...{ sizeBytes: 1, mtimeMs: 1 },
      }));
      return { entries, total: entries.length };
    },
  });
  const run = await cli.run(['tree', 'Ann/Photos']);
  assert.equal(
    run.text,
    ['Ann/Photos', '├── a/', '│   ├── x/', '│   │   └── deep', '│   └── y', '├── b/', '│   └── z\\n', '└── c', ''].join('\n'),
  );
  assert.equal((await cli.run(['tree', 'Ann/Photos', '-d', '1'])).text, 'Ann/Photos\n├── a/\n├── b/\n└── c\n');
  assert.equal((await cli.run(['tree', 'Ann', '-d', '1'])).text, 'Ann\n└── Photos/\n');
  assert.equal((await cli.run(['tree', '-d', '2'])).text, '.\n└── Ann/\n    └── Photos/\n');
  const lines = (await cli.run(['tree', 'Ann/Photos', '--json'])).text.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { path: string }).path),
    ['a', 'a/x', 'a/x/deep', 'a/y', 'b', 'b/z\n', 'c'],
  );
});

test('tree --merged joins all peers and says how many have each thing', async (t) => {
  const merged = (name: string, kind: 'file' | 'folder', holderCount: number): MergedEntry => ({
    ...{ name, kind, sizeBytes: 0, mtimeMs: 0, holders: [], holderCount },
  });
  const cli = await createCli(t, {
    'catalog/merged': (fields) => {
      const below: Record<string, MergedEntry[]> = {
        '': [merged('Code', 'folder', 2)],
        Code: [merged('src', 'folder', 1), merged('README', 'file', 2)],
        'Code/src': [merged('main', 'file', 1)],
      };
      const entries = below[String(fields['path'])] ?? [];
      return { entries: entries.slice(Number(fields['offset'])), total: entries.length + 1 }; // An estimate, as it may be for large folders.
    },
  });
  assert.equal(
    (await cli.run(['tree', '--merged'])).text,
    ['.', '└── Code/  2 peers', '    ├── src/', '    │   └── main', '    └── README  2 peers', ''].join('\n'),
  );
  assert.match((await cli.run(['tree', 'Code/src/', '-m'])).text, /^Code\/src\n.* main\n$/);
});

test('watched searches are listed, added, seen and removed by query or id', async (t) => {
  const watch: WatchedSearch = {
    ...{ watchId: watchId('fac'), query: 'ext:flac', addedAtMs: 0, total: 3, newCount: 1, newHits: [hit('new.flac')] },
  };
  const cli = await createCli(t, {
    'watches/list': () => [watch],
    'watches/add': () => watch,
    'watches/remove': () => ({}),
    'watches/seen': () => watch,
  });
  assert.match((await cli.run(['watches', '--new'])).text, /ext:flac +1 +3 .*\n.*Ann\/Photos\/new\.flac/);
  assert.equal((await cli.run(['watch', 'ext:flac'])).errors, 'Watching for "ext:flac": 3 known matches.\n');
  cli.calls.length = 0;
  assert.equal((await cli.run(['watches', '--seen'])).code, 0);
  assert.deepEqual(cli.calls.at(-1), ['watches/seen', { watchId: watch.watchId }]);
  for (const name of ['ext:flac', 'facyy']) {
    assert.equal((await cli.run(['unwatch', name])).code, 0);
    assert.deepEqual(cli.calls.at(-1), ['watches/remove', { watchId: watch.watchId }]);
  }
  assert.equal((await cli.run(['unwatch', 'other'])).code, 3);
});

test('shares are paused, resumed and their scans cancelled; the list says how each is', async (t) => {
  const share = (title: string, more: Partial<ShareInfo>): ShareInfo => ({
    ...{ shareId: shareId(title), title, path: `/${title}`, state: 'watching', fileCount: 1, folderCount: 0, totalBytes: 1 },
    ...{ skippedCounts: {}, addedAtMs: 0, audience: { everyone: true, partyIds: [], peerIds: [] } },
    ...more,
  });
  const shares = [
    share('one', { state: 'scanning', scannedEntries: 1234 }),
    share('two', { watch: { watchedFolders: 1, polledFolders: 2, note: 'The limit of inotify watches is reached.' } }),
    share('three', { state: 'paused' }),
  ];
  const cli = await createCli(t, {
    'shares/list': () => shares,
    'shares/pause': () => share('two', { state: 'paused' }),
    'shares/resume': () => share('three', { state: 'watching' }),
    'shares/cancelScan': () => share('one', { state: 'paused' }),
    'shares/rescan': () => share('one', { state: 'paused' }),
  });
  const list = await cli.run(['shares']);
  assert.match(list.text, /one +scanning 1,234 [^]*two +watching [^]*three +paused /);
  assert.equal(list.errors, 'two: The limit of inotify watches is reached.\n');
  assert.equal((await cli.run(['pause-share', 'two'])).errors, '"two": paused\n');
  assert.deepEqual(cli.calls.at(-1), ['shares/pause', { shareId: shareId('two') }]);
  assert.equal((await cli.run(['resume-share', 'three'])).errors, '"three": watching\n');
  assert.equal((JSON.parse((await cli.run(['cancel-scan', 'one', '--json'])).text) as ShareInfo[])[0]?.state, 'paused');
  assert.match((await cli.run(['rescan', 'one'])).errors, /is paused. Go on with/);
});

test('an index that is on its way says how far it is', async (t) => {
  const cli = await createCli(t, {
    'catalog/shares': () => [
      { ...catalogShare(ownId, photos, 'Photos'), indexState: 'fetching', fetched: { blocks: 2, ofBlocks: 5 } },
    ],
  });
  assert.match((await cli.run(['ls', 'me'])).text, /fetching 40 %/);
});
