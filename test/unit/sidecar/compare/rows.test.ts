import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import type { CompareState } from '../../../../src/protocol/compare.ts';
import { allStates, Rows } from '../../../../src/sidecar/compare/rows.ts';
import { comparePaths } from '../../../../src/sidecar/catalog/index/names.ts';
import { openSide, type TreeFile, type TreeFolder } from '../../../../src/sidecar/compare/sides.ts';

interface Given {
  path: string;
  isFolder: boolean;
  sizeBytes: number;
  mtimeMs: number;
}

const whole = { under: '', offset: 0, limit: 1000 };

test('each path is told apart by size, time and content', () => {
  const rows = read(
    [
      file('a', 1, 5),
      file('b', 1, 5),
      file('c', 1, 5),
      file('d', 2, 5),
      file('e', 1, 5),
      file('empty', 0, 1),
      file('left', 3, 3),
    ],
    [
      file('a', 1, 5),
      file('b', 1, 77777),
      file('c', 1, 5),
      file('d', 1, 5),
      file('e', 1, 5),
      file('empty', 0, 9),
      file('right', 4, 4),
    ],
  );
  learn(rows, 'left', { c: 1, e: 2 });
  learn(rows, 'right', { c: 1, e: 3 });
  const { totals } = rows.judge();
  assert.deepEqual(states(rows), {
    ...{
      a: 'likely-same',
      b: 'changed',
      c: 'same',
      d: 'changed',
      e: 'changed',
      empty: 'same',
      left: 'only-left',
      right: 'only-right',
    },
  });
  assert.equal(rows.unresolved, 2);
  assert.deepEqual(totals.changed, { files: 3, bytes: 3 });
  assert.equal(rows.page(['changed'], whole).entries.find(({ path: each }) => each === 'b')?.isLikely, true);
  assert.equal(rows.page(['changed'], whole).entries.find(({ path: each }) => each === 'e')?.isLikely, undefined);
});

test('the same content at another path has moved, once for each that is gone', () => {
  const rows = read([file('old1', 9, 1), file('old2', 9, 1)], [file('new1', 9, 2), file('new2', 9, 2), file('new3', 9, 2)]);
  learn(rows, 'left', { old1: 7, old2: 7 });
  learn(rows, 'right', { new1: 7, new2: 7, new3: 7 });
  const { totals } = rows.judge();
  assert.deepEqual(states(rows), { new1: 'moved', new2: 'moved', new3: 'only-right' });
  const [first] = rows.page(['moved'], whole).entries;
  assert.equal(first?.movedFrom, 'old1');
  assert.equal(totals.moved.files, 2);
  assert.equal(totals['only-left'].files, 0);
  assert.deepEqual(rows.select(['moved', 'only-right'], undefined), ['new1', 'new2', 'new3']);
});

test('a content id of another state of the file is not taken', () => {
  const rows = read([file('a', 1, 5)], [file('a', 1, 5)]);
  learn(rows, 'left', { a: 1 });
  rows.learn('right', { paths: 'a//gone', cut: 0, sizes: [1, 1], times: [6, 6], roots: roots([1, 1]) });
  rows.judge();
  assert.deepEqual(states(rows), { a: 'likely-same' });
  assert.deepEqual(rows.wanted('right', { isOtherKnown: false }), [{ path: 'a', sizeBytes: 1, mtimeMs: 5 }]);
  assert.deepEqual(rows.wanted('left', { isOtherKnown: false }), []);
});

test('of the second side only those are wanted whose other file has a known content', () => {
  const rows = read(
    [file('known', 1, 1), file('unknown', 1, 1), file('old1', 9, 1), file('size', 2, 1)],
    [file('known', 1, 2), file('unknown', 1, 2), file('new1', 9, 1), file('new2', 8, 1), file('size', 3, 1)],
  );
  rows.judge();
  const paths = (side: 'left' | 'right', isOtherKnown: boolean) =>
    rows.wanted(side, { isOtherKnown }).map(({ path: each }) => each);
  assert.deepEqual(paths('right', false).sort(), ['known', 'new1', 'unknown']);
  assert.deepEqual(paths('left', true), []);
  learn(rows, 'right', { known: 1, new1: 2 });
  rows.judge();
  assert.deepEqual(paths('left', true), ['known', 'old1']);
  assert.equal(rows.unresolved, 3, 'two pairs, and what could have been moved');
  learn(rows, 'left', { known: 1, old1: 3 });
  rows.judge();
  assert.equal(rows.unresolved, 1);
});

