import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test, { type TestContext } from 'node:test';
import * as esbuild from 'esbuild';
import { hostTarget } from '../../../scripts/bundle.ts';
import { nativeAddons } from '../../../scripts/nativeAddons.ts';
import { root } from '../../../scripts/projectRoot.ts';

function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'potluck-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function bundleSodium(folder: string, target: string) {
  return esbuild.build({
    stdin: {
      contents: `const sodium = require('sodium-native'); console.log(sodium.crypto_sign_PUBLICKEYBYTES)`,
      resolveDir: root,
    },
    outfile: path.join(folder, 'dist', 'out.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'silent',
    plugins: [nativeAddons(path.join(folder, 'prebuilds'), target)],
  });
}

test('a bundled addon loads from prebuilds beside the bundle, without node_modules', async (t) => {
  const folder = temporaryFolder(t);
  await bundleSodium(folder, hostTarget());
  assert.deepEqual(readdirSync(path.join(folder, 'prebuilds')), [hostTarget()]);
  const output = execFileSync(process.execPath, [path.join(folder, 'dist', 'out.cjs')], { cwd: folder, encoding: 'utf8' });
  assert.equal(output.trim(), '32');
});

test('on another platform than its own, a bundle says which package to install', async (t) => {
  const folder = temporaryFolder(t);
  const other = hostTarget() === 'win32-arm64' ? 'linux-x64' : 'win32-arm64';
  await bundleSodium(folder, other);
  assert.throws(
    () => execFileSync(process.execPath, [path.join(folder, 'dist', 'out.cjs')], { stdio: 'pipe' }),
    /Install the package made for this platform/,
  );
});

test('a platform that an addon has no binary for fails the build', async (t) => {
  await assert.rejects(bundleSodium(temporaryFolder(t), 'sunos-sparc'), /no prebuilt binary for sunos-sparc/);
});
