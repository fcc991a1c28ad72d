// Lists of shares that change, and removals: between two sessions, and with a remote that misbehaves.

import assert from 'node:assert/strict';
import test from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import { wireLimits } from '../../../../src/sidecar/limits.ts';
import { signAnnouncement, signRemoval } from '../../../../src/sidecar/wire/announcement.ts';
import * as catalogCodec from '../../../../src/sidecar/wire/catalogCodec.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import type { ShareAnnouncement, SignedAnnouncement } from '../../../../src/sidecar/wire/services.ts';
import { announcement, endsFor, introduced, openSides, settled, shareId, shareIdOf, types } from './worlds.ts';

const shares = (count: number): ShareAnnouncement[] =>
  Array.from({ length: count }, (_, i) => ({ ...announcement, title: `Share ${i}`, shareId: shareIdOf(i) }));

test('after the whole list only what changed travels, and the whole list is reported', async () => {
  const { side, remote, keys } = await introduced();
  remote.hello({ capabilities: ['updates'] });
  await side.until('the hello', () => side.updates === 1);
  const list = shares(1000).map((share) => signAnnouncement(share, keys[0]));
  side.session.announce(list);
  assert.equal((await remote.next(types.announcements, codec.announcements)).length, 1000);
  const changed = signAnnouncement({ ...announcement, shareId: shareIdOf(7), revision: 4 }, keys[0]);
  side.session.announce(list.map((signed, i) => (i === 7 ? changed : signed)).slice(0, 999));
  await remote.until('the update', types.update);
  assert((remote.received.find(({ type }) => type === types.update)?.body.byteLength ?? Infinity) < 500);
  assert.deepEqual(await remote.next(types.update, catalogCodec.update), { changed: [changed], gone: [shareIdOf(999)] });
});

test('a peer that does not know updates gets the whole list each time', async () => {
  const { side, remote, keys } = await introduced();
  const list = shares(3).map((share) => signAnnouncement(share, keys[0]));
  side.session.announce(list);
  side.session.announceRemovals([signRemoval({ shareId, revision: 1 }, keys[0])]);
  await remote.next(types.announcements, codec.announcements);
  side.session.announce(list.slice(1));
  assert.deepEqual(await remote.next(types.announcements, codec.announcements), list.slice(1));
  assert(remote.received.every(({ type }) => type !== types.update && type !== types.removals));
});

test('shares come, change and go between two sessions', async () => {
  const { one, other, keys } = await openSides();
  const [a, b, c] = shares(3);
  assert(a && b && c);
  const sign = (share: ShareAnnouncement) => signAnnouncement(share, keys[0]);
  const steps = [[a], [a, b], [b, { ...c, title: 'C' }], [], [a, b, c]];
  for (const [i, step] of steps.entries()) {
    one.session.announce(step.map(sign));
    await other.until(`step ${i}`, () => other.announced.length === i + 1);
    const byId = (list: ShareAnnouncement[] = []) => [...list].sort((x, y) => (x.shareId < y.shareId ? -1 : 1));
    assert.deepEqual(byId(other.announced[i]), byId(step));
  }
});

test('changes are told at once when it was quiet, and as one while they go on', async () => {
  const { one, other, keys } = await openSides();
  const at = performance.now();
  for (let revision = 4; revision < 100; revision++) {
    one.session.announce([signAnnouncement({ ...announcement, revision }, keys[0])]);
    if (revision > 4) continue;
    await other.until('the first change', () => other.announced.length === 1);
    assert(performance.now() - at < wireLimits.updateMs / 2);
  }
  await other.until('the last change', () => other.announced.length === 2);
  assert.equal(other.announced[1]?.[0]?.revision, 99);
});

const wrongUpdates: [string, RegExp, (signed: SignedAnnouncement) => Partial<catalogCodec.UpdateMessage>][] = [
  ['a share that is not announced is taken back', /takes back/, () => ({ gone: [shareIdOf(5)] })],
  ['a share is changed and taken back', /takes back/, (signed) => ({ changed: [signed], gone: [shareId] })],
  ['a share is changed twice', /twice/, (signed) => ({ changed: [signed, signed] })],
  ['a forged share', /not signed/, (signed) => ({ changed: [{ ...signed, signature: Buffer.alloc(64) }] })],
];

