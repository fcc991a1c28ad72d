import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Buckets, Places, Remembered } from '../../../../src/sidecar/network/places.ts';

test('places are taken up to the maximum, in all and of one name, and given back once', () => {
  const places = new Places({ total: 3, each: 2 });
  const first = places.take('a');
  assert(first && places.take('a'));
  assert.equal(places.take('a'), undefined, 'a third one of the same name');
  assert(places.take(undefined));
  assert.equal(places.take('b'), undefined, 'a fourth one');
  first();
  first();
  assert.equal(places.count, 2);
  assert(places.take('b'));
  assert.equal(places.take(undefined), undefined);
});

test('a bucket empties, fills with time up to its burst, and is each name’s own', () => {
  let now = 0;
  const buckets = new Buckets({ burst: 2, perSecond: 0.5 }, { most: 10, now: () => now });
  assert.deepEqual([buckets.take('a'), buckets.take('a'), buckets.take('a'), buckets.take('b')], [true, true, false, true]);
  now = 1999;
  assert.equal(buckets.take('a'), false);
  now = 2001;
  assert.equal(buckets.take('a'), true);
  now = 1_000_000;
  assert.deepEqual([buckets.take('a'), buckets.take('a'), buckets.take('a')], [true, true, false]);
});

test('of too many names the one that was used longest ago is forgotten', () => {
  const buckets = new Buckets({ burst: 1, perSecond: 0 }, { most: 2, now: () => 0 });
  buckets.take('a');
  buckets.take('b');
  buckets.take('a');
  buckets.take('c');
  assert.equal(buckets.take('a'), false, 'remembered');
  assert.equal(buckets.take('b'), true, 'forgotten');
  const remembered = new Remembered(2);
  for (const name of ['a', 'b', 'a', 'c']) remembered.add(name);
  assert.deepEqual(
    ['a', 'b', 'c'].map((name) => remembered.has(name)),
    [true, false, true],
  );
});
