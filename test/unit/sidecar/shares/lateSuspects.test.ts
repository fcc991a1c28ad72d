// Files that come into a share while it is shared and look secret. Real files in a temporary folder.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { Delta, FolderChange } from '../../../../src/sidecar/catalog/index/rows.ts';
import { previewLimits } from '../../../../src/sidecar/limits.ts';
import { LateSuspects } from '../../../../src/sidecar/shares/lateSuspects.ts';

const secret = `-----BEGIN ${'PRIVATE'} KEY-----\n`;

function world(t: TestContext) {
  const root = mkdtempSync(path.join(tmpdir(), 'potluck-late-'));
  t.after(() => rmSync(root, { recursive: true, force: true }));
  let changes = 0;
  /** Files on the disk that are not in the index. */
  const left = new Set<string>();
  const isThere = (name: string): boolean => !left.has(name) && existsSync(path.join(root, name));
  const late = new LateSuspects(root, { known: ['known.txt'], isThere, onChange: () => changes++ });
  return { root, late, left, changes: () => changes };
}

const step = (...folders: Partial<FolderChange>[]): Delta => ({
  updatedAtMs: 1,
  counts: { folderCount: 0, fileCount: 0, totalBytes: 0 },
  folders: folders.map((folder) => ({ path: '', mtimeMs: 0, removed: [], set: [], ...folder })),
});
const file = (name: string, sizeBytes = 100) => ({ name, kind: 'file' as const, sizeBytes, mtimeMs: 1 });
const named = (late: LateSuspects) => late.report?.suspects.map((each) => each.path);

test('a file that comes with a secret is named until it goes', async (t) => {
  const { root, late, changes } = world(t);
  mkdirSync(path.join(root, 'sub'));
  writeFileSync(path.join(root, 'sub', 'deploy.sh'), `#!/bin/sh\n${secret}`);
  writeFileSync(path.join(root, 'plain.txt'), 'nothing');
  late.changed(step({ set: [file('plain.txt')] }, { path: 'sub', set: [file('deploy.sh')] }));
  await late.settled();
  assert.deepEqual(late.report?.suspects, [{ path: 'sub/deploy.sh', sizeBytes: 38, kinds: ['private-key'], line: 2 }]);
  assert.equal(late.report.readFiles, 2);
  assert.equal(changes(), 1);

  late.changed(step({ removed: ['sub'] }));
  assert.equal(late.report, undefined);
  assert.equal(changes(), 2);
});

test('a file that loses its secret is not named any more', async (t) => {
  const { root, late } = world(t);
  writeFileSync(path.join(root, 'a.txt'), secret);
  late.changed(step({ set: [file('a.txt')] }));
  await late.settled();
  assert.deepEqual(named(late), ['a.txt']);
  writeFileSync(path.join(root, 'a.txt'), 'clean');
  late.changed(step({ set: [file('a.txt')] }));
  await late.settled();
  assert.equal(named(late), undefined);
});

test('a file that goes while it waits to be read is not named', async (t) => {
  const { root, late } = world(t);
  for (const name of ['a.txt', 'b.txt']) writeFileSync(path.join(root, name), secret);
  late.changed(step({ set: [file('a.txt'), file('b.txt')] }));
  late.changed(step({ removed: ['a.txt'] }));
  await late.settled();
  assert.deepEqual(named(late), ['b.txt']);
});

test('a walk names what is new, without what was shown before; what is gone is forgotten', async (t) => {
  const { root, late, left } = world(t);
  for (const name of ['known.txt', 'new.txt', 'gone.txt']) writeFileSync(path.join(root, name), secret);
  late.changed(step({ set: [file('gone.txt')] }));
  await late.settled();
  const files = ['known.txt', 'new.txt'].map((name) => ({ path: name, sizeBytes: 100 }));
  left.add('gone.txt');
  late.walked({ files, unreadFiles: 8000 });
  await late.settled();
  assert.deepEqual(named(late), ['new.txt']);
  assert.equal(late.report?.unreadFiles, 8000);
  late.changed(step({ set: [file('known.txt')] }));
  await late.settled();
  assert.deepEqual(named(late), ['new.txt', 'known.txt'], 'what was shown is another file now');
});

test('what a walk found gone is not named, whether it waits to be read or is being read', async (t) => {
  const { root, late, left } = world(t);
  for (const name of ['a.txt', 'b.txt', 'c.txt']) writeFileSync(path.join(root, name), secret);
  late.changed(step({ set: [file('a.txt'), file('b.txt'), file('c.txt')] }));
  left.add('a.txt').add('b.txt');
  late.walked({ files: [], unreadFiles: 0 });
  await late.settled();
  assert.deepEqual(named(late), ['c.txt']);
  assert.equal(late.report?.readFiles, 2);
});

test('what went, or is below a folder that a file replaced, makes room for what came with the same step', async (t) => {
  const { root, late } = world(t);
  mkdirSync(path.join(root, 'deep'));
  writeFileSync(path.join(root, 'deep', 'y.txt'), secret);
  writeFileSync(path.join(root, 'x.txt'), secret);
  late.changed(step({ path: 'deep', set: [file('y.txt')] }));
  await late.settled();
  assert.deepEqual(named(late), ['deep/y.txt']);
  const many = Array.from({ length: previewLimits.secretFiles }, (_, at) => file(`none${at}.txt`, 1));
  late.changed(step({ path: 'sub', set: many }));
  late.changed(step({ set: [file('deep'), file('x.txt')] }, { path: 'sub', removed: many.map(({ name }) => name) }));
  await late.settled();
  assert.deepEqual(named(late), ['x.txt']);
  assert.equal(late.report?.unreadFiles, 0);
});

test('files that are too many to be read are told, also when nothing was found', (t) => {
  const { late, changes } = world(t);
  const many = Array.from({ length: previewLimits.secretFiles + 5 }, (_, at) => file(`none${at}.txt`, 1));
  late.changed(step({ set: many }));
  late.close();
  assert.deepEqual(late.report, { suspects: [], found: 0, readFiles: 0, unreadFiles: 5 });
  assert.equal(changes(), 1);
});

test('links, large files and pictures are not read', async (t) => {
  const { root, late } = world(t);
  writeFileSync(path.join(root, 'real.txt'), secret);
  symlinkSync(path.join(root, 'real.txt'), path.join(root, 'link.txt'));
  late.changed(step({ set: [file('link.txt'), file('big.txt', previewLimits.secretFileBytes + 1), file('x.png')] }));
  await late.settled();
  assert.equal(late.report, undefined);
  late.changed(step({ set: [file('real.txt')] }));
  late.close();
  await late.settled();
  assert.equal(late.report, undefined, 'it was closed');
});
