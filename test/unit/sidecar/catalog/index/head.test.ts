import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../../src/protocol/errors.ts';
import { decodeHead, encodeHead, type SnapshotHead } from '../../../../../src/sidecar/catalog/index/head.ts';

const head: SnapshotHead = {
  ...{ updatedAtMs: 1_700_000_000_000, firstBlock: 3, folderCount: 2, fileCount: 70_000, totalBytes: 2 ** 50 },
  chunks: [
    { entryCount: 65_536, sizeBytes: 300_000, firstFolder: '' },
    { entryCount: 4466, sizeBytes: 20_000, firstFolder: 'ü/日本' },
  ],
};

const isRefused = (error: unknown): boolean => error instanceof AppError && error.kind === 'protocol';

test('a head comes back as it was', () => {
  assert.deepEqual(decodeHead(encodeHead(head), 5), head);
});

test('every truncation, and every byte too many, is refused', () => {
  const block = encodeHead(head);
  for (let length = 0; length < block.length; length++) assert.throws(() => decodeHead(block.subarray(0, length), 5), isRefused);
  assert.throws(() => decodeHead(Uint8Array.from([...block, 0]), 5), isRefused);
});

test('a head that lies is refused', () => {
  const lies: [string, Partial<SnapshotHead>, number][] = [
    ['it lies elsewhere', {}, 6],
    ['its chunks come after it', { firstBlock: 9 }, 5],
    ['it has no chunk', { firstBlock: 5, chunks: [] }, 5],
    ['it holds fewer than its chunks', { fileCount: 1 }, 5],
    ['it holds more than its chunks', { folderCount: 3 }, 5],
    ['it holds more than may be', { fileCount: 9_000_000 }, 5],
    [
      'a chunk is larger than a block',
      { chunks: [{ entryCount: 70_002, sizeBytes: 2_000_000, firstFolder: '' }], firstBlock: 4 },
      5,
    ],
    ['a folder leads outside', { chunks: [{ entryCount: 70_002, sizeBytes: 1, firstFolder: '../x' }], firstBlock: 4 }, 5],
  ];
  for (const [what, change, index] of lies)
    assert.throws(() => decodeHead(encodeHead({ ...head, ...change }), index), isRefused, what);
});
