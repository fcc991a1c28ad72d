import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newMatches, newsText, watchChildren, watchesRow, watchNodes } from '../../../../src/extension/views/watchesModel.ts';
import { hit, watchedSearch } from '../worlds.ts';

const news = watchedSearch(2, { newCount: 1, newHits: [hit('new.txt')] });
const watches = [watchedSearch(1), news];

test('searches with news come first and open to them', () => {
  const nodes = watchNodes(watches);
  const rows = nodes.map((node) => watchesRow(node, watches, 0));
  assert.deepEqual(
    rows.map((row) => [row?.label, row?.description, row?.children]),
    [
      ['query 2', '1 new · 5 found', 'collapsed'],
      ['query 1', '5 found', 'none'],
    ],
  );
  const [first] = nodes;
  assert.ok(first);
  assert.deepEqual(
    watchChildren(news, first).map((node) => watchesRow(node, watches, 0)?.label),
    ['new.txt'],
  );
});

test('news are told in one sentence', () => {
  assert.equal(newsText(watches), '1 new file matches "query 2".');
  assert.equal(newsText([watchedSearch(1, { newCount: 3 })]), '3 new files match "query 1".');
  assert.equal(newsText([news, watchedSearch(1, { newCount: 3 })]), '4 new files match 2 of your watched searches.');
  assert.equal(newsText([watchedSearch(1)]), undefined);
  assert.equal(newMatches(watches), 1);
});

test('a watched search that went meanwhile has no row', () => {
  const [node] = watchNodes(watches);
  assert.ok(node);
  assert.equal(watchesRow(node, [], 0), undefined);
});
