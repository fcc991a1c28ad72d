// Own files being described, with real folders, feeds and tables: what is found out, told, taken back, and what a restart does.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import type { PeerId, ShareId } from '../../../../../src/protocol/ids.ts';
import { decodeDetails } from '../../../../../src/sidecar/catalog/details/detailBlock.ts';
import type { DetailRecord } from '../../../../../src/sidecar/catalog/details/detailRecord.ts';
import { DetailStore } from '../../../../../src/sidecar/catalog/details/detailStore.ts';
import { Feeds } from '../../../../../src/sidecar/catalog/feeds/feeds.ts';
import { createLog } from '../../../../../src/sidecar/log.ts';
import { Shares } from '../../../../../src/sidecar/shares/shares.ts';
import { Database } from '../../../../../src/sidecar/storage/database.ts';

const peerId = 'o'.repeat(51).concat('y') as PeerId;

class Owner {
  readonly folder: string;
  readonly shared: string;
  readonly changes = new EventEmitter();
  readonly log: string[] = [];
  readonly roots = new Map<string, Uint8Array>();
  isOn = true;
  staleRecords: number | undefined;
  #parts: { database: Database; store: DetailStore; feeds: Feeds; shares: Shares } | undefined;

  constructor(t: TestContext) {
    this.folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'pl-describe-')));
    this.shared = path.join(this.folder, 'shared');
    mkdirSync(this.shared);
    t.after(async () => {
      await this.close();
      rmSync(this.folder, { recursive: true, force: true });
    });
  }

  get shares(): Shares {
    assert.ok(this.#parts);
    return this.#parts.shares;
  }

  async open(): Promise<void> {
    const dataFolder = path.join(this.folder, 'data');
    mkdirSync(dataFolder, { recursive: true });
    const log = createLog(({ message }) => {
      this.log.push(message);
      this.changes.emit('changed');
    });
    const database = new Database(dataFolder);
    const store = new DetailStore({ dataFolder, log });
    const feeds = new Feeds({ folder: path.join(dataFolder, 'feeds'), log });
    const shares = new Shares({
      ...{ database, dataFolder, feeds, log, ownPeerId: peerId },
      onChange: () => void this.changes.emit('changed'),
      onAnnouncement: () => void this.changes.emit('changed'),
      details: {
        store,
        roots: { rootOf: (file) => this.roots.get(file), mayKnow: (file) => this.roots.has(file) },
        isOn: () => this.isOn,
        ...(this.staleRecords !== undefined && { staleRecords: this.staleRecords }),
      },
    });
    this.#parts = { database, store, feeds, shares };
    await feeds.open();
    await shares.open();
  }

  async close(): Promise<void> {
    const parts = this.#parts;
    this.#parts = undefined;
    await parts?.shares.close();
    await parts?.feeds.close();
    await parts?.store.close();
    parts?.database.close();
  }

  async share(): Promise<ShareId> {
    const { shareId } = await this.shares.add(this.shared, { title: 'Ours' });
    return shareId;
  }

  write(file: string, content: string): void {
    mkdirSync(path.dirname(path.join(this.shared, file)), { recursive: true });
    writeFileSync(path.join(this.shared, `${file}.part`), content);
    renameSync(path.join(this.shared, `${file}.part`), path.join(this.shared, file));
  }

  async until(check: () => boolean | Promise<boolean>, what: string): Promise<void> {
    const signal = AbortSignal.timeout(12_000);
    const timer = setInterval(() => this.changes.emit('changed'), 50);
    try {
      while (!(await check())) await once(this.changes, 'changed', { signal });
    } catch (error) {
      throw new Error(`did not happen: ${what}\n${this.log.join('\n')}`, { cause: error });
    } finally {
      clearInterval(timer);
    }
  }

  async get(shareId: ShareId, file: string): Promise<DetailRecord | undefined> {
    return this.#parts?.store.ask('get', { key: `${peerId}/${shareId}`, path: file });
  }

  /** What peers can read: all records of the feed as it is announced, later ones of a path in place of earlier. */
  async told(shareId: ShareId): Promise<Map<string, DetailRecord>> {
    const length = this.shares.announcements().find((each) => each.shareId === shareId)?.details?.feedLength ?? 0;
    const core = this.shares.feed(shareId, 'details');
    const told = new Map<string, DetailRecord>();
    for (let index = 0; index < length; index++) {
      const block = await (core as unknown as { get(index: number): Promise<Uint8Array> }).get(index);
      for (const record of decodeDetails(block).records) told.set(record.path, record);
    }
    return told;
  }

  async toldOf(shareId: ShareId, file: string): Promise<DetailRecord | undefined> {
    return (await this.told(shareId)).get(file);
  }
}

