// Outbox and inbox over hand-made sessions: what a peer that misbehaves gets, and what it does not.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import { Outbox } from '../../../../src/sidecar/inbox/outbox.ts';
import { Talk } from '../../../../src/sidecar/inbox/talk.ts';
import { sendingLimits } from '../../../../src/sidecar/limits.ts';
import { parseSafePath } from '../../../../src/sidecar/storage/safePath.ts';
import type { PeerSession } from '../../../../src/sidecar/wire/services.ts';
import { ben, cat, deliver, inboxScene, isKind, never, offerIdOf, offerOf, scene, sessionOf } from './scene.ts';

test('files of an offer are located for its receiver alone, until it is taken back', async (t) => {
  const { folder, parts } = scene(t);
  const outbox = new Outbox({ ...parts, onChange: () => undefined });
  const offered = path.join(folder, 'work');
  mkdirSync(path.join(offered, 'in'), { recursive: true });
  writeFileSync(path.join(offered, 'in', 'a.txt'), 'a');
  writeFileSync(path.join(offered, 'b.txt'), 'b');
  writeFileSync(path.join(folder, 'beside.txt'), 'not offered');
  const { offerId } = await outbox.send(ben, { paths: [offered], text: '', expiresInMs: 60_000, signal: never });
  const at = (peerId: PeerId, file: string) => outbox.locate(peerId, offerId, parseSafePath(file));
  assert.equal(at(ben, 'work/in/a.txt')?.absolutePath, path.join(offered, 'in', 'a.txt'));
  assert.equal(at(cat, 'work/in/a.txt'), undefined);
  assert.equal(outbox.locateMany(cat, offerId, []), undefined);
  for (const file of ['beside.txt', 'work/none', 'in/a.txt', '']) assert.equal(at(ben, file), undefined, file);
  const many = outbox.locateMany(ben, offerId, ['work/b.txt', 'work/none', 'work/in/a.txt'].map(parseSafePath));
  assert.deepEqual(
    many?.files.map((each) => each && path.relative(offered, each.absolutePath)),
    ['b.txt', undefined, path.join('in', 'a.txt')],
  );
  assert.deepEqual(await many?.areSharedNow(), [true, false, true]);

  // The rules of this moment count, not those of when it was offered.
  writeFileSync(path.join(offered, '.gitignore'), 'b.txt\n');
  assert.equal(at(ben, 'work/b.txt')?.isSharedNow(), false);
  assert.equal(at(ben, 'work/in/a.txt')?.isSharedNow(), true);
  outbox.withdraw(offerId);
  assert.equal(at(ben, 'work/in/a.txt'), undefined);
  assert.equal(outbox.locateMany(ben, offerId, []), undefined);
});

test('a single file that became a link is not given', async (t) => {
  const { folder, parts } = scene(t);
  const outbox = new Outbox({ ...parts, onChange: () => undefined });
  const file = path.join(folder, 'a.txt');
  writeFileSync(file, 'a');
  const { offerId } = await outbox.send(ben, { paths: [file], text: '', expiresInMs: 60_000, signal: never });
  assert.equal(outbox.locate(ben, offerId, parseSafePath('a.txt'))?.isSharedNow(), true);
  rmSync(file);
  symlinkSync('/etc/passwd', file);
  assert.equal(outbox.locate(ben, offerId, parseSafePath('a.txt'))?.isSharedNow(), false);
});

