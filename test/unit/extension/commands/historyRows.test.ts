import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkPeerId } from '../../../../src/protocol/linkPeer.ts';
import type { HistoryEntry } from '../../../../src/protocol/model.ts';
import { historyActions, historyRow } from '../../../../src/extension/commands/historyRows.ts';
import { peerId, shareId } from '../worlds.ts';

const entry: HistoryEntry = {
  direction: 'download',
  peerId: peerId(1),
  peerName: 'Quiet $(bug) Otter',
  shareId: shareId(1),
  path: 'a/soup.md',
  kind: 'file',
  outcome: 'done',
  bytes: 2048,
  files: 1,
  startedAtMs: 0,
  endedAtMs: 1000,
  destination: '/downloads/soup.md',
};

test('a row says what, whose, how much, how it ended and when, and draws no icon that a peer named', () => {
  const row = historyRow(entry, 3_601_000);
  assert.equal(row.label, '$(arrow-down) soup.md');
  assert.equal(row.description, 'from Quiet \\$(bug) Otter · 2 KB · 1 hour ago');
  assert.equal(row.detail, '/downloads/soup.md');
  const failure = { kind: 'disk-full', message: 'No space.' } as const;
  const failed = historyRow({ ...entry, path: '', kind: 'folder', files: 3, outcome: 'failed', failure }, 1000);
  assert.equal(failed.label, '$(arrow-down) the whole share $(error)');
  assert.equal(failed.description, 'from Quiet \\$(bug) Otter · 3 files, 2 KB · failed · just now');
  assert.equal(failed.detail, 'This disk is full. No space.');
});

test('only what lies on this disk is revealed, only what a peer has is had again', () => {
  assert.deepEqual(historyActions(entry, [entry]), ['reveal', 'show', 'again']);
  assert.deepEqual(historyActions({ ...entry, outcome: 'cancelled' }, [entry]), ['show', 'again']);
  assert.deepEqual(historyActions({ ...entry, direction: 'upload' }, [entry]), ['reveal']);
});

test('what came by a link, was sent to us, or was in a share that is gone cannot be looked into or had again', () => {
  const byLink = { ...entry, peerId: linkPeerId, peerName: 'Nobody', path: '', destination: '/downloads/Photos' };
  const row = historyRow(byLink, 1000);
  assert.equal(row.label, '$(arrow-down) Photos');
  assert.equal(row.description, 'by a link · 2 KB · just now');
  assert.deepEqual(historyActions(byLink, [entry]), ['reveal']);
  assert.deepEqual(historyActions({ ...byLink, outcome: 'failed' }, [entry]), []);
  // Its offer may have been cleared: nothing tells any more that it was one.
  assert.deepEqual(historyActions({ ...entry, shareId: shareId(2) }, [entry]), ['reveal']);
  assert.deepEqual(historyActions({ ...entry, peerId: peerId(2) }, [entry]), ['reveal']);
});
