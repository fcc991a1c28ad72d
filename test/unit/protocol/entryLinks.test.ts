// Links to entries in text: written and parsed again, lines and pins, found in running text.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContentId, PeerId, ShareId } from '../../../src/protocol/ids.ts';
import { findEntryLinks, formatEntryLink, parseAnchor, parseEntryLink } from '../../../src/protocol/entryLinks.ts';
import { garbage, seeded } from './garbage.ts';

const peerId = 'ybndrfg8ejkmcpqxot1uwisza345h769ybndrfg8ejkmcpqxot1y' as PeerId;
const shareId = 'ybndrfg8ejkmcpqxot1uwisza3' as ShareId;
const contentId = '0123456789abcdef'.repeat(4) as ContentId;
const root = `potluck://${peerId}/${shareId}`;

test('any path survives writing and parsing', () => {
  const paths = [
    '',
    'a.txt',
    'a b/c#d?e%f',
    "it's (new) [1]!*~._",
    'Größe/日本.txt',
    'x/.gitignore',
    '100%',
    '\u202egpj.exe',
    'a\nb',
    '__',
  ];
  for (const path of paths) {
    const text = formatEntryLink({ entry: { peerId, shareId, path } });
    assert.deepEqual(parseEntryLink(text), { entry: { peerId, shareId, path } }, text);
    const found = findEntryLinks(`see ${text}, or (${text}).`);
    assert.deepEqual(
      found.map(({ link }) => link.entry.path),
      [path, path],
      text,
    );
    assert.equal(`see ${text}, or`.slice(found[0]?.start, found[0]?.end), text);
  }
});

test('lines, columns and the content they were counted in', () => {
  const entry = { peerId, shareId, path: 'src/a.ts' };
  for (const lines of [
    { start: { line: 10 } },
    { start: { line: 10 }, end: { line: 20 } },
    { start: { line: 10, column: 5 }, end: { line: 20, column: 1 } },
    { start: { line: 3, column: 7 } },
  ]) {
    assert.deepEqual(parseEntryLink(formatEntryLink({ entry, lines })), { entry, lines });
    assert.deepEqual(parseEntryLink(formatEntryLink({ entry, lines, contentId })), { entry, lines, contentId });
  }
  assert.deepEqual(parseEntryLink(formatEntryLink({ entry, contentId })), { entry, contentId });
  assert.equal(
    formatEntryLink({ entry, lines: { start: { line: 10 }, end: { line: 20 } }, contentId }),
    `${root}/src/a.ts#L10-L20&id=${contentId}`,
  );
  assert.deepEqual(parseAnchor('L10-20'), { lines: { start: { line: 10 }, end: { line: 20 } } });
});

test('what is no link to an entry is none', () => {
  const wrong = [
    `file://${peerId}/${shareId}/a`,
    `command:${peerId}`,
    `potluck:${peerId}`,
    `potluck://${peerId.slice(1)}/${shareId}/a`,
    `potluck://${peerId}/short/a`,
    `${root}/../a`,
    `${root}/a/%2e%2e/b`,
    `${root}/a%2fb/..`,
    `${root}/a%5cb`,
    `${root}/a%00`,
    `${root}/%ff`,
    `${root}/%`,
    `${root}/a?x`,
    `${root}/a#L0`,
    `${root}/a#L20-L10`,
    `${root}/a#L10C9-L10C2`,
    `${root}/a#line10`,
    `${root}/a#L1&id=abc`,
    `${root}/a#L1&x=1`,
    `${root}/a#L99999999999`,
    `${root}/${'a/'.repeat(70)}a`,
    `${root}/${'a'.repeat(300)}`,
    ` ${root}/a`,
    `${root}/${'%61'.repeat(5000)}`,
  ];
  for (const text of wrong) assert.equal(parseEntryLink(text), undefined, text);
});

test('ends of sentences and brackets around a link are not of it', () => {
  const link = `${root}/notes/a.md`;
  for (const text of [
    `(${link})`,
    `[${link}]`,
    `<${link}>`,
    `"${link}"`,
    `${link}.`,
    `${link}, and`,
    `**${link}**`,
    `'${link}'`,
    `${link}\u202e`,
    `(see ${link}#L3).`,
  ]) {
    const [found] = findEntryLinks(text);
    assert.equal(found?.link.entry.path, 'notes/a.md', text);
  }
  assert.equal(findEntryLinks(`${link} `.repeat(2000)).length, 1000);
});

test('a megabyte of anything is searched within a second', (t) => {
  for (const text of garbage(seeded(t), 2 ** 20)) {
    const from = performance.now();
    findEntryLinks(text);
    findEntryLinks(`${root}/${text}`);
    parseEntryLink(text);
    assert.ok(performance.now() - from < 1000, text.slice(0, 20));
  }
  const from = performance.now();
  findEntryLinks(`${root}/${')'.repeat(12_000)} `.repeat(80));
  findEntryLinks('potluck://'.repeat(100_000));
  assert.ok(performance.now() - from < 1000);
});
