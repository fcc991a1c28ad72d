// Lists of closed parties between real sessions: who is let in, who is out at once, and who learns of it.

import assert from 'node:assert/strict';
import test from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import { proofOf } from '../../../../src/sidecar/network/partyProof.ts';
import { signRoster } from '../../../../src/sidecar/parties/roster.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import { ownCapabilities } from '../../../../src/sidecar/wire/capabilities.ts';
import * as meetingCodec from '../../../../src/sidecar/wire/meetingCodec.ts';
import { HandPlayed, settled, types } from '../wire/worlds.ts';
import { connect, createPeers, noisePair } from './partyWorld.ts';

const capabilities = [...ownCapabilities];

test('a peer that is admitted has the party in common at once; expelled, it loses it at once, and learns both', async (t) => {
  const [founder, ann] = createPeers(t, ['founder', 'ann']);
  const { name, partyId } = founder.parties.create({ isClosed: true });
  ann.join(name);
  await connect(founder, ann);
  assert.deepEqual([founder.commonWith(ann), ann.commonWith(founder)], [[], []]);
  assert.deepEqual(founder.sessions.get(ann.peerId)?.hello.provenIds, [partyId], 'it knows the name');
  assert.equal(founder.parties.mayBecomeCommon([partyId]), true);
  founder.parties.admit(partyId, ann.peerId);
  assert.deepEqual(founder.commonWith(ann), [partyId]);
  await ann.until('being in', () => ann.commonWith(founder).length === 1);
  assert.equal(ann.parties.get(partyId)?.closed?.isMember, true);
  founder.parties.expel(partyId, ann.peerId);
  assert.deepEqual(founder.commonWith(ann), []);
  await ann.until('being out', () => ann.commonWith(founder).length === 0);
  assert.equal(ann.parties.get(partyId)?.closed?.isMember, false);
});

test('a list reaches members by members: the founder need not be here', async (t) => {
  const [founder, ann, ben] = createPeers(t, ['founder', 'ann', 'ben']);
  const { name, partyId } = founder.parties.create({ isClosed: true });
  for (const peer of [ann, ben]) {
    peer.join(name);
    founder.parties.admit(partyId, peer.peerId);
  }
  await connect(founder, ann);
  await ann.until('having the list', () => ann.parties.roster(partyId) !== undefined);
  founder.sessions.get(ann.peerId)?.close('the founder leaves');
  await connect(ann, ben);
  await ben.until('being let in', () => ben.commonWith(ann).length === 1);
  await ann.until('letting in', () => ann.commonWith(ben).length === 1);
});

test('a session between members ends in common when somebody brings the list that expels one of them', async (t) => {
  const [founder, ann, ben] = createPeers(t, ['founder', 'ann', 'ben']);
  const { name, partyId } = founder.parties.create({ isClosed: true });
  for (const peer of [ann, ben]) {
    peer.join(name);
    founder.parties.admit(partyId, peer.peerId);
  }
  const list = founder.parties.roster(partyId);
  assert(list);
  for (const peer of [ann, ben]) peer.parties.takeRoster(partyId, list.signed);
  await connect(ann, ben);
  assert.deepEqual(ann.commonWith(ben), [partyId]);
  founder.parties.expel(partyId, ben.peerId);
  await connect(founder, ann);
  await ann.until('letting go', () => ann.commonWith(ben).length === 0);
  await ben.until('learning it', () => ben.parties.get(partyId)?.closed?.isMember === false);
});

test('who shows an older list is told the newer one and no other way round', async (t) => {
  const [founder, ann, ben] = createPeers(t, ['founder', 'ann', 'ben']);
  const { name, partyId } = founder.parties.create({ isClosed: true });
  for (const peer of [ann, ben]) peer.join(name);
  founder.parties.admit(partyId, ben.peerId);
  const older = founder.parties.roster(partyId);
  founder.parties.admit(partyId, ann.peerId);
  const newer = founder.parties.roster(partyId);
  assert(older && newer);
  ann.parties.takeRoster(partyId, newer.signed);
  ben.parties.takeRoster(partyId, older.signed);
  await connect(ann, ben);
  await ben.until('the newer list', () => ben.parties.roster(partyId)?.revision === newer.revision);
  await settled();
  assert.equal(ann.parties.roster(partyId)?.revision, newer.revision);
  assert.deepEqual([ann.commonWith(ben), ben.commonWith(ann)], [[partyId], [partyId]]);
});

test('a list is told only to who proved the name', async (t) => {
  const [founder, stranger] = createPeers(t, ['founder', 'stranger']);
  const { partyId } = founder.parties.create({ isClosed: true });
  for (const peer of [founder, stranger]) peer.join('techno');
  founder.parties.admit(partyId, stranger.peerId);
  await connect(founder, stranger);
  founder.parties.admit(partyId, peerIdOf(NoiseSecretStream.keyPair().publicKey));
  await settled();
  assert.deepEqual(
    stranger.met.filter((type) => type === 'roster'),
    [],
  );
});

test('a peer that shows a forged list is cut off, and nothing changes', async (t) => {
  const [ann] = createPeers(t, ['ann']);
  const keys = NoiseSecretStream.keyPair();
  const { name, partyId } = createPeers(t, ['founder'])[0].parties.create({ isClosed: true });
  ann.join(name);
  const [near, far] = await noisePair(ann.keyPair, keys);
  ann.take(near);
  const played = new HandPlayed(far.stream);
  played.hello({ capabilities, proofs: [proofOf(name, far.handshakeHash, keys.publicKey)] });
  const members = [ann.peerId, peerIdOf(keys.publicKey)];
  const forged = signRoster({ partyId, revision: 9, createdAtMs: 0, members }, keys);
  played.say(types.roster, meetingCodec.roster, { partyId, signed: forged.signed });
  await ann.until('its end', () => ann.closed.length > 0);
  assert.match(ann.closed[0] ?? '', /founder/);
  assert.equal(ann.parties.roster(partyId), undefined);
});

test('a list that changes all the time is told at a pace that a peer takes, and its last state arrives', async (t) => {
  const [founder, ann] = createPeers(t, ['founder', 'ann']);
  const { name, partyId } = founder.parties.create({ isClosed: true });
  ann.join(name);
  await connect(founder, ann);
  for (let i = 0; i < 60; i++) {
    if (i % 2 === 0) founder.parties.admit(partyId, ann.peerId);
    else founder.parties.expel(partyId, ann.peerId);
  }
  founder.parties.admit(partyId, ann.peerId);
  const last = founder.parties.roster(partyId)?.revision;
  await ann.until('the last list', () => ann.parties.roster(partyId)?.revision === last);
  assert.deepEqual(ann.closed, []);
  assert(ann.met.filter((type) => type === 'roster').length < 30);
});
