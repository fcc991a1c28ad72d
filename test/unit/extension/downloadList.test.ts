import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DownloadList } from '../../../src/extension/downloadList.ts';
import { download } from './worlds.ts';

test('progress keeps the order as the same list; what comes, goes, ends or moves makes another', () => {
  const list = new DownloadList([download(1, { place: 2 }), download(2, { place: 1 })]);
  const [one, two] = [download(1).downloadId, download(2).downloadId];
  const order = list.ordered();
  assert.deepEqual(order, [two, one]);
  list.put(download(1, { place: 2, doneBytes: 7, state: 'running' }));
  assert.equal(list.ordered(), order);
  list.put(download(2, { place: 0, state: 'done', finishedAtMs: 5 }));
  assert.deepEqual(list.ordered(), [one, two]);
  list.remove(one);
  assert.deepEqual(list.ordered(), [two]);
});

test('states are counted as they change', () => {
  const list = new DownloadList([download(1, { state: 'queued' }), download(2, { state: 'running' })]);
  assert.equal(list.count('queued', 'running'), 2);
  assert.equal(list.put(download(1, { state: 'done' }))?.state, 'queued');
  assert.deepEqual([list.count('queued'), list.count('running'), list.count('done')], [0, 1, 1]);
  list.remove(download(2).downloadId);
  assert.equal(list.count('running'), 0);
  list.replace([]);
  assert.deepEqual([list.size, list.count('done')], [0, 0]);
});
