import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import type { Comparison } from '../../../../src/protocol/compare.ts';
import type { DropBox, IncomingOffer } from '../../../../src/protocol/sending.ts';
import { createCli, ownId, partyId, peer, peerId } from '../world.ts';

const offer: IncomingOffer = {
  ...{ offerId: 'y'.repeat(26) as IncomingOffer['offerId'], peerId: ownId, name: 'ann', derivedName: 'amber-otter' },
  ...{ text: 'for \u001b[31myou', items: [{ name: 'a\u202eb.txt', kind: 'file', fileCount: 1, sizeBytes: 5 }], fileCount: 1 },
  ...{ folderCount: 0, totalBytes: 5, expiresAtMs: 1, isOnline: true, state: 'offered', receivedAtMs: 1, downloadIds: [] },
};

test('the inbox shows offers without what could harm a terminal, and accepts one by the beginning of its id', async (t) => {
  const cli = await createCli(t, {
    'inbox/list': () => [offer],
    'inbox/accept': () => ({ ...offer, state: 'accepted', folder: '/there' }),
  });
  const { text, code } = await cli.run(['inbox']);
  assert.equal(code, 0);
  assert.match(text, /ann/);
  assert.doesNotMatch(text, /[\u001b\u202e]/);
  const accepted = await cli.run(['inbox', 'accept', 'yyyy', '--to', 'here', '--conflict', 'skip']);
  assert.equal(accepted.code, 0);
  const [, params] = cli.calls.find(([method]) => method === 'inbox/accept') ?? assert.fail();
  assert.deepEqual(
    { ...params, folder: path.basename(String('folder' in params ? params.folder : '')) },
    {
      ...{ peerId: offer.peerId, offerId: offer.offerId, folder: 'here', conflict: 'skip' },
    },
  );
  assert.equal((await cli.run(['inbox', 'accept', 'zzzz'])).code, 2);
  assert.equal((await cli.run(['inbox', 'eat', 'yyyy'])).code, 2);
});

test('a drop box takes the parties and peers that are named, several too, and is listed by their names', async (t) => {
  const [ann, ben] = [peerId('ann'), peerId('ben')];
  const techno = partyId('tech');
  let box: DropBox | undefined;
  const cli = await createCli(t, {
    'peers/list': () => [peer(ann, { petname: 'Ann' }), peer(ben, { petname: 'Ben' })],
    'parties/list': () => [{ partyId: techno, name: 'techno', state: 'joined', joinedAtMs: 0, peersOnline: 0, isPublic: true }],
    'dropBoxes/set': (fields) => {
      box = { ...(fields as unknown as DropBox), dropBoxId: 'box12345', usedBytes: 0, addedAtMs: 1 };
      return box;
    },
    'dropBoxes/list': () => (box === undefined ? [] : [box]),
  });
  const added = await cli.run(['dropbox', 'add', 'here', '--quota', '2M', '--peer', 'Ann', '--peer', 'Ben', '-p', 'techno']);
  assert.equal(added.code, 0, added.errors);
  assert.deepEqual(box?.audience, { everyone: false, partyIds: [techno], peerIds: [ann, ben] });
  assert.match((await cli.run(['dropbox'])).text, /party "techno"; Ann, Ben/);
  assert.equal((await cli.run(['dropbox', 'add', 'here', '--quota', '2M'])).code, 0);
  assert.equal(box.audience.everyone, true);
});

test('compare tells each difference on a line, and ends with 9 when there is one', async (t) => {
  const none = { files: 0, bytes: 0 };
  const comparison: Comparison = {
    ...{
      compareId: 'one',
      left: { folder: '/a' },
      right: { folder: '/b' },
      leftTotal: none,
      rightTotal: none,
      skipped: 0,
      unresolved: 0,
    },
    totals: {
      same: none,
      'likely-same': none,
      changed: { files: 1, bytes: 5 },
      'only-left': none,
      'only-right': none,
      moved: { files: 1, bytes: 1 },
    },
    folders: { onlyLeft: 0, onlyRight: 0 },
  };
  const cli = await createCli(t, {
    'compare/start': () => comparison,
    'compare/page': () => ({
      entries: [
        { path: 'x', kind: 'file', state: 'changed', isLikely: true },
        { path: 'new\nline', kind: 'file', state: 'moved', movedFrom: 'old' },
      ],
      total: 2,
    }),
    'compare/close': () => ({}),
  });
  const { text, code } = await cli.run(['compare', './a', './b']);
  assert.equal(code, 9);
  assert.equal(text, '! x  (by its time)\n→ new\\nline  (was old)\n');
  assert.deepEqual(
    cli.calls.map(([method]) => method),
    ['compare/start', 'compare/page', 'compare/close'],
  );
  assert.equal((await cli.run(['compare', './a'])).code, 2);
});
