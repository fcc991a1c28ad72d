// Packs read from a real share by the disk worker: only regular files that lie in it, unchanged while they were read; one that cannot be given
// refuses itself alone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, renameSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import type { ErrorKind } from '../../../../../src/protocol/errors.ts';
import { transferLimits } from '../../../../../src/sidecar/limits.ts';
import { hashLeaves, rootOfLeaves } from '../../../../../src/sidecar/transfers/content/merkle.ts';
import { withhold } from '../../../../../src/sidecar/transfers/disk/madePack.ts';
import { readPackItems } from '../../../../../src/sidecar/transfers/disk/pack.ts';
import { content, temporaryFolder } from '../world.ts';
import { disk, signal } from './diskWorld.ts';

const isWindows = process.platform === 'win32';

/** What the receiving side finds in a pack. */
function taken(pack: Uint8Array, count: number): (Buffer | ErrorKind)[] {
  const found: (Buffer | ErrorKind)[] = [];
  const bytes = Buffer.from(pack);
  readPackItems(bytes, count, {
    given: (_, { at, sizeBytes, root }) => {
      const file = bytes.subarray(at, at + sizeBytes);
      assert.deepEqual(Buffer.from(root), sizeBytes === 0 ? Buffer.alloc(32) : rootOfLeaves(hashLeaves(file)));
      found.push(file);
    },
    refused: (_, kind) => found.push(kind),
  });
  return found;
}

test('files come in the order asked, with their stamps; what was refused before is not opened', async (t) => {
  const root = temporaryFolder(t);
  mkdirSync(path.join(root, 'a'));
  const names = ['a/1', 'a/2', 'a/3', 'a/4', 'a/5', 'a/6', 'top', 'a/7', 'empty'];
  const bytes = names.map((name, i) => (name === 'empty' ? Buffer.alloc(0) : content(i * 9000 + 1, i)));
  for (const [i, name] of names.entries()) writeFileSync(path.join(root, name), bytes[i] ?? '');
  const asked = names.map((name) => ({ absolutePath: path.join(root, name), sizeBytes: statSync(path.join(root, name)).size }));
  const pack = await disk.readPack(
    root,
    [{ refused: 'not-found' }, ...asked, { absolutePath: path.join(root, 'none'), sizeBytes: 9 }],
    { signal },
  );
  assert.deepEqual(taken(pack.bytes, 11), ['not-found', ...bytes, 'not-found']);
  const stats = statSync(path.join(root, 'a/3'), { bigint: true });
  const third = pack.files[3];
  assert.ok(third && !('refused' in third));
  assert.deepEqual([third.mtimeNs, third.ctimeNs, third.sizeBytes], [stats.mtimeNs, stats.ctimeNs, 18_001]);
  const less = withhold(
    pack,
    new Map([
      [1, 'permission-denied'],
      [9, 'io'],
    ]),
  );
  assert.deepEqual(taken(less.bytes, 11), ['not-found', 'permission-denied', ...bytes.slice(1, 8), 'io', 'not-found']);
  const moved = less.files[3];
  assert.ok(moved && !('refused' in moved));
  assert.deepEqual(Buffer.from(less.bytes.subarray(moved.at, moved.at + moved.sizeBytes)), bytes[2]);
});

test('nothing outside the share is given, by whatever link or path', { skip: isWindows }, async (t) => {
  const base = temporaryFolder(t);
  const [root, outside] = [path.join(base, 'share'), path.join(base, 'outside')];
  for (const folder of [root, outside, path.join(root, 'd')]) mkdirSync(folder);
  for (let i = 0; i < 8; i++) writeFileSync(path.join(outside, `f${i}`), 'secret');
  writeFileSync(path.join(root, 'd', 'good'), 'good');
  symlinkSync(path.join(outside, 'f0'), path.join(root, 'link'));
  symlinkSync(outside, path.join(root, 'swapped'));
  symlinkSync(path.join(root, 'd'), path.join(root, 'inner'));
  const names = [
    'link',
    ...Array.from({ length: 8 }, (_, i) => `swapped/f${i}`),
    '../outside/f1',
    'd/../../outside/f1',
    'inner/good',
    'd',
    'd/good/x',
    '',
  ];
  const asked = names.map((name) => ({
    absolutePath: name.includes('..') ? `${root}/${name}` : path.join(root, name),
    sizeBytes: 100,
  }));
  const pack = await disk.readPack(root, [...asked, { absolutePath: path.join(outside, 'f1'), sizeBytes: 6 }], { signal });
  for (const [i, file] of pack.files.entries()) assert.ok('refused' in file, names[i]);
  assert.equal(taken(pack.bytes, names.length + 1).filter((one) => typeof one !== 'string').length, 0);
});

