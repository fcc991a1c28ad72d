// Who is shown as a member.

import assert from 'node:assert/strict';
import test from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import { meetingLimits } from '../../../../src/sidecar/limits.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import { connect, createPeers } from './partyWorld.ts';

test('members that were here are remembered with when they were seen, until they are forgotten', async (t) => {
  const [ann, ben] = createPeers(t, ['ann', 'ben']);
  const partyId = ann.join('techno');
  ben.join('techno');
  const before = Date.now();
  await connect(ann, ben);
  ann.sessions.get(ben.peerId)?.close('it goes');
  await ann.until('its going', () => !ann.sessions.has(ben.peerId));
  const [own, other, ...more] = ann.members.list(partyId);
  assert.deepEqual([own?.peerId, own?.isOwn, own?.name], [ann.peerId, true, 'ann']);
  assert.deepEqual([other?.peerId, other?.isHearsay, other?.isListed, more.length], [ben.peerId, false, undefined, 0]);
  assert((other?.lastSeenMs ?? 0) >= before);
  ann.members.forget(ben.peerId);
  assert.equal(ann.members.list(partyId).length, 1);
});

test('who is on the list of a closed party is shown before it was ever here', (t) => {
  const [ann] = createPeers(t, ['ann']);
  const { partyId } = ann.parties.create({ isClosed: true });
  const listed = peerIdOf(NoiseSecretStream.keyPair().publicKey);
  ann.parties.admit(partyId, listed);
  const members = ann.members.list(partyId).map(({ peerId, isListed, isHearsay }) => [peerId, isListed, isHearsay]);
  assert.deepEqual(members, [
    [ann.peerId, true, false],
    [listed, true, true],
  ]);
});

test('an expelled member stays to be seen, and is said not to be on the list', async (t) => {
  const [ann, ben] = createPeers(t, ['ann', 'ben']);
  const { partyId, name } = ann.parties.create({ isClosed: true });
  ben.join(name);
  ann.parties.admit(partyId, ben.peerId);
  await connect(ann, ben);
  ann.parties.expel(partyId, ben.peerId);
  const [, other] = ann.members.list(partyId);
  assert.deepEqual([other?.peerId, other?.isListed, other?.isOnline], [ben.peerId, false, false]);
});

test('leaving a party forgets its members, and a party that we are not in has none', async (t) => {
  const [ann, ben] = createPeers(t, ['ann', 'ben']);
  const partyId = ann.join('techno');
  ben.join('techno');
  await connect(ann, ben);
  await ann.parties.leave(partyId);
  assert.deepEqual(ann.members.list(partyId), []);
  ann.parties.join('techno');
  assert.equal(ann.members.list(partyId).length, 1);
});

test('of a party only so many members are remembered: those seen longest ago go', async (t) => {
  const [ann, ben] = createPeers(t, ['ann', 'ben']);
  const partyId = ann.join('techno');
  ben.join('techno');
  ann.database.transaction(() => {
    for (let i = 0; i < meetingLimits.rememberedMembers; i++) {
      const peerId = peerIdOf(Buffer.concat([Buffer.from([i >> 8, i & 255]), Buffer.alloc(30)]));
      const sql = 'INSERT INTO partyMember (partyId, peerId, isMet, seenAtMs) VALUES (:partyId, :peerId, 1, :i)';
      ann.database.run(sql, { partyId, peerId, i });
    }
  });
  await connect(ann, ben);
  const members = ann.members.list(partyId);
  assert.equal(members.length, meetingLimits.rememberedMembers + 1);
  assert(members.some(({ peerId }) => peerId === ben.peerId));
  assert(members.every(({ lastSeenMs }) => lastSeenMs !== 0));
});
