import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { ShareId } from '../../../../../src/protocol/ids.ts';
import { SegmentFolder, searchFile } from '../../../../../src/sidecar/catalog/index/segmentFolder.ts';

const one = 'a'.repeat(32) as ShareId;
const other = 'b'.repeat(32) as ShareId;
let data = '';
before(() => (data = mkdtempSync(path.join(tmpdir(), 'potluck-segments-'))));
after(() => rmSync(data, { recursive: true, force: true }));

function filled(): SegmentFolder {
  const folder = new SegmentFolder(data, 'own');
  rmSync(folder.path, { recursive: true, force: true });
  folder.make();
  for (const file of [folder.file(one, 3), folder.file(one, 9), folder.file(other, 3)])
    for (const name of [file, searchFile(file), `${searchFile(file)}.new`]) writeFileSync(name, '');
  writeFileSync(path.join(folder.path, 'not ours'), '');
  return folder;
}

const namesIn = (folder: SegmentFolder): string[] => readdirSync(folder.path).sort();

test('search data lies beside its segment', () => {
  assert.equal(searchFile('/x/a-3.segment'), '/x/a-3.search');
});

test('only named segments and their search data stay', () => {
  const folder = filled();
  folder.keepOnly(new Set([folder.file(one, 9), folder.file(other, 3)]));
  assert.deepEqual(namesIn(folder), [
    `${one}-9.search`,
    `${one}-9.segment`,
    `${other}-3.search`,
    `${other}-3.segment`,
    'not ours',
  ]);
});

test("a share's files go, but those of the segment that is kept, and others' stay", () => {
  const folder = filled();
  folder.remove(one, folder.file(one, 9));
  const others = [`${other}-3.search`, `${other}-3.search.new`, `${other}-3.segment`, 'not ours'];
  assert.deepEqual(namesIn(folder), [`${one}-9.search`, `${one}-9.search.new`, `${one}-9.segment`, ...others]);
  folder.remove(one);
  assert.deepEqual(namesIn(folder), others);
});

test('where nothing was ever written, nothing is removed', () => {
  const folder = new SegmentFolder(path.join(data, 'nowhere'), 'own');
  folder.keepOnly(new Set());
  folder.remove(one);
});
