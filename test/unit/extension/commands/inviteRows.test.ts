import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inviteRow, lifetimes, pendingRow } from '../../../../src/extension/commands/inviteRows.ts';
import { invite, party, peerId, pendingInvite } from '../worlds.ts';

test('an invite says for whom, until when, and who used it', () => {
  const row = inviteRow(invite(1, { label: 'Photos', usesLeft: 2, usedBy: [{ peerId: peerId(1), name: 'Ada', atMs: 0 }] }));
  assert.equal(row.label, 'Photos — party 1');
  assert.equal(row.description, 'for 2 more people · used once');
  assert.match(row.detail, /without end · By Ada$/);
  assert.equal(inviteRow(invite(1, { usesLeft: 1 })).description, 'for one person');
  assert.equal(inviteRow(invite(1)).description, 'for anybody with the code');
});

test('an invite is listed under what the party is called here, said once', () => {
  const known = party(1, { label: 'Photos' });
  assert.equal(inviteRow(invite(1), known).label, 'Photos');
  assert.equal(inviteRow(invite(1, { label: 'Photos' }), known).label, 'Photos');
  assert.equal(inviteRow(invite(1, { label: 'Ada' }), known).label, 'Ada — Photos');
});

test('an invite that is over says why', () => {
  for (const [state, text] of [
    ['used-up', 'used up'],
    ['expired', 'expired'],
    ['revoked', 'revoked'],
  ] as const)
    assert.equal(inviteRow(invite(1, { state })).description, text);
});

test('the secret name of the party and the code stand in no row', () => {
  const secret = 'ybndrfg8ejkmcpqxot1uwisza3';
  const row = inviteRow(invite(1, { partyName: secret, code: { text: 'potluck-abc', uri: 'potluck:abc' } }));
  assert.doesNotMatch(JSON.stringify(row), new RegExp(`${secret}|potluck-abc|potluck:abc`));
});

test('names of others become no icons', () => {
  const row = inviteRow(invite(1, { usedBy: [{ peerId: peerId(1), name: '$(error)', atMs: 0 }] }));
  assert.match(row.detail, /\\\$\(error\)/);
  assert.match(pendingRow(pendingInvite(1, { name: '$(error)' })).label, /\\\$\(error\)/);
});

test('an accepted invite waits, or says why it was refused', () => {
  assert.equal(pendingRow(pendingInvite(1)).description, 'waits for it to be online');
  const refused = pendingRow(pendingInvite(1, { state: 'refused', reason: 'used-up' }));
  assert.equal(refused.description, 'refused: used up');
});

test('the first lifetime offered ends', () => {
  assert.ok((lifetimes()[0]?.expiresInMs ?? 0) > 0);
});
