// Serving: only what is shared, only the file that was opened, whatever is planted, swapped or changed under it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { PeerId } from '../../../../../src/protocol/ids.ts';
import { wireLimits } from '../../../../../src/sidecar/limits.ts';
import { hashLeaves, rootOfLeaves } from '../../../../../src/sidecar/transfers/content/merkle.ts';
import type { Uploads } from '../../../../../src/sidecar/transfers/uploads/uploads.ts';
import type { ReadReply, ReadRequest } from '../../../../../src/sidecar/wire/services.ts';
import { askerId, content, owner, type Owner, shareId, temporaryFolder } from '../world.ts';
import { all, assertAllClosed, openBelow, serve, signal, uploadsOver } from './uploadsWorld.ts';

function read(from: Owner, entryPath: string, more: Partial<ReadRequest> = {}, how = { signal }): Promise<ReadReply> {
  return from.source.read({ shareId, path: entryPath, offset: 0, needsRoot: false, ...more }, how);
}

test('bytes come at once; the root when it is asked for, and from then on', async (t) => {
  const from = owner(t, temporaryFolder(t));
  for (const sizeBytes of [0, 1, 16384, 300_000, 3 * 1024 * 1024 + 1]) {
    const bytes = content(sizeBytes, sizeBytes);
    const root = sizeBytes === 0 ? Buffer.alloc(32) : rootOfLeaves(hashLeaves(bytes));
    from.write('f', bytes);
    const first = await read(from, 'f');
    assert.equal(first.sizeBytes, sizeBytes);
    assert.ok((await all(first)).equals(bytes));
    if (sizeBytes > 0) assert.equal(await first.end(), undefined);
    const ranged = await read(from, 'f', { needsRoot: true, offset: Math.max(0, sizeBytes - 1) });
    assert.deepEqual(Buffer.from(ranged.root ?? []), root);
    assert.deepEqual(await all(ranged), bytes.subarray(Math.max(0, sizeBytes - 1)));
    const later = await read(from, 'f');
    assert.deepEqual(Buffer.from(later.root ?? []), root);
    assert.ok((await all(later)).equals(bytes));
    assert.deepEqual(Buffer.from((await later.end()) ?? []), root);
    await assert.rejects(read(from, 'f', { root: Buffer.alloc(32, 1) }), { kind: 'changed' });
    assert.ok((await all(await read(from, 'f', { root }))).equals(bytes));
  }
  await assertAllClosed(from.uploads, from.shared);
});

test('the version is the same while nothing was written, also after a restart, and another one after', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const file = from.write('f', content(3 * 1024 * 1024));
  from.write('g', content(3 * 1024 * 1024));
  const version = async (uploads: Uploads, name = 'f') => {
    const reply = await uploads.read(askerId, { shareId, path: name, offset: 5, length: 10, needsRoot: false }, serve);
    await all(reply);
    assert.equal(reply.version?.byteLength, 8);
    return Buffer.from(reply.version).toString('hex');
  };
  const first = await version(from.uploads);
  assert.equal(await version(from.uploads), first);
  assert.equal(await version(uploadsOver(t, from)), first);
  assert.notEqual(await version(uploadsOver(t, from, { secret: Buffer.alloc(32, 8) })), first);
  assert.notEqual(await version(from.uploads, 'g'), first);
  // As an editor that puts the time back.
  writeFileSync(file, content(3 * 1024 * 1024, 2));
  utimesSync(file, Date.UTC(2024, 1, 3) / 1000, Date.UTC(2024, 1, 3) / 1000);
  const second = await version(from.uploads);
  assert.notEqual(second, first);
  assert.equal(await version(from.uploads), second);
  // Replaced by a copy with the same times.
  copyFileSync(file, `${file} copy`);
  utimesSync(`${file} copy`, Date.UTC(2024, 1, 3) / 1000, Date.UTC(2024, 1, 3) / 1000);
  renameSync(`${file} copy`, file);
  assert.notEqual(await version(from.uploads), second);
});

