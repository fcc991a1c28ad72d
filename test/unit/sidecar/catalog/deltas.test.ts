// Following a share step by step: deltas over a snapshot, packed when they are many; and what hostile ones can do: nothing.

import assert from 'node:assert/strict';
import { statSync, truncateSync } from 'node:fs';
import { test } from 'node:test';
import { encodeDelta } from '../../../../src/sidecar/catalog/index/delta.ts';
import type { Delta } from '../../../../src/sidecar/catalog/index/rows.ts';
import { indexLimits } from '../../../../src/sidecar/limits.ts';
import { file } from './hostileFeed.ts';
import { add, announce, at, counts, feed, has, isRefused, join, names, owner, reader, segmentFiles } from './threeSides.ts';
import { until } from './twoPeers.ts';

test('deltas are applied one by one, stand after a restart, and a new snapshot replaces them', async () => {
  await feed.snapshot([file('a'), file('b')]);
  const link = await join(owner, reader);
  announce(link);
  await has(reader, ['a', 'b']);
  await add('c', 3);
  announce(link);
  await has(reader, ['a', 'b', 'c']);
  await add('d', 4);
  await feed.delta([{ path: '', mtimeMs: 0, removed: ['a'], set: [] }], counts(3), { headBlock: 1 });
  announce(link);
  await has(reader, ['b', 'c', 'd']);
  assert.deepEqual(reader.told, ['indexed', 'changed', 'changed', 'changed']);
  assert.equal(at(reader)?.fileCount, 3);

  await link.end();
  await reader.reopen();
  assert.deepEqual(names(reader), ['b', 'c', 'd']);

  const again = await join(owner, reader);
  await feed.snapshot([file('x')]);
  await add('y', 2, feed.core.length - 1);
  announce(again);
  await has(reader, ['x', 'y']);
  assert.equal(segmentFiles(reader).length, 1);
});

test('a reader that was away over a snapshot and deltas catches up', async () => {
  await feed.snapshot([file('a')]);
  let link = await join(owner, reader);
  announce(link);
  await has(reader, ['a']);
  await link.end();
  await add('b', 2);
  await feed.snapshot([file('c')]);
  await add('d', 2, 4);
  await add('e', 3, 4);
  link = await join(owner, reader);
  announce(link);
  await has(reader, ['c', 'd', 'e']);
});

test('a damaged segment is made again from snapshot and deltas on this disk', async () => {
  await feed.snapshot([file('a')]);
  await add('b', 2);
  const link = await join(owner, reader);
  announce(link);
  await has(reader, ['a', 'b']);
  await link.end();
  await reader.reopen(() => {
    for (const segment of segmentFiles(reader)) truncateSync(segment, statSync(segment).size - 10);
  });
  await has(reader, ['a', 'b']);
});

const wrongDeltas: [string, () => Promise<void>, RegExp][] = [
  ['names another head', () => add('b', 2, 0), /./],
  [
    'removes what is not there',
    () => feed.delta([{ path: '', mtimeMs: 0, removed: ['x'], set: [] }], counts(1), { headBlock: 1 }),
    /./,
  ],
  [
    'is in a folder that is not there',
    () => feed.delta([{ path: 'x', mtimeMs: 0, removed: [], set: [file('b')] }], counts(2), { headBlock: 1 }),
    /./,
  ],
  ['is garbage', () => feed.append([Buffer.from([1, 3, 1, 2, 3, 4])]), /./],
  ['is cut off', () => feed.append([Buffer.from([1, 3])]), /./],
  ['is of no known kind', () => feed.append([Buffer.from([1, 9])]), /./],
  [
    'claims other numbers than announced',
    () => feed.delta([{ path: '', mtimeMs: 0, removed: [], set: [file('b')] }], counts(2), { headBlock: 1, fileCount: 7 }),
    /other numbers/,
  ],
  [
    'shortens the feed',
    async () => void (feed.announcement = { ...feed.announcement, feedLength: 1, revision: 9 }),
    /shorter feed/,
  ],
];

for (const [what, change, reason] of wrongDeltas) {
  test(`a delta that ${what} refuses the share and ends the session`, async () => {
    await feed.snapshot([file('a')]);
    const link = await join(owner, reader);
    announce(link);
    await has(reader, ['a']);
    await change();
    announce(link);
    await isRefused(reader, reason);
    assert.equal(reader.hostile.length, 1);
    assert.equal(reader.told.at(-1), 'gone');
    assert.deepEqual(reader.catalog.holdings(), []);
  });
}

test('a run of deltas without end is refused before they are fetched', async () => {
  await feed.snapshot([file('a')]);
  const link = await join(owner, reader);
  announce(link);
  await has(reader, ['a']);
  const block = encodeDelta({ updatedAtMs: 2, counts: counts(1), folders: [] }, 1);
  await feed.append(Array.from({ length: 2 * indexLimits.deltaBlocks + 1 }, () => block));
  announce(link);
  await isRefused(reader, /head that is not its own|too many deltas/);
});

/** Names that sort as they are counted. */
function many(from: number, count: number): Delta['folders'] {
  const set = Array.from({ length: count }, (_, index) => file(`n${String(from + index).padStart(6, '0')}`));
  return [{ path: '', mtimeMs: 0, removed: [], set }];
}

test('many deltas become a segment of their own', async () => {
  await feed.snapshot([file('a')]);
  const link = await join(owner, reader);
  announce(link);
  await has(reader, ['a']);
  for (let step = 1; step <= 9; step++) await feed.delta(many(step * 4_000, 4_000), counts(1 + step * 4_000), { headBlock: 1 });
  announce(link);
  const isPacked = (): boolean => segmentFiles(reader).some((name) => name.endsWith('-11.segment'));
  await until(reader.changes, () => at(reader)?.fileCount === 36_001, 'all are here');
  await until(reader.changes, isPacked, 'they are packed');
  await add('z', 36_002);
  announce(link);
  await until(reader.changes, () => at(reader)?.fileCount === 36_002, 'the next one follows');
  await link.end();
  await reader.reopen();
  assert.equal(names(reader)[0], 'a');
  assert.equal(at(reader)?.fileCount, 36_002);
  assert.equal(segmentFiles(reader).length, 1);
});

test('more changes over a snapshot than memory should hold are refused', async () => {
  await feed.snapshot([file('a')]);
  const steps = 80;
  for (let step = 1; step <= steps; step++)
    await feed.delta(many(step * 4_000, 4_000), counts(1 + step * 4_000), { headBlock: 1 });
  const link = await join(owner, reader);
  announce(link);
  await isRefused(reader, /too many changes/);
});

test('deltas that claim other numbers than they have are found out when they are packed', async () => {
  await feed.snapshot([file('a')]);
  const link = await join(owner, reader);
  announce(link);
  await has(reader, ['a']);
  for (let step = 1; step <= 9; step++) await feed.delta(many(step * 4_000, 4_000), counts(7), { headBlock: 1 });
  announce(link);
  await isRefused(reader, /other numbers/);
});
