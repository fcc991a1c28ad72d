import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { AppError } from '../../../../../src/protocol/errors.ts';
import type { Entry } from '../../../../../src/protocol/model.ts';
import { ByteReader, ByteWriter } from '../../../../../src/sidecar/catalog/index/bytes.ts';
import { blockKind, decodeDelta, encodeDelta } from '../../../../../src/sidecar/catalog/index/delta.ts';
import type { Delta, FolderChange } from '../../../../../src/sidecar/catalog/index/rows.ts';
import { indexLimits } from '../../../../../src/sidecar/limits.ts';
import { randomChange } from './randomDelta.ts';
import { randomTree, seededRandom } from './randomTree.ts';

const isRefused = (error: unknown): boolean => error instanceof AppError && error.kind === 'protocol';

const file = (name: string, fields: Partial<Entry> = {}): Entry => ({ name, kind: 'file', sizeBytes: 1, mtimeMs: 1, ...fields });
const change = (path: string, fields: Partial<FolderChange> = {}): FolderChange => ({
  ...{ path, mtimeMs: path === '' ? 0 : 1, removed: [], set: [] },
  ...fields,
});
const delta = (...folders: FolderChange[]): Delta => ({
  updatedAtMs: 1_700_000_000_000,
  counts: { folderCount: 3, fileCount: 5, totalBytes: 2 ** 50 },
  folders,
});

const roundTrip = (step: Delta): Delta => decodeDelta(encodeDelta(step, 4), 5).delta;

function randomDelta(seed: number): Delta {
  const random = seededRandom(seed);
  for (let model = randomTree(random); ;) {
    const step = randomChange(model, random);
    if (step.delta !== undefined) return step.delta;
    model = step.model;
  }
}

test('random deltas come back as they were', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const step = randomDelta(seed);
    // The order of paths is the format's own.
    const sorted = roundTrip(step);
    assert.deepEqual(
      new Map(sorted.folders.map((found) => [found.path, found])),
      new Map(step.folders.map((found) => [found.path, found])),
    );
    assert.deepEqual({ ...sorted, folders: [] }, { ...step, folders: [] });
    assert.deepEqual(roundTrip(sorted), sorted, `seed ${seed}`);
  }
});

test('a delta says on which head it builds', () => {
  const block = encodeDelta(delta(change('a')), 4);
  assert.equal(decodeDelta(block, 9).headBlock, 4);
  assert.equal(blockKind(block), 'delta');
  assert.throws(() => decodeDelta(block, 4), isRefused, 'it builds on itself');
  assert.throws(() => decodeDelta(block, 3), isRefused, 'it builds on what comes after it');
  assert.throws(() => decodeDelta(block, 5 + indexLimits.deltaBlocks), isRefused, 'its head is too far away');
});

test('every truncation, and every byte too many, is refused', () => {
  const block = encodeDelta(randomDelta(3), 4);
  for (let length = 0; length < block.length; length++)
    assert.throws(() => decodeDelta(block.subarray(0, length), 5), isRefused, `cut at ${length}`);
  const { raw, rawLength } = open(block);
  for (let length = 0; length < rawLength; length++)
    assert.throws(() => decodeDelta(close(raw.subarray(0, length)), 5), isRefused, `raw bytes cut at ${length}`);
  assert.throws(() => decodeDelta(close(Uint8Array.from([...raw, 0])), 5), isRefused);
});

test('5,000 mutated blocks never throw anything but a refusal', () => {
  const random = seededRandom(42);
  for (let round = 0; round < 5_000; round++) {
    const { raw } = open(encodeDelta(randomDelta(1 + (round % 20)), 4));
    const changed = Uint8Array.from(raw);
    for (let count = 1 + Math.floor(random() * 3); count > 0; count--)
      changed[Math.floor(random() * raw.length)] = Math.floor(random() * 256);
    try {
      decodeDelta(close(changed), 5);
    } catch (error) {
      assert.ok(isRefused(error), String(error));
    }
  }
});

test('bombs stop at what they claim, and claims stop at the limit', () => {
  const zeros = brotliCompressSync(Buffer.alloc(64 * 1024 * 1024));
  for (const claim of [1, indexLimits.deltaRawBytes, indexLimits.deltaRawBytes + 1]) {
    const out = new ByteWriter();
    for (const byte of [1, 3, 4]) out.byte(byte);
    out.uint(claim);
    out.raw(zeros);
    assert.throws(() => decodeDelta(Uint8Array.from(out.view()), 5), isRefused);
  }
});

