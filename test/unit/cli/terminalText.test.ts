import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fitText, safeJson, safeLines, safeText, textWidth } from '../../../src/cli/terminalText.ts';

const table: [hostile: string, safe: string, why: string][] = [
  ['plain name.txt', 'plain name.txt', 'nothing to do'],
  ['ünïcode 你好 🥘', 'ünïcode 你好 🥘', 'other scripts'],
  ['a\nb\r\tc', 'a\\nb\\r\\tc', 'line breaks'],
  ['\u001b[2J\u001b]0;title\u0007', '\\x1b[2J\\x1b]0;title\\x07', 'ANSI and OSC'],
  ['\u009b31m', '\\x9b31m', 'C1 control sequence introducer'],
  ['\u0000\u007f', '\\x00\\x7f', 'NUL and delete'],
  ['gpj\u202eexe', 'gpj\\u202eexe', 'right-to-left override'],
  ['\u2066\u2067\u2068\u2069\u200e\u200f\u061c', '\\u2066\\u2067\\u2068\\u2069\\u200e\\u200f\\u061c', 'isolates and marks'],
  ['a\u200bb\u200c\u200d\u2060\ufeff', 'a\\u200bb\\u200c\\u200d\\u2060\\ufeff', 'zero-width'],
  ['\u00ad\u3164\u2800', '\\xad\\u3164\\u2800', 'invisible letters'],
  ['a\u2028b\u2029', 'a\\u2028b\\u2029', 'line and paragraph separators'],
  ['\u{e0041}\ufe0f', '\\u{e0041}\\ufe0f', 'tags and variation selectors'],
  ['\ud800x', '\\ud800x', 'lone surrogate'],
];

test('what a terminal would act on or hide is spelled out', () => {
  for (const [hostile, safe, why] of table) {
    assert.equal(safeText(hostile), safe, why);
    assert.equal(safeText(safe), safe, `${why}: twice changes nothing`);
  }
});

test('line breaks of our own messages stay, everything else is made safe', () => {
  assert.equal(safeLines('a\n\u001b[1mb'), 'a\n\\x1b[1mb');
});

test('JSON is safe for a terminal and reads back the same', () => {
  for (const [hostile] of table) {
    for (const indent of [0, 2]) {
      const text = safeJson({ [hostile]: [hostile] }, indent);
      assert.deepEqual(JSON.parse(text), { [hostile]: [hostile] });
      assert.doesNotMatch(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
  }
});

test('widths follow what a terminal draws', () => {
  const widths: [string, number][] = [
    ['', 0],
    ['abc', 3],
    ['e\u0301', 1],
    ['你好', 4],
    ['🥘', 2],
    ['한글', 4],
    ['ｆ', 2],
  ];
  for (const [text, width] of widths) assert.equal(textWidth(text), width, text);
  assert.equal(fitText('abcdef', 6), 'abcdef');
  assert.equal(fitText('abcdef', 5), 'abcd…');
  assert.equal(fitText('你好你好', 5), '你好…');
});
