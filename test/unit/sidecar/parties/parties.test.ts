// Parties: joined by name, remembered, proven only to who knows the name.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import z32 from 'z32';
import type { PartyId, PeerId } from '../../../../src/protocol/ids.ts';
import { localLimits, meetingLimits } from '../../../../src/sidecar/limits.ts';
import { Parties } from '../../../../src/sidecar/parties/parties.ts';
import { displayName } from '../../../../src/sidecar/peers/names.ts';
import { signRoster } from '../../../../src/sidecar/parties/roster.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';

function create(t: TestContext) {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-'));
  const database = new Database(folder);
  t.after(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const joined = new Set<string>();
  const topics = {
    joinTopic: (topic: Uint8Array) => void joined.add(z32.encode(topic)),
    leaveTopic: (topic: Uint8Array) => Promise.resolve(void joined.delete(z32.encode(topic))),
    topicState: () => 'joined' as const,
  };
  const keyPair = NoiseSecretStream.keyPair();
  const own = { peerId: peerIdOf(keyPair.publicKey), secretKey: keyPair.secretKey };
  const changed: string[] = [];
  const onRoster = (partyId: string) => void changed.push(partyId);
  return {
    joined,
    changed,
    keyPair,
    own,
    open: () => new Parties({ database, own, topics, onlineIn: () => 0, safeLine: displayName, onRoster }),
  };
}

test('a name joins one topic whatever its spelling, is remembered and rejoined', (t) => {
  const { joined, open } = create(t);
  const parties = open();
  const first = parties.join(' Tëchno ');
  assert.equal(parties.join('Tëchno'.normalize('NFD')).partyId, first.partyId);
  assert.deepEqual([...joined], [first.partyId]);
  joined.clear();
  open().open();
  assert.deepEqual([...joined], [first.partyId]);
});

test('a created party has a name of 128 random bits', (t) => {
  const { open } = create(t);
  const names = [open().create().name, open().create().name];
  assert.notEqual(names[0], names[1]);
  for (const name of names) assert.match(name, /^[ybndrfg8ejkmcpqxot1uwisza345h769]{26}$/);
});

test('leaving takes back topic and proof; leaving twice is said', async (t) => {
  const { joined, open } = create(t);
  const parties = open();
  const { partyId } = parties.join('a');
  assert.equal(parties.proofs(randomBytes(64), randomBytes(32)).length, 1);
  await parties.leave(partyId);
  assert.equal(parties.proofs(randomBytes(64), randomBytes(32)).length, 0);
  assert.equal(joined.size, 0);
  await assert.rejects(parties.leave(partyId), { kind: 'not-found' });
});

test('empty and over-long names and too many parties are refused', (t) => {
  const { open } = create(t);
  const parties = open();
  for (const name of ['', '  ', 'x'.repeat(129)]) assert.throws(() => parties.join(name), { kind: 'invalid-argument' });
  for (let i = 0; i < localLimits.parties; i++) parties.join(`party ${i}`);
  assert.throws(() => parties.join('one more'), { kind: 'too-large' });
});

const strangers = [1, 2, 3].map(() => peerIdOf(NoiseSecretStream.keyPair().publicKey));
const [ann, ben] = strangers as [PeerId, PeerId];

test('a party says whether its name can be guessed', (t) => {
  const parties = create(t).open();
  assert.equal(parties.join('techno').isPublic, true);
  assert.equal(parties.create().isPublic, false);
  assert.equal(parties.create({ isClosed: true }).isPublic, false);
  assert.equal(parties.create().closed, undefined);
});

test('a closed party begins with its founder alone, who admits and expels', (t) => {
  const { open, own, changed } = create(t);
  const parties = open();
  const { partyId, closed } = parties.create({ isClosed: true });
  assert.deepEqual(closed, { founder: own.peerId, isFounder: true, isMember: true, revision: 0, members: [own.peerId] });
  assert.equal(parties.mayShareIn(partyId, ann), false);
  assert.deepEqual(parties.admit(partyId, ann).closed?.members, [own.peerId, ann]);
  assert.equal(parties.admit(partyId, ann).closed?.revision, 1, 'nothing changed');
  assert.equal(parties.mayShareIn(partyId, ann), true);
  assert.equal(parties.mayShareIn(partyId, ben), false);
  assert.equal(open().mayShareIn(partyId, ann), true, 'remembered');
  assert.equal(parties.expel(partyId, ann).closed?.revision, 2);
  assert.equal(parties.mayShareIn(partyId, ann), false);
  assert.throws(() => parties.expel(partyId, own.peerId), { kind: 'invalid-argument' });
  assert.deepEqual(changed, [partyId, partyId]);
});

test('only the founder of a closed party changes its list', (t) => {
  const [mine, theirs] = [create(t).open(), create(t).open()];
  const { name, partyId } = mine.create({ isClosed: true });
  const info = theirs.join(name);
  assert.deepEqual([info.closed?.isFounder, info.closed?.isMember], [false, false]);
  assert.throws(() => theirs.admit(partyId, ann), { kind: 'permission-denied' });
  assert.throws(() => theirs.expel(partyId, ann), { kind: 'permission-denied' });
  const open = theirs.create();
  assert.throws(() => theirs.admit(open.partyId, ann), { kind: 'invalid-argument' });
  assert.throws(() => theirs.admit('y'.repeat(52) as PartyId, ann), { kind: 'not-found' });
});

test('a closed party has at most so many members', (t) => {
  const { open, keyPair } = create(t);
  const parties = open();
  const { partyId } = parties.create({ isClosed: true });
  const keyOf = (i: number) => peerIdOf(Buffer.concat([Buffer.from([i >> 8, i & 255]), Buffer.alloc(30)]));
  for (let i = 1; i <= 8; i++) parties.admit(partyId, keyOf(i));
  const members = Array.from({ length: meetingLimits.listedMembers }, (_, i) => keyOf(i + 1));
  const big = signRoster({ partyId, revision: 99, createdAtMs: 0, members }, keyPair);
  parties.takeRoster(partyId, big.signed);
  assert.throws(() => parties.admit(partyId, ann), { kind: 'too-large' });
  assert.equal(parties.get(partyId)?.closed?.members.length, meetingLimits.listedMembers + 1);
});

test('a list that is rolled back to an older revision changes nothing, also after leaving and joining again', async (t) => {
  const [founder, member] = [create(t), create(t)];
  const [keeping, parties] = [founder.open(), member.open()];
  const { name, partyId } = keeping.create({ isClosed: true });
  parties.join(name);
  keeping.admit(partyId, member.own.peerId);
  keeping.admit(partyId, ann);
  const older = keeping.roster(partyId);
  keeping.expel(partyId, ann);
  const newest = keeping.roster(partyId);
  assert(older && newest);
  parties.takeRoster(partyId, older.signed);
  assert.equal(parties.mayShareIn(partyId, ann), true);
  parties.takeRoster(partyId, newest.signed);
  for (const again of [parties, member.open()]) {
    again.takeRoster(partyId, older.signed);
    assert.equal(again.mayShareIn(partyId, ann), false);
    assert.equal(again.roster(partyId)?.revision, newest.revision);
  }
  await parties.leave(partyId);
  parties.takeRoster(partyId, older.signed);
  assert.equal(parties.mayShareIn(partyId, founder.own.peerId), false, 'not in it');
  parties.join(name);
  parties.takeRoster(partyId, older.signed);
  assert.equal(parties.mayShareIn(partyId, ann), false);
  assert.equal(parties.mayShareIn(partyId, founder.own.peerId), true, 'the founder always is a member');
});

test('a list signed by another key, and one shown for an open party, are refused', (t) => {
  const [founder, member] = [create(t), create(t)];
  const { name, partyId } = founder.open().create({ isClosed: true });
  const parties = member.open();
  parties.join(name);
  const forged = signRoster({ partyId, revision: 9, createdAtMs: 0, members: [ann] }, member.keyPair);
  assert.throws(() => parties.takeRoster(partyId, forged.signed), { kind: 'protocol' });
  const open = parties.create();
  assert.throws(() => parties.takeRoster(open.partyId, forged.signed), { kind: 'protocol' });
  parties.takeRoster('y'.repeat(52) as PartyId, forged.signed); // A party that we are not in: nothing to say.
  assert.deepEqual(member.changed, []);
});

test('a founder who runs twice makes two lists of one revision: everybody ends with the same', (t) => {
  const founder = create(t);
  const { name, partyId } = founder.open().create({ isClosed: true });
  const lists = [[ann], [ben]].map((members) => signRoster({ partyId, revision: 1, createdAtMs: 0, members }, founder.keyPair));
  const [low, high] = lists.sort((a, b) => (a.hash < b.hash ? -1 : 1));
  assert(low && high);
  for (const order of [
    [low, high],
    [high, low],
  ]) {
    const parties = create(t).open();
    parties.join(name);
    for (const { signed } of order) parties.takeRoster(partyId, signed);
    assert.equal(parties.roster(partyId)?.hash, low.hash);
  }
});

test('a content has a topic in each party, or in those that are asked for', (t) => {
  const parties = create(t).open();
  const ids = ['one', 'two'].map((name) => parties.join(name).partyId);
  const root = Buffer.alloc(32, 5);
  const all = parties.contentTopics(root);
  assert.equal(all.length, 2);
  assert.deepEqual(parties.contentTopics(root, ids.slice(1)), all.slice(1));
  assert.deepEqual(parties.contentTopics(root, []), []);
});

test('a party is called by a label of one’s own, over restarts, until it is taken away', (t) => {
  const { open } = create(t);
  const parties = open();
  const { partyId, name, label } = parties.create({ label: ' Photos\n of\u202e the trip ' });
  assert.equal(label, 'Photos of the trip');
  assert.equal(parties.setLabel(partyId, 'x'.repeat(100)).label, 'x'.repeat(localLimits.shownNameCharacters));
  assert.equal(parties.setLabel(partyId, 'Trip').label, 'Trip');
  assert.equal(open().get(partyId)?.label, 'Trip');
  assert.equal(parties.join(name, { label: 'Other' }).label, 'Trip', 'joining again changes nothing');
  assert.throws(() => parties.setLabel(partyId, `my ${name}`), { kind: 'invalid-argument' });
  assert.equal(parties.get(partyId)?.label, 'Trip');
  assert.ok(!('label' in parties.setLabel(partyId, '')));
  assert.throws(() => parties.setLabel('y'.repeat(52) as PartyId, 'a'), { kind: 'not-found' });
});

test('labels that look alike are said to, and a public name needs none', async (t) => {
  const { open } = create(t);
  const parties = open();
  const [one, other] = [parties.create({ label: 'Family' }), parties.create({ isClosed: true, label: 'Fаmily' })];
  assert.equal(one.isAmbiguous, undefined);
  assert.deepEqual(
    parties.list().map(({ isAmbiguous }) => isAmbiguous),
    [true, true],
  );
  assert.equal(parties.get(one.partyId)?.isAmbiguous, true);
  await parties.leave(other.partyId);
  assert.equal(parties.get(one.partyId)?.isAmbiguous, undefined);
  assert.equal(parties.join(other.name).label, undefined, 'a label is forgotten with its party');
  assert.equal(parties.join('techno', { label: 'Family' }).label, undefined);
  assert.equal(parties.setLabel(one.partyId, 'Techno').isAmbiguous, true);
});
