// Who asks to be let in, and whom we ask: what is kept, what is ignored, and how much of it.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import type { PartyId, PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import { AccessRequests } from '../../../../src/sidecar/access/accessRequests.ts';
import { meetingLimits } from '../../../../src/sidecar/limits.ts';
import { derivedName, displayName } from '../../../../src/sidecar/peers/names.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { intents } from '../../../../src/sidecar/wire/codec.ts';
import type { MeetingMessage } from '../../../../src/sidecar/wire/meetingMessages.ts';
import type { PeerSession } from '../../../../src/sidecar/wire/services.ts';
import { shareIdOf } from '../wire/worlds.ts';

const [ann, ben] = ['y'.repeat(52) as PeerId, `${'b'.repeat(51)}y` as PeerId];
const [ours, other] = [shareIdOf(1), shareIdOf(2)];

function world(t: TestContext) {
  const folder = mkdtempSync(path.join(tmpdir(), 'potluck-access-'));
  const database = new Database(folder);
  t.after(() => {
    database.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const state = { added: new Set<PeerId>(), sessions: new Map<PeerId, PeerSession>(), changes: [] as PeerId[], nowMs: 1_000_000 };
  const options = {
    database,
    peers: { get: () => undefined, isAddedByKey: (peerId: PeerId) => state.added.has(peerId), isOnline: () => false },
    session: (peerId: PeerId) => state.sessions.get(peerId),
    isOwnShare: (shareId: ShareId) => shareId === ours,
    ...{ derivedName, safeLine: displayName },
    onChange: (peerId: PeerId) => void state.changes.push(peerId),
    now: () => state.nowMs++,
  };
  return { ...state, state, requests: new AccessRequests(options), again: () => new AccessRequests(options) };
}

function session(peerId: PeerId, hello: { partyIds?: PartyId[]; intents?: number } = {}, isOld = false) {
  const said: MeetingMessage[] = [];
  const peer = {
    ...{ peerId, hello: { partyIds: [], intents: 0, ...hello } },
    understands: () => !isOld,
    meet: (message: MeetingMessage) => said.push(message),
  } as unknown as PeerSession;
  return { peer, said };
}

const asks = (text: string, shareId?: ShareId) => ({ type: 'access' as const, text, shareId });

test('a stranger that comes by our key asks without a word, once; one with an invite or without a reason does not', (t) => {
  const { requests, changes } = world(t);
  requests.opened(session(ann, { intents: intents.addedByKey }).peer);
  requests.opened(session(ann, { intents: intents.addedByKey }).peer);
  requests.opened(session(ben, { intents: intents.addedByKey | intents.invite }).peer);
  requests.opened(session(ben).peer);
  assert.deepEqual(
    requests.list().map(({ peerId, text, name }) => [peerId, text, name]),
    [[ann, '', derivedName(ann)]],
  );
  assert.deepEqual(changes, [ann]);
});

test('a request without a word goes when the peer is let in another way; one with a word stays until it is answered', (t) => {
  const { requests } = world(t);
  requests.opened(session(ann, { intents: intents.addedByKey }).peer);
  requests.opened(session(ben, { intents: intents.addedByKey }).peer);
  requests.access(session(ben).peer, asks('It is me, Ben'));
  for (const peerId of [ann, ben]) requests.updated(session(peerId, { partyIds: ['techno' as PartyId] }).peer);
  assert.deepEqual(
    requests.list().map(({ peerId }) => peerId),
    [ben],
  );
  assert.equal(requests.settle(ben), true);
  assert.equal(requests.settle(ben), false);
});

test('what a stranger writes is one safe and short line', (t) => {
  const { requests } = world(t);
  requests.access(session(ann).peer, asks(`Hi\n\u202eevil\u001b[31m ${'x'.repeat(5000)}`));
  const [request] = requests.list();
  assert.match(request?.text ?? '', /^Hi evil\[31m x+$/);
  assert.equal(request?.text.length, meetingLimits.accessCharacters);
});

test('a request for one share is kept when there is one, and does not become one for all while a person looks at it', (t) => {
  const { requests } = world(t);
  requests.access(session(ben).peer, asks('', other));
  assert.deepEqual(requests.list(), []);
  requests.access(session(ann).peer, asks('Just this one', ours));
  requests.access(session(ann).peer, asks('Just this one'));
  assert.deepEqual(
    requests.list().map(({ text, shareId }) => [text, shareId]),
    [['Just this one', ours]],
  );
  assert.deepEqual(requests.get(ann), { shareId: ours });
});

test('who was added by key is let in and need not ask, but for a share that it may not see', (t) => {
  const { requests, state } = world(t);
  state.added.add(ann);
  requests.access(session(ann).peer, asks('Let me in'));
  assert.deepEqual(requests.list(), []);
  requests.access(session(ann).peer, asks('And this?', ours));
  assert.equal(requests.list().length, 1);
});

test('who was denied is not heard for a day, then may ask again; and at once when the user cares for it', (t) => {
  const { requests, state } = world(t);
  requests.access(session(ann).peer, asks('Please'));
  requests.deny(ann);
  requests.access(session(ann).peer, asks('Please!'));
  requests.opened(session(ann, { intents: intents.addedByKey }).peer);
  assert.deepEqual([requests.list(), requests.isDenied(ann)], [[], true]);
  state.nowMs += meetingLimits.deniedMs;
  assert.equal(requests.isDenied(ann), false);
  requests.deny(ann);
  requests.forget(ann);
  requests.access(session(ann).peer, asks('Me again'));
  assert.equal(requests.list().length, 1);
});

test('requests are so many at most, and those denied; the oldest go', (t) => {
  const { requests } = world(t);
  const peerAt = (i: number) =>
    (i.toString(8).replace(/\d/g, (digit) => 'ybndrfg8'.charAt(Number(digit))) + 'o' + ann).slice(0, 52) as PeerId;
  for (let i = 8; i < 8 + meetingLimits.accessRequests + 5; i++) requests.access(session(peerAt(i)).peer, asks(`${i}`));
  const list = requests.list();
  assert.deepEqual([list.length, list[0]?.text, list.at(-1)?.text], [meetingLimits.accessRequests, '112', '13']);
  for (let i = 8; i < 8 + meetingLimits.deniedPeers + 1; i++) requests.deny(peerAt(i));
  assert.deepEqual(
    [8, 9].map((i) => requests.isDenied(peerAt(i))),
    [false, true],
  );
});

test('we ask when the peer is here, over a restart too, and once; an older Potluck is not asked', (t) => {
  const { requests, again, state } = world(t);
  assert.throws(() => requests.ask(ann, 'Hi'), { kind: 'invalid-argument' });
  state.added.add(ann);
  requests.ask(ann, 'Hi');
  assert.deepEqual(requests.list(), [], 'what we ask is no request to us');
  const old = session(ann, {}, true);
  again().opened(old.peer);
  const { peer, said } = session(ann);
  again().opened(peer);
  again().opened(peer);
  assert.deepEqual([old.said, said], [[], [asks('Hi')]]);
  state.sessions.set(ann, peer);
  requests.ask(ann, 'Hello?');
  assert.equal(said.length, 2, 'at once, when it is here');
});
