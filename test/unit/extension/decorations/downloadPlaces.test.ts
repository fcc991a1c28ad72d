import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DownloadInfo } from '../../../../src/protocol/model.ts';
import { DownloadPlaces, isInAny, placeKey } from '../../../../src/extension/decorations/downloadPlaces.ts';
import { download } from '../worlds.ts';

const whole = download(1, {
  kind: 'folder',
  entry: { ...download(1).entry, path: 'a' },
  destination: '/d/a',
  state: 'running',
});

test('a row belongs to its own download, else to that of a folder above, here and at its owner', () => {
  const places = new DownloadPlaces([whole]);
  const inside = { ...whole.entry, path: 'a/b/c.txt' };
  assert.deepEqual(places.find(inside), { download: whole, entry: inside });
  assert.deepEqual(places.find('/d/a/b/c.txt'), { download: whole, entry: inside });
  assert.deepEqual(places.find('/d/a'), { download: whole, entry: whole.entry });
  assert.equal(places.find({ ...whole.entry, path: 'ab' }), undefined);
  assert.equal(places.find('/d/ab'), undefined);
  assert.equal(places.find('/d'), undefined);
  assert.deepEqual(places.both(inside), [inside, '/d/a/b/c.txt']);
  const single = download(2, { kind: 'file', destination: '/d/file' });
  assert.equal(new DownloadPlaces([single]).find('/d/file/below'), undefined);
});

test('of a share that was downloaded whole, everything in it belongs to that', () => {
  const share = { ...whole, entry: { ...whole.entry, path: '' }, destination: '/d/Table' };
  const inside = { ...share.entry, path: 'b/c.txt' };
  assert.deepEqual(new DownloadPlaces([share]).find('/d/Table/b/c.txt'), { download: share, entry: inside });
  assert.deepEqual(new DownloadPlaces([share]).both(inside), [inside, '/d/Table/b/c.txt']);
});

test('what looks alike is no change', () => {
  const places = new DownloadPlaces([whole]);
  assert.deepEqual(places.replace([{ ...whole, doneBytes: 5, state: 'paused' }]), []);
  const done: DownloadInfo = { ...whole, state: 'done' };
  assert.deepEqual(places.replace([done]), [{ download: done, places: [done.entry, '/d/a'] }]);
  const moved: DownloadInfo = { ...done, destination: '/d/a (1)' };
  assert.deepEqual(places.replace([moved]), [{ download: moved, places: [moved.entry, '/d/a', '/d/a (1)'] }]);
  assert.deepEqual(places.replace([]), [{ download: moved, places: [moved.entry, '/d/a (1)'] }]);
  assert.equal(places.find('/d/a (1)'), undefined);
});

test('a name that a download did not claim is not its place, whatever lies there', () => {
  const wished = download(1, { state: 'queued', destination: '/downloads/report.txt', isDestinationOpen: true });
  const places = new DownloadPlaces([wished]);
  assert.equal(places.find('/downloads/report.txt'), undefined);
  assert.deepEqual(places.both(wished.entry), [wished.entry]);
  const { isDestinationOpen: _wish, ...claimed } = wished;
  const done: DownloadInfo = { ...claimed, state: 'done', destination: '/downloads/report (1).txt' };
  assert.deepEqual(places.put(done)?.places, [done.entry, '/downloads/report (1).txt']);
  assert.equal(places.find('/downloads/report.txt'), undefined);
  assert.equal(places.find('/downloads/report (1).txt')?.download, done);
  // A folder claims its name before its first file.
  const filling: DownloadInfo = { ...whole, isDestinationOpen: true };
  assert.equal(places.put(filling)?.places.includes('/d/a'), false);
  assert.deepEqual(places.put(whole)?.places, [whole.entry, '/d/a']);
});

test('a download that goes on looks the same, one that ends does not; of two of one file the later counts', () => {
  const earlier = download(1, { state: 'running', addedAtMs: 1, destination: '/downloads/a' });
  const later = { ...earlier, downloadId: download(2).downloadId, addedAtMs: 2, destination: '/downloads/a (2)' };
  const places = new DownloadPlaces([earlier, later]);
  assert.equal(places.put({ ...later, doneBytes: 7 }), undefined);
  const done: DownloadInfo = { ...earlier, state: 'done' };
  assert.deepEqual(places.put(done)?.places, [done.entry, '/downloads/a'], 'where the earlier one lies it ended');
  assert.equal(places.find('/downloads/a')?.download.state, 'done');
  const moved: DownloadInfo = { ...later, state: 'done', destination: '/downloads/a (3)' };
  assert.deepEqual(places.put(moved)?.places, [moved.entry, '/downloads/a (2)', '/downloads/a (3)']);
  assert.equal(places.find('/downloads/a (2)'), undefined);
  assert.equal(places.find(earlier.entry)?.download.downloadId, later.downloadId);
});

test('a place that a download leaves belongs to the one that was there before', () => {
  const earlier = download(1, { state: 'done', addedAtMs: 1, destination: '/downloads/a' });
  const later: DownloadInfo = { ...earlier, downloadId: download(2).downloadId, addedAtMs: 2 };
  const places = new DownloadPlaces([later, earlier]);
  assert.equal(places.find('/downloads/a')?.download, later);
  places.put({ ...later, destination: '/downloads/a (2)' });
  assert.equal(places.find('/downloads/a')?.download, earlier);
  assert.deepEqual(places.remove(later.downloadId)?.places, [later.entry, '/downloads/a (2)']);
  assert.equal(places.find(earlier.entry)?.download, earlier);
  // What lies below a folder stays the folder's, where a file was downloaded to its name.
  const folder: DownloadInfo = { ...whole, downloadId: download(3).downloadId, destination: '/downloads/a', addedAtMs: 0 };
  places.put(folder);
  assert.equal(places.find('/downloads/a')?.download, earlier);
  assert.equal(places.find('/downloads/a/b')?.download, folder);
});

test('only what lies in a shared folder is asked about', () => {
  assert.equal(isInAny('/home/ann/x', ['/home/ann'], '/'), true);
  assert.equal(isInAny('/home/anna', ['/home/ann'], '/'), false);
  assert.equal(isInAny('/anything', ['/'], '/'), true);
});

test('on Windows a place is the same however its drive is written', () => {
  assert.equal(placeKey('c:\\Users\\Ann', 'win32'), placeKey('C:\\users\\ann', 'win32'));
  assert.notEqual(placeKey('/home/Ann', 'linux'), placeKey('/home/ann', 'linux'));
  assert.equal(isInAny(placeKey('c:\\Users\\Ann\\x', 'win32'), [placeKey('C:\\Users\\Ann', 'win32')], '\\'), true);
});
