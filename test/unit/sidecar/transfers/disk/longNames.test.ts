// Names and paths at the limit of what a disk holds: they arrive, under a shorter name where theirs is taken, or are named as what could not be had.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { transferLimits } from '../../../../../src/sidecar/limits.ts';
import { assertSameTree, content, owner, receiver, temporaryFolder } from '../world.ts';

const skip = process.platform === 'win32' ? 'names are counted otherwise there' : false;
const large = content(transferLimits.packedFileBytes + 100_000);
/** 255 bytes, in one, two and four bytes a character. */
const names = [`${'x'.repeat(251)}.bin`, `${'ü'.repeat(125)}x.bin`, `${'🥘'.repeat(62)}xyz.bin`];

test('a file whose name has 255 bytes arrives; a second one gets a number and still fits', { skip }, async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  for (const name of names) from.write(name, large);
  const to = await receiver(t, base, from);
  for (const name of names) {
    assert.equal(Buffer.byteLength(name), 255);
    const [first, second] = [await to.get(name), await to.get(name)];
    for (const { state, failure, destination } of [first, second]) {
      assert.equal(state, 'done', failure?.message);
      assert.ok(readFileSync(destination).equals(large));
    }
    assert.equal(first.destination, path.join(to.folder, name));
    assert.match(path.basename(second.destination), / \(2\)\.bin$/);
    assert.ok(Buffer.byteLength(path.basename(second.destination)) <= 255);
  }
});

test('a folder of such names, in such folders, arrives: large files, small ones, few and many', { skip }, async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const folder = 'd'.repeat(255);
  for (const [at, name] of names.entries()) {
    from.write(`top/${folder}/${name}`, large);
    from.write(`top/${folder}/${'e'.repeat(255)}/${name}`, `small ${at}`);
    from.write(`top/few/${at}/${name}`, `few ${at}`);
  }
  const to = await receiver(t, base, from);
  const download = await to.get('top');
  assert.equal(download.state, 'done', download.failure?.message);
  assertSameTree(download.destination, path.join(from.shared, 'top'));
});

test('a path that is too long for this disk is named, and everything else arrives', { skip }, async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  const deep = Array.from({ length: 15 }, () => 'f'.repeat(250)).join('/');
  for (const name of ['large.bin', 'small.txt']) from.write(`top/${deep}/${name}`, name === 'large.bin' ? large : 'small');
  for (let at = 0; at < 5; at++) from.write(`top/${deep}/${at}.txt`, `small ${at}`);
  from.write('top/large.bin', large);
  from.write('top/small.txt', 'small');
  const to = await receiver(t, path.join(base, 'g'.repeat(200), 'h'.repeat(200)), from);
  mkdirSync(to.folder, { recursive: true });
  const download = await to.get('top');
  assert.equal(download.state, 'failed');
  assert.match(download.failure?.message ?? '', /^7 of 9 files could not be downloaded; the others are there/);
  assert.deepEqual(
    download.failedFiles.map(({ path: name }) => name.slice(0, 8)),
    Array<string>(7).fill('top/ffff'),
  );
  for (const { message } of download.failedFiles) assert.match(message, /longer than this disk allows.+shorter path/);
  assert.ok(readFileSync(path.join(download.destination, 'large.bin')).equals(large));
  assert.equal(readFileSync(path.join(download.destination, 'small.txt'), 'utf8'), 'small');
});
