// Reads and hash requests over two real sessions: both ends behave.

import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError, type ErrorKind } from '../../../../src/protocol/errors.ts';
import { wireLimits } from '../../../../src/sidecar/limits.ts';
import type { FileServer, ReadReply } from '../../../../src/sidecar/wire/services.ts';
import { collect, emptyServer, never, openSides, readRequest, serverOf, settled } from './worlds.ts';

const MiB = 1024 * 1024;
const file = Buffer.alloc(5 * MiB + 123);
for (let i = 0; i < file.byteLength; i++) file[i] = (i * 7919) >> 5;

function ofKind(kind: ErrorKind): (error: unknown) => boolean {
  return (error) => error instanceof AppError && error.kind === kind;
}

async function replyOf(server: FileServer): Promise<{ reply: ReadReply } & Awaited<ReturnType<typeof openSides>>> {
  const sides = await openSides({ other: { fileServer: server } });
  return { ...sides, reply: await sides.one.session.read(readRequest, { signal: never }) };
}

for (const chunkBytes of [1000, 65_536, 65_537, 1_000_000]) {
  test(`a file arrives as it is, served in chunks of ${chunkBytes}`, async () => {
    const server = serverOf(file, chunkBytes);
    const { reply } = await replyOf(server);
    assert.equal(reply.sizeBytes, file.byteLength);
    assert.equal(reply.mtimeMs, 1234.5);
    assert.equal(reply.root, undefined);
    assert((await collect(reply.bytes)).equals(file));
    assert.deepEqual(await reply.end(), Buffer.alloc(32, 9));
    assert.deepEqual(server.requests, [readRequest]);
  });
}

test('ranges arrive: at the start, in the middle, empty, up to and beyond the end', async () => {
  const { one } = await openSides({ other: { fileServer: serverOf(file) } });
  for (const [offset, length] of [
    [0, 1],
    [65_535, 65_538],
    [10, 0],
    [file.byteLength - 3, 3],
    [file.byteLength - 3, 100],
    [file.byteLength + 5, 9],
  ]) {
    assert(offset !== undefined && length !== undefined);
    const reply = await one.session.read({ ...readRequest, offset, length, needsRoot: true }, { signal: never });
    assert((await collect(reply.bytes)).equals(file.subarray(offset, offset + length)), `${offset} + ${length}`);
  }
});

test('many reads share the line, more than may be under way at once', async () => {
  const small = file.subarray(0, 200_000);
  const { one } = await openSides({ other: { fileServer: serverOf(small) } });
  const read = async () => collect((await one.session.read(readRequest, { signal: never })).bytes);
  const all = await Promise.all(Array.from({ length: 3 * wireLimits.requestsInFlight }, read));
  assert(all.every((bytes) => bytes.equals(small)));
});

test('both sides read from each other at the same time', async () => {
  const { one, other } = await openSides({
    one: { fileServer: serverOf(file) },
    other: { fileServer: serverOf(file.subarray(7)) },
  });
  const read = async (side: typeof one) => collect((await side.session.read(readRequest, { signal: never })).bytes);
  const [fromOther, fromOne] = await Promise.all([read(one), read(other)]);
  assert(fromOther.equals(file.subarray(7)));
  assert(fromOne.equals(file));
});

test('a consumer that waits holds back the sender, and small requests still pass', async () => {
  const server = serverOf(file);
  const { one, reply } = await replyOf(server);
  await settled(500);
  const maxBytes = wireLimits.creditBytes + 2 * wireLimits.sliceBytes;
  assert(server.takenBytes > wireLimits.sliceBytes && server.takenBytes <= maxBytes, `${server.takenBytes} taken`);
  await one.session.hashes({ root: Buffer.alloc(32), first: 0, count: 1 }, { signal: never });
  let taken = 0;
  for await (const bytes of reply.bytes) {
    taken += bytes.byteLength;
    if (taken !== 8 * wireLimits.sliceBytes) continue;
    await settled(500);
    assert(server.takenBytes <= maxBytes + taken);
  }
  assert.equal(taken, file.byteLength);
});

test('a cancelled read fails as cancelled, and stops the server', async () => {
  let serverSignal: AbortSignal | undefined;
  const server = serverOf(file);
  const fileServer: FileServer = {
    ...server,
    read(peerId, request, options) {
      serverSignal = options.signal;
      return server.read(peerId, request, options);
    },
  };
  const { one } = await openSides({ other: { fileServer } });
  const abort = new AbortController();
  const reply = await one.session.read(readRequest, { signal: abort.signal });
  const iterator = reply.bytes[Symbol.asyncIterator]();
  await iterator.next();
  abort.abort();
  await assert.rejects(iterator.next(), ofKind('cancelled'));
  await assert.rejects(reply.end(), ofKind('cancelled'));
  await settled();
  assert.equal(serverSignal?.aborted, true);
  await assert.rejects(one.session.read(readRequest, { signal: abort.signal }), ofKind('cancelled'));
  const again = await one.session.read(readRequest, { signal: never });
  assert((await collect(again.bytes)).equals(file), 'the session goes on');
});

