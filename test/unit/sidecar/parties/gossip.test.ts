// What members tell of members: friends of friends, and everybody who lies about them.

import assert from 'node:assert/strict';
import test, { type TestContext } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import type { PartyId, PeerId } from '../../../../src/protocol/ids.ts';
import { meetingLimits } from '../../../../src/sidecar/limits.ts';
import { proofOf } from '../../../../src/sidecar/network/partyProof.ts';
import { type MemberContent, readMember, signMember } from '../../../../src/sidecar/parties/memberRecord.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import { ownCapabilities } from '../../../../src/sidecar/wire/capabilities.ts';
import * as meetingCodec from '../../../../src/sidecar/wire/meetingCodec.ts';
import type { Signed } from '../../../../src/sidecar/wire/meetingMessages.ts';
import { HandPlayed, settled, types } from '../wire/worlds.ts';
import { connect, createPeers, noisePair, type PartyPeer } from './partyWorld.ts';

const capabilities = [...ownCapabilities];
const hourMs = 3_600_000;

interface Somebody {
  peerId: PeerId;
  secretKey: Uint8Array;
}

function somebody(): Somebody {
  const keys = NoiseSecretStream.keyPair();
  return { peerId: peerIdOf(keys.publicKey), secretKey: keys.secretKey };
}

/** A member by name, played by hand. */
async function member(t: TestContext, peer: PartyPeer, name = 'techno') {
  const keyPair = NoiseSecretStream.keyPair();
  const [near, far] = await noisePair(peer.keyPair, keyPair);
  peer.take(near);
  const played = new HandPlayed(far.stream);
  t.after(() => far.stream.destroy());
  played.hello({ capabilities, proofs: [proofOf(name, far.handshakeHash, keyPair.publicKey)] });
  const peerId = peerIdOf(keyPair.publicKey);
  await peer.until('its hello', () => peer.sessions.has(peerId));
  return {
    ...{ peerId, keyPair, played },
    tell: (partyId: PartyId, records: { peerId: PeerId; signed: Signed }[]) =>
      played.say(types.members, meetingCodec.members, { partyId, records }),
  };
}

function recordOf(who: Somebody, partyId: PartyId, changes: Partial<MemberContent> = {}) {
  const createdAtMs = changes.createdAtMs ?? Date.now();
  const content = { partyId, nickname: 'somebody', addresses: [], createdAtMs, expiresAtMs: createdAtMs + hourMs, ...changes };
  const { signed } = signMember(content, who);
  return { peerId: who.peerId, signed };
}

/** Messages told before were looked at. */
async function told(peer: PartyPeer, count: number): Promise<void> {
  await peer.until(`${count} messages`, () => peer.met.filter((type) => type === 'members').length >= count);
}

test('a member tells of those that it is connected to, who said so themselves: a friend of a friend is reached for', async (t) => {
  const [ann, ben, cleo] = createPeers(t, ['ann', 'ben', 'cleo']);
  const partyId = ann.join('techno');
  ben.join('techno');
  cleo.join('techno');
  cleo.addresses = ['192.0.2.7:5000', 'not an address'];
  await connect(ben, cleo);
  await told(ben, 1);
  await connect(ann, ben);
  await ann.until('reaching for cleo', () => ann.reached.includes(cleo.peerId));
  const heard = ann.gossip.hearsay.get(partyId, cleo.peerId);
  assert.deepEqual([heard?.record.nickname, heard?.record.addresses, heard?.from], ['cleo', ['192.0.2.7:5000'], ben.peerId]);
  const [own, ...others] = ann.members.list(partyId);
  assert.equal(own?.isOwn, true);
  const shown = others.find(({ peerId }) => peerId === cleo.peerId);
  assert.deepEqual([shown?.name, shown?.isHearsay, shown?.isOnline], ['cleo', true, false]);
});

test('what was heard from others goes no further, and nobody is told of itself', async (t) => {
  const [ann] = createPeers(t, ['ann']);
  const partyId = ann.join('techno');
  const [one, other] = [await member(t, ann), await member(t, ann)];
  one.tell(partyId, [recordOf(somebody(), partyId), recordOf({ ...one, secretKey: one.keyPair.secretKey }, partyId)]);
  await told(ann, 1);
  ann.aheadMs = meetingLimits.memberRecordsMs;
  ann.gossip.look();
  await other.played.until('being told of the one', types.members);
  await settled();
  const subjects = async (who: typeof one) => {
    const all: PeerId[] = [];
    while (who.played.received.some(({ type }) => type === types.members)) {
      const { records } = await who.played.next(types.members, meetingCodec.members);
      all.push(...records.map(({ peerId }) => peerId));
    }
    return all;
  };
  assert.deepEqual(new Set(await subjects(other)), new Set([ann.peerId, one.peerId]));
  assert.deepEqual(new Set(await subjects(one)), new Set([ann.peerId]));
});

