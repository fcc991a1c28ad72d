import assert from 'node:assert/strict';
import test from 'node:test';
import sodium from 'sodium-universal';
import type { PartyId } from '../../../../src/protocol/ids.ts';
import { ownCapabilities } from '../../../../src/sidecar/wire/capabilities.ts';
import { signAnnouncement } from '../../../../src/sidecar/wire/announcement.ts';
import { hello } from '../../../../src/sidecar/wire/codec.ts';
import type { LocalHello } from '../../../../src/sidecar/wire/services.ts';
import {
  announcement,
  connectionOf,
  createSide,
  HandPlayed,
  localHello,
  openSides,
  pairedStreams,
  settled,
  shareId,
  types,
} from './worlds.ts';

const techno = 'techno' as PartyId;
const house = 'house' as PartyId;

/** Proofs as network/partyProof.ts makes them, in kind: a MAC of the connection and the prover under the party's name. */
function knowing(parties: PartyId[], nickname = 'Ada'): LocalHello {
  return localHello({
    nickname: () => nickname,
    partyProofs: (handshakeHash, proverKey) =>
      parties.map((partyId) => {
        const proof = Buffer.alloc(32);
        sodium.crypto_generichash_batch(proof, [handshakeHash, proverKey], Buffer.from(partyId.padEnd(32)));
        return { partyId, proof };
      }),
  });
}

test('two sides introduce themselves', async () => {
  const { one, other, streams } = await openSides({ one: { local: knowing([], 'Zoë') } });
  assert.equal(other.session.hello.nickname, 'Zoë');
  assert.equal(other.session.hello.agent, 'potluck/0.1.0');
  assert.deepEqual(other.session.hello.capabilities, [...ownCapabilities]);
  assert.equal(other.session.peerId, connectionOf(streams[1]).peerId);
  assert(one.session.isOpen);
});

test('a session shows the parties whose name both sides proved, and no others', async () => {
  const { one, other } = await openSides({
    one: { local: knowing(['mine' as PartyId, techno]) },
    other: { local: knowing([techno, 'theirs' as PartyId]) },
  });
  assert.deepEqual(one.session.hello.partyIds, [techno]);
  assert.deepEqual(other.session.hello.partyIds, [techno]);
});

test('a proof sent back to its maker proves nothing', async () => {
  const { streams } = await pairedStreams();
  const side = createSide(streams[0], { local: knowing([techno]) });
  const remote = new HandPlayed(streams[1]);
  const { proofs } = await remote.next(0, hello);
  assert(proofs.length > 0);
  remote.hello({ proofs });
  await side.until('opening', () => side.isOpened);
  assert.deepEqual(side.session.hello.partyIds, []);
});

test('a hello tells whoever knows our key neither how many parties we are in nor which proofs are real', async () => {
  const mine: PartyId[] = [];
  const { streams } = await pairedStreams();
  const side = createSide(streams[0], { local: knowing(mine) });
  const remote = new HandPlayed(streams[1]);
  const texts = async (): Promise<string[]> =>
    (await remote.next(types.hello, hello)).proofs.map((proof) => Buffer.from(proof).toString('hex'));
  const none = await texts();
  assert.equal(new Set(none).size, 8, 'in no party at all');
  mine.push(techno, house);
  side.session.updateHello();
  const two = await texts();
  assert.equal(new Set(two).size, 8);
  assert.deepEqual(two, [...two].sort(), 'their order says nothing');
  assert.equal(two.filter((proof) => none.includes(proof)).length, 6, 'no more of them change than have to');
  mine.push(...Array.from({ length: 300 }, (_, i) => `party ${i}` as PartyId));
  side.session.updateHello();
  assert.equal((await texts()).length, 256);
});

test('joining and leaving a party on either side shows on both, and so does a new nickname', async () => {
  const mine: PartyId[] = [techno];
  const theirs: PartyId[] = [techno, house];
  let nickname = 'before';
  const { one, other } = await openSides({
    one: { local: { ...knowing(mine), nickname: () => nickname } },
    other: { local: knowing(theirs) },
  });
  nickname = 'after';
  mine.push(house);
  one.session.updateHello();
  assert.deepEqual(one.session.hello.partyIds, [techno, house], 'the other side had proven it before');
  await other.until('the update', () => other.updates === 1);
  assert.deepEqual(other.session.hello.partyIds, [techno, house]);
  assert.equal(other.session.hello.nickname, 'after');
  theirs.shift();
  other.session.updateHello();
  await one.until('the update', () => one.updates === 1);
  assert.deepEqual(one.session.hello.partyIds, [house]);
});

test('many updates at once are sent as two: the first and the last', async () => {
  const { one, other } = await openSides();
  await settled();
  for (let i = 0; i < 100; i++) one.session.updateHello();
  await other.until('the update', () => other.updates === 1);
  await settled();
  assert.equal(other.updates, 1);
});

