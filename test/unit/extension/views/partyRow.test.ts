import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PartyInfo } from '../../../../src/protocol/model.ts';
import { rootNodes, rowOf, type Parties, type PartyNode } from '../../../../src/extension/views/peersModel.ts';
import { partyChildren } from '../../../../src/extension/views/partyRow.ts';
import { member, party, partyId, peer, peerId, pendingInvite } from '../worlds.ts';

const now = 1_700_000_000_000;
const node: PartyNode = { kind: 'party', id: 'party/1', partyId: partyId(1) };
const closed = (change: Partial<NonNullable<PartyInfo['closed']>> = {}): PartyInfo =>
  party(1, { closed: { founder: peerId(9), isFounder: false, isMember: true, revision: 1, members: [], ...change } });

test('members who are or were here come first, then those who are known from others; not we', () => {
  const world: Parties = {
    parties: [party(1)],
    peers: [peer(1, { partyIds: [partyId(1)], isOnline: false }), peer(2, { partyIds: [partyId(1)] })],
    members: new Map([[partyId(1), [member(8, { isOwn: true }), member(2), member(3, { isHearsay: true }), member(1)]]]),
  };
  assert.deepEqual(
    partyChildren(world, node).map(({ id }) => id),
    [`party/1/peer/${peerId(2)}`, `party/1/peer/${peerId(1)}`, `party/1/member/${peerId(3)}`],
  );
});

test('of a party with very many members who were never here, the rest is counted', () => {
  const many = Array.from({ length: 600 }, (_, n) => ({ ...member(1), peerId: peerId(n) }));
  const children = partyChildren({ parties: [party(1)], peers: [], members: new Map([[partyId(1), many]]) }, node);
  assert.equal(children.length, 501);
  const last = children.at(-1);
  assert.ok(last?.kind === 'note' && last.text.includes('100'));
});

test('who is blocked is no member to be seen, whoever tells of it', () => {
  const world: Parties = {
    parties: [party(1)],
    peers: [peer(1, { partyIds: [partyId(1)], isBlocked: true })],
    members: new Map([[partyId(1), [member(1)]]]),
  };
  assert.deepEqual(
    partyChildren(world, node).map(({ kind }) => kind),
    ['note'],
  );
});

test('who is not let in reads what to do', () => {
  const world = { parties: [closed({ isMember: false })], peers: [] };
  const [note] = partyChildren(world, node);
  assert.ok(note?.kind === 'note' && /founder/.test(note.text) && note.command?.command === 'potluck.identity.copyKey');
});

test('only a founder is offered to admit and expel', () => {
  const peers = [peer(1, { partyIds: [partyId(1)] }), peer(2, { partyIds: [partyId(1)] })];
  const contexts = (info: PartyInfo): (string | undefined)[] => {
    const world: Parties = { parties: [info], peers };
    return partyChildren(world, node).map((child) => rowOf(child, world, now)?.context);
  };
  assert.deepEqual(contexts(closed({ isFounder: true, members: [peerId(1)] })), [
    'peer.known.met.online.listed',
    'peer.known.met.online.unlisted',
  ]);
  assert.deepEqual(contexts(closed({ members: [peerId(1)] })), ['peer.known.met.online', 'peer.known.met.online']);
});

test('whoever knows the name of our closed party and is not let in stands there as such', () => {
  const parties = [closed({ isFounder: true })];
  const world: Parties = { parties, peers: [peer(1, { partyIds: [partyId(1)], isStranger: true })] };
  const [child] = partyChildren(world, node);
  assert.ok(child);
  const row = rowOf(child, world, now);
  assert.equal(row?.description, 'not let in');
  assert.equal(row.context, 'peer.stranger.met.online.unlisted');
});

test('a party says whether it is closed, and in its tooltip who may come in', () => {
  const row = (info: PartyInfo) => rowOf(node, { parties: [info], peers: [] }, now);
  assert.equal(row(party(1))?.context, 'party.joined.open');
  assert.match(row(party(1, { isPublic: true }))?.tooltip ?? '', /can be guessed/);
  assert.match(row(closed())?.description ?? '', /closed/);
  assert.equal(row(closed())?.context, 'party.joined.closed');
  assert.equal(row(closed({ isFounder: true }))?.context, 'party.joined.founder');
});

test('the secret in the name of a closed party is not shown', () => {
  const secret = 'ybndrfg8ejkmcpqxot1uwisza3';
  const row = rowOf(node, { parties: [party(1, { name: `closed-${secret}-${peerId(3)}` })], peers: [] }, now);
  assert.equal(row?.label, 'Party ybnd…');
  assert.doesNotMatch(JSON.stringify(row), /ybndrfg/);
});

test('a party with a label shows that, both in its tooltip, and both in the row where another one looks alike', () => {
  const secret = 'ybndrfg8ejkmcpqxot1uwisza3';
  const labelled = party(1, { name: secret, label: 'Photos' });
  const rowFor = (info: PartyInfo) => rowOf(node, { parties: [info], peers: [] }, now);
  assert.equal(rowFor(labelled)?.label, 'Photos');
  assert.match(rowFor(labelled)?.tooltip ?? '', /Party Photos: .*\nYou call it so. Its name: ybnd…\n/);
  assert.equal(rowFor({ ...labelled, isAmbiguous: true })?.label, 'Photos (ybnd…)');
  assert.doesNotMatch(JSON.stringify(rowFor(labelled)), /ybndrfg/);
});

test('a peer that is here says by which way it is reached, and why', () => {
  const here = peer(1, { path: 'relayed', pathReason: 'both-random', roundTripMs: 83.4 });
  const row = rowOf({ kind: 'peer', id: 'p', peerId: peerId(1) }, { parties: [], peers: [here] }, now);
  assert.equal(row?.description, 'relayed · 100 ms');
  assert.match(row?.tooltip ?? '', /Path: relayed, 83 ms\nWhy: both routers choose ports at random/);
});

test('an accepted invite stands above the parties until it is answered', () => {
  const pending = [pendingInvite(1, { name: 'Ada' }), pendingInvite(2, { state: 'refused', reason: 'expired' })];
  const world: Parties = { parties: [party(1)], peers: [], pending };
  const rows = rootNodes(world).map((each) => rowOf(each, world, now));
  assert.deepEqual(
    rows.map((row) => row?.context),
    ['pending.waiting', 'pending.refused', 'party.joined.open'],
  );
  assert.equal(rows[0]?.label, 'Invite of Ada');
});
