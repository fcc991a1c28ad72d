import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  incomingState,
  offerChildren,
  offerGroups,
  offerNews,
  offerRow,
  outgoingState,
  type OffersNode,
} from '../../../../src/extension/sending/offerRows.ts';
import type { DownloadId, OfferId, PeerId } from '../../../../src/protocol/ids.ts';
import type { DropBox, IncomingOffer, OutgoingOffer } from '../../../../src/protocol/sending.ts';

const peerId = 'y'.repeat(52) as PeerId;
const facts = {
  peerId,
  name: 'Ada',
  text: '',
  items: [{ name: 'a.pdf', kind: 'file' as const, fileCount: 1, sizeBytes: 2048 }],
  ...{ fileCount: 1, folderCount: 0, totalBytes: 2048, expiresAtMs: 1e12, isOnline: true },
};
const incoming: IncomingOffer = {
  ...facts,
  offerId: 'b'.repeat(26) as OfferId,
  derivedName: 'Brave Otter',
  state: 'offered',
  receivedAtMs: 1,
  downloadIds: [] as DownloadId[],
};
const outgoing: OutgoingOffer = {
  ...facts,
  offerId: 'n'.repeat(26) as OfferId,
  state: 'waiting',
  paths: ['/x/a.pdf'],
  createdAtMs: 1,
};
const box: DropBox = {
  dropBoxId: 'box',
  folder: '/home/me/Drop',
  audience: { everyone: false, partyIds: [], peerIds: [peerId] },
  ...{ quotaBytes: 1024 ** 3, usedBytes: 0, addedAtMs: 1 },
};
const lists = { incoming: [incoming], outgoing: [outgoing], dropBoxes: [box] };

function allRows(of: typeof lists) {
  const rows = (node: OffersNode): OffersNode[] => [node, ...offerChildren(node, of).flatMap(rows)];
  return offerGroups(of)
    .flatMap(rows)
    .map((node) => offerRow(node, of, []));
}

test('groups stand only where there is something in them', () => {
  assert.deepEqual(offerGroups({ incoming: [], outgoing: [], dropBoxes: [] }), []);
  assert.deepEqual(
    offerGroups(lists).map(({ group }) => group),
    ['inbox', 'outbox', 'dropBoxes'],
  );
});

test('every row has words for a screen reader, and a menu of its state', () => {
  const rows = allRows(lists);
  assert.equal(rows.length, 8);
  for (const row of rows) assert.ok(row !== undefined && row.accessibility.includes(row.label));
  assert.ok(rows.some((row) => row?.context === 'incoming.offered'));
  assert.ok(rows.some((row) => row?.context === 'outgoing.open'));
});

test('hostile names of senders and files are shown harmlessly, however long', () => {
  const hostile = '\u202egnp.exe\n$(trash) [x](command:y)<b>'.repeat(3000);
  const offer = { ...incoming, name: hostile, text: hostile, items: [{ ...incoming.items[0], name: hostile } as never] };
  for (const row of allRows({ ...lists, incoming: [offer] })) {
    for (const text of [row?.label, row?.description, row?.accessibility]) {
      assert.doesNotMatch(text ?? '', /[\u202e\n]/);
      assert.ok((text ?? '').length < 1000);
    }
    assert.doesNotMatch(row?.tooltip ?? '', /\u202e/);
    assert.ok((row?.tooltip ?? '').length < 8000);
  }
  assert.doesNotMatch(offerNews([offer]) ?? '', /[\u202e\n]/);
});

test('one offer is told with its sender’s own name, several are counted', () => {
  assert.equal(offerNews([]), undefined);
  assert.equal(offerNews([incoming]), 'Ada (Brave Otter) wants to send you a.pdf (1 file, 2 KB).');
  assert.match(offerNews([incoming, incoming]) ?? '', /^2 offers/);
});

test('every state has its words', () => {
  for (const state of ['offered', 'accepted', 'done', 'failed', 'declined', 'withdrawn', 'expired'] as const)
    assert.ok(incomingState({ state, isOnline: false }) !== '');
  for (const state of ['waiting', 'offered', 'accepted', 'delivered', 'declined', 'withdrawn', 'expired'] as const)
    assert.ok(outgoingState({ state }) !== '');
  assert.notEqual(outgoingState({ state: 'waiting', reason: 'full' }), outgoingState({ state: 'waiting', reason: 'unwelcome' }));
});
