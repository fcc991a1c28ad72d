// Content topics on a swarm made by hand: who is tried of those that a lookup finds, and when that ends. On a real DHT: contentMeeting.test.ts of network.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import test from 'node:test';
import { networkLimits } from '../../../../src/sidecar/limits.ts';
import { type ContentSwarm, ContentTopics } from '../../../../src/sidecar/network/contentTopics.ts';

const ownKey = Buffer.alloc(32, 1);
const topic = Buffer.alloc(32, 2);
const other = Buffer.alloc(32, 3);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** What lookups answer, and everything that was done. */
function scene(options: { lookUpDelaysMs?: number[] } = {}) {
  const joined = new Set<string>();
  const dialled = new Set<string>();
  const connected = new Set<string>();
  const found = new Map<string, Uint8Array[]>();
  const lookups: string[] = [];
  let onLookup: (() => void) | undefined;
  const swarm: ContentSwarm = {
    join: (bytes, roles) => {
      assert.deepEqual(roles, { server: true, client: false });
      joined.add(hex(bytes));
      return { refresh: () => Promise.resolve(true), destroy: () => Promise.resolve() };
    },
    leave: (bytes) => Promise.resolve(void joined.delete(hex(bytes))),
    dht: {
      lookup: (bytes) => {
        lookups.push(hex(bytes));
        const answers = async function* () {
          await new Promise((resolve) => setImmediate(resolve));
          yield { peers: (found.get(hex(bytes)) ?? []).map((publicKey) => ({ publicKey })) };
          setImmediate(() => onLookup?.());
        };
        return { [Symbol.asyncIterator]: answers, destroy: () => undefined };
      },
    },
  };
  const topics = new ContentTopics({
    ownKey,
    dial: (key) => void dialled.add(hex(key)),
    release: (key) => void dialled.delete(hex(key)),
    isConnected: (key) => connected.has(hex(key)),
    lookUpDelaysMs: options.lookUpDelaysMs ?? [600_000],
  });
  const lookedUp = (count: number) =>
    new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not ${count} lookups, ${lookups.length}`)), 5000);
      let ended = 0;
      onLookup = () => {
        if (++ended < count) return;
        clearTimeout(timer);
        resolve();
      };
    });
  return { topics, swarm, joined, dialled, connected, found, lookups, lookedUp };
}

test('who is announced is joined as a server, and left again; who is looked up is dialled', async () => {
  const { topics, swarm, joined, dialled, found, lookups, lookedUp } = scene();
  const [one, two] = [randomBytes(32), randomBytes(32)];
  found.set(hex(topic), [one, ownKey]).set(hex(other), [two]);
  topics.attach(swarm);
  const both = lookedUp(2);
  topics.set([
    { topic, isAnnounced: true, isLookedUp: true },
    { topic: other, isAnnounced: false, isLookedUp: true },
  ]);
  await both;
  assert.deepEqual([...joined], [hex(topic)]);
  assert.deepEqual([...dialled].sort(), [hex(one), hex(two)].sort(), 'not our own key');
  topics.set([{ topic, isAnnounced: true, isLookedUp: true }]);
  assert.equal(lookups.length, 2, 'what goes on is not begun again');
  assert.deepEqual([...dialled], [hex(one)]);
  topics.set([{ topic, isAnnounced: false, isLookedUp: true }]);
  assert.deepEqual([...joined], []);
  topics.set([]);
  assert.deepEqual([...dialled], []);
});

test('a peer that two contents led to is tried until both are done', async () => {
  const { topics, swarm, dialled, found, lookedUp } = scene();
  const peer = randomBytes(32);
  found.set(hex(topic), [peer]).set(hex(other), [peer]);
  topics.attach(swarm);
  const both = lookedUp(2);
  const [first, second] = [topic, other].map((bytes) => ({ topic: bytes, isAnnounced: false, isLookedUp: true }));
  assert(first && second);
  topics.set([first, second]);
  await both;
  topics.set([second]);
  assert.equal(topics.isDialled(peer), true);
  assert.deepEqual([...dialled], [hex(peer)]);
  topics.set([]);
  assert.deepEqual([...dialled], []);
});

test('of a thousand made-up holders a few are tried at a time, and the one that connected stays', async () => {
  const { topics, swarm, dialled, connected, found, lookedUp } = scene({ lookUpDelaysMs: [1] });
  const honest = randomBytes(32);
  found.set(hex(topic), [honest, ...Array.from({ length: 1000 }, () => randomBytes(32))]);
  topics.attach(swarm);
  const tried = new Set<string>();
  const rounds = lookedUp(20);
  topics.set([{ topic, isAnnounced: false, isLookedUp: true }]);
  connected.add(hex(honest));
  await rounds;
  for (const key of dialled) tried.add(key);
  assert.ok(dialled.size <= networkLimits.contentPeersTried, `${dialled.size} are tried`);
  assert.equal(topics.isDialled(honest), true);
  const more = lookedUp(20);
  await more;
  assert.ok(
    [...dialled].some((key) => !tried.has(key)),
    'others have their turn',
  );
  topics.set([]);
});

test('a swarm that comes later, or anew, is asked for everything', async () => {
  const { topics, swarm, joined, lookups, lookedUp } = scene();
  topics.set([{ topic, isAnnounced: true, isLookedUp: true }]);
  assert.deepEqual(lookups, []);
  const first = lookedUp(1);
  topics.attach(swarm);
  await first;
  topics.detach();
  joined.clear();
  const second = lookedUp(1);
  topics.attach(swarm);
  await second;
  assert.deepEqual([...joined], [hex(topic)]);
  assert.equal(lookups.length, 2);
  topics.set([]);
});

test('looked up again while it is wanted, without end', async () => {
  const { topics, swarm, lookups, lookedUp } = scene({ lookUpDelaysMs: [1, 2] });
  topics.attach(swarm);
  const five = lookedUp(5);
  topics.set([{ topic, isAnnounced: false, isLookedUp: true }]);
  await five;
  topics.set([]);
  assert.ok(lookups.length >= 5);
});
