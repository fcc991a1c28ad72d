// The commands of storage and pieces: what they show, hostile names made safe.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StorageUsage } from '../../../../src/protocol/boardRequests.ts';
import { catalogShare, createCli, peer, peerId, shareId } from '../world.ts';

const ann = peerId('annaann');
const photos = shareId('photo');
const entry = { peerId: ann, shareId: photos, path: 'a/b.iso' };

test('storage says what of the disk is whose', async (t) => {
  const usage: StorageUsage = {
    dataFolder: '/data',
    downloadFolder: '/downloads',
    parts: [
      { kind: 'cache', bytes: 2048, files: 3 },
      { kind: 'partial', bytes: 1024, files: 1 },
    ],
    isWhole: false,
    freeBytes: 4096,
    measuredAtMs: 1,
  };
  const cli = await createCli(t, { 'storage/usage': () => usage });
  const run = await cli.run(['storage']);
  assert.equal(run.code, 0, run.errors);
  assert.match(run.text, /opened files \(cache\) +2\.0 KB +3\n/);
  assert.match(run.errors, /More than 3\.0 KB in \/data and \/downloads\..*4\.0 KB are free/s);
  assert.deepEqual(JSON.parse((await cli.run(['storage', '--json'])).text), usage);
});

test('pieces draws who gave what, and who sent wrong data', async (t) => {
  const map = {
    entry,
    sizeBytes: 70 * 16_384,
    cellBytes: 16_384,
    isRunning: true,
    sources: [
      { peerId: ann, name: 'ann', goodBytes: 32_768, badBytes: 0 },
      { peerId: ann, name: 'b\u202eob\u001b[2J', goodBytes: 1024, badBytes: 16_384 },
    ],
    done: [100, 100, 40, 100, ...Array.from({ length: 66 }, () => 0)],
    from: [0, 0, 1, -1, ...Array.from({ length: 66 }, () => -1)],
    bad: [{ cell: 2, source: 1 }],
  };
  const cli = await createCli(t, {
    'peers/list': () => [peer(ann, { nickname: 'ann' })],
    'catalog/shares': () => [catalogShare(ann, photos, 'Photos')],
    'pieces/get': ({ entry: asked }) => (JSON.stringify(asked).includes('b.iso') ? [map] : []),
  });
  const run = await cli.run(['pieces', 'ann/Photos/a/b.iso']);
  assert.equal(run.code, 0, run.errors);
  assert.deepEqual(cli.calls.at(-1), ['pieces/get', { entry }]);
  const lines = run.text.split('\n');
  assert.equal(lines[1], `  AAb#${'.'.repeat(60)}`);
  assert.equal(lines[2], `  ${'.'.repeat(6)}`);
  assert.match(run.text, /A {2}ann gave 32 KB\n/);
  assert.match(run.text, /gave 1\.0 KB, and 16 KB of wrong data in 1 stretch/);
  assert.doesNotMatch(run.text, /[\u202e\u001b]/);
  assert.match((await cli.run(['pieces', 'ann/Photos/other'])).errors, /Nothing of it came/);
  assert.equal((await cli.run(['pieces', 'ann'])).code, 2);
});
