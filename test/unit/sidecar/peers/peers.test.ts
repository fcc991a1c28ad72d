// The book of peers: who is shown, and who is remembered.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { PartyId } from '../../../../src/protocol/ids.ts';
import { Peers } from '../../../../src/sidecar/peers/peers.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';

function create(t: TestContext): Peers {
  return createWith(t).peers;
}

function createWith(t: TestContext): { peers: Peers; database: Database; changes: string[] } {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-'));
  const database = new Database(folder);
  t.after(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const changes: string[] = [];
  return {
    database,
    changes,
    peers: new Peers({ database, sharesOf: () => [], onChange: (peerId) => void changes.push(peerId) }),
  };
}

const inParty = {
  partyIds: ['y'.repeat(52) as PartyId],
  path: 'lan' as const,
  roundTripMs: () => 7,
  traffic: () => ({ receivedBytes: 5, sentBytes: 6 }),
};
const inNone = { ...inParty, partyIds: [] };
const newPeer = () => peerIdOf(randomBytes(32));

test('a stranger is shown while it is here and forgotten when it goes; who matters stays', (t) => {
  const peers = create(t);
  const [stranger, member, added, named] = [newPeer(), newPeer(), newPeer(), newPeer()];
  peers.cameOnline(stranger, inNone, 'mallory');
  assert.equal(peers.get(stranger)?.isStranger, true);
  peers.cameOnline(member, inParty, 'ann');
  peers.addByKey(added);
  peers.cameOnline(added, inNone, 'ben');
  peers.cameOnline(named, inNone, 'cleo');
  peers.setPetname(named, 'Cleo from work');
  for (const peer of [stranger, member, added, named]) peers.wentOffline(peer);
  assert.equal(peers.get(stranger), undefined);
  assert.deepEqual(
    [member, added, named].map((peer) => peers.get(peer)?.name),
    ['ann', 'ben', 'Cleo from work'],
  );
});

test('a peer that says hello again and again without news costs no write and tells nobody; news do', (t) => {
  const { peers, database, changes } = createWith(t);
  const ann = newPeer();
  const writes = (): number => database.get<{ count: number }>('SELECT total_changes() AS count')?.count ?? 0;
  peers.cameOnline(ann, inParty, 'ann');
  const [written, told] = [writes(), changes.length];
  for (let i = 0; i < 100; i++) peers.cameOnline(ann, { ...inParty }, i % 2 === 0 ? 'ann' : undefined);
  assert.deepEqual([writes(), changes.length], [written, told]);
  peers.cameOnline(ann, { ...inParty, path: 'direct' }, 'ann');
  assert.deepEqual([writes(), changes.length, peers.get(ann)?.path], [written, told + 1, 'direct']);
  peers.cameOnline(ann, inParty, 'Ann');
  peers.cameOnline(ann, inNone, 'Ann');
  assert.deepEqual([writes() > written, changes.length, peers.get(ann)?.nickname], [true, told + 3, 'Ann']);
  assert.deepEqual(peers.get(ann)?.partyIds, []);
});

test('a petname goes before the nickname, the nickname before the derived name; online ones come first', (t) => {
  const peers = create(t);
  const [a, b] = [newPeer(), newPeer()];
  peers.cameOnline(a, inParty, '');
  peers.cameOnline(b, inParty, 'zoe');
  assert.equal(peers.get(a)?.name, peers.get(a)?.derivedName);
  assert.equal(peers.setPetname(b, 'Zed').name, 'Zed');
  assert.equal(peers.setPetname(b, '').name, 'zoe');
  assert.equal(peers.get(a)?.roundTripMs, 7);
  assert.deepEqual(peers.get(a)?.traffic, { receivedBytes: 5, sentBytes: 6 });
  peers.wentOffline(a);
  assert.deepEqual(
    peers.list().map((peer) => peer.peerId),
    [b, a],
  );
  assert.throws(() => peers.setPetname(newPeer(), 'x'), { kind: 'not-found' });
});

test('a peer to stay away from is refused until it is added again', (t) => {
  const peers = create(t);
  const peer = newPeer();
  peers.cameOnline(peer, inParty, 'ann');
  peers.stayAway(peer);
  assert.equal(peers.isDisconnected(peer), true);
  peers.addByKey(peer);
  assert.deepEqual([peers.isDisconnected(peer), peers.addedByKey()], [false, [peer]]);
});

test('a peer’s link is shown, and how fast it carries by what was measured twice', (t) => {
  const peers = create(t);
  const peer = newPeer();
  const links: { kind: 'tls'; address: string }[] = [];
  let receivedBytes = 1_000_000;
  peers.cameOnline(peer, { ...inParty, link: () => links[0], traffic: () => ({ receivedBytes, sentBytes: 0 }) }, 'ann');
  assert.deepEqual(peers.get(peer)?.link, { kind: 'session' });
  assert.equal(peers.get(peer)?.receiveBytesPerSecond, undefined);
  links.push({ kind: 'tls', address: '192.168.1.9:5000' });
  assert.deepEqual(peers.get(peer)?.link, links[0]);
  peers.measure();
  assert.deepEqual([peers.get(peer)?.receiveBytesPerSecond, peers.get(peer)?.sendBytesPerSecond], [0, 0]);
  receivedBytes += 1_000_000;
  peers.measure();
  assert.ok((peers.get(peer)?.receiveBytesPerSecond ?? 0) > 1_000_000);
  receivedBytes = 5; // A new session counts from nothing.
  peers.measure();
  assert.equal(peers.get(peer)?.receiveBytesPerSecond, 0);
  peers.wentOffline(peer);
  assert.deepEqual([peers.get(peer)?.link, peers.get(peer)?.receiveBytesPerSecond], [undefined, undefined]);
});
