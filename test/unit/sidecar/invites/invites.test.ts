// Invites from both sides: who gets into which party, how often, and what happens to answers that are lost, late, forged or refused.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { codeForms, findCode } from '../../../../src/protocol/codes.ts';
import { AppError } from '../../../../src/protocol/errors.ts';
import { decodeCode, encodeCode } from '../../../../src/sidecar/invites/code.ts';
import { admissionLimits, localLimits, meetingLimits } from '../../../../src/sidecar/limits.ts';
import { connect, peopleOf, type Person, type TestSession } from './world.ts';

const hour = 3_600_000;
const once = { label: 'Friday', uses: 1, expiresInMs: 24 * hour };
const isViolation = (error: unknown) => error instanceof AppError && error.kind === 'protocol';
const partiesOf = (person: Person) => person.parties.list().map(({ name }) => name);
const stateOf = (person: Person) => person.pending.list().map(({ state, reason }) => reason ?? state);
const tokenIn = (text: string): Uint8Array => {
  const { grant } = decodeCode(findCode(text));
  assert.ok(grant.kind === 'invite');
  return grant.token;
};
const ask = (session: TestSession, text: string) => session.meet({ type: 'redeem', token: tokenIn(text) });

test('an invite brings who accepts it into the party, whoever comes first', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben, cem] = [person(), person(), person()];
  const party = ada.parties.create();
  const invite = ada.invites.create(party.partyId, { label: 'Friday' });
  const { contents, pending } = ben.codes.accept(invite.code.text);
  assert.equal(contents.kind, 'invite');
  assert.equal(contents.partyLabel, 'Friday');
  assert.equal(pending?.state, 'waiting');
  assert.deepEqual(ben.connected, [ada.peerId]);
  assert.ok(ben.pending.isAwaited(ada.peerId));
  connect(ada, ben);
  assert.deepEqual(partiesOf(ben), [party.name]);
  assert.deepEqual(ben.pending.list(), []);
  assert.ok(!ben.pending.isAwaited(ada.peerId));
  connect(ada, cem); // It is connected when it accepts.
  cem.codes.accept(invite.code.uri);
  assert.deepEqual(partiesOf(cem), [party.name]);
  const [listed] = ada.invites.list();
  assert.deepEqual(
    listed?.usedBy.map(({ peerId }) => peerId),
    [ben.peerId, cem.peerId],
  );
  assert.equal(listed.state, 'open');
  assert.equal(listed.usesLeft, undefined);
});

test('a one-shot replayed by a second peer is refused, and says so', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben, cem] = [person(), person(), person()];
  const { partyId } = ada.parties.create();
  const { code } = ada.invites.create(partyId, once);
  for (const guest of [ben, cem]) guest.codes.accept(code.text);
  connect(ada, ben);
  connect(ada, cem);
  assert.equal(partiesOf(ben).length, 1);
  assert.deepEqual(partiesOf(cem), []);
  assert.deepEqual(stateOf(cem), ['used-up']);
  assert.ok(!cem.pending.isAwaited(ada.peerId));
  assert.equal(cem.helloUpdates, 1);
  const [listed] = ada.invites.list();
  assert.equal(listed?.state, 'used-up');
  assert.equal(listed.usesLeft, 0);
  assert.deepEqual(listed.code, { text: '', uri: '' });
});

test('of many peers that race for three uses exactly three get in', (t) => {
  const { person } = peopleOf(t);
  const ada = person();
  const { partyId, name } = ada.parties.create();
  const { code } = ada.invites.create(partyId, { label: '', uses: 3 });
  const guests = Array.from({ length: 8 }, () => person());
  const sessions = guests.map((guest) => connect(guest, ada)[0]);
  for (const guest of guests) guest.codes.accept(code.text);
  for (const session of sessions) ask(session, code.text);
  assert.equal(guests.filter((guest) => partiesOf(guest).includes(name)).length, 3);
  assert.equal(ada.invites.list()[0]?.usedBy.length, 3);
});

