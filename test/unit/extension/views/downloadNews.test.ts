import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endedNews, endKey, isNews, untold, withTold } from '../../../../src/extension/views/downloadNews.ts';
import { limits } from '../../../../src/extension/limits.ts';
import { download } from '../worlds.ts';

const done = (n: number, change: Parameters<typeof download>[1] = {}): ReturnType<typeof download> =>
  download(n, { state: 'done', place: 0, doneBytes: 1024, finishedAtMs: 100, ...change });
const failure = { kind: 'unavailable', message: 'It left.' } as const;

test('only what ended now, and stays ended, is news', () => {
  assert.equal(isNews(done(1), 50), true);
  assert.equal(isNews(done(1), 150), false, 'it ended before this window was there');
  assert.equal(isNews(download(1), 0), false);
  assert.equal(isNews(done(1, { state: 'cancelled' }), 0), false);
  assert.equal(isNews(done(1, { state: 'failed' }), 0), true);
  assert.equal(isNews(done(1, { state: 'failed', retryAtMs: 500 }), 0), false, 'it is tried again by itself');
});

test('what one window told, another does not tell again; a retry is told again', () => {
  const kept = withTold(undefined, [endKey(done(1))]);
  assert.deepEqual(untold([done(1), done(2)], kept), [done(2)]);
  assert.equal(untold([done(1, { finishedAtMs: 200 })], kept).length, 1);
});

test('what is remembered is bounded, and checked', () => {
  const many = Array.from({ length: 1000 }, (_, n) => `${n}`);
  assert.equal(withTold([3, null, 'x'], many).length, limits.toldDownloads);
  assert.deepEqual(withTold({ a: 1 }, ['y']), ['y']);
});

test('one sentence tells of all that ended together', () => {
  assert.equal(endedNews([]), undefined);
  assert.equal(endedNews([done(1)])?.text, '"file.bin" is downloaded: 1 KB.');
  assert.equal(endedNews([done(1, { kind: 'folder', totalFiles: 3 })])?.text, '"file.bin" is downloaded: 3 files, 1 KB.');
  assert.equal(endedNews([done(1), done(2)])?.text, '2 downloads are done: 2 KB.');
  assert.equal(endedNews([done(1), done(2)])?.only, undefined);
  const lost = endedNews([done(1, { state: 'failed', failure })]);
  assert.equal(lost?.text, '"file.bin" could not be downloaded. Not reachable now. It left.');
  assert.equal(lost?.isFailure, true);
  assert.equal(endedNews([done(1), done(2, { state: 'failed' })])?.text, 'Downloads done: 1, not complete: 1.');
  const partial = done(1, { kind: 'folder', failedFiles: [{ path: 'a', message: 'gone' }] });
  assert.equal(endedNews([partial])?.text, 'Of "file.bin", 1 file could not be had.');
});