test('times that a file system rounded are the same', () => {
  const rows = read(
    [file('fat', 1, 2000), file('other', 1, 1234), file('whole', 1, 1000)],
    [file('fat', 1, 3999), file('other', 1, 2345), file('whole', 1, 1999)],
  );
  rows.judge();
  assert.deepEqual(states(rows), { fat: 'likely-same', other: 'changed', whole: 'likely-same' });
});

test('a file where the other side has a folder is one of each', () => {
  const rows = read([file('x', 1, 1)], [folder('x'), file('x/y', 1, 1)]);
  const { folders } = rows.judge();
  const entries = rows.page(allStates, whole).entries.map(({ path: each, kind, state }) => [each, kind, state]);
  assert.deepEqual(entries, [
    ['x', 'folder', 'only-right'],
    ['x/y', 'file', 'only-right'],
    ['x', 'file', 'only-left'],
  ]);
  assert.deepEqual(folders, { onlyLeft: 0, onlyRight: 1 });
});

test('pages, states and folders are chosen', () => {
  const many = Array.from({ length: 50 }, (_, at) => file(`f/${String(at).padStart(2, '0')}`, 1, 1));
  const rows = read([], [folder('f'), ...many, folder('g'), file('g/x', 1, 1)]);
  rows.judge();
  const { entries, total } = rows.page(['only-right'], { under: 'f', offset: 10, limit: 3 });
  assert.equal(total, 50);
  assert.deepEqual(
    entries.map(({ path: each }) => each),
    ['f/10', 'f/11', 'f/12'],
  );
  assert.deepEqual(rows.select(['only-right'], ['g', 'f/07']), ['f/07', 'g/x']);
});

test('the order is that of an index: folders first, each with its content, names by their bytes', () => {
  const ordered = [
    folder('a'),
    folder('a/b'),
    file('a/b/z', 1, 1),
    file('a/c', 1, 1),
    folder('a-'),
    file('a-/x', 1, 1),
    folder('\uffee'),
    folder('\u{1f600}'),
    file('Z', 1, 1),
    file('a.txt', 1, 1),
    file('\uffee.txt', 1, 1),
    file('\u{1f600}.txt', 1, 1),
  ];
  const paths = ordered.map(({ path: each }) => each);
  const [mine, theirs] = [ordered.filter((_, at) => at !== 8), ordered.filter((_, at) => at !== 10)];
  for (const [left, right] of [
    [ordered, []],
    [[], ordered],
    [mine, theirs],
  ] as const) {
    const rows = read(left, right);
    rows.judge();
    const seen = rows.page(allStates, whole).entries.map(({ path: each }) => each);
    assert.deepEqual(
      seen,
      left === mine ? paths.filter((each) => ordered.some((one) => one.path === each && !one.isFolder)) : paths,
    );
  }
});

test('content ids find their files in any order of the paths, below any folder, and no other file', () => {
  const names = ['a/1', 'a/b/2', 'a/b/3', 'a/c', 'd', '\u{1f600}/\uffee'];
  const files = [folder('a'), folder('a/b'), folder('\u{1f600}'), ...names.map((name) => file(name, 1, 1))];
  for (const paths of [
    names,
    names.toReversed(),
    [...names, 'a', 'a/b', 'a/b/4', 'e/f', '\u{1f600}'],
    ['a/c', 'a/b/3', 'a/c', 'd'],
  ]) {
    const rows = read(files, files);
    for (const side of ['left', 'right'] as const) {
      const above = side === 'left' ? '' : 'above/';
      const ids = roots(paths.map((name) => names.indexOf(name) + 1));
      const ones = paths.map(() => 1);
      rows.learn(side, {
        paths: paths.map((name) => above + name).join('//'),
        cut: above.length,
        sizes: ones,
        times: ones,
        roots: ids,
      });
    }
    rows.judge();
    for (const { path: each, state, right } of rows.page(allStates, whole).entries) {
      assert.equal(state, paths.includes(each) ? 'same' : 'likely-same', each);
      if (state === 'same') assert.equal(Number(`0x${right?.contentId?.slice(0, 2)}`), names.indexOf(each) + 1);
    }
  }
});

