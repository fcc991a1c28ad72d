import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detailNodes, ownShareNodes, sharesRow } from '../../../../src/extension/views/sharesModel.ts';
import { ownShare } from '../worlds.ts';

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
