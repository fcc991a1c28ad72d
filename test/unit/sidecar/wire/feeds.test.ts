// Feeds over a session: real Hypercores, on disk, replicated by the session's multiplexer.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import Corestore from 'corestore';
import { collect, never, openSides, readRequest, serverOf } from './worlds.ts';

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
