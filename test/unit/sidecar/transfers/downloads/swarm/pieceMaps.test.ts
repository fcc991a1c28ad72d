// Who gave which part: counted by cells, bounded, kept for a while after the file is there.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPeerId, isShareId, type PeerId, type ShareId } from '../../../../../../src/protocol/ids.ts';
import { boardLimits } from '../../../../../../src/sidecar/limits.ts';
import { LeafSet } from '../../../../../../src/sidecar/transfers/disk/leafSet.ts';
import { PieceMaps } from '../../../../../../src/sidecar/transfers/downloads/swarm/pieceMaps.ts';

const leaf = 16 * 1024;
const letters = 'ybndrfg8ejkmcpqxot1uwisza345h769';
const peer = (n: number): PeerId => {
  const id = `${(letters[n % 32] ?? 'y').repeat(51)}y`;
  assert.ok(isPeerId(id));
  return id;
};
const shareId = 'y'.repeat(26) as ShareId;
const entry = (path: string) => ({ peerId: peer(0), shareId, path });
const nameOf = (peerId: PeerId): string => peerId.slice(0, 1);

test('a map tells what is here, who gave it, and who sent what did not verify', () => {
  assert.ok(isShareId(shareId));
  const maps = new PieceMaps();
  const have = new LeafSet(10);
  const record = maps.begin(entry('a/b'), 10 * leaf - 5, have);
  have.add(0, 6);
  record.written(peer(1), { first: 0, goodBytes: 2 * leaf, badBytes: 0 });
  record.written(peer(2), { first: 2, goodBytes: 3 * leaf, badBytes: leaf });
  record.written(peer(3), { first: 9, goodBytes: 0, badBytes: leaf - 5 });
  const [map] = maps.of(entry('a'), nameOf);
  assert.equal(map?.isRunning, true);
  assert.deepEqual(map.done, [100, 100, 100, 100, 100, 100, 0, 0, 0, 0]);
  assert.deepEqual(map.from, [0, 0, 1, 1, 1, -1, -1, -1, -1, -1]);
  assert.deepEqual(map.bad, [
    { cell: 5, source: 1 },
    { cell: 9, source: 2 },
  ]);
  assert.deepEqual(
    map.sources.map(({ goodBytes, badBytes }) => [goodBytes, badBytes]),
    [
      [2 * leaf, 0],
      [3 * leaf, leaf],
      [0, leaf - 5],
    ],
  );
});

test('what ended stays as it was, and a file that goes on keeps who gave what', () => {
  const maps = new PieceMaps();
  const have = new LeafSet(4);
  const record = maps.begin(entry('x'), 4 * leaf, have);
  have.add(0, 2);
  record.written(peer(1), { first: 0, goodBytes: 2 * leaf, badBytes: 0 });
  record.end();
  have.remove(0, 2);
  assert.deepEqual(maps.of(entry('x'), nameOf)[0]?.done, [100, 100, 0, 0]);
  assert.equal(maps.of(entry('x'), nameOf)[0]?.isRunning, false);
  maps.begin(entry('x'), 4 * leaf, have);
  assert.deepEqual(maps.of(entry('x'), nameOf)[0]?.from, [0, 0, -1, -1]);
  maps.begin(entry('x'), 5 * leaf, new LeafSet(5));
  assert.deepEqual(maps.of(entry('x'), nameOf)[0]?.sources, [], 'another content begins anew');
});

test('however large the file and however many the sources, a map has a maximum', () => {
  const maps = new PieceMaps();
  const leaves = 1_000_000;
  const record = maps.begin(entry('big'), leaves * leaf, new LeafSet(leaves));
  for (let n = 0; n < 31; n++) record.written(peer(n), { first: n * 1000, goodBytes: 700 * leaf, badBytes: leaf });
  for (let n = 0; n < 1000; n++) record.written(peer(0), { first: n, goodBytes: 0, badBytes: leaf });
  const [map] = maps.of(entry(''), nameOf);
  assert.ok(map && map.done.length <= boardLimits.cells && map.from.length === map.done.length);
  assert.equal(map.sources.length, boardLimits.pieceSources);
  assert.equal(map.bad.length, boardLimits.badPlaces);
  for (let n = 0; n < 100; n++) maps.begin(entry(`f${n}`), leaf, new LeafSet(1)).end();
  assert.equal(maps.of(entry(''), nameOf).length, boardLimits.shownFiles);
  assert.deepEqual(maps.of(entry('big'), nameOf), [], 'the oldest goes first');
});

test('only the entry and what is below it is told, not what begins alike', () => {
  const maps = new PieceMaps();
  for (const path of ['a', 'a/b', 'ab']) maps.begin(entry(path), leaf, new LeafSet(1)).end();
  assert.deepEqual(
    maps
      .of(entry('a'), nameOf)
      .map((map) => map.entry.path)
      .sort(),
    ['a', 'a/b'],
  );
});
