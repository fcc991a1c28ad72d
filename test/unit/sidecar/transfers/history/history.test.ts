import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContentId, ShareId } from '../../../../../src/protocol/ids.ts';
import type { HistoryEntry } from '../../../../../src/protocol/model.ts';
import { transferLimits } from '../../../../../src/sidecar/limits.ts';
import { History } from '../../../../../src/sidecar/transfers/history/history.ts';
import { askerId, node, ownerId, shareId, temporaryFolder } from '../world.ts';

function entry(number: number, more: Partial<HistoryEntry> = {}): HistoryEntry {
  return {
    ...{
      direction: 'download',
      peerId: ownerId,
      peerName: 'amber-otter',
      shareId,
      path: `f${number}`,
      kind: 'file',
      outcome: 'done',
    },
    ...{ bytes: number, files: 1, startedAtMs: number, endedAtMs: number + 1 },
    ...more,
  };
}

test('what ended comes back as it was, newest first, by direction and page', (t) => {
  const history = new History(node(t, temporaryFolder(t)));
  const failed = entry(2, { outcome: 'failed', failure: { kind: 'io', message: 'no' }, destination: '/x/y' });
  history.add(entry(1));
  history.add(failed);
  history.add(entry(3, { direction: 'upload', kind: 'folder' }));
  assert.deepEqual(history.list({ offset: 0, limit: 10 }), {
    entries: [entry(3, { direction: 'upload', kind: 'folder' }), failed, entry(1)],
    total: 3,
  });
  assert.deepEqual(history.list({ direction: 'download', offset: 1, limit: 10 }), { entries: [entry(1)], total: 2 });
  assert.deepEqual(history.list({ offset: 99, limit: 10 }), { entries: [], total: 3 });
});

test('what became of one entry: itself, folders above it, whoever took it, and the same content elsewhere', (t) => {
  const history = new History(node(t, temporaryFolder(t)));
  const contentId = 'ab'.repeat(32) as ContentId;
  const meant = [
    entry(1, { path: 'soup/lentils.md' }),
    entry(2, { path: 'soup', kind: 'folder' }),
    entry(3, { path: '', kind: 'folder' }),
    entry(4, { path: 'soup/lentils.md', direction: 'upload', peerId: askerId }),
    entry(5, { path: 'copy.md', contentId, peerId: askerId }),
  ];
  const others = [
    entry(6, { path: 'soup/lentils.md', peerId: askerId }),
    entry(7, { path: 'so', kind: 'folder' }),
    entry(8, { path: 'soup_', kind: 'folder' }),
    entry(9, { path: 'soup' }),
    entry(10, { path: 'soup/lentils.md', shareId: 'o'.repeat(26) as ShareId }),
  ];
  for (const each of [...meant, ...others]) history.add(each);
  const of = { entry: { peerId: ownerId, shareId, path: 'soup/lentils.md' } };
  assert.deepEqual(history.list({ ...of, contentId, offset: 0, limit: 3 }), {
    entries: meant.toReversed().slice(0, 3),
    total: 5,
  });
  assert.equal(history.list({ ...of, offset: 0, limit: 10 }).total, 4);
  assert.deepEqual(history.list({ contentId, offset: 0, limit: 10 }).entries, [meant[4]]);
  assert.equal(history.list({ ...of, contentId, direction: 'upload', offset: 0, limit: 10 }).total, 1);
});

test('only the newest are kept, and totals outlive them', (t) => {
  const parts = node(t, temporaryFolder(t));
  const history = new History(parts);
  parts.database.transaction(() => {
    for (let i = 0; i < transferLimits.history + 600; i++) history.add(entry(i));
  });
  history.count('download', { bytes: 10, files: 2 });
  history.count('download', { bytes: 5, files: 1 });
  history.count('upload', { bytes: 7, files: 0 });
  const { entries, total } = history.list({ offset: 0, limit: 1 });
  assert.equal(total, transferLimits.history);
  assert.equal(entries[0]?.path, `f${transferLimits.history + 599}`);
  assert.deepEqual(history.list({ offset: transferLimits.history, limit: 5 }).entries, [], 'what is to be dropped is not shown');
  history.clear();
  assert.equal(history.list({ offset: 0, limit: 1 }).total, 0);
  const totals = { downloadedBytes: 15, downloadedFiles: 3, uploadedBytes: 7, uploadedFiles: 0 };
  assert.deepEqual(new History(parts).totals(), totals);
});
