// Packs, holdings, versions, places in the queue and refusals with a reason: between two sessions, and with peers that misbehave.

import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError, type ErrorKind } from '../../../../src/protocol/errors.ts';
import { transferLimits, wireLimits } from '../../../../src/sidecar/limits.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import type { FileServer, HoldingReply, HoldingRequest, PackRequest, ReadReply } from '../../../../src/sidecar/wire/services.ts';
import * as transferCodec from '../../../../src/sidecar/wire/transferCodec.ts';
import {
  collect,
  emptyServer,
  endsFor,
  introduced,
  never,
  openSides,
  readRequest,
  serverOf,
  shareId,
  types,
  type HandPlayed,
  type Side,
} from './worlds.ts';

const root = Buffer.alloc(32, 4);
const owner = peerIdOf(Buffer.alloc(32, 8));
const packRequest: PackRequest = { shareId, paths: ['a/b', 'ç'] };
const holdingRequest: HoldingRequest = { owner, shareId, path: 'a/b', root };
const capabilities = ['versions', 'packs', 'holdings', 'direct-link'];
const options = { signal: never };

function ofKind(kind: ErrorKind): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.kind === kind;
}

/** A reply of these bytes. */
function replyOf(bytes: Uint8Array, changes: Partial<ReadReply> = {}): ReadReply {
  async function* chunks() {
    await Promise.resolve();
    yield bytes;
  }
  return {
    ...{ sizeBytes: bytes.byteLength, mtimeMs: 0, root: undefined, version: undefined, link: 'session', bytes: chunks() },
    end: () => Promise.resolve(undefined),
    ...changes,
  };
}

async function understanding(own: Parameters<typeof introduced>[0] = {}): Promise<{ side: Side; remote: HandPlayed }> {
  const { side, remote } = await introduced(own);
  remote.hello({ capabilities });
  await side.until('the hello', () => side.updates === 1);
  return { side, remote };
}

test('a pack arrives', async () => {
  const bytes = Buffer.alloc(transferLimits.packWireBytes, 7);
  const asked: PackRequest[] = [];
  const readPack: FileServer['readPack'] = (_peerId, request) => (asked.push(request), Promise.resolve(replyOf(bytes)));
  const { one } = await openSides({ other: { fileServer: { ...emptyServer, readPack } } });
  const reply = await one.session.readPack(packRequest, options);
  assert.equal(reply.sizeBytes, bytes.byteLength);
  assert((await collect(reply.bytes)).equals(bytes));
  assert.equal(await reply.end(), undefined);
  assert.deepEqual(asked, [packRequest]);
});

test('a pack that came out too large is refused by who made it, and taken from nobody', async () => {
  let isDropped = false;
  const done = { done: true, value: undefined } as const;
  const iterator = {
    next: () => Promise.resolve(done),
    return: () => ((isDropped = true), Promise.resolve(done)),
  };
  const bytes = { [Symbol.asyncIterator]: () => iterator };
  const large = replyOf(Buffer.alloc(0), { sizeBytes: transferLimits.packWireBytes + 1, bytes });
  const readPack = () => Promise.resolve(large);
  const { one } = await openSides({ other: { fileServer: { ...emptyServer, readPack } } });
  await assert.rejects(one.session.readPack(packRequest, options), ofKind('too-large'));
  assert(isDropped);
  const { side, remote } = await understanding();
  const reading = side.session.readPack(packRequest, options).catch((error: unknown) => error);
  const { requestId } = await remote.next(types.pack, transferCodec.pack);
  const sizeBytes = transferLimits.packWireBytes + 1;
  remote.say(types.head, codec.head, { requestId, sizeBytes, mtimeMs: 0, root: undefined, version: undefined });
  await endsFor(side, /a pack of 1376257 bytes/);
  assert(ofKind('unavailable')(await reading));
});

test('a pack of too many files, or none, is not asked for', async () => {
  const { one } = await openSides();
  const many = Array.from({ length: transferLimits.packFiles + 1 }, () => 'x');
  const long = Array.from({ length: 40 }, () => 'x'.repeat(4000));
  for (const paths of [many, long, []]) {
    await assert.rejects(one.session.readPack({ shareId, paths }, options), ofKind('invalid-argument'));
  }
  assert(one.session.isOpen);
});

