// Parties: joined by name, remembered, proven only to who knows the name.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import z32 from 'z32';
import { localLimits } from '../../../../src/sidecar/limits.ts';
import { Parties } from '../../../../src/sidecar/parties/parties.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';

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
  return { joined, open: () => new Parties({ database, topics, onlineIn: () => 0 }) };
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

test('a content has a topic in each party, or in those that are asked for', (t) => {
  const parties = create(t).open();
  const ids = ['one', 'two'].map((name) => parties.join(name).partyId);
  const root = Buffer.alloc(32, 5);
  const all = parties.contentTopics(root);
  assert.equal(all.length, 2);
  assert.deepEqual(parties.contentTopics(root, ids.slice(1)), all.slice(1));
  assert.deepEqual(parties.contentTopics(root, []), []);
});
