import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryLinksIn, linkText, uriList, urisIn } from '../../../../src/extension/sending/droppedUris.ts';
import type { PeerId, ShareId } from '../../../../src/protocol/ids.ts';

const base = { peerId: 'y'.repeat(52) as PeerId, shareId: 'b'.repeat(26) as ShareId };

test('what is dragged is read back when it is dropped', () => {
  const entries = ['a.md', 'b c/ü.md', ''].map((path) => ({ ...base, path }));
  assert.deepEqual(
    entryLinksIn(uriList(entries)).map(({ entry }) => entry),
    entries,
  );
});

test('comments, other schemes and hostile lists are passed over', () => {
  assert.deepEqual(urisIn('# a comment\r\nfile:///a\r\n\r\nfile:///b'), ['file:///a', 'file:///b']);
  assert.deepEqual(entryLinksIn('file:///etc/passwd\ncommand:x\npotluck://short/x'), []);
  assert.equal(urisIn('file:///a\n'.repeat(1_000_000)).length, 200);
});

test('a name in Markdown cannot become anything else', () => {
  const link = { entry: { ...base, path: 'x](command:evil)![y](https://z)<script>`$(' } };
  const text = linkText([link], 'markdown');
  const label = text.slice(1, text.lastIndexOf(']('));
  assert.doesNotMatch(label, /(?<!\\)[[\]()<>`]/);
  assert.equal(linkText([{ entry: { ...base, path: 'a.txt' } }], 'plaintext'), `potluck://${base.peerId}/${base.shareId}/a.txt`);
});
