import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codePage } from '../../../../src/extension/views/codePage.ts';
import { policyOf } from '../policy.ts';

const code = { text: `potluck-${'ybndrfg8'.repeat(40)}`, uri: `potluck:${'ybndrfg8'.repeat(40)}` };
const shown = {
  title: 'Invite',
  sentences: ['One person can join.'],
  code,
  link: `vscode://potluck.potluck/code#${'ybndrfg8'.repeat(40)}`,
};

test('the page holds the code as QR symbol, as text and as link', () => {
  const page = codePage(shown, 'abc');
  assert.match(page, /<svg [^>]*role="img" aria-label="[^"]+"/);
  assert.ok(page.includes(code.text) && page.includes(shown.link));
});

test('the page runs nothing, loads nothing, and has its own style alone', () => {
  const page = codePage(shown, 'abc');
  assert.match(policyOf(page), /^default-src 'none'; style-src 'nonce-abc'; /);
  assert.doesNotMatch(page, /<script|<img|<link|<iframe|\son[a-z]+=|\sstyle=|https?:\/\/(?!www\.w3\.org\/2000\/svg)/);
});

test('its only commands copy what is shown, and carry no code', () => {
  const commands = [...codePage(shown, 'abc').matchAll(/command:([^"]+)"/g)].map(([, command]) =>
    decodeURIComponent(command ?? ''),
  );
  assert.deepEqual(commands, ['potluck.code.copyShown?["code"]', 'potluck.code.copyShown?["link"]']);
});

test('a label cannot become part of the page', () => {
  const evil = '</title><script>alert(1)</script><a href="command:x">';
  const page = codePage({ ...shown, title: evil, sentences: [evil] }, 'abc');
  assert.doesNotMatch(page, /<script|href="command:x/);
});
