import assert from 'node:assert/strict';
import test from 'node:test';
import type { Encoding } from 'protomux';
import { AppError } from '../../../../src/protocol/errors.ts';
import * as codec from '../../../../src/sidecar/wire/codec.ts';
import { peerIdOf } from '../../../../src/sidecar/storage/identity.ts';
import type { LinkOffer } from '../../../../src/sidecar/wire/services.ts';
import * as transferCodec from '../../../../src/sidecar/wire/transferCodec.ts';
import { readRequest, seeded, shareId } from './worlds.ts';

const root = Buffer.alloc(32, 5);
const requestId = 70_000;
const readAll = { ...readRequest, length: undefined, root: undefined, owner: undefined, requestId };
const offer: LinkOffer = {
  port: 65_535,
  hosts: ['192.168.1.2', 'fd00::1'],
  token: Buffer.alloc(16, 6),
  secret: Buffer.alloc(32, 7),
  kinds: ['tls', 'noise'],
};

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
  intents: 3,
};

const samples = [
  sample('hello', codec.hello, hello),
  sample('announcements', codec.announcements, [{ body: Buffer.from('signed'), signature: Buffer.alloc(64, 1) }]),
  sample('ping', codec.ping, Number.MAX_SAFE_INTEGER),
  sample('read', codec.readRequest, { ...readAll, length: 300, needsRoot: true, root, owner: peerIdOf(root) }),
  sample('read to the end', codec.readRequest, readAll),
  sample('head', codec.head, { requestId, sizeBytes: 2 ** 52, mtimeMs: -1.5, root, version: Buffer.alloc(8, 5) }),
  sample('head without root', codec.head, { requestId, sizeBytes: 0, mtimeMs: 0, root: undefined, version: undefined }),
  sample('data', codec.data, { requestId, bytes: Buffer.from('some bytes') }),
  sample('end', codec.end, { requestId, root }),
  sample('hashes request', codec.hashesRequest, { requestId, root, first: 512, count: 256 }),
  sample('hashes reply', codec.hashesReply, { requestId, leaves: [root, root], uncles: [root] }),
  sample('credit', codec.credit, { requestId, bytes: 65_536 }),
  sample('cancel', codec.cancel, { requestId }),
  sample('refused', codec.refused, { requestId, code: 9, reason: 'não 🙅' }),
  sample('working', codec.working, { requestId, position: 2 }),
  sample('link data', codec.linkData, { requestId, bytes: Buffer.alloc(262_144, 3) }),
  sample('pack', transferCodec.pack, { requestId, shareId, paths: ['a', 'ø/b'] }),
  sample('holding', transferCodec.holding, { requestId, owner: peerIdOf(root), shareId, path: 'a/b', root }),
  sample('held', transferCodec.held, { requestId, sizeBytes: 70_000, unitBytes: 16_384, units: Buffer.from([0b1010_1000]) }),
  sample('held of nothing', transferCodec.held, { requestId, sizeBytes: 0, unitBytes: 16_384, units: Buffer.alloc(0) }),
  sample('link offer', transferCodec.linkOffer, offer),
];

const isViolation = (error: unknown) => error instanceof AppError && error.kind === 'protocol';

for (const { name, encoding, value } of samples) {
  test(`${name}: comes back as it was sent; no truncation passes, nor anything after it`, () => {
    const bytes = codec.encodeWhole(encoding, value);
    assert.deepEqual(codec.decodeWhole(encoding, bytes), value);
    // An older hello ends before its intents.
    const shortest = name === 'hello' ? bytes.byteLength - 1 : bytes.byteLength;
    for (let end = 0; end < shortest; end += end < 1000 ? 1 : 10_007) {
      assert.throws(() => codec.decodeWhole(encoding, bytes.subarray(0, end)), isViolation, `${end} bytes`);
    }
    if (name !== 'hello' && name !== 'link offer') {
      assert.throws(() => codec.decodeWhole(encoding, Buffer.concat([bytes, Buffer.alloc(1)])), isViolation);
    }
  });
}

test('a hello of a newer version may be longer', () => {
  const bytes = Buffer.concat([codec.encodeWhole(codec.hello, hello), Buffer.from('something new')]);
  assert.deepEqual(codec.decodeWhole(codec.hello, bytes), hello);
});

