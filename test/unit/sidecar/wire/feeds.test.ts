// Feeds over a session: real Hypercores, on disk, replicated by the session's multiplexer.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import Corestore from 'corestore';
import { discoveryKeyOf } from '../../../../src/sidecar/wire/discoveryKey.ts';
import { collect, faceHandPlayed, introduced, never, openSides, readRequest, serverOf, settled } from './worlds.ts';

async function openStore(t: TestContext): Promise<Corestore> {
  const folder = await mkdtemp(path.join(tmpdir(), 'potluck-feeds-'));
  const store = new Corestore(folder);
  t.after(async () => {
    await store.close();
    await rm(folder, { recursive: true });
  });
  await store.ready();
  return store;
}

test('a feed that both sides attached is fetched; one that only one side attached is not', async (t) => {
  const [ownerStore, readerStore] = [await openStore(t), await openStore(t)];
  const given = ownerStore.get({ name: 'given' });
  const kept = ownerStore.get({ name: 'kept' });
  await given.ready();
  await kept.ready();
  await given.append(Array.from({ length: 40 }, (_, i) => Buffer.alloc(100_000, i)));
  await kept.append([Buffer.from('secret')]);
  assert(given.key && kept.key);
  const { one, other } = await openSides({ one: { fileServer: serverOf(Buffer.alloc(1_000_000)) } });
  one.session.replicate(given);
  const copy = readerStore.get({ key: given.key });
  const wish = readerStore.get({ key: kept.key });
  await copy.ready();
  await wish.ready();
  other.session.replicate(wish);
  // Attached by the reader after the owner's channel for it was refused already.
  other.session.replicate(copy);
  const reading = other.session.read(readRequest, { signal: never }).then((reply) => collect(reply.bytes));
  const blocks = await Promise.all(Array.from({ length: 40 }, (_, i) => copy.get(i, { timeout: 5000 })));
  assert(blocks.every((block, i) => block?.equals(Buffer.alloc(100_000, i))));
  assert.equal((await reading).byteLength, 1_000_000, 'files pass beside feeds');
  assert.equal(wish.length, 0);
  await assert.rejects(wish.get(0, { timeout: 100 }));
  assert(one.session.isOpen && other.session.isOpen);
});

test('a feed that is not attached is asked for above, and given when that says so, at once or later', async (t) => {
  const [ownerStore, readerStore] = [await openStore(t), await openStore(t)];
  const feeds = ['at once', 'later', 'never'].map((name) => ownerStore.get({ name }));
  for (const feed of feeds) {
    await feed.ready();
    await feed.append([Buffer.from('block')]);
  }
  const [atOnce, later, refused] = feeds;
  assert(atOnce?.key && later?.key && refused?.key);
  const { one, other } = await openSides();
  const give = new Map([[Buffer.from(discoveryKeyOf(atOnce.key)).toString('hex'), () => one.session.replicate(atOnce)]]);
  const events = one.wanted;
  one.onWanted = (discoveryKey) => give.get(Buffer.from(discoveryKey).toString('hex'))?.();
  const copies = [atOnce, later, refused].map((feed) => readerStore.get({ key: feed.key ?? assert.fail() }));
  for (const copy of copies) {
    await copy.ready();
    other.session.replicate(copy);
  }
  await one.until('all three', () => events.length === 3);
  assert((await copies[0]?.get(0, { timeout: 5000 }))?.equals(Buffer.from('block')));
  one.session.replicate(later);
  assert((await copies[1]?.get(0, { timeout: 5000 }))?.equals(Buffer.from('block')));
  assert.equal(copies[2]?.length, 0);
  const hex = (keys: Uint8Array[]) => keys.map((key) => Buffer.from(key).toString('hex')).sort();
  assert.deepEqual(hex(events), hex(feeds.map((feed) => discoveryKeyOf(feed.key ?? assert.fail()))));
  for (const feed of feeds) assert(feed.discoveryKey?.equals(discoveryKeyOf(feed.key ?? assert.fail())));
});

test('ids that are no discovery keys are not asked for above', async () => {
  const { side, remote } = await introduced();
  for (const id of [null, Buffer.alloc(0), Buffer.alloc(31), Buffer.alloc(33), Buffer.alloc(32, 1)]) {
    remote.muxer.createChannel({ protocol: 'hypercore/alpha', id })?.open();
  }
  await side.until('the one', () => side.wanted.length > 0);
  await settled();
  assert.deepEqual(side.wanted, [Buffer.alloc(32, 1)]);
  assert(side.session.isOpen);
});

test('a feed asked for before the hello is asked for in vain', async () => {
  const { side, remote } = await faceHandPlayed();
  remote.muxer.createChannel({ protocol: 'hypercore/alpha', id: Buffer.alloc(32, 1) })?.open();
  remote.hello();
  await side.until('opening', () => side.isOpened);
  assert.deepEqual(side.wanted, []);
});
