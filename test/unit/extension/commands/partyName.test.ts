import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isCode, nameRemark } from '../../../../src/extension/commands/partyName.ts';
import { peerId } from '../worlds.ts';

const secret = 'ybndrfg8ejkmcpqxot1uwisza3';

test('a name that can be guessed is taken with a warning', () => {
  assert.equal(nameRemark('techno')?.severity, 'warning');
  assert.match(nameRemark('techno')?.text ?? '', /Public/);
});

test('a random name, open or closed, is taken without a word', () => {
  assert.equal(nameRemark(secret), undefined);
  assert.equal(nameRemark(`  closed-${secret}-${peerId(3)} `), undefined);
});

test('no name and one that is too long are refused', () => {
  assert.equal(nameRemark('  ')?.severity, 'error');
  assert.equal(nameRemark('x'.repeat(129))?.severity, 'error');
  assert.equal(nameRemark('😀'.repeat(128))?.severity, 'warning');
});

test('a code is known for one in each of its forms, and no name is', () => {
  const characters = 'y'.repeat(200);
  for (const code of [`potluck-${characters}`, ` potluck:${characters}\n`, `vscode://potluck.potluck/code#${characters}`]) {
    assert.ok(isCode(code), code);
    assert.equal(nameRemark(code)?.severity, 'info');
  }
  for (const name of ['potluck', 'potluck-friends', 'potluck: the game', secret]) assert.ok(!isCode(name), name);
});
