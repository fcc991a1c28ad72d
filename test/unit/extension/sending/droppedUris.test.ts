import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryLinksIn, linkText, localUrisIn, uriList, urisIn } from '../../../../src/extension/sending/droppedUris.ts';
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

test('paths of another machine are no files of this one, and what is no address is passed over', () => {
  const parse = (text: string) => {
    const [, scheme = '', path = ''] = /^([a-z-]+):\/\/[^/]*(\/.*)$/.exec(text) ?? assert.fail('none');
    return { scheme, path };
  };
  const fileOf = (path: string) => ({ scheme: 'file', path });
  const list = 'file:///a\r\nvscode-remote://ssh-remote+host/b\r\nfile:oops\r\npotluck://x/c\r\nhttps://example.com/d';
  const here = localUrisIn(list, { parse, fileOf, isRemote: false });
  assert.deepEqual(here, [{ scheme: 'file', path: '/a' }]);
  const there = localUrisIn(list, { parse, fileOf, isRemote: true });
  assert.deepEqual(there.at(-1), { scheme: 'file', path: '/b' });
});