test('a share whose folder became a link gives nothing', { skip: isWindows }, async (t) => {
  const base = temporaryFolder(t);
  const root = path.join(base, 'share');
  mkdirSync(path.join(base, 'elsewhere'));
  const names = Array.from({ length: 9 }, (_, i) => `f${i}`);
  for (const name of names) writeFileSync(path.join(base, 'elsewhere', name), 'secret');
  symlinkSync(path.join(base, 'elsewhere'), root);
  const pack = await disk.readPack(
    root,
    names.map((name) => ({ absolutePath: path.join(root, name), sizeBytes: 6 })),
    { signal },
  );
  for (const file of pack.files) assert.deepEqual(file, { refused: 'permission-denied' });
});

test('pipes, devices and folders are not read, and a pipe does not hang', { skip: isWindows }, async (t) => {
  const root = temporaryFolder(t);
  execFileSync('mkfifo', [path.join(root, 'pipe')]);
  mkdirSync(path.join(root, 'folder'));
  const asked = ['pipe', 'folder'].map((name) => ({ absolutePath: path.join(root, name), sizeBytes: 10 }));
  const pack = await disk.readPack(root, asked, { signal });
  assert.deepEqual(taken(pack.bytes, 2), ['permission-denied', 'permission-denied']);
});

test('a file that outgrew packs refuses itself alone, and never more is sent than a pack may hold', async (t) => {
  const root = temporaryFolder(t);
  const grown = path.join(root, 'grown');
  writeFileSync(grown, '');
  truncateSync(grown, transferLimits.packedFileBytes + 1);
  const asked = [{ absolutePath: grown, sizeBytes: 3 }];
  for (let i = 0; i < 20; i++) {
    const absolutePath = path.join(root, `f${i}`);
    writeFileSync(absolutePath, content(transferLimits.packedFileBytes, i));
    asked.push({ absolutePath, sizeBytes: 1 });
  }
  const pack = await disk.readPack(root, asked, { signal });
  assert.ok(pack.bytes.length <= transferLimits.packWireBytes);
  const found = taken(pack.bytes, 21);
  assert.equal(found[0], 'too-large');
  assert.equal(found.at(-1), 'too-large');
});

test(
  'a file of which hard links exist, or that may not be read, is what the system says',
  { skip: isWindows || process.getuid?.() === 0 },
  async (t) => {
    const root = temporaryFolder(t);
    writeFileSync(path.join(root, 'two'), 'two');
    linkSync(path.join(root, 'two'), path.join(root, 'names'));
    writeFileSync(path.join(root, 'shut'), 'shut');
    chmodSync(path.join(root, 'shut'), 0);
    const asked = ['names', 'shut'].map((name) => ({ absolutePath: path.join(root, name), sizeBytes: 4 }));
    assert.deepEqual(taken((await disk.readPack(root, asked, { signal })).bytes, 2), [Buffer.from('two'), 'permission-denied']);
  },
);

test('folders that are swapped while packs are read never give what lies elsewhere', { skip: isWindows }, async (t) => {
  const base = temporaryFolder(t);
  const [root, outside] = [path.join(base, 'share'), path.join(base, 'outside')];
  for (const folder of [path.join(root, 'd'), outside]) mkdirSync(folder, { recursive: true });
  const names = Array.from({ length: 200 }, (_, i) => `f${i}`);
  for (const name of names) {
    writeFileSync(path.join(root, 'd', name), 'shared');
    writeFileSync(path.join(outside, name), 'secret');
  }
  symlinkSync(outside, path.join(base, 'link'));
  const asked = names.map((name) => ({ absolutePath: path.join(root, 'd', name), sizeBytes: 6 }));
  for (let round = 0; round < 20; round++) {
    const reading = disk.readPack(root, asked, { signal });
    for (let swap = 0; swap < 10; swap++) {
      renameSync(path.join(root, 'd'), path.join(base, 'away'));
      renameSync(path.join(base, 'link'), path.join(root, 'd'));
      renameSync(path.join(root, 'd'), path.join(base, 'link'));
      renameSync(path.join(base, 'away'), path.join(root, 'd'));
    }
    for (const file of taken((await reading).bytes, names.length))
      assert.ok(typeof file === 'string' || file.toString() === 'shared');
  }
});
