import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinedNumbers } from '../../../../../src/sidecar/catalog/details/joinedNumbers.ts';

test('numbers come out as they were joined', () => {
  const lists = [[], [0], [-1, 0, 1], [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1_400_000_000_000], [1, 2.5, -1e21]];
  for (const list of lists) assert.deepEqual([...joinedNumbers(Buffer.from(list.join(',')))], list);
});
