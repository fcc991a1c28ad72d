import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isPeerId } from '../../../../src/protocol/ids.ts';
import type { PeerId } from '../../../../src/protocol/ids.ts';
import { adjectives } from '../../../../src/sidecar/peers/adjectives.ts';
import { animals } from '../../../../src/sidecar/peers/animals.ts';
import { derivedName, displayName, shownName } from '../../../../src/sidecar/peers/names.ts';

function peerIdOf(text: string): PeerId {
  assert.ok(isPeerId(text), `${text} is a peer id`);
  return text;
}

test('each word list has exactly 256 different lower-case words', () => {
  for (const list of [adjectives, animals]) {
    assert.equal(list.length, 256);
    assert.equal(new Set(list).size, 256);
    for (const word of list) assert.match(word, /^[a-z]{3,12}$/);
  }
  assert.deepEqual(
    adjectives.filter((word) => animals.includes(word)),
    [],
  );
});

test('a key always has the same name', () => {
  const vectors: [string, string][] = [
    ['y'.repeat(52), 'leafy-hare'],
    [`${'yb'.repeat(25)}yo`, 'easy-avocet'],
    [`${'s'.repeat(51)}y`, 'maple-sheep'],
  ];
  for (const [key, name] of vectors) assert.equal(derivedName(peerIdOf(key)), name);
});

test('hostile nicknames become one safe line', () => {
  const table: [hostile: string, safe: string, why: string][] = [
    ['Ada', 'Ada', 'nothing to do'],
    ['  Ada \t\r\n Lovelace  ', 'Ada Lovelace', 'white space collapses'],
    ['e\u0301', '\u00e9', 'NFC'],
    ['ok\u202etxt.exe', 'oktxt.exe', 'right-to-left override'],
    ['a\u2066b\u2069\u200e\u200f\u061c', 'ab', 'isolates and marks'],
    ['a\u200bb\u200c\u200d\u2060\ufeffc', 'abc', 'zero-width'],
    ['\u001b[31mred\u001b[0m', '[31mred[0m', 'ANSI loses its escape'],
    ['\u009b2J\u0007\u0000x\u007f', '2Jx', 'C1, bell, NUL, delete'],
    ['a\u2028b\u2029c\u0085d', 'a b cd', 'line separators'],
    ['\u3164\uffa0\u115f\u2800', '', 'blank letters'],
    ['\u00ad\u034f\ufe0f', '', 'soft hyphen, joiner, variation selector'],
    ['\u{e0041}\u{e0042}x\u{e0100}', 'x', 'tags and supplementary selectors'],
    ['a\ud800b\udc00', 'ab', 'lone surrogates'],
    ['\ue000x\uffff', 'x', 'private use and unassigned'],
    [' \u00a0\u2003 ', '', 'only white space'],
    [`a${'\u0335'.repeat(50)}b`, `a${'\u0335'.repeat(4)}b`, 'stacked marks'],
    ['\u0335\u0335leading', 'leading', 'marks without a letter'],
    ['\u4f60\u597d \u{1f981}', '\u4f60\u597d \u{1f981}', 'other scripts and emoji stay'],
    ['', '', 'nothing'],
  ];
  for (const [hostile, safe, why] of table) {
    assert.equal(displayName(hostile), safe, why);
    assert.equal(displayName(safe), safe, `${why}: doing it twice changes nothing`);
  }
});

test('a name is cut to 64 code points, never inside one', () => {
  assert.equal(displayName('x'.repeat(1_000_000)).length, 64);
  assert.equal(displayName('\u{1f981}'.repeat(100)), '\u{1f981}'.repeat(64));
});

test('the petname goes before the nickname, the nickname before the derived name', () => {
  const peerId = peerIdOf('y'.repeat(52));
  assert.equal(shownName({ peerId, nickname: 'Ada', petname: 'My Ada' }), 'My Ada');
  assert.equal(shownName({ peerId, nickname: 'Ada', petname: '' }), 'Ada');
  assert.equal(shownName({ peerId, nickname: '\u200b' }), 'leafy-hare');
  assert.equal(shownName({ peerId }), 'leafy-hare');
});