test('what a peer holds arrives', async () => {
  const asked: HoldingRequest[] = [];
  const reply: HoldingReply = { sizeBytes: 100_000, unitBytes: 32_768, units: Buffer.from([0b1011_0000]) };
  const holding: FileServer['holding'] = (_peerId, request) => (asked.push(request), Promise.resolve(reply));
  const { one } = await openSides({ other: { fileServer: { ...emptyServer, holding } } });
  assert.deepEqual(await one.session.holding(holdingRequest, options), reply);
  assert.deepEqual(asked, [holdingRequest]);
});

test('a bitmap that does not fit, or holdings for something else, end the session', async () => {
  const answers: [RegExp, HoldingReply][] = [
    [/does not fit its size/, { sizeBytes: 100_000, unitBytes: 32_768, units: Buffer.alloc(2) }],
    [/more of a file than there is/, { sizeBytes: 100_000, unitBytes: 32_768, units: Buffer.from([0b1000_1000]) }],
    [/in units of 3 bytes/, { sizeBytes: 100_000, unitBytes: 3, units: Buffer.alloc(1) }],
    [/a field of 2049 bytes/, { sizeBytes: 2 ** 40, unitBytes: 16_384, units: Buffer.alloc(2049) }],
  ];
  for (const [reason, answer] of answers) {
    const { side, remote } = await understanding();
    const asking = side.session.holding(holdingRequest, options).catch((error: unknown) => error);
    const { requestId } = await remote.next(types.holding, transferCodec.holding);
    remote.say(types.held, transferCodec.held, { requestId, ...answer });
    await endsFor(side, reason);
    assert(ofKind('unavailable')(await asking));
  }
  const { side, remote } = await understanding();
  const reading = side.session.readPack(packRequest, options).catch((error: unknown) => error);
  const { requestId } = await remote.next(types.pack, transferCodec.pack);
  remote.say(types.held, transferCodec.held, { requestId, sizeBytes: 0, unitBytes: 16_384, units: Buffer.alloc(0) });
  await endsFor(side, /a request for a file with holdings/);
  await reading;
});

