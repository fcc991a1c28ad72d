import assert from 'node:assert/strict';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import test from 'node:test';
import { ByteReader, ByteWriter } from '../../../../../src/sidecar/catalog/index/bytes.ts';
import { decodeDetails, encodeDetails } from '../../../../../src/sidecar/catalog/details/detailBlock.ts';
import type { DetailRecord } from '../../../../../src/sidecar/catalog/details/detailRecord.ts';
import { comparePaths } from '../../../../../src/sidecar/catalog/index/names.ts';
import { detailLimits, indexLimits } from '../../../../../src/sidecar/limits.ts';

const isRefused = { kind: 'protocol' };

function record(path: string, more: Partial<DetailRecord> = {}): DetailRecord {
  return { path, sizeBytes: 10, mtimeMs: 1_700_000_000_000, contentId: undefined, mime: 'text/plain', fields: {}, ...more };
}

const sample: DetailRecord[] = [
  record('a/b.txt', { fields: { text: 'Grüße\nvom Teich', author: 'Ann' }, contentId: new Uint8Array(32).fill(7) }),
  record('a/c.png', { mime: 'image/png', sizeBytes: Number.MAX_SAFE_INTEGER, mtimeMs: indexLimits.mtimeMinMs }),
  record('b', { mime: undefined, contentId: new Uint8Array(32).fill(9), sizeBytes: 0, mtimeMs: indexLimits.mtimeMs }),
  record('ü/🎵', { mime: 'image/png', fields: { title: '' } }),
];

test('records come back as they were, sorted by path', () => {
  const [only, ...more] = encodeDetails([...sample].reverse());
  assert.deepEqual(more, []);
  assert.equal(only?.recordCount, sample.length);
  assert.deepEqual(decodeDetails(only?.block ?? new Uint8Array()).records, sample);
});

test('random records come back in as many blocks as they need', () => {
  let seed = 20260101;
  const random = (below: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % below;
  };
  const records = new Map<string, DetailRecord>();
  for (let count = 0; count < 10_000; count++) {
    const path = `${'abc'.charAt(random(3))}/${random(50)}/file ${random(1e6)}.txt`;
    const text = 'x'.repeat(random(1900)) + String(random(1e9));
    records.set(path, record(path, { sizeBytes: random(1e9), mtimeMs: random(1e9) - 5e8, fields: random(2) ? { text } : {} }));
  }
  const blocks = encodeDetails([...records.values()]);
  assert.ok(blocks.length > 3, `${blocks.length} blocks; seed 20260101`);
  const found = blocks.flatMap(({ block, recordCount }) => {
    assert.ok(block.length <= indexLimits.blockBytes && recordCount <= detailLimits.blockRecords);
    return decodeDetails(block).records;
  });
  assert.deepEqual(
    found,
    [...records.values()].sort((one, other) => comparePaths(one.path, other.path)),
  );
});

test('every truncation and every flipped byte is refused, or reads as sound records', () => {
  const [{ block } = { block: new Uint8Array() }] = encodeDetails(sample);
  for (let end = 0; end < block.length; end++) assert.throws(() => decodeDetails(block.subarray(0, end)), isRefused);
  for (let at = 0; at < block.length; at++) {
    const wrong = Uint8Array.from(block);
    wrong[at] = (wrong[at] ?? 0) ^ 0x55;
    try {
      decodeDetails(wrong);
    } catch (error) {
      assert.equal((error as { kind?: string }).kind, 'protocol', String(error));
    }
  }
});

test('what no record may be is refused', () => {
  const hostile: [string, Partial<DetailRecord>][] = [
    ['../out', {}],
    ['/root', {}],
    ['a\\b', {}],
    ['C:/x', {}],
    ['a//b', {}],
    ['', {}],
    ['nul', {}],
    ['x'.repeat(300), {}],
    ['deep/'.repeat(64) + 'x', {}],
    ['a', { mime: 'no type' }],
    ['a', { mime: 'TEXT/plain' }],
    ['a', { mime: `text/${'x'.repeat(200)}` }],
    ['a', { mime: 'text/html;charset=x' }],
    ['a', { mtimeMs: indexLimits.mtimeMs + 1 }],
    ['a', { mtimeMs: indexLimits.mtimeMinMs - 1 }],
    ['a', { mime: undefined }],
    ['a', { fields: { text: 'x'.repeat(detailLimits.recordTextBytes + 1) } }],
    ['a', { fields: { text: 'x'.repeat(1500), title: 'x'.repeat(1500) } }],
  ];
  for (const [path, more] of hostile) {
    const [{ block } = { block: new Uint8Array() }] = encodeDetails([record(path, more)]);
    assert.throws(() => decodeDetails(block), isRefused, JSON.stringify([path.slice(0, 40), more]).slice(0, 100));
  }
});

test('a path that comes twice, or out of order, is refused', () => {
  for (const paths of [
    ['a', 'a'],
    ['a', 'a/b', 'a'],
  ]) {
    const [{ block } = { block: new Uint8Array() }] = encodeDetails(paths.map((path) => record(path)));
    assert.throws(() => decodeDetails(block), isRefused);
  }
});

test('a field that is not known is left out, and the rest is read', () => {
  const [{ block } = { block: new Uint8Array() }] = encodeDetails([record('a', { fields: { text: 'one', title: 'two' } })]);
  const unknown = rewritten(block, (raw) => {
    const shape = raw.indexOf(Buffer.from([2, 1, 3, 2, 3]));
    assert.ok(shape >= 0);
    raw[shape + 3] = 200;
  });
  assert.deepEqual(decodeDetails(unknown).records[0]?.fields, { text: 'one' });
});

test('a bomb stops at what the block claims, and a claim at its limit', () => {
  const bomb = (claim: number): Uint8Array => {
    const out = new ByteWriter();
    out.byte(1);
    out.byte(4);
    out.uint(1);
    out.uint(claim);
    out.raw(brotliCompressSync(Buffer.alloc(64 * 1024 * 1024)));
    return Uint8Array.from(out.view());
  };
  assert.throws(() => decodeDetails(bomb(500_000)), isRefused);
  assert.throws(() => decodeDetails(bomb(64 * 1024 * 1024)), isRefused);
  assert.throws(() => decodeDetails(new Uint8Array(indexLimits.blockBytes + 1)), isRefused);
});

function rewritten(block: Uint8Array, change: (raw: Buffer) => void): Uint8Array {
  const reader = new ByteReader(block);
  reader.byte();
  reader.byte();
  const [count, rawLength] = [reader.uint(1e9), reader.uint(1e9)];
  const raw = brotliDecompressSync(reader.rest());
  assert.equal(raw.length, rawLength);
  change(raw);
  const out = new ByteWriter();
  out.byte(1);
  out.byte(4);
  out.uint(count);
  out.uint(rawLength);
  out.raw(brotliCompressSync(raw));
  return Uint8Array.from(out.view());
}
