import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  downloadIdOf,
  entryRefOf,
  localUriOf,
  ownShareIdOf,
  partyIdOf,
  pastedPeerId,
  peerIdOf,
  selectionOf,
} from '../../../../src/extension/commands/targets.ts';
import { uriPartsOf } from '../../../../src/extension/files/uris.ts';
import { limits } from '../../../../src/extension/limits.ts';
import { catalogShare, downloadId, file, ownShare, partyId, peerId, shareId } from '../worlds.ts';

const entry = { peerId: peerId(1), shareId: shareId(1), path: 'a/b' };

test('nodes, URIs and plain objects stand for entries', () => {
  assert.deepEqual(entryRefOf({ kind: 'entry', id: 'x', entry, info: file('b') }), entry);
  assert.deepEqual(entryRefOf({ kind: 'share', id: 'x', share: catalogShare(1), entry: { ...entry, path: '' } }), {
    ...entry,
    path: '',
  });
  assert.deepEqual(entryRefOf(uriPartsOf(entry)), entry);
  assert.deepEqual(entryRefOf(entry), entry);
});

test('ids come from nodes, objects and plain text', () => {
  assert.equal(partyIdOf({ kind: 'party', partyId: partyId(1) }), partyId(1));
  assert.equal(partyIdOf({ kind: 'note', parent: { partyId: partyId(1) } }), partyId(1));
  assert.equal(peerIdOf(peerId(1)), peerId(1));
  assert.equal(peerIdOf({ kind: 'peer', peerId: peerId(1) }), peerId(1));
  assert.equal(ownShareIdOf({ kind: 'ownShare', share: ownShare(1) }), shareId(1));
  assert.equal(downloadIdOf({ downloadId: downloadId(1) }), downloadId(1));
});

const wrong: unknown[] = [
  undefined,
  null,
  0,
  '',
  'x',
  [],
  {},
  { peerId: 5 },
  { entry: 'x' },
  { entry: { ...entry, path: '../x' } },
  { scheme: 'file', authority: '', path: '/etc' },
];
test('anything else stands for nothing', () => {
  for (const value of wrong) {
    assert.equal(entryRefOf(value), undefined);
    assert.equal(partyIdOf(value), undefined);
    // (A peer can be named by an entry of it, even by one whose path is wrong.)
    if (!JSON.stringify(value ?? null).includes(entry.peerId)) assert.equal(peerIdOf(value), undefined);
    assert.equal(ownShareIdOf(value), undefined);
    assert.equal(downloadIdOf(value), undefined);
  }
});

test('only folders of the disk can be shared', () => {
  assert.ok(localUriOf({ scheme: 'file', authority: '', path: '/x' }));
  for (const scheme of ['potluck', 'vscode-remote', 'http', 'untitled'])
    assert.equal(localUriOf({ scheme, authority: '', path: '/x' }), undefined);
});

test('a selection is bounded and skips what does not fit', () => {
  assert.deepEqual(
    selectionOf(entry, [entry, 'junk', { ...entry, path: 'c' }], entryRefOf).map(({ path }) => path),
    ['a/b', 'c'],
  );
  assert.deepEqual(selectionOf(entry, undefined, entryRefOf), [entry]);
  assert.equal(
    selectionOf(
      entry,
      Array.from({ length: 5000 }, () => entry),
      entryRefOf,
    ).length,
    limits.selection,
  );
});

test('a key is found in what people paste', () => {
  const key = peerId(7);
  for (const text of [key, ` ${key}\n`, key.toUpperCase(), `potluck://${key}/`, `${key.slice(0, 20)} ${key.slice(20)}`]) {
    assert.equal(pastedPeerId(text), key);
  }
  for (const text of ['', 'hello', key.slice(1), `${key}y`, `https://${key}`]) assert.equal(pastedPeerId(text), undefined);
});
