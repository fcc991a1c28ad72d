import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkPeerId } from '../../../../src/protocol/linkPeer.ts';
import { DownloadList } from '../../../../src/extension/downloadList.ts';
import { downloadState, sourceState } from '../../../../src/extension/views/downloadRow.ts';
import {
  transferChildren,
  transferGroups,
  transferRow,
  type Transfers,
  type TransfersNode,
} from '../../../../src/extension/views/transfersModel.ts';
import type { Row } from '../../../../src/extension/views/row.ts';
import { limits } from '../../../../src/extension/limits.ts';
import { download, peer, peerId, source, upload } from '../worlds.ts';

const nothing: Transfers = { downloads: new DownloadList(), uploads: [], refused: [], peers: [] };

function allNodes(transfers: Transfers): TransfersNode[] {
  const below = (node: TransfersNode): TransfersNode[] => [node, ...transferChildren(node, transfers).flatMap(below)];
  return transferGroups(transfers).flatMap(below);
}

function rows(transfers: Transfers): Row[] {
  return allNodes(transfers).flatMap((node) => transferRow(node, transfers, 0) ?? []);
}

test('an empty view has no groups, so that its welcome text shows', () => {
  assert.deepEqual(transferGroups(nothing), []);
});

test('downloads stand by their place, finished ones after them, newest first; uploads are a group of their own', () => {
  const transfers: Transfers = {
    ...nothing,
    downloads: new DownloadList([
      download(1, { state: 'done', place: 0, finishedAtMs: 10 }),
      download(2, { state: 'queued', order: 2 }),
      download(3, { state: 'failed', place: 0, finishedAtMs: 20 }),
      download(4, { state: 'running', order: 1 }),
      download(5, { state: 'paused', order: 3 }),
    ]),
    uploads: [upload(1), upload(2, { state: 'waiting', position: 1 })],
    refused: [{ peerId: peerId(3), name: 'peer 3', reason: 'later' }],
  };
  assert.deepEqual(
    transfers.downloads.ordered().map((id) => transfers.downloads.get(id)?.addedAtMs),
    [4, 2, 5, 3, 1],
  );
  const drawn = rows(transfers);
  assert.deepEqual(
    drawn.map(({ context }) => context.split('.')[0]),
    ['group', 'download', 'download', 'download', 'download', 'download', 'group', 'upload', 'upload', 'refused'],
  );
  assert.equal(drawn[0]?.description, '1 running, 1 queued, 1 paused, 1 failed');
  assert.equal(drawn[6]?.description, '1 running, 1 waiting');
  assert.equal(drawn[7]?.description, 'to peer 1 · 50%');
  assert.equal(drawn[8]?.description, 'to peer 2 · waits, place 1');
  assert.equal(drawn[9]?.description, 'is given nothing: later');
  assert.equal(new Set(drawn.map(({ id }) => id)).size, drawn.length);
});

test('every state of a download reads as one line', () => {
  const from = 'Quiet Otter';
  const said = (change: Parameters<typeof download>[1]): string => downloadState(download(1, change), from);
  assert.equal(said({}), '50% · 100 B/s');
  const sources = [source(1), source(2), source(3, { state: 'dropped' })];
  assert.equal(said({ secondsLeft: 170, sources }), '50% · 100 B/s · 3 min left · 2 sources');
  assert.equal(said({ kind: 'folder', doneFiles: 2, totalFiles: 10 }), '50% · 100 B/s · 2 of 10 files');
  const queued = [source(1, { state: 'waiting', position: 7 }), source(2, { state: 'waiting', position: 3, name: 'b' })];
  assert.equal(said({ bytesPerSecond: 0, doneBytes: 0, sources: queued }), '0% · place 3 in the queue of b');
  assert.equal(said({ state: 'queued', doneBytes: 0 }), 'queued');
  assert.equal(said({ state: 'queued', retryAtMs: 5 }), 'tried again soon · 50%');
  assert.equal(said({ state: 'waiting', doneBytes: 0 }), 'waiting for Quiet Otter');
  assert.equal(said({ state: 'paused' }), 'paused · 50%');
  assert.equal(said({ state: 'done' }), '1 KB');
  assert.equal(said({ state: 'done', kind: 'folder', totalFiles: 3, skippedFiles: 2 }), '3 files, 1 KB · 2 left as they were');
  assert.equal(said({ state: 'failed', failure: { kind: 'disk-full', message: 'No space.' } }), 'This disk is full. No space.');
  assert.equal(said({ state: 'cancelled' }), 'cancelled');
});

