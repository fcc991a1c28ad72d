import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import type { Entry } from '../../../../../src/protocol/model.ts';
import { IndexView } from '../../../../../src/sidecar/catalog/index/indexView.ts';
import type { Delta, FolderChange, IndexSink } from '../../../../../src/sidecar/catalog/index/rows.ts';
import { Segment } from '../../../../../src/sidecar/catalog/index/segment.ts';
import { SegmentWriter } from '../../../../../src/sidecar/catalog/index/segmentWriter.ts';
import { parseSafePath } from '../../../../../src/sidecar/storage/safePath.ts';
import { modelCounts, randomChange } from './randomDelta.ts';
import { byBytes, feed, randomTree, recorder, seededRandom, type ModelFolder } from './randomTree.ts';

let folder = '';
let files = 0;
before(() => (folder = mkdtempSync(path.join(tmpdir(), 'potluck-view-'))));
after(() => rmSync(folder, { recursive: true, force: true }));

function write(make: (sink: IndexSink) => void): string {
  const file = path.join(folder, String(files++));
  const writer = new SegmentWriter(file);
  make(writer);
  writer.finish(1000);
  return file;
}

function open(make: (sink: IndexSink) => void): IndexView {
  return new IndexView(Segment.open(write(make)));
}

function lines(view: IndexView): string[] {
  const found = recorder();
  view.replay(found);
  return found.lines;
}

function expectedLines(model: ModelFolder): string[] {
  const expected = recorder();
  feed(model, expected);
  return expected.lines;
}

function entriesOf(model: ModelFolder): Entry[] {
  return [
    ...[...model.folders].map(([name, { mtimeMs }]): Entry => ({ name, kind: 'folder', sizeBytes: 0, mtimeMs })).sort(byName),
    ...[...model.files].map(([name, file]): Entry => ({ name, kind: 'file', ...file })).sort(byName),
  ];
}

const byName = (one: Entry, other: Entry): number => byBytes(one.name, other.name);

/** Every answer of the view against the model. */
function checkAnswers(view: IndexView, model: ModelFolder, random: () => number, seed: string): void {
  const walked: string[] = [];
  const folders: string[] = [];
  const check = (at: string, of: ModelFolder): void => {
    const entries = entriesOf(of);
    const all = view.list(parseSafePath(at), { offset: 0, limit: 1e6 });
    assert.deepEqual(all?.entries, entries, `${seed} list ${at}`);
    const offset = Math.floor(random() * (entries.length + 1));
    const limit = Math.floor(random() * 5);
    const page = view.list(parseSafePath(at), { offset, limit });
    assert.deepEqual(
      page,
      { entries: entries.slice(offset, offset + limit), total: entries.length },
      `${seed} page ${offset} ${limit} ${at}`,
    );
    assert.equal(view.diff(parseSafePath(at), view.stat(parseSafePath(at))?.mtimeMs ?? -1, entries.toSorted(byName)), undefined);
    for (const entry of entries) {
      const below = at === '' ? entry.name : `${at}/${entry.name}`;
      assert.deepEqual(view.stat(parseSafePath(below)), entry, `${seed} stat ${below}`);
      walked.push(below);
      if (entry.kind === 'file') continue;
      folders.push(below);
      const child = of.folders.get(entry.name);
      assert.ok(child);
      check(below, child.folder);
    }
    assert.equal(view.stat(parseSafePath(at === '' ? 'nowhere' : `${at}/nowhere`)), undefined);
  };
  check('', model);
  assert.deepEqual(
    [...view.walk(parseSafePath(''))].map((found) => found.path).sort(byBytes),
    walked.toSorted(byBytes),
    `${seed} walk`,
  );
  let counted = 0;
  const walkedFolders = [...view.walkFolders(parseSafePath(''), (count) => (counted += count))];
  assert.deepEqual(
    walkedFolders.map((found) => found.path),
    ['', ...folders],
    `${seed} folders, whole`,
  );
  for (const { path: at, mtimeMs, files } of walkedFolders) {
    const entries = view.list(parseSafePath(at), { offset: 0, limit: 1000 })?.entries ?? [];
    assert.deepEqual(
      files,
      entries.filter(({ kind }) => kind === 'file'),
    );
    if (at !== '') assert.equal(mtimeMs, view.stat(parseSafePath(at))?.mtimeMs);
  }
  assert.equal(counted, walked.length);
  assert.deepEqual(
    [...view.folders()].map((found) => found.path),
    folders,
    `${seed} folders`,
  );
}

