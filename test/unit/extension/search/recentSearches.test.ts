import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentSearches } from '../../../../src/extension/search/recentSearches.ts';

function begin(kept?: unknown): RecentSearches {
  const values = new Map<string, unknown>([['recentSearches', kept]]);
  return new RecentSearches({
    get: (key) => values.get(key),
    update: async (key, value) => void values.set(key, value),
  });
}

test('the newest search comes first, and none twice', async () => {
  const recent = begin();
  for (const query of ['a', ' b ', 'a', '', '  ']) await recent.add(query);
  assert.deepEqual(recent.list(), ['a', 'b']);
});

test('twenty are kept', async () => {
  const recent = begin();
  for (let n = 0; n < 30; n++) await recent.add(`query ${n}`);
  assert.equal(recent.list().length, 20);
  assert.equal(recent.list()[0], 'query 29');
});

test('one can be forgotten, or all', async () => {
  const recent = begin(['a', 'b', 'c']);
  await recent.remove('b');
  assert.deepEqual(recent.list(), ['a', 'c']);
  await recent.clear();
  assert.deepEqual(recent.list(), []);
});

test('a store that holds something else is no list', () => {
  assert.deepEqual(begin('x').list(), []);
  assert.deepEqual(begin([1, 'a', null]).list(), ['a']);
});
