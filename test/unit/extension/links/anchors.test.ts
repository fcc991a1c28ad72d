import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deepEntryLink, likeliestHolder, linkedEntry, linesOf, spanOf } from '../../../../src/extension/links/anchors.ts';
import type { ContentId, PeerId, ShareId } from '../../../../src/protocol/ids.ts';

const entry = { peerId: 'y'.repeat(52) as PeerId, shareId: 'b'.repeat(26) as ShareId, path: 'a b/ü#.md' };

test('selected lines and their anchors agree', () => {
  const span = (startLine: number, endLine: number, endCharacter = 3) => ({
    startLine,
    startCharacter: 1,
    endLine,
    endCharacter,
  });
  assert.deepEqual(linesOf(span(4, 4)), { start: { line: 5 } });
  assert.deepEqual(linesOf(span(4, 9)), { start: { line: 5 }, end: { line: 10 } });
  assert.deepEqual(linesOf(span(4, 9, 0)), { start: { line: 5 }, end: { line: 9 } });
  assert.deepEqual(linesOf(span(4, 5, 0)), { start: { line: 5 } });
  const { startLine, startCharacter, endLine } = spanOf({ start: { line: 5 }, end: { line: 10 } });
  assert.deepEqual([startLine, startCharacter, endLine], [4, 0, 9]);
  const place = spanOf({ start: { line: 2, column: 4 } });
  assert.deepEqual(place, { startLine: 1, startCharacter: 3, endLine: 1, endCharacter: 3 });
});

test('of those who list a content, whoever is here is asked, and never the place that has another one now', () => {
  const at = (peer: string) => ({ ...entry, peerId: peer.repeat(52) as PeerId });
  const holders = [entry, at('n'), at('d'), at('r')];
  const isHere = (peerId: PeerId): boolean => peerId !== at('n').peerId;
  assert.deepEqual(likeliestHolder(holders, { but: entry, isHere }), at('d'));
  assert.deepEqual(likeliestHolder(holders, { but: entry, isHere: () => false }), at('n'));
  assert.equal(likeliestHolder([entry], { but: entry, isHere }), undefined);
});

test('a deep link is read back as VS Code decodes it', () => {
  const link = { entry, lines: { start: { line: 3 }, end: { line: 7 } }, contentId: 'c'.repeat(64) as ContentId };
  const text = deepEntryLink(link, { uriScheme: 'vscode', extensionId: 'potluck.potluck' });
  assert.match(text, /^vscode:\/\/potluck\.potluck\/entry#/);
  const fragment = decodeURIComponent(text.slice(text.indexOf('#') + 1));
  assert.deepEqual(linkedEntry({ query: '', fragment }), link);
});

test('what else a deep link carries is refused, and not repeated', () => {
  const good = `potluck://${entry.peerId}/${entry.shareId}/x`;
  const bad = [
    '',
    'x',
    `file:///etc/passwd`,
    'command:workbench.action.terminal.new',
    `${good}/../y`,
    `${good}#run=1`,
    `${good} ${good}`,
  ];
  for (const fragment of [...bad, `${good}/${'n'.repeat(20_000)}`])
    assert.throws(
      () => linkedEntry({ query: '', fragment }),
      (error: Error) => fragment.length < 2 || !error.message.includes(fragment.slice(0, 40)),
    );
  assert.throws(() => linkedEntry({ query: 'a=b', fragment: good }));
});
