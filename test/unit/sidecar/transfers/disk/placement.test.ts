// Final names: free, never over anything, never through a link.

import assert from 'node:assert/strict';
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import {
  claimFolder,
  numberedName,
  removePartialFolder,
  renameFree,
} from '../../../../../src/sidecar/transfers/disk/placement.ts';
import { finishedFile, giveName, TargetFolder } from '../../../../../src/sidecar/transfers/disk/naming.ts';
import { content, owner, receiver, temporaryFolder } from '../world.ts';

test('free names keep extensions and fit a name', () => {
  const names: [name: string, number: number, expected: string][] = [
    ['a.txt', 1, 'a.txt'],
    ['a.txt', 2, 'a (2).txt'],
    ['a.tar.gz', 3, 'a (3).tar.gz'],
    ['noext', 2, 'noext (2)'],
    ['.bashrc', 2, '.bashrc (2)'],
    ['v1. a sentence', 2, 'v1. a sentence (2)'],
    ['a.b.c', 2, 'a.b (2).c'],
  ];
  for (const [name, number, expected] of names) assert.equal(numberedName(name, number), expected);
  const long = `${'ü'.repeat(125)}.txt`;
  assert.ok(Buffer.byteLength(numberedName(long, 12)) <= 255);
  assert.match(numberedName(long, 12), /ü \(12\)\.txt$/);
});

test('a file is placed under the next free name, with and without hard links', (t) => {
  const folder = temporaryFolder(t);
  const told: string[] = [];
  for (let i = 1; i <= 3; i++) {
    const partial = path.join(folder, `p${i}`);
    writeFileSync(partial, `content ${i}`);
    const { path: sub } = new TargetFolder(folder, path.join(folder, 'sub'));
    const named = giveName(finishedFile(partial, lstatSync(partial)), sub, { name: 'f.txt', conflict: 'keep-both' });
    if (named.outcome === 'placed') told.push(named.target);
  }
  assert.deepEqual(readdirSync(path.join(folder, 'sub')).sort(), ['f (2).txt', 'f (3).txt', 'f.txt']);
  assert.equal(readFileSync(path.join(folder, 'sub/f (3).txt'), 'utf8'), 'content 3');
  assert.equal(told.length, 3);
  writeFileSync(path.join(folder, 'p4'), 'content 4');
  assert.equal(renameFree(path.join(folder, 'p4'), path.join(folder, 'sub/f.txt')), false);
  assert.equal(renameFree(path.join(folder, 'p4'), path.join(folder, 'sub/g.txt')), true);
  assert.equal(readFileSync(path.join(folder, 'sub/g.txt'), 'utf8'), 'content 4');
});

test('a folder is claimed once, whatever has its name', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(path.join(folder, 'd'), 'a file');
  mkdirSync(path.join(folder, 'd (2)'));
  symlinkSync('nowhere', path.join(folder, 'd (3)'));
  assert.equal(claimFolder(folder, 'd'), path.join(folder, 'd (4)'));
});

test(
  'a link in the way of a folder is refused, and nothing is written through it',
  { skip: process.platform === 'win32' },
  (t) => {
    const folder = temporaryFolder(t);
    const outside = temporaryFolder(t);
    symlinkSync(outside, path.join(folder, 'sub'));
    for (const inside of ['sub', 'sub/deeper']) {
      assert.throws(() => new TargetFolder(folder, path.join(folder, inside)), { kind: 'permission-denied' });
    }
    assert.deepEqual(readdirSync(outside), []);
  },
);

test('links planted in the download folder lead no download outside', { skip: process.platform === 'win32' }, async (t) => {
  const base = temporaryFolder(t);
  const outside = temporaryFolder(t);
  const from = owner(t, base);
  from.write('d/sub/f', content(100_000));
  from.write('single', 'x');
  const to = await receiver(t, base, from);
  mkdirSync(to.folder, { recursive: true });
  symlinkSync(outside, path.join(to.folder, 'd'));
  symlinkSync(path.join(outside, 'made'), path.join(to.folder, 'single'));
  const folder = await to.get('d');
  assert.equal(folder.destination, path.join(to.folder, 'd (2)'));
  assert.equal((await to.get('single')).destination, path.join(to.folder, 'single (2)'));
  symlinkSync(outside, path.join(to.folder, '.potluck-partial'));
  const third = await to.get('d');
  assert.equal(third.failure?.kind, 'permission-denied', JSON.stringify(third));
  assert.ok(lstatSync(path.join(to.folder, '.potluck-partial')).isSymbolicLink());
  await to.downloads.clear();
  assert.deepEqual(readdirSync(outside), []);
});

test('what has the name of our own folder at its owner gets another one, whatever is to be done with taken names', async (t) => {
  for (const conflict of ['keep-both', 'overwrite', 'skip'] as const) {
    const base = temporaryFolder(t);
    const from = owner(t, base);
    from.write('.potluck-partial/planted', 'x');
    from.write('sub/.Potluck-Partial', 'y');
    const to = await receiver(t, base, from, { conflict: () => conflict });
    const [folder, file] = [await to.get('.potluck-partial'), await to.get('sub/.Potluck-Partial')];
    assert.equal(folder.destination, path.join(to.folder, '_.potluck-partial'));
    assert.equal(file.destination, path.join(to.folder, '_.Potluck-Partial'));
    assert.deepEqual(readdirSync(to.folder).sort(), ['_.Potluck-Partial', '_.potluck-partial']);
    assert.equal(readFileSync(path.join(folder.destination, 'planted'), 'utf8'), 'x');
  }
});

test('cleaning up follows no link', { skip: process.platform === 'win32' }, (t) => {
  const folder = temporaryFolder(t);
  const outside = temporaryFolder(t);
  mkdirSync(path.join(outside, 'id'));
  writeFileSync(path.join(outside, 'id/kept'), 'x');
  symlinkSync(outside, path.join(folder, '.potluck-partial'));
  removePartialFolder(folder, 'id');
  assert.ok(existsSync(path.join(outside, 'id/kept')));
});

test('a download folder that is a link is the choice of its user', { skip: process.platform === 'win32' }, async (t) => {
  const base = temporaryFolder(t);
  const real = temporaryFolder(t);
  const from = owner(t, base);
  from.write('d/f', 'x');
  const to = await receiver(t, base, from);
  symlinkSync(real, to.folder);
  const download = await to.get('d');
  assert.equal(download.state, 'done', JSON.stringify(download.failure));
  assert.equal(readFileSync(path.join(real, 'd/f'), 'utf8'), 'x');
});

test('a download folder that cannot be is said so', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  from.write('f', 'x');
  const to = await receiver(t, base, from);
  writeFileSync(to.folder, 'a file');
  const download = await to.get('f');
  assert.equal(download.state, 'failed');
  assert.match(download.failure?.message ?? '', /downloads could not be written/);
});
