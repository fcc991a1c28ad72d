import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  canAccept,
  canDecline,
  dropBoxAudience,
  incomingState,
  isIncomingOver,
  offerChildren,
  offerGroups,
  offerNews,
  offerRow,
  outgoingState,
  type OffersNode,
} from '../../../../src/extension/sending/offerRows.ts';
import type { DownloadId, OfferId, PeerId } from '../../../../src/protocol/ids.ts';
import type { DropBox, IncomingOffer, OutgoingOffer } from '../../../../src/protocol/sending.ts';
import { partyId, peerId as otherId, peer } from '../worlds.ts';

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
const incomingStates = ['offered', 'accepted', 'done', 'failed', 'declined', 'withdrawn', 'expired'] as const;
const lists = { incoming: [incoming], outgoing: [outgoing], dropBoxes: [box] };

function allRows(of: typeof lists) {
  const rows = (node: OffersNode): OffersNode[] => [node, ...offerChildren(node, of).flatMap(rows)];
  return offerGroups(of)
    .flatMap(rows)
    .map((node) => offerRow(node, of, { peers: [], parties: [] }));
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
  for (const state of incomingStates) assert.ok(incomingState({ state, isOnline: false }) !== '');
  for (const state of ['waiting', 'offered', 'accepted', 'delivered', 'declined', 'withdrawn', 'expired'] as const)
    assert.ok(outgoingState({ state }) !== '');
  assert.notEqual(outgoingState({ state: 'waiting', reason: 'full' }), outgoingState({ state: 'waiting', reason: 'unwelcome' }));
});

test('the menu of an offer has what its state allows: one that failed can be taken once more, refused, or cleared', () => {
  const manifest = readFileSync(new URL('../../../../package.json', import.meta.url), 'utf8');
  const { contributes } = JSON.parse(manifest) as {
    contributes: { menus: Record<string, { command?: string; when?: string; group?: string }[]> };
  };
  const items = (contributes.menus['view/item/context'] ?? []).filter(({ group }) => group?.startsWith('inline') === false);
  const stands = (command: string, state: string): boolean =>
    items.some((item) => item.command === command && matches(item.when ?? '', `incoming.${state}`));
  for (const state of incomingStates) {
    assert.equal(stands('potluck.inbox.accept', state), canAccept({ state }), `accept of ${state}`);
    assert.equal(stands('potluck.inbox.acceptTo', state), canAccept({ state }), `acceptTo of ${state}`);
    assert.equal(stands('potluck.inbox.decline', state), canDecline({ state }), `decline of ${state}`);
    assert.equal(stands('potluck.inbox.clear', state), isIncomingOver({ state }), `clear of ${state}`);
  }
  assert.ok(canAccept({ state: 'failed' }) && canDecline({ state: 'failed' }) && isIncomingOver({ state: 'failed' }));
});

test('whose drop box it is reads as the audience of a share does, one of each or many', () => {
  const known = { peers: [peer(2)], parties: [] };
  const of = (peers: number, parties: number): string =>
    dropBoxAudience(
      {
        audience: {
          everyone: false,
          peerIds: Array.from({ length: peers }, (_, at) => otherId(at + 2)),
          partyIds: Array.from({ length: parties }, (_, at) => partyId(at)),
        },
      },
      known,
    );
  assert.equal(of(1, 0), 'peer 2');
  assert.equal(of(2, 1), '1 party, 2 peers');
  assert.equal(of(3, 0), '3 peers');
  assert.equal(dropBoxAudience({ audience: { everyone: true, peerIds: [], partyIds: [] } }, known), 'everyone you know');
});

/** As far as our menus need it: `viewItem == text` and `viewItem =~ /pattern/`. */
function matches(when: string, context: string): boolean {
  const [, equal] = /viewItem == (\S+)/.exec(when) ?? [];
  const [, pattern] = /viewItem =~ \/(.*)\/$/.exec(when) ?? [];
  return equal === context || (pattern !== undefined && new RegExp(pattern).test(context));
}
