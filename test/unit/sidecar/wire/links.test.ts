// Direct links of a session: which one requests take, what breaks with one, and peers that misbehave on one.

import assert from 'node:assert/strict';
import test from 'node:test';
import { duplexPair } from 'node:stream';
import type NoiseSecretStream from '@hyperswarm/secret-stream';
import { AppError } from '../../../../src/protocol/errors.ts';
import { wireLimits } from '../../../../src/sidecar/limits.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import { ownsBuffer } from '../../../../src/sidecar/wire/ownBuffers.ts';
import type { FrameStream, LinkOffer, RequestOptions, ServeOptions } from '../../../../src/sidecar/wire/services.ts';
import * as transferCodec from '../../../../src/sidecar/wire/transferCodec.ts';
import {
  collect,
  endsFor,
  HandPlayed,
  introduced,
  never,
  openSides,
  pairedStreams,
  readRequest,
  serverOf,
  settled,
  types,
  type Side,
} from './worlds.ts';

const MiB = 1024 * 1024;
const file = Buffer.alloc(5 * MiB + 123);
for (let i = 0; i < file.byteLength; i++) file[i] = (i * 7919) >> 5;

const offer: LinkOffer = {
  port: 4711,
  hosts: ['127.0.0.1'],
  token: Buffer.alloc(16, 1),
  secret: Buffer.alloc(32, 2),
  kinds: ['tls', 'noise'],
};
const hashesRequest = { root: Buffer.alloc(32), first: 0, count: 1 };

function isUnavailable(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'unavailable';
}

type Sides = Awaited<ReturnType<typeof openSides>>;

/** A further link between two sessions. */
async function link({ one, other }: Sides, kind: 'tls' | 'noise' = 'noise'): Promise<[NoiseSecretStream, NoiseSecretStream]> {
  const { streams } = await pairedStreams();
  one.session.attachLink(streams[0], { kind, address: '192.168.1.2:4711' });
  other.session.attachLink(streams[1], { kind, address: '192.168.1.3:50000' });
  return streams;
}

async function readAll(
  side: Side,
  options: Partial<RequestOptions> = {},
): Promise<{ bytes: Buffer; link: string; largest: number }> {
  const reply = await side.session.read(readRequest, { signal: never, ...options });
  const chunks: Uint8Array[] = [];
  for await (const chunk of reply.bytes) chunks.push(chunk);
  await reply.end();
  return { bytes: Buffer.concat(chunks), link: reply.link, largest: Math.max(...chunks.map((chunk) => chunk.byteLength)) };
}

test('an offer arrives; a peer that knows no links is sent none', async () => {
  const { one, other } = await openSides();
  one.session.offerLink(offer);
  await other.until('the offer', () => other.offers.length === 1);
  assert.deepEqual(other.offers, [offer]);
  const { side, remote } = await introduced();
  side.session.offerLink(offer);
  remote.say(types.ping, codec.ping, 1);
  await remote.next(types.pong, codec.ping);
  assert(!remote.received.some(({ type }) => type === types.linkOffer));
});

test('requests take the fastest link, in larger slices, and its bytes count', async () => {
  const links: string[] = [];
  const server = serverOf(file);
  const fileServer = {
    ...server,
    read(peerId: never, request: never, options: ServeOptions) {
      links.push(options.link);
      return server.read(peerId, request, options);
    },
  };
  const sides = await openSides({ other: { fileServer } });
  const { one, other } = sides;
  assert.equal(one.session.linkKind, 'session');
  assert.equal(one.session.link, undefined);
  const first = await readAll(one);
  assert.deepEqual([first.link, first.largest], ['session', wireLimits.sliceBytes]);
  await link(sides, 'noise');
  assert.deepEqual(one.session.link, { kind: 'noise', address: '192.168.1.2:4711' });
  const second = await readAll(one);
  assert(second.bytes.equals(file));
  assert.deepEqual([second.link, second.largest], ['noise', wireLimits.linkSliceBytes]);
  await link(sides, 'tls');
  assert.equal((await readAll(one)).link, 'tls');
  assert.deepEqual(links, ['session', 'noise', 'tls']);
  assert.deepEqual(one.linkKinds, ['noise', 'tls']);
  assert.deepEqual(other.linkKinds, ['noise', 'tls']);
});

