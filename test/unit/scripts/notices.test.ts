import assert from 'node:assert/strict';
import test from 'node:test';
import { noticesFor } from '../../../scripts/notices.ts';

test('each bundled package is named once, with its licence and text', () => {
  const text = noticesFor([
    'node_modules/b4a/index.js',
    'node_modules/b4a/lib/ascii.js',
    'node_modules/z32/index.js',
    'src/cli/main.ts',
  ]);
  assert.equal(text.match(/^b4a \d/gm)?.length, 1);
  assert.match(text, /^b4a [\d.]+\n {2}Licence: Apache-2\.0 \[\d\]/m);
  assert.match(text, /^z32 [\d.]+\n {2}Licence: \S+ \[\d\]/m);
  assert.match(text, /TERMS AND CONDITIONS FOR USE, REPRODUCTION, AND DISTRIBUTION/);
});

test('a scoped package is named in full', () => {
  assert.match(noticesFor(['node_modules/@hyperswarm/secret-stream/index.js']), /^@hyperswarm\/secret-stream \d/m);
});

test('a licence text that two packages share stands there once', () => {
  const text = noticesFor(['node_modules/b4a/index.js', 'node_modules/@hyperswarm/secret-stream/index.js']);
  assert.equal(text.match(/TERMS AND CONDITIONS FOR USE/g)?.length, 1);
  assert.equal(text.match(/Licence: Apache-2\.0 \[1\]/g)?.length, 2);
});
