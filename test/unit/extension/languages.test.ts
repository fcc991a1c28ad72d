// Every sentence passes through l10n, and German has them all, with the same places for what is filled in.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';

const root = path.resolve(import.meta.dirname, '../../..');
const read = (file: string): Record<string, string> =>
  JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Record<string, string>;

for (const [english, german] of [
  ['l10n/bundle.l10n.json', 'l10n/bundle.l10n.de.json'],
  ['package.nls.json', 'package.nls.de.json'],
] as const) {
  const [source, translated] = [read(english), read(german)];
  const pairs = Object.entries(source).flatMap(([key, text]) =>
    key in translated ? [[text, translated[key] ?? ''] as const] : [],
  );

  test(`${german} has every text and no other`, () => {
    assert.deepEqual(Object.keys(translated).sort(), Object.keys(source).sort());
    for (const [text, said] of pairs) assert.notEqual(said.trim(), '', text);
  });

  test(`${german} fills in what ${english} fills in, and links to the same commands`, () => {
    const places = (text: string): string[] => [...new Set(text.match(/\{\d+\}|\(command:[^)]+\)/g))].sort();
    for (const [text, said] of pairs) assert.deepEqual(places(said), places(text), text);
  });

  test(`${german} is German: no longer text is left as it was`, () => {
    const same = pairs.filter(([text, said]) => text === said && (text.match(/[A-Za-z]{3,}/g)?.length ?? 0) > 2);
    assert.deepEqual(same, []);
  });

  test(`texts of ${german} end as the English ones do`, () => {
    for (const [text, said] of pairs)
      assert.equal(said.endsWith('…'), text.endsWith('…') || /\.\.\.$/.test(text), `${text} | ${said}`);
  });
}

test('German is packaged', () => {
  const ignore = readFileSync(path.join(root, '.vscodeignore'), 'utf8');
  assert.ok(ignore.includes('!package.nls.de.json') && ignore.includes('!l10n/*.json'));
  assert.ok(readFileSync(path.join(root, 'scripts/vsix.ts'), 'utf8').includes("'package.nls.de.json'"));
});

/** Properties by which VS Code is handed what a person reads. */
const shown =
  /\b(?:title|placeHolder|placeholder|prompt|openLabel|saveLabel|label|description|detail|tooltip|message|badge)\b(?::| =) (['"`])((?:(?!\1).)*)\1/g;

test('no text that a person reads is written without t()', () => {
  const found: string[] = [];
  for (const file of globSync('src/extension/**/*.ts', { cwd: root })) {
    const text = readFileSync(path.join(root, file), 'utf8');
    for (const [whole, , literal = ''] of text.matchAll(shown)) {
      const words = literal.replace(/\$\{(?:[^{}]|\{[^}]*\})*\}/g, '').replace(/\$\([a-z~-]+\)/g, '');
      if (/[A-Za-z]{3,}/.test(words) && !/^Potluck(?:: )?$|^(?:potluck:|magnet:)/.test(words.trim()))
        found.push(`${file}: ${whole}`);
    }
  }
  assert.deepEqual(found, []);
});
