import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linksWithin, terminalLinksIn } from '../../../../src/extension/links/linksInText.ts';
import { limits } from '../../../../src/extension/limits.ts';
import { peerId, shareId } from '../worlds.ts';

const link = `potluck://${peerId(1)}/${shareId(1)}/recipes/bread.md#L3-L7`;
const found = (line: string): string[] => terminalLinksIn(line).map(({ start, length }) => line.slice(start, start + length));

test('a terminal shows links as programs print them', () => {
  for (const line of [
    link,
    `$ cat notes.md: see ${link}.`,
    `[ada] (${link}), then more`,
    `"link": "${link}",`,
    `<${link}>`,
    `| ${link} | 2 KB |`,
    // Left over from a program that VS Code does not take for a terminal's own signs.
    `\u001b[4;34m${link}\u001b[0m`,
    `\u001b]8;;${link}\u0007`,
    // Wide letters and surrogates before it: places are counted as the text has them.
    `見て 👩‍🍳 ${link}`,
    `${' '.repeat(300)}${link}`,
  ])
    assert.deepEqual(found(line), [link], line);
  assert.deepEqual(found(`${link} ${link}`), [link, link]);
});

test('what only looks like a link is none', () => {
  for (const line of [
    '',
    'potluck://',
    `potluck://${peerId(1)}`,
    `potluck://${peerId(1).slice(1)}/${shareId(1)}/x`,
    `file:///etc/passwd`,
    `${link.slice(0, 60)}\u001b[0m${link.slice(60)}`,
    `potluck://${peerId(1)}/${shareId(1)}/../../x`,
    'p\u0000otluck://',
  ])
    assert.deepEqual(found(line), [], line);
});

test('what is handed on is a link to an entry and nothing else', () => {
  const [one] = terminalLinksIn(
    `${link.toUpperCase().replace('POTLUCK', 'potluck').replace('RECIPES/BREAD.MD', 'recipes/%62read.md')}`,
  );
  assert.equal(one?.text, link);
});

test('a link that a limit cuts is not offered: it would lead elsewhere', () => {
  const words = 'x '.repeat(50);
  for (let max = words.length; max < words.length + link.length; max++)
    assert.deepEqual(linksWithin(words + link, max), [], `${max}`);
  assert.equal(linksWithin(words + link, words.length + link.length).length, 1);
  assert.equal(linksWithin(`${words}"${link}" and so on`, words.length + link.length + 1).length, 1);
  const long = `${link} ${'y'.repeat(limits.linkedLineCharacters)} ${link}`;
  assert.deepEqual(found(long), [link]);
});
