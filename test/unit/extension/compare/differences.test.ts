import assert from 'node:assert/strict';
import { test } from 'node:test';
import { differenceChoices, withMineLeft } from '../../../../src/extension/compare/differences.ts';
import type { CompareSide, CompareState } from '../../../../src/protocol/compare.ts';
import type { PeerId, ShareId } from '../../../../src/protocol/ids.ts';

const mine: CompareSide = { folder: '/mine' };
const peers: CompareSide = { entry: { peerId: 'y'.repeat(52) as PeerId, shareId: 'y'.repeat(26) as ShareId, path: '' } };
const side = (name: string, of: CompareSide) => ({ name, side: of });

function choices(files: Partial<Record<CompareState, number>>, left = side('mine', mine)) {
  const total = (state: CompareState) => ({ files: files[state] ?? 0, bytes: (files[state] ?? 0) * 10 });
  const comparison = {
    ...{ compareId: 'c', left: left.side, right: peers },
    totals: {
      ...{ same: total('same'), 'likely-same': total('likely-same'), changed: total('changed'), moved: total('moved') },
      ...{ 'only-left': total('only-left'), 'only-right': total('only-right') },
    },
    ...{ leftTotal: total('same'), rightTotal: total('same'), folders: { onlyLeft: 0, onlyRight: 0 }, skipped: 0, unresolved: 0 },
  };
  return differenceChoices({ comparison, left, right: side('Ada', peers), pages: new Map() });
}

test('mine stands on the left, whichever was selected first; two of one kind stay as they were chosen', () => {
  const [one, other] = [side('Ada', peers), side('mine', mine)];
  assert.deepEqual(withMineLeft(one, other), { left: other, right: one });
  assert.deepEqual(withMineLeft(other, one), { left: other, right: one });
  const third = side('Bob', peers);
  assert.deepEqual(withMineLeft(one, third), { left: one, right: third });
  assert.deepEqual(withMineLeft(other, other), { left: other, right: other });
});

test('what is missing, what lies elsewhere and what differs can be chosen, each where there is some', () => {
  const all = choices({ 'only-right': 1, moved: 2, changed: 4, 'only-left': 8 });
  assert.deepEqual(
    all.map(({ label, states, conflict, description }) => [label, states, conflict, description]),
    [
      ['What I do not have', ['only-right'], 'skip', '1 file, 10 B'],
      ['That and what lies elsewhere', ['only-right', 'moved'], 'skip', '3 files, 30 B'],
      ['That and what differs, beside mine', ['only-right', 'changed'], 'keep-both', '5 files, 50 B'],
      ['That and what differs, in place of mine', ['only-right', 'changed'], 'overwrite', '5 files, 50 B'],
    ],
  );
  assert.deepEqual(
    choices({ moved: 1 }).map(({ label, states }) => [label, states]),
    [['What lies elsewhere', ['moved']]],
  );
  assert.deepEqual(
    choices({ changed: 1 }).map(({ states }) => states),
    [['changed'], ['changed']],
  );
  assert.deepEqual(choices({ 'only-left': 3, same: 2, 'likely-same': 1 }), []);
});

test("of two peers' folders it is said who does not have it", () => {
  assert.equal(choices({ 'only-right': 1 }, side('Bob', peers))[0]?.label, 'What Bob does not have');
});