test('switched off, nothing is told and nothing that is told is used', async (t) => {
  const [ann] = createPeers(t, ['ann']);
  const partyId = ann.join('techno');
  ann.isGossipOn = false;
  const other = await member(t, ann);
  other.tell(partyId, [recordOf(somebody(), partyId)]);
  await told(ann, 1);
  ann.gossip.look();
  await settled();
  assert.deepEqual(ann.reached, []);
  assert.deepEqual(ann.gossip.hearsay.all(), []);
  assert.equal(
    other.played.received.some(({ type }) => type === types.members),
    false,
  );
});

test('who was here and goes is tried again, unless it is to stay away', async (t) => {
  const [ann] = createPeers(t, ['ann']);
  const partyId = ann.join('techno');
  const [one, other] = [await member(t, ann), await member(t, ann)];
  for (const { peerId, keyPair, tell } of [one, other]) tell(partyId, [recordOf({ peerId, ...keyPair }, partyId)]);
  await told(ann, 2);
  ann.refused.add(other.peerId);
  for (const { peerId } of [one, other]) ann.sessions.get(peerId)?.close('it goes');
  ann.gossip.look();
  assert.deepEqual(ann.reached, [one.peerId]);
});

test('a forged record ends the session of who tells it', async (t) => {
  const [ann] = createPeers(t, ['ann']);
  const partyId = ann.join('techno');
  const liar = await member(t, ann);
  const { signed } = recordOf(somebody(), partyId);
  liar.tell(partyId, [{ peerId: somebody().peerId, signed }]);
  await ann.until('the end', () => ann.closed.length > 0);
  assert.match(ann.closed[0] ?? '', /not signed/);
  assert.deepEqual(ann.reached, []);
});

test('a record for another party is no record here', async (t) => {
  const [ann] = createPeers(t, ['ann']);
  const [partyId, house] = [ann.join('techno'), ann.join('house')];
  const liar = await member(t, ann);
  liar.tell(partyId, [recordOf(somebody(), house)]);
  await ann.until('the end', () => ann.closed.length > 0);
  assert.match(ann.closed[0] ?? '', /another party/);
});

test('who did not prove a party is not listened to about it', async (t) => {
  const [ann] = createPeers(t, ['ann']);
  ann.join('techno');
  const house = ann.join('house');
  const outsider = await member(t, ann);
  outsider.tell(house, [recordOf(somebody(), house)]);
  await told(ann, 1);
  assert.deepEqual([ann.reached, ann.closed], [[], []]);
});

test('expired, future and too long records are ignored; clocks that are off by a day are not', async (t) => {
  const [ann] = createPeers(t, ['ann']);
  const partyId = ann.join('techno');
  const other = await member(t, ann);
  const now = Date.now();
  const dayMs = 24 * hourMs;
  const good = [somebody(), somebody(), somebody()] as const;
  const at = (who: Somebody, createdAtMs: number, lifeMs = hourMs) =>
    recordOf(who, partyId, { createdAtMs, expiresAtMs: createdAtMs + lifeMs });
  other.tell(partyId, [
    at(somebody(), now - meetingLimits.clockSkewMs - 2 * hourMs),
    at(somebody(), now + meetingLimits.clockSkewMs + hourMs),
    at(somebody(), now, 10 * dayMs),
    at(somebody(), now, -1),
    ...[at(good[0], now), at(good[1], now - dayMs), at(good[2], now + dayMs)],
  ]);
  await told(ann, 1);
  assert.deepEqual(new Set(ann.reached), new Set(good.map(({ peerId }) => peerId)));
});

test('a replayed older record does not replace a newer one, and none outlives its hour here', async (t) => {
  const [ann] = createPeers(t, ['ann']);
  const partyId = ann.join('techno');
  const other = await member(t, ann);
  const cleo = somebody();
  const now = Date.now();
  const [older, newer] = [
    recordOf(cleo, partyId, { createdAtMs: now - 1000, nickname: 'old' }),
    recordOf(cleo, partyId, { createdAtMs: now, nickname: 'new' }),
  ];
  for (const record of [older, newer, older]) other.tell(partyId, [record]);
  await told(ann, 3);
  assert.equal(ann.gossip.hearsay.get(partyId, cleo.peerId)?.record.nickname, 'new');
  ann.aheadMs = hourMs + 1;
  ann.gossip.look();
  assert.deepEqual(ann.gossip.hearsay.all(), []);
});

