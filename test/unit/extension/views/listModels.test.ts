import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detailNodes, ownShareNodes, sharesRow } from '../../../../src/extension/views/sharesModel.ts';
import { downloadState, failedFileNodes, transferNodes, transferRow } from '../../../../src/extension/views/transfersModel.ts';
import { download, ownShare, peer, peerId, shareId } from '../worlds.ts';

test('a share tells what it offers and what it leaves out, secrets first', () => {
  const [node] = ownShareNodes([ownShare(1, { skippedCounts: { ignored: 300, secret: 2 }, scannedAtMs: 0 })]);
  assert.ok(node);
  assert.equal(sharesRow(node).description, '2 files, 2 KB · 302 left out');
  const keys = detailNodes(node, 1000).map(({ id }) => id.split('/').at(-1));
  assert.deepEqual(keys, ['path', 'counts', 'secret', 'ignored', 'scanned']);
});

test('a share that is read or failed says so', () => {
  const [scanning, failed] = ownShareNodes([
    ownShare(1, { state: 'scanning', scannedEntries: 1234 }),
    ownShare(2, { state: 'failed', failure: { kind: 'not-found', message: 'The folder is gone.' } }),
  ]);
  assert.ok(scanning && failed);
  assert.equal(sharesRow(scanning).description, 'reading… 1,234');
  assert.equal(sharesRow(failed).description, 'The folder is gone.');
  assert.equal(sharesRow(failed).icon, 'error');
});

test('a share that stands still says so, and one that is watched tells how', () => {
  const [paused, watched] = ownShareNodes([
    ownShare(1, { state: 'paused' }),
    ownShare(2, { watch: { watchedFolders: 1200, polledFolders: 3, note: 'The limit is reached.' } }),
  ]);
  assert.ok(paused && watched);
  assert.equal(sharesRow(paused).description, 'paused · 2 files, 2 KB');
  assert.equal(sharesRow(paused).context, 'ownShare.paused');
  const tooltip = sharesRow(watched).tooltip ?? '';
  for (const line of [/at once in 1,200 folders/, /in turn: 3 folders/, /The limit is reached\./]) assert.match(tooltip, line);
  assert.equal(detailNodes(watched, 0).filter(({ icon }) => icon === 'eye').length, 3);
});

test('downloads come newest first, uploads after them', () => {
  const upload = { peerId: peerId(1), shareId: shareId(1), path: 'a/b.txt', sentBytes: 5, totalBytes: 10, startedAtMs: 0 };
  const transfers = { downloads: [download(1), download(2)], uploads: [upload], peers: [peer(1)] };
  const nodes = transferNodes(transfers);
  assert.deepEqual(
    nodes.map(({ kind }) => kind),
    ['download', 'download', 'upload'],
  );
  assert.ok(nodes[0]?.kind === 'download' && nodes[0].downloadId === download(2).downloadId);
  assert.equal(nodes[2] && transferRow(nodes[2], transfers)?.description, 'to peer 1 · 50%');
});

test('every state of a download reads as one line', () => {
  assert.equal(downloadState(download(1)), '50% · 100 B/s');
  assert.equal(downloadState(download(1, { kind: 'folder', doneFiles: 2, totalFiles: 10 })), '50% · 100 B/s · 2 of 10 files');
  assert.equal(downloadState(download(1, { state: 'queued' })), 'waiting');
  assert.equal(downloadState(download(1, { state: 'done' })), '1 KB');
  assert.equal(
    downloadState(download(1, { state: 'failed', failure: { kind: 'disk-full', message: 'No space.' } })),
    'This disk is full. No space.',
  );
  assert.equal(downloadState(download(1, { state: 'cancelled' })), 'cancelled');
});

test('what could not be had of a folder is listed under it, and it can be retried', () => {
  const partial = download(1, { kind: 'folder', state: 'done', failedFiles: [{ path: 'a\u202eb', message: 'gone' }] });
  const transfers = { downloads: [partial], uploads: [], peers: [] };
  const [node] = transferNodes(transfers);
  assert.ok(node?.kind === 'download');
  assert.equal(transferRow(node, transfers)?.context, 'download.folder.done.partial');
  const [failed] = failedFileNodes(partial, node);
  assert.equal(failed && transferRow(failed, transfers)?.label, 'a⟨202E⟩b');
});

test('only a finished file opens by a click', () => {
  const transfers = { downloads: [download(1), download(2, { state: 'done' })], uploads: [], peers: [] };
  const commands = transferNodes(transfers).map((node) => transferRow(node, transfers)?.command?.kind);
  assert.deepEqual(commands, ['run', undefined]);
});
