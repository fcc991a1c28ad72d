// What a receiver keeps of offers: within bounds, over restarts, and until their senders know what became of them.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { encodeManifest } from '../../../../src/sidecar/inbox/manifest.ts';
import type { Inbox } from '../../../../src/sidecar/inbox/inbox.ts';
import { sendingLimits } from '../../../../src/sidecar/limits.ts';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import { ben, cat, deliver, inboxScene, isKind, offerIdOf, offerOf, peerOf, sessionOf } from './scene.ts';

test('an offer that was answered and cleared does not come back, until its sender says that it is over', async (t) => {
  const { inbox, restart, clock } = inboxScene(t);
  const offerId = deliver(inbox, sessionOf(ben), 1);
  await inbox.decline(ben, offerId);
  inbox.clear(undefined, undefined);
  assert.deepEqual(inbox.list(), []);
  const { inbox: later } = await restart();
  const session = sessionOf(ben);
  later.heard(session, offerOf(1).offer);
  assert.deepEqual(session.said, [{ type: 'offerAnswer', offerId, answer: 'declined' }]);
  later.ended(session, { offerId });
  assert.deepEqual(session.said.at(-1), { type: 'offerAnswer', offerId, answer: 'declined' });
  clock.nowMs += 1;
  later.heard(session, offerOf(1).offer);
  assert.equal(session.said.at(-1)?.type, 'offerListAsk', 'nothing of it is kept any more');
});

test('whoever says that an offer is over is answered, known or not', async (t) => {
  const { inbox, changed, downloads } = inboxScene(t);
  const session = sessionOf(ben);
  const offerId = deliver(inbox, session, 1);
  await inbox.accept(ben, offerId, {});
  changed(inbox, downloads[0]?.downloadId, 'done');
  inbox.ended(session, { offerId });
  inbox.ended(session, { offerId: offerIdOf(9) });
  assert.deepEqual(session.said.slice(-2), [
    { type: 'offerAnswer', offerId, answer: 'delivered' },
    { type: 'offerAnswer', offerId: offerIdOf(9), answer: 'declined' },
  ]);
});

test('an offer that failed is tried again for what is missing, after a restart and a cleared queue too', async (t) => {
  const { inbox, downloads, changed, restart } = inboxScene(t);
  const offerId = deliver(inbox, sessionOf(ben), 1, ['a', 'b', 'c']);
  const { downloadIds } = await inbox.accept(ben, offerId, { folder: '/there' });
  changed(inbox, downloadIds[0], 'done');
  changed(inbox, downloadIds[1], 'failed');
  changed(inbox, downloadIds[2], 'cancelled');
  assert.equal(inbox.list()[0]?.state, 'failed');
  // The first two are cleared from the queue.
  downloads.splice(0, 2);
  const { inbox: later } = await restart();
  assert.equal(later.list()[0]?.state, 'failed');
  const again = await later.accept(ben, offerId, {});
  assert.equal(again.folder, '/there');
  assert.equal(again.downloadIds[0], downloadIds[0], 'what is here is not fetched again');
  assert.equal(again.downloadIds[2], downloadIds[2], 'what is in the queue is tried again');
  assert.deepEqual(
    downloads.map(({ entry, state }) => [entry.path, state]),
    [
      ['c', 'queued'],
      ['b', 'queued'],
    ],
  );
  for (const { downloadId } of [...downloads]) changed(later, downloadId, 'done');
  assert.equal(later.list()[0]?.state, 'done');
});

test('an acceptance that was cut off goes on when all of it is queued, else nothing of it does', async (t) => {
  const { inbox, downloads, restart, cancelled } = inboxScene(t);
  for (const [number, names] of [
    [1, ['a', 'b']],
    [2, ['c', 'd']],
  ] as const)
    deliver(inbox, sessionOf(ben), number, [...names]);
  const queued = (number: number, name: string) =>
    ({
      ...{ downloadId: offerIdOf(900 + downloads.length), state: 'queued', destination: `/into/${name}` },
      entry: { peerId: ben, shareId: offerIdOf(number), path: name },
    }) as never;
  for (const [number, name] of [
    [1, 'a'],
    [1, 'b'],
    [2, 'c'],
  ] as const)
    downloads.push(queued(number, name));
  const { inbox: later } = await restart();
  const stateOf = (number: number) => later.list().find(({ offerId }) => offerId === offerIdOf(number));
  assert.equal(stateOf(1)?.state, 'accepted');
  assert.equal(stateOf(1)?.folder, '/into');
  assert.equal(stateOf(1)?.downloadIds.length, 2);
  assert.equal(stateOf(2)?.state, 'offered');
  assert.deepEqual(cancelled, [downloads[2]?.downloadId]);
});