test(
  'a descriptor that is kept between ranges gives nothing that left the share',
  { skip: process.platform === 'win32' },
  async (t) => {
    const from = owner(t, temporaryFolder(t));
    let isSharedNow = true;
    const uploads = uploadsOver(t, from, {
      locate: (_peer, _share, safePath) => ({
        ...{ root: from.shared, absolutePath: path.join(from.shared, safePath), isSharedNow: () => isSharedNow },
        entry: { name: safePath, kind: 'file', sizeBytes: 10, mtimeMs: 0 },
      }),
    });
    const ask = async (name = 'f') =>
      (await all(await uploads.read(askerId, { shareId, path: name, offset: 0, length: 5, needsRoot: false }, serve))).toString();
    const file = from.write('f', 'first file');
    assert.equal(await ask(), 'first');
    assert.equal(openBelow(from.shared).length, 1);
    from.write('other', 'other file');
    renameSync(path.join(from.shared, 'other'), file);
    assert.equal(await ask(), 'other', 'a replaced file is opened anew');
    rmSync(file);
    await assert.rejects(ask(), { kind: 'not-found' });
    from.write('real', 'a real one');
    symlinkSync('real', file);
    await assert.rejects(ask(), { kind: 'permission-denied' });
    rmSync(file);
    from.write('f', 'third file');
    assert.equal(await ask(), 'third');
    isSharedNow = false;
    await assert.rejects(ask(), { kind: 'not-found' });
    await assertAllClosed(uploads, from.shared);
  },
);

test('ranges past the end are short, and impossible ones are refused', async (t) => {
  const from = owner(t, temporaryFolder(t));
  from.write('f', '0123456789');
  assert.equal((await all(await read(from, 'f', { offset: 4, length: 3 }))).toString(), '456');
  assert.equal((await all(await read(from, 'f', { offset: 8, length: 300 }))).toString(), '89');
  assert.equal((await all(await read(from, 'f', { offset: 80, length: 3 }))).toString(), '');
  assert.equal((await all(await read(from, 'f', { offset: 0, length: 0 }))).toString(), '');
  for (const bad of [
    { offset: -1 },
    { offset: 0.5 },
    { offset: NaN },
    { offset: 0, length: -1 },
    { offset: 0, length: Infinity },
  ]) {
    await assert.rejects(read(from, 'f', bad), { kind: 'invalid-argument' });
  }
  await assertAllClosed(from.uploads, from.shared);
});

test('hostile paths and folders are refused', async (t) => {
  const from = owner(t, temporaryFolder(t));
  from.write('d/f', 'x');
  await assert.rejects(read(from, 'd'), { kind: 'is-folder' });
  await assert.rejects(read(from, 'nope'), { kind: 'not-found' });
  for (const bad of ['../owner/potluck.db', 'd/../../x', '/etc/passwd', 'C:\\x', 'a//b', 'd/\0', '.']) {
    await assert.rejects(read(from, bad), { kind: 'invalid-argument' }, bad);
  }
});

test('what the index does not list for this peer is not there', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const file = from.write('secret', 'x');
  const uploads = uploadsOver(t, from, {
    locate: (peerId) =>
      peerId === askerId
        ? { root: from.shared, absolutePath: file, entry: { name: 'secret', kind: 'file', sizeBytes: 1, mtimeMs: 0 } }
        : undefined,
  });
  const request = { shareId, path: 'secret', offset: 0, needsRoot: false };
  assert.equal((await all(await uploads.read(askerId, request, serve))).toString(), 'x');
  await assert.rejects(uploads.read('stranger' as PeerId, request, serve), { kind: 'not-found' });
});

/** An owner whose index lists these paths as files, whatever lies there now. */
function listing(t: Parameters<typeof owner>[0], base: string) {
  const from = owner(t, base);
  const uploads = uploadsOver(t, from, {
    locate: (_peer, _share, safePath) => ({
      root: from.shared,
      absolutePath: path.join(from.shared, safePath),
      entry: { name: safePath, kind: 'file', sizeBytes: 1, mtimeMs: 0 },
    }),
  });
  const ask = (entryPath: string) => uploads.read(askerId, { shareId, path: entryPath, offset: 0, needsRoot: false }, serve);
  return { from, ask };
}

