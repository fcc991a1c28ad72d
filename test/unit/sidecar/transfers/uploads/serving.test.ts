// Serving many: turns and rates between real readers, refusing, what is shown and remembered, and what lies here of others' shares.

import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { PeerId } from '../../../../../src/protocol/ids.ts';
import { transferLimits } from '../../../../../src/sidecar/limits.ts';
import { hashLeaves, rootOfLeaves } from '../../../../../src/sidecar/transfers/content/merkle.ts';
import { LeafSet } from '../../../../../src/sidecar/transfers/disk/leafSet.ts';
import { RateLimiter } from '../../../../../src/sidecar/transfers/rates.ts';
import type { EndedUpload, GivenOn } from '../../../../../src/sidecar/transfers/uploads/parts.ts';
import type { Uploads } from '../../../../../src/sidecar/transfers/uploads/uploads.ts';
import { askerId, content, owner, ownerId, shareId, temporaryFolder } from '../world.ts';
import { all, assertAllClosed, openBelow, peer, serve, uploadsOver } from './uploadsWorld.ts';

const size = 3 * 1024 * 1024;

function ask(
  uploads: Uploads,
  from: string,
  more: { signal?: AbortSignal; path?: string; onPosition?: (position: number) => void } = {},
) {
  const { path: asked = 'f', ...options } = more;
  return uploads.read(peer(from), { shareId, path: asked, offset: 0, needsRoot: false }, { ...serve, ...options });
}

function rootOf(bytes: Buffer): Buffer {
  return rootOfLeaves(hashLeaves(bytes));
}

