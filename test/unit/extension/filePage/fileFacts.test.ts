import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { ContentId } from '../../../../src/protocol/ids.ts';
import type { DownloadMark, EntryRef } from '../../../../src/protocol/model.ts';
import { fileFacts, fileFactsAgain } from '../../../../src/extension/filePage/fileFacts.ts';
import { Sidecar, type Connection } from '../../../../src/extension/sidecar.ts';
import { World } from '../../../../src/extension/world.ts';
import { catalogShare, download, downloadId, file, ownShare, peer, peerId, shareId } from '../worlds.ts';

const me = peerId(1);
const contentId = 'ab'.repeat(32) as ContentId;
const entry: EntryRef = { peerId: peerId(2), shareId: shareId(2), path: 'soup/lentils.md' };
const elsewhere: EntryRef = { peerId: peerId(3), shareId: shareId(3), path: 'old.md' };
const mine: EntryRef = { peerId: me, shareId: shareId(1), path: 'kept.md' };

/** Ada (2) lists the file, Ben (3) and we the same content. */
function answering(more: Record<string, unknown> = {}) {
  const asked: [string, unknown][] = [];
  const answers: Record<string, unknown> = {
    'catalog/stat': file('lentils.md', 10),
    'catalog/shares': [
      catalogShare(2, { peerId: peerId(2), shareId: shareId(2), title: 'Table' }),
      catalogShare(3, { peerId: peerId(3), shareId: shareId(3), title: 'Attic' }),
      catalogShare(1, { peerId: me, shareId: shareId(1), title: 'Mine', isOwn: true }),
    ],
    'catalog/details': { contentId, fields: {} },
    'catalog/holders': [elsewhere, entry, mine],
    'peers/list': [peer(2, { name: 'Ada', isOnline: true }), peer(3, { name: 'Ben', isOnline: false })],
    'shares/list': [ownShare(1, { shareId: shareId(1), path: '/share' })],
    'transfers/history': { entries: [], total: 0 },
    'downloads/marks': ((): DownloadMark[] => [
      { state: 'stale', localPath: '/d/lentils.md' },
      { state: 'none' },
      { state: 'none' },
    ])(),
    ...more,
  };
  const connection = {
    ...{ peerId: me, sidecarPid: 1 },
    request: (method: string, params: unknown) => {
      asked.push([method, params]);
      const answer = answers[method] ?? [];
      return answer instanceof AppError ? Promise.reject(answer) : Promise.resolve(answer);
    },
    on: () => ({ dispose: () => undefined }),
    onClose: () => ({ dispose: () => undefined }),
    dispose: () => undefined,
  } as unknown as Connection;
  const sidecar = new Sidecar(() => Promise.resolve(connection));
  return { sidecar, world: new World(sidecar), asked, answers };
}

test('each holder is named with its share and path there, and each copy on this machine', async () => {
  const sources = answering({ 'downloads/list': [] });
  const facts = await fileFacts(entry, sources);
  assert.deepEqual(
    facts.holders.map(({ peerName, path, isOwn, isOnline }) => [isOwn ? 'me' : peerName, path.join('/'), isOnline]),
    [
      ['me', 'Mine/kept.md', true],
      ['Ada', 'Table/soup/lentils.md', true],
      ['Ben', 'Attic/old.md', false],
    ],
  );
  assert.deepEqual(facts.copies, [
    { path: '/share/kept.md', isStale: false },
    { path: '/d/lentils.md', isStale: true },
  ]);
  assert.equal(facts.contentId, contentId);
  assert.match(facts.link, new RegExp(contentId));
  const [, params] = sources.asked.find(([method]) => method === 'transfers/history') ?? [];
  assert.deepEqual(params, { entry, contentId, limit: 20 });
});

test('an id that the file cannot have is not looked for, and keeps the page from nothing', async () => {
  const zeros = '0'.repeat(64) as ContentId;
  for (const [sizeBytes, told] of [
    [10, zeros],
    [0, contentId],
  ] as const) {
    const sources = answering({ 'catalog/stat': file('x', sizeBytes), 'catalog/details': { contentId: told, fields: {} } });
    const facts = await fileFacts(entry, sources);
    assert.equal(facts.wrongContentId, told);
    assert.equal(facts.contentId, undefined);
    assert.deepEqual(facts.holders.length, 1);
    assert.ok(!sources.asked.some(([method]) => method === 'catalog/holders'));
  }
});

test('of a folder what was downloaded whole is a copy', async () => {
  const folder = { ...entry, path: 'soup' };
  const done = download(1, { kind: 'folder', state: 'done', entry: folder, destination: '/d/soup' });
  const sources = answering({
    ...{ 'catalog/stat': { ...file('soup'), kind: 'folder' }, 'catalog/list': { entries: [], total: 4 } },
    ...{
      'downloads/list': [done, download(2, { ...done, downloadId: downloadId(2), state: 'running', destination: '/d/other' })],
      'downloads/marks': [{ state: 'none' }],
    },
  });
  const facts = await fileFacts(folder, sources);
  assert.equal(facts.entryCount, 4);
  assert.deepEqual(facts.copies, [{ path: '/d/soup', isStale: false }]);
});

test('drawn again, an entry that is gone keeps what was known and says so; while the sidecar is away nothing changes', async () => {
  const sources = answering();
  const facts = await fileFacts(entry, sources);
  sources.answers['catalog/stat'] = new AppError('unavailable', 'away');
  assert.equal(await fileFactsAgain(facts, sources), facts);
  sources.answers['catalog/stat'] = new AppError('not-found', 'gone');
  assert.deepEqual(await fileFactsAgain(facts, sources), { ...facts, isGone: true });
  sources.answers['catalog/stat'] = file('lentils.md', 10);
  assert.deepEqual(await fileFactsAgain({ ...facts, isGone: true }, sources), facts);
});
