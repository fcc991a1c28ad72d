import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRange } from '../../../../src/cli/commands/cat.ts';

test('ranges are those of HTTP', () => {
  assert.deepEqual(parseRange('0-0'), { start: 0, end: 1 });
  assert.deepEqual(parseRange('5-9'), { start: 5, end: 10 });
  assert.deepEqual(parseRange('7-'), { start: 7, end: Infinity });
  assert.deepEqual(parseRange('-100'), { start: -100, end: Infinity });
  for (const wrong of ['', '-', '5', 'a-b', '9-5', '1-2-3', '-1-2', '1.5-2', '9007199254740991-', ' 1-2'])
    assert.throws(() => parseRange(wrong), { kind: 'invalid-argument' }, wrong);
});