/** Resolves when the condition holds; looked at after each turn, at most for the test's time. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await nextTurn();
}

test('with one slot peers are served one after the other, and each gets all', { timeout: 20_000 }, async (t) => {
  const from = owner(t, temporaryFolder(t));
  const bytes = content(size);
  from.write('f', bytes);
  const uploads = uploadsOver(t, from, { settings: () => ({ uploadSlots: 1, friendsFirst: false }) });
  const places: number[] = [];
  const first = await ask(uploads, 'a');
  const second = ask(uploads, 'b', { onPosition: (position) => places.push(position) });
  await until(() => places.length > 0);
  assert.deepEqual(
    uploads.list().map(({ peerId, state, position }) => [peerId, state, position]),
    [
      ['a', 'running', undefined],
      ['b', 'waiting', 1],
    ],
  );
  assert.ok((await all(first)).equals(bytes));
  assert.ok((await all(await second)).equals(bytes));
  assert.deepEqual(places, [1, 0]);
  await assertAllClosed(uploads, from.shared);
});

test('the slot comes back whatever becomes of a request', { timeout: 20_000 }, async (t) => {
  const bytes = content(size);
  interface World {
    uploads: Uploads;
    file: string;
    unshare: () => void;
  }
  const drained = async (chunks: AsyncIterator<Uint8Array>) => {
    while (!(await chunks.next()).done);
  };
  const begun = async (uploads: Uploads, signal?: AbortSignal) => {
    const chunks = (await ask(uploads, 'first', signal ? { signal } : {})).bytes[Symbol.asyncIterator]();
    await chunks.next();
    return chunks;
  };
  const ends: Record<string, (world: World) => Promise<unknown>> = {
    'given up before its first byte': async ({ uploads }) => {
      const abort = new AbortController();
      await ask(uploads, 'first', { signal: abort.signal });
      abort.abort();
    },
    'given up in the middle': async ({ uploads }) => {
      const abort = new AbortController();
      const chunks = await begun(uploads, abort.signal);
      abort.abort();
      await assert.rejects(drained(chunks), { kind: 'cancelled' });
    },
    'let go by its reader': async ({ uploads }) => (await ask(uploads, 'first')).bytes[Symbol.asyncIterator]().return?.(),
    'file not there': ({ uploads }) => assert.rejects(ask(uploads, 'first', { path: 'none' }), { kind: 'not-found' }),
    'file changed': async ({ uploads, file }) => {
      const chunks = await begun(uploads);
      appendFileSync(file, 'more');
      await assert.rejects(drained(chunks), { kind: 'changed' });
      writeFileSync(file, bytes);
    },
    'share gone': async ({ uploads, unshare }) => {
      const chunks = await begun(uploads);
      unshare();
      await assert.rejects(drained(chunks), { kind: 'not-found' });
    },
    'peer refused': async ({ uploads }) => {
      const reply = await ask(uploads, 'first');
      uploads.refuse(peer('first'), 'enough');
      await assert.rejects(all(reply), { kind: 'permission-denied', data: { reason: 'enough' } });
    },
    'read to its end': async ({ uploads }) => assert.ok((await all(await ask(uploads, 'first'))).equals(bytes)),
  };
  const base = temporaryFolder(t);
  const runs = Object.entries(ends).map(async ([what, end], index) => {
    const from = owner(t, path.join(base, String(index)));
    const file = from.write('f', bytes);
    const gone = new Set<string>();
    const uploads = uploadsOver(t, from, {
      settings: () => ({ uploadSlots: 1, friendsFirst: false }),
      locate: (peerId, _share, safePath) =>
        gone.has(peerId)
          ? undefined
          : {
              ...{ root: from.shared, absolutePath: path.join(from.shared, safePath) },
              entry: { name: safePath, kind: 'file', sizeBytes: size, mtimeMs: 0 },
            },
    });
    await end({ uploads, file, unshare: () => gone.add('first') });
    assert.ok((await all(await ask(uploads, 'next'))).equals(bytes), what);
    await assertAllClosed(uploads, from.shared);
  });
  await Promise.all(runs);
});

test('three peers get the same under a rate limit, however many requests each has', { timeout: 30_000 }, async (t) => {
  const from = owner(t, temporaryFolder(t));
  from.write('f', content(8 * 1024 * 1024));
  const perSecond = 16 * 1024 * 1024;
  const uploads = uploadsOver(t, from, { rate: new RateLimiter(perSecond) });
  const taken: Record<string, number> = { a: 0, b: 0, c: 0 };
  const stop = new AbortController();
  const take = async (name: string) => {
    while (!stop.signal.aborted) {
      const reply = await ask(uploads, name, { signal: stop.signal });
      for await (const chunk of reply.bytes) {
        taken[name] = (taken[name] ?? 0) + chunk.byteLength;
        const sum = Object.values(taken).reduce((one, other) => one + other);
        if (sum >= 24 * 1024 * 1024) stop.abort();
      }
    }
  };
  const began = performance.now();
  await Promise.allSettled([...'a', ...'bb', ...'cccc'].map(take));
  const seconds = (performance.now() - began) / 1000;
  const shares = Object.values(taken);
  // By requests they would stand 1 to 4. A starved machine lets the one with a single request miss some of its turns.
  assert.ok(Math.min(...shares) > 0.5 * Math.max(...shares), JSON.stringify(taken));
  assert.ok(seconds > 1.2, `${seconds} s`);
});

test('a reader that never reads keeps nobody else, and a thousand requests are bounded', { timeout: 20_000 }, async (t) => {
  const from = owner(t, temporaryFolder(t));
  const bytes = content(size);
  from.write('f', bytes);
  const uploads = uploadsOver(t, from, { settings: () => ({ uploadSlots: 2, friendsFirst: false }) });
  const abort = new AbortController();
  const tally: Record<string, number> = {};
  const count = (what: string) => (tally[what] = (tally[what] ?? 0) + 1);
  const asked = Array.from({ length: 1000 }, () =>
    ask(uploads, 'greedy', { signal: abort.signal }).then(
      () => count('served'),
      (error: { kind: string }) => count(error.kind),
    ),
  );
  const { requestsAtOnce, waitingRequests } = transferLimits;
  await until(() => tally['served'] === requestsAtOnce && tally['busy'] === 1000 - requestsAtOnce - waitingRequests);
  assert.ok(openBelow(from.shared).length <= requestsAtOnce, 'descriptors are bounded');
  assert.ok((await all(await ask(uploads, 'other'))).equals(bytes));
  abort.abort();
  await Promise.all(asked);
  assert.equal(tally['cancelled'], waitingRequests);
  assert.ok((await all(await ask(uploads, 'greedy'))).equals(bytes));
  await assertAllClosed(uploads, from.shared);
});

test('small reads need no slot', { timeout: 10_000 }, async (t) => {
  const from = owner(t, temporaryFolder(t));
  from.write('f', content(size));
  from.write('small', 'a page');
  const uploads = uploadsOver(t, from, { settings: () => ({ uploadSlots: 1, friendsFirst: false }) });
  const held = await ask(uploads, 'a');
  assert.equal((await all(await ask(uploads, 'b', { path: 'small' }))).toString(), 'a page');
  await held.bytes[Symbol.asyncIterator]().return?.();
});

test('a refused peer gets nothing and is told why, over a restart, until it is allowed', async (t) => {
  const from = owner(t, temporaryFolder(t));
  from.write('f', 'x');
  let changes = 0;
  const uploads = uploadsOver(t, from, { onChange: () => changes++ });
  await all(await ask(uploads, 'a'));
  assert.deepEqual(uploads.refuse(peer('a'), 'too\u202e \nmuch'), { peerId: 'a', name: 'a', reason: 'too   much' });
  assert.ok(changes > 0);
  const again = uploadsOver(t, from);
  for (const one of [uploads, again]) {
    const denied = { kind: 'permission-denied', data: { reason: 'too   much' } };
    await assert.rejects(ask(one, 'a'), denied);
    await assert.rejects(one.readPack(peer('a'), { shareId, paths: ['f'] }, serve), denied);
    await assert.rejects(one.hashes(peer('a'), { root: Buffer.alloc(32), first: 0, count: 1 }), denied);
    await assert.rejects(one.holding(peer('a'), { owner: ownerId, shareId, path: 'f', root: Buffer.alloc(32) }), denied);
    assert.deepEqual(one.refused(), [{ peerId: 'a', name: 'a', reason: 'too   much' }]);
    await all(await ask(one, 'b'));
  }
  again.allow(peer('a'));
  assert.deepEqual(again.refused(), []);
  await all(await ask(again, 'a'));
  assert.throws(() => again.refuse(peer('a'), 'x'.repeat(129)), { kind: 'invalid-argument' });
});

test('ranges of a file are one line and one end; small files of a share are another', { timeout: 20_000 }, async (t) => {
  const from = owner(t, temporaryFolder(t));
  const bytes = content(size);
  from.write('d/f', bytes);
  for (const name of ['d/s/1', 'd/s/2', 'd/t/3']) from.write(name, 'small');
  const ended: EndedUpload[] = [];
  const uploads = uploadsOver(t, from, { onEnded: (upload) => ended.push(upload) });
  for (let offset = 0; offset < size; offset += 1024 * 1024) {
    const reply = await uploads.read(askerId, { shareId, path: 'd/f', offset, length: 1024 * 1024, needsRoot: false }, serve);
    assert.equal(uploads.list().length, 1);
    await all(reply);
  }
  assert.deepEqual(
    ended.map(({ path: file, kind, bytes: sent, files, outcome, owner: of }) => [file, kind, sent, files, outcome, of]),
    [['d/f', 'file', size, 1, 'done', ownerId]],
  );
  await all(await uploads.readPack(askerId, { shareId, paths: ['d/s/1', 'd/s/2'] }, serve));
  await all(await uploads.readPack(askerId, { shareId, paths: ['d/t/3'] }, serve));
  assert.deepEqual(
    uploads.list().map(({ path: folder, fileCount }) => [folder, fileCount]),
    [['d', 3]],
  );
  await uploads.close();
  assert.deepEqual(
    ended.slice(1).map(({ path: folder, kind, files, outcome }) => [folder, kind, files, outcome]),
    [['d', 'folder', 3, 'done']],
  );
});

/** Another peer's file as this one downloaded it, or has it in part. */
function givenWorld(t: TestContext) {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const bytes = content(size, 3);
  const root = rootOf(bytes);
  const localPath = path.join(base, 'downloaded');
  mkdirSync(path.dirname(localPath), { recursive: true });
  writeFileSync(localPath, bytes);
  const stamp = statSync(localPath, { bigint: true }).ctimeNs;
  const have = new LeafSet(size / 16384);
  have.add(0, 64);
  const third = peer('third');
  const passable = new Set<PeerId>([askerId]);
  const state = { isDownloaded: true };
  const givenOn: GivenOn = {
    mayPassOn: (peerId, of) => of === third && passable.has(peerId),
    receiving: (of, _share, asked) =>
      of === third && asked === 'part'
        ? {
            root,
            partial: {
              ...{ sizeBytes: size, leafCount: have.size, have },
              read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
            },
          }
        : undefined,
    downloaded: (of, _share, asked) =>
      of === third && asked === 'whole' && state.isDownloaded && statSync(localPath, { bigint: true }).ctimeNs === stamp
        ? { root, localPath, sizeBytes: size }
        : undefined,
  };
  const uploads = uploadsOver(t, from, { givenOn });
  const read = (asked: string, more: { offset?: number; length?: number; root?: Uint8Array; as?: PeerId } = {}) => {
    const { as = askerId, ...range } = more;
    return uploads.read(as, { shareId, path: asked, offset: 0, needsRoot: false, root, owner: third, ...range }, serve);
  };
  return { base, bytes, root, localPath, have, third, passable, uploads, read };
}

