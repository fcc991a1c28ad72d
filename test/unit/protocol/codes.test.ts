// Codes as text: every form is read, and whatever else is pasted is told for what it is.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { codeForms, deepLinkOf, findCode, maxCodeCharacters } from '../../../src/protocol/codes.ts';
import { asAppError } from '../../../src/protocol/errors.ts';
import { meetingLimits } from '../../../src/sidecar/limits.ts';

const alphabet = 'ybndrfg8ejkmcpqxot1uwisza345h769';
const bytes = randomBytes(180);
const code = codeForms(bytes);

function saidOf(text: string): string {
  try {
    findCode(text);
  } catch (thrown) {
    const error = asAppError(thrown);
    assert.equal(error.kind, 'invalid-argument');
    return error.message;
  }
  return 'taken';
}

test('a code is found in all its forms, of any length of content', () => {
  for (let length = 96; length < 130; length++) {
    const content = randomBytes(length);
    const { text, uri } = codeForms(content);
    assert.match(text, /^potluck-[ybndrfg8ejkmcpqxot1uwisza345h769]+$/);
    for (const form of [text, uri, deepLinkOf({ text, uri }, { uriScheme: 'vscode', extensionId: 'potluck.potluck' })])
      assert.deepEqual(findCode(form), content);
  }
});

test('white space, line breaks, hyphens and capitals do not matter', () => {
  const [, characters = ''] = code.text.split('-');
  const wrapped = `\n  potluck-${characters.replace(/(.{9})/g, '$1-').replace(/(.{40})/g, '$1\r\n\t')}  \n`;
  assert.deepEqual(findCode(wrapped), bytes);
  assert.deepEqual(findCode(code.text.toUpperCase()), bytes);
  assert.deepEqual(findCode(`  vscode-insiders://Potluck.potluck/code/#${characters}\n`), bytes);
});

test('each change of one character, each lost and each doubled one, is told as damage', () => {
  const short = codeForms(randomBytes(101));
  const prefix = 'potluck-'.length;
  for (let at = prefix; at < short.text.length; at++) {
    const [before, after] = [short.text.slice(0, at), short.text.slice(at + 1)];
    const own = short.text.charAt(at);
    for (const other of `${alphabet}02lv!`) if (other !== own) assert.match(saidOf(before + other + after), /damaged/);
    assert.match(saidOf(before + after), /damaged/);
    assert.match(saidOf(before + own + own + after), /damaged/);
    assert.match(saidOf(before), /damaged|not whole/);
    const [next = ''] = after;
    if (next !== own && next !== '') assert.match(saidOf(before + next + own + after.slice(1)), /damaged/);
  }
});

test('what is too long, empty, a key, a link to a file, or anything else is told as that', () => {
  assert.match(saidOf(`potluck-${'y'.repeat(maxCodeCharacters)}`), /at most/);
  assert.match(saidOf('  \n'), /no code/);
  assert.match(saidOf('y'.repeat(52)), /key of a peer/);
  assert.match(saidOf(`potluck://${'y'.repeat(52)}/`), /key of a peer/);
  assert.match(saidOf(`potluck://${'y'.repeat(52)}/${'y'.repeat(26)}/a`), /file or folder/);
  for (const text of ['hello', 'https://example.org/code?x', 'vscode://a.b/other#yyy', 'potluckyyy', '\0', `x ${code.text}`])
    assert.match(saidOf(text), /not a code/);
  assert.match(saidOf('potluck-'), /not whole/);
  assert.match(saidOf(codeForms(randomBytes(95)).text), /not whole/);
});

test('hostile text is refused without taking long', () => {
  for (const filler of ['-', ' ', '\n', 'a', '://', '\u202e', '💥', 'potluck-', 'potluck:'])
    assert.notEqual(saidOf(`potluck-${filler.repeat(2040 / filler.length)}`), 'taken');
});

test('the limit is the sidecar’s', () => {
  assert.equal(maxCodeCharacters, meetingLimits.codeCharacters);
});