test('a one-shot whose answer was lost is not lost: the same peer asks again', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben, cem] = [person(), person(), person()];
  const { partyId, name } = ada.parties.create();
  const { code } = ada.invites.create(partyId, once);
  ben.codes.accept(code.text);
  connect(ada, ben, ada);
  assert.deepEqual(partiesOf(ben), []);
  assert.equal(ada.invites.list()[0]?.usesLeft, 0);
  ada.restart();
  ben.restart();
  cem.codes.accept(code.text);
  connect(ada, cem);
  assert.deepEqual(stateOf(cem), ['used-up']);
  connect(ada, ben);
  assert.deepEqual(partiesOf(ben), [name]);
  assert.equal(ada.invites.list()[0]?.usedBy.length, 1);
});

test('an accepted invite survives restarts until its peer comes', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const { partyId, name } = ada.parties.create();
  ben.codes.accept(ada.invites.create(partyId, once).code.text);
  for (let i = 0; i < 2; i++) ben.restart();
  assert.deepEqual(stateOf(ben), ['waiting']);
  assert.ok(ben.pending.isAwaited(ada.peerId));
  ada.restart();
  connect(ada, ben);
  assert.deepEqual(partiesOf(ben), [name]);
});

test('a revoked invite is refused, also to who used it; its code is gone', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben, cem] = [person(), person(), person()];
  const { partyId } = ada.parties.create();
  const { inviteId, code } = ada.invites.create(partyId, { label: '' });
  ben.codes.accept(code.text);
  connect(ada, ben);
  assert.equal(ada.invites.revoke(inviteId).state, 'revoked');
  assert.equal(ada.invites.revoke(inviteId).state, 'revoked');
  assert.equal(ada.database.get<{ code: string }>('SELECT code FROM invite')?.code, '');
  cem.codes.accept(code.text);
  connect(ada, cem);
  assert.deepEqual(stateOf(cem), ['revoked']);
  const [session] = connect(ben, ada);
  ben.codes.accept(code.text);
  assert.deepEqual(stateOf(ben), ['revoked']);
  assert.ok(session.isOpen);
  assert.throws(() => ada.invites.revoke(cem.peerId.slice(0, 26) as typeof inviteId), { kind: 'not-found' });
});

test('an expired invite is refused by its maker, whatever the guest’s clock says', (t) => {
  const { clock, person } = peopleOf(t);
  const [ada, ben, cem] = [person(), person(), person()];
  const { partyId } = ada.parties.create();
  const { code } = ada.invites.create(partyId, once);
  ben.codes.accept(code.text);
  clock.now += 25 * hour;
  cem.skewMs = -24 * hour;
  cem.codes.accept(code.text);
  connect(ada, ben);
  connect(ada, cem);
  assert.deepEqual([stateOf(ben), stateOf(cem)], [['expired'], ['expired']]);
  assert.equal(ada.invites.list()[0]?.state, 'expired');
  clock.now += meetingLimits.clockSkewMs;
  assert.throws(() => ben.codes.accept(code.text), /expired/);
});

