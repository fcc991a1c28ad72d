// Serving: only what is shared, only the file that was opened, whatever is planted, swapped or changed under it.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { PeerId } from '../../../../../src/protocol/ids.ts';
import { wireLimits } from '../../../../../src/sidecar/limits.ts';
import { hashLeaves, rootOfLeaves } from '../../../../../src/sidecar/transfers/content/merkle.ts';
import { Uploads } from '../../../../../src/sidecar/transfers/uploads/uploads.ts';
import type { ReadReply, ReadRequest } from '../../../../../src/sidecar/wire/services.ts';
import { askerId, content, node, owner, type Owner, shareId, temporaryFolder } from '../world.ts';

const signal = new AbortController().signal;

function read(from: Owner, entryPath: string, more: Partial<ReadRequest> = {}, options = { signal }): Promise<ReadReply> {
  return from.source.read({ shareId, path: entryPath, offset: 0, needsRoot: false, ...more }, options);
}

async function all(reply: ReadReply): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of reply.bytes) {
    assert.ok(chunk.length > 0 && chunk.length <= wireLimits.sliceBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Descriptors of this process that are open below a folder (Linux tells). */
function openBelow(folder: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(folder) ? [target] : [];
    } catch {
      return []; // the descriptor of this very listing
    }
  });
}

test('a new file is sent with its root at the end, an old one with its root first', async (t) => {
  const from = owner(t, temporaryFolder(t));
  for (const sizeBytes of [1, 16384, 300_000, 3 * 1024 * 1024 + 1]) {
    const bytes = content(sizeBytes, sizeBytes);
    const root = rootOfLeaves(hashLeaves(bytes));
    from.write('f', bytes);
    const first = await read(from, 'f');
    assert.equal(first.root, undefined);
    assert.equal(first.sizeBytes, sizeBytes);
    assert.ok((await all(first)).equals(bytes));
    assert.deepEqual(Buffer.from((await first.end()) ?? []), root);
    const ranged = await read(from, 'f', { needsRoot: true, offset: sizeBytes - 1 });
    assert.deepEqual(Buffer.from(ranged.root ?? []), root);
    assert.deepEqual(await all(ranged), bytes.subarray(sizeBytes - 1));
    const later = await read(from, 'f');
    assert.deepEqual(Buffer.from(later.root ?? []), root);
    assert.ok((await all(later)).equals(bytes));
  }
  assert.deepEqual(openBelow(from.shared), []);
  assert.deepEqual(from.uploads.list(), []);
});

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
  assert.deepEqual(openBelow(from.shared), []);
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
  const uploads = new Uploads({
    ...node(t, path.join(base, 'other')),
    locate: (peerId) =>
      peerId === askerId
        ? { root: from.shared, absolutePath: file, entry: { name: 'secret', kind: 'file', sizeBytes: 1, mtimeMs: 0 } }
        : undefined,
    onChange: () => undefined,
  });
  const request = { shareId, path: 'secret', offset: 0, needsRoot: false };
  assert.equal((await all(await uploads.read(askerId, request, { signal }))).toString(), 'x');
  await assert.rejects(uploads.read('stranger' as PeerId, request, { signal }), { kind: 'not-found' });
});

/** An owner whose index lists these paths as files, whatever lies there now. */
function listing(t: Parameters<typeof owner>[0], base: string) {
  const from = owner(t, base);
  const uploads = new Uploads({
    ...from,
    locate: (_peer, _share, safePath) => ({
      root: from.shared,
      absolutePath: path.join(from.shared, safePath),
      entry: { name: safePath, kind: 'file', sizeBytes: 1, mtimeMs: 0 },
    }),
    onChange: () => undefined,
  });
  const ask = (entryPath: string) => uploads.read(askerId, { shareId, path: entryPath, offset: 0, needsRoot: false }, { signal });
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
  assert.deepEqual(openBelow(from.shared), []);
});

test('what is shared no more is not sent to its end', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const file = from.write('f', content(3 * 1024 * 1024));
  let isShared = true;
  const uploads = new Uploads({
    ...node(t, path.join(base, 'other')),
    locate: () =>
      isShared
        ? { root: from.shared, absolutePath: file, entry: { name: 'f', kind: 'file', sizeBytes: 1, mtimeMs: 0 } }
        : undefined,
    onChange: () => undefined,
  });
  t.after(() => uploads.close());
  const reply = await uploads.read(askerId, { shareId, path: 'f', offset: 0, needsRoot: false }, { signal });
  const iterator = reply.bytes[Symbol.asyncIterator]();
  await iterator.next();
  isShared = false;
  await assert.rejects(
    (async () => {
      while (!(await iterator.next()).done);
    })(),
    { kind: 'not-found' },
  );
  assert.deepEqual(openBelow(from.shared), []);
  assert.deepEqual(uploads.list(), []);
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
  assert.deepEqual(from.uploads.list(), []);
  await from.uploads.close();
  assert.deepEqual(openBelow(from.shared), []);
  const gone = new AbortController();
  gone.abort();
  await assert.rejects(read(from, 'f', {}, { signal: gone.signal }), { kind: 'cancelled' });
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
