// Serving peers that answer wrongly, played by hand: too much, too little, in the wrong order, or for something else.

import assert from 'node:assert/strict';
import test from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import { wireLimits } from '../../../../src/sidecar/limits.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import { collect, endsFor, introduced, never, readRequest, types, type HandPlayed, type Side } from './worlds.ts';

const root = Buffer.alloc(32, 4);

/** Our side asks for a file; the remote answers by hand. */
async function asked(): Promise<{ side: Side; remote: HandPlayed; failure: Promise<unknown>; requestId: number }> {
  const { side, remote } = await introduced();
  const failure = side.session
    .read(readRequest, { signal: never })
    .then((reply) => collect(reply.bytes))
    .then(
      () => assert.fail('the read succeeded'),
      (error: unknown) => error,
    );
  const { requestId } = await remote.next(types.read, codec.readRequest);
  return { side, remote, failure, requestId };
}

const slice = Buffer.alloc(wireLimits.sliceBytes);
const badReplies: [string, RegExp, (remote: HandPlayed, requestId: number) => void][] = [
  [
    'bytes before the head',
    /before the head/,
    (remote, requestId) => remote.say(types.data, codec.data, { requestId, bytes: slice }),
  ],
  ['an end before the head', /before its head/, (remote, requestId) => remote.say(types.end, codec.end, { requestId, root })],
  [
    'two heads',
    /head of a file twice/,
    (remote, requestId) => {
      for (let i = 0; i < 2; i++)
        remote.say(types.head, codec.head, { requestId, sizeBytes: 1, mtimeMs: 0, root, version: undefined });
    },
  ],
  [
    'more bytes than it said',
    /more of a file/,
    (remote, requestId) => {
      remote.say(types.head, codec.head, { requestId, sizeBytes: 10, mtimeMs: 0, root, version: undefined });
      remote.say(types.data, codec.data, { requestId, bytes: slice });
    },
  ],
  [
    'fewer bytes than it said',
    /before its last byte/,
    (remote, requestId) => {
      remote.say(types.head, codec.head, { requestId, sizeBytes: 10, mtimeMs: 0, root, version: undefined });
      remote.say(types.end, codec.end, { requestId, root });
    },
  ],
  [
    'many small slices',
    /too small slices/,
    (remote, requestId) => {
      remote.say(types.head, codec.head, { requestId, sizeBytes: 1000, mtimeMs: 0, root, version: undefined });
      for (let i = 0; i < 2; i++) remote.say(types.data, codec.data, { requestId, bytes: Buffer.alloc(1) });
    },
  ],
  [
    'an empty slice',
    /too small slices/,
    (remote, requestId) => {
      remote.say(types.head, codec.head, { requestId, sizeBytes: 1000, mtimeMs: 0, root, version: undefined });
      remote.say(types.data, codec.data, { requestId, bytes: Buffer.alloc(0) });
    },
  ],
  [
    'hashes for a file',
    /a file with hashes/,
    (remote, requestId) => remote.say(types.hashesReply, codec.hashesReply, { requestId, leaves: [], uncles: [] }),
  ],
];

for (const [what, reason, answer] of badReplies) {
  test(`${what} in answer to a read`, async () => {
    const { side, remote, failure, requestId } = await asked();
    answer(remote, requestId);
    await endsFor(side, reason);
    const error = await failure;
    assert(error instanceof AppError && error.kind === 'unavailable');
  });
}

test('more than there is credit for', async () => {
  const { side, remote } = await introduced();
  const reading = side.session.read(readRequest, { signal: never });
  const { requestId } = await remote.next(types.read, codec.readRequest);
  remote.say(types.head, codec.head, { requestId, sizeBytes: 100_000_000, mtimeMs: 0, root, version: undefined });
  await reading;
  for (let sent = 0; sent <= wireLimits.creditBytes; sent += slice.byteLength) {
    remote.say(types.data, codec.data, { requestId, bytes: slice });
  }
  await endsFor(side, /more than it has credit/);
});

test('more hashes than were asked for, or a file in their place', async () => {
  const ask = { root, first: 0, count: 1 };
  const more = await introduced();
  const failure = more.side.session.hashes(ask, { signal: never }).catch((error: unknown) => error);
  const { requestId } = await more.remote.next(types.hashesRequest, codec.hashesRequest);
  more.remote.say(types.hashesReply, codec.hashesReply, { requestId, leaves: [root, root], uncles: [] });
  await endsFor(more.side, /more hashes/);
  assert((await failure) instanceof AppError);
  const other = await introduced();
  void other.side.session.hashes(ask, { signal: never }).catch(() => undefined);
  const message = await other.remote.next(types.hashesRequest, codec.hashesRequest);
  other.remote.say(types.data, codec.data, { requestId: message.requestId, bytes: slice });
  await endsFor(other.side, /request for hashes/);
});

test('what was under way for a cancelled request is no offence; not confirming it is', async () => {
  const { side, remote } = await introduced({ times: { requestStallMs: 100 } });
  const abort = new AbortController();
  const reading = side.session.read(readRequest, { signal: abort.signal }).catch((error: unknown) => error);
  const { requestId } = await remote.next(types.read, codec.readRequest);
  abort.abort();
  assert((await reading) instanceof AppError);
  remote.say(types.head, codec.head, { requestId, sizeBytes: 10, mtimeMs: 0, root, version: undefined });
  remote.say(types.data, codec.data, { requestId, bytes: Buffer.alloc(10) });
  remote.say(types.ping, codec.ping, 1);
  await remote.next(types.pong, codec.ping);
  assert(side.session.isOpen);
  await side.until('ending', () => side.closedFor !== undefined);
  assert.match(side.closedFor ?? '', /does not confirm/);
});
