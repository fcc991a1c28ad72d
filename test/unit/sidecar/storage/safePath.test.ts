// Hostile names, on every platform, against the one place where a name becomes a path.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import {
  localName,
  makeFoldersBelow,
  nameProblem,
  parseSafePath,
  pathBelow,
  pathProblem,
} from '../../../../src/sidecar/storage/safePath.ts';

function temporary(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const hostilePaths = [
  '..',
  '.',
  '../x',
  'a/../../b',
  'a/..',
  './a',
  'a/./b',
  '/etc/passwd',
  '//server/share',
  'a//b',
  'a/',
  '\\\\server\\share',
  '..\\x',
  'a\\b',
  'C:\\x',
  'C:x',
  'c:',
  'a/C:/x',
  'NUL',
  'nul',
  'CON',
  'PRN',
  'AUX',
  'COM1',
  'com9',
  'COM¹',
  'LPT1',
  'lpt³',
  'CONIN$',
  'a/NUL/b',
  'a\0b',
  '\0',
  'x'.repeat(256),
  'ü'.repeat(128),
  '\ud800',
  'a/\udc00',
  Array.from({ length: 65 }, () => 'd').join('/'),
  Array.from({ length: 40 }, () => 'x'.repeat(120)).join('/'),
];

for (const hostile of hostilePaths) {
  test(`the path ${JSON.stringify(hostile.slice(0, 40))} is refused`, () => {
    assert.ok(pathProblem(hostile));
    assert.throws(() => parseSafePath(hostile), { kind: 'invalid-argument' });
  });
}

const harmless = [
  'a',
  '.hidden',
  '...',
  '..a',
  'a..',
  'con.txt',
  'aux.c',
  'nul.tar.gz',
  '12:30.log',
  'a b',
  ' ',
  '#?%',
  'ü'.normalize('NFD'),
  '🥘',
  'x'.repeat(255),
  'new\nline',
  'right\u202e',
];

for (const name of harmless) {
  test(`the name ${JSON.stringify(name.slice(0, 40))} may travel, and stays below its folder`, () => {
    assert.equal(nameProblem(name), undefined);
    assert.equal(pathBelow('/downloads', parseSafePath(`a/${name}`)), path.join('/downloads', 'a', localName(name)));
  });
}

test('on Windows, names are spelled so that no device, stream or trailing dot comes out', () => {
  const spelled: [string, string][] = [
    ['aux.c', '_aux.c'],
    ['Con.txt', '_Con.txt'],
    ['com1.log', '_com1.log'],
    ['12:30.log', '12_30.log'],
    ['file.txt:stream', 'file.txt_stream'],
    ['what?', 'what_'],
    ['a<b>c|d"e*', 'a_b_c_d_e_'],
    ['dots...', 'dots___'],
    ['space ', 'space_'],
    ['new\nline', 'new_line'],
    ['console', 'console'],
  ];
  for (const [name, expected] of spelled) assert.equal(localName(name, 'win32'), expected);
  for (const [name] of spelled) assert.equal(localName(name, 'linux'), name);
});

test('folders are made one by one, and never through a link', (t) => {
  const root = temporary(t);
  const outside = temporary(t);
  makeFoldersBelow(root, path.join(root, 'a', 'b', 'c'));
  makeFoldersBelow(root, path.join(root, 'a', 'b', 'c'));
  assert.ok(existsSync(path.join(root, 'a', 'b', 'c')));
  symlinkSync(outside, path.join(root, 'planted'));
  assert.throws(() => makeFoldersBelow(root, path.join(root, 'planted', 'x')), { kind: 'permission-denied' });
  writeFileSync(path.join(root, 'file'), '');
  assert.throws(() => makeFoldersBelow(root, path.join(root, 'file', 'x')), { kind: 'permission-denied' });
  mkdirSync(path.join(root, 'sub'));
  assert.throws(() => makeFoldersBelow(path.join(root, 'sub'), root), { kind: 'invalid-argument' });
  assert.deepEqual(readdirSync(outside), []);
});