test('describing own files', { concurrency: true }, async (t) => {
  await t.test('types and texts are told; a change is told again; a restart looks at nothing again', async (st) => {
    const owner = new Owner(st);
    owner.write('a.md', '# One');
    owner.write('b/c.json', '{"x":1}');
    await owner.open();
    const shareId = await owner.share();
    await owner.until(async () => (await owner.told(shareId)).size === 2, 'both are told');
    assert.deepEqual((await owner.toldOf(shareId, 'b/c.json'))?.fields, { text: '{"x":1}' });
    owner.write('a.md', '# Other');
    await owner.until(async () => (await owner.toldOf(shareId, 'a.md'))?.fields.text === '# Other', 'the change is told');
    assert.deepEqual(owner.shares.get(shareId)?.described, { files: 2, ofFiles: 2 });
    rmSync(path.join(owner.shared, 'b'), { recursive: true });
    await owner.until(async () => (await owner.get(shareId, 'b/c.json')) === undefined, 'what went is forgotten');
    const key = owner.shares.announcements()[0]?.details?.feedKey;
    await owner.until(() => owner.shares.get(shareId)?.state === 'watching', 'it is followed');
    await owner.close();
    owner.log.length = 0;
    await owner.open();
    assert.deepEqual(owner.shares.announcements()[0]?.details?.feedKey, key);
    await owner.until(() => owner.shares.get(shareId)?.described !== undefined, 'what is known was looked up');
    owner.write('new.txt', 'news');
    await owner.until(async () => (await owner.toldOf(shareId, 'new.txt')) !== undefined, 'a new file is told');
    assert.equal((await owner.told(shareId)).get('a.md')?.fields.text, '# Other');
  });

  await t.test('the tables may be lost: what was told is read from the feed', async (st) => {
    const owner = new Owner(st);
    owner.write('a.md', '# One');
    await owner.open();
    const shareId = await owner.share();
    await owner.until(async () => (await owner.told(shareId)).size === 1, 'it is told');
    await owner.close();
    for (const end of ['', '-wal', '-shm']) rmSync(path.join(owner.folder, 'data', `details.db${end}`), { force: true });
    writeFileSync(path.join(owner.folder, 'data', 'details.db'), 'this is no database at all, however long it may be');
    await owner.open();
    await owner.until(async () => (await owner.get(shareId, 'a.md'))?.mime === 'text/markdown', 'it is known again');
    assert.equal(owner.shares.announcements()[0]?.details?.feedLength, 1);
  });

  await t.test('a feed that is mostly stale begins anew, with what still holds', async (st) => {
    const owner = new Owner(st);
    owner.staleRecords = 1;
    owner.write('stays.md', '# One');
    owner.write('a.md', '0');
    await owner.open();
    const shareId = await owner.share();
    await owner.until(async () => (await owner.told(shareId)).size === 2, 'both are told');
    const key = owner.shares.announcements()[0]?.details?.feedKey;
    for (const text of ['1', '2', '3']) {
      owner.write('a.md', text);
      await owner.until(async () => (await owner.toldOf(shareId, 'a.md'))?.fields.text === text, `${text} is told`);
    }
    await owner.until(() => owner.shares.announcements()[0]?.details?.feedLength === 1, 'it began anew');
    assert.notDeepEqual(owner.shares.announcements()[0]?.details?.feedKey, key);
    assert.deepEqual([...(await owner.told(shareId)).keys()], ['a.md', 'stays.md']);
    assert.equal((await owner.toldOf(shareId, 'stays.md'))?.fields.text, '# One');
    owner.write('more.md', 'more');
    await owner.until(async () => (await owner.toldOf(shareId, 'more.md')) !== undefined, 'it goes on');
  });

  await t.test('switched off, only content ids that are known are told; a paused share is left alone', async (st) => {
    const owner = new Owner(st);
    owner.isOn = false;
    for (const name of ['a.md', 'b.md']) owner.write(name, '# One');
    const root = new Uint8Array(32).fill(5);
    owner.roots.set(path.join(owner.shared, 'a.md'), root);
    await owner.open();
    const shareId = await owner.share();
    await owner.until(async () => (await owner.told(shareId)).size === 1, 'one is told');
    const told = await owner.toldOf(shareId, 'a.md');
    assert.deepEqual([told?.contentId, told?.mime, told?.fields], [root, undefined, {}]);
    owner.shares.pause(shareId);
    owner.isOn = true;
    owner.shares.describeAll();
    owner.roots.set(path.join(owner.shared, 'b.md'), root);
    owner.shares.rootLearnt(path.join(owner.shared, 'b.md'));
    owner.shares.resume(shareId);
    await owner.until(async () => (await owner.told(shareId)).size === 2, 'resumed, and told');
    assert.equal((await owner.toldOf(shareId, 'b.md'))?.mime, 'text/markdown');
    await owner.shares.remove(shareId);
    assert.equal(await owner.get(shareId, 'a.md'), undefined);
  });

  await t.test('a content id that is learnt is told with what was known', async (st) => {
    const owner = new Owner(st);
    owner.write('a.md', '# One');
    await owner.open();
    const shareId = await owner.share();
    await owner.until(async () => (await owner.told(shareId)).size === 1, 'it is told');
    const root = new Uint8Array(32).fill(6);
    owner.roots.set(path.join(owner.shared, 'a.md'), root);
    for (const outside of ['/nowhere/a.md', owner.shared, path.join(owner.folder, 'a.md'), path.join(owner.shared, 'none.md')])
      owner.shares.rootLearnt(outside);
    owner.shares.rootLearnt(path.join(owner.shared, 'a.md'));
    await owner.until(async () => (await owner.toldOf(shareId, 'a.md'))?.contentId !== undefined, 'the id is told');
    assert.deepEqual((await owner.toldOf(shareId, 'a.md'))?.contentId, root);
    assert.equal((await owner.toldOf(shareId, 'a.md'))?.mime, 'text/markdown');
  });
});
