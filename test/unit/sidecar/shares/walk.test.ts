// The walk on a real tree made by somebody who means ill.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { IgnoreRules } from '../../../../src/sidecar/shares/ignoreRules.ts';
import { indexTime, lookAt } from '../../../../src/sidecar/shares/folderLook.ts';
import { walk } from '../../../../src/sidecar/shares/walk.ts';
import { pathsOf } from './walked.ts';

const isPosix = process.platform !== 'win32';
let folder: string;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'potluck-walk-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

function tree(name: string): string {
  const root = path.join(folder, name);
  mkdirSync(root);
  return root;
}

const quiet = { onProgress: (): void => undefined };

test('links, loops, FIFOs, sockets and devices are skipped, counted, and never followed', { skip: !isPosix }, async () => {
  const root = tree('special');
  const outside = tree('outside');
  writeFileSync(path.join(outside, 'secret.txt'), 'secret');
  writeFileSync(path.join(root, 'plain.txt'), 'plain');
  symlinkSync(outside, path.join(root, 'out'));
  symlinkSync(path.join(outside, 'secret.txt'), path.join(root, 'out.txt'));
  symlinkSync('.', path.join(root, 'loop'));
  symlinkSync('nowhere', path.join(root, 'dangling'));
  execFileSync('mkfifo', [path.join(root, 'fifo')]);
  const server = createServer().listen(path.join(root, 'socket'));
  await once(server, 'listening');
  try {
    const { files, folders, result } = pathsOf((sink) => walk(root, sink, quiet));
    assert.deepEqual(files, ['plain.txt']);
    assert.deepEqual(folders, []);
    assert.deepEqual(result.skippedCounts, { symlink: 4, special: 2 });
    assert.deepEqual(result.skipped.map(({ path: skipped, reason }) => `${skipped} ${reason}`).toSorted(), [
      'dangling symlink',
      'fifo special',
      'loop symlink',
      'out symlink',
      'out.txt symlink',
      'socket special',
    ]);
  } finally {
    server.close();
  }
});

test(
  'names that cannot travel are skipped; odd ones that can are shared as they are',
  { skip: process.platform !== 'linux' },
  () => {
    const root = tree('names');
    const inRoot = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from(`${root}/`), bytes]);
    for (const bytes of [
      [0xff, 0xfe],
      [0x61, 0xc3],
      [0xed, 0xa0, 0x80],
    ])
      writeFileSync(inRoot(Buffer.from(bytes)), '');
    mkdirSync(inRoot(Buffer.from([0x64, 0x80])));
    const good = [
      'new\nline',
      'x'.repeat(255),
      'right\u202eot.left',
      'ü',
      'e\u0301',
      '日本',
      '🍲',
      ' lead',
      'trail ',
      'dot.',
      '-rf',
      '$(id)',
      '%00',
      '\u007f',
    ];
    for (const name of good) writeFileSync(path.join(root, name), name);
    for (const name of ['NUL', 'con', 'a\\b', 'C:x', 'COM1']) writeFileSync(path.join(root, name), '');
    const { files, result } = pathsOf((sink) => walk(root, sink, quiet));
    assert.deepEqual(
      files,
      good.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
    );
    assert.deepEqual(result.skippedCounts, { 'name-not-utf8': 4, 'name-not-portable': 5 });
  },
);

test('secrets are skipped at every level, and shown first', () => {
  const root = tree('secrets');
  for (const file of [
    '.env',
    'a/.ssh/config',
    'a/b/server.pem',
    'a/.git/HEAD',
    'a/ok.txt',
    '.env.example',
    '.docker/config.json',
    '.docker/Dockerfile',
  ]) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), 'x');
  }
  writeFileSync(path.join(root, '.gitignore'), '0*\n');
  for (let index = 0; index < 20; index++) writeFileSync(path.join(root, `0${index}`), '');
  const { files, result } = pathsOf((sink) => walk(root, sink, quiet));
  assert.deepEqual(files.toSorted(), ['.docker/Dockerfile', '.env.example', '.gitignore', 'a/ok.txt']);
  assert.deepEqual(result.skippedCounts, { secret: 5, ignored: 20 });
  assert.ok(result.skipped.slice(0, 5).every(({ reason }) => reason === 'secret'));
});

test('nothing of a Potluck data folder is shared, wherever it came to lie', () => {
  const root = tree('with-data');
  const data = path.join(root, 'moved', 'potluck');
  mkdirSync(path.join(data, 'feeds'), { recursive: true });
  for (const name of ['identity.key', 'potluck.db', 'settings.txt', 'feeds/CURRENT'])
    writeFileSync(path.join(data, name), 'secret');
  const { files, folders } = pathsOf((sink) => walk(root, sink, quiet));
  assert.deepEqual([files, folders], [[], ['moved', 'moved/potluck']]);
  const place = { relative: 'moved/potluck', relativeBytes: 13, depth: 2, rules: new IgnoreRules(), identity: undefined };
  const listener = { skipped: () => undefined, seen: () => undefined };
  assert.equal(lookAt(root, 'settings.txt', { folder: place, absolute: data, listener }), undefined);
});

