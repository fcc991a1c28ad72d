// Files that arrive, through the real disk worker: only what is right is written and counted, what an earlier attempt left is checked, and
// nothing is ever written through a link or into somebody else's file.

import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { silentLog } from '../../../../../src/sidecar/log.ts';
import { hashBytes, hashLeaves, leafBytes, rootOfLeaves } from '../../../../../src/sidecar/transfers/content/merkle.ts';
import { withTree } from '../../../../../src/sidecar/transfers/content/treeFile.ts';
import { Disk } from '../../../../../src/sidecar/transfers/disk/disk.ts';
import { inOwnBuffer } from '../../../../../src/sidecar/wire/ownBuffers.ts';
import { content, random, temporaryFolder } from '../world.ts';
import { disk, signal } from './diskWorld.ts';

const sizeBytes = 40 * leafBytes + 77;
const bytes = content(sizeBytes, 3);
const leaves = hashLeaves(bytes);
const root = rootOfLeaves(leaves);
const mtimeMs = Date.UTC(2024, 1, 3);

const slice = (first: number, count: number) =>
  bytes.subarray(first * leafBytes, Math.min((first + count) * leafBytes, sizeBytes));

test('pieces in any order and cut anywhere make the file, its root and its tree file', async (t) => {
  const folder = temporaryFolder(t);
  const partial = await disk.openPartial({ path: path.join(folder, 'a.part'), sizeBytes });
  const { below } = random(5);
  for (const first of [24, 0, 32, 8, 40, 16]) {
    const count = Math.min(8, partial.leafCount - first);
    const piece = slice(first, count);
    const chunks: Uint8Array[] = [];
    for (let at = 0; at < piece.length;) {
      const length = 1 + below(40_000);
      const chunk = piece.subarray(at, at + length);
      chunks.push(below(2) === 0 ? inOwnBuffer(chunk) : chunk);
      at += length;
    }
    assert.equal(await partial.write(first, chunks, below(2) === 0 ? leaves.subarray(first * hashBytes) : undefined), count);
  }
  assert.ok(partial.have.isFull);
  assert.deepEqual(
    Buffer.from(await partial.read(leafBytes * 3 + 5, 99_999)),
    bytes.subarray(leafBytes * 3 + 5, leafBytes * 3 + 5 + 99_999),
  );
  assert.deepEqual(Buffer.from(await partial.leaves(7, 3)), leaves.subarray(7 * hashBytes, 10 * hashBytes));
  const treePath = path.join(folder, 'tree');
  assert.deepEqual(Buffer.from((await partial.finish({ mtimeMs, root, treePath })).root), root);
  assert.deepEqual(readFileSync(partial.path), bytes);
  assert.equal(statSync(partial.path).mtimeMs, mtimeMs);
  assert.deepEqual(
    withTree(treePath, (tree) => rootOfLeaves(tree.leaves(0, tree.leafCount))),
    root,
  );
});

test('an empty file is whole at once', async (t) => {
  const partial = await disk.openPartial({ path: path.join(temporaryFolder(t), 'a.part'), sizeBytes: 0 });
  assert.deepEqual(Buffer.from((await partial.finish({ mtimeMs })).root), Buffer.alloc(32));
  assert.equal(statSync(partial.path).size, 0);
});

test('a wrong leaf is not written, nor what comes after it', async (t) => {
  const partial = await disk.openPartial({ path: path.join(temporaryFolder(t), 'a.part'), sizeBytes });
  const wrong = Buffer.from(slice(0, 8));
  wrong[5 * leafBytes + 100] = (wrong[5 * leafBytes + 100] ?? 0) ^ 1;
  assert.equal(await partial.write(0, [wrong], leaves), 5);
  assert.equal(partial.have.count, 5);
  assert.equal(statSync(partial.path).size, 5 * leafBytes);
  await assert.rejects(partial.read(0, 6 * leafBytes), { kind: 'not-found' });
  await assert.rejects(partial.finish({ mtimeMs, root }), { kind: 'internal' });
  await assert.rejects(partial.write(3, [bytes.subarray(0, 100)]), { kind: 'internal' });
  await assert.rejects(partial.write(40, [slice(39, 2)]), { kind: 'internal' });
});

