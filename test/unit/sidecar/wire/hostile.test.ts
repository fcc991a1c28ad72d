// Remote peers that break the protocol, played by hand. Each must end in one closed session with a logged reason, and nothing else.

import assert from 'node:assert/strict';
import test from 'node:test';
import c from 'compact-encoding';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import type { PartyId } from '../../../../src/protocol/ids.ts';
import { wireLimits } from '../../../../src/sidecar/limits.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import { signAnnouncement, signRemoval } from '../../../../src/sidecar/wire/announcement.ts';
import * as catalogCodec from '../../../../src/sidecar/wire/catalogCodec.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import * as transferCodec from '../../../../src/sidecar/wire/transferCodec.ts';
import {
  announcement,
  createSide,
  emptyServer,
  endsFor,
  faceHandPlayed,
  HandPlayed,
  introduced,
  pairedStreams,
  readRequest,
  seeded,
  serverOf,
  settled,
  shareId,
  types,
} from './worlds.ts';

const root = Buffer.alloc(32, 4);
const read = { ...readRequest, length: undefined, root: undefined, owner: undefined };

test('speaking before the hello', async () => {
  const { side, remote } = await faceHandPlayed();
  remote.say(types.ping, codec.ping, 1);
  await endsFor(side, /before its hello/);
  assert.equal(side.isOpened, false);
});

test('an incompatible version is told apart from an attack', async () => {
  for (const versions of [
    { version: 9, minVersion: 2 },
    { version: 0, minVersion: 0 },
  ]) {
    const { side, remote } = await faceHandPlayed();
    remote.hello(versions);
    await side.until('ending', () => side.closedFor !== undefined);
    assert.match(side.closedFor ?? '', /versions/);
    assert.equal(side.log.filter(({ level }) => level === 'warn').length, 0);
  }
});

test('a newer peer that still speaks our version is welcome, with messages that we do not know', async () => {
  const { side, remote } = await faceHandPlayed();
  remote.hello({ version: 2, minVersion: 1, capabilities: ['teleport'] });
  await side.until('opening', () => side.isOpened);
  for (let type = 34; type < 45; type++) remote.send(type, Buffer.from('whatever'));
  remote.say(types.ping, codec.ping, 77);
  assert.equal(await remote.next(types.pong, codec.ping), 77);
  assert(side.session.isOpen);
});

test('a version that changes, or lies below its own minimum', async () => {
  const { side, remote } = await introduced();
  remote.hello({ version: 2 });
  await endsFor(side, /changed its version/);
  const other = await faceHandPlayed();
  other.remote.hello({ version: 1, minVersion: 2 });
  await endsFor(other.side, /minimum version/);
});

test('hellos and announcement lists without end', async () => {
  const hellos = await introduced();
  for (let i = 0; i <= wireLimits.updatesBurst; i++) hellos.remote.hello();
  await endsFor(hellos.side, /all the time/);
  const lists = await introduced();
  for (let i = 0; i <= wireLimits.updatesBurst; i++) lists.remote.say(types.announcements, codec.announcements, []);
  await endsFor(lists.side, /all the time/);
});

test('garbage in place of each message', async () => {
  for (const type of Object.values(types)) {
    const { side, remote } = await introduced();
    remote.send(type, Buffer.alloc(3, 0xff));
    await endsFor(side, /./);
  }
});

test('a control message over its limit', async () => {
  const { side, remote } = await introduced();
  remote.send(types.announcements, Buffer.alloc(wireLimits.controlMessageBytes + 1));
  await endsFor(side, /a message of 1048577 bytes/);
});

test('a data message over its limit', async () => {
  const { side, remote } = await introduced();
  remote.send(types.data, Buffer.alloc(wireLimits.dataMessageBytes + 1));
  await endsFor(side, /a message of 65793 bytes/);
});

test('a frame over its limit', async () => {
  const { side, remote } = await introduced();
  remote.stream.write(Buffer.alloc(wireLimits.frameBytes + 1000));
  await endsFor(side, /a frame of 1048\d+ bytes/);
});

test('the mere announcement of a frame over its limit', async () => {
  const { side, remote } = await introduced();
  remote.stream.rawStream.write(Buffer.from([0xff, 0xff, 0xff, 0]));
  await endsFor(side, /a frame of 16777215 bytes/);
});

