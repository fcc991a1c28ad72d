import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Announcing } from '../../../../webview/board/announcing.ts';

test('ten thousand that end one by one are told once a minute, and when all are over', () => {
  const announcing = new Announcing();
  const said: number[] = [];
  for (let seconds = 0, queued = 720; queued >= 0; seconds += 5, queued--)
    if (announcing.isWorthSaying({ queued, done: 720 - queued }, seconds * 1000)) said.push(seconds);
  assert.deepEqual(said, [...Array.from({ length: 60 }, (_, minute) => (minute + 1) * 60)]);
  assert.equal(announcing.isWorthSaying({ running: 1 }, 3_601_000), false);
  assert.equal(announcing.isWorthSaying({ done: 1 }, 3_602_000), true, 'it was the last one');
  assert.equal(announcing.isWorthSaying({ done: 1 }, 3_603_000), false, 'and that is said once');
});

test('one that fails is told at once, what failed before the page came is not', () => {
  const announcing = new Announcing();
  assert.equal(announcing.isWorthSaying({ running: 5, failed: 2 }, 0), false);
  assert.equal(announcing.isWorthSaying({ running: 5, failed: 2 }, 5_000), false);
  assert.equal(announcing.isWorthSaying({ running: 4, failed: 3 }, 10_000), true);
  assert.equal(announcing.isWorthSaying({ running: 4, failed: 1 }, 15_000), false, 'they were cleared');
  assert.equal(announcing.isWorthSaying({ running: 3, failed: 2 }, 20_000), true);
});