test('a link in place of a file, or of a folder on the way, leads nowhere', { skip: process.platform === 'win32' }, async (t) => {
  const base = temporaryFolder(t);
  const { from, ask } = listing(t, base);
  mkdirSync(path.join(base, 'outside'));
  writeFileSync(path.join(base, 'outside/f'), 'not shared');
  from.write('hidden/f', 'not shared either');
  symlinkSync(path.join(base, 'outside/f'), path.join(from.shared, 'link'));
  symlinkSync(path.join(base, 'outside'), path.join(from.shared, 'folder'));
  symlinkSync('hidden', path.join(from.shared, 'inner'));
  for (const entryPath of ['link', 'folder/f', 'inner/f']) {
    await assert.rejects(ask(entryPath), (error: Error & { kind: string }) => {
      assert.equal(error.kind, 'permission-denied');
      assert.ok(!error.message.includes(base), `the message names a local path: ${error.message}`);
      return true;
    });
  }
  assert.deepEqual(
    openBelow(base).filter((file) => !file.includes('potluck.db')),
    [],
  );
});

test(
  'a link in place of the shared folder, or of a folder above it, leads nowhere',
  { skip: process.platform === 'win32' },
  async (t) => {
    const base = temporaryFolder(t);
    const { from, ask } = listing(t, base);
    from.write('d/f', 'shared');
    mkdirSync(path.join(base, 'outside/d'), { recursive: true });
    writeFileSync(path.join(base, 'outside/d/f'), 'private');
    renameSync(from.shared, `${from.shared} before`);
    symlinkSync(path.join(base, 'outside'), from.shared);
    await assert.rejects(ask('d/f'), { kind: 'permission-denied' });
    assert.deepEqual(openBelow(path.join(base, 'outside')), []);
  },
);

test('pipes, sockets and devices are refused without waiting', { skip: process.platform === 'win32' }, async (t) => {
  const { from, ask } = listing(t, temporaryFolder(t));
  execFileSync('mkfifo', [path.join(from.shared, 'pipe')]);
  await assert.rejects(ask('pipe'), { kind: 'permission-denied' });
  mkdirSync(path.join(from.shared, 'folder'));
  await assert.rejects(ask('folder'), { kind: 'permission-denied' });
});

test(
  'a parent folder swapped for a link again and again never lets anything out',
  { skip: process.platform === 'win32' },
  async (t) => {
    const base = temporaryFolder(t);
    const { from, ask } = listing(t, base);
    from.write('d/f', 'shared');
    mkdirSync(path.join(base, 'outside'));
    writeFileSync(path.join(base, 'outside/f'), 'SECRET');
    symlinkSync(path.join(base, 'outside'), path.join(from.shared, 'evil'));
    const [real, evil, aside] = ['d', 'evil', 'aside'].map((name) => path.join(from.shared, name)) as [string, string, string];
    let served = 0;
    for (let i = 0; i < 300; i++) {
      const asking = ask('d/f').then(all, (error: unknown) => error);
      const swap = () => {
        renameSync(real, aside);
        renameSync(evil, real);
      };
      const back = () => {
        renameSync(real, evil);
        renameSync(aside, real);
      };
      if (i % 3 === 0) swap();
      else setImmediate(swap);
      if (i % 2 === 0) setImmediate(back);
      const answer = await asking;
      await new Promise((resolve) => setImmediate(resolve));
      if (i % 2 !== 0) back();
      if (!Buffer.isBuffer(answer)) continue;
      served++;
      assert.equal(answer.toString(), 'shared');
    }
    t.diagnostic(`${served} of 300 were served`);
  },
);

test('a file that changes while it is sent ends in `changed`, with no byte of another', async (t) => {
  const from = owner(t, temporaryFolder(t));
  const bytes = content(3 * 1024 * 1024);
  const changes: [name: string, change: (file: string) => void][] = [
    ['truncated', (file) => truncateSync(file, 100)],
    ['grown', (file) => appendFileSync(file, 'more')],
    ['rewritten in place', (file) => writeFileSync(file, content(bytes.length, 2))],
  ];
  for (const [name, change] of changes) {
    const file = from.write('f', bytes);
    const reply = await read(from, 'f');
    const iterator = reply.bytes[Symbol.asyncIterator]();
    await iterator.next();
    change(file);
    await assert.rejects(
      (async () => {
        while (!(await iterator.next()).done);
      })(),
      { kind: 'changed' },
      name,
    );
    await assert.rejects(reply.end());
    rmSync(file);
  }
  await assertAllClosed(from.uploads, from.shared);
});

