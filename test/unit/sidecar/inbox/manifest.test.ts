import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';
import { AppError } from '../../../../src/protocol/errors.ts';
import type { OfferEntry } from '../../../../src/protocol/sending.ts';
import { decodeManifest, encodeManifest, itemsOf } from '../../../../src/sidecar/inbox/manifest.ts';
import { safeLines } from '../../../../src/sidecar/inbox/text.ts';
import { sendingLimits } from '../../../../src/sidecar/limits.ts';

const entries: OfferEntry[] = [
  { path: 'photos', kind: 'folder', sizeBytes: 0, mtimeMs: 0 },
  { path: 'photos/sub', kind: 'folder', sizeBytes: 0, mtimeMs: 0 },
  { path: 'photos/sub/a.jpg', kind: 'file', sizeBytes: 10, mtimeMs: 1_700_000_000_000 },
  { path: 'photos/b.jpg', kind: 'file', sizeBytes: 5, mtimeMs: -5 },
  { path: 'note.txt', kind: 'file', sizeBytes: 1, mtimeMs: 1 },
];
const counts = { fileCount: 3, folderCount: 2, totalBytes: 16 };

test('a list comes back as it was made, and says what lies at its top', () => {
  assert.deepEqual(decodeManifest(encodeManifest(entries), counts), entries);
  assert.deepEqual(itemsOf(entries), [
    { name: 'photos', kind: 'folder', fileCount: 2, sizeBytes: 15 },
    { name: 'note.txt', kind: 'file', fileCount: 1, sizeBytes: 1 },
  ]);
});

const file = (path: unknown, size: unknown = 1, time: unknown = 1): unknown => [path, size, time];
const hostile: [string, unknown][] = [
  ['a parent', [file('../x')]],
  ['an absolute path', [file('/etc/passwd')]],
  ['a drive', [file('C:/x')]],
  ['a backslash', [file('a\\b')]],
  ['a device', [file('NUL')]],
  ['an empty name', [file('a//b')]],
  ['no name', [file('')]],
  ['a file in no folder', [file('a/b')]],
  ['a file in a file', [file('a'), file('a/b')]],
  ['a name twice', [file('a'), file('a')]],
  ['a folder that is a file', [['a'], file('a')]],
  ['names that differ by case alone', [file('Notes.md'), file('notes.MD')]],
  ['names that differ by spelling alone', [file('caf\u00e9'), file('cafe\u0301')]],
  ['a size below zero', [file('a', -1)]],
  ['a size that is no whole number', [file('a', 1.5)]],
  ['a size past all doubles', [file('a', 2 ** 53)]],
  ['a size that is a text', [file('a', '1')]],
  ['a time out of range', [file('a', 1, 1e300)]],
  ['a path that is no text', [file(7)]],
  ['a path longer than any', [file('x'.repeat(5000))]],
  ['a line that is none', ['a']],
  ['a line of two', [['a', 1]]],
  ['an object', { __proto__: null, a: 1 }],
  ['nothing', []],
  ['null', null],
  ['too many things at the top', Array.from({ length: sendingLimits.items + 1 }, (_, at) => file(`f${at}`))],
  ['too many entries', Array.from({ length: sendingLimits.entries + 1 }, (_, at) => file(`f${at}`))],
];
for (const [what, rows] of hostile) {
  test(`a list with ${what} is refused`, () => {
    const bytes = deflateSync(JSON.stringify(rows));
    const claimed = Array.isArray(rows) ? { fileCount: rows.length, folderCount: 0, totalBytes: rows.length } : counts;
    assert.throws(() => decodeManifest(bytes, claimed), isRefused);
  });
}

test('a list that is no list, holds other numbers than it says, or unpacks to a bomb is refused', () => {
  const whole = encodeManifest(entries);
  for (let end = 0; end < whole.byteLength; end++) assert.throws(() => decodeManifest(whole.subarray(0, end), counts), isRefused);
  for (const wrong of [{ fileCount: 2 }, { folderCount: 3 }, { totalBytes: 15 }])
    assert.throws(() => decodeManifest(whole, { ...counts, ...wrong }), isRefused);
  assert.throws(() => decodeManifest(deflateSync(Buffer.alloc(64 * 1024 * 1024, ' ')), counts), isRefused);
  assert.throws(() => decodeManifest(deflateSync('['.repeat(1_000_000)), counts), isRefused);
});

test("a sender's text is shown as plain lines", () => {
  assert.equal(safeLines('hi\u202e there\u0000\n\n\u001b[31mred'), 'hi there\n\n[31mred');
  assert.equal(safeLines('x'.repeat(10_000)).length, sendingLimits.textCharacters);
  assert.ok(safeLines('a\n'.repeat(1000)).split('\n').length <= 8);
});

function isRefused(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'protocol';
}