test('who used an invite in time gets the lost answer after its end', (t) => {
  const { clock, person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const { partyId, name } = ada.parties.create();
  ben.codes.accept(ada.invites.create(partyId, once).code.text);
  connect(ada, ben, ada);
  clock.now += 25 * hour;
  connect(ada, ben);
  assert.deepEqual(partiesOf(ben), [name]);
});

test('a clock that is a day off, either way, keeps nobody out', (t) => {
  const { person } = peopleOf(t);
  const ada = person();
  const { partyId, name } = ada.parties.create();
  const { code } = ada.invites.create(partyId, once);
  const shortLived = ada.invites.create(partyId, { label: '', expiresInMs: hour }).code;
  for (const [skewMs, text] of [
    [-24 * hour, code.text],
    [24 * hour, shortLived.text],
  ] as const) {
    const guest = person();
    guest.skewMs = skewMs;
    assert.equal(guest.codes.inspect(text).isExpired, false);
    guest.codes.accept(text);
    connect(ada, guest);
    assert.deepEqual(partiesOf(guest), [name]);
  }
  const early = person();
  early.skewMs = -27 * hour;
  assert.throws(() => early.codes.accept(code.text), /future/);
  assert.throws(() => early.codes.inspect(code.text), /future/);
});

test('what waits for a peer that never comes ends with the invite', (t) => {
  const { clock, person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  ben.codes.accept(ada.invites.create(ada.parties.create().partyId, once).code.text);
  clock.now += 24 * hour + meetingLimits.clockSkewMs;
  assert.deepEqual(stateOf(ben), ['expired']);
  assert.ok(!ben.pending.isAwaited(ada.peerId));
});

test('an invite whose inviter left the party is over, and stays so', async (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const party = ada.parties.create();
  const { code } = ada.invites.create(party.partyId, once);
  ben.codes.accept(code.text);
  await ada.parties.leave(party.partyId);
  connect(ada, ben);
  assert.deepEqual(stateOf(ben), ['revoked']);
  ada.parties.join(party.name);
  const [listed] = ada.invites.list();
  assert.equal(listed?.state, 'revoked');
  assert.throws(() => ada.invites.create(ben.parties.create().partyId, once), { kind: 'not-found' });
});

test('an invite to a closed party puts who redeems it on the list; only its founder makes one', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const party = ada.parties.create({ isClosed: true });
  ben.codes.accept(ada.invites.create(party.partyId, once).code.text);
  connect(ada, ben);
  assert.deepEqual(partiesOf(ben), [party.name]);
  assert.ok(ada.parties.get(party.partyId)?.closed?.members.includes(ben.peerId));
  assert.throws(() => ben.invites.create(party.partyId, once), { kind: 'permission-denied' });
});

test('who was expelled from a closed party does not come back by the invites that it used or others', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const { partyId } = ada.parties.create({ isClosed: true });
  const codes = [1, 2].map(() => ada.invites.create(partyId, { label: '' }).code.text);
  ben.codes.accept(codes[0] ?? '');
  connect(ada, ben);
  ada.parties.expel(partyId, ben.peerId);
  const [session] = connect(ben, ada);
  for (const code of codes) ask(session, code);
  assert.equal(ada.parties.isListed(partyId, ben.peerId), false);
});

test('an invite is not used up when the list of a closed party cannot be written', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const { partyId, name } = ada.parties.create({ isClosed: true });
  ben.codes.accept(ada.invites.create(partyId, once).code.text);
  ada.database.exec(`CREATE TRIGGER full BEFORE INSERT ON roster BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
  connect(ada, ben);
  assert.deepEqual(stateOf(ben), ['waiting']);
  assert.equal(ada.invites.list()[0]?.usesLeft, 1);
  ada.database.exec('DROP TRIGGER full');
  connect(ada, ben);
  assert.deepEqual(partiesOf(ben), [name]);
});

test('an invite is not used up when its use cannot be recorded', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const { partyId, name } = ada.parties.create();
  ben.codes.accept(ada.invites.create(partyId, once).code.text);
  ada.database.exec(`CREATE TRIGGER full BEFORE INSERT ON inviteUse BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
  connect(ada, ben);
  assert.deepEqual([stateOf(ben), ada.invites.list()[0]?.usesLeft], [['waiting'], 1]);
  ada.database.exec('DROP TRIGGER full');
  connect(ada, ben);
  assert.deepEqual(partiesOf(ben), [name]);
});

