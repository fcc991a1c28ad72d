// An own share that follows its folder: what changes on disk is in view, feed and row, also after crashes and failures of the disk.

import assert from 'node:assert/strict';
import Hypercore from 'hypercore';
import { randomBytes } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test, type TestContext } from 'node:test';
import type { PeerId, ShareId } from '../../../../src/protocol/ids.ts';
import { Feeds } from '../../../../src/sidecar/catalog/feeds/feeds.ts';
import { blockKind, decodeDelta } from '../../../../src/sidecar/catalog/index/delta.ts';
import { createLog } from '../../../../src/sidecar/log.ts';
import { Shares } from '../../../../src/sidecar/shares/shares.ts';
import { walk } from '../../../../src/sidecar/shares/walk.ts';
import { Database } from '../../../../src/sidecar/storage/database.ts';
import { parseSafePath } from '../../../../src/sidecar/storage/safePath.ts';
import { until } from '../catalog/twoPeers.ts';
import { pathsOf } from './walked.ts';

const ownPeerId = 'h'.repeat(51).concat('y') as PeerId;

let home: string;
let dataFolder: string;
let source: string;
let changes: EventEmitter;
let log: string[];
let feeds: Feeds;
let database: Database;
let shares: Shares;

async function open(): Promise<void> {
  const changed = (): void => void changes.emit('changed');
  const testLog = createLog((entry) => {
    log.push(entry.message);
    changed();
  });
  database = new Database(dataFolder);
  feeds = new Feeds({ folder: path.join(dataFolder, 'feeds'), log: testLog });
  shares = new Shares({
    ...{ database, dataFolder, feeds, ownPeerId, log: testLog },
    onChange: changed,
    onAnnouncement: changed,
  });
  await feeds.open();
  await shares.open();
}

async function close(): Promise<void> {
  await shares.close();
  await feeds.close();
  database.close();
}

async function reopen(between: () => void = () => undefined): Promise<void> {
  await close();
  between();
  await open();
}

beforeEach(async () => {
  home = realpathSync.native(mkdtempSync(path.join(tmpdir(), 'potluck-own-')));
  dataFolder = path.join(home, 'data');
  source = path.join(home, 'source');
  mkdirSync(dataFolder);
  mkdirSync(path.join(source, 'sub'), { recursive: true });
  writeFileSync(path.join(source, 'a.txt'), 'aaa');
  writeFileSync(path.join(source, 'sub', 'b.txt'), 'bb');
  changes = new EventEmitter();
  log = [];
  await open();
});

afterEach(async () => {
  await close();
  rmSync(home, { recursive: true, force: true });
});

async function add(): Promise<ShareId> {
  const { shareId } = await shares.add(source);
  await watching(shareId);
  return shareId;
}

/** Scanned, checked, and told so by the watcher. */
async function watching(shareId: ShareId): Promise<void> {
  await until(changes, () => shares.get(shareId)?.watch !== undefined, 'the folder is watched').catch((error: unknown) => {
    throw new Error(`${JSON.stringify(shares.get(shareId))} ${log.join('; ')}`, { cause: error });
  });
}

/** The index has what a walk finds now, counts included; and so has one that is opened from the disk. */
async function assertFollows(shareId: ShareId): Promise<void> {
  const isLevel = (): boolean => JSON.stringify(indexed(shareId)) === JSON.stringify(onDisk());
  await until(changes, isLevel, 'the index is as the disk');
  await until(changes, () => shares.announcements()[0]?.fileCount === onDisk().fileCount, 'it is announced');
}

function onDisk(): { fileCount: number; folderCount: number; totalBytes: number; paths: string[] } {
  const { files, folders, result } = pathsOf((sink) => walk(source, sink, { onProgress: () => undefined }));
  const { fileCount, folderCount, totalBytes } = result;
  return { fileCount, folderCount, totalBytes, paths: [...files, ...folders].sort() };
}

function indexed(shareId: ShareId): ReturnType<typeof onDisk> {
  const info = shares.get(shareId);
  const view = shares.view(shareId);
  const paths = [...(view?.walk(parseSafePath('')) ?? [])].map((found) => found.path).sort();
  return { fileCount: info?.fileCount ?? -1, folderCount: info?.folderCount ?? -1, totalBytes: info?.totalBytes ?? -1, paths };
}

