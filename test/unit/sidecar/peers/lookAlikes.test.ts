// Two peers with one name, and names made to be taken for another's.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import { skeleton } from '../../../../src/protocol/skeleton.ts';
import { LookAlikes } from '../../../../src/sidecar/peers/lookAlikes.ts';
import { derivedName } from '../../../../src/sidecar/peers/names.ts';
import { Peers } from '../../../../src/sidecar/peers/peers.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';

const [ann, ben, cleo] = [...'ybn'].map((letter) => letter.repeat(52) as PeerId) as [PeerId, PeerId, PeerId];

function book(t: TestContext): {
  peers: Peers;
  meet: (peerId: PeerId, nickname: string) => void;
  nameOf: (peerId: PeerId) => string;
} {
  const folder = mkdtempSync(path.join(tmpdir(), 'potluck-looks-'));
  const database = new Database(folder);
  t.after(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const peers = new Peers({ database, sharesOf: () => [], onChange: () => undefined });
  const online = {
    ...{ partyIds: [], path: 'lan' as const, roundTripMs: () => undefined },
    traffic: () => ({ receivedBytes: 0, sentBytes: 0 }),
  };
  return {
    peers,
    meet: (peerId, nickname) => peers.cameOnline(peerId, online, nickname),
    nameOf: (peerId) => peers.get(peerId)?.name ?? assert.fail(),
  };
}

test('two peers with one nickname are told apart by the names of their keys, as long as there are two', (t) => {
  const { peers, meet, nameOf } = book(t);
  meet(ann, 'otter');
  assert.equal(nameOf(ann), 'otter');
  meet(ben, 'Otter');
  assert.deepEqual([nameOf(ann), nameOf(ben)], [`otter (${derivedName(ann)})`, `Otter (${derivedName(ben)})`]);
  meet(ben, 'badger');
  assert.deepEqual([nameOf(ann), nameOf(ben)], ['otter', 'badger']);
  meet(ben, 'otter');
  peers.forget(ben);
  assert.equal(nameOf(ann), 'otter');
});

test('look-alike nicknames count as the same: other scripts, marks, case, spaces, letters that are drawn alike', () => {
  for (const [one, other] of [
    ['otter', 'оttеr'],
    ['paypal', 'paypa1'],
    ['Ann', 'Ánn'],
    ['mallory', 'rnallory'],
    ['will', 'vvill'],
    ['ann lee', 'annlee'],
    ['bob', 'B0B'],
    ['ann', 'ａｎｎ'],
  ] as const)
    assert.equal(skeleton(one), skeleton(other), `${one} and ${other}`);
  for (const [one, other] of [
    ['otter', 'other'],
    ['ann', 'anna'],
    ['你好', '您好'],
  ] as const)
    assert.notEqual(skeleton(one), skeleton(other), `${one} and ${other}`);
});

test('a nickname that is the name of another key, or a name as it is shown of another peer, is shown with its own key’s name', (t) => {
  const { meet, nameOf } = book(t);
  meet(ann, 'otter');
  for (const borrowed of [derivedName(ann), `otter (${derivedName(ann)})`, `0tter — ${derivedName(ann)}`]) {
    meet(ben, borrowed);
    assert.equal(nameOf(ben), `${borrowed} (${derivedName(ben)})`);
  }
});

test('a petname is ours: a stranger that takes it is the one who is told apart', (t) => {
  const { peers, meet, nameOf } = book(t);
  meet(ann, 'anything');
  assert.equal(peers.setPetname(ann, 'Mum').name, 'Mum');
  meet(ben, 'Mum');
  assert.deepEqual([nameOf(ann), nameOf(ben)], ['Mum', `Mum (${derivedName(ben)})`]);
  meet(cleo, 'x');
  assert.equal(peers.setPetname(cleo, 'mum').name, `mum (${derivedName(cleo)})`, 'two petnames that are one are told apart, too');
});

test('a book of thousands is looked through once, not with every peer that comes and goes', (t) => {
  const { peers, meet, nameOf } = book(t);
  for (let i = 0; i < 3000; i++)
    peers.noteOwner((i.toString(8).replaceAll('0', 'y') + 'b'.repeat(52)).slice(0, 52) as PeerId, `peer ${i}`, 1);
  meet(ann, 'otter');
  nameOf(ann);
  const from = performance.now();
  for (let i = 0; i < 50; i++) {
    meet(ann, 'otter');
    peers.changed(ann);
    nameOf(ann);
  }
  const ms = performance.now() - from;
  assert(ms < 500, `50 times: ${ms.toFixed(0)} ms`);
  const rows = Array.from({ length: 4000 }, (_, i) => ({ peerId: ann, nickname: `peer ${i}`, petname: '' }));
  const start = performance.now();
  new LookAlikes(rows);
  t.diagnostic(`4,000 names in ${(performance.now() - start).toFixed(0)} ms`);
});