test('a peer that guesses tokens is ended as hostile', (t) => {
  const { person } = peopleOf(t);
  const [ada, mallory] = [person(), person()];
  ada.invites.create(ada.parties.create().partyId, { label: '' });
  let guesses = 0;
  for (; guesses < meetingLimits.wrongTokens + 1; guesses++) {
    // A new session each time does not help.
    const [session] = connect(mallory, ada);
    // What it is answered it did not ask for by an invite, which it would end the session for: it does not listen.
    mallory.pending.redeemed = () => undefined;
    session.meet({ type: 'redeem', token: randomBytes(32) });
    if (session.violation !== undefined) {
      assert.ok(isViolation(session.violation));
      break;
    }
  }
  assert.equal(guesses, meetingLimits.wrongTokens - 1);
});

test('a peer that redeems without end is ended as hostile', (t) => {
  const { person } = peopleOf(t);
  const [ada, mallory] = [person(), person()];
  const { code } = ada.invites.create(ada.parties.create().partyId, { label: '' });
  mallory.pending.redeemed = () => undefined;
  const [session] = connect(mallory, ada);
  for (let i = 0; i <= meetingLimits.redeems; i++) ask(session, code.text);
  assert.ok(isViolation(session.violation));
  assert.equal(ada.invites.list()[0]?.usedBy.length, 1);
});

test('an answer that nobody asked for, or to another peer’s invite, ends the session and joins nothing', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben, mallory] = [person(), person(), person()];
  const { code } = ada.invites.create(ada.parties.create().partyId, once);
  ben.codes.accept(code.text);
  const [session] = connect(mallory, ben);
  session.meet({ type: 'redeemed', token: tokenIn(code.text), partyName: 'techno', refusal: undefined });
  assert.ok(isViolation(session.violation));
  assert.deepEqual(partiesOf(ben), []);
  assert.deepEqual(stateOf(ben), ['waiting']);
});

test('an answer that both grants and refuses, or neither, ends the session', (t) => {
  const { person } = peopleOf(t);
  const both = [
    { partyName: 'techno', refusal: 'revoked' as const },
    { partyName: undefined, refusal: undefined },
  ];
  for (const answer of both) {
    const [ada, ben] = [person(), person()];
    const { code } = ada.invites.create(ada.parties.create().partyId, once);
    ben.codes.accept(code.text);
    const [session] = connect(ada, ben, ben);
    ben.sessions.get(ada.peerId)?.meet({ type: 'redeem', token: tokenIn(code.text) });
    session.meet({ type: 'redeemed', token: tokenIn(code.text), ...answer });
    assert.ok(isViolation(session.violation));
    assert.deepEqual(partiesOf(ben), []);
  }
});

test('a name that no party has is not joined, and told as a refusal', (t) => {
  const { person } = peopleOf(t);
  for (const partyName of ['', '  ', 'a\nb', 'a\u0000', 'x\u202efdp.exe', 'closed-', `closed-${'y'.repeat(26)}-`]) {
    const [ada, ben] = [person(), person()];
    const { code } = ada.invites.create(ada.parties.create().partyId, once);
    ben.codes.accept(code.text);
    const [session] = connect(ada, ben, ada);
    session.isMute = false;
    session.meet({ type: 'redeemed', token: tokenIn(code.text), partyName, refusal: undefined });
    assert.deepEqual(partiesOf(ben), [], JSON.stringify(partyName));
    assert.deepEqual(stateOf(ben), ['unknown']);
  }
});

test('a code that promised a name of chance does not bring us into a party that others can guess', (t) => {
  const { person } = peopleOf(t);
  const [mallory, ben, cem] = [person(), person(), person()];
  const { code } = mallory.invites.create(mallory.parties.create().partyId, once);
  assert.equal(ben.codes.inspect(code.text).isPublicParty, false);
  ben.codes.accept(code.text);
  const [session] = connect(mallory, ben, mallory);
  session.isMute = false;
  session.meet({ type: 'redeemed', token: tokenIn(code.text), partyName: 'techno', refusal: undefined });
  assert.deepEqual([partiesOf(ben), stateOf(ben)], [[], ['unknown']]);
  const open = mallory.invites.create(mallory.parties.join('techno').partyId, once).code;
  assert.equal(cem.codes.inspect(open.text).isPublicParty, true);
  cem.codes.accept(open.text);
  connect(mallory, cem);
  assert.deepEqual(partiesOf(cem), ['techno']);
});

