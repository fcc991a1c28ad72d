import assert from 'node:assert/strict';
import test from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import type { Encoding } from 'protomux';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { PartyId, PeerId } from '../../../../src/protocol/ids.ts';
import { indexLimits, wireLimits } from '../../../../src/sidecar/limits.ts';
import { signAnnouncement, signRemoval } from '../../../../src/sidecar/wire/announcement.ts';
import * as codec from '../../../../src/sidecar/wire/catalogCodec.ts';
import { decodeWhole, encodeWhole } from '../../../../src/sidecar/wire/codec.ts';
import { announcement, seeded, shareId } from './worlds.ts';

const keys = NoiseSecretStream.keyPair(Buffer.alloc(32, 7));
const signed = signAnnouncement(announcement, keys);
const removal = signRemoval({ shareId, revision: 9 }, keys);
const owner = 'y'.repeat(51).concat('o') as PeerId;
const partyId = 'b'.repeat(51).concat('y') as PartyId;
const requestId = 70_000;
const hit = { shareId, path: 'a/b', kind: 'folder' as const, sizeBytes: 2 ** 52, mtimeMs: -1.5 };

interface Sample {
  name: string;
  encoding: Encoding<unknown>;
  value: unknown;
}

/** Hides the type of a value from the list: each is only ever used with its own encoding. */
function sample<T>(name: string, encoding: Encoding<T>, value: T): Sample {
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

const passOn: codec.PassOnMessage = {
  ...{ owner, nickname: 'Zoë', lastSeenMs: 1_700_000_000_000, partyIds: [partyId] },
  ...{ changed: [signed], gone: [shareId], removals: [removal] },
};

const samples = [
  sample('update', codec.update, { changed: [signed, signed], gone: [shareId] }),
  sample('removals', codec.removals, [removal]),
  sample('pass on', codec.passOn, passOn),
  sample('pass on nothing', codec.passOn, { ...passOn, nickname: '', lastSeenMs: 0, changed: [], gone: [], removals: [] }),
  sample('search', codec.search, { requestId, query: 'naïve -"a b"', shareIds: [shareId], limit: 200 }),
  sample('found', codec.found, { requestId, hits: [hit, { ...hit, kind: 'file' as const }] }),
];

const isViolation = (error: unknown) => error instanceof AppError && error.kind === 'protocol';

for (const { name, encoding, value } of samples) {
  test(`${name}: comes back as it was sent; no truncation passes, nor anything after it`, () => {
    const bytes = encodeWhole(encoding, value);
    assert.deepEqual(decodeWhole(encoding, bytes), value);
    for (let end = 0; end < bytes.byteLength; end++) {
      assert.throws(() => decodeWhole(encoding, bytes.subarray(0, end)), isViolation, `${end} bytes`);
    }
    assert.throws(() => decodeWhole(encoding, Buffer.concat([bytes, Buffer.alloc(1)])), isViolation);
  });
}

test('a change of one share of a thousand costs less than 500 bytes', () => {
  assert(encodeWhole(codec.update, { changed: [signed], gone: [] }).byteLength < 300);
  assert(encodeWhole(codec.passOn, { ...passOn, gone: [], removals: [] }).byteLength < 500);
});

const many = <T>(count: number, value: T): T[] => Array.from({ length: count }, () => value);
const oversized: [string, Encoding<never>, object][] = [
  ['changed shares', codec.update as Encoding<never>, { changed: many(wireLimits.sharesPerPeer + 1, signed), gone: [] }],
  ['gone shares', codec.update as Encoding<never>, { changed: [], gone: many(wireLimits.sharesPerPeer + 1, shareId) }],
  ['an announcement', codec.update as Encoding<never>, { changed: [{ ...signed, body: Buffer.alloc(1025) }], gone: [] }],
  ['removals', codec.removals as Encoding<never>, many(wireLimits.removals + 1, removal)],
  ['a removal', codec.removals as Encoding<never>, [{ ...removal, body: Buffer.alloc(257) }]],
  ['a nickname', codec.passOn as Encoding<never>, { ...passOn, nickname: 'x'.repeat(129) }],
  ['parties', codec.passOn as Encoding<never>, { ...passOn, partyIds: many(wireLimits.partiesInHello + 1, partyId) }],
  ['a query', codec.search as Encoding<never>, { requestId, query: 'x'.repeat(257), shareIds: [], limit: 1 }],
  ['hits', codec.found as Encoding<never>, { requestId, hits: many(wireLimits.searchHits + 1, hit) }],
];

for (const [what, encoding, value] of oversized) {
  test(`${what} over the limit: refused`, () => {
    assert.throws(() => decodeWhole(encoding, encodeWhole(encoding, value as never)), isViolation);
  });
}

test('hits that no index could hold are refused', () => {
  const wrong: Partial<typeof hit>[] = [
    ...['', '..', '../x', '/x', 'a//b', 'a\\b', 'a\0b', 'C:x', 'con', 'a/'].map((path) => ({ path })),
    ...['x/'.repeat(indexLimits.depth) + 'x', 'x'.repeat(256), 'x'.repeat(4097)].map((path) => ({ path })),
    ...[NaN, Infinity, 9e15, indexLimits.mtimeMinMs - 1].map((mtimeMs) => ({ mtimeMs })),
  ];
  for (const change of wrong) {
    const bytes = encodeWhole(codec.found, { requestId, hits: [{ ...hit, ...change }] });
    assert.throws(() => decodeWhole(codec.found, bytes), isViolation, JSON.stringify(change).slice(0, 100));
  }
});

test('the largest honest messages fit the limit of a control message', () => {
  const large = signAnnouncement({ ...announcement, title: '🎵'.repeat(128) }, keys);
  const all = { changed: many(wireLimits.sharesPerPeer, large), gone: many(wireLimits.sharesPerPeer, shareId) };
  assert(encodeWhole(codec.update, all).byteLength < wireLimits.controlMessageBytes);
  const parties = many(wireLimits.partiesInHello, partyId);
  const half = { changed: many(500, { ...large, body: Buffer.alloc(1024) }), gone: [], partyIds: parties };
  const removals = many(wireLimits.removals, removal);
  assert(encodeWhole(codec.passOn, { ...passOn, ...half, removals }).byteLength < wireLimits.controlMessageBytes);
  const path = Array.from({ length: 16 }, () => 'x'.repeat(255)).join('/');
  const hits = many(wireLimits.searchHits, { ...hit, path });
  assert(encodeWhole(codec.found, { requestId, hits }).byteLength < wireLimits.controlMessageBytes);
});

test('50,000 mutated messages are decoded or refused, and nothing else', () => {
  const seed = Number(process.env['POTLUCK_SEED'] ?? 20_260_301);
  const random = seeded(seed);
  const below = (n: number) => Math.floor(random() * n);
  let accepted = 0;
  for (let i = 0; i < 50_000; i++) {
    const { encoding, value, name } = samples[below(samples.length)] ?? assert.fail();
    let bytes = Buffer.from(encodeWhole(encoding, value));
    for (let edits = below(4); edits >= 0; edits--) {
      const at = below(bytes.byteLength + 1);
      const edit = below(4);
      if (edit === 0) bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from([below(256)]), bytes.subarray(at)]);
      else if (edit === 1) bytes = bytes.subarray(0, at);
      else if (at < bytes.byteLength) bytes[at] = edit === 2 ? below(256) : 0xff;
    }
    try {
      decodeWhole(encoding, bytes);
      accepted++;
    } catch (error) {
      assert(isViolation(error), `seed ${seed}, message ${i} (${name}): ${String(error)}`);
    }
  }
  assert(accepted > 0 && accepted < 50_000);
});
