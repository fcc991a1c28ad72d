import assert from 'node:assert/strict';
import { test } from 'node:test';
import { linkedCode } from '../../../../src/extension/commands/linkedCode.ts';
import { maxCodeCharacters } from '../../../../src/protocol/codes.ts';

const code = 'ybndrfg8'.repeat(30);
const link = { path: '/code', query: '', fragment: code };

test('a link carries a code in its fragment', () => {
  assert.equal(linkedCode(link), `potluck-${code}`);
  assert.equal(linkedCode({ ...link, path: '/code/' }), `potluck-${code}`);
});

const refused: [string, Partial<typeof link>][] = [
  ['another path', { path: '/command' }],
  ['no path', { path: '' }],
  ['a path that goes on', { path: '/code/../code' }],
  ['a parameter', { query: 'accept=true' }],
  ['a parameter twice', { query: 'code=a&code=b' }],
  ['the code as a parameter', { query: code, fragment: '' }],
  ['no code', { fragment: '' }],
  ['something oversized', { fragment: 'y'.repeat(maxCodeCharacters + 1) }],
  ['parameters after the code', { fragment: `${code}&confirm=no` }],
  ['a link in the code', { fragment: `vscode://potluck.potluck/code#${code}` }],
  ['control characters', { fragment: `${code}\u0000` }],
  ['a line break', { fragment: `${code}\n` }],
];
for (const [what, change] of refused) {
  test(`a link with ${what} is refused, without repeating it`, () => {
    assert.throws(
      () => linkedCode({ ...link, ...change }),
      (error: unknown) => error instanceof Error && !error.message.includes(code.slice(0, 8)),
    );
  });
}