test('what an earlier attempt left is there at once; what was edited since is found and missing again', async (t) => {
  const file = path.join(temporaryFolder(t), 'a.part');
  const version = Buffer.from('version1');
  const before = await disk.openPartial({ path: file, sizeBytes, version });
  await before.write(8, [slice(8, 20)]);
  await before.identify({ root });
  await before.close();
  const edited = readFileSync(file);
  edited[10 * leafBytes] = (edited[10 * leafBytes] ?? 0) ^ 1;
  writeFileSync(file, edited.subarray(0, 26 * leafBytes + 5));
  const partial = await disk.openPartial({ path: file, sizeBytes });
  assert.deepEqual(Buffer.from(partial.earlier?.version ?? []), version);
  assert.deepEqual(Buffer.from(partial.earlier?.root ?? []), root);
  assert.equal(partial.have.count, 20);
  assert.equal(await partial.recheck({ signal }), 3, 'the edited leaf, and two behind the cut');
  assert.deepEqual(
    [10, 25, 26, 27].map((leaf) => partial.have.has(leaf)),
    [false, true, false, false],
  );
  for (let at = partial.have.nextMissing(0); at < partial.leafCount; at = partial.have.nextMissing(at)) {
    const end = partial.have.nextPresent(at);
    await partial.write(at, [slice(at, end - at)], leaves.subarray(at * hashBytes));
  }
  await partial.finish({ mtimeMs, root });
  assert.deepEqual(readFileSync(file), bytes);
});

test('finishing checks first what nobody rechecked', async (t) => {
  const file = path.join(temporaryFolder(t), 'a.part');
  const before = await disk.openPartial({ path: file, sizeBytes });
  await before.write(0, [bytes]);
  await before.close();
  const edited = readFileSync(file);
  edited[0] = (edited[0] ?? 0) ^ 1;
  writeFileSync(file, edited);
  const partial = await disk.openPartial({ path: file, sizeBytes });
  await assert.rejects(partial.finish({ mtimeMs, root }), { kind: 'internal' });
});

test('comparing with the leaves of the root drops those that differ', async (t) => {
  const partial = await disk.openPartial({ path: path.join(temporaryFolder(t), 'a.part'), sizeBytes });
  const other = Buffer.from(bytes);
  other[3 * leafBytes] = (other[3 * leafBytes] ?? 0) ^ 1;
  await partial.write(0, [other]);
  assert.equal(await partial.compare(0, leaves.subarray(0, 20 * hashBytes)), 1);
  assert.equal(partial.have.has(3), false);
  await partial.write(3, [slice(3, 1)], leaves.subarray(3 * hashBytes));
  await partial.finish({ mtimeMs, root });
  assert.deepEqual(readFileSync(partial.path), bytes);
});

test('a file with another root than expected is not finished', async (t) => {
  const partial = await disk.openPartial({ path: path.join(temporaryFolder(t), 'a.part'), sizeBytes });
  await partial.write(0, [bytes]);
  await assert.rejects(partial.finish({ mtimeMs, root: Buffer.alloc(32, 9) }), { kind: 'verification-failed' });
});

test('a file that grew or shrank keeps its leaves to be compared, when the new root is known', async (t) => {
  const file = path.join(temporaryFolder(t), 'a.part');
  const before = await disk.openPartial({ path: file, sizeBytes });
  await before.write(0, [bytes]);
  await before.close();
  const grown = Buffer.concat([bytes, content(3 * leafBytes, 9)]);
  const grownLeaves = hashLeaves(grown);
  const partial = await disk.openPartial({ path: file, sizeBytes: grown.length, root: rootOfLeaves(grownLeaves) });
  assert.equal(partial.have.count, 40, 'the short last leaf is another one now');
  assert.equal(partial.earlier?.sizeBytes, sizeBytes);
  assert.equal(await partial.compare(0, grownLeaves), 0);
  await partial.write(40, [grown.subarray(40 * leafBytes)], grownLeaves.subarray(40 * hashBytes));
  await partial.finish({ mtimeMs, root: rootOfLeaves(grownLeaves) });
  assert.deepEqual(readFileSync(file), grown);
  const unknown = await disk.openPartial({ path: file, sizeBytes: 5 * leafBytes });
  assert.equal(unknown.have.count, 0, 'without a root nothing can be compared');
  await unknown.close();
});