test('a hello of an older version says no intents', () => {
  const bytes = codec.encodeWhole(codec.hello, hello);
  assert.deepEqual(codec.decodeWhole(codec.hello, bytes.subarray(0, -1)), { ...hello, intents: 0 });
});

test('a hello of another protocol is refused', () => {
  const bytes = Buffer.from(codec.encodeWhole(codec.hello, hello));
  bytes.write('HTTP');
  assert.throws(() => codec.decodeWhole(codec.hello, bytes), isViolation);
});

test('a link offer of a newer version may be longer, and name kinds that we do not know', () => {
  const bytes = Buffer.from(codec.encodeWhole(transferCodec.linkOffer, offer));
  bytes[bytes.byteLength - 1] = 0b1110;
  const longer = Buffer.concat([bytes, Buffer.from('something new')]);
  assert.deepEqual(codec.decodeWhole(transferCodec.linkOffer, longer), { ...offer, kinds: ['noise'] });
});

for (const [what, encoding, value] of [
  ['a link offer to a name', transferCodec.linkOffer, { ...offer, hosts: ['localhost'] }],
  ['a link offer on no port', transferCodec.linkOffer, { ...offer, port: 65_536 }],
  ['a link offer of many hosts', transferCodec.linkOffer, { ...offer, hosts: Array.from({ length: 17 }, () => '10.0.0.1') }],
  ['an empty pack', transferCodec.pack, { requestId, shareId, paths: [] }],
  ['a pack of many files', transferCodec.pack, { requestId, shareId, paths: Array.from({ length: 513 }, () => 'x') }],
  ['a pack of long paths', transferCodec.pack, { requestId, shareId, paths: Array.from({ length: 33 }, () => 'x'.repeat(4000)) }],
  ...[0, 1, 16_383, 16_385, 3 * 16_384, -0.5].map(
    (unitBytes) =>
      [
        `holding in units of ${unitBytes}`,
        transferCodec.held,
        { unitBytes: Math.max(unitBytes, 0), units: Buffer.alloc(5) },
      ] as const,
  ),
  ['a bitmap that is too long', transferCodec.held, { units: Buffer.alloc(2) }],
  ['a bitmap that is too short', transferCodec.held, { units: Buffer.alloc(0) }],
  ['a bitmap with bits behind the end', transferCodec.held, { units: Buffer.from([0b0000_0100]) }],
  ['too many units', transferCodec.held, { sizeBytes: 16_385 * 16_384, units: Buffer.alloc(2048) }],
] as [string, Encoding<unknown>, object][]) {
  test(`${what} is refused`, () => {
    const held = encoding === (transferCodec.held as unknown) ? { requestId, sizeBytes: 70_000, unitBytes: 16_384 } : {};
    const bytes = codec.encodeWhole(encoding, { ...held, ...value });
    assert.throws(() => codec.decodeWhole(encoding, bytes), isViolation);
  });
}

const oversized: [string, Encoding<never>, object][] = [
  ['a nickname', codec.hello as Encoding<never>, { ...hello, nickname: 'x'.repeat(129) }],
  ['the proofs', codec.hello as Encoding<never>, { ...hello, proofs: Array.from({ length: 257 }, () => root) }],
  ['the capabilities', codec.hello as Encoding<never>, { ...hello, capabilities: Array.from({ length: 65 }, () => 'x') }],
  ['a path', codec.readRequest as Encoding<never>, { ...readAll, path: 'x'.repeat(4097) }],
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
    const bytes = codec.encodeWhole(codec.head, { requestId, sizeBytes: 1, mtimeMs, root: undefined, version: undefined });
    assert.throws(() => codec.decodeWhole(codec.head, bytes), isViolation);
  }
});

test('a number above 2^53 is refused', () => {
  assert.throws(() => codec.decodeWhole(codec.ping, Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0x20, 0])), isViolation);
});

test('text that is not UTF-8 is refused', () => {
  const bytes = Buffer.from(codec.encodeWhole(codec.readRequest, { ...readAll, path: 'abc' }));
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
