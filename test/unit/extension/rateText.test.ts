import assert from 'node:assert/strict';
import { test } from 'node:test';
import { limitText, parseRate } from '../../../src/extension/rateText.ts';

test('a rate is read as people type it', () => {
  const table: [string, number | undefined][] = [
    ['', 0],
    ['  ', 0],
    ['0', 0],
    ['500', 500 * 1024],
    ['500 KB', 500 * 1024],
    ['1.5 MB/s', 1.5 * 1024 * 1024],
    ['1,5m', 1.5 * 1024 * 1024],
    ['2 MiB', 2 * 1024 * 1024],
    ['1 GB', 1024 ** 3],
    ['20000 B', 20_000],
    ['15', undefined],
    ['-5', undefined],
    ['1e9', undefined],
    ['fast', undefined],
    ['5 MB MB', undefined],
    ['99999999 GB', undefined],
    ['9'.repeat(400), undefined],
  ];
  for (const [text, bytes] of table) assert.equal(parseRate(text), bytes, text);
});

test('what is shown as a limit can be typed again', () => {
  for (const bytes of [0, 16 * 1024, 512 * 1024, 3 * 1024 * 1024]) {
    const shown = limitText(bytes);
    assert.equal(parseRate(bytes === 0 ? '' : shown), bytes, shown);
  }
});
