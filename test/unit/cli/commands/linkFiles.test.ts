// `potluck link create|show|get|verify`: what is asked of the sidecar, what is printed, what is refused.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import type { ContentId } from '../../../../src/protocol/ids.ts';
import type { LinkSummary } from '../../../../src/protocol/model.ts';
import { createCli, downloadId, ownId, peer, peerId, shareId } from '../world.ts';

const ann = peerId('an');
const photos = shareId('ph');
const browsing = {
  'peers/list': () => [peer(ann, { nickname: 'ann' })],
  'catalog/shares': () => [
    {
      ...{ peerId: ann, shareId: photos, title: 'Photos', isOwn: false, isOnline: true, indexState: 'ready' as const },
      ...{ bytesOnDisk: 0, fileCount: 1, folderCount: 0, totalBytes: 5 },
    },
  ],
};
const summary: LinkSummary = {
  ...{ form: 'link', title: 'Photos', kind: 'folder', fileCount: 2, totalBytes: 10, isComplete: true, warnings: [] },
  hints: { entries: [], parties: ['climbers'] },
};
const contentId = 'ab'.repeat(32) as ContentId;

test('link create writes a link, a torrent or a magnet', async (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'links-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const cli = await createCli(t, {
    ...browsing,
    'links/create': () => ({ text: '{"a link": 1}\n', summary }),
    'links/export': ({ as }) =>
      as === 'magnet' ? { text: 'magnet:?x', infoHash: contentId } : { torrentBase64: 'ZGU=', infoHash: contentId },
  });
  const plain = await cli.run(['link', 'create', 'ann/Photos', '--title', 'Mine', '--no-place', '--party', 'climbers']);
  assert.deepEqual([plain.code, plain.text], [0, '{"a link": 1}\n'], plain.errors);
  const [, params] = cli.calls.at(-1) ?? [];
  assert.partialDeepStrictEqual(params, {
    ...{
      entry: { peerId: ann, shareId: photos, path: '' },
      title: 'Mine',
      parties: ['climbers'],
      hasPlace: false,
      isAnnounced: false,
    },
  });
  const file = path.join(folder, 'x.torrent');
  assert.equal((await cli.run(['link', 'create', 'ann/Photos', '--torrent', '-o', file])).code, 0);
  assert.equal(readFileSync(file, 'utf8'), 'de');
  assert.equal((await cli.run(['link', 'create', 'ann/Photos', '--magnet'])).text, 'magnet:?x\n');
  const json = await cli.run(['link', 'create', 'ann/Photos', '--json']);
  assert.deepEqual(JSON.parse(json.text), { summary, text: '{"a link": 1}\n' });
  for (const wrong of [['--torrent'], ['--torrent', '--magnet', '-o', file], ['more']])
    assert.equal((await cli.run(['link', 'create', 'ann/Photos', ...wrong])).code, 2, wrong.join());
  assert.equal((await cli.run(['link', 'create', 'ann/Photos', '-o', path.join(folder, 'no', 'such')])).code, 1);
});

test('link show says what it leads to and where that is, names made safe', async (t) => {
  const file = { path: 'a\u001b\u202e.txt', sizeBytes: 5, contentId };
  const cli = await createCli(t, {
    'links/inspect': () => ({ summary: { ...summary, title: 'Pho\u202etos', creator: '\u001b[31mred' }, files: [file] }),
    'links/status': () => ({
      ...{ summary, lookedAt: 2, hereFiles: 1, hereBytes: 5, onlineFiles: 1, onlineBytes: 5, missingFiles: 0 },
      peers: [{ peerId: ann, name: 'ann', isOnline: true, files: 1 }],
      files: [{ ...file, holders: [], holderCount: 1, onlineCount: 1 }],
    }),
  });
  const shown = await cli.run(['link', 'show', '/l/photos.p2p']);
  assert.equal(shown.code, 0, shown.errors);
  assert.ok(!/[\u001b\u202e]/.test(shown.text));
  assert.match(shown.text, /1 here, 1 at 1 peer online, 0 nowhere now/);
  assert.match(shown.text, /1 peer +a\\x1b/);
  const [, params] = cli.calls.at(-1) ?? [];
  assert.partialDeepStrictEqual(params, { path: '/l/photos.p2p' });
  await cli.run(['link', 'show', 'magnet:?xt=urn:btmh:1220']);
  assert.partialDeepStrictEqual(cli.calls.at(-1)?.[1], { text: 'magnet:?xt=urn:btmh:1220' });
});

test('link get queues the link, or some files of it, and link verify tells differences apart by its exit code', async (t) => {
  const difference = { path: 'a', state: 'changed' as const };
  let differences = [difference];
  const cli = await createCli(t, {
    'links/download': () => ({
      ...{
        downloadId: downloadId('do'),
        entry: { peerId: ownId, shareId: photos, path: '' },
        kind: 'folder',
        name: 'Photos',
        state: 'queued',
      },
      ...{
        priority: 'normal',
        order: 1,
        place: 1,
        conflict: 'keep-both',
        destination: '/d/Photos',
        doneBytes: 0,
        totalBytes: 10,
        doneFiles: 0,
      },
      ...{ totalFiles: 2, reusedBytes: 0, skippedFiles: 0, bytesPerSecond: 0, sources: [], addedAtMs: 0, failedFiles: [] },
    }),
    'links/verify': () => ({
      ...{ sameFiles: 1, changedFiles: differences.length, missingFiles: 0, unreadableFiles: 0, checkedBytes: 5, differences },
    }),
  });
  const got = await cli.run(['link', 'get', '/l/photos.p2p', 'a', 'b/c', '--to', '/d', '--conflict', 'skip', '--no-wait']);
  assert.match(got.text, /\/d\/Photos/, got.errors);
  assert.deepEqual(cli.calls.at(-1), [
    'links/download',
    { path: '/l/photos.p2p', paths: ['a', 'b/c'], folder: '/d', conflict: 'skip' },
  ]);
  const wrong = await cli.run(['link', 'verify', '/l/photos.p2p', '/d']);
  assert.deepEqual([wrong.code, wrong.text], [9, 'changed     a\n']);
  differences = [];
  assert.equal((await cli.run(['link', 'verify', '/l/photos.p2p', '/d'])).code, 0);
  for (const args of [['get'], ['show'], ['show', 'a', 'b'], ['verify', 'a'], ['create'], []])
    assert.equal((await cli.run(['link', ...args])).code, 2, args.join());
});
