import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DownloadList } from '../../../src/extension/downloadList.ts';
import { download } from './worlds.ts';

test('progress keeps the order as the same list; what comes, goes, ends or moves makes another', () => {
  const list = new DownloadList([download(1, { order: 2 }), download(2, { order: -1 })]);
  const [one, two] = [download(1).downloadId, download(2).downloadId];
  const order = list.ordered();
  assert.deepEqual(order, [two, one]);
  list.put(download(1, { order: 2, place: 1, doneBytes: 7, state: 'running' }));
  assert.equal(list.ordered(), order, 'places that were told stand for nothing');
  list.put(download(1, { order: 2, priority: 'high' }));
  assert.deepEqual(list.ordered(), [one, two]);
  list.put(download(1, { order: 2 }));
  list.put(download(2, { place: 0, state: 'done', finishedAtMs: 5 }));
  assert.deepEqual(list.ordered(), [one, two]);
  list.remove(one);
  assert.deepEqual(list.ordered(), [two]);
});

test('places are those of the queue, and follow by themselves when one before them ends or goes', () => {
  const list = new DownloadList([1, 2, 3].map((n) => download(n)));
  const places = (): number[] => [1, 2, 3].map((n) => list.placeOf(download(n).downloadId));
  assert.deepEqual(places(), [1, 2, 3]);
  list.put(download(1, { state: 'done', finishedAtMs: 1 }));
  assert.deepEqual(places(), [0, 1, 2]);
  list.put(download(3, { priority: 'high' }));
  assert.deepEqual(places(), [0, 2, 1]);
  list.remove(download(3).downloadId);
  assert.deepEqual(places(), [0, 1, 0]);
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
