import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { leaveOut } from '../../../../src/sidecar/shares/leaveOut.ts';
import { marksOf } from '../../../../src/sidecar/shares/marks.ts';
import { walk } from '../../../../src/sidecar/shares/walk.ts';
import { pathsOf } from './walked.ts';

let folder: string;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'potluck-leave-out-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

function tree(name: string, files: readonly string[]): string {
  const root = path.join(folder, name);
  for (const file of files) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), file);
  }
  return root;
}

const shared = (root: string): string[] => pathsOf((sink) => walk(root, sink, { onProgress: () => undefined })).files;

test('paths are left out exactly, whatever their names mean in a rule file', { skip: process.platform === 'win32' }, () => {
  const odd = ['[a].txt', 'a*.txt', 'b?.txt', 'trailing ', '#note', '!not', 'sub/deep.txt', 'line\nbreak', 'dollar$', 'ünï.txt'];
  const kept = ['a.txt', 'ab.txt', 'bc.txt', 'trailing', 'deep.txt', 'note'];
  const root = tree('odd', [...odd, ...kept]);
  leaveOut(root, odd);
  assert.deepEqual(shared(root).sort(), [...kept].sort());
});

test('rules that are there stay, and hold', () => {
  const root = tree('kept', ['a.txt', 'b.txt', 'c.txt']);
  writeFileSync(path.join(root, '.potluckignore'), 'a.txt');
  leaveOut(root, ['b.txt']);
  assert.deepEqual(shared(root), ['.potluckignore', 'c.txt']);
  assert.ok(readFileSync(path.join(root, '.potluckignore'), 'utf8').startsWith('a.txt\n'));
});

test('a rule further down that takes a file back in does not share it', () => {
  const root = tree('taken-back', ['a/b/key.txt', 'a/b/kept.txt', 'a/other.txt', 'a/b/c/deep.txt']);
  writeFileSync(path.join(root, 'a', '.gitignore'), '!key.txt\n!other.txt\n');
  writeFileSync(path.join(root, 'a', 'b', '.gitignore'), '*\n!*.txt\n!c/\n');
  writeFileSync(path.join(root, 'a', 'b', 'c', '.potluckignore'), '!deep.txt');
  leaveOut(root, ['a/b/key.txt', 'a/other.txt', 'a/b/c/deep.txt']);
  assert.deepEqual(
    shared(root).filter((each) => each.endsWith('.txt')),
    ['a/b/kept.txt'],
  );
});

test('a folder that is left out stays out, also where a rule for folders takes it back in', () => {
  const root = tree('folder', ['a/foo/deep/key.txt', 'a/other.txt', 'b/foo/key.txt']);
  writeFileSync(path.join(root, 'a', '.gitignore'), '*\n!foo/\n!foo/**\n');
  assert.ok(shared(root).includes('a/foo/deep/key.txt'));
  leaveOut(root, ['a/foo', 'b/foo']);
  assert.deepEqual(
    shared(root).filter((each) => each.endsWith('.txt')),
    [],
  );
});

test('a path that is not there is refused before anything is written', () => {
  const root = tree('typing-error', ['a.txt', 'sub/b.txt']);
  for (const wrong of ['sub/B.text', 'a.txt/b', 'nothing'])
    assert.throws(() => leaveOut(root, ['a.txt', wrong]), { kind: 'not-found', data: { path: wrong } });
  assert.ok(!existsSync(path.join(root, '.potluckignore')));
});

test('a folder on the way that became a link is not written through', { skip: process.platform === 'win32' }, () => {
  const root = tree('linked-below', ['kept.txt']);
  const outside = tree('outside-below', ['key.txt']);
  writeFileSync(path.join(outside, '.gitignore'), '!key.txt\n');
  symlinkSync(outside, path.join(root, 'sub'));
  leaveOut(root, ['sub/key.txt']);
  assert.ok(!existsSync(path.join(outside, '.potluckignore')));
});

test('a rule file that is a link is not written through', { skip: process.platform === 'win32' }, () => {
  const root = tree('linked', ['a.txt']);
  const outside = path.join(folder, 'outside');
  writeFileSync(outside, 'mine');
  symlinkSync(outside, path.join(root, '.potluckignore'));
  assert.throws(() => leaveOut(root, ['a.txt']), { kind: 'io' });
  assert.equal(readFileSync(outside, 'utf8'), 'mine');
});

test('marks say what each path is, and why it is left out', async () => {
  const root = tree('marked', ['kept.txt', 'build/out.txt', 'build/deep/more.txt', '.env', 'sub/a.log', 'sub/b.txt']);
  writeFileSync(path.join(root, '.gitignore'), 'build/\n');
  writeFileSync(path.join(root, 'sub', '.potluckignore'), '*.log\n');
  const ask = [
    '.',
    'kept.txt',
    'build',
    'build/deep/more.txt',
    '.env',
    'sub/a.log',
    'sub',
    'sub/b.txt',
    'gone.txt',
    '..',
    '../marked2',
  ];
  const marks = await marksOf(
    ask.map((each) => path.resolve(root, each)),
    [root],
  );
  assert.deepEqual(marks, [
    { state: 'root' },
    { state: 'shared' },
    { state: 'excluded', reason: 'ignored', rule: 'build/' },
    { state: 'excluded', reason: 'ignored', rule: 'build/' },
    { state: 'excluded', reason: 'secret', rule: 'environment file' },
    { state: 'excluded', reason: 'ignored', rule: '*.log (sub/)' },
    { state: 'shared' },
    { state: 'shared' },
    { state: 'none' },
    { state: 'none' },
    { state: 'none' },
  ]);
});
