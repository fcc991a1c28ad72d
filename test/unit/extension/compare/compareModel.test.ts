import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  compareChildren,
  compareGroups,
  compareMessage,
  compareRow,
  refOn,
  type ShownComparison,
} from '../../../../src/extension/compare/compareModel.ts';
import type { CompareState, ComparedEntry } from '../../../../src/protocol/compare.ts';
import type { PeerId, ShareId } from '../../../../src/protocol/ids.ts';

const entry = { peerId: 'y'.repeat(52) as PeerId, shareId: 'y'.repeat(26) as ShareId, path: 'recipes' };
const none = { files: 0, bytes: 0 };
const item = (path: string, state: CompareState, more: Partial<ComparedEntry> = {}): ComparedEntry => {
  const file = { sizeBytes: 2048, mtimeMs: 0 };
  return {
    path,
    kind: 'file',
    state,
    ...(state === 'only-right' ? {} : { left: file }),
    ...(state === 'only-left' ? {} : { right: file }),
    ...more,
  };
};

function shown(entries: ComparedEntry[], total = entries.length): ShownComparison {
  const pages = new Map<CompareState, { entries: ComparedEntry[]; total: number }>();
  for (const each of entries) {
    const page = pages.get(each.state) ?? { entries: [], total: total - entries.length };
    pages.set(each.state, { entries: [...page.entries, each], total: page.total + 1 });
  }
  const totals = { same: none, 'likely-same': none, changed: none, 'only-left': none, 'only-right': none, moved: none };
  return {
    comparison: {
      compareId: 'c',
      left: { folder: '/mine' },
      right: { entry },
      totals,
      leftTotal: { files: 2, bytes: 10 },
      rightTotal: { files: 3, bytes: 20 },
      folders: { onlyLeft: 0, onlyRight: 0 },
      skipped: 1,
      unresolved: 0,
    },
    left: { side: { folder: '/mine' }, name: 'mine' },
    right: { side: { entry }, name: 'Ada' },
    pages,
  };
}

test('differences come first, and groups of nothing are left out', () => {
  const comparison = shown([item('a', 'same'), item('b', 'only-left'), item('c', 'changed'), item('d', 'only-right')]);
  const groups = compareGroups(comparison);
  assert.deepEqual(
    groups.map(({ state }) => state),
    ['changed', 'only-right', 'only-left', 'same'],
  );
  const labels = groups.map((group) => compareRow(group, comparison)?.label);
  assert.deepEqual(labels, ['Changed', 'Only in Ada', 'Only in mine', 'Same']);
  assert.deepEqual(compareGroups(undefined), []);
  const [, onlyRight] = groups;
  assert.ok(onlyRight);
  comparison.comparison.folders = { onlyLeft: 0, onlyRight: 2 };
  assert.equal(compareRow(onlyRight, comparison)?.description, '2 folders, 0 files, 0 B');
});

test("a row leads to the peer's file, where the peer has it", () => {
  const comparison = shown([item('soup/a.md', 'changed'), item('b.md', 'only-left')]);
  const rows = compareGroups(comparison).flatMap((group) => compareChildren(comparison, group));
  const [changed, left] = rows;
  assert.ok(changed?.kind === 'compared' && left?.kind === 'compared');
  assert.deepEqual(changed.entry, { ...entry, path: 'recipes/soup/a.md' });
  assert.equal(left.entry, undefined);
  assert.equal(compareRow(changed, comparison)?.context, 'compared.file.changed.peer');
  assert.equal(compareRow(left, comparison)?.context, 'compared.file.only-left.local');
  assert.deepEqual(refOn({ entry: { ...entry, path: '' } }, 'x'), { ...entry, path: 'x' });
});

test('what lies beyond a page is counted', () => {
  const comparison = shown([item('a', 'changed')], 1201);
  const [group] = compareGroups(comparison);
  assert.ok(group);
  const more = compareChildren(comparison, group).at(-1);
  assert.ok(more?.kind === 'compareMore' && more.hiddenCount === 1200);
  assert.equal(compareRow(more, comparison)?.label, '… 1,200 more');
});

test('names of peers are shown harmlessly, and moves say from where', () => {
  const comparison = shown([item('a\u202egnp.exe', 'moved', { movedFrom: 'old\nname' })]);
  const [group] = compareGroups(comparison);
  assert.ok(group);
  const [node] = compareChildren(comparison, group);
  assert.ok(node);
  const row = compareRow(node, comparison);
  assert.ok(row !== undefined && !/[\u202e\n]/.test(`${row.label}${row.description}${row.accessibility}`));
  assert.match(row.description ?? '', /from old␊name/);
  assert.equal(
    compareMessage(comparison),
    'mine: 2 files, 10 B · Ada: 3 files, 20 B · No difference in what was compared · 1 left out (links, devices, unreadable)',
  );
});

test('no difference is claimed where folders differ, or not all was compared', () => {
  const said = (change: Partial<ShownComparison['comparison']>): string | undefined => {
    const base = shown([]);
    return compareMessage({ ...base, comparison: { ...base.comparison, skipped: 0, ...change } }).split(' · ')[2];
  };
  const { totals } = shown([]).comparison;
  assert.equal(said({}), 'No difference');
  assert.equal(said({ folders: { onlyLeft: 0, onlyRight: 1 } }), 'Only folders differ');
  assert.equal(said({ totals: { ...totals, 'likely-same': { files: 1, bytes: 1 } } }), 'No difference by size and time');
  assert.equal(said({ totals: { ...totals, moved: { files: 1, bytes: 1 } } }), undefined);
});
