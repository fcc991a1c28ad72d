// What is passed on of third peers: between two sessions, and with a remote that misbehaves.

import assert from 'node:assert/strict';
import test from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import type { PartyId, PeerId } from '../../../../src/protocol/ids.ts';
import { wireLimits } from '../../../../src/sidecar/limits.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import { signAnnouncement, signRemoval } from '../../../../src/sidecar/wire/announcement.ts';
import * as catalogCodec from '../../../../src/sidecar/wire/catalogCodec.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import type { PassedOwner, PassedShare, ShareAnnouncement } from '../../../../src/sidecar/wire/services.ts';
import { announcement, endsFor, introduced, openSides, settled, shareId, shareIdOf, types, type Side } from './worlds.ts';

const techno = 'b'.repeat(51).concat('y') as PartyId;
const house = 'h'.repeat(51).concat('y') as PartyId;
const soon = { times: { passOnMs: 1 } };

interface Owner {
  id: PeerId;
  share(changes?: Partial<ShareAnnouncement>, partyIds?: PartyId[]): PassedShare;
  removal(revision: number): PassedOwner['removals'][number];
}

function createOwner(): Owner {
  const keys = NoiseSecretStream.keyPair();
  return {
    id: peerIdOf(keys.publicKey),
    share(changes = {}, partyIds = [techno]) {
      const full = { ...announcement, ...changes };
      return { announcement: full, signed: signAnnouncement(full, keys), partyIds };
    },
    removal: (revision) => ({ shareId, revision, signed: signRemoval({ shareId, revision }, keys) }),
  };
}

function passed(owner: Owner, shares: PassedShare[], changes: Partial<PassedOwner> = {}): PassedOwner {
  return { owner: owner.id, nickname: 'Zoë', lastSeenMs: 1000, shares, removals: [], ...changes };
}

function message(owner: Owner, changes: Partial<catalogCodec.PassOnMessage> = {}): catalogCodec.PassOnMessage {
  const { signed } = owner.share();
  const rest = { changed: [signed], gone: [], removals: [] };
  return { owner: owner.id, nickname: '', lastSeenMs: 0, partyIds: [techno], ...rest, ...changes };
}

const last = (side: Side) => side.passedOn.at(-1) ?? assert.fail('nothing was passed on');

test('what a peer holds of others arrives, changes, and goes', async () => {
  const { one, other } = await openSides({ one: soon });
  const [a, b] = [createOwner(), createOwner()];
  const first = a.share();
  one.session.passOn([passed(a, [first]), passed(b, [b.share()], { removals: [b.removal(9)] })]);
  await other.until('both owners', () => other.passedOn.length === 2);
  assert.deepEqual(other.passedOn[0], passed(a, [first]));
  assert.deepEqual(other.passedOn[1]?.removals, [b.removal(9)]);
  const second = a.share({ title: 'B', shareId: shareIdOf(1), revision: 1 }, [house, techno]);
  one.session.passOn([passed(a, [first, second])]);
  await other.until('the change and the owner that is gone', () => other.passedOn.length === 4);
  assert.deepEqual(other.passedOn[2], { ...passed(b, []), removals: [] });
  assert.deepEqual(last(other), passed(a, [first, second]));
  one.session.passOn([passed(a, [second])]);
  await other.until('the share that is gone', () => other.passedOn.length === 5);
  assert.deepEqual(last(other).shares, [second]);
});

test('only what changed travels: other parties, names and times are changes, too', async () => {
  const { side, remote } = await introduced(soon);
  remote.hello({ capabilities: ['pass-on'] });
  await side.until('the hello', () => side.updates === 1);
  const [a, b] = [createOwner(), createOwner()];
  const shares = [a.share(), a.share({ shareId: shareIdOf(1) }, [techno, house])];
  const [first, second] = shares;
  assert(first && second);
  const next = () => remote.next(types.passOn, catalogCodec.passOn);
  side.session.passOn([passed(a, shares), passed(b, [b.share()])]);
  const sent = [await next(), await next(), await next()];
  assert.deepEqual(
    sent.map(({ owner, partyIds, changed }) => [owner, partyIds, changed.length]),
    [
      [a.id, [techno], 1],
      [a.id, [techno, house], 1],
      [b.id, [techno], 1],
    ],
  );
  side.session.passOn([passed(a, [first, { ...second, partyIds: [house] }]), passed(b, [b.share()], { lastSeenMs: 2000 })]);
  assert.deepEqual(await next(), {
    ...message(a),
    nickname: 'Zoë',
    lastSeenMs: 1000,
    partyIds: [house],
    changed: [second.signed],
  });
  const seen = { lastSeenMs: 1000 + wireLimits.passedSeenMs };
  side.session.passOn([passed(a, [first, { ...second, partyIds: [house] }]), passed(b, [b.share()], seen)]);
  assert.deepEqual(await next(), { ...message(b), ...seen, nickname: 'Zoë', partyIds: [], changed: [] });
  assert.equal(remote.received.filter(({ type }) => type === types.passOn).length, 0);
});

