// Who proves a party and who only seems to: attackers between two real Noise connections, with what they saw on the one tried on the other.

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import { proofOf } from '../../../../src/sidecar/network/partyProof.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import { ownCapabilities } from '../../../../src/sidecar/wire/capabilities.ts';
import type { SessionConnection } from '../../../../src/sidecar/wire/session.ts';
import { HandPlayed, types } from '../wire/worlds.ts';
import { connect, createPeers, noisePair, type PartyPeer } from './partyWorld.ts';

const capabilities = [...ownCapabilities];

/** Somebody with a key of its own, connected to a peer and played by hand. */
async function mallory(peer: PartyPeer, keyPair = NoiseSecretStream.keyPair()) {
  const [near, far] = await noisePair(peer.keyPair, keyPair);
  peer.take(near);
  const peerId = peerIdOf(keyPair.publicKey);
  return { keyPair, peerId, connection: far, played: new HandPlayed(far.stream) };
}

/** What a peer that was told this hello takes the parties to be. */
async function provenBy(peer: PartyPeer, attacker: Awaited<ReturnType<typeof mallory>>, proofs: Uint8Array[]): Promise<number> {
  attacker.played.hello({ capabilities, proofs });
  await peer.until('its hello', () => peer.sessions.has(attacker.peerId));
  const { provenIds, partyIds } = peer.sessions.get(attacker.peerId)?.hello ?? {};
  assert.deepEqual(partyIds, provenIds);
  return provenIds?.length ?? -1;
}

function pair(t: TestContext): readonly [PartyPeer, PartyPeer] {
  const peers = createPeers(t, ['ann', 'ben']);
  for (const peer of peers) peer.join('techno');
  return peers;
}

const proofFor = (name: string, { handshakeHash }: SessionConnection, key: Uint8Array) => proofOf(name, handshakeHash, key);

test('two who know the name have the party in common', async (t) => {
  const [ann, ben] = pair(t);
  await connect(ann, ben);
  assert.equal(ann.commonWith(ben).length, 1);
  assert.deepEqual(ann.commonWith(ben), ben.commonWith(ann));
});

test('a wrong party name behind the right topic proves nothing', async (t) => {
  const [ann] = pair(t);
  const attacker = await mallory(ann);
  const wrong = proofFor('house', attacker.connection, attacker.keyPair.publicKey);
  assert.equal(await provenBy(ann, attacker, [wrong]), 0);
});

test('a proof that is sent back to who made it proves nothing', async (t) => {
  const [ann] = pair(t);
  const attacker = await mallory(ann);
  const { proofs } = await attacker.played.next(types.hello, codec.hello);
  assert(proofs.length > 0);
  assert.equal(await provenBy(ann, attacker, proofs), 0);
});

test('a proof that is replayed on another connection proves nothing, with the same key neither', async (t) => {
  const [ann] = pair(t);
  const member = NoiseSecretStream.keyPair();
  const first = await mallory(ann, member);
  const proof = proofFor('techno', first.connection, member.publicKey);
  assert.equal(await provenBy(ann, first, [proof]), 1, 'on its own connection it does');
  ann.sessions.get(first.peerId)?.close('it goes');
  await ann.until('its end', () => !ann.sessions.has(first.peerId));
  const second = await mallory(ann, member);
  assert.notDeepEqual(second.connection.handshakeHash, first.connection.handshakeHash);
  assert.equal(await provenBy(ann, second, [proof]), 0);
});

test('a man in the middle who relays the proofs of two members to each other is a stranger to both', async (t) => {
  const [ann, ben] = pair(t);
  const [toAnn, toBen] = [await mallory(ann), await mallory(ben)];
  const { proofs: ofAnn } = await toAnn.played.next(types.hello, codec.hello);
  const { proofs: ofBen } = await toBen.played.next(types.hello, codec.hello);
  assert.equal(await provenBy(ann, toAnn, ofBen), 0);
  assert.equal(await provenBy(ben, toBen, ofAnn), 0);
});