test('a folder that cannot be read is skipped and counted', { skip: !isPosix || process.getuid?.() === 0 }, () => {
  const root = tree('unreadable');
  mkdirSync(path.join(root, 'closed'));
  writeFileSync(path.join(root, 'open.txt'), '');
  chmodSync(path.join(root, 'closed'), 0);
  try {
    const { files, result } = pathsOf((sink) => walk(root, sink, quiet));
    assert.deepEqual(files, ['open.txt']);
    assert.equal(result.skippedCounts.unreadable, 1);
  } finally {
    chmodSync(path.join(root, 'closed'), 0o700);
  }
});

test('a folder that goes away, or becomes a link, during the walk is skipped', { skip: !isPosix }, () => {
  const root = tree('vanishing');
  const outside = tree('vanishing-outside');
  writeFileSync(path.join(outside, 'secret.txt'), '');
  for (const name of ['a', 'b', 'c', 'd']) {
    mkdirSync(path.join(root, name));
    writeFileSync(path.join(root, name, 'file'), '');
  }
  let seen = 0;
  const { files, result } = pathsOf((sink) =>
    walk(
      root,
      {
        folder: (folders, count) => {
          // The root was looked at; before its folders are read, somebody swaps them.
          if (seen++ === 0) {
            rmSync(path.join(root, 'b'), { recursive: true });
            renameSync(path.join(root, 'c'), path.join(folder, 'elsewhere'));
            symlinkSync(outside, path.join(root, 'c'));
            renameSync(path.join(root, 'd'), path.join(folder, 'elsewhere-too'));
            mkdirSync(path.join(root, 'd'));
            writeFileSync(path.join(root, 'd', 'planted'), '');
          }
          sink.folder(folders, count);
        },
        entry: (name, sizeBytes, mtimeMs) => sink.entry(name, sizeBytes, mtimeMs),
      },
      quiet,
    ),
  );
  assert.deepEqual(files, ['a/file']);
  assert.equal(result.skippedCounts.unreadable, 3);
});

test('what is deeper than an index goes is skipped', { skip: !isPosix }, () => {
  const root = tree('deep');
  let at = root;
  for (let depth = 0; depth < 70; depth++) mkdirSync((at = path.join(at, 'd')));
  const long = tree('long');
  at = long;
  // Longer than one system call takes: made from inside.
  const before = process.cwd();
  try {
    process.chdir(long);
    for (let depth = 0; depth < 15; depth++) {
      mkdirSync('n'.repeat(255));
      process.chdir('n'.repeat(255));
    }
    writeFileSync('last', '');
  } finally {
    process.chdir(before);
  }
  const deep = pathsOf((sink) => walk(root, sink, quiet));
  assert.equal(deep.folders.length, 64);
  assert.equal(deep.result.skippedCounts['too-deep'], 1);
  const found = pathsOf((sink) => walk(long, sink, quiet));
  assert.ok(found.folders.length >= 14);
});

test('a root that is missing, a file, or a link now throws', () => {
  assert.throws(() => walk(path.join(folder, 'missing'), pathsSink(), quiet), { code: 'ENOENT' });
  const file = path.join(folder, 'file');
  writeFileSync(file, '');
  assert.throws(() => walk(file, pathsSink(), quiet), { code: 'ENOTDIR' });
  const target = tree('link-target');
  const link = path.join(folder, 'link');
  symlinkSync(target, link, 'junction');
  assert.throws(() => walk(link, pathsSink(), quiet), { code: 'ELOOP' });
});

test('times are whole milliseconds in range, and sizes are the files’', () => {
  const root = tree('times');
  const file = path.join(root, 'old');
  writeFileSync(file, '12345');
  utimesSync(file, new Date(-86_400_000), new Date(-86_400_000));
  let entry: [number, number] | undefined;
  walk(root, { folder: () => undefined, entry: (_, sizeBytes, mtimeMs) => (entry = [sizeBytes, mtimeMs]) }, quiet);
  assert.deepEqual(entry, [5, -86_400_000]);
  assert.equal(indexTime(1.9), 1);
  assert.equal(indexTime(1e300), 8.64e15);
  assert.equal(indexTime(-1e300), -62_135_596_800_000);
});

function pathsSink(): { folder(): void; entry(): void } {
  return { folder: () => undefined, entry: () => undefined };
}