test('accepted and failed offers end when their time is over, and what still comes of them', async (t) => {
  const { inbox, clock, changed, cancelled } = inboxScene(t);
  const [first, second] = [deliver(inbox, sessionOf(ben), 1), deliver(inbox, sessionOf(ben), 2)];
  const coming = await inbox.accept(ben, first, {});
  const failed = await inbox.accept(ben, second, {});
  changed(inbox, failed.downloadIds[0], 'failed');
  clock.nowMs += sendingLimits.offerMs - 1;
  inbox.sweep();
  assert.deepEqual(statesOf(inbox), ['accepted', 'failed']);
  clock.nowMs += 1;
  inbox.sweep();
  assert.deepEqual(statesOf(inbox), ['expired', 'expired']);
  assert.deepEqual(cancelled, coming.downloadIds);
});

test('a failed offer is cleared, declined, or gives its place to the next', async (t) => {
  const { inbox, changed, sessions } = inboxScene(t);
  const session = sessionOf(ben);
  sessions.set(ben, session);
  for (let number = 0; number < sendingLimits.openOffers; number++) {
    const { downloadIds } = await inbox.accept(ben, deliver(inbox, session, number), {});
    changed(inbox, downloadIds[0], 'failed');
  }
  deliver(inbox, session, 99);
  assert.equal(inbox.list().filter(({ state }) => state === 'failed').length, sendingLimits.openOffers - 1);
  assert.equal(inbox.list().find(({ offerId }) => offerId === offerIdOf(0))?.state, 'expired');
  assert.equal((await inbox.decline(ben, offerIdOf(1))).state, 'declined');
  inbox.clear(ben, offerIdOf(2));
  assert.throws(() => inbox.clear(ben, offerIdOf(99)), isKind('busy'));
  inbox.clear(undefined, undefined);
  assert.deepEqual(statesOf(inbox), ['offered']);
});

test('lists of offers have room for so many bytes, and peers that were not added here do not take all of it', (t) => {
  const { inbox, database, friends, sessions } = inboxScene(t);
  // As large as lists get: names that do not deflate.
  const names = Array.from({ length: 5000 }, () => ({
    ...({ kind: 'folder', sizeBytes: 0, mtimeMs: 0 } as const),
    path: `d/${randomBytes(60).toString('hex')}`,
  }));
  const list = encodeManifest([{ path: 'd', kind: 'folder', sizeBytes: 0, mtimeMs: 0 }, ...names]);
  const put = (peerId: PeerId, number: number): string => {
    const session = sessionOf(peerId);
    sessions.set(peerId, session);
    const offerId = offerIdOf(number);
    const counts = { fileCount: 0, folderCount: names.length + 1, totalBytes: 0, listBytes: list.byteLength };
    inbox.heard(session, { offerId, text: '', expiresInMs: 60_000, ...counts });
    for (let offset = 0; offset < list.byteLength; offset += sendingLimits.partBytes) {
      if (session.said.at(-1)?.type !== 'offerListAsk') break;
      inbox.listed(session, { offerId, offset, bytes: list.subarray(offset, offset + sendingLimits.partBytes) });
    }
    const last = session.said.at(-1);
    return last?.type === 'offerAnswer' ? last.answer : 'nothing';
  };
  const ofOne = Math.floor(sendingLimits.listBytesOfOne / list.byteLength);
  const ofParty = Math.floor(sendingLimits.partyListBytes / list.byteLength);
  for (let number = 0; number < ofParty; number++) assert.equal(put(peerOf(10 + Math.floor(number / ofOne)), number), 'received');
  assert.equal(put(cat, 5000), 'full');
  friends.add(ben);
  for (let number = 0; number < ofOne; number++) assert.equal(put(ben, 6000 + number), 'received');
  assert.equal(put(ben, 7000), 'full', 'one peer has its bound as well');
  const kept = database.get<{ bytes: number }>('SELECT sum(length(manifest)) AS bytes FROM offer');
  assert.ok((kept?.bytes ?? Infinity) <= sendingLimits.listBytes);
  assert.equal(inbox.entries(ben, offerIdOf(6000), { offset: 0, limit: 2 }).total, names.length + 1);
});

function statesOf(inbox: Inbox): string[] {
  return inbox
    .list()
    .map(({ state }) => state)
    .sort();
}