test('what was downloaded is given on, whole and as far as it is here, to those it may be passed on to', async (t) => {
  const { bytes, root, have, third, uploads, read, passable } = givenWorld(t);
  assert.ok((await all(await read('whole'))).equals(bytes));
  assert.ok((await all(await read('whole', { offset: 20_000, length: 50_000 }))).equals(bytes.subarray(20_000, 70_000)));
  assert.ok((await all(await read('part', { offset: 16384, length: 100_000 }))).equals(bytes.subarray(16384, 116384)));
  await assert.rejects(read('part'), { kind: 'not-found' });
  await assert.rejects(read('part', { offset: 63 * 16384, length: 16385 }), { kind: 'not-found' });
  for (const name of ['whole', 'part']) {
    await assert.rejects(read(name, { root: Buffer.alloc(32, 1) }), { kind: 'not-found' });
    await assert.rejects(read(name, { as: peer('stranger') }), { kind: 'not-found' });
    const asked = { owner: third, shareId, path: name, root };
    await assert.rejects(uploads.holding(peer('stranger'), asked), { kind: 'not-found' });
    await assert.rejects(uploads.holding(askerId, { ...asked, root: Buffer.alloc(32, 1) }), { kind: 'not-found' });
  }
  const whole = await uploads.holding(askerId, { owner: third, shareId, path: 'whole', root });
  assert.ok(whole.unitBytes >= size && whole.units.length === 1 && whole.units[0] === 0x80);
  const part = await uploads.holding(askerId, { owner: third, shareId, path: 'part', root });
  assert.equal(part.unitBytes, 16384);
  assert.deepEqual([...part.units], [...have.units(1)]);
  // Withdrawn in the middle.
  const reply = await read('whole');
  const chunks = reply.bytes[Symbol.asyncIterator]();
  await chunks.next();
  passable.clear();
  await assert.rejects(
    async () => {
      while (!(await chunks.next()).done);
    },
    { kind: 'not-found' },
  );
});