test('blocked ones, ourselves, connected ones and those not on the list of a closed party are not taken', async (t) => {
  const [ann, ben] = createPeers(t, ['ann', 'ben']);
  const partyId = ann.join('techno');
  ben.join('techno');
  await connect(ann, ben);
  const blocked = somebody();
  ann.refused.add(blocked.peerId);
  const { name, partyId: closed } = ann.parties.create({ isClosed: true });
  const other = await member(t, ann, name);
  ann.parties.admit(closed, other.peerId);
  const listed = somebody();
  ann.parties.admit(closed, listed.peerId);
  other.tell(
    closed,
    [somebody(), blocked, ann.own, ben.own, listed].map((who) => recordOf(who, closed)),
  );
  const talker = await member(t, ann);
  talker.tell(
    partyId,
    [blocked, ann.own, ben.own].map((who) => recordOf(who, partyId)),
  );
  await told(ann, 3);
  assert.deepEqual(ann.reached, [listed.peerId]);
});

test('one who tells of thousands is bounded, costs no more signatures than allowed, and does not crowd out what others told', async (t) => {
  const [ann] = createPeers(t, ['ann']);
  const partyId = ann.join('techno');
  const [honest, flood] = [await member(t, ann), await member(t, ann)];
  const friend = somebody();
  honest.tell(partyId, [recordOf(friend, partyId)]);
  await told(ann, 1);
  const messages = 40;
  const startedMs = performance.now();
  for (let i = 0; i < messages; i++) {
    flood.tell(
      partyId,
      Array.from({ length: meetingLimits.memberRecords }, () => recordOf(somebody(), partyId)),
    );
  }
  await told(ann, 1 + messages);
  const heard = ann.gossip.hearsay.of(partyId);
  assert.equal(heard.filter(({ from }) => from === flood.peerId).length, meetingLimits.hearsayOfOne);
  assert(ann.gossip.hearsay.get(partyId, friend.peerId));
  const refilled = ((performance.now() - startedMs) / 1000) * meetingLimits.memberChecksPerSecond;
  assert(ann.reached.length <= meetingLimits.memberChecksBurst + refilled + 100, `${ann.reached.length} checked`);
});

test('one who floods with messages loses its session', async (t) => {
  const [ann] = createPeers(t, ['ann']);
  const partyId = ann.join('techno');
  const flood = await member(t, ann);
  for (let i = 0; i < 100; i++) flood.tell(partyId, []);
  await ann.until('the end', () => ann.closed.length > 0);
  assert.match(ann.closed[0] ?? '', /all the time/);
});

test('a record comes back as it was signed; long nicknames are cut, and only literal addresses stay', () => {
  const [who] = [somebody()];
  const partyId = 'y'.repeat(52) as PartyId;
  const addresses = [
    '[2001:db8::1]:5000',
    'example.org:80',
    '192.0.2.1:70000',
    '1.2.3.4:1',
    '1.2.3.5:2',
    '1.2.3.6:3',
    '1.2.3.7:4',
  ];
  const nickname = '🎵'.repeat(50);
  const made = signMember({ partyId, createdAtMs: 1, expiresAtMs: 2, nickname, addresses }, who);
  const read = readMember(made.signed, { partyId, peerId: who.peerId });
  assert.equal(read.nickname, '🎵'.repeat(32));
  assert.deepEqual(read.addresses, ['[2001:db8::1]:5000', '1.2.3.4:1', '1.2.3.5:2', '1.2.3.6:3']);
  assert(made.signed.body.length <= 512);
  const most = Array.from({ length: 4 }, () => '[2001:0db8:1111:2222:3333:4444:5555:6666]:65535');
  const large = signMember({ partyId, createdAtMs: 1, expiresAtMs: 2, nickname, addresses: most }, who);
  assert(large.signed.body.length <= 512, String(large.signed.body.length));
  for (let end = 0; end < made.signed.body.length; end++) {
    const body = made.signed.body.subarray(0, end);
    assert.throws(() => readMember({ ...made.signed, body }, { partyId, peerId: who.peerId }), { kind: 'protocol' });
  }
});