test('a folder on the disk is read whole, links are not followed, and comes in the order of an index', (t) => {
  const root = temporary(t);
  mkdirSync(path.join(root, 'sub', 'empty'), { recursive: true });
  mkdirSync(path.join(root, 'sub-'));
  writeFileSync(path.join(root, '.hidden'), 'x');
  writeFileSync(path.join(root, 'sub', 'file'), 'xy');
  writeFileSync(path.join(root, '\u{1f600}'), '');
  writeFileSync(path.join(root, '\uffee'), '');
  symlinkSync('/etc', path.join(root, 'link'));
  const side = openSide({ kind: 'folder', root });
  const folders = [...side.folders];
  assert.deepEqual(
    folders.map(({ path: each, files }) => [each, files.map(({ name }) => name)]),
    [
      ['', ['.hidden', '\uffee', '\u{1f600}']],
      ['sub', ['file']],
      ['sub/empty', []],
      ['sub-', []],
    ],
  );
  assert.equal(side.skipped(), 1);
  for (const [at, { path: each }] of folders.entries()) {
    const next = folders[at + 1];
    if (next !== undefined) assert.ok(comparePaths(each, next.path) < 0);
  }
});

/** Of entries in any order, each with the folders above it. */
function treeOf(entries: readonly Given[]): TreeFolder[] {
  const folders = new Map<string, TreeFile[]>([['', []]]);
  for (const { path: each, isFolder } of entries) if (isFolder) folders.set(each, []);
  for (const { path: each, isFolder, sizeBytes, mtimeMs } of entries) {
    const slash = each.lastIndexOf('/');
    if (!isFolder) folders.get(each.slice(0, Math.max(slash, 0)))?.push({ name: each.slice(slash + 1), sizeBytes, mtimeMs });
  }
  return [...folders]
    .sort(([one], [other]) => comparePaths(one, other))
    .map(([each, files]) => ({ path: each, mtimeMs: 0, files: files.sort((one, other) => comparePaths(one.name, other.name)) }));
}

function read(left: readonly Given[], right: readonly Given[]): Rows {
  const rows = new Rows();
  rows.read(treeOf(left), treeOf(right), () => undefined);
  return rows;
}

function file(name: string, sizeBytes: number, mtimeMs: number): Given {
  return { path: name, isFolder: false, sizeBytes, mtimeMs };
}

function folder(name: string): Given {
  return { path: name, isFolder: true, sizeBytes: 0, mtimeMs: 0 };
}

/** Content ids of files, whatever their state is. */
function learn(rows: Rows, side: 'left' | 'right', ids: Record<string, number>): void {
  const paths = Object.keys(ids);
  const sizes = paths.map((each) => (each.startsWith('old') || each.startsWith('new') ? 9 : 1));
  rows.learn(side, {
    paths: paths.join('//'),
    cut: 0,
    sizes,
    times: paths.map(() => Number.NaN),
    roots: roots(Object.values(ids)),
  });
}

function roots(ids: number[]): Uint8Array {
  return Uint8Array.from(ids.flatMap((id) => Array<number>(32).fill(id)));
}

function states(rows: Rows): Record<string, CompareState> {
  return Object.fromEntries(rows.page(allStates, whole).entries.map(({ path: each, state }) => [each, state]));
}

function temporary(t: TestContext): string {
  const found = mkdtempSync(path.join(tmpdir(), 'pl-compare-'));
  t.after(() => rmSync(found, { recursive: true, force: true }));
  return found;
}
