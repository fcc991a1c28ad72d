import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryRefOfUri, isAboveShares, isEntryRef, isInside, uriPartsOf } from '../../../../src/extension/files/uris.ts';
import { peerId, shareId } from '../worlds.ts';

const ids = { peerId: peerId(3), shareId: shareId(5) };

for (const path of [
  '',
  'a.txt',
  'a/b/c',
  'a #?%20 b',
  '😀/ünï',
  'e\u0301',
  'a\\b',
  'a:b',
  '...',
  '.hidden',
  'a\nb',
  'x'.repeat(4096),
]) {
  test(`an entry goes into a URI and back: ${JSON.stringify(path.slice(0, 20))}`, () => {
    const entry = { ...ids, path };
    assert.deepEqual(entryRefOfUri(uriPartsOf(entry)), entry);
    assert.equal(isEntryRef(entry), true);
  });
}

for (const path of ['..', 'a/../b', './a', 'a//b', 'a/.', 'a\0b', 'x'.repeat(5000)]) {
  test(`a path that no entry has is no entry: ${JSON.stringify(path.slice(0, 20))}`, () => {
    assert.equal(entryRefOfUri({ scheme: 'potluck', authority: ids.peerId, path: `/${ids.shareId}/${path}` }), undefined);
    assert.equal(isEntryRef({ ...ids, path }), false);
  });
}

test('what is not ours is no entry', () => {
  const good = uriPartsOf({ ...ids, path: 'a' });
  assert.equal(entryRefOfUri({ ...good, scheme: 'file' }), undefined);
  assert.equal(entryRefOfUri({ ...good, authority: '' }), undefined);
  assert.equal(entryRefOfUri({ ...good, authority: ids.peerId.toUpperCase() }), undefined);
  assert.equal(entryRefOfUri({ ...good, path: '/.git' }), undefined);
  assert.equal(entryRefOfUri({ ...good, path: '/' }), undefined);
  for (const value of [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { ...ids },
    { ...ids, path: 1 },
    { ...ids, path: '/a' },
    { ...ids, path: 'a/' },
  ]) {
    assert.equal(isEntryRef(value), false);
  }
});

test('the place above all shares is known as such', () => {
  assert.equal(isAboveShares({ scheme: 'potluck', authority: ids.peerId, path: '/' }), true);
  assert.equal(isAboveShares({ scheme: 'potluck', authority: ids.peerId, path: '' }), true);
  assert.equal(isAboveShares({ scheme: 'potluck', authority: 'nobody', path: '/' }), false);
});

test('inside is by whole names', () => {
  assert.equal(isInside({ ...ids, path: 'ab/c' }, { ...ids, path: 'ab' }), true);
  assert.equal(isInside({ ...ids, path: 'abc' }, { ...ids, path: 'ab' }), false);
  assert.equal(isInside({ ...ids, path: 'x' }, { ...ids, path: '' }), true);
  assert.equal(isInside({ ...ids, shareId: shareId(1), path: 'x' }, { ...ids, path: '' }), false);
});
