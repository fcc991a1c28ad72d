import assert from 'node:assert/strict';
import { closeSync, existsSync, lstatSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { getAttrSync, setAttrSync } from 'fs-native-extensions';
import { originMark } from '../../../../../src/sidecar/transfers/disk/originMark.ts';

const origin = 'potluck://somebody/share';

test('a file bears where it came from, and keeps its time', { skip: process.platform !== 'linux' }, (t) => {
  const file = someFile(t);
  if (!keepsAttributes(file)) return t.skip('this disk keeps no extended attributes');
  const before = lstatSync(file);
  originMark(origin).closed(file, before);
  const fd = openSync(file, 'r');
  t.after(() => closeSync(fd));
  assert.equal(getAttrSync(fd, 'user.xdg.origin.url')?.toString(), origin);
  assert.equal(lstatSync(file).mtimeMs, before.mtimeMs);
});

test('without an origin nothing is marked', { skip: process.platform !== 'linux' }, (t) => {
  const file = someFile(t);
  originMark(undefined).closed(file, lstatSync(file));
  const fd = openSync(file, 'r');
  t.after(() => closeSync(fd));
  assert.equal(getAttrSync(fd, 'user.xdg.origin.url'), null);
});

test('on Windows the mark is the zone of the internet, in a stream beside the content', (t) => {
  const file = someFile(t);
  originMark(origin, 'win32').closed(file, lstatSync(file));
  // Elsewhere a stream is a file of that name.
  const stream = readFileSync(`${file}:Zone.Identifier`, 'utf8');
  assert.equal(stream, `[ZoneTransfer]\r\nZoneId=3\r\nHostUrl=${origin}\r\n`);
});

test('a file that is gone, or cannot be marked, is no failure', (t) => {
  const gone = path.join(path.dirname(someFile(t)), 'gone');
  originMark(origin).closed(gone, lstatSync(path.dirname(gone)));
  assert.equal(existsSync(gone), false);
  originMark(origin).open(999_999, gone);
});

function someFile(t: TestContext): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'pl-mark-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = path.join(folder, 'file');
  writeFileSync(file, 'content');
  return file;
}

function keepsAttributes(file: string): boolean {
  const fd = openSync(file, 'r+');
  try {
    setAttrSync(fd, 'user.potluck.test', 'x');
    return true;
  } catch {
    return false;
  } finally {
    closeSync(fd);
  }
}
