import assert from 'node:assert/strict';
import { test } from 'node:test';
import { detailNodes, ownShareNodes, sharesRow } from '../../../../src/extension/views/sharesModel.ts';
import { ownShare, party, partyId, peer, peerId } from '../worlds.ts';

const known = { parties: [party(1, { name: 'techno' })], peers: [peer(1, { name: 'Ada' })] };

test('a share tells what it offers and what it leaves out, secrets first', () => {
  const [node] = ownShareNodes([ownShare(1, { skippedCounts: { ignored: 300, secret: 2 }, scannedAtMs: 0 })]);
  assert.ok(node);
  assert.equal(sharesRow(node, known).description, '2 files, 2 KB · 302 left out');
  const keys = detailNodes(node, known, 1000).map(({ id }) => id.split('/').at(-1));
  assert.deepEqual(keys, ['path', 'counts', 'audience', 'secret', 'ignored', 'scanned']);
});

test('a share says what came later and looks secret, with hostile names made harmless', () => {
  const suspect = { path: 'a\u202egpj.txt', sizeBytes: 9, kinds: ['private-key' as const], line: 3 };
  const lateSecrets = { suspects: [suspect], found: 1, readFiles: 4, unreadFiles: 0 };
  const [node] = ownShareNodes([ownShare(1, { lateSecrets })]);
  assert(node);
  const { description, icon } = sharesRow(node, known);
  assert.deepEqual([description, icon], ['2 files, 2 KB · 1 look secret', 'warning']);
  const labels = detailNodes(node, known, 0).map(({ label }) => label);
  assert(labels.some((label) => label.endsWith(':3 (private key)')));
  assert(labels.every((label) => !label.includes('\u202e')));
});

test('a share that is too large to be looked into says so without a warning', () => {
  const lateSecrets = { suspects: [], found: 0, readFiles: 20_000, unreadFiles: 8000 };
  const [node] = ownShareNodes([ownShare(1, { lateSecrets })]);
  assert(node);
  const { description, icon, tooltip } = sharesRow(node, known);
  assert.deepEqual([description, icon], ['2 files, 2 KB', 'root-folder']);
  assert.match(tooltip ?? '', /^Not looked into for secrets: 8,000 files$/m);
});

test('a share that is read or failed says so', () => {
  const [scanning, failed] = ownShareNodes([
    ownShare(1, { state: 'scanning', scannedEntries: 1234 }),
    ownShare(2, { state: 'failed', failure: { kind: 'not-found', message: 'The folder is gone.' } }),
  ]);
  assert.ok(scanning && failed);
  assert.equal(sharesRow(scanning, known).description, 'reading… 1,234');
  assert.equal(sharesRow(failed, known).description, 'The folder is gone.');
  assert.equal(sharesRow(failed, known).icon, 'error');
});

test('a share that stands still says so, and one that is watched tells how', () => {
  const [paused, watched] = ownShareNodes([
    ownShare(1, { state: 'paused' }),
    ownShare(2, { watch: { watchedFolders: 1200, polledFolders: 3, note: 'The limit is reached.' } }),
  ]);
  assert.ok(paused && watched);
  assert.equal(sharesRow(paused, known).description, 'paused · 2 files, 2 KB');
  assert.equal(sharesRow(paused, known).context, 'ownShare.paused');
  const tooltip = sharesRow(watched, known).tooltip ?? '';
  for (const line of [/at once in 1,200 folders/, /in turn: 3 folders/, /The limit is reached\./]) assert.match(tooltip, line);
  assert.equal(detailNodes(watched, known, 0).filter(({ icon }) => icon === 'eye').length, 3);
});

test('a share that is not for everyone says for whom it is', () => {
  const audience = { everyone: false, partyIds: [partyId(1)], peerIds: [peerId(1)] };
  const [few, all] = ownShareNodes([ownShare(1, { audience }), ownShare(2)]);
  assert.ok(few && all);
  assert.equal(sharesRow(few, known).description, 'for techno, Ada · 2 files, 2 KB');
  assert.match(sharesRow(all, known).tooltip ?? '', /Seen by: everyone/);
  assert.ok(detailNodes(few, known, 0).some(({ label }) => label === 'Seen by: techno, Ada'));
});