test('a source says how it is reached, what it gives, and what was wrong', () => {
  assert.equal(sourceState(source(1, { receivedBytes: 2048 })), 'direct link (TLS) · 1 KB/s · 2 KB');
  assert.equal(sourceState(source(1, { state: 'waiting', position: 3 })), 'place 3 in its queue');
  assert.equal(sourceState(source(1, { state: 'refused', reason: 'not you\u202e' })), 'gives nothing: not you⟨202E⟩');
  assert.equal(sourceState(source(1, { state: 'dropped', badPieces: 3 })), 'sent wrong data, asked no more · 3 bad pieces');
});

test('sources stand below a download only while it runs', () => {
  const running = download(1, { sources: [source(1), source(2, { name: '$(bug)[x](command:y)' })] });
  const contexts = (transfers: Transfers): string[] => rows(transfers).map(({ context }) => context);
  assert.deepEqual(contexts({ ...nothing, downloads: new DownloadList([running]) }).slice(2), ['source.active', 'source.active']);
  assert.deepEqual(contexts({ ...nothing, downloads: new DownloadList([{ ...running, state: 'paused' }]) }).slice(2), []);
});

test('what could not be had of a folder is listed under it, and it can be retried', () => {
  const partial = download(1, { kind: 'folder', state: 'done', failedFiles: [{ path: 'a\u202eb', message: 'gone' }] });
  const [, row, failed] = rows({ ...nothing, downloads: new DownloadList([partial]) });
  assert.equal(row?.context, 'download.folder.done.partial');
  assert.equal(failed?.label, 'a⟨202E⟩b');
});

test('only a finished file opens by a click', () => {
  const downloads = new DownloadList([
    ...[download(1), download(2, { state: 'done', place: 0 })],
    download(3, { state: 'done', kind: 'folder' }),
  ]);
  const commands = rows({ ...nothing, downloads }).map(({ command }) => command?.kind);
  assert.deepEqual(commands, [undefined, undefined, undefined, 'run']);
});

test('a tooltip says whose it is, where it goes, when it is tried again and who gives', () => {
  const asked = download(1, {
    state: 'waiting',
    retryAtMs: 60_000,
    reusedBytes: 2048,
    sources: [source(2, { name: 'Ada' })],
  });
  const [, row] = rows({ ...nothing, downloads: new DownloadList([asked]), peers: [peer(1, { name: 'Grace' })] });
  for (const line of [
    /^From Grace$/m,
    /^To \/downloads\/file\.bin$/m,
    /^Place 1 here, priority: Normal$/m,
    /^Tried again in 1 min$/m,
    /^2 KB were on this/m,
    /^Ada: /m,
  ])
    assert.match(row?.tooltip ?? '', line);
});

test('what comes by a link has no owner, and what was sent to us is in no share: rows say so', () => {
  const { entry } = download(1);
  const byLink = download(1, { entry: { ...entry, peerId: linkPeerId }, state: 'waiting', doneBytes: 0 });
  const sent = download(2, { state: 'queued', doneBytes: 0 });
  const transfers = { ...nothing, downloads: new DownloadList([byLink, sent]), peers: [peer(2, { name: 'Grace' })] };
  const [, first, second] = allNodes(transfers).map((node) =>
    transferRow(node, transfers, 0, ({ peerId: from }) => from === sent.entry.peerId),
  );
  assert.equal(first?.description, 'waiting for somebody who has it');
  assert.match(first?.tooltip ?? '', /^By a link, from whoever has it$/m);
  assert.equal(first?.accessibility, `Download ${byLink.name} by a link, waiting for somebody who has it`);
  assert.ok(!JSON.stringify(first).includes(linkPeerId), 'the key that is nobody’s is not shown');
  assert.match(second?.tooltip ?? '', /^Sent to you by Grace$/m);
  assert.equal(second?.accessibility, `Download ${sent.name}, sent by Grace, queued`);
});

test('a queue of thousands is drawn in part, quickly', () => {
  const downloads = Array.from({ length: 10_000 }, (_, n) => download(n % 32, { order: n + 1 })).map((info, n) => ({
    ...info,
    downloadId: `${info.downloadId}${n}` as typeof info.downloadId,
  }));
  const startedMs = performance.now();
  const drawn = rows({ ...nothing, downloads: new DownloadList(downloads) });
  assert.equal(drawn.length, 1 + limits.transferRows + 1);
  assert.equal(drawn.at(-1)?.label, '… 9,800 more');
  assert.deepEqual(drawn.at(-1)?.command, { kind: 'run', command: 'potluck.board.open', title: 'Potluck Board' });
  assert.ok(performance.now() - startedMs < 1000);
});
