import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Audience } from '../../../../src/protocol/model.ts';
import {
  audienceOf,
  audienceText,
  changeOf,
  changeQuestion,
  choiceRows,
  everyone,
  settledRows,
  viewers,
  type ChoiceRow,
} from '../../../../src/extension/views/audienceChoice.ts';
import { party, partyId, peer, peerId } from '../worlds.ts';

const nobody: Audience = { everyone: false, partyIds: [], peerIds: [] };
const only = (change: Partial<Audience>): Audience => ({ ...nobody, ...change });
const known = {
  parties: [party(1, { name: 'techno', isPublic: true }), party(2, { name: 'ybndrfg8ejkmcpqxot1uwisza3' })],
  peers: [
    peer(1, { name: 'Ada', partyIds: [partyId(1)] }),
    peer(2, { name: 'Bob', isAddedByKey: true }),
    peer(3, { name: 'Eve', isBlocked: true, partyIds: [partyId(1)] }),
    peer(4, { name: 'Stranger', isStranger: true }),
  ],
};
const picked = (audience: Audience): ChoiceRow[] =>
  choiceRows(audience, known).filter((row) => row.kind !== 'heading' && row.isPicked);

test('rows offer everyone, parties and the peers that one knows, and show what holds now', () => {
  const rows = choiceRows(everyone, known);
  assert.deepEqual(
    rows.map(({ label }) => label.replace(/^\$\([a-z]+\) /, '')),
    ['Everyone', 'Members of these parties', 'techno', 'ybnd…', 'These peers', 'Ada', 'Bob'],
  );
  assert.deepEqual(
    picked(everyone).map(({ kind }) => kind),
    ['everyone'],
  );
});

test('what is chosen but not known any more, or blocked, stays in sight and can be taken away', () => {
  const audience = only({ partyIds: [partyId(9)], peerIds: [peerId(3), peerId(9)] });
  const rows = choiceRows(audience, known);
  assert.ok(rows.some((row) => row.kind === 'party' && row.partyId === partyId(9) && row.isPicked));
  assert.ok(rows.some((row) => row.kind === 'peer' && row.peerId === peerId(3) && /blocked/.test(row.description)));
  assert.ok(rows.some((row) => row.kind === 'peer' && row.peerId === peerId(9) && row.isPicked));
  assert.deepEqual(audienceOf(picked(audience)), audience);
});

test('an audience survives being shown and taken as it is', () => {
  for (const audience of [everyone, nobody, only({ partyIds: [partyId(1)] }), only({ peerIds: [peerId(2)] })])
    assert.deepEqual(audienceOf(picked(audience)), audience);
});

test('everyone and single ones exclude each other: the newer click wins', () => {
  const rows = choiceRows(nobody, known);
  const all = rows.filter(({ kind }) => kind === 'everyone');
  const single = rows.filter(({ kind }) => kind === 'party').slice(0, 1);
  assert.deepEqual(settledRows([...all, ...single], single), all);
  assert.deepEqual(settledRows([...all, ...single], all), single);
  assert.deepEqual(settledRows(single, all), single);
  assert.deepEqual(settledRows([], all), []);
});

test('names that others chose can neither draw icons nor hide', () => {
  const rows = choiceRows(nobody, { parties: [], peers: [peer(1, { name: '$(check) x\u202e', isAddedByKey: true })] });
  assert.equal(rows.at(-1)?.label, '$(account) \\$(check) x⟨202E⟩');
});

test('an audience in words', () => {
  assert.equal(audienceText(everyone, known), 'everyone');
  assert.equal(audienceText(nobody, known), 'nobody');
  assert.equal(audienceText(only({ partyIds: [partyId(2)], peerIds: [peerId(2)] }), known), 'ybnd…, Bob');
  assert.equal(audienceText(only({ partyIds: [partyId(1), partyId(2)], peerIds: [peerId(1)] }), known), '2 parties, 1 peer');
  assert.match(audienceText(only({ partyIds: [partyId(9)] }), known), /party that you left/);
});

test('blocked peers and strangers see nothing', () => {
  const names = (audience: Audience): string[] => viewers(audience, known.peers).map(({ name }) => name);
  assert.deepEqual(names(everyone), ['Ada', 'Bob']);
  assert.deepEqual(names(only({ partyIds: [partyId(1)] })), ['Ada']);
  assert.deepEqual(names(only({ peerIds: [peerId(3)] })), []);
});

test('narrowing is asked about, names who loses it, and says what stays with them', () => {
  const change = changeOf(everyone, only({ partyIds: [partyId(1)] }), known.peers);
  assert.equal(change.isNarrower, true);
  const question = changeQuestion('photos', change);
  assert.match(question?.detail ?? '', /1 peer will not see it any more: Bob\./);
  assert.match(question?.detail ?? '', /downloaded.*stay with them/);
});

test('a party that is taken away is a narrowing although nobody of it is known', () => {
  const change = changeOf(only({ partyIds: [partyId(1), partyId(2)] }), only({ partyIds: [partyId(1)] }), known.peers);
  assert.equal(change.isNarrower, true);
  assert.deepEqual(change.losing, []);
});

test('showing to everyone is asked about; adding somebody by hand is not', () => {
  const few = only({ peerIds: [peerId(1)] });
  assert.match(changeQuestion('photos', changeOf(few, everyone, known.peers))?.detail ?? '', /visible to 1 peer: Bob/);
  assert.equal(changeQuestion('photos', changeOf(few, only({ peerIds: [peerId(1), peerId(2)] }), known.peers)), undefined);
  assert.equal(changeOf(few, only({ peerIds: [peerId(1)] }), known.peers).isSame, true);
});
