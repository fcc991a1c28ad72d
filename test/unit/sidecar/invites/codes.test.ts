// Codes as clients use them: what is told of one, what accepting does, and whose are refused.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codeForms } from '../../../../src/protocol/codes.ts';
import { type Code, encodeCode } from '../../../../src/sidecar/invites/code.ts';
import { meetingLimits } from '../../../../src/sidecar/limits.ts';
import { peopleOf, type Person } from './world.ts';

const hour = 3_600_000;

function signedBy(maker: Person, changes: Partial<Code>): string {
  const code: Code = {
    ...{ peerId: maker.peerId, createdAtMs: 1_790_000_000_000, expiresAtMs: undefined, nickname: 'Ada', addresses: [] },
    grant: { kind: 'contact' },
    ...changes,
  };
  return codeForms(encodeCode(code, maker.keys)).text;
}

test('a contact’s code tells who it is and where, and accepting it reaches for the peer', (t) => {
  const { clock, person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  ada.ownAddresses.push({ host: '192.168.1.20', port: 5000 }, { host: 'fd00::1', port: 5000 });
  const { text } = ada.codes.own({ expiresInMs: hour });
  const contents = ben.codes.inspect(text);
  assert.deepEqual(contents, {
    ...{ kind: 'contact', peerId: ada.peerId, isOwn: false, isKnown: false, isBlocked: false, isExpired: false },
    ...{ name: contents.derivedName, derivedName: contents.derivedName, claimedName: 'Ada' },
    ...{ createdAtMs: clock.now, expiresAtMs: clock.now + hour, addresses: ['192.168.1.20:5000', '[fd00::1]:5000'] },
  });
  assert.deepEqual([ben.connected, ben.dialled], [[], []], 'looking touches nothing');
  assert.deepEqual(ben.codes.accept(text), { contents });
  assert.deepEqual(ben.connected, [ada.peerId]);
  assert.deepEqual(ben.dialled, ada.ownAddresses);
  assert.deepEqual(ben.parties.list(), []);
});

test('a party’s code tells whether its name can be guessed and whether we are in it, and joins', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const weak = ada.codes.own({ partyId: ada.parties.join('techno').partyId }).text;
  const strong = ada.codes.own({ partyId: ada.parties.create().partyId }).text;
  assert.equal(ben.codes.inspect(strong).isPublicParty, false);
  const { kind, partyLabel, isPublicParty, isJoined } = ben.codes.inspect(weak);
  assert.deepEqual([kind, partyLabel, isPublicParty, isJoined], ['party', 'techno', true, false]);
  assert.equal(ben.codes.accept(weak).party?.name, 'techno');
  assert.equal(ben.codes.inspect(weak).isJoined, true);
  assert.deepEqual(ben.connected, [ada.peerId]);
  assert.throws(() => ben.codes.own({ partyId: ada.parties.create().partyId }), { kind: 'not-found' });
});

test('our own code is known as that and not accepted', (t) => {
  const { person } = peopleOf(t);
  const ada = person();
  const { text } = ada.codes.own({});
  assert.equal(ada.codes.inspect(text).isOwn, true);
  assert.throws(() => ada.codes.accept(text), /your own/);
  const invite = ada.invites.create(ada.parties.create().partyId, { label: '' });
  assert.throws(() => ada.codes.accept(invite.code.text), /your own/);
});

test('a blocked peer’s code says so and is refused, whatever it gives', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  ben.blocked.add(ada.peerId);
  const party = ada.parties.create();
  const texts = [ada.codes.own({}), ada.codes.own(party), ada.invites.create(party.partyId, { label: '' }).code];
  for (const { text } of texts) {
    assert.equal(ben.codes.inspect(text).isBlocked, true);
    assert.throws(() => ben.codes.accept(text), { kind: 'permission-denied' });
  }
  assert.deepEqual([ben.connected, ben.dialled, ben.pending.list(), ben.parties.list()], [[], [], [], []]);
});

test('an expired code is shown, and refused once no clock can be so wrong', (t) => {
  const { clock, person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const { text } = ada.codes.own({ partyId: ada.parties.create().partyId, expiresInMs: hour });
  clock.now += hour + meetingLimits.clockSkewMs - 1;
  assert.equal(ben.codes.inspect(text).isExpired, false);
  clock.now += 1;
  assert.equal(ben.codes.inspect(text).isExpired, true);
  assert.throws(() => ben.codes.accept(text), /expired/);
  assert.deepEqual([ben.connected, ben.parties.list()], [[], []]);
});

test('names in a code are shown as one safe line, and a party with an unsafe one is refused', (t) => {
  const { person } = peopleOf(t);
  const [mallory, ben] = [person(), person()];
  const token = new Uint8Array(32);
  const text = signedBy(mallory, {
    nickname: 'A\u202eda\n\u0007',
    grant: { kind: 'invite', token, isPublic: false, partyLabel: 'x\u200b\r\ny\u2066' },
  });
  const { claimedName, partyLabel } = ben.codes.inspect(text);
  assert.deepEqual([claimedName, partyLabel], ['Ada', 'x y']);
  assert.equal(ben.codes.accept(text).pending?.partyLabel, 'x y');
  for (const partyName of ['', ' ', 'a\nb', 'x\u202ey', 'fam\u200bily', 'family\ufe0f', 'family\u3164', 'closed-x'])
    assert.throws(() => ben.codes.inspect(signedBy(mallory, { grant: { kind: 'party', partyName } })), {
      kind: 'invalid-argument',
    });
});

test('a party whose name others would not be shown is not put into a code', (t) => {
  const { person } = peopleOf(t);
  const ada = person();
  const { partyId } = ada.parties.join('a\u202eb');
  assert.throws(() => ada.codes.own({ partyId }), { kind: 'invalid-argument' });
  assert.throws(() => ada.invites.create(partyId, { label: '' }), { kind: 'invalid-argument' });
});

test('a code that is accepted twice does the same once', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const { text } = ada.invites.create(ada.parties.create().partyId, { label: '' }).code;
  const [first, second] = [ben.codes.accept(text), ben.codes.accept(text)];
  assert.equal(first.pending?.inviteId, second.pending?.inviteId);
  assert.equal(ben.pending.list().length, 1);
});

test('more addresses than a code takes are left out', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  for (let i = 1; i < 20; i++) ada.ownAddresses.push({ host: `10.0.0.${i}`, port: 5000 });
  assert.equal(ben.codes.inspect(ada.codes.own({}).text).addresses.length, meetingLimits.codeAddresses);
});
