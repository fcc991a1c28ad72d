// Lists of closed parties as bytes: forged, damaged, enormous, for another party.

import assert from 'node:assert/strict';
import test from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import z32 from 'z32';
import type { PartyId, PeerId } from '../../../../src/protocol/ids.ts';
import { meetingLimits } from '../../../../src/sidecar/limits.ts';
import { topicOf } from '../../../../src/sidecar/network/partyProof.ts';
import { hashOf, isNewer, readRoster, signRoster } from '../../../../src/sidecar/parties/roster.ts';
import { signBody } from '../../../../src/sidecar/parties/signing.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import { seeded } from '../wire/worlds.ts';

const founderKeys = NoiseSecretStream.keyPair();
const founder = peerIdOf(founderKeys.publicKey);
const partyId = z32.encode(topicOf('a party')) as PartyId;
const other = z32.encode(topicOf('another party')) as PartyId;
const namespace = Buffer.from('potluck/1 party roster\0');

function peerIds(count: number): PeerId[] {
  return Array.from({ length: count }, (_, i) => {
    const key = Buffer.alloc(32);
    key.writeUInt32BE(i + 1);
    return peerIdOf(key);
  });
}

const content = { partyId, revision: 3, createdAtMs: 1_700_000_000_000, members: peerIds(3) };

/** A body written by hand: version, party, revision, time, count, keys. */
function body({ version = 1, party = partyId, count = 1, keys = [Buffer.alloc(32, 1)], rest = Buffer.alloc(0) } = {}): Buffer {
  const time = Buffer.alloc(8);
  time.writeDoubleLE(1_700_000_000_000);
  const size = count < 0xfd ? Buffer.from([count]) : Buffer.from([0xfe, ...new Uint8Array(Uint32Array.of(count).buffer)]);
  return Buffer.concat([Buffer.from([version]), z32.decode(party), Buffer.from([7]), time, size, ...keys, rest]);
}

const signedByFounder = (bytes: Buffer) => signBody(namespace, bytes, founderKeys);

test('a list comes back as it was signed, the same for every order of its members', () => {
  const roster = signRoster(content, founderKeys);
  const read = readRoster(roster.signed, { partyId, founder });
  assert.deepEqual([...read.members].sort(), [...content.members].sort());
  assert.deepEqual([read.revision, read.createdAtMs, read.hash], [3, content.createdAtMs, hashOf(roster.signed.body)]);
  const turned = signRoster({ ...content, members: [...content.members].reverse() }, founderKeys);
  assert.deepEqual(turned.signed, roster.signed);
});

test('the largest list there may be is taken', () => {
  const roster = signRoster({ ...content, members: peerIds(meetingLimits.listedMembers) }, founderKeys);
  assert.equal(readRoster(roster.signed, { partyId, founder }).members.size, meetingLimits.listedMembers);
});

test('a list signed by another key is refused', () => {
  const roster = signRoster(content, NoiseSecretStream.keyPair());
  assert.throws(() => readRoster(roster.signed, { partyId, founder }), { kind: 'protocol', message: /founder/ });
});

test('a list for another party is refused', () => {
  const roster = signRoster({ ...content, partyId: other }, founderKeys);
  assert.throws(() => readRoster(roster.signed, { partyId, founder }), { kind: 'protocol', message: /another party/ });
});

test('what the founder signed for another purpose is no list', () => {
  const signed = signBody(Buffer.from('potluck/1 share announcement\0'), body(), founderKeys);
  assert.throws(() => readRoster(signed, { partyId, founder }), { kind: 'protocol' });
});

test('a list of 10^6 members, even a signed one, is refused before its members are read', () => {
  const signed = signedByFounder(body({ count: 1_000_000 }));
  assert.throws(() => readRoster(signed, { partyId, founder }), { kind: 'protocol', message: /1000000 items/ });
});

test('lists that are cut, doubled, out of order, or of version 0 are refused; what a newer version appends is skipped', () => {
  const read = (bytes: Buffer) => readRoster(signedByFounder(bytes), { partyId, founder });
  assert.equal(read(body()).revision, 7);
  assert.equal(read(body({ version: 2, rest: Buffer.from('more') })).members.size, 1);
  const [low, high] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const whole = body();
  for (const hostile of [
    body({ version: 0 }),
    body({ count: 2, keys: [high, low] }),
    body({ count: 2, keys: [low, low] }),
    ...Array.from({ length: whole.length }, (_, end) => whole.subarray(0, end)),
  ])
    assert.throws(() => read(hostile), { kind: 'protocol' });
});

test('every changed byte of a list is noticed', () => {
  const { signed } = signRoster(content, founderKeys);
  const random = seeded(5);
  for (let i = 0; i < signed.body.length; i++) {
    const changed = Buffer.from(signed.body);
    changed[i] = (changed[i] ?? 0) ^ (1 + Math.floor(random() * 255));
    assert.throws(() => readRoster({ ...signed, body: changed }, { partyId, founder }), { kind: 'protocol' });
  }
});

test('of two lists the higher revision counts, of the same revision the lower hash', () => {
  const at = (revision: number, hash: string) => ({ revision, hash });
  assert.equal(isNewer(at(0, 'b'), undefined), true);
  assert.equal(isNewer(at(2, 'b'), at(1, 'a')), true);
  assert.equal(isNewer(at(1, 'a'), at(2, 'b')), false);
  assert.equal(isNewer(at(1, 'a'), at(1, 'b')), true);
  assert.equal(isNewer(at(1, 'b'), at(1, 'a')), false);
  assert.equal(isNewer(at(1, 'a'), at(1, 'a')), false);
});