test('wrong tokens long ago are forgiven', (t) => {
  const { clock, person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  ben.pending.redeemed = () => undefined;
  const [session] = connect(ben, ada);
  for (let i = 0; i < 3 * meetingLimits.wrongTokens; i++) {
    session.meet({ type: 'redeem', token: randomBytes(32) });
    clock.now += admissionLimits.offenceWindowMs / 4;
  }
  assert.ok(session.isOpen);
});

test('an answer after the invite was dropped joins nothing', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const { code } = ada.invites.create(ada.parties.create().partyId, once);
  const { pending } = ben.codes.accept(code.text);
  assert.ok(pending);
  const [session] = connect(ada, ben, ada);
  ben.pending.drop(pending.inviteId);
  session.isMute = false;
  session.meet({ type: 'redeemed', token: tokenIn(code.text), partyName: 'techno', refusal: undefined });
  assert.ok(session.isOpen);
  assert.deepEqual(partiesOf(ben), []);
  assert.throws(() => ben.pending.drop(pending.inviteId), { kind: 'not-found' });
});

test('who is in too many parties joins when there is room again', async (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const { partyId, name } = ada.parties.create();
  for (let i = 0; i < localLimits.parties; i++) ben.parties.join(`party ${i}`);
  ben.codes.accept(ada.invites.create(partyId, once).code.text);
  connect(ada, ben);
  assert.deepEqual(stateOf(ben), ['waiting']);
  const [first] = ben.parties.list();
  assert.ok(first);
  await ben.parties.leave(first.partyId);
  connect(ada, ben);
  assert.ok(partiesOf(ben).includes(name));
});

test('an inviter that was busy is asked again while it is here', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const { partyId, name } = ada.parties.create();
  ben.codes.accept(ada.invites.create(partyId, once).code.text);
  ada.database.exec(`CREATE TRIGGER full BEFORE INSERT ON inviteUse BEGIN SELECT RAISE(ABORT, 'disk full'); END`);
  connect(ada, ben);
  ada.database.exec('DROP TRIGGER full');
  t.mock.timers.tick(meetingLimits.redeemAgainMs);
  assert.deepEqual(partiesOf(ben), [name]);
});

test('a database of ours lets nobody in by the invites that ended', (t) => {
  const { person } = peopleOf(t);
  const ada = person();
  const { inviteId, code } = ada.invites.create(ada.parties.create().partyId, once);
  const token = Buffer.from(tokenIn(code.text));
  ada.invites.revoke(inviteId);
  const row = ada.database.get<{ tokenHash: Uint8Array; code: string }>('SELECT tokenHash, code FROM invite');
  assert.ok(row && !Buffer.from(row.tokenHash).equals(token));
  assert.equal(row.code, '');
});

test('beyond the most invites those that ended make room, and open ones do not', (t) => {
  const { clock, person } = peopleOf(t);
  const ada = person();
  const { partyId } = ada.parties.create();
  ada.database.transaction(() => {
    for (let i = 0; i < meetingLimits.invites; i++) ada.invites.create(partyId, { label: '', expiresInMs: (i + 1) * hour });
  });
  assert.throws(() => ada.invites.create(partyId, { label: '' }), { kind: 'too-large' });
  clock.now += hour + 1;
  ada.invites.create(partyId, { label: 'newest' });
  const listed = ada.invites.list();
  assert.equal(listed.length, meetingLimits.invites);
  assert.equal(listed[0]?.label, 'newest');
});