test('announced shares arrive, change and go', async () => {
  const { one, other, keys } = await openSides();
  const second = { ...announcement, title: 'Another', shareId: ('b' + shareId.slice(1)) as typeof shareId };
  one.session.announce([signAnnouncement(announcement, keys[0]), signAnnouncement(second, keys[0])]);
  await other.until('announcing', () => other.announced.length === 1);
  assert.deepEqual(other.announced[0], [announcement, second]);
  const renamed = { ...announcement, title: 'Renamed', revision: 4 };
  one.session.announce([signAnnouncement(renamed, keys[0])]);
  await other.until('announcing', () => other.announced.length === 2);
  assert.deepEqual(other.announced[1], [renamed]);
  one.session.announce([]);
  await other.until('announcing', () => other.announced.length === 3);
  assert.deepEqual(other.announced[2], []);
});

test('a thousand shares fit into one list', async () => {
  const { one, other, keys } = await openSides();
  const shares = Array.from({ length: 1000 }, (_, i) => {
    const digits = [...String(i).padStart(4, '0')].map((digit) => 'ybndrfg8ej'[Number(digit)]).join('');
    return { ...announcement, title: '🎵'.repeat(128), shareId: (digits + shareId.slice(4)) as typeof shareId };
  });
  one.session.announce(shares.map((share) => signAnnouncement(share, keys[0])));
  await other.until('announcing', () => other.announced.length === 1);
  assert.equal(other.announced[0]?.length, 1000);
});

test('the round trip is measured', async () => {
  const { one } = await openSides();
  await settled();
  assert(one.session.roundTripMs !== undefined && one.session.roundTripMs >= 0 && one.session.roundTripMs < 1000);
});

test('a silent peer is noticed within the allowed silence, a living one is kept', async () => {
  const { streams } = await pairedStreams();
  const side = createSide(streams[0], { times: { silenceMs: 150, helloMs: 10_000 } });
  const remote = new HandPlayed(streams[1]);
  remote.hello();
  const start = performance.now();
  await side.until('closing', () => side.closedFor !== undefined);
  const tookMs = performance.now() - start;
  assert.match(side.closedFor ?? '', /silent/);
  assert(tookMs >= 140 && tookMs < 1000, `${tookMs} ms`);
  const living = await openSides({ one: { times: { silenceMs: 60 } }, other: { times: { silenceMs: 60 } } });
  await remoteCloses(living.one, 300);
  assert.equal(living.one.closedFor, undefined);
});

/** Until the side is closed or the time is over: what does not happen can only be waited for. */
async function remoteCloses(side: { closedFor: string | undefined }, ms: number): Promise<void> {
  const signal = AbortSignal.timeout(ms);
  await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  assert.equal(side.closedFor, undefined);
}

test('a peer that says nothing at all is dropped', async () => {
  const { streams } = await pairedStreams();
  const side = createSide(streams[0], { times: { helloMs: 50 } });
  await side.until('closing', () => side.closedFor !== undefined);
  assert.match(side.closedFor ?? '', /introduce/);
  assert.equal(side.isOpened, false);
});

test('closing is told on both sides, once, with its reason', async () => {
  const { one, other } = await openSides();
  one.session.close('enough');
  one.session.close('again');
  assert.equal(one.closedFor, 'enough');
  assert.equal(one.session.isOpen, false);
  await other.until('closing', () => other.closedFor !== undefined);
  one.session.updateHello();
  one.session.announce([]);
  one.session.replicate({ replicate: () => assert.fail('nothing is replicated on a closed session') });
});

test('a peer that does not speak our protocol is told apart', async () => {
  const { streams } = await pairedStreams();
  const side = createSide(streams[0]);
  new HandPlayed(streams[1], 'potluck/2');
  await side.until('closing', () => side.closedFor !== undefined);
  assert.match(side.closedFor ?? '', /does not speak/);
});

test('a failure of ours while handling an event ends nothing', async () => {
  const { streams, keys } = await pairedStreams();
  const fail = () => {
    throw new Error('our own bug');
  };
  const events = {
    ...{ opened: fail, closed: fail, updated: fail, announced: fail, removed: fail, passedOn: fail, wantsFeed: fail },
    ...{ linkOffered: fail, linkChanged: fail, met: fail },
  };
  const one = createSide(streams[0], { events });
  const other = createSide(streams[1]);
  await other.until('opening', () => other.isOpened);
  other.session.announce([signAnnouncement(announcement, keys[1])]);
  await settled();
  assert(one.session.isOpen);
  assert.equal(one.log.filter(({ level, message }) => level === 'error' && message.includes('our own bug')).length, 2);
  one.session.close('done');
});
