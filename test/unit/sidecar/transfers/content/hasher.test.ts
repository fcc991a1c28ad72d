// The hash worker: right roots, trees on disk, cancelling, short files beside long ones.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, truncateSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import path from 'node:path';
import { test } from 'node:test';
import { hashLeaves, rootOfLeaves } from '../../../../../src/sidecar/transfers/content/merkle.ts';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import { Hasher } from '../../../../../src/sidecar/transfers/content/hasher.ts';
import { content, node, temporaryFolder } from '../world.ts';

test('a file is hashed in the worker, and its tree proves every leaf', async (t) => {
  const folder = temporaryFolder(t);
  const { hasher, trees } = node(t, folder);
  const bytes = content(9 * 1024 * 1024 + 123);
  writeFileSync(path.join(folder, 'f'), bytes);
  const handle = await open(path.join(folder, 'f'));
  const treePath = trees.temporaryPath(bytes.length) ?? '';
  const { root, leafCount } = await hasher.hashFile(handle.fd, bytes.length, { treePath });
  await handle.close();
  const leaves = hashLeaves(bytes);
  assert.deepEqual(Buffer.from(root), rootOfLeaves(leaves));
  assert.equal(leafCount, leaves.length / 32);
  trees.adopt(root, treePath);
  const proof = trees.prove(root, 512, 64);
  assert.deepEqual(Buffer.concat(proof?.leaves ?? []), leaves.subarray(512 * 32, 576 * 32));
  assert.equal(trees.prove(root, 513, 64), undefined);
  assert.equal(trees.prove(root, 1024, 64), undefined);
});

test('a damaged tree is dropped instead of served', async (t) => {
  const folder = temporaryFolder(t);
  const { hasher, trees } = node(t, folder);
  const bytes = content(2 * 1024 * 1024);
  const treePath = trees.temporaryPath(bytes.length) ?? '';
  writeFileSync(path.join(folder, 'f'), bytes);
  const handle = await open(path.join(folder, 'f'));
  const { root } = await hasher.hashFile(handle.fd, bytes.length, { treePath });
  await handle.close();
  trees.adopt(root, treePath);
  const file = path.join(folder, 'trees', Buffer.from(root).toString('hex'));
  writeFileSync(file, Buffer.alloc(16 + 128 * 32, 7));
  assert.equal(trees.prove(root, 0, 1), undefined);
  assert.equal(existsSync(file), false);
});

test('a file that is shorter than said is reported as changed, and leaves no tree behind', async (t) => {
  const folder = temporaryFolder(t);
  const { hasher, trees } = node(t, folder);
  const file = path.join(folder, 'f');
  writeFileSync(file, '');
  truncateSync(file, 3 * 1024 * 1024);
  const handle = await open(file);
  await assert.rejects(hasher.hashFile(handle.fd, 4 * 1024 * 1024, { treePath: trees.temporaryPath(4 * 1024 * 1024) ?? '' }), {
    kind: 'changed',
  });
  await handle.close();
  assert.deepEqual(readdirSync(path.join(folder, 'trees')), []);
});

test('hashing stops when it is cancelled, and a short file is hashed between slices of a long one', async (t) => {
  const folder = temporaryFolder(t);
  const { hasher } = node(t, folder);
  const file = path.join(folder, 'sparse');
  writeFileSync(file, '');
  truncateSync(file, 64 * 1024 ** 3);
  const handle = await open(file);
  const abort = new AbortController();
  const long = hasher.hashFile(handle.fd, 64 * 1024 ** 3, { signal: abort.signal });
  assert.equal((await hasher.hashFile(handle.fd, 16 * 16384)).leafCount, 16);
  abort.abort();
  await assert.rejects(long, { kind: 'cancelled' });
  await handle.close();
});

test('closing fails what waits', async (t) => {
  const hasher = new Hasher({ log: silentLog });
  const file = path.join(temporaryFolder(t), 'sparse');
  writeFileSync(file, '');
  truncateSync(file, 64 * 1024 ** 3);
  const handle = await open(file);
  const settled = assert.rejects(hasher.hashFile(handle.fd, 64 * 1024 ** 3), { kind: 'unavailable' });
  await hasher.close();
  await settled;
  await assert.rejects(hasher.hashFile(handle.fd, 1), { kind: 'unavailable' });
  await handle.close();
});