for (const [what, reason, wrong] of wrongUpdates) {
  test(`an update in which ${what} ends the session, and changes nothing`, async () => {
    const { side, remote, keys } = await introduced();
    const signed = signAnnouncement(announcement, keys[1]);
    remote.say(types.announcements, codec.announcements, [signed]);
    remote.say(types.update, catalogCodec.update, { changed: [], gone: [], ...wrong(signed) });
    await endsFor(side, reason);
    assert.equal(side.announced.length, 1);
  });
}

test('an update without a list before it ends the session', async () => {
  const { side, remote } = await introduced();
  remote.say(types.update, catalogCodec.update, { changed: [], gone: [] });
  await endsFor(side, /did not send/);
});

test('updates that make the list too long end the session', async () => {
  const { side, remote, keys } = await introduced();
  const list = shares(wireLimits.sharesPerPeer + 1).map((share) => signAnnouncement(share, keys[1]));
  remote.say(types.announcements, codec.announcements, list.slice(1));
  remote.say(types.update, catalogCodec.update, { changed: list.slice(0, 1), gone: [] });
  await endsFor(side, /more than 1000 shares/);
});

test('updates and removals without end', async () => {
  const updates = await introduced();
  updates.remote.say(types.announcements, codec.announcements, []);
  for (let i = 0; i <= 4 * wireLimits.updatesBurst; i++) {
    updates.remote.say(types.update, catalogCodec.update, { changed: [], gone: [] });
  }
  await endsFor(updates.side, /all the time/);
  const removals = await introduced();
  for (let i = 0; i <= 4 * wireLimits.updatesBurst; i++) removals.remote.say(types.removals, catalogCodec.removals, []);
  await endsFor(removals.side, /all the time/);
});

test('a flood of signatures is not checked to its end, and holds up nothing else', async () => {
  const { side, remote, keys } = await introduced();
  const bodies = shares(wireLimits.sharesPerPeer);
  for (let round = 0; round < 12; round++) {
    const list = bodies.map((share) => signAnnouncement({ ...share, revision: round + 1 }, keys[1]));
    remote.say(types.announcements, codec.announcements, list);
  }
  remote.say(types.ping, codec.ping, 5);
  await endsFor(side, /more than can be checked/);
  assert(side.announced.length <= wireLimits.signaturesBurst / wireLimits.sharesPerPeer);
});

test('a ping is answered while a thousand signatures are checked', async () => {
  const { side, remote, keys } = await introduced();
  const list = shares(1000).map((share) => signAnnouncement(share, keys[1]));
  await settled();
  remote.say(types.announcements, codec.announcements, list);
  remote.say(types.ping, codec.ping, 5);
  assert.equal(await remote.next(types.pong, codec.ping), 5);
  assert.equal(side.announced.length, 0);
  await side.until('the list', () => side.announced.length === 1);
});

test('removals are told once each, also when they are given again', async () => {
  const { one, other, keys } = await openSides();
  const [a, b] = [0, 1].map((i) => signRemoval({ shareId: shareIdOf(i), revision: i + 5 }, keys[0]));
  assert(a && b);
  one.session.announceRemovals([a]);
  await other.until('the first', () => other.removed.length === 1);
  one.session.announceRemovals([b, a]);
  await other.until('the second', () => other.removed.length === 2);
  const told = other.removed.map(({ shareId: id, revision }) => [id, revision]);
  assert.deepEqual(told, [
    [shareIdOf(0), 5],
    [shareIdOf(1), 6],
  ]);
  assert.deepEqual(other.removed[0]?.signed, a);
});

test('removals that are repeated or older are no news; forged ones end the session', async () => {
  const { side, remote, keys } = await introduced();
  const removal = (revision: number) => signRemoval({ shareId, revision }, keys[1]);
  remote.say(types.removals, catalogCodec.removals, [removal(5), removal(4), removal(5)]);
  remote.say(types.removals, catalogCodec.removals, [removal(5)]);
  remote.say(types.removals, catalogCodec.removals, [removal(6)]);
  await side.until('both', () => side.removed.length === 2);
  assert.deepEqual(
    side.removed.map(({ revision }) => revision),
    [5, 6],
  );
  remote.say(types.removals, catalogCodec.removals, [signRemoval({ shareId, revision: 7 }, NoiseSecretStream.keyPair())]);
  await endsFor(side, /removal is not signed/);
});
