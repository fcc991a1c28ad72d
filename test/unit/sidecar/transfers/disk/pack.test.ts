// The format of packs: round trip, every truncation, what a hostile peer may make of them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { transferLimits } from '../../../../../src/sidecar/limits.ts';
import { packHeaderBytes, readPackItems, statusOf, writeHeader } from '../../../../../src/sidecar/transfers/disk/pack.ts';

function made(): Buffer {
  const pack = Buffer.alloc(2 * packHeaderBytes + 1 + 5);
  const at = writeHeader(pack, 0, { sizeBytes: 5, mtimeMs: 12.5, root: Buffer.alloc(32, 1) });
  pack.write('hello', at);
  pack[at + 5] = statusOf('not-found');
  writeHeader(pack, at + 6, { sizeBytes: 0, mtimeMs: -1, root: Buffer.alloc(32) });
  return pack;
}

function read(pack: Buffer, count: number): string[] {
  const told: string[] = [];
  readPackItems(pack, count, {
    given: (index, item) =>
      told.push(`${index} ${item.mtimeMs} ${item.root[0]} ${pack.toString('utf8', item.at, item.at + item.sizeBytes)}`),
    refused: (index, kind) => told.push(`${index} ${kind}`),
  });
  return told;
}

test('a pack is read as it was written', () => {
  assert.deepEqual(read(made(), 3), ['0 12.5 1 hello', '1 not-found', '2 -1 0 ']);
  assert.deepEqual(read(Buffer.alloc(0), 0), []);
});

test('every truncation of a pack, and every longer one, breaks the protocol', () => {
  const pack = made();
  for (let length = 0; length < pack.length; length++) {
    assert.throws(() => read(pack.subarray(0, length), 3), { kind: 'protocol' }, `cut at ${length}`);
  }
  assert.throws(() => read(Buffer.concat([pack, Buffer.from([0])]), 3), { kind: 'protocol' });
  assert.throws(() => read(pack, 2), { kind: 'protocol' });
  assert.throws(() => read(pack, 4), { kind: 'protocol' });
});

test('a file in a pack is never larger than packs carry, and codes of newer peers are refusals', () => {
  const pack = Buffer.alloc(packHeaderBytes + transferLimits.packedFileBytes + 1);
  writeHeader(pack, 0, { sizeBytes: transferLimits.packedFileBytes + 1, mtimeMs: 0, root: Buffer.alloc(32) });
  assert.throws(() => read(pack, 1), { kind: 'protocol' });
  pack.writeUInt32LE(0xffffffff, 1);
  assert.throws(() => read(pack, 1), { kind: 'protocol' });
  assert.deepEqual(read(Buffer.from([255]), 1), ['0 io']);
});