function feedOf(shareId: ShareId): Hypercore {
  const core = shares.feed(shareId);
  assert.ok(core instanceof Hypercore);
  return core;
}

/** Names that hardly compress: 1,300 of them outgrow the snapshot of a small share. */
function writeMany(count: number): void {
  for (let index = 0; index < count; index++) writeFileSync(path.join(source, randomBytes(50).toString('hex')), '');
}

async function kinds(shareId: ShareId): Promise<string[]> {
  const core = feedOf(shareId);
  const found: string[] = [];
  for (let index = 0; index < core.length; index++) {
    const block = await core.get(index, { wait: false });
    found.push(block === null ? 'gone' : blockKind(block));
  }
  return found;
}

test('what changes on disk goes out as deltas after the snapshot, and is there after a restart', async () => {
  const shareId = await add();
  assert.deepEqual(await kinds(shareId), ['chunk', 'head']);
  const [before] = shares.announcements();
  writeFileSync(path.join(source, 'new.txt'), 'new');
  mkdirSync(path.join(source, 'more', 'deep'), { recursive: true });
  writeFileSync(path.join(source, 'more', 'deep', 'c.txt'), 'c');
  rmSync(path.join(source, 'sub'), { recursive: true });
  await assertFollows(shareId);
  const [after] = shares.announcements();
  assert.ok(before && after && after.revision > before.revision && after.feedLength > before.feedLength);
  const blocks = await kinds(shareId);
  assert.deepEqual(blocks.slice(0, 2), ['chunk', 'head']);
  assert.deepEqual(new Set(blocks.slice(2)), new Set(['delta']));
  assert.equal(blocks.length, after.feedLength);
  const last = (await feedOf(shareId).get(after.feedLength - 1)) ?? Buffer.alloc(0);
  const { delta, headBlock } = decodeDelta(last, after.feedLength - 1);
  assert.equal(headBlock, 1);
  assert.deepEqual(delta.counts, { fileCount: 3, folderCount: 2, totalBytes: 7 });
  await reopen();
  assert.deepEqual(indexed(shareId), onDisk());
  assert.deepEqual(shares.announcements(), [after]);
});

test('what changed while nobody looked is found at the start, without a walk of everything', async () => {
  const shareId = await add();
  await reopen(() => {
    writeFileSync(path.join(source, 'sub', 'late.txt'), 'late');
    rmSync(path.join(source, 'a.txt'));
  });
  assert.equal(shares.get(shareId)?.state, 'scanning');
  await watching(shareId);
  await assertFollows(shareId);
  assert.deepEqual((await kinds(shareId)).slice(0, 2), ['chunk', 'head']);
});

test('deltas that outgrow their snapshot are packed into a new one; segment and blocks of before go', async () => {
  const shareId = await add();
  const [first] = shares.announcements();
  for (let round = 0; round < 4; round++) {
    writeMany(600);
    await assertFollows(shareId);
  }
  const snapshotLength = (): unknown =>
    database.get<{ snapshotLength: number }>('SELECT snapshotLength FROM share')?.snapshotLength;
  assert.notEqual(snapshotLength(), first?.feedLength);
  writeFileSync(path.join(source, 'one more'), '');
  await assertFollows(shareId);
  const blocks = await kinds(shareId);
  assert.ok(blocks.lastIndexOf('head') > 1, blocks.join());
  assert.equal(blocks[0], 'gone');
  assert.equal(blocks.at(-1), 'delta');
  await reopen();
  assert.deepEqual(indexed(shareId), onDisk());
});

test('deltas that a crash left in the feed without a row are adopted', async () => {
  const shareId = await add();
  const before = database.get<Record<string, string | number>>('SELECT feedLength, fileCount, revision FROM share');
  writeFileSync(path.join(source, 'new.txt'), 'new');
  await assertFollows(shareId);
  shares.pause(shareId);
  const [announced] = shares.announcements();
  await close();
  database = new Database(dataFolder);
  database.run('UPDATE share SET feedLength = :feedLength, fileCount = :fileCount, revision = :revision', { ...before });
  database.close();
  await open();
  assert.deepEqual(shares.announcements(), [announced]);
  assert.deepEqual(indexed(shareId), onDisk());
});

