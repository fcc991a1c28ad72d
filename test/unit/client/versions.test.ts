// Which version comes first.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isOlder } from '../../../src/client/versions.ts';
import { productVersion } from '../../../src/protocol/version.ts';

test('versions are ordered by number, a pre-release before its release', () => {
  const ascending = ['0.1.0-alpha', '0.1.0', '0.1.1', '0.2.0-beta', '0.2.0', '0.10.0', '1.0.0', '10.0.0'];
  ascending.forEach((a, i) => ascending.forEach((b, j) => assert.equal(isOlder(a, b), i < j, `${a} < ${b}`)));
});

test('the product version is that of package.json', () => {
  const manifest = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  assert.equal(productVersion, manifest.version);
});
