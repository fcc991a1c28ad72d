// What may be served is decided by the disk of this moment, by the same look as the walk's.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { isSharedNow } from '../../../../src/sidecar/shares/sharedNow.ts';
import { parseSafePath } from '../../../../src/sidecar/storage/safePath.ts';

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
