// What a sender keeps, says and says again.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import { Outbox } from '../../../../src/sidecar/inbox/outbox.ts';
import type { Talk } from '../../../../src/sidecar/inbox/talk.ts';
import { sendingLimits } from '../../../../src/sidecar/limits.ts';
import { ben, cat, isKind, never, offerIdOf, outboxScene, sessionOf } from './scene.ts';

test('an offer that is taken back is taken back again until its receiver knows it, also when it was cleared, over restarts', async (t) => {
  const { make, offerId, outbox } = await outboxScene(t);
  const session = sessionOf(ben);
  outbox.met(session);
  outbox.answered(session, { offerId, answer: 'received' });
  outbox.withdraw(offerId);
  outbox.clear(undefined);
  assert.deepEqual(outbox.list(), []);
  assert.throws(() => outbox.withdraw(offerId), isKind('not-found'));

  const later = make();
  const again = sessionOf(ben);
  later.met(again);
  later.answered(again, { offerId, answer: 'accepted' });
  assert.deepEqual(again.said, [
    { type: 'offerEnd', offerId },
    { type: 'offerEnd', offerId },
  ]);
  later.answered(again, { offerId, answer: 'declined' });
  const last = sessionOf(ben);
  make().met(last);
  assert.deepEqual(last.said, []);
});

test('who was never told of an offer is not told that it ended; who counts on one that is not kept is', async (t) => {
  const { offerId, outbox } = await outboxScene(t);
  outbox.withdraw(offerId);
  const session = sessionOf(ben);
  outbox.met(session);
  assert.deepEqual(session.said, []);
  outbox.answered(session, { offerId: offerIdOf(77), answer: 'received' });
  assert.deepEqual(session.said, [{ type: 'offerEnd', offerId: offerIdOf(77) }]);
});

test('a last word is confirmed once', async (t) => {
  const { offerId, outbox } = await outboxScene(t);
  const session = sessionOf(ben);
  outbox.met(session);
  for (let count = 0; count < 3; count++) outbox.answered(session, { offerId, answer: 'delivered' });
  assert.deepEqual(
    session.said.map(({ type }) => type),
    ['offer', 'offerEnd'],
  );
  assert.equal(outbox.list()[0]?.state, 'delivered');
});

test('what is not what was previewed is not sent', async (t) => {
  const { folder, outbox, send } = await outboxScene(t);
  const file = path.join(folder, 'b.txt');
  writeFileSync(file, 'b');
  const { fileCount, totalBytes } = await outbox.preview([file], never);
  await send({ paths: [file], previewed: { fileCount, totalBytes } });
  writeFileSync(file, 'more by now');
  await assert.rejects(send({ paths: [file], previewed: { fileCount, totalBytes } }), isKind('changed'));
  assert.equal(outbox.list().length, 2);
});

test('a peer whose Potluck knows no offers is told nothing, and that is said here', async (t) => {
  const { outbox, send, sessions } = await outboxScene(t);
  const session = sessionOf(ben, { isOutdated: true });
  sessions.set(ben, session);
  outbox.met(session);
  const { offerId, reason, state } = await send();
  assert.deepEqual([state, reason], ['waiting', 'outdated']);
  outbox.withdraw(offerId);
  assert.deepEqual(session.said, []);
  sessions.set(ben, sessionOf(ben));
  assert.equal(outbox.list().find((each) => each.state === 'waiting')?.reason, undefined);
});

test('ended offers to one peer push no others off the list, and what is kept has a bound', async (t) => {
  const { outbox, parts, file, offerId, sessions } = await outboxScene(t);
  outbox.withdraw(offerId);
  sessions.set(cat, sessionOf(cat));
  const { endedOffersOfOne, hiddenOffersOfOne } = sendingLimits;
  for (let count = 0; count < endedOffersOfOne + hiddenOffersOfOne + 10; count++) {
    const sent = await outbox.send(cat, { paths: [file], text: '', expiresInMs: 60_000, signal: never });
    outbox.withdraw(sent.offerId);
  }
  const countOf = (peerId: PeerId): number => outbox.list().filter((each) => each.peerId === peerId).length;
  assert.deepEqual([countOf(ben), countOf(cat)], [1, endedOffersOfOne]);
  const session = sessionOf(cat);
  new Outbox({ ...parts, talk: { say: (of, message) => of.meet(message) } as Talk, onChange: () => undefined }).met(session);
  assert.equal(session.said.length, endedOffersOfOne + hiddenOffersOfOne);
});