test('a snapshot that a crash left without a row is left behind by another one', async () => {
  const shareId = await add();
  const before = database.get<Record<string, string | number>>('SELECT feedLength, snapshotLength, revision FROM share');
  const segment = shares.view(shareId)?.segment.path ?? '';
  await close();
  const copy = path.join(home, 'copy');
  renameSync(segment, copy);
  await open();
  // The index is made anew from the feed first, and then from a folder that is another one.
  writeMany(1500);
  await shares.rescan(shareId);
  assert.ok((shares.announcements()[0]?.feedLength ?? 0) > 2);
  await close();
  rmSync(shareSegments(), { recursive: true });
  mkdirSync(shareSegments());
  renameSync(copy, segment);
  database = new Database(dataFolder);
  database.run('UPDATE share SET feedLength = :feedLength, snapshotLength = :snapshotLength, revision = :revision', {
    ...before,
  });
  database.close();
  await open();
  assert.equal(indexed(shareId).paths.length, 3);
  await watching(shareId);
  await assertFollows(shareId);
  const [after] = shares.announcements();
  assert.equal(after?.feedLength, feedOf(shareId).length);
});

test('a scan of an index that is there publishes what is different, or nothing', async () => {
  const shareId = await add();
  const [before] = shares.announcements();
  await shares.rescan(shareId);
  assert.deepEqual(shares.announcements(), [before]);
  writeFileSync(path.join(source, 'a.txt'), 'AAA');
  mkdirSync(path.join(source, 'x'));
  writeFileSync(path.join(source, 'x', 'y'), 'y');
  await shares.rescan(shareId);
  await assertFollows(shareId);
  assert.deepEqual(new Set((await kinds(shareId)).slice(2)), new Set(['delta']));
});

test('a step that the data folder does not take is said and tried again; nothing is lost', async (context: TestContext) => {
  const shareId = await add();
  const core = feedOf(shareId);
  const append = context.mock.method(core, 'append', () => Promise.reject(new Error('no space left on device')));
  writeFileSync(path.join(source, 'new.txt'), 'new');
  await until(changes, () => shares.get(shareId)?.state === 'failed', 'the failure is said');
  assert.equal(shares.get(shareId)?.failure?.kind, 'disk-full');
  assert.equal(shares.announcements()[0]?.fileCount, 2);
  append.mock.restore();
  assert.equal((await shares.rescan(shareId)).state, 'watching');
  await assertFollows(shareId);
  writeFileSync(path.join(source, 'later.txt'), 'later');
  await assertFollows(shareId);
  await reopen();
  assert.deepEqual(indexed(shareId), onDisk());
});

test('a pause ends what is under way, and the folder may go meanwhile', async () => {
  const shareId = await add();
  shares.pause(shareId);
  assert.equal(shares.get(shareId)?.watch, undefined);
  renameSync(source, `${source}-away`);
  await reopen();
  assert.equal(shares.get(shareId)?.state, 'paused');
  assert.equal(indexed(shareId).paths.length, 3);
  renameSync(`${source}-away`, source);
  shares.resume(shareId);
  await watching(shareId);
  await assertFollows(shareId);
});

test('a folder that goes away fails its share, which keeps its index', async () => {
  const shareId = await add();
  renameSync(source, `${source}-away`);
  await until(changes, () => shares.get(shareId)?.state === 'failed', 'it fails');
  assert.equal(shares.get(shareId)?.failure?.kind, 'not-found');
  assert.equal(shares.announcements()[0]?.fileCount, 2);
  renameSync(`${source}-away`, source);
  assert.equal((await shares.rescan(shareId)).state, 'watching');
});

test('a feed that has become long is followed by another one under another key', async () => {
  const shareId = await add();
  const [before] = shares.announcements();
  Object.defineProperty(feedOf(shareId), 'length', { value: 2 ** 19 + 1 });
  writeMany(1500);
  await shares.rescan(shareId);
  const [after] = shares.announcements();
  assert.ok(before && after && after.revision > before.revision);
  assert.notDeepEqual(after.feedKey, before.feedKey);
  assert.notDeepEqual(after.encryptionKey, before.encryptionKey);
  assert.deepEqual(await kinds(shareId), ['chunk', 'head']);
  await watching(shareId);
  writeFileSync(path.join(source, 'new.txt'), 'new');
  await assertFollows(shareId);
  await reopen();
  assert.deepEqual(indexed(shareId), onDisk());
  assert.deepEqual(shares.announcements()[0]?.feedKey, after.feedKey);
});

function shareSegments(): string {
  return path.join(dataFolder, 'index', 'own');
}
