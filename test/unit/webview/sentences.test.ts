import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fill } from '../../../webview/sentences.ts';

test('a sentence takes its arguments once and as they are, and shows what is missing', () => {
  assert.equal(fill('{0} of {1}', 3, '$&{0}'), '3 of $&{0}');
  assert.equal(fill('{1} by {0}, {2}', 'Ada', '<b>'), '<b> by Ada, {2}');
});