test('offers outlast a restart, end by time, and are said again until they are answered for good', async (t) => {
  const { folder, parts, clock } = scene(t);
  const make = (): Outbox => new Outbox({ ...parts, onChange: () => undefined });
  const file = path.join(folder, 'a.txt');
  writeFileSync(file, 'a');
  const first = make();
  await first.send(ben, { paths: [file], text: '', expiresInMs: 60_000, signal: never });
  const outbox = make();
  const session = sessionOf(ben);
  outbox.met(session);
  outbox.met(session);
  assert.deepEqual(
    session.said.map(({ type }) => type),
    ['offer', 'offer'],
  );
  const { offerId } = session.said[0] ?? assert.fail();
  outbox.answered(session, { offerId, answer: 'received' });
  assert.equal(outbox.list()[0]?.state, 'offered');
  // Another peer's answer is none.
  outbox.answered(sessionOf(cat), { offerId, answer: 'declined' });
  assert.equal(outbox.list()[0]?.state, 'offered');
  clock.nowMs += 61_000;
  outbox.sweep();
  assert.equal(outbox.list()[0]?.state, 'expired');
  for (let count = 0; count < 2; count++) {
    const again = sessionOf(ben);
    outbox.met(again);
    assert.deepEqual(again.said, [{ type: 'offerEnd', offerId }], 'its end is said until it is answered');
  }
  outbox.answered(session, { offerId, answer: 'declined' });
  const last = sessionOf(ben);
  outbox.met(last);
  assert.deepEqual(last.said, []);
});

test('no more than so many offers wait for one peer', async (t) => {
  const { folder, parts } = scene(t);
  const outbox = new Outbox({ ...parts, onChange: () => undefined });
  const file = path.join(folder, 'a.txt');
  writeFileSync(file, 'a');
  const send = () => outbox.send(ben, { paths: [file], text: '', expiresInMs: 60_000, signal: never });
  for (let count = 0; count < sendingLimits.openOffers; count++) await send();
  await assert.rejects(send(), isKind('busy'));
});

test("a stranger's offer leaves nothing behind", (t) => {
  const { inbox } = inboxScene(t);
  const stranger = sessionOf(ben, { isKnown: false });
  inbox.heard(stranger, offerOf(1).offer);
  assert.deepEqual(stranger.said, [{ type: 'offerAnswer', offerId: offerOf(1).offer.offerId, answer: 'unwelcome' }]);
  assert.deepEqual(inbox.list(), []);
});

test('an inbox takes so many offers of one peer, and says that it is full', (t) => {
  const { inbox } = inboxScene(t);
  const session = sessionOf(ben);
  for (let number = 0; number < sendingLimits.openOffers; number++) deliver(inbox, session, number);
  assert.equal(inbox.list().length, sendingLimits.openOffers);
  const other = sessionOf(ben);
  inbox.heard(other, offerOf(99).offer);
  assert.deepEqual(other.said, [{ type: 'offerAnswer', offerId: offerOf(99).offer.offerId, answer: 'full' }]);
  // Of another peer there is room.
  deliver(inbox, sessionOf(cat), 99);
});

test('offers that come at once, over one session or several, are not more than wait for one peer', (t) => {
  const { inbox } = inboxScene(t);
  const sessions = [sessionOf(ben), sessionOf(ben), sessionOf(ben)];
  const offers = Array.from({ length: 2 * sendingLimits.openOffers }, (_, number) => offerOf(number));
  for (const [at, { offer }] of offers.entries()) inbox.heard(sessions[at % sessions.length] ?? assert.fail(), offer);
  for (const [at, { offer, list }] of offers.entries())
    inbox.listed(sessions[at % sessions.length] ?? assert.fail(), { offerId: offer.offerId, offset: 0, bytes: list });
  assert.equal(inbox.list().length, sendingLimits.openOffers);
  assert.ok(sessions[0]?.said.some((message) => message.type === 'offerAnswer' && message.answer === 'full'));
});

test('nothing is taken of an offer whose time is over, or whose sender was blocked meanwhile', async (t) => {
  const { inbox, downloads, clock, cancelled, onAdding } = inboxScene(t);
  const late = deliver(inbox, sessionOf(ben), 1);
  clock.nowMs += 61_000;
  await assert.rejects(inbox.accept(ben, late, {}), isKind('not-found'));
  assert.deepEqual(downloads, []);
  const blocked = deliver(inbox, sessionOf(ben), 2);
  onAdding.push(() => inbox.forgetPeer(ben));
  await assert.rejects(inbox.accept(ben, blocked, {}), isKind('not-found'));
  assert.deepEqual(
    cancelled,
    downloads.map(({ downloadId }) => downloadId),
  );
  assert.equal(cancelled.length, 1);
});