test('a record that is garbage, cut, or without its file is no record', async (t) => {
  const folder = temporaryFolder(t);
  const file = path.join(folder, 'a.part');
  for (const damage of [
    () => writeFileSync(path.join(folder, 'a.leaves'), content(500, 1)),
    () => truncateSync(path.join(folder, 'a.leaves'), 100),
    () => unlinkSync(file),
  ]) {
    const before = await disk.openPartial({ path: file, sizeBytes });
    await before.write(0, [bytes]);
    await before.close();
    damage();
    const partial = await disk.openPartial({ path: file, sizeBytes });
    assert.equal(partial.have.count, 0);
    assert.equal(partial.earlier, undefined);
    await partial.remove();
    assert.equal(existsSync(file) || existsSync(path.join(folder, 'a.leaves')), false);
  }
});

test(
  'links and files with a second name in the place of a partial file are put away, not written to',
  { skip: process.platform === 'win32' },
  async (t) => {
    const folder = temporaryFolder(t);
    const victim = path.join(folder, 'victim');
    for (const plant of [(name: string) => symlinkSync(victim, name), (name: string) => linkSync(victim, name)]) {
      for (const name of ['a.part', 'a.leaves']) {
        writeFileSync(victim, 'precious');
        rmSync(path.join(folder, 'a.part'), { force: true });
        rmSync(path.join(folder, 'a.leaves'), { force: true });
        plant(path.join(folder, name));
        const partial = await disk.openPartial({ path: path.join(folder, 'a.part'), sizeBytes });
        await partial.write(0, [bytes]);
        await partial.finish({ mtimeMs, root });
        assert.equal(readFileSync(victim, 'utf8'), 'precious');
        assert.deepEqual(readFileSync(partial.path), bytes);
      }
    }
  },
);

test('a partial file that is removed or replaced while it is filled is said so, not taken for whole', async (t) => {
  const file = path.join(temporaryFolder(t), 'a.part');
  for (const replace of [() => unlinkSync(file), () => (unlinkSync(file), writeFileSync(file, bytes))]) {
    const partial = await disk.openPartial({ path: file, sizeBytes });
    await partial.write(0, [bytes]);
    replace();
    await assert.rejects(partial.finish({ mtimeMs, root }), { kind: 'changed' });
    await partial.remove();
  }
});

test('a folder that is no folder, or gone, is a clear failure', async (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(path.join(folder, 'file'), '');
  await assert.rejects(disk.openPartial({ path: path.join(folder, 'file', 'a.part'), sizeBytes }), { kind: 'io' });
  await assert.rejects(disk.openPartial({ path: path.join(folder, 'none', 'a.part'), sizeBytes }), { kind: 'io' });
});

test('a local file with the content becomes the partial file; one with another content leaves it as it was', async (t) => {
  const folder = temporaryFolder(t);
  const to = { path: path.join(folder, 'a.part'), sizeBytes, mtimeMs };
  const partial = await disk.openPartial({ path: to.path, sizeBytes });
  await partial.write(0, [slice(0, 4)]);
  await partial.close();
  const other = Buffer.from(bytes);
  other[sizeBytes - 1] = (other[sizeBytes - 1] ?? 0) ^ 1;
  const from = path.join(folder, 'from');
  for (const [wrong, why] of [
    [other, 'other bytes'],
    [bytes.subarray(1), 'another size'],
  ] as const) {
    writeFileSync(from, wrong);
    assert.equal(await disk.copyLocal(from, to, { root, signal }), false, why);
  }
  assert.equal(await disk.copyLocal(path.join(folder, 'none'), to, { root, signal }), false);
  const kept = await disk.openPartial({ path: to.path, sizeBytes });
  assert.equal(kept.have.count, 4);
  await kept.close();
  await assert.rejects(disk.copyLocal(from, to, { root, signal: AbortSignal.abort() }), { kind: 'cancelled' });
  writeFileSync(from, bytes);
  assert.equal(await disk.copyLocal(from, to, { root, signal }), true);
  assert.deepEqual(readFileSync(to.path), bytes);
  assert.equal(statSync(to.path).mtimeMs, mtimeMs);
});

test('closing the disk fails what waits, and what is asked after', async (t) => {
  const folder = temporaryFolder(t);
  mkdirSync(path.join(folder, 'x'));
  const own = new Disk({ log: silentLog });
  const partial = await own.openPartial({ path: path.join(folder, 'x', 'a.part'), sizeBytes });
  const writing = partial.write(0, [bytes]);
  await Promise.all([own.close(), assert.rejects(writing, { kind: 'unavailable' })]);
  await assert.rejects(partial.write(0, [bytes]), { kind: 'io' });
  await partial.close();
  await assert.rejects(own.openPartial({ path: partial.path, sizeBytes }), { kind: 'unavailable' });
});