test('frames that were not encrypted by the peer', async () => {
  const { side, remote } = await introduced();
  remote.stream.rawStream.write(Buffer.concat([Buffer.from([100, 0, 0]), Buffer.alloc(100)]));
  await side.until('ending', () => side.closedFor !== undefined);
  assert.match(side.closedFor ?? '', /the connection failed/);
});

test('announcements that are forged, unsigned or double', async () => {
  const signed = signAnnouncement(announcement, NoiseSecretStream.keyPair());
  for (const wrong of [
    signed,
    { ...signed, signature: Buffer.alloc(64) },
    { body: Buffer.from('nonsense'), signature: signed.signature },
  ]) {
    const { side, remote } = await introduced();
    remote.say(types.announcements, codec.announcements, [wrong]);
    await endsFor(side, /./);
    assert.equal(side.announced.length, 0);
  }
  const { side, remote, keys } = await introduced();
  const own = signAnnouncement(announcement, keys[1]);
  remote.say(types.announcements, codec.announcements, [own, own]);
  await endsFor(side, /twice/);
});

test('an announcement known from before is still checked when only its signature changed', async () => {
  const { side, remote, keys } = await introduced();
  const signed = signAnnouncement(announcement, keys[1]);
  remote.say(types.announcements, codec.announcements, [signed]);
  await side.until('announcing', () => side.announced.length === 1);
  remote.say(types.announcements, codec.announcements, [{ ...signed, signature: Buffer.alloc(64) }]);
  await endsFor(side, /not signed/);
});

test('more shares than allowed', async () => {
  const { side, remote, keys } = await introduced();
  const small = signAnnouncement({ ...announcement, title: '' }, keys[1]);
  const count = wireLimits.sharesPerPeer + 1;
  const body = Buffer.concat([Buffer.from([0xfd, count & 255, count >> 8]), Buffer.alloc(count * 10)]);
  assert(small.body.byteLength > 10);
  remote.send(types.announcements, body);
  await endsFor(side, /a list of 1001 items/);
});

test('pongs that nobody waits for', async () => {
  const { side, remote } = await introduced();
  remote.say(types.pong, codec.ping, 1_000_000);
  await endsFor(side, /ping that was not sent/);
});

const answersToNothing: [string, (remote: HandPlayed) => void][] = [
  [
    'a head',
    (remote) =>
      remote.say(types.head, codec.head, { requestId: 5, sizeBytes: 1, mtimeMs: 0, root: undefined, version: undefined }),
  ],
  ['data', (remote) => remote.say(types.data, codec.data, { requestId: 5, bytes: Buffer.from('x') })],
  ['an end', (remote) => remote.say(types.end, codec.end, { requestId: 5, root: undefined })],
  ['hashes', (remote) => remote.say(types.hashesReply, codec.hashesReply, { requestId: 5, leaves: [], uncles: [] })],
  ['a refusal', (remote) => remote.say(types.refused, codec.refused, { requestId: 5, code: 1, reason: '' })],
  ['work', (remote) => remote.say(types.working, codec.working, { requestId: 5, position: 0 })],
];

for (const [what, say] of answersToNothing) {
  test(`${what} for a request that nobody made`, async () => {
    const { side, remote } = await introduced();
    say(remote);
    await endsFor(side, /request that nobody made/);
  });
}

test('credit and cancelling for a request that was not made', async () => {
  for (const type of [types.credit, types.cancel]) {
    const { side, remote } = await introduced();
    if (type === types.credit) remote.say(type, codec.credit, { requestId: 1, bytes: 1 });
    else remote.say(type, codec.cancel, { requestId: 1 });
    await endsFor(side, /did not make/);
  }
});

test('the id of a request used twice, or going down', async () => {
  for (const second of [7, 6]) {
    const { side, remote } = await introduced({ fileServer: serverOf(Buffer.alloc(10)) });
    remote.say(types.read, codec.readRequest, { ...read, requestId: 7 });
    remote.say(types.read, codec.readRequest, { ...read, requestId: second });
    await endsFor(side, /twice/);
  }
});