test('a receiver cannot keep an offer open for ever', async (t) => {
  const { folder, parts, clock } = scene(t);
  const outbox = new Outbox({ ...parts, onChange: () => undefined });
  const file = path.join(folder, 'a.txt');
  writeFileSync(file, 'a');
  const { offerId } = await outbox.send(ben, { paths: [file], text: '', expiresInMs: 60_000, signal: never });
  const session = sessionOf(ben);
  for (let count = 0; count < 30; count++) {
    for (const answer of ['received', 'accepted'] as const) outbox.answered(session, { offerId, answer });
    clock.nowMs += sendingLimits.offerMs - 1;
    outbox.sweep();
  }
  assert.equal(outbox.list()[0]?.state, 'expired');
});

test('a list that comes otherwise than it was asked for, or says otherwise than its offer, ends the session', (t) => {
  const { inbox } = inboxScene(t);
  const { offer, list } = offerOf(1);
  const fresh = (): PeerSession => {
    const session = sessionOf(ben);
    inbox.heard(session, offer);
    return session;
  };
  const { offerId } = offer;
  for (const part of [
    { offerId, offset: 1, bytes: list.subarray(1) },
    { offerId, offset: 0, bytes: new Uint8Array(0) },
    { offerId, offset: 0, bytes: Buffer.concat([list, list]) },
  ])
    assert.throws(() => inbox.listed(fresh(), part), isKind('protocol'));
  const liar = sessionOf(ben);
  inbox.heard(liar, { ...offer, totalBytes: offer.totalBytes + 1 });
  assert.throws(() => inbox.listed(liar, { offerId, offset: 0, bytes: list }), isKind('protocol'));
  assert.throws(() => inbox.heard(sessionOf(ben), { ...offer, listBytes: 0 }), isKind('protocol'));
  // One that nobody asked for is nothing.
  inbox.listed(sessionOf(ben), { offerId, offset: 0, bytes: list });
  assert.deepEqual(inbox.list(), []);
});

test('what was answered is not offered again, and only its sender takes an offer back', async (t) => {
  const { inbox } = inboxScene(t);
  const session = sessionOf(ben);
  const offerId = deliver(inbox, session, 1);
  await inbox.decline(ben, offerId);
  const again = sessionOf(ben);
  inbox.heard(again, offerOf(1).offer);
  assert.deepEqual(again.said, [{ type: 'offerAnswer', offerId, answer: 'declined' }]);
  const second = deliver(inbox, session, 2);
  inbox.ended(sessionOf(cat), { offerId: second });
  assert.equal(inbox.list().find((each) => each.offerId === second)?.state, 'offered');
  inbox.ended(session, { offerId: second });
  assert.equal(inbox.list().find((each) => each.offerId === second)?.state, 'withdrawn');
  await assert.rejects(inbox.accept(ben, second, {}), isKind('not-found'));
});

test('an accepted offer is done when all its downloads are, and failed when one is', async (t) => {
  const { inbox, downloads } = inboxScene(t);
  const offerId = deliver(inbox, sessionOf(ben), 1);
  const accepted = await inbox.accept(ben, offerId, { folder: '/somewhere' });
  assert.equal(accepted.state, 'accepted');
  assert.equal(accepted.folder, '/somewhere');
  assert.deepEqual(await inbox.accept(ben, offerId, {}), inbox.list()[0], 'accepted twice it is the same');
  const [download] = downloads;
  assert.ok(download);
  inbox.downloadChanged({ ...download, state: 'failed' });
  assert.equal(inbox.list()[0]?.state, 'failed');
  inbox.downloadChanged({ ...download, state: 'running' });
  assert.equal(inbox.list()[0]?.state, 'accepted');
  inbox.downloadChanged({ ...download, state: 'done' });
  assert.equal(inbox.list()[0]?.state, 'done');
});

test('talk about offers keeps a pace that the other side takes', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const talk = new Talk();
  const session = sessionOf(ben);
  for (let count = 0; count < 1000; count++) talk.say(session, { type: 'offerEnd', offerId: offerIdOf(count % 250) });
  assert.equal(session.said.length, sendingLimits.messagesBurst);
});
