import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hitDetail, hitFolder, hitName, hitTooltip, nameHighlights } from '../../../../src/extension/search/hits.ts';
import { hit } from '../worlds.ts';

const now = 1_700_000_000_000 + 2 * 86_400_000;

test('a hit tells whose it is, how large and how old', () => {
  assert.equal(hitDetail(hit('a/b.txt'), now), 'peer 1 › share 1 · 2 KB · 2 days ago');
  assert.equal(hitDetail(hit('a', { kind: 'folder', mtimeMs: 0 }), now), 'peer 1 › share 1');
});

test('a hit of an owner that is away says when it was last seen', () => {
  const away = { isOnline: false, mtimeMs: 0, lastSeenMs: now - 86_400_000 };
  assert.equal(hitDetail(hit('a', away), now), 'peer 1 › share 1 · 2 KB · offline, last seen yesterday');
  assert.match(hitDetail(hit('a', { isOnline: false }), now), /offline$/);
  assert.match(hitDetail(hit('a', { isOwn: true, isOnline: false }), now), /^you › share 1 · 2 KB · 2 days ago$/);
});

test('a share that matches by its title is called by it', () => {
  assert.equal(hitName(hit('')), 'share 1');
  assert.equal(hitFolder(hit('')), '');
  assert.equal(hitFolder(hit('b.txt')), '');
  assert.equal(hitFolder(hit('a/c/b.txt')), 'a/c');
});

test('matches in the path become highlights of the name', () => {
  const path = 'soup/lentil soup.md';
  const matches: [number, number][] = [
    [0, 4],
    [5, 11],
    [12, 16],
  ];
  assert.deepEqual(nameHighlights(hit(path, { matches })), [
    [0, 6],
    [7, 11],
  ]);
  assert.deepEqual(nameHighlights(hit('ab/cd', { matches: [[1, 4]] })), [[0, 1]], 'a match over the slash is cut');
});

test('a name that is shown otherwise than it is has no highlights at the wrong place', () => {
  assert.deepEqual(nameHighlights(hit('a\u202eb', { matches: [[2, 3]] })), []);
  assert.deepEqual(nameHighlights(hit('x'.repeat(300), { matches: [[200, 210]] })), []);
});

test('names of others are made safe', () => {
  const evil = hit('fol\u202eder/x\u202ey\ud800', { peerName: 'p\u2066q', shareTitle: 's\n' });
  for (const text of [hitDetail(evil, now), hitFolder(evil), hitTooltip(evil, now)]) {
    assert.doesNotMatch(text, /[\u202e\u2066]|\ud800/);
  }
  assert.match(hitTooltip(evil, now), /invisible/);
});