test('more requests under way than allowed', async () => {
  const { side, remote } = await introduced({ fileServer: { ...emptyServer, read: () => new Promise(() => undefined) } });
  for (let id = 1; id <= wireLimits.requestsInFlight + 1; id++) {
    remote.say(types.read, codec.readRequest, { ...read, requestId: id });
  }
  await endsFor(side, /too many requests/);
});

test('asking and cancelling in a loop is told to wait while the disk is busy', async () => {
  let calls = 0;
  const fileServer = { ...emptyServer, read: () => (calls++, new Promise<never>(() => undefined)) };
  const { side, remote } = await introduced({ fileServer });
  const rounds = 4 * wireLimits.requestsInFlight;
  for (let id = 1; id <= rounds; id++) {
    remote.say(types.read, codec.readRequest, { ...read, requestId: id });
    remote.say(types.cancel, codec.cancel, { requestId: id });
  }
  remote.say(types.ping, codec.ping, 1);
  await remote.next(types.pong, codec.ping);
  assert.equal(calls, 2 * wireLimits.requestsInFlight);
  assert.equal(remote.received.filter(({ type }) => type === types.refused).length, rounds);
  assert(side.session.isOpen);
});

test('hash requests that are no subtree', async () => {
  for (const [first, count] of [
    [0, 3],
    [1, 2],
    [0, 0],
    [0, 2 * wireLimits.leavesInReply],
  ]) {
    const { side, remote } = await introduced();
    remote.say(types.hashesRequest, codec.hashesRequest, { requestId: 1, root, first: first ?? 0, count: count ?? 0 });
    await endsFor(side, /no subtree/);
  }
});

test('more credit than was taken', async () => {
  const { side, remote } = await introduced({ fileServer: serverOf(Buffer.alloc(5_000_000)) });
  remote.say(types.read, codec.readRequest, { ...read, requestId: 1 });
  await remote.next(types.head, codec.head);
  remote.say(types.credit, codec.credit, { requestId: 1, bytes: Number.MAX_SAFE_INTEGER });
  await endsFor(side, /more credit/);
});

test('a peer that never gives credit loses its request, not its session', async () => {
  const server = serverOf(Buffer.alloc(5_000_000));
  const { side, remote } = await introduced({ fileServer: server, times: { creditStallMs: 50 } });
  remote.say(types.read, codec.readRequest, { ...read, requestId: 1 });
  assert.deepEqual(await remote.next(types.refused, codec.refused), { requestId: 1, code: 4, reason: '' });
  assert(server.takenBytes <= wireLimits.creditBytes + 2 * wireLimits.sliceBytes);
  assert(side.session.isOpen);
});

test('channels for feeds that were not given are refused, and a flood of them ends the session', async () => {
  const { side, remote } = await introduced();
  const open = (id: number) => {
    const channel = remote.muxer.createChannel({ protocol: 'hypercore/alpha', id: c.encode(c.uint, id) });
    channel?.open();
    return channel;
  };
  const channel = open(0);
  await settled();
  assert.equal(channel?.closed, true);
  assert(side.session.isOpen);
  for (let id = 1; id <= wireLimits.channelsPerSession; id++) open(id);
  await endsFor(side, /too many channels/);
});

test('a peer that asks and never reads is cut off', async () => {
  const { streams } = await pairedStreams();
  const side = createSide(streams[0]);
  const remote = new HandPlayed(streams[1]);
  remote.hello();
  await side.until('opening', () => side.isOpened);
  // A feed answers whatever it is asked; this one without being asked.
  side.session.replicate({
    replicate(muxer) {
      const channel = (muxer as typeof remote.muxer).createChannel({ protocol: 'feed' });
      const message = channel?.addMessage({ encoding: c.raw });
      channel?.open();
      streams[1].rawStream.pause();
      for (let i = 0; i < 200; i++) message?.send(Buffer.alloc(1024 * 1024));
    },
  });
  await endsFor(side, /reads none of it/);
});

