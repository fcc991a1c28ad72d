// Which leaves are there: the same answers as a plain array of booleans gives.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LeafSet } from '../../../../../src/sidecar/transfers/disk/leafSet.ts';
import { random } from '../world.ts';

test('a leaf set answers as an array would, whatever was added and removed', () => {
  const seed = 7;
  const { below } = random(seed);
  for (const size of [0, 1, 7, 8, 9, 64, 301]) {
    const set = new LeafSet(size);
    const plain = new Array<boolean>(size).fill(false);
    for (let round = 0; round < 60; round++) {
      const first = below(size + 1);
      const count = below(size - first + 1);
      const isAdded = below(2) === 0;
      if (isAdded) set.add(first, count);
      else set.remove(first, count);
      plain.fill(isAdded, first, first + count);
      assert.equal(set.count, plain.filter(Boolean).length, `seed ${seed}`);
      const from = below(size + 1);
      const next = (wanted: boolean) => {
        const at = plain.indexOf(wanted, from);
        return at < 0 ? size : at;
      };
      assert.equal(set.nextMissing(from), next(false));
      assert.equal(set.nextPresent(from), next(true));
      assert.equal(set.hasAll(first, count), plain.slice(first, first + count).every(Boolean));
    }
    assert.equal(set.isFull, plain.every(Boolean));
  }
});

test('units are held when all of their leaves are, the last one may be short', () => {
  const set = new LeafSet(10);
  set.add(0, 4);
  set.add(5, 3);
  set.add(8, 2);
  assert.deepEqual([...set.units(4)], [0b10100000]);
  assert.deepEqual([...set.units(1)], [0b11110111, 0b11000000]);
});