const deep = Array.from({ length: indexLimits.depth }, () => 'd').join('/');
const longPath = Array.from({ length: 16 }, () => 'p'.repeat(255)).join('/');
const hostile: [string, Delta][] = [
  ...['../x', '..', '.', '', 'a/b', 'C:x', 'a\\b', 'nul', 'COM1', 'x'.repeat(256), 'é'.repeat(128)].flatMap(
    (name): [string, Delta][] => [
      [`the name ${name.slice(0, 9)} set`, delta(change('', { set: [file(name)] }))],
      [`the name ${name.slice(0, 9)} removed`, delta(change('', { removed: [name] }))],
    ],
  ),
  ...['..', '../a', '/a', 'a/', 'a//b', 'a/../b', 'nul/a', 'x'.repeat(256)].map((path): [string, Delta] => [
    `the path ${path.slice(0, 9)}`,
    delta(change(path, { set: [file('a')] })),
  ]),
  ['names out of order', delta(change('', { set: [file('b'), file('a')] }))],
  ['a name twice', delta(change('', { set: [file('a'), file('a')] }))],
  ['removed names out of order', delta(change('', { removed: ['b', 'a'] }))],
  ['a path twice', delta(change('a'), change('a'))],
  ['a size beyond 2^53', delta(change('', { set: [file('a', { sizeBytes: 2 ** 54 })] }))],
  ['a time in the year 292277026596', delta(change('', { set: [file('a', { mtimeMs: 8.64e15 + 1 })] }))],
  ['a time before the year 1', delta(change('', { set: [file('a', { mtimeMs: -62_135_596_800_001 })] }))],
  ["a folder's time out of range", delta(change('a', { mtimeMs: 8.64e15 + 1 }))],
  ['more entries than may be', { ...delta(), counts: { folderCount: 1, fileCount: indexLimits.entries, totalBytes: 0 } }],
  ['more bytes than may be', { ...delta(), counts: { folderCount: 1, fileCount: 1, totalBytes: 2 ** 54 } }],
  ['a time of its own out of range', { ...delta(), updatedAtMs: 8.64e15 + 2 }],
  ['an entry that is too deep', delta(change(deep, { set: [file('a')] }))],
  ['a path that is too long', delta(change(longPath, { set: [file('a')] }))],
];

for (const [what, step] of hostile) test(`refused: ${what}`, () => assert.throws(() => roundTrip(step), isRefused));

test('what is too large for a block is not encoded', () => {
  const many = Array.from({ length: indexLimits.deltaEntries }, (_, index) => file(String(index).padStart(7, '0')));
  assert.throws(() => encodeDelta(delta(change('', { set: many })), 4), RangeError);
  const long = Array.from({ length: 5000 }, (_, index) => file(`${String(index).padStart(7, '0')}${'é'.repeat(120)}`));
  assert.throws(() => encodeDelta(delta(change('', { set: long })), 4), RangeError);
});

test('a block of another kind or version is no delta', () => {
  const block = encodeDelta(delta(change('a')), 4);
  assert.throws(() => decodeDelta(Uint8Array.from([2, ...block.subarray(1)]), 5), isRefused);
  assert.throws(() => decodeDelta(Uint8Array.from([1, 2, ...block.subarray(2)]), 5), isRefused);
  assert.throws(() => decodeDelta(new Uint8Array(indexLimits.blockBytes + 1), 5), isRefused);
  for (const bytes of [[], [1], [1, 9], [2, 3]]) assert.throws(() => blockKind(Uint8Array.from(bytes)), isRefused);
  assert.equal(blockKind(Uint8Array.from([1, 1])), 'head');
  assert.equal(blockKind(Uint8Array.from([1, 2])), 'chunk');
});

function open(block: Uint8Array): { raw: Uint8Array; rawLength: number } {
  const reader = new ByteReader(block.subarray(2));
  reader.uint(99);
  const rawLength = reader.uint(2 ** 40);
  return { raw: brotliDecompressSync(reader.rest()), rawLength };
}

function close(raw: Uint8Array): Uint8Array {
  const out = new ByteWriter();
  for (const byte of [1, 3, 4]) out.byte(byte);
  out.uint(raw.length);
  out.raw(brotliCompressSync(raw, { params: { 1: 1 } }));
  return Uint8Array.from(out.view());
}
