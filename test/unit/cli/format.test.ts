import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counted, formatDuration, formatPercent, formatSize, formatTime, ordinal, parseSize } from '../../../src/cli/format.ts';

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

test('what is shown as a size is read as one', () => {
  const table: [string, number | undefined][] = [
    ['0', 0],
    ['500', 500],
    ['500k', 512_000],
    ['2M', 2_097_152],
    ['1.5 MB/s', 1_572_864],
    ['.5g', 536_870_912],
    ['3 KiB', 3072],
    ['-1', undefined],
    ['k', undefined],
    ['1e9', undefined],
    ['', undefined],
    ['9999999t', undefined],
  ];
  for (const [text, bytes] of table) assert.equal(parseSize(text), bytes, text);
});

test('places in a queue', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 11, 12, 13, 21, 102, 1111].map(ordinal).join(' '),
    '1st 2nd 3rd 4th 11th 12th 13th 21st 102nd 1,111th',
  );
});
