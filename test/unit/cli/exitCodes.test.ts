import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { exitCodeOf, exitCodes, exitCodeTexts } from '../../../src/cli/exitCodes.ts';
import { rpcCodeOf } from '../../../src/protocol/errors.ts';

test('every kind of failure has an exit code above 0 that help and docs explain', () => {
  const explained = new Map(exitCodeTexts);
  for (const kind of Object.keys(rpcCodeOf)) assert.ok(kind in exitCodeOf, kind);
  for (const [kind, code] of Object.entries(exitCodeOf)) {
    assert.ok(code > 0, kind);
    assert.ok(explained.has(code), kind);
  }
  assert.deepEqual([...explained.keys()], Object.values(exitCodes));
  const docs = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  for (const [code, text] of exitCodeTexts) assert.match(docs, new RegExp(`^\\| ${code} +\\| ${text} +\\|$`, 'm'));
});
