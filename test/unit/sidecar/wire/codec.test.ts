import assert from 'node:assert/strict';
import test from 'node:test';
import type { Encoding } from 'protomux';
import { AppError } from '../../../../src/protocol/errors.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import { readRequest, seeded } from './worlds.ts';

const root = Buffer.alloc(32, 5);
const requestId = 70_000;

interface Sample<T> {
  name: string;
  encoding: Encoding<T>;
  value: T;
}

/** Hides the type of a value from the list: each is only ever used with its own encoding. */
function sample<T>(name: string, encoding: Encoding<T>, value: T): Sample<unknown> {
  return {
    name,
    value,
    encoding: {
      preencode: (state, other) => encoding.preencode(state, other as T),
      encode: (state, other) => encoding.encode(state, other as T),
      decode: (state) => encoding.decode(state),
    },
  };
}

const hello: codec.HelloMessage = {
  version: 1,
  minVersion: 1,
  capabilities: ['one', 'two'],
  nickname: 'Zoë',
  agent: 'potluck/0.1.0',
  proofs: [root, root],
};

const samples = [
  sample('hello', codec.hello, hello),
  sample('announcements', codec.announcements, [{ body: Buffer.from('signed'), signature: Buffer.alloc(64, 1) }]),
  sample('ping', codec.ping, Number.MAX_SAFE_INTEGER),
  sample('read', codec.readRequest, { ...readRequest, requestId, length: 300, needsRoot: true }),
  sample('read to the end', codec.readRequest, { ...readRequest, length: undefined, requestId }),
  sample('head', codec.head, { requestId, sizeBytes: 2 ** 52, mtimeMs: -1.5, root }),
  sample('head without root', codec.head, { requestId, sizeBytes: 0, mtimeMs: 0, root: undefined }),
  sample('data', codec.data, { requestId, bytes: Buffer.from('some bytes') }),
  sample('end', codec.end, { requestId, root }),
  sample('hashes request', codec.hashesRequest, { requestId, root, first: 512, count: 256 }),
  sample('hashes reply', codec.hashesReply, { requestId, leaves: [root, root], uncles: [root] }),
  sample('credit', codec.credit, { requestId, bytes: 65_536 }),
  sample('cancel', codec.cancel, { requestId }),
  sample('refused', codec.refused, { requestId, code: 3 }),
  sample('working', codec.working, { requestId, position: 2 }),
];

const isViolation = (error: unknown) => error instanceof AppError && error.kind === 'protocol';

for (const { name, encoding, value } of samples) {
  test(`${name}: comes back as it was sent; no truncation passes, nor anything after it`, () => {
    const bytes = codec.encodeWhole(encoding, value);
    assert.deepEqual(codec.decodeWhole(encoding, bytes), value);
    for (let end = 0; end < bytes.byteLength; end++) {
      assert.throws(() => codec.decodeWhole(encoding, bytes.subarray(0, end)), isViolation, `${end} bytes`);
    }
    if (name !== 'hello') {
      assert.throws(() => codec.decodeWhole(encoding, Buffer.concat([bytes, Buffer.alloc(1)])), isViolation);
    }
  });
}

test('a hello of a newer version may be longer', () => {
  const bytes = Buffer.concat([codec.encodeWhole(codec.hello, hello), Buffer.from('something new')]);
  assert.deepEqual(codec.decodeWhole(codec.hello, bytes), hello);
});

test('a hello of another protocol is refused', () => {
  const bytes = Buffer.from(codec.encodeWhole(codec.hello, hello));
  bytes.write('HTTP');
  assert.throws(() => codec.decodeWhole(codec.hello, bytes), isViolation);
});

const oversized: [string, Encoding<never>, object][] = [
  ['a nickname', codec.hello as Encoding<never>, { ...hello, nickname: 'x'.repeat(129) }],
  ['the proofs', codec.hello as Encoding<never>, { ...hello, proofs: Array.from({ length: 257 }, () => root) }],
  ['the capabilities', codec.hello as Encoding<never>, { ...hello, capabilities: Array.from({ length: 65 }, () => 'x') }],
  ['a path', codec.readRequest as Encoding<never>, { ...readRequest, length: undefined, requestId, path: 'x'.repeat(4097) }],
  ['a slice', codec.data as Encoding<never>, { requestId, bytes: Buffer.alloc(65_537) }],
  ['the uncles', codec.hashesReply as Encoding<never>, { requestId, leaves: [], uncles: Array.from({ length: 65 }, () => root) }],
];

for (const [what, encoding, value] of oversized) {
  test(`${what} over the limit is refused`, () => {
    const bytes = codec.encodeWhole(encoding, value as never);
    assert.throws(() => codec.decodeWhole(encoding, bytes), isViolation);
  });
}

test('a count is refused before its items are read', () => {
  const bytes = Buffer.concat([codec.encodeWhole(codec.ping, requestId), Buffer.from([0xfe, 0xff, 0xff, 0xff, 0xff])]);
  assert.throws(() => codec.decodeWhole(codec.hashesReply, bytes), isViolation);
});

test('times that are no numbers, or beyond every calendar, are refused', () => {
  for (const mtimeMs of [NaN, Infinity, -Infinity, 8.65e15]) {
    const bytes = codec.encodeWhole(codec.head, { requestId, sizeBytes: 1, mtimeMs, root: undefined });
    assert.throws(() => codec.decodeWhole(codec.head, bytes), isViolation);
  }
});

test('a number above 2^53 is refused', () => {
  assert.throws(() => codec.decodeWhole(codec.ping, Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0x20, 0])), isViolation);
});

test('text that is not UTF-8 is refused', () => {
  const bytes = Buffer.from(codec.encodeWhole(codec.readRequest, { ...readRequest, length: undefined, requestId, path: 'abc' }));
  bytes[bytes.indexOf('abc')] = 0xff;
  assert.throws(() => codec.decodeWhole(codec.readRequest, bytes), isViolation);
});

test('a message over its limit is refused before it is decoded', () => {
  const encoding = codec.wholeMessage(codec.ping, 4);
  assert.throws(() => encoding.decode({ start: 0, end: 5, buffer: Buffer.alloc(5) }), isViolation);
});

test('100,000 mutated messages are decoded or refused, and nothing else', () => {
  const seed = Number(process.env['POTLUCK_SEED'] ?? 20_260_101);
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  let accepted = 0;
  for (let i = 0; i < 100_000; i++) {
    const { encoding, value, name } = samples[below(samples.length)] ?? assert.fail();
    let bytes = Buffer.from(codec.encodeWhole(encoding, value));
    for (let edits = below(4); edits >= 0; edits--) {
      const at = below(bytes.byteLength + 1);
      const edit = below(4);
      if (edit === 0) bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([below(256)]), bytes.subarray(at)]);
      else if (edit === 1) bytes = bytes.subarray(0, at);
      else if (edit === 2 && at < bytes.byteLength) bytes[at] = below(256);
      else if (at < bytes.byteLength) bytes[at] = 0xff;
    }
    try {
      codec.decodeWhole(encoding, bytes);
      accepted++;
    } catch (error) {
      assert(isViolation(error), `seed ${seed}, message ${i} (${name}): ${String(error)}`);
    }
  }
  assert(accepted > 0 && accepted < 100_000);
});