test('a peer that does not know passing on is told nothing', async () => {
  const { side, remote } = await introduced();
  const owner = createOwner();
  side.session.passOn([passed(owner, [owner.share()])]);
  side.session.updateHello();
  await remote.next(types.hello, codec.hello);
  await settled();
  assert(remote.received.every(({ type }) => type !== types.passOn));
});

test('what the peer says it holds itself is not passed back to it, unless ours is newer or it loses it', async () => {
  const { side, remote } = await introduced(soon);
  remote.hello({ capabilities: ['pass-on'] });
  const owner = createOwner();
  remote.say(types.passOn, catalogCodec.passOn, message(owner));
  await side.until('the word', () => side.passedOn.length === 1);
  const other = createOwner();
  side.session.passOn([passed(owner, [owner.share()]), passed(other, [other.share()])]);
  assert.equal((await remote.next(types.passOn, catalogCodec.passOn)).owner, other.id);
  remote.say(types.passOn, catalogCodec.passOn, message(owner, { changed: [], gone: [shareId] }));
  assert.deepEqual((await remote.next(types.passOn, catalogCodec.passOn)).changed, [owner.share().signed]);
  remote.say(types.passOn, catalogCodec.passOn, message(owner));
  const newer = owner.share({ revision: 4 });
  side.session.passOn([passed(owner, [newer]), passed(other, [other.share()])]);
  assert.deepEqual((await remote.next(types.passOn, catalogCodec.passOn)).changed, [newer.signed]);
});

test('a great many shares go in several messages, and arrive whole', async () => {
  const { one, other } = await openSides();
  const owner = createOwner();
  const shares = Array.from({ length: 1300 }, (_, i) => owner.share({ title: '🎵'.repeat(128), shareId: shareIdOf(i) }));
  one.session.passOn([passed(owner, shares)]);
  await other.until('all', () => other.passedOn.at(-1)?.shares.length === 1300);
  assert.equal(other.passedOn.length, 3);
});

test('more than the limits is cut by who passes on', async () => {
  const { one, other } = await openSides();
  const owners = Array.from({ length: wireLimits.passedOwners + 5 }, () => createOwner());
  const id = (i: number) => shareIdOf(i);
  one.session.passOn(owners.map((owner, i) => passed(owner, [owner.share({ shareId: id(i) })])));
  await other.until('the owners', () => other.passedOn.length === wireLimits.passedOwners);
  await settled();
  assert.equal(other.passedOn.length, wireLimits.passedOwners);
  assert.equal(other.closedFor, undefined);
});

test('what a peer passes on of us, or of itself, is ignored', async () => {
  const { side, remote, keys } = await introduced();
  for (const { publicKey } of keys) {
    remote.say(types.passOn, catalogCodec.passOn, message(createOwner(), { owner: peerIdOf(publicKey) }));
  }
  remote.say(types.ping, codec.ping, 3);
  await remote.next(types.pong, codec.ping);
  await settled();
  assert.deepEqual([side.passedOn, side.closedFor], [[], undefined]);
});

const mallory = createOwner();
const wrongMessages: [string, RegExp, (owner: Owner) => Partial<catalogCodec.PassOnMessage>][] = [
  ['a share that its owner did not sign', /not signed/, () => ({ changed: [mallory.share().signed] })],
  ['a removal that its owner did not sign', /not signed/, () => ({ removals: [mallory.removal(3).signed] })],
  ['an announcement in place of a removal', /protocol/, (owner) => ({ removals: [owner.share({ title: '' }).signed] })],
  ['a share twice', /twice/, (owner) => ({ changed: [owner.share().signed, owner.share().signed] })],
  ['a share that is also taken back', /takes back/, () => ({ gone: [shareId] })],
  ['a share in no party', /no party/, () => ({ partyIds: [] })],
  ['a share taken back that it did not pass on', /takes back/, () => ({ changed: [], gone: [shareIdOf(8)] })],
  ['an owner whose key is no key', /not signed/, () => ({ owner: 'y'.repeat(52) as PeerId })],
];

for (const [what, reason, wrong] of wrongMessages) {
  test(`passing on ${what} ends the session`, async () => {
    const { side, remote } = await introduced();
    const owner = createOwner();
    remote.say(types.passOn, catalogCodec.passOn, message(owner, wrong(owner)));
    await endsFor(side, reason);
    assert.equal(side.passedOn.length, 0);
  });
}

test('passing on too many owners, too many shares, or without end', async () => {
  const owners = await introduced();
  for (let i = 0; i <= wireLimits.passedOwners; i++) owners.remote.say(types.passOn, catalogCodec.passOn, message(createOwner()));
  await endsFor(owners.side, /more than is allowed/);
  const shares = await introduced();
  for (let i = 0; i < 3; i++) {
    const owner = createOwner();
    const changed = Array.from({ length: 700 }, (_, k) => owner.share({ shareId: shareIdOf(k) }).signed);
    shares.remote.say(types.passOn, catalogCodec.passOn, message(owner, { changed }));
  }
  await endsFor(shares.side, /more than is allowed/);
  const flood = await introduced();
  const again = message(createOwner());
  for (let i = 0; i <= 2 * wireLimits.passOnBurst; i++) flood.remote.say(types.passOn, catalogCodec.passOn, again);
  await endsFor(flood.side, /all the time/);
});
