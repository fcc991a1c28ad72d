// Files that look secret and that no preview showed: not shared with the first yes, and told where they are shared.

import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import { Feeds } from '../../../../src/sidecar/catalog/feeds/feeds.ts';
import { indexLimits } from '../../../../src/sidecar/limits.ts';
import { silentLog } from '../../../../src/sidecar/log.ts';
import { Shares } from '../../../../src/sidecar/shares/shares.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { until } from '../catalog/twoPeers.ts';

const secret = `-----BEGIN ${'PRIVATE'} KEY-----\n`;
const ownPeerId = 'h'.repeat(51).concat('y') as PeerId;

async function world(t: TestContext) {
  const home = realpathSync.native(mkdtempSync(path.join(tmpdir(), 'potluck-new-secrets-')));
  const [dataFolder, source] = [path.join(home, 'data'), path.join(home, 'source')];
  for (const folder of [dataFolder, source]) mkdirSync(folder);
  const changes = new EventEmitter();
  const database = new Database(dataFolder);
  const feeds = new Feeds({ folder: path.join(dataFolder, 'feeds'), log: silentLog });
  const shares = new Shares({
    ...{ database, dataFolder, feeds, ownPeerId, log: silentLog },
    onChange: () => void changes.emit('changed'),
  });
  t.after(async () => {
    await shares.close();
    await feeds.close();
    database.close();
    rmSync(home, { recursive: true, force: true });
  });
  await feeds.open();
  await shares.open();
  const write = (name: string, text = secret): void => writeFileSync(path.join(source, name), text);
  const told = (shareId: ShareId) => shares.get(shareId)?.lateSecrets?.suspects.map((each) => each.path);
  const tells = (shareId: ShareId, names: string[]) =>
    until(changes, () => told(shareId)?.join() === names.join(), `${names.join()} is told`);
  const watched = (shareId: ShareId) => until(changes, () => shares.get(shareId)?.watch !== undefined, 'it is watched');
  write('plain.txt', 'nothing');
  write('known.txt');
  return { shares, source, write, told, tells, watched };
}

test('what looks secret and came after the preview is not shared before somebody said yes to it', async (t) => {
  const { shares, source, write, tells, watched } = await world(t);
  const preview = await shares.preview(source, { signal: new AbortController().signal, onProgress: () => undefined });
  const knownSecrets = preview.secrets.suspects.map((each) => each.path);
  assert.deepEqual(knownSecrets, ['known.txt']);
  write('came.txt');
  await assert.rejects(shares.add(source, { knownSecrets }), { kind: 'changed', data: { path: 'came.txt' } });
  assert.deepEqual(shares.list(), []);
  const { shareId } = await shares.add(source, { knownSecrets: ['came.txt', 'known.txt'] });
  await watched(shareId);
  // Read in order: what comes now is told after all that the first walk would have.
  write('later.txt');
  await tells(shareId, ['later.txt']);
});

test('a first walk tells what looks secret where nobody was shown it', async (t) => {
  const { shares, source, tells } = await world(t);
  const { shareId } = await shares.add(source);
  await tells(shareId, ['known.txt']);
});

test('a walk that finds too much for a step tells what is new in it, and forgets what is gone', async (t) => {
  const { shares, source, write, tells, watched } = await world(t);
  const { shareId } = await shares.add(source, { knownSecrets: ['known.txt'] });
  await watched(shareId);
  write('gone.txt');
  await tells(shareId, ['gone.txt']);
  shares.pause(shareId);
  rmSync(path.join(source, 'gone.txt'));
  for (let at = 0; at <= indexLimits.deltaEntries; at++) write(`many${at}`, '');
  write('came.txt');
  shares.resume(shareId);
  await tells(shareId, ['came.txt']);
  assert.equal(shares.get(shareId)?.lateSecrets?.unreadFiles, 0);
});