test('beyond the most accepted invites refused ones make room, and waiting ones do not', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const { partyId } = ada.parties.create();
  const codes = Array.from({ length: meetingLimits.pendingInvites + 1 }, () => ada.invites.create(partyId, once));
  const last = codes.pop();
  const [first] = codes;
  assert.ok(first && last);
  for (const { code } of codes) ben.codes.accept(code.text);
  const connectedBefore = ben.connected.length;
  assert.throws(() => ben.codes.accept(last.code.text), { kind: 'too-large' });
  assert.equal(ben.connected.length, connectedBefore);
  ben.database.run(`UPDATE pendingInvite SET refusal = 'revoked' WHERE inviteId = :inviteId`, { inviteId: first.inviteId });
  ben.codes.accept(last.code.text);
  assert.equal(ben.pending.list().length, meetingLimits.pendingInvites);
});

test('uses remembered of one invite are bounded', (t) => {
  const { person } = peopleOf(t);
  const ada = person();
  const { code, inviteId } = ada.invites.create(ada.parties.create().partyId, { label: '' });
  ada.database.exec(`WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${meetingLimits.inviteUses})
    INSERT INTO inviteUse (inviteId, peerId, atMs) SELECT '${inviteId}', 'peer ' || i, i FROM n`);
  const ben = person();
  ben.codes.accept(code.text);
  connect(ada, ben);
  const uses = ada.invites.list()[0]?.usedBy ?? [];
  assert.equal(uses.length, meetingLimits.inviteUses);
  assert.equal(uses.at(-1)?.peerId, ben.peerId);
  assert.ok(!uses.some(({ peerId }) => String(peerId) === 'peer 1'));
});

test('an invite’s code tampered with, or signed by another key, is not accepted', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben, mallory] = [person(), person(), person()];
  const { code } = ada.invites.create(ada.parties.create().partyId, once);
  const bytes = findCode(code.text);
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 0x10;
    assert.throws(() => ben.codes.accept(codeForms(changed).text), { kind: 'invalid-argument' });
  }
  const forged = encodeCode(decodeCode(bytes), mallory.keys);
  assert.throws(() => ben.codes.accept(codeForms(forged).text), /signature/);
  assert.deepEqual([ben.pending.list(), ben.connected], [[], []]);
});

test('the guest’s new party is called what the code said; one that it is in already keeps its label', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben, cem] = [person(), person(), person()];
  const { partyId, name } = ada.parties.create();
  cem.parties.join(name, { label: 'Work' });
  connect(ada, ben);
  connect(ada, cem);
  const { code } = ada.invites.create(partyId, { label: 'Friday' });
  for (const guest of [ben, cem]) guest.codes.accept(code.text);
  assert.equal(ben.parties.get(partyId)?.label, 'Friday');
  assert.equal(cem.parties.get(partyId)?.label, 'Work');
  assert.equal(ada.parties.get(partyId)?.label, undefined, 'the label of an invite is the guest’s');
  const music = ada.parties.join('music');
  ben.codes.accept(ada.invites.create(music.partyId, { label: 'Friday' }).code.text);
  assert.equal(ben.parties.get(music.partyId)?.label, undefined, 'its name says enough');
});

test('a code carries the party’s label when none is given, and never its name', (t) => {
  const { person } = peopleOf(t);
  const [ada, ben] = [person(), person()];
  const { partyId, name } = ada.parties.create({ label: 'Photos' });
  const labelIn = (id: typeof partyId, how: { label?: string }) => {
    const { code, label } = ada.invites.create(id, how);
    return { label, said: ben.codes.inspect(code.text).partyLabel };
  };
  assert.deepEqual(labelIn(partyId, {}), { label: '', said: 'Photos' });
  assert.deepEqual(labelIn(partyId, { label: 'Trip' }), { label: 'Trip', said: 'Trip' });
  assert.deepEqual(labelIn(partyId, { label: '' }), { label: '', said: undefined });
  assert.throws(() => ada.invites.create(partyId, { label: `it is ${name.toUpperCase()}` }), { kind: 'invalid-argument' });
  const picnic = ada.parties.join('picnic-77');
  ada.parties.setLabel(picnic.partyId, 'Our Picnic 77');
  assert.deepEqual(labelIn(picnic.partyId, {}), { label: '', said: undefined });
});
