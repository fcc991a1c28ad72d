import assert from 'node:assert/strict';
import { test } from 'node:test';
import { qrSvg, qrTerminal } from '../../../src/client/qr.ts';

const longest = `potluck:${'ybndrfg8ejkmcpqxot1uwisza345h769'.repeat(63)}`;

test('a symbol is an SVG that scales, with a name for screen readers', () => {
  const svg = qrSvg('potluck:ybnd', 'Code of "me" <&>');
  assert.match(svg, /^<svg [^>]*viewBox="0 0 29 29"[^>]*><rect /, 'version 1 has 21 modules, and four around them');
  assert.match(svg, /role="img" aria-label="Code of &#34;me&#34; &#60;&#38;&#62;"/);
  assert.match(svg, /M4 4h7v1h-7z/, 'the finder pattern');
  assert.doesNotMatch(svg, /script|style=|href/);
});

test('the longest code fits', () => {
  assert.match(qrSvg(longest), /^<svg/);
});

test('in a terminal every line has the same width, in its own colours', () => {
  const lines = qrTerminal('potluck:ybnd').split('\n');
  assert.equal(lines.length, 15);
  for (const line of lines) assert.match(line, /^\u001b\[30;107m[ ▀▄█]{29}\u001b\[0m$/);
});
