import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filePage, pageCommands, type FileFacts } from '../../../../src/extension/filePage/filePage.ts';
import type { ContentId, PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import type { HistoryEntry } from '../../../../src/protocol/model.ts';
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
    holders: [
      { peerName: 'Ada', path: ['Table', 'soup', 'lentils.md'], isOwn: false, isOnline: true },
      { peerName: 'Ben', path: ['Attic', 'old.md'], isOwn: false, isOnline: false },
    ],
    mayHaveMore: false,
    copies: [
      { path: '/home/me/lentils.md', isStale: false },
      { path: '/home/me/old.md', isStale: true },
    ],
    history: [],
    historyTotal: 0,
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
    'Attic › old.md',
    '/home/me/lentils.md<',
    '/home/me/old.md (its owner has changed it since)',
    'No transfer of it is remembered.',
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
      holders: [{ peerName: evil, path: [evil, evil], isOwn: false, isOnline: false }],
      copies: [{ path: evil, isStale: true }],
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

test('its links are copied, saved and made magnets of, each by the command that does it everywhere', () => {
  const page = filePage(facts(), 'n', 0);
  const given = (command: string): unknown => {
    const [, text = ''] = new RegExp(`href="command:${command}\\?([^"]*)"`).exec(page) ?? [];
    return JSON.parse(decodeURIComponent(text.replaceAll('&#39;', "'")));
  };
  assert.deepEqual(given('potluck.link.copy'), ['potluck://x']);
  assert.deepEqual(given('potluck.link.copyDeep'), ['potluck://x']);
  for (const command of ['create', 'copyMagnet', 'saveTorrent'])
    assert.deepEqual(given(`potluck.link.${command}`), [{ peerId, shareId, path: 'soup/lentils.md' }]);
  // A link is opened by Enter; what calls itself a button would have to take Space as well.
  assert.ok(!page.includes('role="button"'));
});

test('the history says what it knows: of folders above only that files of them moved', () => {
  const moved: HistoryEntry = {
    ...{ direction: 'download', peerId, peerName: 'Ada', shareId, path: 'soup', kind: 'folder', outcome: 'done' },
    ...{ bytes: 9, files: 2, startedAtMs: 0, endedAtMs: 0 },
  };
  const own: HistoryEntry = { ...moved, direction: 'upload', peerName: 'Ben', path: 'soup/lentils.md', kind: 'file' };
  const page = filePage(facts({ history: [moved, own], historyTotal: 7 }), 'n', 0);
  for (const said of ['Files of soup downloaded from Ada', 'Given to Ben', '… 5 more']) assert.ok(page.includes(said), said);
});

test('an entry that is gone says so, and an id that no such file can have is no id', () => {
  const { contentId: _, ...rest } = facts();
  const page = filePage({ ...rest, isGone: true, wrongContentId: '0'.repeat(64) as ContentId }, 'n', 0);
  assert.ok(page.includes('It is not listed any more.') && page.includes('0: no file of this size has it'));
});
