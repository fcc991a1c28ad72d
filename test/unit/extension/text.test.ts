import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAgo, formatBytes, formatDuration, formatFiles, formatPercent, t } from '../../../src/extension/text.ts';

test('sizes grow by 1024 and never show four digits', () => {
  const table: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1 KB'],
    [1536, '1.5 KB'],
    [1024 * 1024, '1 MB'],
    [3.21 * 1024 ** 3, '3.2 GB'],
    [250 * 1024 ** 2, '250 MB'],
    [Number.MAX_SAFE_INTEGER, '8 PB'],
  ];
  for (const [bytes, shown] of table) assert.equal(formatBytes(bytes), shown);
  for (const wrong of [-1, Number.NaN, Number.POSITIVE_INFINITY]) assert.equal(formatBytes(wrong), '?');
});

test('a hundred percent is only said when all is there', () => {
  assert.equal(formatPercent(999, 1000), '99%');
  assert.equal(formatPercent(1000, 1000), '100%');
  assert.equal(formatPercent(0, 0), '0%');
  assert.equal(formatPercent(2000, 1000), '100%');
});

test('one file is not "1 files"', () => {
  assert.equal(formatFiles(1), '1 file');
  assert.equal(formatFiles(0), '0 files');
  assert.equal(formatFiles(12_345), '12,345 files');
});

test('a time ago is rounded to what people say', () => {
  const now = 1_700_000_000_000;
  assert.equal(formatAgo(now - 10_000, now), 'just now');
  assert.equal(formatAgo(now + 5_000, now), 'just now');
  assert.equal(formatAgo(now - 5 * 60_000, now), '5 minutes ago');
  assert.equal(formatAgo(now - 86_400_000, now), 'yesterday');
  assert.equal(formatAgo(now - 40 * 86_400_000, now), '40 days ago');
  assert.equal(formatAgo(now - 91 * 86_400_000, now), '3 months ago');
  assert.equal(formatAgo(now - 800 * 86_400_000, now), '2 years ago');
});

test('arguments that look like placeholders are not filled again', () => {
  assert.equal(t('{0} of {1}', '{1}', 'b'), '{1} of b');
});

test('time left is rounded up to what people say', () => {
  const table: [number, string][] = [
    [0.2, '1 sec'],
    [59, '59 sec'],
    [61, '2 min'],
    [3600, '1 hr'],
    [3700, '1 hr 2 min'],
    [36_000, '10 hr'],
    [86_400 * 3 - 5, '3 days'],
  ];
  for (const [seconds, said] of table) assert.equal(formatDuration(seconds), said);
});