test('what comes in whole slices may be handed to another thread', async () => {
  const sides = await openSides({ other: { fileServer: serverOf(file) } });
  await link(sides);
  const reply = await sides.one.session.read(readRequest, { signal: never });
  let owned = 0;
  const kept: Uint8Array[] = [];
  for await (const chunk of reply.bytes) {
    if (!ownsBuffer(chunk)) {
      kept.push(chunk);
      continue;
    }
    owned += chunk.byteLength;
    kept.push(structuredClone(chunk, { transfer: [chunk.buffer as ArrayBuffer] }));
    assert.equal(chunk.byteLength, 0, 'it is gone here');
  }
  assert(Buffer.concat(kept).equals(file));
  assert(owned >= 5 * MiB, `${owned} bytes owned`);
});

test('a link that breaks fails what it carries; asked again, it takes the session', async () => {
  const sides = await openSides({ other: { fileServer: serverOf(file) } });
  const { one, other } = sides;
  const streams = await link(sides);
  const reply = await one.session.read(readRequest, { signal: never });
  const iterator = reply.bytes[Symbol.asyncIterator]();
  await iterator.next();
  for (const stream of streams) stream.destroy(); // In memory, one end does not notice that the other is gone.
  await assert.rejects(async () => {
    while (!(await iterator.next()).done);
  }, isUnavailable);
  await assert.rejects(reply.end(), isUnavailable);
  await one.until('the change', () => one.linkKinds.at(-1) === 'session');
  await other.until('the change', () => other.linkKinds.at(-1) === 'session');
  const again = await readAll(one);
  assert(again.bytes.equals(file));
  assert.equal(again.link, 'session');
  assert(one.session.isOpen && other.session.isOpen);
});

test('the second of two links takes over; a third is destroyed, unless it is faster', async () => {
  const sides = await openSides({ other: { fileServer: serverOf(file) } });
  const { one } = sides;
  const first = await link(sides, 'noise');
  const second = await link(sides, 'noise');
  const third = await link(sides, 'noise');
  assert.deepEqual([first[0].destroying, second[0].destroying, third[0].destroying], [false, false, true]);
  const faster = await link(sides, 'tls');
  assert.deepEqual([first[0].destroying, second[0].destroying, faster[0].destroying], [false, true, false]);
  assert.equal(one.session.linkKind, 'tls');
  faster[0].destroy();
  await one.until('the change', () => one.linkKinds.at(-1) === 'noise');
  assert.equal((await readAll(one)).link, 'noise');
});

test('links end with their session, and none is taken after it', async () => {
  const sides = await openSides();
  const [near, far] = await link(sides);
  sides.one.session.close('done');
  assert.equal(near.destroying, true);
  await sides.other.until('ending', () => sides.other.closedFor !== undefined);
  assert.equal(far.destroying, true);
  const { streams } = await pairedStreams();
  sides.one.session.attachLink(streams[0], { kind: 'noise', address: 'x' });
  assert.equal(streams[0].destroying, true);
});

test('traffic over links counts, also of those that are gone', async () => {
  const sides = await openSides();
  const counted = (bytesRead: number): FrameStream => {
    const [near] = duplexPair();
    const stream: FrameStream = Object.assign(near, {
      ...{ destroying: false, alloc: (bytes: number) => Buffer.alloc(bytes) },
      rawStream: { on: () => undefined, bytesRead, bytesWritten: 1 },
    });
    return stream;
  };
  const before = sides.one.session.traffic;
  const stream = counted(1000);
  sides.one.session.attachLink(stream, { kind: 'tls', address: 'x' });
  assert.equal(sides.one.session.traffic.receivedBytes - before.receivedBytes, 1000);
  stream.destroy();
  await sides.one.until('the end', () => sides.one.linkKinds.at(-1) === 'session');
  assert.equal(sides.one.session.traffic.receivedBytes - before.receivedBytes, 1000);
});

test('a request under way on one carrier does not hold back the other', async () => {
  const sides = await openSides({ other: { fileServer: serverOf(file) } });
  const { one } = sides;
  const overSession = await one.session.read(readRequest, { signal: never });
  await link(sides);
  const overLink = await one.session.read(readRequest, { signal: never });
  assert.deepEqual([overSession.link, overLink.link], ['session', 'noise']);
  const [first, second] = await Promise.all([collect(overSession.bytes), collect(overLink.bytes)]);
  assert(first.equals(file) && second.equals(file));
});

