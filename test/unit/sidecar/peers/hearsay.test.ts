// Owners known from others only: who is shown, what is believed, who is forgotten.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { PartyId, PeerId } from '../../../../src/protocol/ids.ts';
import { catalogLimits } from '../../../../src/sidecar/limits.ts';
import { Peers } from '../../../../src/sidecar/peers/peers.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';

const [techno, house] = ['t'.repeat(52) as PartyId, 'h'.repeat(52) as PartyId];
const newPeer = () => peerIdOf(randomBytes(32));

function create(t: TestContext) {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-'));
  const database = new Database(folder);
  t.after(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const changed: PeerId[] = [];
  const peers = new Peers({ database, sharesOf: () => [], onChange: (peerId) => changed.push(peerId) });
  const share = (peerId: PeerId) =>
    database.run(`INSERT INTO catalogShare (peerId, shareId, body, signature, revision) VALUES (:peerId, 's', x'00', x'00', 1)`, {
      peerId,
    });
  const unshare = (peerId: PeerId) => database.run('DELETE FROM catalogShare WHERE peerId = :peerId', { peerId });
  return { peers, database, changed, share, unshare };
}

test('an owner known from others is shown, offline, while a share of it is here', (t) => {
  const { peers, changed, share, unshare } = create(t);
  const owner = newPeer();
  peers.noteOwner(owner, 'zoe', 1000, [techno]);
  assert.deepEqual(peers.list(), []);
  share(owner);
  const [info] = peers.list();
  assert(info);
  assert.deepEqual([info.peerId, info.name, info.lastSeenMs, info.isOnline, info.isStranger], [owner, 'zoe', 1000, false, false]);
  peers.dropHearsay();
  assert.equal(peers.list().length, 1);
  unshare(owner);
  changed.length = 0;
  peers.dropHearsay();
  assert.deepEqual([peers.get(owner), changed], [undefined, [owner]]);
});

test('hearsay adds parties, takes the newest name and the latest time, and tells only what changed', (t) => {
  const { peers, changed } = create(t);
  const owner = newPeer();
  peers.noteOwner(owner, 'zoe', 1000, [techno]);
  peers.noteOwner(owner, 'zoe', 500, [techno]);
  assert.equal(changed.length, 1);
  peers.noteOwner(owner, 'Zo\u202e\u00eb', 2000, [house]);
  assert.deepEqual(peers.known(owner), { nickname: peers.get(owner)?.nickname, lastSeenMs: 2000, partyIds: [house, techno] });
  assert(!peers.get(owner)?.nickname?.includes('\u202e'), 'cleaned as any name');
  peers.noteOwner(owner, '', 9e15, []);
  assert((peers.known(owner)?.lastSeenMs ?? Infinity) <= Date.now(), 'nobody was seen in the future');
  assert.match(peers.get(owner)?.nickname ?? '', /^Zo/);
});

test('what a peer said itself goes before hearsay; when it was seen later by others, that counts', (t) => {
  const { peers } = create(t);
  const owner = newPeer();
  peers.cameOnline(
    owner,
    { partyIds: [techno], path: 'lan', roundTripMs: () => 7, traffic: () => ({ receivedBytes: 5, sentBytes: 6 }) },
    'ann',
  );
  peers.wentOffline(owner);
  const seenMs = peers.get(owner)?.lastSeenMs ?? 0;
  peers.noteOwner(owner, 'mallory', 5, [house]);
  assert.deepEqual(peers.known(owner), { nickname: 'ann', lastSeenMs: seenMs, partyIds: [techno] });
  peers.cameOnline(
    owner,
    { partyIds: [techno], path: 'lan', roundTripMs: () => 7, traffic: () => ({ receivedBytes: 5, sentBytes: 6 }) },
    '',
  );
  peers.noteOwner(owner, 'mallory', Date.now(), [house]);
  assert.equal(peers.get(owner)?.nickname, undefined, 'it chose to have none');
});

test('whom the user noted stays without a share', (t) => {
  const { peers } = create(t);
  const [added, named, stayAway, other] = [newPeer(), newPeer(), newPeer(), newPeer()];
  for (const peer of [added, named, stayAway, other]) peers.noteOwner(peer, 'x', 1, [techno]);
  peers.addByKey(added);
  peers.setPetname(named, 'N');
  peers.stayAway(stayAway);
  peers.dropHearsay();
  assert.deepEqual(
    [added, named, stayAway, other].map((peer) => peers.get(peer) !== undefined),
    [true, true, true, false],
  );
  assert.equal(peers.known(other), undefined);
});

test('owners without number, of whom no share is here, take no room for long', (t) => {
  const { peers, database, share } = create(t);
  const known = newPeer();
  peers.noteOwner(known, 'zoe', 1000, [techno]);
  share(known);
  database.transaction(() => {
    for (let made = 0; made < 3 * catalogLimits.hearsayOwners; made++) peers.noteOwner(newPeer(), 'made up', 1000, [techno]);
  });
  assert(database.all('SELECT 1 FROM peer').length <= 2 * catalogLimits.hearsayOwners);
  assert.equal(peers.list()[0]?.peerId, known);
});
