// The packages that are shipped: made for every platform on this one, and holding what runs and nothing else.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import test from 'node:test';
import { targets } from '../../scripts/bundle.ts';
import { packageVsix } from '../../scripts/vsix.ts';

const maxBytes = 6 * 1024 * 1024;
const bundles = [
  ...['extension', 'sidecar', 'cli', 'walkWorker', 'indexWorker', 'hashWorker', 'detailWorker', 'describeWorker'],
  ...['compareWorker', 'diskWorker'],
].map((name) => `dist/${name}.cjs`);
const pages = ['board', 'link', 'viewer'].flatMap((name) => [`dist/${name}.js`, `dist/${name}.css`]);
const allowed =
  /^(\[Content_Types\]\.xml|extension\.vsixmanifest|extension\/(LICENSE\.txt|readme\.md|changelog\.md|package(\.nls(\.de)?)?\.json|(bin|dist|l10n|media|prebuilds|schemas)\/.*|docs\/images\/[a-z-]+\.png))$/i;

for (const target of targets) {
  test(`the package for ${target} holds what runs there and nothing else`, async (t) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'potluck-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    const vsix = await packageVsix(target, folder);
    const names = namesInZip(readFileSync(vsix));
    for (const name of [...bundles, ...pages, 'dist/THIRD-PARTY-NOTICES.txt', 'package.nls.de.json', 'schemas/link.schema.json'])
      assert.ok(names.includes(`extension/${name}`), `${name} is missing`);
    for (const addon of ['sodium-native', 'udx-native', 'rocksdb-native', 'fs-native-extensions'])
      assert.ok(names.includes(`extension/prebuilds/${target}/${addon}.node`), `${addon} is missing`);
    assert.deepEqual(
      names.filter((name) => !allowed.test(name) || name.endsWith('.map') || name.includes('node_modules')),
      [],
    );
    assert.deepEqual(
      names.filter((name) => name.includes('/prebuilds/') && !name.includes(`/prebuilds/${target}/`)),
      [],
    );
    assert.ok(statSync(vsix).size <= maxBytes, `${statSync(vsix).size} bytes`);
  });
}

/** Names in a ZIP's central directory (APPNOTE 6.3.10, 4.3.12). */
function namesInZip(zip: Buffer): string[] {
  const end = zip.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const names: string[] = [];
  let at = zip.readUInt32LE(end + 16);
  while (zip.readUInt32LE(at) === 0x02014b50) {
    const nameLength = zip.readUInt16LE(at + 28);
    names.push(zip.toString('utf8', at + 46, at + 46 + nameLength));
    at += 46 + nameLength + zip.readUInt16LE(at + 30) + zip.readUInt16LE(at + 32);
  }
  return names;
}