test('a downloaded file that was changed, replaced or removed is not given on', async (t) => {
  const { read, localPath, base, uploads, third, root } = givenWorld(t);
  appendFileSync(localPath, 'more');
  await assert.rejects(read('whole'), { kind: 'not-found' });
  await assert.rejects(uploads.holding(askerId, { owner: third, shareId, path: 'whole', root }), { kind: 'not-found' });
  await assertAllClosed(uploads, path.join(base, 'downloaded'));
});

test('an own file is held when its known root is the one asked for', async (t) => {
  const from = owner(t, temporaryFolder(t));
  const bytes = content(size, 4);
  const file = from.write('f', bytes);
  const root = rootOf(bytes);
  const uploads = uploadsOver(t, from);
  const asked = { owner: ownerId, shareId, path: 'f', root };
  await assert.rejects(uploads.holding(askerId, asked), { kind: 'not-found' });
  await all(await uploads.read(askerId, { shareId, path: 'f', offset: 0, length: 0, needsRoot: true }, serve));
  assert.equal((await uploads.holding(askerId, asked)).sizeBytes, size);
  await assert.rejects(uploads.holding(askerId, { ...asked, root: Buffer.alloc(32) }), { kind: 'not-found' });
  rmSync(file);
  await assert.rejects(uploads.holding(askerId, asked), { kind: 'not-found' });
});
