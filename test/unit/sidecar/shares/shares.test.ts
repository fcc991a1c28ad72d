import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, test } from 'node:test';
import NoiseSecretStream from '@hyperswarm/secret-stream';
import type { PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import { Feeds } from '../../../../src/sidecar/catalog/feeds/feeds.ts';
import type { IndexListener } from '../../../../src/sidecar/catalog/index/indexListener.ts';
import { silentLog } from '../../../../src/sidecar/log.ts';
import { Shares } from '../../../../src/sidecar/shares/shares.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { parseSafePath } from '../../../../src/sidecar/storage/safePath.ts';
import { signRemoval, verifyRemoval } from '../../../../src/sidecar/wire/announcement.ts';
import { until } from '../catalog/twoPeers.ts';

const keyPair = NoiseSecretStream.keyPair(Buffer.alloc(32, 4));
const ownPeerId = 'h'.repeat(51).concat('y') as PeerId;

let home: string;
let dataFolder: string;
let source: string;
let changes: EventEmitter;
let feeds: Feeds;
let database: Database;
let shares: Shares;
/** What the listener was told. */
let told: string[];
const listener: IndexListener = {
  indexed: (_, shareId) => told.push(`indexed ${shareId}`),
  changed: (_, shareId) => told.push(`changed ${shareId}`),
  gone: (_, shareId) => told.push(`gone ${shareId}`),
};

async function open(): Promise<void> {
  database = new Database(dataFolder);
  feeds = new Feeds({ folder: path.join(dataFolder, 'feeds'), log: silentLog });
  shares = new Shares({
    ...{ database, dataFolder, feeds, ownPeerId, listener, log: silentLog },
    signRemoval: (shareId, revision) => signRemoval({ shareId, revision }, keyPair),
    onChange: () => void changes.emit('changed'),
    onAnnouncement: () => void changes.emit('changed'),
  });
  await feeds.open();
  await shares.open();
}

async function close(): Promise<void> {
  await shares.close();
  await feeds.close();
  database.close();
}

beforeEach(async () => {
  home = realpathSync.native(mkdtempSync(path.join(tmpdir(), 'potluck-shares-')));
  dataFolder = path.join(home, 'data');
  source = path.join(home, 'source');
  mkdirSync(dataFolder);
  mkdirSync(path.join(source, 'sub'), { recursive: true });
  writeFileSync(path.join(source, 'a.txt'), 'aaa');
  writeFileSync(path.join(source, 'sub', 'b.txt'), 'bb');
  writeFileSync(path.join(source, '.env'), 'PASSWORD=1');
  changes = new EventEmitter();
  told = [];
  await open();
});

afterEach(async () => {
  await close();
  rmSync(home, { recursive: true, force: true });
});

async function add(): Promise<ShareId> {
  const { shareId } = await shares.add(source);
  await until(changes, () => shares.get(shareId)?.state !== 'scanning', 'scanned');
  return shareId;
}

test('a preview counts what would be shared and names what would not, and keeps nothing', async () => {
  const preview = await shares.preview(source, { signal: new AbortController().signal, onProgress: () => undefined });
  assert.equal(preview.path, source);
  assert.equal(preview.title, 'source');
  assert.deepEqual([preview.fileCount, preview.folderCount, preview.totalBytes], [2, 1, 5]);
  assert.deepEqual(preview.skipped, [{ path: '.env', reason: 'secret' }]);
  assert.deepEqual(
    preview.topLevel.map((entry) => `${entry.kind} ${entry.name}`),
    ['folder sub', 'file a.txt'],
  );
  assert.deepEqual(shares.list(), []);
  assert.deepEqual(readdirSync(path.join(dataFolder, 'index', 'own')), []);
});

test('a cancelled preview says so', async () => {
  const stop = new AbortController();
  const preview = shares.preview(source, { signal: stop.signal, onProgress: () => undefined });
  stop.abort();
  await assert.rejects(preview, { kind: 'cancelled' });
});

test('a share is scanned, announced, located, and remembered over a restart', async () => {
  const shareId = await add();
  const info = shares.get(shareId);
  assert.equal(info?.state, 'watching');
  assert.deepEqual([info.fileCount, info.folderCount, info.totalBytes], [2, 1, 5]);
  assert.deepEqual(info.skippedCounts, { secret: 1 });
  const [announcement] = shares.announcements();
  assert.equal(announcement?.feedLength, 2);
  assert.equal(announcement.encryptionKey.length, 32);
  const located = shares.locate(shareId, parseSafePath('sub/b.txt'));
  assert.equal(located?.absolutePath, path.join(source, 'sub', 'b.txt'));
  assert.equal(located.root, source);
  assert.equal(located.entry.sizeBytes, 2);
  assert.equal(shares.locate(shareId, parseSafePath('.env')), undefined, 'only what the index has');
  assert.equal(shares.locate(shareId, parseSafePath('sub/none')), undefined);

  await close();
  await open();
  assert.deepEqual(shares.announcements(), [announcement], 'announced again before the new scan is done');
  await until(changes, () => shares.get(shareId)?.state === 'watching', 'scanned again');
  assert.equal(shares.announcements()[0]?.feedLength, 2, 'nothing changed, nothing is appended');
  assert.ok(shares.feed(shareId));
});

test('folders that nobody means to share are refused', async () => {
  symlinkSync(dataFolder, path.join(home, 'link'), 'junction');
  mkdirSync(path.join(home, '.ssh', 'sub'), { recursive: true });
  mkdirSync(path.join(dataFolder, 'inside'));
  const refused = [
    path.parse(home).root,
    homedir(),
    dataFolder,
    home,
    path.join(dataFolder, 'inside'),
    path.join(home, 'link'),
    path.join(home, '.ssh', 'sub'),
  ];
  for (const folder of refused) await assert.rejects(shares.add(folder), { kind: 'permission-denied' }, folder);
  await assert.rejects(shares.add('relative'), { kind: 'invalid-argument' });
  await assert.rejects(shares.add(path.join(home, 'missing')), { kind: 'not-found' });
  await assert.rejects(shares.add(path.join(source, 'a.txt')), { kind: 'not-folder' });
  for (const title of ['', ' \n', 'x'.repeat(129)])
    await assert.rejects(shares.add(source, { title }), { kind: 'invalid-argument' });
  assert.deepEqual(shares.list(), []);
});

test('the same folder is shared once, by whatever path it is reached', async () => {
  await add();
  symlinkSync(source, path.join(home, 'other'), 'junction');
  await assert.rejects(shares.add(source), { kind: 'already-exists' });
  await assert.rejects(shares.add(path.join(home, 'other')), { kind: 'already-exists' });
});

test('a share whose folder is away fails with a reason, keeps its index, and comes back', async () => {
  const shareId = await add();
  renameSync(source, path.join(home, 'away'));
  const failed = await shares.rescan(shareId);
  assert.equal(failed.state, 'failed');
  assert.equal(failed.failure?.kind, 'not-found');
  assert.equal(shares.announcements().length, 1);
  symlinkSync(path.join(home, 'away'), source, 'junction');
  assert.equal((await shares.rescan(shareId)).failure?.kind, 'permission-denied', 'a link in its place is not followed');
  rmSync(source);
  renameSync(path.join(home, 'away'), source);
  assert.equal((await shares.rescan(shareId)).state, 'watching');
});

test('a scan that has no place for its index says so, and later ones work', async () => {
  const shareId = await add();
  const place = path.join(home, 'data', 'index', 'own');
  renameSync(place, `${place}-away`);
  writeFileSync(place, 'in the way');
  assert.equal((await shares.rescan(shareId)).state, 'failed');
  rmSync(place);
  renameSync(`${place}-away`, place);
  assert.equal((await shares.rescan(shareId)).state, 'watching');
});

test('a rescan finds what changed, and one that is asked for during another sees later changes', async () => {
  const shareId = await add();
  writeFileSync(path.join(source, 'c.txt'), 'c');
  const first = shares.rescan(shareId);
  writeFileSync(path.join(source, 'd.txt'), 'd');
  const [, second] = await Promise.all([first, shares.rescan(shareId)]);
  assert.equal(second.fileCount, 4);
  assert.equal(shares.announcements()[0]?.fileCount, 4);
});

test('renaming raises the revision only', async () => {
  const shareId = await add();
  const [before] = shares.announcements();
  assert.equal(shares.rename(shareId, '  Our\nphotos ').title, 'Our photos');
  const [after] = shares.announcements();
  assert.ok(before && after && after.revision > before.revision);
  assert.equal(after.feedLength, before.feedLength);
  assert.throws(() => shares.rename(shareId, ''), { kind: 'invalid-argument' });
});

test('removing deletes index and feed, and leaves the folder alone', async () => {
  const shareId = await add();
  await shares.remove(shareId);
  assert.deepEqual(shares.list(), []);
  assert.deepEqual(shares.announcements(), []);
  assert.deepEqual(readdirSync(path.join(dataFolder, 'index', 'own')), []);
  assert.ok(existsSync(path.join(source, '.env')));
  assert.throws(() => shares.rename(shareId, 'x'), { kind: 'not-found' });
  await add();
});

test('a removal is signed, remembered over a restart, and told with a revision above the last', async () => {
  const shareId = await add();
  const [before] = shares.announcements();
  await shares.remove(shareId);
  await close();
  await open();
  const removals = shares.removals().map(({ signed }) => verifyRemoval(signed, keyPair.publicKey));
  assert.deepEqual(removals, [{ shareId, revision: (before?.revision ?? 0) + 1 }]);
  database.run('UPDATE shareRemoval SET removedAtMs = removedAtMs - 91 * 86400000');
  assert.deepEqual(shares.removals(), [], 'too old');
});

test('who listens is told of a new index, at every start, and of its end', async () => {
  const shareId = await add();
  assert.deepEqual(told.splice(0), [`indexed ${shareId}`]);
  await close();
  await open();
  assert.deepEqual(told.splice(0), [`indexed ${shareId}`]);
  await shares.remove(shareId);
  assert.deepEqual(told, [`gone ${shareId}`]);
});

test('a paused share stands still over restarts, stays offered, and finds what changed when it goes on', async () => {
  const shareId = await add();
  assert.equal(shares.pause(shareId).state, 'paused');
  writeFileSync(path.join(source, 'late.txt'), 'late');
  writeFileSync(path.join(source, 'a.txt'), 'AAA'); // in place: no folder time tells of it
  await close();
  await open();
  assert.equal(shares.get(shareId)?.state, 'paused');
  assert.equal(shares.announcements()[0]?.fileCount, 2);
  const before = shares.view(shareId)?.stat(parseSafePath('a.txt'))?.mtimeMs;
  assert.notEqual(shares.resume(shareId).state, 'paused');
  await until(changes, () => shares.get(shareId)?.fileCount === 3, 'the new file is there');
  assert.notEqual(shares.view(shareId)?.stat(parseSafePath('a.txt'))?.mtimeMs, before);
});

test('a rescan ends a pause', async () => {
  const shareId = await add();
  shares.pause(shareId);
  writeFileSync(path.join(source, 'late.txt'), 'late');
  const info = await shares.rescan(shareId);
  assert.equal(info.state, 'watching');
  assert.equal(info.fileCount, 3);
});

test('a scan that is cancelled pauses the share with the index of before', async () => {
  const { shareId } = await shares.add(source);
  assert.equal(shares.get(shareId)?.state, 'scanning');
  assert.equal(shares.cancelScan(shareId).state, 'paused');
  assert.deepEqual(shares.announcements(), []);
  assert.equal((await shares.rescan(shareId)).fileCount, 2);
  writeFileSync(path.join(source, 'late.txt'), 'late');
  shares.pause(shareId);
  const scanned = shares.rescan(shareId);
  shares.cancelScan(shareId);
  assert.equal((await scanned).state, 'paused');
  assert.equal(shares.get(shareId)?.fileCount, 2);
  shares.resume(shareId);
  await until(changes, () => shares.get(shareId)?.fileCount === 3, 'scanned after all');
});

test('a damaged or missing segment is made anew from the feed, without looking at the folder', async () => {
  const shareId = await add();
  shares.pause(shareId);
  const segment = shares.view(shareId)?.segment.path ?? '';
  await close();
  rmSync(segment);
  await open();
  assert.equal(shares.view(shareId)?.stat(parseSafePath('sub/b.txt'))?.sizeBytes, 2);
  assert.ok(existsSync(segment));
});

test('a share that is removed while it is scanned leaves nothing', async () => {
  const { shareId } = await shares.add(source);
  await shares.remove(shareId);
  assert.deepEqual(readdirSync(path.join(dataFolder, 'index', 'own')), []);
  assert.deepEqual(shares.list(), []);
});

test('a feed that lost its end begins anew under another key', async () => {
  const shareId = await add();
  const [before] = shares.announcements();
  await close();
  rmSync(path.join(dataFolder, 'feeds'), { recursive: true });
  await open();
  await until(changes, () => shares.get(shareId)?.state === 'watching', 'scanned again');
  const [after] = shares.announcements();
  assert.ok(before && after && after.revision > before.revision);
  assert.notDeepEqual(after.feedKey, before.feedKey);
});
