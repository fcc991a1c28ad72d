import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import { findTitle, foundRows, startRows, type FindRow } from '../../../../src/extension/search/findRows.ts';
import type { SearchState } from '../../../../src/extension/search/searchSession.ts';
import { hit, searchPage, watchedSearch } from '../worlds.ts';

const now = 1_700_000_000_000;
const idle: SearchState = { query: 'soup', pageQuery: 'soup', isAsking: false, live: [], isAskingLive: false };
const shown = (rows: FindRow[]): string[] => rows.map((row) => `${row.kind}: ${row.label}`);

test('hits come in the order of the search, all that is not shown behind one row', () => {
  const page = searchPage([hit('a/soup.md', { matches: [[2, 6]] }), hit('b.md', { matches: [[0, 1]] })], { total: 12_345 });
  assert.deepEqual(shown(foundRows({ ...idle, page }, now)), ['hit: soup.md', 'hit: b.md', 'showAll: Show all 12,345 results']);
  assert.equal(findTitle({ ...idle, page }), 'Find Files — 1–2 of 12,345 · 2 ms');
});

test('similar names stand apart from the exact ones', () => {
  const page = searchPage([hit('soup.md', { matches: [[0, 4]] }), hit('soap.md'), hit('sup.md')], { isFuzzy: true });
  assert.deepEqual(shown(foundRows({ ...idle, page }, now)), [
    'hit: soup.md',
    'separator: similar names',
    'hit: soap.md',
    'hit: sup.md',
  ]);
});

test('hits that a filter found without words are not called similar', () => {
  const page = searchPage([hit('a.pdf'), hit('b.pdf')]);
  assert.deepEqual(shown(foundRows({ ...idle, page }, now)), ['hit: a.pdf', 'hit: b.pdf']);
});

test('what peers tell live comes last, under its own heading', () => {
  const state = { ...idle, page: searchPage([hit('a.md', { matches: [[0, 1]] })]), live: [hit('live.md')] };
  assert.deepEqual(shown(foundRows(state, now)), [
    'hit: a.md',
    'separator: from peers whose list of files is still coming',
    'hit: live.md',
  ]);
});

test('a query that is not understood says why, in the list', () => {
  const failure = new AppError('invalid-argument', 'size> needs a size, $(bug).');
  assert.deepEqual(shown(foundRows({ ...idle, failure }, now)), ['note: size> needs a size, \\$(bug).']);
});

test('nothing found says so, and what was not searched', () => {
  const label = (state: SearchState): string => JSON.stringify(foundRows(state, now)[0]);
  assert.match(label({ ...idle, page: searchPage([]) }), /Nothing found/);
  assert.match(label({ ...idle, page: searchPage([], { missingShares: 2 }) }), /2 shares were not searched/);
  assert.match(label({ ...idle, page: searchPage([], { missingShares: 2 }), isAskingLive: true }), /Asking peers/);
  assert.match(label({ ...idle, page: searchPage([], { searchedShares: 0 }) }), /No peer shares anything/);
  assert.deepEqual(foundRows({ ...idle, isAsking: true, page: searchPage([]) }, now), [], 'not before the answer is here');
});

test('before the first letter there are recent and watched searches', () => {
  const rows = startRows(['soup', '$(bug)'], [watchedSearch(1, { newCount: 3 })]);
  assert.deepEqual(shown(rows), [
    'separator: recent searches',
    'recent: soup',
    'recent: \\$(bug)',
    'separator: watched searches',
    'watch: query 1',
  ]);
  assert.equal(rows[4]?.kind === 'watch' && rows[4].description, '3 new · 5 found');
  assert.deepEqual(startRows([], []), []);
});

test('no name of others draws an icon or hides itself', () => {
  const evil = 'x\u202e$(error)';
  const page = searchPage([hit(`${evil}/${evil}`, { peerName: evil, shareTitle: evil, matches: [[0, 1]] })]);
  const [row] = foundRows({ ...idle, page }, now);
  assert.ok(row?.kind === 'hit');
  for (const text of [row.label, row.description, row.detail]) {
    assert.doesNotMatch(text, /\u202e/);
    assert.doesNotMatch(text, /(?<!\\)\$\(/);
  }
});
