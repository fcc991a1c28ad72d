import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, formatDuration, formatPercent, formatSize, formatTime } from '../../../src/cli/format.ts';

test('sizes have at most three digits', () => {
  const table: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [1500, '1.5 KB'],
    [9949, '9.7 KB'],
    [10_190, '10 KB'],
    [999_400, '976 KB'],
    [1_023_999, '1.0 MB'],
    [3_145_745, '3.0 MB'],
    [5e12, '4.5 TB'],
    [Number.MAX_SAFE_INTEGER, '8.0 PB'],
  ];
  for (const [size, text] of table) assert.equal(formatSize(size), text, String(size));
});

test('counts, shares of the whole, durations and times', () => {
  assert.equal(counted(1, 'file'), '1 file');
  assert.equal(counted(12_345, 'file'), '12,345 files');
  assert.equal(formatPercent(1, 3), '33 %');
  assert.equal(formatPercent(999, 1000), '99 %');
  assert.equal(formatPercent(0, 0), '100 %');
  assert.equal(formatDuration(90_000), '90 s');
  assert.equal(formatDuration(3_600_000), '60 min');
  assert.match(formatTime(Date.UTC(2026, 10, 21, 12)), /^2026-11-2\d \d\d:\d\d$/);
  assert.equal(formatTime(undefined), '-');
  assert.equal(formatTime(9e15), '-');
});
