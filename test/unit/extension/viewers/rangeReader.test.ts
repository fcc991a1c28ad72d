import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limits } from '../../../../src/extension/limits.ts';
import { RangeReader } from '../../../../src/extension/viewers/rangeReader.ts';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { ContentId } from '../../../../src/protocol/ids.ts';

const block = limits.viewerBlockBytes;
const content = Buffer.from(Array.from({ length: block / 2 }, (_, at) => at % 251))
  .toString('latin1')
  .repeat(9);
const bytes = Buffer.from(content, 'latin1').subarray(0, block * 4 + 100);
const contentId = 'a'.repeat(64) as ContentId;

function world(change: { sizeBytes?: number; contentId?: () => ContentId } = {}) {
  const asked: [number, number][] = [];
  let missing = 0;
  const files = new Map<string, Uint8Array>();
  const reader = new RangeReader(bytes.length, {
    fetchRange(offset, length, signal) {
      asked.push([offset, length]);
      signal.throwIfAborted();
      const localPath = `${asked.length}`;
      files.set(localPath, bytes.subarray(offset, offset + length));
      return Promise.resolve({
        localPath,
        sizeBytes: change.sizeBytes ?? bytes.length,
        mtimeMs: 0,
        contentId: change.contentId?.() ?? contentId,
      });
    },
    readFile(localPath) {
      if (missing-- > 0) return Promise.reject(Object.assign(new Error('gone'), { code: 'ENOENT' }));
      return Promise.resolve(files.get(localPath) ?? new Uint8Array(0));
    },
  });
  return { reader, asked, evict: () => (missing = 1) };
}

test('ranges are the bytes of the file, fewer past the end', async () => {
  const { reader } = world();
  for (const [offset, length] of [
    [0, 10],
    [block - 1, 2],
    [10, block * 3],
    [bytes.length - 5, 100],
    [bytes.length, 5],
  ] as const)
    assert.deepEqual(Buffer.from(await reader.read(offset, length)), bytes.subarray(offset, offset + length));
});

test('neighbouring blocks come in one range, and each once', async () => {
  const { reader, asked } = world();
  await Promise.all([reader.read(0, 3 * block), reader.read(block, block), reader.read(0, 4 * block)]);
  assert.deepEqual(asked, [
    [0, 3 * block],
    [3 * block, block],
  ]);
  await reader.read(5, 100);
  assert.equal(asked.length, 2);
  assert.equal(reader.fetchedBytes, 4 * block);
});

test('a file that changed while it is looked at fails instead of mixing two contents', async () => {
  await assert.rejects(world({ sizeBytes: 5 }).reader.read(0, 1), { kind: 'changed' });
  const ids = ['a'.repeat(64), 'b'.repeat(64)] as ContentId[];
  const { reader } = world({ contentId: () => ids.shift() ?? contentId });
  await reader.read(0, 1);
  await assert.rejects(reader.read(2 * block, 1), { kind: 'changed' });
});

test('a range that the cache let go of is fetched again', async () => {
  const { reader, asked, evict } = world();
  evict();
  assert.equal((await reader.read(0, 4)).length, 4);
  assert.equal(asked.length, 2);
});

test('after a page is closed nothing more is fetched', async () => {
  const { reader } = world();
  reader.dispose();
  await assert.rejects(reader.read(0, 1));
});

test('a transfer ends when the last one that waits for it gives up, and begins anew for the next', async () => {
  const signals: AbortSignal[] = [];
  const begun: (() => void)[] = [];
  const reader = new RangeReader(bytes.length, {
    fetchRange: (offset, length, signal) => {
      signals.push(signal);
      const file = { localPath: `${offset} ${length}`, sizeBytes: bytes.length, mtimeMs: 0, contentId };
      return new Promise((resolve, reject) => {
        begun.push(() => resolve(file));
        signal.addEventListener('abort', () => reject(new AppError('cancelled', '')));
      });
    },
    readFile: (localPath) => {
      const [offset = 0, length = 0] = localPath.split(' ').map(Number);
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
  });
  const ended = (): boolean[] => signals.map(({ aborted }) => aborted);
  const [one, other] = [new AbortController(), new AbortController()];
  const reads = [reader.read(0, block, one.signal), reader.read(10, 2 * block, other.signal)] as const;
  one.abort();
  await assert.rejects(reads[0], { kind: 'cancelled' });
  assert.deepEqual(ended(), [false, false]);
  other.abort();
  await assert.rejects(reads[1], { kind: 'cancelled' });
  assert.deepEqual(ended(), [true, true]);
  const again = reader.read(5, 20);
  begun.at(-1)?.();
  assert.deepEqual(Buffer.from(await again), bytes.subarray(5, 25));
  assert.equal(signals.length, 3);
});
