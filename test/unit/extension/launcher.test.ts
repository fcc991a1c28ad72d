// bin/potluck: the command in VS Code's terminals.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const root = path.resolve(import.meta.dirname, '../../..');

test(
  'the launcher runs the command line beside it, with every argument as it was',
  { skip: process.platform === 'win32' },
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'potluck launcher '));
    try {
      cpSync(path.join(root, 'bin'), path.join(folder, 'bin'), { recursive: true });
      chmodSync(path.join(folder, 'bin', 'potluck'), 0o755);
      mkdirSync(path.join(folder, 'dist'));
      writeFileSync(
        path.join(folder, 'dist', 'cli.cjs'),
        'process.stdout.write(JSON.stringify([process.argv.slice(2), process.env.ELECTRON_RUN_AS_NODE]))',
      );
      const given = ['get', '$(rm -rf ~)', '`x`', "'; x #", 'a  b', '*', ''];
      const run = (env: NodeJS.ProcessEnv): unknown =>
        JSON.parse(
          execFileSync(path.join(folder, 'bin', 'potluck'), given, { encoding: 'utf8', env: { ...process.env, ...env } }),
        );
      assert.deepEqual(run({ POTLUCK_NODE: process.execPath }), [given, '1']);

      // Without VS Code's Node it takes the one in PATH.
      const bin = path.join(folder, 'path');
      mkdirSync(bin);
      symlinkSync(process.execPath, path.join(bin, 'node'));
      assert.deepEqual(run({ POTLUCK_NODE: undefined, PATH: `${bin}:/usr/bin:/bin` }), [given, '1']);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