test('a consumer that leaves early stops the server and frees the request', async () => {
  const { one } = await openSides({ other: { fileServer: serverOf(file) } });
  for (let i = 0; i < 2 * wireLimits.requestsInFlight; i++) {
    const reply = await one.session.read(readRequest, { signal: never });
    for await (const bytes of reply.bytes) {
      assert(bytes.byteLength > 0);
      break;
    }
  }
});

test('requests that wait for their turn can be cancelled', async () => {
  const { one } = await openSides({ other: { fileServer: { ...emptyServer, read: () => new Promise(() => undefined) } } });
  const first = new AbortController();
  const second = new AbortController();
  const reads = Array.from({ length: wireLimits.requestsInFlight }, () =>
    one.session.read(readRequest, { signal: first.signal }),
  );
  const waiting = one.session.read(readRequest, { signal: second.signal });
  second.abort();
  await assert.rejects(waiting, ofKind('cancelled'));
  first.abort();
  for (const read of reads) await assert.rejects(read, ofKind('cancelled'));
  assert(one.session.isOpen);
});

test('a session that closes in the middle of a read fails it as unavailable', async () => {
  const { one, other, reply } = await replyOf(serverOf(file));
  const iterator = reply.bytes[Symbol.asyncIterator]();
  await iterator.next();
  const waiting = one.session.hashes({ root: Buffer.alloc(32), first: 0, count: 1 }, { signal: never });
  other.session.close('going away');
  await assert.rejects(async () => {
    while (!(await iterator.next()).done);
  }, ofKind('unavailable'));
  await assert.rejects(reply.end(), ofKind('unavailable'));
  await waiting.catch((error: unknown) => assert(ofKind('unavailable')(error)));
  await assert.rejects(one.session.read(readRequest, { signal: never }), ofKind('unavailable'));
  await assert.rejects(
    one.session.hashes({ root: Buffer.alloc(32), first: 0, count: 1 }, { signal: never }),
    ofKind('unavailable'),
  );
});

test('what the server refuses arrives as its kind, without its words', async () => {
  for (const kind of ['not-found', 'permission-denied', 'changed', 'busy', 'unavailable', 'too-large'] as const) {
    const refuse = () => Promise.reject(new AppError(kind, '/home/somebody/secret.txt'));
    const { one } = await openSides({ other: { fileServer: { ...emptyServer, read: refuse, hashes: refuse } } });
    const isPlain = (error: unknown) => ofKind(kind)(error) && !String(error).includes('secret');
    await assert.rejects(one.session.read(readRequest, { signal: never }), isPlain);
    await assert.rejects(one.session.hashes({ root: Buffer.alloc(32), first: 0, count: 1 }, { signal: never }), isPlain);
  }
});

test('a failure in the middle of a file fails its bytes and its end', async () => {
  const { reply } = await replyOf({
    ...emptyServer,
    read: () =>
      Promise.resolve({
        sizeBytes: 200_000,
        mtimeMs: 0,
        root: undefined,
        version: undefined,
        link: 'session',
        bytes: (async function* () {
          await Promise.resolve();
          yield Buffer.alloc(65_536);
          throw new AppError('changed', 'it changed');
        })(),
        end: () => Promise.resolve(undefined),
      }),
  });
  await assert.rejects(collect(reply.bytes), ofKind('changed'));
  await assert.rejects(reply.end(), ofKind('changed'));
});

for (const [what, actualBytes] of [
  ['more', 70_000],
  ['less', 50_000],
] as const) {
  test(`a server that has ${what} than it said is not believed`, async () => {
    const server = serverOf(file.subarray(0, actualBytes));
    const { reply, one } = await replyOf({
      ...server,
      read: async (peerId, request, options) => ({ ...(await server.read(peerId, request, options)), sizeBytes: 60_000 }),
    });
    await assert.rejects(collect(reply.bytes), ofKind('changed'));
    assert(one.session.isOpen);
  });
}

test('a request without an answer fails after the stall time, and not while the server says it works', async () => {
  const times = { requestStallMs: 60, headMs: 400 };
  let finishWork = () => {};
  const work = new Promise<void>((resolve) => (finishWork = resolve));
  const server = serverOf(file.subarray(0, 10));
  const { one } = await openSides({
    one: { times },
    other: {
      times,
      fileServer: {
        ...emptyServer,
        async read(peerId, request, options) {
          await Promise.race([work, new Promise((resolve) => options.signal.addEventListener('abort', resolve))]);
          return server.read(peerId, request, options);
        },
      },
    },
  });
  const start = performance.now();
  await assert.rejects(one.session.read(readRequest, { signal: never }), ofKind('unavailable'));
  assert(performance.now() - start >= 390, 'it waited as long as the server was at work, and no longer');
  finishWork();
  const reply = await one.session.read(readRequest, { signal: never });
  assert.equal((await collect(reply.bytes)).byteLength, 10);
});

test('hashes arrive', async () => {
  const { one } = await openSides({ other: { fileServer: serverOf(file) } });
  const reply = await one.session.hashes({ root: Buffer.alloc(32, 3), first: 512, count: 512 }, { signal: never });
  assert.deepEqual(reply, { leaves: [Buffer.alloc(32, 1)], uncles: [Buffer.alloc(32, 2)] });
});
