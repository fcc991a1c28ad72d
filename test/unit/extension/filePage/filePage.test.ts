import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filePage, pageCommands, type FileFacts } from '../../../../src/extension/filePage/filePage.ts';
import type { ContentId, PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import { policyOf } from '../policy.ts';

const peerId = 'y'.repeat(52) as PeerId;
const shareId = 'y'.repeat(26) as ShareId;
const contentId = 'ab'.repeat(32) as ContentId;

function facts(change: Partial<FileFacts> = {}): FileFacts {
  const entry = { peerId, shareId, path: 'soup/lentils.md' };
  return {
    entry,
    name: 'lentils.md',
    kind: 'file',
    sizeBytes: 1234,
    mtimeMs: 0,
    owner: { name: 'Ada', isOwn: false, isOnline: true },
    shareTitle: 'Table',
    contentId,
    holders: [{ peerName: 'Ada', where: 'soup/lentils.md', isOwn: false, isOnline: true }],
    holderCount: 3,
    copies: ['/home/me/lentils.md'],
    history: [],
    link: 'potluck://x',
    ...change,
  };
}

test('the page says what is known of a file', () => {
  const page = filePage(facts(), 'n', 0);
  for (const said of [
    'lentils.md',
    'Ada › Table › soup',
    '1.2 KB',
    contentId,
    '… 2 more',
    '/home/me/lentils.md',
    'potluck://x',
    'online',
  ])
    assert.ok(page.includes(said), said);
  assert.match(policyOf(page), /^default-src 'none'; style-src 'nonce-n'; /);
  assert.ok(!page.includes('<script'));
});

test('nothing that a peer wrote becomes markup, a link or a command', () => {
  const evil = `"><img src=x onerror=alert(1)><a href="command:x">$(bell) [a](command:b)\u202egnp.exe`;
  const page = filePage(
    facts({
      name: evil,
      entry: { peerId, shareId, path: evil },
      owner: { name: evil, isOwn: false, isOnline: false },
      shareTitle: evil,
      holders: [{ peerName: evil, where: evil, isOwn: false, isOnline: false }],
      copies: [evil],
      link: evil,
      details: { mime: evil, fields: { text: `${evil}\n${evil}`, title: evil } },
      history: [
        {
          direction: 'upload',
          peerId,
          peerName: evil,
          shareId,
          path: evil,
          kind: 'file',
          outcome: 'done',
          bytes: 1,
          files: 1,
          startedAtMs: 0,
          endedAtMs: 0,
        },
      ],
    }),
    'n',
    0,
  );
  assert.ok(!page.includes('<img') && !page.includes('\u202e'));
  const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href ?? '');
  for (const href of links)
    assert.ok(
      pageCommands.some((command) => href.startsWith(`command:${command}?`)),
      href,
    );
  // What commands are handed is the entry, as it is.
  const [first = ''] = links;
  assert.deepEqual(JSON.parse(decodeURIComponent(first.slice(first.indexOf('?') + 1))), [{ peerId, shareId, path: evil }]);
});

test('own files are not offered for download', () => {
  const page = filePage(facts({ owner: { name: 'me', isOwn: true, isOnline: true } }), 'n', 0);
  assert.ok(!page.includes('potluck.entry.download') && !page.includes('potluck.compare'));
});
