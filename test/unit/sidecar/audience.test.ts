// Who may be passed what, as rules over parties alone.

import assert from 'node:assert/strict';
import test from 'node:test';
import type { PartyId, PeerId } from '../../../src/protocol/ids.ts';
import { Held, shareKey, sharesIn, type KnownHolding } from '../../../src/sidecar/audience.ts';
import { AudienceTags } from '../../../src/sidecar/audienceTags.ts';
import { announcement, shareId, shareIdOf } from './wire/worlds.ts';

const [techno, house, jazz] = ['techno' as PartyId, 'house' as PartyId, 'jazz' as PartyId];
const [ann, ben, cleo] = ['ann' as PeerId, 'ben' as PeerId, 'cleo' as PeerId];
const tags = new AudienceTags((partyId) => partyId);
const signed = { body: new Uint8Array(1), signature: new Uint8Array(64) };
const removal = { shareId, revision: 3, signed };

function holding(owner: PeerId, shares: PartyId[][], changes: Partial<KnownHolding> = {}): KnownHolding {
  const partyIds = [...new Set(shares.flat())];
  return {
    ...{ owner, nickname: '', lastSeenMs: 1, partyIds, removals: [] },
    shares: shares.map((parties, i) => ({ announcement: { ...announcement, shareId: shareIdOf(i) }, signed, partyIds: parties })),
    ...changes,
  };
}

test('a peer may be passed shares of parties that it proved, named with no other parties', () => {
  const held = new Held([holding(ann, [[techno, jazz], [house], [techno]])], tags);
  const { owners } = held.passableTo({ peerId: cleo, partyIds: [techno, house] });
  assert.deepEqual(
    owners[0]?.shares.map((share) => share.partyIds),
    [[techno], [house], [techno]],
  );
  const fewer = held.passableTo({ peerId: cleo, partyIds: [house] });
  const keys = [0, 1, 2].map((i) => shareKey(ann, shareIdOf(i)));
  assert.deepEqual(
    keys.map((key) => [held.has(key), fewer.has(key)]),
    [
      [true, false],
      [true, true],
      [true, false],
    ],
  );
});

test('a peer in no party, or in none of the parties, may be passed nothing', () => {
  const held = new Held([holding(ann, [[techno]], { removals: [removal] }), holding(ben, [[]], { partyIds: [] })], tags);
  for (const partyIds of [[], [jazz]]) {
    const passable = held.passableTo({ peerId: cleo, partyIds });
    assert.deepEqual([passable.owners, passable.has(shareKey(ann, shareIdOf(0)))], [[], false]);
  }
});

test('a peer is not passed its own shares, and that of others is not kept from it', () => {
  const held = new Held([holding(ann, [[techno]]), holding(ben, [[techno]])], tags);
  const names = (peerId: PeerId) => held.passableTo({ peerId, partyIds: [techno] }).owners.map(({ owner }) => owner);
  assert.deepEqual([names(ann), names(ben), names(cleo)], [[ben], [ann], [ann, ben]]);
  const forAnn = held.passableTo({ peerId: ann, partyIds: [techno] });
  assert.deepEqual(
    [ann, ben].map((owner) => forAnn.has(shareKey(owner, shareIdOf(0)))),
    [false, true],
  );
});

test('removals go to peers in a party of their owner, without a share left, too', () => {
  const held = new Held([holding(ann, [], { partyIds: [techno], removals: [removal] })], tags);
  assert.deepEqual(held.passableTo({ peerId: cleo, partyIds: [techno] }).owners[0]?.removals, [removal]);
  assert.deepEqual(held.passableTo({ peerId: cleo, partyIds: [house] }).owners, []);
});

test('those seen last come first', () => {
  const held = new Held([holding(ann, [[techno]], { lastSeenMs: 1 }), holding(ben, [[techno]], { lastSeenMs: 2 })], tags);
  assert.deepEqual(
    held.passableTo({ peerId: cleo, partyIds: [techno] }).owners.map(({ owner }) => owner),
    [ben, ann],
  );
});

test('what is heard counts in the parties in common only', () => {
  const { shares } = holding(ann, [[techno, jazz], [house]]);
  assert.deepEqual(
    sharesIn(shares, [jazz], tags).map(({ partyIds }) => partyIds),
    [[jazz]],
  );
  assert.deepEqual(sharesIn(shares, [], tags), []);
});