test('a silent link dies alone, and what was cancelled on it holds nothing', async () => {
  const times = { silenceMs: 300 };
  const sides = await openSides({ one: { times }, other: { times, fileServer: serverOf(file) } });
  const { streams } = await pairedStreams();
  // Nobody answers at its other end.
  sides.one.session.attachLink(streams[0], { kind: 'tls', address: 'x' });
  const abort = new AbortController();
  const cancelled = sides.one.session.hashes(hashesRequest, { signal: abort.signal });
  const waiting = sides.one.session.hashes(hashesRequest, { signal: never });
  abort.abort();
  await assert.rejects(cancelled, { kind: 'cancelled' });
  await assert.rejects(waiting, isUnavailable);
  assert.equal(sides.one.session.linkKind, 'session');
  assert((await readAll(sides.one)).bytes.equals(file));
});

/** A session with a link whose other end is played by hand. */
async function handPlayedLink(
  options: Parameters<typeof introduced>[0] = {},
): Promise<{ side: Side; remote: HandPlayed; onLink: HandPlayed }> {
  const { side, remote } = await introduced(options);
  const { streams } = await pairedStreams();
  side.session.attachLink(streams[0], { kind: 'tls', address: 'x' });
  return { side, remote, onLink: new HandPlayed(streams[1], 'potluck/1 bulk') };
}

test('what belongs to the session ends it when it comes over a link', async () => {
  for (const type of [types.hello, types.announcements, types.update, types.passOn, types.search, types.found, types.linkOffer]) {
    const { side, onLink } = await handPlayedLink();
    onLink.send(type, Buffer.alloc(40));
    await endsFor(side, /belongs to the session/);
  }
});

test('garbage, unasked answers and too large frames on a link end the session', async () => {
  for (const type of [types.read, types.data, types.pack, types.holding, types.held, types.working]) {
    const { side, onLink } = await handPlayedLink();
    onLink.send(type, Buffer.alloc(3, 0xff));
    await endsFor(side, /./);
  }
  const unasked = await handPlayedLink();
  unasked.onLink.say(types.data, codec.linkData, { requestId: 1, bytes: Buffer.alloc(10) });
  await endsFor(unasked.side, /nobody made/);
  const large = await handPlayedLink();
  large.onLink.stream.write(Buffer.alloc(1024 * 1024 + 1));
  await endsFor(large.side, /a frame of 1048577 bytes/);
  const small = await handPlayedLink();
  const reading = small.side.session.read(readRequest, { signal: never });
  const { requestId } = await small.onLink.next(types.read, codec.readRequest);
  small.onLink.say(types.head, codec.head, { requestId, sizeBytes: 1_000_000, mtimeMs: 0, root: undefined, version: undefined });
  await reading;
  for (let i = 0; i < 2; i++) small.onLink.say(types.data, codec.linkData, { requestId, bytes: Buffer.alloc(65_536) });
  await endsFor(small.side, /too small slices/);
});

test('other channels on a link are refused, and a flood of them ends the session', async () => {
  const { side, onLink } = await handPlayedLink();
  const open = (i: number) => onLink.muxer.createChannel({ protocol: 'hypercore/alpha', id: Buffer.alloc(32, i) })?.open();
  open(1);
  await settled();
  assert(side.session.isOpen);
  assert.deepEqual(side.wanted, []);
  for (let i = 2; i < 5; i++) open(i);
  await endsFor(side, /too many channels/);
});

test('a link that the peer does not take is given up', async () => {
  const { side } = await introduced();
  const { streams } = await pairedStreams();
  side.session.attachLink(streams[0], { kind: 'tls', address: 'x' });
  new HandPlayed(streams[1], 'something else');
  await side.until('giving up', () => side.linkKinds.at(-1) === 'session');
  assert(side.session.isOpen);
});

test('link offers by the thousand', async () => {
  const { side, remote } = await introduced();
  for (let i = 0; i < 1000; i++) remote.say(types.linkOffer, transferCodec.linkOffer, offer);
  await endsFor(side, /offers links all the time/);
  assert(side.offers.length <= wireLimits.updatesBurst + 1);
});

test('a peer that asks and never reads on a link is cut off', async () => {
  const { side } = await introduced();
  const { streams } = await pairedStreams();
  const queued: FrameStream = new Proxy(streams[0], {
    get: (target, name) => {
      if (name === 'queuedBytes') return wireLimits.sendQueueBytes + 1;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
  side.session.attachLink(queued, { kind: 'tls', address: 'y' });
  await endsFor(side, /reads none of it/);
});
