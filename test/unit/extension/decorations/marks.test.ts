import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DownloadInfo, ShareMark } from '../../../../src/protocol/model.ts';
import { MarkBatches } from '../../../../src/extension/decorations/markBatches.ts';
import { downloadMark, DownloadPlaces, isInAny, isStale, shareMark } from '../../../../src/extension/decorations/marks.ts';
import { download, file } from '../worlds.ts';

test('what is left out bears a mark that names the rule; what is offered bears none', () => {
  assert.equal(shareMark({ state: 'shared' }), undefined);
  assert.equal(shareMark({ state: 'none' }), undefined);
  assert.equal(shareMark({ state: 'root' })?.badge, 'P');
  assert.equal(
    shareMark({ state: 'excluded', reason: 'ignored', rule: 'build/' })?.tooltip,
    'Not shared in Potluck (ignored: build/)',
  );
  assert.match(shareMark({ state: 'excluded', reason: 'secret', rule: 'private key' })?.tooltip ?? '', /secret: private key/);
});

test('a rule with controls, bidi marks and 64 KB is shown harmlessly', () => {
  const mark = shareMark({
    state: 'excluded',
    reason: 'ignored',
    rule: `\u202e\u001b[2J$(x) [a](command:b) ${'y'.repeat(65_536)}`,
  });
  assert.doesNotMatch(mark?.tooltip ?? '', /[\p{Cc}\p{Cf}]/u);
  assert.ok((mark?.tooltip.length ?? 0) < 300);
});

test('badges have at most two characters', () => {
  const states = ['queued', 'running', 'waiting', 'paused', 'done', 'failed', 'cancelled'] as const;
  for (const state of states) {
    for (const stale of [false, true]) assert.ok((downloadMark(download(1, { state }), stale)?.badge.length ?? 0) <= 2);
  }
});

test('queued, verified and stale are told apart; what is incomplete is not called verified', () => {
  assert.match(downloadMark(download(1, { state: 'waiting' }), false)?.tooltip ?? '', /queue/);
  assert.match(downloadMark(download(1, { state: 'done' }), false)?.tooltip ?? '', /verified/);
  assert.match(downloadMark(download(1, { state: 'done' }), true)?.tooltip ?? '', /changed/);
  assert.equal(downloadMark(download(1, { state: 'done', failedFiles: [{ path: 'a', message: 'gone' }] }), false), undefined);
  assert.equal(downloadMark(download(1, { state: 'failed' }), false), undefined);
});

test('stale is another size, or a change after it was downloaded', () => {
  const done = download(1, { state: 'done', totalBytes: 10, finishedAtMs: 1000 });
  assert.equal(isStale(done, { ...file('a', 10), mtimeMs: 900 }), false);
  assert.equal(isStale(done, { ...file('a', 11), mtimeMs: 900 }), true);
  assert.equal(isStale(done, { ...file('a', 10), mtimeMs: 1001 }), true);
  assert.equal(isStale(done, undefined), false);
});

test('an entry belongs to its own download, else to that of a folder above', () => {
  const whole = download(1, {
    kind: 'folder',
    entry: { ...download(1).entry, path: 'a' },
    destination: '/d/a',
    state: 'running',
  });
  const places = new DownloadPlaces([whole]);
  assert.equal(places.ofEntry({ ...whole.entry, path: 'a/b/c.txt' }), whole);
  assert.equal(places.ofEntry({ ...whole.entry, path: 'ab' }), undefined);
  assert.equal(places.atPath('/d/a'), whole);
  assert.deepEqual(new DownloadPlaces([{ ...whole, doneBytes: 5 }]).changedSince(places), []);
  const done: DownloadInfo = { ...whole, state: 'done' };
  assert.deepEqual(new DownloadPlaces([done]).changedSince(places), [done]);
  assert.deepEqual(new DownloadPlaces([]).changedSince(places), [whole]);
});

test('only what lies in a shared folder is asked about', () => {
  assert.equal(isInAny('/home/ann/x', ['/home/ann'], '/'), true);
  assert.equal(isInAny('/home/anna', ['/home/ann'], '/'), false);
  assert.equal(isInAny('/anything', ['/'], '/'), true);
});

test('rows that are drawn together are asked about together, and once', async () => {
  const asked: string[][] = [];
  const batches = new MarkBatches((paths) => {
    asked.push(paths);
    return Promise.resolve(paths.map((): ShareMark => ({ state: 'shared' })));
  });
  const answers = await Promise.all(['/a', '/b', '/a'].map((path) => batches.of(path)));
  assert.deepEqual(answers, [{ state: 'shared' }, { state: 'shared' }, { state: 'shared' }]);
  assert.deepEqual(asked, [['/a', '/b']]);
  assert.deepEqual(batches.clear(), ['/a', '/b']);
  batches.dispose();
});

test('after a failure nothing is marked, and it is asked again', async () => {
  let isDown = true;
  const batches = new MarkBatches((paths) =>
    isDown ? Promise.reject(new Error('down')) : Promise.resolve(paths.map((): ShareMark => ({ state: 'root' }))),
  );
  assert.equal(await batches.of('/a'), undefined);
  isDown = false;
  assert.deepEqual(await batches.of('/a'), { state: 'root' });
  batches.dispose();
});

test('a download that goes on looks the same, one that ends does not; of two of one file the later counts', () => {
  const earlier = download(1, { state: 'running', addedAtMs: 1, destination: '/downloads/a' });
  const later = { ...earlier, downloadId: download(2).downloadId, addedAtMs: 2, destination: '/downloads/a (2)' };
  const places = new DownloadPlaces([earlier, later]);
  assert.equal(places.put({ ...later, doneBytes: 7 }), false);
  assert.equal(places.put({ ...earlier, state: 'done' }), false);
  assert.equal(places.atPath('/downloads/a')?.state, 'done');
  assert.equal(places.put({ ...later, state: 'done', destination: '/downloads/a (3)' }), true);
  assert.equal(places.atPath('/downloads/a (2)'), undefined);
  assert.equal(places.ofEntry(earlier.entry)?.downloadId, later.downloadId);
});