test('after any changes a view is what the tree is', () => {
  let checked = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    let model = randomTree(random, 3);
    const view = open((sink) => feed(model, sink));
    for (let step = 0; step < 12; step++) {
      const where = `seed ${seed} step ${step}`;
      const { model: next, delta } = randomChange(model, random);
      if (delta === undefined) continue;
      view.apply(delta);
      checked++;
      assert.deepEqual(lines(view), expectedLines(next), where);
      assert.deepEqual(view.counts, modelCounts(next));
      assert.equal(view.updatedAtMs, delta.updatedAtMs);
      if (step % 4 === 3) checkAnswers(view, next, random, where);
      const { overlay } = view;
      assert.ok(overlay);
      const other = new IndexView(Segment.open(view.segment.path));
      other.apply(overlay);
      assert.deepEqual(lines(other), expectedLines(next), `${where}: the condensed overlay`);
      assert.deepEqual(other.overlay, overlay, where);
      other.close();
      const packed = open((sink) => view.replay(sink));
      assert.deepEqual(lines(packed), expectedLines(next), `${where}: packed`);
      packed.close();
      model = next;
    }
    view.close();
  }
  assert.ok(checked > 500);
});

test('a delta that contradicts the index leaves it as it was', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = seededRandom(seed);
    let model = randomTree(random, 3);
    const view = open((sink) => feed(model, sink));
    for (let step = 0; step < 6; step++) {
      const { model: next, delta } = randomChange(model, random);
      if (delta === undefined) continue;
      const before = { overlay: view.overlay, entries: view.overlayEntries };
      const broken: FolderChange[][] = [
        [...delta.folders, { path: 'z'.repeat(9), mtimeMs: 1, removed: [], set: [file('a')] }],
        [...delta.folders, ...delta.folders],
        delta.folders.map((change, index) =>
          index === delta.folders.length - 1 ? { ...change, removed: ['not there'] } : change,
        ),
      ];
      for (const folders of broken) assert.throws(() => view.apply({ ...delta, folders }), { kind: 'protocol' }, `seed ${seed}`);
      assert.deepEqual(lines(view), expectedLines(model), `seed ${seed}`);
      assert.deepEqual({ overlay: view.overlay, entries: view.overlayEntries }, before);
      view.apply(delta);
      model = next;
    }
    view.close();
  }
});

const file = (name: string, sizeBytes = 1, mtimeMs = 1): Entry => ({ name, kind: 'file', sizeBytes, mtimeMs });
const subfolder = (name: string, mtimeMs = 1): Entry => ({ name, kind: 'folder', sizeBytes: 0, mtimeMs });
const change = (at: string, fields: Partial<FolderChange>): FolderChange => ({
  path: at,
  mtimeMs: at === '' ? 0 : 1,
  removed: [],
  set: [],
  ...fields,
});
const delta = (...folders: FolderChange[]): Delta => ({
  updatedAtMs: 5,
  counts: { folderCount: 1, fileCount: 1, totalBytes: 1 },
  folders,
});

/** `a/x`, `b` */
function small(sink: IndexSink): void {
  sink.folder(1, 1);
  sink.entry(Buffer.from('a'), 0, 1);
  sink.entry(Buffer.from('b'), 1, 1);
  sink.folder(0, 1);
  sink.entry(Buffer.from('x'), 1, 1);
}