test('a channel whose code fails on what it is sent ends the session, not the process', async () => {
  const { side, remote } = await introduced();
  side.session.replicate({
    replicate(muxer) {
      const channel = (muxer as typeof remote.muxer).createChannel({ protocol: 'feed' });
      channel?.addMessage({
        encoding: c.raw,
        onmessage: () => (undefined as unknown as { length: number }).length as never,
      });
      channel?.open();
    },
  });
  const theirs = remote.muxer.createChannel({ protocol: 'feed' });
  const message = theirs?.addMessage({ encoding: c.raw });
  theirs?.open();
  message?.send(Buffer.from('boom'));
  await endsFor(side, /undefined/);
});

test('mutated frames of a whole conversation end sessions, and never the process', async () => {
  const seed = Number(process.env['POTLUCK_SEED'] ?? 20_260_102);
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  const frames = await recordConversation();
  let survived = 0;
  for (let round = 0; round < 1000; round++) {
    const { streams } = await pairedStreams();
    const side = createSide(streams[0], { fileServer: serverOf(Buffer.alloc(100)) });
    for (const frame of frames) {
      const bytes = Buffer.from(frame);
      if (below(frames.length) < 2) {
        for (let edits = below(6); edits >= 0; edits--) bytes[below(bytes.byteLength)] = below(256);
      }
      streams[1].write(below(60) === 0 ? bytes.subarray(0, below(bytes.byteLength) + 1) : bytes);
    }
    await settled(6);
    if (side.closedFor === undefined) survived++;
    assert(
      side.log.every(({ level }) => level !== 'error'),
      `seed ${seed}, round ${round}`,
    );
    side.session.close('next');
  }
  assert(survived > 0 && survived < 1000, `${survived} of 1000 survived`);
});

/** The frames of a well-behaved peer, as protomux puts them on the stream. */
async function recordConversation(): Promise<Uint8Array[]> {
  const { streams, keys } = await pairedStreams();
  const frames: Uint8Array[] = [];
  streams[1].on('data', (frame: Uint8Array) => frames.push(Buffer.from(frame)));
  const remote = new HandPlayed(streams[0]);
  remote.hello();
  remote.say(types.ping, codec.ping, 3);
  remote.say(types.announcements, codec.announcements, [signAnnouncement(announcement, keys[0])].slice(1));
  remote.say(types.read, codec.readRequest, { ...read, requestId: 1 });
  remote.say(types.read, codec.readRequest, { ...read, requestId: 2, length: 10 });
  remote.say(types.cancel, codec.cancel, { requestId: 2 });
  remote.say(types.hashesRequest, codec.hashesRequest, { requestId: 3, root, first: 0, count: 1 });
  remote.say(types.update, catalogCodec.update, { changed: [signAnnouncement(announcement, keys[0])], gone: [] });
  remote.say(types.removals, catalogCodec.removals, [signRemoval({ shareId, revision: 9 }, keys[0])]);
  const owner = NoiseSecretStream.keyPair(Buffer.alloc(32, 3));
  remote.say(types.passOn, catalogCodec.passOn, {
    ...{ owner: peerIdOf(owner.publicKey), nickname: 'Zoë', lastSeenMs: 7, partyIds: [peerIdOf(root) as string as PartyId] },
    ...{ changed: [signAnnouncement(announcement, owner)], gone: [], removals: [signRemoval({ shareId, revision: 9 }, owner)] },
  });
  remote.say(types.search, catalogCodec.search, { requestId: 9, query: 'a "b c"', shareIds: [shareId], limit: 5 });
  remote.say(types.pack, transferCodec.pack, { requestId: 10, shareId, paths: ['a', 'b/c'] });
  remote.say(types.holding, transferCodec.holding, { requestId: 11, owner: peerIdOf(root), shareId, path: 'a', root });
  const secrets = { token: Buffer.alloc(16), secret: Buffer.alloc(32) };
  remote.say(types.linkOffer, transferCodec.linkOffer, { ...secrets, port: 4711, hosts: ['10.0.0.1'], kinds: ['tls'] });
  remote.hello();
  remote.muxer.createChannel({ protocol: 'hypercore/alpha', id: root })?.open();
  remote.muxer.cork();
  for (let id = 12; id < 16; id++) remote.say(types.read, codec.readRequest, { ...read, requestId: id });
  remote.muxer.uncork();
  await settled();
  return frames;
}
