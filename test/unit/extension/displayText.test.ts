import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  displayName,
  hasHiddenCharacters,
  iconSafeName,
  longDisplayName,
  messageName,
  partyLabel,
  shortPartyName,
} from '../../../src/extension/displayText.ts';

const hostile: [string, string, string][] = [
  ['right-to-left override', 'photo\u202egpj.exe', 'photo⟨202E⟩gpj.exe'],
  ['bidi isolate', 'a\u2066b\u2069', 'a⟨2066⟩b⟨2069⟩'],
  ['directional mark', 'a\u200eb', 'a⟨200E⟩b'],
  ['arabic letter mark', 'a\u061cb', 'a⟨061C⟩b'],
  ['zero width space', 'pay\u200bpal', 'pay⟨200B⟩pal'],
  ['zero width joiner between letters', 'a\u200db', 'a⟨200D⟩b'],
  ['zero width non-joiner between latin letters', 'a\u200cb', 'a⟨200C⟩b'],
  ['byte order mark', '\ufeffa', '⟨FEFF⟩a'],
  ['newline', 'a\nb', 'a␊b'],
  ['escape sequence', '\u001b[31mred', '␛[31mred'],
  ['NUL', 'a\0b', 'a␀b'],
  ['DEL', 'a\u007fb', 'a␡b'],
  ['C1 control', 'a\u009bb', 'a⟨009B⟩b'],
  ['line separator', 'a\u2028b', 'a⟨2028⟩b'],
  ['tag characters', 'a\u{e0041}b', 'a⟨E0041⟩b'],
  ['lone high surrogate', 'a\ud800b', 'a⟨D800⟩b'],
  ['lone low surrogate', 'a\udc00', 'a⟨DC00⟩'],
  ['soft hyphen', 'a\u00adb', 'a⟨00AD⟩b'],
  ['Hangul filler', 'a\u3164', 'a⟨3164⟩'],
];

for (const [what, name, shown] of hostile) {
  test(`a name with ${what} shows it`, () => {
    assert.equal(displayName(name), shown);
    assert.equal(hasHiddenCharacters(name), true);
  });
}

for (const name of ['notes.txt', 'Ünïcödé 文件 ملف', '👩‍👩‍👧 family', 'می‌خواهم.txt', 'क्‍ष', '🏳️‍🌈', 'a  b', '.hidden']) {
  test(`an honest name is left as it is: ${name}`, () => {
    assert.equal(displayName(name), name);
    assert.equal(hasHiddenCharacters(name), false);
  });
}

test('an empty or blank name still has something to click', () => {
  for (const name of ['', ' ', '   ']) assert.notEqual(displayName(name).trim(), '');
});

test('a huge name is cut, whole characters only', () => {
  const shown = displayName('😀'.repeat(100_000));
  assert.equal(Array.from(shown).length, 120);
  assert.ok(shown.endsWith('…'));
  assert.doesNotMatch(shown, /[\ud800-\udfff]/u);
  assert.equal(Array.from(longDisplayName('x'.repeat(70_000))).length, 1024);
});

test('icon sequences stay text where icons are drawn', () => {
  assert.equal(iconSafeName('$(error) bad'), '\\$(error) bad');
  assert.equal(iconSafeName('\\$(error)'), '\\$(error)');
  assert.equal(displayName('$(error)'), '$(error)');
});

test('a name in a notification is no link', () => {
  const link = /\[([^\]]+)\]\(/;
  assert.doesNotMatch(messageName('[Click](command:workbench.action.terminal.new)'), link);
  assert.doesNotMatch(messageName('[a](https://example.invalid)[b](https://example.invalid)'), link);
});

test('a random party name is not shown whole', () => {
  assert.equal(shortPartyName('siay85yccifym7gd6ryok4qcse'), 'siay…');
  assert.equal(shortPartyName('techno'), 'techno');
});

test('a party is called by its label, and by its name too where two labels look alike', () => {
  const name = 'siay85yccifym7gd6ryok4qcse';
  assert.equal(partyLabel({ name }), 'siay…');
  assert.equal(partyLabel({ name, label: 'Photos' }), 'Photos');
  assert.equal(partyLabel({ name, label: 'Photos', isAmbiguous: true }), 'Photos (siay…)');
  assert.doesNotMatch(partyLabel({ name: 'techno', label: 'a\u202eb' }), /\u202e/);
});
