import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Entry } from '../../../../../src/protocol/model.ts';
import { Segment } from '../../../../../src/sidecar/catalog/index/segment.ts';
import { SegmentWriter } from '../../../../../src/sidecar/catalog/index/segmentWriter.ts';
import type { IndexSink } from '../../../../../src/sidecar/catalog/index/rows.ts';
import { parseSafePath } from '../../../../../src/sidecar/storage/safePath.ts';
import { byBytes, feed, randomTree, recorder, seededRandom, type ModelFolder } from './randomTree.ts';

let folder: string;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'potluck-segment-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(name: string, fill: (sink: IndexSink) => void): string {
  const file = path.join(folder, name);
  const writer = new SegmentWriter(file);
  fill(writer);
  writer.finish(5);
  return file;
}

function modelEntries(model: ModelFolder): Entry[] {
  const folders = [...model.folders].toSorted(([one], [other]) => byBytes(one, other));
  const files = [...model.files].toSorted(([one], [other]) => byBytes(one, other));
  return [
    ...folders.map(([name, { mtimeMs }]): Entry => ({ name, kind: 'folder', sizeBytes: 0, mtimeMs })),
    ...files.map(([name, file]): Entry => ({ name, kind: 'file', ...file })),
  ];
}

/** Compares every folder, every entry, and names that are not there. */
function compare(segment: Segment, model: ModelFolder, at: string): number {
  const safe = parseSafePath(at);
  const expected = modelEntries(model);
  assert.deepEqual(segment.list(safe, { offset: 0, limit: 1000 }), { entries: expected, total: expected.length });
  const middle = expected.length >> 1;
  assert.deepEqual(segment.list(safe, { offset: middle, limit: 2 })?.entries, expected.slice(middle, middle + 2));
  const below = (name: string): string => (at === '' ? name : `${at}/${name}`);
  let count = 1;
  for (const entry of expected) {
    assert.deepEqual(segment.stat(parseSafePath(below(entry.name))), entry);
    if (entry.kind === 'file') assert.equal(segment.list(parseSafePath(below(entry.name)), { offset: 0, limit: 1 }), undefined);
  }
  for (const name of ['absent', '0', 'zzzz', '\u{10ffff}']) assert.equal(segment.stat(parseSafePath(below(name))), undefined);
  for (const [name, child] of model.folders) count += compare(segment, child.folder, below(name));
  return count;
}

test('random trees answer as a simple model does', () => {
  for (let seed = 1; seed <= 12; seed++) {
    const model = randomTree(seededRandom(seed));
    const segment = Segment.open(write(`random-${seed}`, (sink) => feed(model, sink)));
    compare(segment, model, '');
    const expected = recorder();
    feed(model, expected);
    const replayed = recorder();
    segment.replay(replayed);
    assert.deepEqual(replayed.lines, expected.lines, `seed ${seed}`);
    segment.close();
  }
});

test('a walk gives each folder before its content, once', () => {
  const model = randomTree(seededRandom(99));
  const segment = Segment.open(write('walk', (sink) => feed(model, sink)));
  const expected: string[] = [];
  const collect = (at: ModelFolder, prefix: string): void => {
    for (const entry of modelEntries(at)) {
      expected.push(prefix + entry.name);
      const child = at.folders.get(entry.name);
      if (entry.kind === 'folder' && child !== undefined) collect(child.folder, `${prefix}${entry.name}/`);
    }
  };
  collect(model, '');
  assert.deepEqual(
    [...segment.walk(parseSafePath(''))].map(({ path: found }) => found),
    expected,
  );
  assert.deepEqual([...segment.walk(parseSafePath('nothing'))], []);
  segment.close();
});

test('a folder of 100,000 files and 100,000 folders pages quickly', () => {
  const each = 100_000;
  const name = (index: number): string => String(index).padStart(6, '0');
  const file = write('wide', (sink) => {
    sink.folder(each, each);
    for (let index = 0; index < each; index++) sink.entry(Buffer.from(`d${name(index)}`), 0, index);
    for (let index = 0; index < each; index++) sink.entry(Buffer.from(name(index)), index, index);
    for (let index = 0; index < each; index++) sink.folder(0, 0);
  });
  const segment = Segment.open(file);
  const root = parseSafePath('');
  const startMs = performance.now();
  for (let offset = 0; offset < 2 * each; offset += 1000) {
    const page = segment.list(root, { offset, limit: 1000 });
    assert.equal(page?.entries.length, 1000);
    const expected = offset < each ? `d${name(offset)}` : name(offset - each);
    assert.equal(page.entries[0]?.name, expected);
  }
  for (let index = 0; index < each; index += 997) {
    assert.equal(segment.stat(parseSafePath(name(index)))?.sizeBytes, index);
    assert.equal(segment.list(parseSafePath(`d${name(index)}`), { offset: 0, limit: 5 })?.total, 0);
  }
  // 200 pages of 1,000: loose enough for a busy machine, tight enough to catch a scan per page.
  assert.ok(performance.now() - startMs < 5000);
  segment.close();
});

test('equal indexes have equal hashes, others have others', () => {
  const hash = (file: string): string => {
    const segment = Segment.open(file);
    segment.close();
    return segment.header.contentHash.toString('hex');
  };
  const one = (mtimeMs: number) => (sink: IndexSink) => {
    sink.folder(0, 1);
    sink.entry(Buffer.from('a'), 1, mtimeMs);
  };
  assert.equal(hash(write('one', one(1))), hash(write('same', one(1))));
  assert.notEqual(hash(write('other', one(2))), hash(write('third', one(3))));
});

test('a damaged or truncated file is noticed, wherever the damage is', () => {
  const model = randomTree(seededRandom(4));
  const file = write('damaged', (sink) => feed(model, sink));
  const good = readFileSync(file);
  const random = seededRandom(5);
  const readAll = (): void => {
    const segment = Segment.open(file);
    try {
      segment.replay(recorder());
      for (const { path: found } of segment.walk(parseSafePath(''))) segment.stat(found);
    } finally {
      segment.close();
    }
  };
  readAll();
  for (let round = 0; round < 200; round++) {
    const bad = Buffer.from(good);
    // The unused rest of the header is not covered.
    const at = random() < 0.2 ? Math.floor(random() * 112) : 4096 + Math.floor(random() * (good.length - 4096));
    bad[at] = (bad[at] ?? 0) ^ (1 << Math.floor(random() * 8));
    writeFileSync(file, bad);
    assert.throws(readAll, { kind: 'io' }, `byte ${at}`);
  }
  for (const length of [0, 10, 4095, 4096, good.length - 1]) {
    writeFileSync(file, good.subarray(0, length));
    assert.throws(readAll, { kind: 'io' }, `cut at ${length}`);
  }
  rmSync(file);
  assert.throws(() => Segment.open(file), { kind: 'io' });
});

test('a closed segment says that the index changed', () => {
  const segment = Segment.open(write('closed', (sink) => sink.folder(0, 0)));
  segment.close();
  assert.throws(() => segment.list(parseSafePath(''), { offset: 0, limit: 1 }), { kind: 'changed' });
});

test('a writer does not touch a file that is there', () => {
  const file = write('there', (sink) => sink.folder(0, 0));
  assert.throws(() => new SegmentWriter(file), { code: 'EEXIST' });
  assert.ok(existsSync(file));
});
