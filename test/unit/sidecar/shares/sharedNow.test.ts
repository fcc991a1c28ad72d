// What may be served is decided by the disk of this moment, by the same look as the walk's.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { areSharedNow, isSharedNow } from '../../../../src/sidecar/shares/sharedNow.ts';
import { parseSafePath, pathProblem } from '../../../../src/sidecar/storage/safePath.ts';

test('rules, secrets and links of today decide, at every level', { skip: process.platform === 'win32' }, (t) => {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'potluck-now-')));
  t.after(() => rmSync(root, { recursive: true }));
  mkdirSync(path.join(root, 'a', 'b'), { recursive: true });
  writeFileSync(path.join(root, 'a', 'b', 'ü.txt'), 'x');
  const is = (name: string): boolean => isSharedNow(root, parseSafePath(name));
  assert.ok(is('a/b/ü.txt') && is('a/b') && !is('a/b/none'));
  writeFileSync(path.join(root, '.gitignore'), 'b/\n');
  assert.ok(!is('a/b/ü.txt') && is('a'));
  writeFileSync(path.join(root, 'a', '.potluckignore'), '!b/\n');
  assert.ok(is('a/b/ü.txt'), 'the deeper file decides');
  rmSync(path.join(root, 'a', '.potluckignore'));
  symlinkSync('/dev/null', path.join(root, 'a', '.potluckignore'));
  assert.ok(!is('a/b/ü.txt'), 'rules that cannot be read hide all below');
  rmSync(path.join(root, 'a', '.potluckignore'));
  rmSync(path.join(root, '.gitignore'));
  renameSync(path.join(root, 'a'), path.join(root, '.ssh'));
  assert.ok(!is('.ssh/b/ü.txt'));
  symlinkSync('.ssh', path.join(root, 'a'));
  assert.ok(!is('a/b/ü.txt'));
});

test('many files at once are judged as each alone', { skip: process.platform === 'win32' }, async (t) => {
  const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'potluck-now-')));
  t.after(() => rmSync(root, { recursive: true }));
  const put = (name: string, text = 'x') => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), text);
  };
  put('.gitignore', '*.log\n/build/\nkept/*\n!kept/this\n');
  put('deep/.potluckignore', '!important.log\nsecret-*\n');
  put('closed/.gitignore', '');
  rmSync(path.join(root, 'closed/.gitignore'));
  symlinkSync('/dev/null', path.join(root, 'closed/.gitignore'));
  put('data/identity.key');
  put('data/potluck.db');
  put('real/x');
  symlinkSync('real', path.join(root, 'linked'));
  const names = [
    ...[
      'top.txt',
      'a.log',
      'build/x',
      'kept/this',
      'kept/that',
      'deep/important.log',
      'deep/other.log',
      'deep/secret-1',
      'deep/er/secret-2',
    ],
    ...[
      'closed/x',
      'data/x',
      'linked/x',
      'real/x',
      '.env',
      'real/.env',
      '.ssh/known',
      'id_rsa',
      'real/\u00fc \u4f60.txt',
      'nowhere/x',
      '.git/config',
    ],
    ...['gh/hosts.yml', 'real/hosts.yml', 'x/'.repeat(63) + 'y', `${'n'.repeat(254)}\u00fc`, 'n'.repeat(255)],
  ];
  for (const name of names)
    try {
      if (!name.startsWith('linked') && !name.startsWith('nowhere')) put(name);
    } catch {
      // Too long for this disk: then it is not shared either way.
    }
  const paths = names.filter((name) => pathProblem(name) === undefined).map((name) => parseSafePath(name));
  const many = await areSharedNow(root, paths);
  for (const [index, safePath] of paths.entries()) {
    const alone = isSharedNow(root, safePath);
    // A missing file is not for it to notice, a missing folder is.
    assert.equal(many[index], alone, safePath);
  }
  assert.equal(many.filter(Boolean).length, 8);
});
