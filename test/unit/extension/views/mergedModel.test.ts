import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MergedEntry } from '../../../../src/protocol/model.ts';
import {
  chosenHolder,
  dateText,
  heldByPeers,
  mergedNodes,
  mergedRow,
  recentNodes,
  topNodes,
} from '../../../../src/extension/views/mergedModel.ts';
import { hit, peerId, shareId } from '../worlds.ts';

type Holder = MergedEntry['holders'][number];
const holder = (n: number, change: Partial<Holder> = {}): Holder => ({
  entry: { peerId: peerId(n), shareId: shareId(n), path: 'a.txt' },
  isOwn: false,
  isOnline: false,
  sizeBytes: 10,
  mtimeMs: 0,
  ...change,
});
const merged = (holders: Holder[], change: Partial<MergedEntry> = {}): MergedEntry => ({
  name: 'a.txt',
  kind: 'file',
  sizeBytes: 10,
  mtimeMs: 0,
  holders,
  holderCount: holders.length,
  ...change,
});
const [everybody, recent] = topNodes();

test('an own file is opened first, then one whose holder is online', () => {
  assert.equal(chosenHolder(merged([holder(1), holder(2, { isOnline: true })]))?.entry.peerId, peerId(2));
  assert.equal(chosenHolder(merged([holder(1, { isOnline: true }), holder(2, { isOwn: true })]))?.entry.peerId, peerId(2));
  assert.equal(chosenHolder(merged([holder(1), holder(2)]))?.entry.peerId, peerId(1));
});

test('files of different sizes and folders of several holders are asked about', () => {
  assert.equal(chosenHolder(merged([holder(1), holder(2, { sizeBytes: 11 })])), undefined);
  assert.equal(chosenHolder(merged([holder(1), holder(2)], { kind: 'folder' })), undefined);
  assert.notEqual(chosenHolder(merged([holder(1)], { kind: 'folder' })), undefined);
});

test('what is downloaded is a peer’s, never our own', () => {
  const info = merged([holder(1, { isOwn: true, sizeBytes: 11 }), holder(2)]);
  assert.equal(chosenHolder(info), undefined);
  assert.equal(chosenHolder(heldByPeers(info))?.entry.peerId, peerId(2));
  assert.equal(heldByPeers(info).holderCount, 1);
});

test('a file and a folder of one name have rows of their own, and a page ends in one row for the rest', () => {
  const entries = [merged([holder(1)], { kind: 'folder' }), merged([holder(2)])];
  const nodes = mergedNodes('Table', { entries, total: 10 }, everybody);
  assert.equal(new Set(nodes.map(({ id }) => id)).size, 3);
  assert.ok(nodes[0]?.kind === 'merged' && nodes[0].path === 'Table/a.txt');
  assert.ok(nodes[2]?.kind === 'more' && nodes[2].hiddenCount === 8);
});

test('the row names the holders and says who is away', () => {
  const [node] = mergedNodes(
    '',
    { entries: [merged([holder(1, { isOnline: true }), holder(2)], { holderCount: 20 })], total: 1 },
    everybody,
  );
  assert.ok(node?.kind === 'merged');
  const row = mergedRow(node, ({ peerId: id }) => (id === peerId(1) ? 'Ada\u202e' : 'Bo'));
  assert.equal(row.description, '10 B · 20 have it');
  assert.match(row.tooltip ?? '', /Shared by Ada⟨202E⟩, Bo \(offline\), 18 more/);
  assert.equal(row.context, 'merged.file');
});

test('the recently added are hits, each openable', () => {
  const nodes = recentNodes([hit('a.txt'), hit('a.txt', {}, 2)], 300, recent);
  assert.equal(new Set(nodes.map(({ id }) => id)).size, 3);
  assert.ok(nodes[0]?.kind === 'hit' && nodes[0].entry.path === 'a.txt');
});

test('a time that is no date shows as unknown', () => {
  assert.equal(dateText(8.64e15 + 1), '?');
  assert.equal(dateText(Number.NaN), '?');
});