test('questions about holdings without end are told to wait', async () => {
  let calls = 0;
  const holding = () => (calls++, Promise.reject(new AppError('not-found', 'nothing')));
  const { side, remote } = await introduced({ fileServer: { ...emptyServer, holding } });
  const codes: number[] = [];
  const asked = 4 * transferLimits.holdingsBurst;
  const startedAt = performance.now();
  for (let requestId = 1; requestId <= asked; requestId++) {
    remote.say(types.holding, transferCodec.holding, { ...holdingRequest, requestId });
    codes.push((await remote.next(types.refused, codec.refused)).code);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const most = transferLimits.holdingsBurst + 1 + seconds * transferLimits.holdingsPerSecond;
  assert(calls >= Math.min(asked, transferLimits.holdingsBurst) && calls <= most, `${calls} calls in ${seconds} s`);
  assert.equal(codes[0], 1);
  if (most < asked) assert.ok(codes.includes(5));
  assert(side.session.isOpen);
});

test('a peer that does not know packs, holdings or files of others is asked for none', async () => {
  const { side, remote } = await introduced();
  await assert.rejects(side.session.readPack(packRequest, options), ofKind('unavailable'));
  await assert.rejects(side.session.holding(holdingRequest, options), ofKind('unavailable'));
  await assert.rejects(side.session.read({ ...readRequest, root, owner }, options), ofKind('unavailable'));
  assert.equal(side.session.understands('packs'), false);
  remote.hello({ capabilities });
  await side.until('the hello', () => side.updates === 1);
  assert.equal(side.session.understands('packs'), true);
  assert.deepEqual(
    remote.received.filter(({ type }) => type >= 19),
    [],
  );
});

test('root and owner reach the server as they are, and a version comes back', async () => {
  const file = Buffer.alloc(100_000, 3);
  const version = Buffer.alloc(8, 6);
  const server = serverOf(file);
  const fileServer: FileServer = {
    ...server,
    read: async (peerId, request, serving) => ({ ...(await server.read(peerId, request, serving)), version }),
  };
  const { one } = await openSides({ other: { fileServer } });
  const request = { ...readRequest, root, owner };
  const reply = await one.session.read(request, options);
  assert.deepEqual(server.requests, [request]);
  assert.deepEqual(reply.version, version);
  assert((await collect(reply.bytes)).equals(file));
});

test('places in the queue are told, at once and not too often', async () => {
  const server = serverOf(Buffer.alloc(10));
  let tell: ((position: number) => void) | undefined;
  let go = () => {};
  let start = () => {};
  const started = new Promise<void>((resolve) => (start = resolve));
  const fileServer: FileServer = {
    ...server,
    async read(peerId, request, serving) {
      tell = serving.onPosition;
      start();
      await new Promise<void>((resolve) => (go = resolve));
      return server.read(peerId, request, serving);
    },
  };
  const { side, remote } = await introduced({ fileServer });
  remote.say(types.read, codec.readRequest, {
    ...readRequest,
    length: undefined,
    root: undefined,
    owner: undefined,
    requestId: 1,
  });
  await started;
  const startedAt = performance.now();
  for (let position = 500; position >= 3; position--) tell?.(position);
  assert.deepEqual(await remote.next(types.working, codec.working), { requestId: 1, position: 500 });
  assert.deepEqual(await remote.next(types.working, codec.working), { requestId: 1, position: 3 });
  assert(performance.now() - startedAt >= wireLimits.positionMs - 10);
  go();
  await remote.next(types.head, codec.head);
  tell?.(7);
  assert(!remote.received.some(({ type }) => type === types.working), 'nothing after the head');
  assert(side.session.isOpen);
});

test('who waits in a queue waits as long as it takes; who is worked on does not', async () => {
  const times = { requestStallMs: 60, headMs: 150 };
  const { side, remote } = await understanding({ times });
  const positions: number[] = [];
  const reading = side.session.read(readRequest, { signal: never, onPosition: (position) => positions.push(position) });
  const { requestId } = await remote.next(types.read, codec.readRequest);
  const say = (position: number) => remote.say(types.working, codec.working, { requestId, position });
  const start = performance.now();
  const timer = setInterval(() => say(performance.now() - start < 250 ? 2 : 0), 20);
  await assert.rejects(reading, ofKind('unavailable'));
  clearInterval(timer);
  assert(performance.now() - start >= 390, `${performance.now() - start} ms`);
  assert.deepEqual(positions, [2, 0]);
});

test('places in the queue without end', async () => {
  const { side, remote } = await understanding();
  const reading = side.session.read(readRequest, options).catch((error: unknown) => error);
  const { requestId } = await remote.next(types.read, codec.readRequest);
  for (let position = 1; position <= wireLimits.workingBurst + 600; position++) {
    remote.say(types.working, codec.working, { requestId, position });
  }
  await endsFor(side, /all the time that it is at work/);
  assert(ofKind('unavailable')(await reading));
});

test('a refusal by a person comes with the reason, and without what would deceive a reader', async () => {
  const refused = (reason: string) => new AppError('permission-denied', 'own words', { data: { reason } });
  for (const [said, heard] of [
    ['busy until Monday', 'busy until Monday'],
    ['', ''],
    ['a\u001b[31m\nb\u202ec', 'a [31m b c'],
    ['x'.repeat(500), 'x'.repeat(transferLimits.reasonCharacters)],
  ] as const) {
    const { one } = await openSides({ other: { fileServer: { ...emptyServer, read: () => Promise.reject(refused(said)) } } });
    await assert.rejects(one.session.read(readRequest, options), (error) => {
      assert(error instanceof AppError);
      assert.deepEqual([error.kind, error.data.reason], ['permission-denied', heard]);
      assert(!error.message.includes('own words'));
      return true;
    });
  }
});

test('a server may use the memory of a chunk again once it is asked for the next', async () => {
  const memory = Buffer.alloc(100_000);
  async function* chunks() {
    for (let i = 0; i < 30; i++) {
      await Promise.resolve();
      yield memory.fill(i);
    }
  }
  const read = () => Promise.resolve(replyOf(Buffer.alloc(0), { sizeBytes: 3_000_000, bytes: chunks() }));
  const { one } = await openSides({ other: { fileServer: { ...emptyServer, read } } });
  const bytes = await collect((await one.session.read(readRequest, options)).bytes);
  for (let i = 0; i < 30; i++)
    assert(
      bytes.subarray(i * 100_000, (i + 1) * 100_000).every((byte) => byte === i),
      `chunk ${i}`,
    );
});
