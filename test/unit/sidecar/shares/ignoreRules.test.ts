// The rules against git itself, in real repositories: what git ignores, we ignore.

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { readRules } from '../../../../src/sidecar/shares/ignoreRules.ts';
import { walk } from '../../../../src/sidecar/shares/walk.ts';
import { pathsOf } from './walked.ts';

let folder: string;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'potluck-ignore-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

function make(name: string, files: Record<string, string>): string {
  const root = path.join(folder, name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
    writeFileSync(path.join(root, file), text);
  }
  return root;
}

const everything = {
  ...{
    'a.log': '',
    'keep.log': '',
    'src/a.log': '',
    'src/keep.log': '',
    'src/deep/er/b.log': '',
    'build/out.js': '',
    'src/build/out.js': '',
  },
  ...{
    'build.txt': '',
    'docs/build/page.html': '',
    'x.d/inner/file': '',
    'sub/x.d/file': '',
    'sub/x.d/y.d': '',
    'a b.txt': '',
    '#hash': '',
  },
  ...{
    '!bang': '',
    'foo/bar/baz': '',
    'foo/baz': '',
    'Foo/BAZ': '',
    'abc/x': '',
    'abc/d/x': '',
    'ü/日本.log': '',
    temp1: '',
    temp22: '',
  },
};

const rules: Record<string, Record<string, string>> = {
  'plain names': { '.gitignore': '*.log\nbuild\n' },
  'folders only': { '.gitignore': 'build/\ntemp?\n' },
  anchored: { '.gitignore': '/build\n/foo/baz\nsrc/build\n' },
  negation: { '.gitignore': '*.log\n!keep.log\n' },
  'what is below an ignored folder stays ignored': { '.gitignore': 'build/\n!build/out.js\nsrc/*\n!src/deep/\n' },
  'a deeper file re-includes': { '.gitignore': '*.log\n*.d\n', 'src/.gitignore': '!*.log\n', 'sub/.gitignore': '!x.d\n' },
  'a deeper file ignores more': { '.gitignore': '*.txt\n', 'foo/.gitignore': 'bar/\n/baz\n' },
  stars: { '.gitignore': '**/build/*.js\nabc/**\nfoo/**/baz\n' },
  'odd lines': { '.gitignore': '\ufeff*.log\r\n\\#hash\n\\!bang\n# comment\n\n   \na\\ b.txt  \n' },
  classes: { '.gitignore': 'temp[0-9]\n[!a-z]*\n' },
  'everything but': { '.gitignore': '/*\n!/src\n!/foo\n' },
};

const hasGit = spawnSync('git', ['--version']).status === 0;

for (const [what, files] of Object.entries(rules)) {
  test(`git and we agree: ${what}`, { skip: !hasGit }, () => {
    const root = make(what, { ...everything, ...files });
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_SYSTEM: '/dev/null' };
    execFileSync('git', ['init', '-q', root], { env });
    const listed = execFileSync('git', ['-C', root, 'ls-files', '-z', '--others', '--exclude-standard'], {
      env,
      encoding: 'utf8',
    });
    const expected = listed.split('\0').filter((file) => file !== '');
    const ours = pathsOf((sink) => walk(root, sink, { onProgress: () => undefined }));
    assert.deepEqual(ours.files.toSorted(), expected.toSorted());
  });
}

test('.potluckignore adds to .gitignore, and goes before it', () => {
  const root = make('potluckignore', { ...everything, '.gitignore': '*.log\n', '.potluckignore': '!keep.log\nbuild*\n' });
  const { files } = pathsOf((sink) => walk(root, sink, { onProgress: () => undefined }));
  assert.ok(files.includes('keep.log') && files.includes('src/keep.log'));
  assert.ok(!files.some((file) => file.includes('build') || file === 'a.log'));
});

test('no rule brings a secret back', () => {
  const root = make('secrets', { '.env': 'x', 'sub/id_rsa': 'x', '.potluckignore': '!.env\n!sub/id_rsa\n!*\n' });
  const { files } = pathsOf((sink) => walk(root, sink, { onProgress: () => undefined }));
  assert.deepEqual(files, ['.potluckignore']);
});

test('a folder whose rules cannot be read is left out whole', () => {
  const root = make('unreadable', {
    'a.txt': '',
    'sub/b.txt': '',
    'sub/c.txt': '',
    'other/.gitignore': `${'x'.repeat(2 * 1024 * 1024)}`,
    'other/d': '',
  });
  symlinkSync('/dev/zero', path.join(root, 'sub', '.gitignore'));
  const { files, result } = pathsOf((sink) => walk(root, sink, { onProgress: () => undefined }));
  assert.deepEqual(files, ['a.txt']);
  assert.equal(result.skippedCounts.unreadable, 2);
  assert.throws(() => readRules(path.join(root, 'sub'), new Set(['.gitignore'])));
});