const contradictions: [string, Delta][] = [
  ['an unknown folder', delta(change('c', { set: [file('x')] }))],
  ['a file as folder', delta(change('b', { set: [file('x')] }))],
  ['a folder below an unknown one', delta(change('a/c/d', { set: [file('x')] }))],
  ['the removal of what is not there', delta(change('', { removed: ['c'] }))],
  ['a set that changes nothing', delta(change('', { set: [file('b')] }))],
  ['a folder set that changes nothing', delta(change('', { set: [subfolder('a')] }))],
  ['a change of nothing', delta(change('a', {}))],
  ['a change of nothing in the root', delta(change('', {}))],
  ['names out of order', delta(change('', { set: [file('d'), file('c')] }))],
  ['a name twice', delta(change('', { removed: ['b', 'b'] }))],
  ['a folder twice', delta(change('a', { set: [file('c')] }), change('a', { set: [file('d')] }))],
  [
    'a change below a folder that the same delta removes',
    delta(change('', { removed: ['a'] }), change('a', { set: [file('c')] })),
  ],
];

for (const [what, bad] of contradictions)
  test(`refused: ${what}`, () => {
    const view = open(small);
    assert.throws(() => view.apply(bad), { kind: 'protocol' });
    assert.equal(view.overlayEntries, 0);
    assert.equal(view.overlay, undefined);
    view.close();
  });

test('a folder keeps its content when its time changes, and loses it when it is made anew', () => {
  const view = open(small);
  view.apply(delta(change('', { set: [subfolder('a', 7)] })));
  assert.equal(view.stat(parseSafePath('a'))?.mtimeMs, 7);
  assert.ok(view.stat(parseSafePath('a/x')));
  assert.deepEqual(view.overlay?.folders, [{ path: 'a', mtimeMs: 7, removed: [], set: [] }]);
  view.apply(delta(change('', { removed: ['a'], set: [subfolder('a', 7)] })));
  assert.equal(view.list(parseSafePath('a'), { offset: 0, limit: 9 })?.total, 0);
  view.apply(delta(change('', { removed: ['a'] })));
  assert.equal(view.stat(parseSafePath('a')), undefined);
  assert.equal(view.list(parseSafePath('a'), { offset: 0, limit: 9 }), undefined);
  view.close();
});

test('what was changed back is no change', () => {
  const view = open(small);
  view.apply(delta(change('a', { mtimeMs: 9, removed: ['x'] })));
  view.apply(delta(change('', { set: [file('b', 2)] })));
  view.apply(delta(change('a', { mtimeMs: 1, set: [file('x')] }), change('', { set: [file('b')] })));
  assert.deepEqual(view.overlay?.folders, []);
  view.close();
});

test('diff finds what a folder has become', () => {
  const view = open(small);
  assert.deepEqual(view.diff(parseSafePath(''), 3, [file('a'), file('c')]), {
    path: '',
    mtimeMs: 0,
    removed: ['b'],
    set: [file('a'), file('c')],
  });
  assert.deepEqual(view.diff(parseSafePath('a'), 3, [file('x')]), change('a', { mtimeMs: 3 }));
  assert.equal(view.diff(parseSafePath('a'), 1, [file('x')]), undefined);
  assert.throws(() => view.diff(parseSafePath('c'), 1, []), RangeError);
  view.close();
});

test('a folder of 400,000 entries with 20,000 changes is paged without reading it whole', () => {
  const each = 200_000;
  const name = (index: number): string => String(index).padStart(6, '0');
  const view = open((sink) => {
    sink.folder(each, each);
    for (let index = 0; index < each; index++) sink.entry(Buffer.from(`d${name(index)}`), 0, 1);
    for (let index = 0; index < each; index++) sink.entry(Buffer.from(name(index)), index, 1);
    for (let index = 0; index < each; index++) sink.folder(0, 0);
  });
  const removed = Array.from({ length: 10_000 }, (_, index) => name(index * 20));
  const set = Array.from({ length: 10_000 }, (_, index) => file(`${name(index * 20 + 7)}.new`));
  view.apply(delta(change('', { removed, set })));
  assert.equal(view.overlayEntries, 20_000);
  const root = parseSafePath('');
  const startMs = performance.now();
  for (let offset = 0; offset < 2 * each; offset += 1000)
    assert.equal(view.list(root, { offset, limit: 1000 })?.entries.length, 1000);
  assert.equal(view.list(root, { offset: each + 23, limit: 2 })?.entries[0]?.name, '000024');
  assert.equal(view.list(root, { offset: each + 7, limit: 1 })?.entries[0]?.name, '000007.new');
  assert.ok(performance.now() - startMs < 5000);
  view.close();
});
