// Rows and detail of the board: hostile names harmless, uploads apart from downloads, the sources of all maps as one list.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseToBoard } from '../../../../src/protocol/board.ts';
import type { PieceMap } from '../../../../src/protocol/boardRequests.ts';
import { boardPage } from '../../../../src/extension/board/boardPage.ts';
import {
  actionsFor,
  detailOf,
  downloadAsRow,
  downloadIdOfRow,
  peerNames,
  uploadAsRow,
} from '../../../../src/extension/board/boardRows.ts';
import { download, peer, peerId, upload } from '../worlds.ts';
import { policyOf } from '../policy.ts';

const bidi = /[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/;

test('a name of 64 KB with direction marks, controls and icons is one short harmless line', () => {
  const name = `\u202e\u0007$(zap)<img src=x onerror=1>[a](command:b)${'x'.repeat(65_536)}`;
  const row = downloadAsRow(download(1, { name }), peerNames([peer(2, { name })]));
  assert.doesNotMatch(JSON.stringify(row), bidi);
  assert.ok(row.name.length < 500 && row.peer.length < 500);
  const message = { session: 's', type: 'rows', isFirst: true, isMore: false, rows: [row], removed: [] };
  assert.equal(parseToBoard(message, 's'), message);
});

test('an upload of a path of 4 KB has a short id, and is no download', () => {
  const row = uploadAsRow(upload(1, { path: 'a/'.repeat(2000) }), 0);
  assert.ok(row.id.length < 64);
  assert.equal(downloadIdOfRow(row.id), undefined);
});

test('what runs stands before what waits behind it, what ended comes last and the newest of it first', () => {
  const names = new Map<string, string>();
  const ranks = [
    downloadAsRow(download(1, { state: 'waiting', priority: 'high', order: 7 }), names),
    downloadAsRow(download(1, { state: 'running', order: -5 }), names),
    downloadAsRow(download(2, { state: 'queued', order: 2 }), names),
    downloadAsRow(download(2, { state: 'queued', priority: 'low', order: -9 }), names),
    uploadAsRow(upload(1), 0),
    downloadAsRow(download(3, { state: 'done', place: 0, finishedAtMs: 2000 }), names),
    downloadAsRow(download(4, { state: 'failed', place: 0, finishedAtMs: 1000 }), names),
  ].map(({ rank }) => rank);
  assert.deepEqual(
    [...ranks].sort((a, b) => a - b),
    ranks,
  );
  const message = { session: 's', type: 'rows', isFirst: true, isMore: false, removed: [] };
  for (const rank of ranks) assert.ok(parseToBoard({ ...message, rows: [{ ...downloadAsRow(download(1), names), rank }] }, 's'));
});

test('a row reads the same when only its place is another: nothing is told again', () => {
  const row = (place: number) => downloadAsRow(download(1, { state: 'queued', order: 4, place }), new Map());
  assert.deepEqual(row(7), row(6));
});

test('only what can be done is offered', () => {
  assert.deepEqual(actionsFor(download(1, { state: 'running' }), 1), ['pause', 'cancel']);
  assert.deepEqual(actionsFor(download(1, { state: 'done', kind: 'folder' }), 0), ['reveal']);
  assert.deepEqual(actionsFor(download(1, { state: 'cancelled' }), 0), ['retry']);
  assert.deepEqual(actionsFor(download(1, { state: 'queued' }), 1), ['pause', 'cancel']);
  assert.deepEqual(actionsFor(download(1, { state: 'queued' }), 2), ['pause', 'top', 'cancel']);
});

test('the sources of several maps are one list, and who sent wrong data is marked', () => {
  const entry = download(1).entry;
  const map = (sources: PieceMap['sources'], from: number[]): PieceMap => ({
    ...{ entry, sizeBytes: 32_768, cellBytes: 16_384, isRunning: true, sources, done: [100, 50], from },
    bad: [{ cell: 1, source: 0 }],
  });
  const one = { peerId: peerId(2), name: 'Ada', goodBytes: 5, badBytes: 0 };
  const two = { peerId: peerId(3), name: '\u202eBob', goodBytes: 5, badBytes: 9 };
  const shown = detailOf(download(1, { sources: [] }), [map([one, two], [0, 1]), map([two], [0, -1])]);
  assert.deepEqual(
    shown.sources.map(({ isBad }) => isBad),
    [false, true],
  );
  assert.doesNotMatch(JSON.stringify(shown), bidi);
  assert.deepEqual(
    shown.maps.map(({ from, bad }) => [from, bad[0]?.source]),
    [
      [[0, 1], 0],
      [[1, -1], 1],
    ],
  );
});

test('the page takes no style or script but ours, and no name is in it', () => {
  const page = boardPage({ nonce: 'n', session: 's"<', scriptUri: 'x:js', styleUri: 'x:css', source: 'vscode:' });
  assert.match(policyOf(page), /^default-src 'none'; style-src vscode:; script-src 'nonce-n'; base/);
  assert.doesNotMatch(page, /unsafe-|style=|\son[a-z]+=|data-session="s"/);
  assert.equal(page.match(/<script/g)?.length, 1);
});
