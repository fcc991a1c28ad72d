// What the command line says of own shares.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ShareInfo, SuspectReport } from '../../../../src/protocol/model.ts';
import { createCli, shareId } from '../world.ts';

const suspect = (path: string) => ({ path, sizeBytes: 1, kinds: ['aws-key' as const], line: 7 });
const found: SuspectReport = {
  suspects: [suspect('sub/a\u001b[2J\n.txt'), suspect('b.txt')],
  found: 2,
  readFiles: 9,
  unreadFiles: 30,
};
const photos: ShareInfo = {
  ...{ shareId: shareId('p'), title: 'Photos', path: '/photos', state: 'watching', addedAtMs: 0, skippedCounts: {} },
  ...{ fileCount: 2, folderCount: 0, totalBytes: 2, audience: { everyone: true, partyIds: [], peerIds: [] } },
};

test('what looks secret and is shared is told with the shares', async (t) => {
  const cli = await createCli(t, { 'shares/list': () => [{ ...photos, lateSecrets: found }, photos] });
  const { errors } = await cli.run(['shares']);
  assert.match(errors, /^Photos: sub\/a.*\.txt:7 and 1 more look secret, and are shared\./);
  assert.match(errors, /not looked into for secrets: 30 files\.\n$/);
  assert.ok(!errors.includes('\u001b'));
});

test('all that looks secret is left out by name, and nothing is shared when more of it comes', async (t) => {
  const preview = { secrets: found };
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const add = (): ShareInfo => {
    t.mock.timers.tick(600_000); // The folder is walked again first.
    return photos;
  };
  const cli = await createCli(t, { 'shares/preview': () => preview as never, 'shares/add': add });
  const { code } = await cli.run(['share', '/photos', '--leave-out', 'suspects', '--leave-out', 'b.txt', '--no-wait']);
  assert.equal(code, 0);
  const knownSecrets = found.suspects.map(({ path }) => path);
  const added = { path: '/photos', leaveOut: ['b.txt', 'sub/a\u001b[2J\n.txt'], knownSecrets };
  assert.deepEqual(cli.calls.at(-1), ['shares/add', added]);
});