test('what is shared no more is not sent to its end', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const file = from.write('f', content(3 * 1024 * 1024));
  let isShared = true;
  const uploads = uploadsOver(t, from, {
    locate: () =>
      isShared
        ? { root: from.shared, absolutePath: file, entry: { name: 'f', kind: 'file', sizeBytes: 1, mtimeMs: 0 } }
        : undefined,
  });
  const reply = await uploads.read(askerId, { shareId, path: 'f', offset: 0, needsRoot: false }, serve);
  const iterator = reply.bytes[Symbol.asyncIterator]();
  await iterator.next();
  isShared = false;
  await assert.rejects(
    (async () => {
      while (!(await iterator.next()).done);
    })(),
    { kind: 'not-found' },
  );
  await assertAllClosed(uploads, from.shared);
});

test('descriptors are closed when the asker goes away at any point', async (t) => {
  const from = owner(t, temporaryFolder(t));
  from.write('f', content(2 * 1024 * 1024));
  const unread = new AbortController();
  await read(from, 'f', {}, { signal: unread.signal });
  assert.equal(from.uploads.list().length, 1);
  unread.abort();
  const half = new AbortController();
  const iterator = (await read(from, 'f', {}, { signal: half.signal })).bytes[Symbol.asyncIterator]();
  await iterator.next();
  half.abort();
  await assert.rejects(
    (async () => {
      while (!(await iterator.next()).done);
    })(),
  );
  const returned = (await read(from, 'f')).bytes[Symbol.asyncIterator]();
  await returned.next();
  await returned.return?.();
  await (await read(from, 'f')).bytes[Symbol.asyncIterator]().return?.();
  await assertAllClosed(from.uploads, from.shared);
  await assert.rejects(read(from, 'f'), { kind: 'unavailable' });
  const gone = new AbortController();
  gone.abort();
  const late = uploadsOver(t, from).read(
    askerId,
    { shareId, path: 'f', offset: 0, needsRoot: false },
    { ...serve, signal: gone.signal },
  );
  await assert.rejects(late, { kind: 'cancelled' });
});

test('leaf hashes are given only for files that the peer was told of', async (t) => {
  const from = owner(t, temporaryFolder(t));
  const bytes = content(2 * 1024 * 1024);
  from.write('f', bytes);
  const head = await read(from, 'f', { needsRoot: true, length: 0 });
  await all(head);
  const root = head.root ?? new Uint8Array();
  const { leaves } = await from.source.hashes({ root, first: 0, count: 128 }, { signal });
  assert.ok(Buffer.concat(leaves).equals(hashLeaves(bytes)));
  await assert.rejects(from.uploads.hashes('stranger' as PeerId, { root, first: 0, count: 128 }), { kind: 'not-found' });
  await assert.rejects(from.source.hashes({ root, first: 0, count: 2 * wireLimits.leavesInReply }, { signal }), {
    kind: 'invalid-argument',
  });
  await assert.rejects(from.source.hashes({ root, first: 3, count: 2 }, { signal }), { kind: 'not-found' });
  await assert.rejects(from.source.hashes({ root: Buffer.alloc(32, 9), first: 0, count: 1 }, { signal }), { kind: 'not-found' });
});

test('a root that is asked for by many at once is hashed once, and kept when they give up', async (t) => {
  const from = owner(t, temporaryFolder(t));
  from.write('f', content(8 * 1024 * 1024));
  let hashed = 0;
  const original = from.hasher.hashFile.bind(from.hasher);
  t.mock.method(from.hasher, 'hashFile', (...args: Parameters<typeof original>) => (hashed++, original(...args)));
  const given = new AbortController();
  const asked = [1, 2, 3].map(() => read(from, 'f', { needsRoot: true, length: 1 }, { signal: given.signal }));
  const refused = Promise.all(asked.map((one) => assert.rejects(one, { kind: 'cancelled' })));
  setImmediate(() => setImmediate(() => given.abort()));
  await refused;
  const reply = await read(from, 'f', { needsRoot: true, length: 1 });
  assert.equal((await all(reply)).length, 1);
  assert.equal(hashed, 1);
});
