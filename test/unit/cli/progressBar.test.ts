import assert from 'node:assert/strict';
import { test } from 'node:test';
import { progressLine } from '../../../src/cli/progressBar.ts';
import { textWidth } from '../../../src/cli/terminalText.ts';

test('the line never wraps, whatever the name and the terminal', () => {
  const names = ['a', 'x'.repeat(300), '你'.repeat(100), '\u001b[31m\u202e'.repeat(20)];
  for (const label of names)
    for (const columns of [20, 40, 80, 200]) {
      const line = progressLine({ label, doneBytes: 5e8, totalBytes: 1e9, bytesPerSecond: 1e7 }, columns);
      assert.ok(textWidth(line) < columns, `${columns}: ${line}`);
      assert.doesNotMatch(line, /[\p{Cc}\p{Cf}]/u);
    }
});

test('it says how much, how fast and how long', () => {
  const line = progressLine({ label: 'film.mkv', doneBytes: 5e8, totalBytes: 1e9, bytesPerSecond: 1e7 }, 100);
  assert.equal(line, 'film.mkv [##########..........] 50 % of 954 MB, 9.5 MB/s, 50 s');
  assert.equal(progressLine({ label: 'film.mkv', doneBytes: 1500, totalBytes: 0 }, 100), 'film.mkv 1.5 KB');
  assert.equal(progressLine({ label: 'Scanning', doneBytes: 0, totalBytes: 0, text: '12 things' }, 100), 'Scanning 12 things');
});
