// The whole way of an index: shared by one peer, followed, stored and answered by another; and what a hostile feed can do: nothing.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import Corestore from 'corestore';
import type Hypercore from 'hypercore';
import type { ShareId } from '../../../../src/protocol/ids.ts';
import type { CatalogShare, EntryRef } from '../../../../src/protocol/model.ts';
import { ChunkEncoder, type Chunk } from '../../../../src/sidecar/catalog/index/chunks.ts';
import { encodeHead } from '../../../../src/sidecar/catalog/index/head.ts';
import type { ShareAnnouncement } from '../../../../src/sidecar/wire/services.ts';
import { connect, Side, temporaryFolder, until, type Link } from './twoPeers.ts';

let owner: Side;
let reader: Side;
let source: string;
let link: Link | undefined;

beforeEach(async () => {
  owner = await Side.open('y');
  reader = await Side.open('b');
  source = temporaryFolder();
});

afterEach(async () => {
  await link?.end();
  link = undefined;
  await owner.close();
  await reader.close();
  rmSync(source, { recursive: true, force: true });
});

function fill(count: number): void {
  for (let index = 0; index < count; index++) {
    const folder = path.join(source, `folder ${index % 20}`, `${index % 7}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, `file-${index}.txt`), 'x'.repeat(index % 50));
  }
}

async function share(): Promise<ShareId> {
  const { shareId } = await owner.shares.add(source);
  await owner.ready(shareId);
  return shareId;
}

function atReader(shareId: ShareId): CatalogShare | undefined {
  return reader.catalog.shares(owner.peerId).find((found) => found.shareId === shareId);
}

async function indexed(shareId: ShareId): Promise<void> {
  await until(reader.changes, () => atReader(shareId)?.indexState === 'ready', 'the index is ready at the reader');
}

function listAll(side: Side, ref: EntryRef): string[] {
  return [...side.catalog.files(ref)].map(
    ({ path: found, entry }) => `${entry.kind} ${found} ${entry.sizeBytes} ${entry.mtimeMs}`,
  );
}

test('a share of 1,000 files is listed by a peer, also when its owner is gone and after a restart', async () => {
  fill(1000);
  const shareId = await share();
  link = await connect(owner, reader);
  link.announce(owner, reader);
  await indexed(shareId);

  const ref = { peerId: owner.peerId, shareId, path: '' };
  const expected = listAll(owner, ref);
  assert.equal(expected.filter((line) => line.startsWith('file')).length, 1000);
  assert.deepEqual(listAll(reader, ref), expected);
  const page = reader.catalog.list({ ...ref, path: 'folder 3/3' }, { offset: 1, limit: 2 });
  assert.deepEqual(page, owner.catalog.list({ ...ref, path: 'folder 3/3' }, { offset: 1, limit: 2 }));
  assert.equal(page.entries.length, 2);

  await link.end();
  link = undefined;
  assert.equal(atReader(shareId)?.isOnline, false);
  assert.deepEqual(listAll(reader, ref), expected);

  await reader.reopen();
  assert.equal(atReader(shareId)?.indexState, 'ready');
  assert.equal(atReader(shareId)?.fileCount, 1000);
  assert.deepEqual(listAll(reader, ref), expected);
});

test('what changed in the folder arrives as a new snapshot, and old blocks and segments go', async () => {
  fill(100);
  const shareId = await share();
  link = await connect(owner, reader);
  link.announce(owner, reader);
  await indexed(shareId);
  const [first] = owner.shares.announcements();

  await owner.shares.rescan(shareId);
  assert.equal(owner.shares.announcements()[0]?.feedLength, first?.feedLength, 'nothing changed, nothing is appended');

  writeFileSync(path.join(source, 'new.txt'), 'new');
  rmSync(path.join(source, 'folder 1'), { recursive: true });
  await owner.shares.rescan(shareId);
  link.announce(owner, reader);
  const ref = { peerId: owner.peerId, shareId, path: '' };
  await until(reader.changes, () => reader.catalog.stat({ ...ref, path: 'new.txt' }) !== undefined, 'the new file is seen');
  assert.equal(reader.catalog.stat({ ...ref, path: 'folder 1' }), undefined);
  assert.deepEqual(listAll(reader, ref), listAll(owner, ref));
  assert.equal(segmentFiles(reader).length, 1);
  assert.equal(segmentFiles(owner).length, 1);
});

test('a share that its owner no longer announces is deleted here', async () => {
  fill(20);
  const shareId = await share();
  link = await connect(owner, reader);
  link.announce(owner, reader);
  await indexed(shareId);
  await owner.shares.remove(shareId);
  link.announce(owner, reader);
  assert.equal(atReader(shareId), undefined);
  assert.throws(() => reader.catalog.list({ peerId: owner.peerId, shareId, path: '' }, { offset: 0, limit: 10 }), {
    kind: 'not-found',
  });
  await reader.reopen();
  assert.equal(atReader(shareId), undefined);
  assert.deepEqual(segmentFiles(reader), []);
  assert.deepEqual(segmentFiles(owner), []);
});

test('a new title arrives without a new index', async () => {
  fill(5);
  const shareId = await share();
  link = await connect(owner, reader);
  link.announce(owner, reader);
  await indexed(shareId);
  owner.shares.rename(shareId, 'Holiday');
  link.announce(owner, reader);
  assert.equal(reader.catalog.titleOf(owner.peerId, shareId), 'Holiday');
  assert.equal(atReader(shareId)?.indexState, 'ready');
});

test('an older announcement changes nothing', async () => {
  fill(5);
  const shareId = await share();
  const old = owner.shares.announcements();
  owner.shares.rename(shareId, 'Newer');
  link = await connect(owner, reader);
  link.announce(owner, reader);
  link.announce(owner, reader, old);
  assert.equal(reader.catalog.titleOf(owner.peerId, shareId), 'Newer');
});

test('a damaged segment is made again from the feed on this disk, with the owner away', async () => {
  fill(300);
  const shareId = await share();
  link = await connect(owner, reader);
  link.announce(owner, reader);
  await indexed(shareId);
  await link.end();
  link = undefined;
  const ref = { peerId: owner.peerId, shareId, path: '' };
  const expected = listAll(reader, ref);
  await reader.reopen(() => {
    for (const file of segmentFiles(reader)) truncateSync(file, statSync(file).size - 10);
  });
  await indexed(shareId);
  assert.deepEqual(listAll(reader, ref), expected);
});

test('a damaged segment of an own share is made again from the folder', async () => {
  fill(30);
  const shareId = await share();
  const ref = { peerId: owner.peerId, shareId, path: '' };
  const expected = listAll(owner, ref);
  await owner.reopen(() => {
    for (const file of segmentFiles(owner)) writeFileSync(file, 'rubbish');
  });
  await owner.ready(shareId);
  assert.deepEqual(listAll(owner, ref), expected);
});

test('a file is not a folder, and what is not there is not found', async () => {
  fill(5);
  const shareId = await share();
  const ref = { peerId: owner.peerId, shareId, path: 'folder 0/0/file-0.txt' };
  const page = { offset: 0, limit: 10 };
  assert.equal(owner.catalog.stat(ref)?.kind, 'file');
  assert.throws(() => owner.catalog.list(ref, page), { kind: 'not-folder' });
  assert.throws(() => owner.catalog.list({ ...ref, path: 'nothing' }, page), { kind: 'not-found' });
  assert.throws(() => owner.catalog.list({ ...ref, path: '../etc' }, page), { kind: 'invalid-argument' });
  assert.equal(owner.catalog.stat({ ...ref, path: 'nothing' }), undefined);
});

// A peer of which every block is its own invention.

const hostileShare = 'y'.repeat(26) as ShareId;

interface Hostile {
  core: Hypercore;
  announcement: ShareAnnouncement;
  close(): Promise<void>;
}

async function hostileFeed(blocks: (Uint8Array | Buffer)[], change: Partial<ShareAnnouncement> = {}): Promise<Hostile> {
  const folder = temporaryFolder();
  const store = new Corestore(folder);
  const encryptionKey = new Uint8Array(randomBytes(32));
  const core = store.get({ name: 'x', encryption: { key: encryptionKey } });
  await core.ready();
  await core.append(blocks.map((block) => Buffer.from(block)));
  const counts = { feedLength: core.length, fileCount: 1, folderCount: 0, totalBytes: 5, revision: 1, updatedAtMs: 1 };
  assert.ok(core.key);
  const announcement = {
    shareId: hostileShare,
    title: 'Evil',
    feedKey: new Uint8Array(core.key),
    encryptionKey,
    ...counts,
    ...change,
  };
  return {
    core,
    announcement,
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function snapshot(name: string): Uint8Array[] {
  const chunks: Chunk[] = [];
  const encoder = new ChunkEncoder((chunk) => chunks.push(chunk));
  encoder.folder(0, 1);
  encoder.entry(Buffer.from(name), 5, 1000);
  encoder.end();
  const head = encodeHead({ updatedAtMs: 1, firstBlock: 0, fileCount: 1, folderCount: 0, totalBytes: 5, chunks });
  return [...chunks.map((chunk) => chunk.block), head];
}

const hostileFeeds: [string, () => Promise<Hostile>][] = [
  ['a name that leads outside', () => hostileFeed(snapshot('../x'))],
  ['a device name', () => hostileFeed(snapshot('NUL'))],
  ['garbage', () => hostileFeed([randomBytes(1000), randomBytes(1000)])],
  [
    'a head that is cut off',
    () => hostileFeed([snapshot('a')[0] ?? new Uint8Array(), (snapshot('a')[1] ?? new Uint8Array()).subarray(0, 5)]),
  ],
  ['a block that is too large', () => hostileFeed([randomBytes(3 * 1024 * 1024), snapshot('a')[1] ?? new Uint8Array()])],
  ['other numbers than announced', () => hostileFeed(snapshot('a'), { fileCount: 7 })],
];

for (const [what, make] of hostileFeeds) {
  test(`a hostile feed (${what}) is refused, and nothing of it stays`, async () => {
    const hostile = await make();
    try {
      link = await connect(owner, reader);
      link.announce(owner, reader, [hostile.announcement], [hostile.core]);
      await until(reader.changes, () => atReader(hostileShare)?.indexState === 'refused', 'the feed is refused');
      assert.equal(reader.hostile.length, 1);
      assert.deepEqual(segmentFiles(reader), []);
      assert.throws(
        () => reader.catalog.list({ peerId: owner.peerId, shareId: hostileShare, path: '' }, { offset: 0, limit: 1 }),
        {
          kind: 'unavailable',
        },
      );
      link.announce(owner, reader, [hostile.announcement], [hostile.core]);
      assert.equal(atReader(hostileShare)?.indexState, 'refused', 'the same revision is not tried again');
    } finally {
      await hostile.close();
    }
  });
}

test('a feed whose history was rewritten is refused', async () => {
  const hostile = await hostileFeed(snapshot('a'));
  try {
    await hostile.core.truncate(0);
    await hostile.core.append(snapshot('b').map((block) => Buffer.from(block)));
    link = await connect(owner, reader);
    link.announce(owner, reader, [hostile.announcement], [hostile.core]);
    await until(reader.changes, () => atReader(hostileShare)?.indexState === 'refused', 'the feed is refused');
    assert.match(reader.hostile[0] ?? '', /rewrote/);
  } finally {
    await hostile.close();
  }
});

test('a peer that announces our own feed as its own is refused, and our feed stays', async () => {
  fill(10);
  const { shareId } = await reader.shares.add(source);
  await reader.ready(shareId);
  const [ours] = reader.shares.announcements();
  assert.ok(ours);
  link = await connect(owner, reader);
  link.announce(owner, reader, [{ ...ours, shareId: hostileShare }], []);
  await until(reader.changes, () => atReader(hostileShare)?.indexState === 'refused', 'the feed is refused');
  await reader.reopen();
  await reader.ready(shareId);
  assert.equal(reader.shares.announcements()[0]?.feedLength, ours.feedLength);
});

test('forgetting a peer deletes its indexes', async () => {
  fill(10);
  const shareId = await share();
  link = await connect(owner, reader);
  link.announce(owner, reader);
  await indexed(shareId);
  await reader.catalog.forgetPeer(owner.peerId);
  assert.deepEqual(reader.catalog.shares(owner.peerId), []);
  assert.deepEqual(segmentFiles(reader), []);
});

function segmentFiles(side: Side): string[] {
  const root = path.join(side.folder, 'index');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.segment') || name.endsWith('.new'))
    .map((name) => path.join(root, name));
}
