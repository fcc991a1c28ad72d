// The whole list of a folder is checked before its first byte: hostile names, clashes, lies.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { test } from 'node:test';
import type { EntryKind } from '../../../../../src/protocol/model.ts';
import { folderNameOf, planFolder } from '../../../../../src/sidecar/transfers/downloads/plan.ts';
import { asSafe, owner, receiver, temporaryFolder } from '../world.ts';

const rules = { areNamesExact: true, platform: 'linux' as const };

function entries(...list: (string | [path: string, kind: EntryKind, sizeBytes?: number])[]) {
  return list.map((item) => {
    const [entryPath, kind, sizeBytes = 1] = typeof item === 'string' ? ([item, 'file'] as const) : item;
    return { path: entryPath, entry: { name: entryPath.split('/').at(-1) ?? '', kind, sizeBytes, mtimeMs: 0 } };
  });
}

const hostileNames = [
  '..',
  '../x',
  'd/../../x',
  '/etc/passwd',
  '\\\\server\\share',
  'd\\x',
  'C:x',
  'c:/x',
  'd/.',
  'd/./x',
  'd//x',
  'd/',
  '',
  'd/\0',
  'd/NUL',
  'd/con',
  'd/com1',
  'd/COM¹',
  'd/lpt9',
  'd/CONIN$',
  `d/${'x'.repeat(256)}`,
  `d/${'ü'.repeat(128)}`,
  `d/${'x/'.repeat(70)}x`,
  'd/\ud800',
  'e/outside',
  'd',
  'dd/x',
];

test('hostile names are refused', async () => {
  for (const name of hostileNames) {
    await assert.rejects(
      planFolder(asSafe('d'), entries('d/good', name), rules),
      { kind: 'invalid-argument' },
      JSON.stringify(name),
    );
  }
});

test('a hostile list writes nothing and asks for nothing', async (t) => {
  const base = temporaryFolder(t);
  const from = owner(t, base);
  from.write('d/good', 'x');
  const catalog = { ...from.catalog, files: () => entries('d/good', 'd/../../../evil') as never };
  const to = await receiver(t, base, { ...from, catalog });
  const download = await to.get('d');
  assert.equal(download.failure?.kind, 'invalid-argument');
  assert.match(download.failure?.message ?? '', /Nothing was written/);
  assert.deepEqual(readdirSync(to.folder), ['.potluck-partial']);
});

test('names that this disk cannot keep apart are refused, and only there', async () => {
  const clashes = [
    entries('README', 'readme'),
    entries('\u00e9', 'e\u0301'),
    entries('D/a', 'd/b'),
    entries(['X', 'folder'], ['x', 'folder']),
    entries('straße', 'STRASSE'.toLowerCase(), 'STRAßE'),
  ];
  for (const list of clashes) {
    await planFolder(asSafe(''), list, rules);
    await assert.rejects(planFolder(asSafe(''), list, { ...rules, areNamesExact: false }), /same name on this disk/);
  }
  await assert.rejects(
    planFolder(asSafe(''), entries('a?', 'a*'), { areNamesExact: false, platform: 'win32' }),
    /same name on this disk/,
  );
});

test('a path that is both a file and a folder, or listed twice, is refused', async () => {
  for (const list of [entries('a', 'a/b'), entries('a/b', 'a'), entries(['a', 'folder'], 'a'), entries('a', ['a', 'folder'])]) {
    await assert.rejects(planFolder(asSafe(''), list, rules), /both a file and a folder/);
  }
  await assert.rejects(planFolder(asSafe(''), entries('a', 'a'), rules), /listed twice/);
});

test('impossible sizes are refused', async () => {
  for (const size of [-1, NaN, 0.5, Infinity, 2 ** 53])
    await assert.rejects(planFolder(asSafe(''), entries(['a', 'file', size]), rules), /impossible/);
  const huge = Number.MAX_SAFE_INTEGER - 1;
  await assert.rejects(planFolder(asSafe(''), entries(['a', 'file', huge], ['b', 'file', huge]), rules), /impossible total/);
});

test('a plan has every folder once, empty and implied ones, and sums up', async () => {
  const list = entries(['d/empty', 'folder', 0], 'd/a/b/c', ['d/a', 'folder', 0], 'd/x');
  const plan = await planFolder(asSafe('d'), list.slice(0, 1).concat(list.slice(2), list.slice(1, 2)), rules);
  assert.deepEqual(plan.folders, ['empty', 'a', 'a/b']);
  assert.deepEqual(
    plan.files.map((file) => [file.path, file.relative]),
    [
      ['d/x', 'x'],
      ['d/a/b/c', 'a/b/c'],
    ],
  );
  assert.equal(plan.totalBytes, 2);
});

test('names are spelled for Windows', async () => {
  const plan = await planFolder(asSafe(''), entries('a?/aux.txt', 'b. '), { areNamesExact: false, platform: 'win32' });
  assert.deepEqual(
    plan.files.map((file) => file.relative),
    ['a_/_aux.txt', 'b__'],
  );
});

test('a title becomes a harmless folder name', () => {
  const titles: [title: string, name: string][] = [
    ['Music', 'Music'],
    ['', 'share'],
    ['..', 'share'],
    ['../../etc', '.._.._etc'],
    ['a/b\\c:d', 'a_b_c_d'],
    ['line\nbreak\u0000', 'line_break_'],
    ['NUL', '_NUL'],
    ['.potluck-partial', '_.potluck-partial'],
    ['.Potluck-Partial', '_.Potluck-Partial'],
  ];
  for (const [title, name] of titles) assert.equal(folderNameOf(title, { platform: 'linux' }), name, JSON.stringify(title));
  assert.ok(Buffer.byteLength(folderNameOf('ü'.repeat(500))) <= 255);
});
