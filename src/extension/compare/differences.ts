// Which differences can be fetched, and in which order two folders are compared, so that there are any. Must not know `vscode`.

import type { CompareState } from '../../protocol/compare.ts';
import type { ConflictPolicy } from '../../protocol/model.ts';
import { displayName } from '../displayText.ts';
import { formatBytes, formatFiles, t } from '../text.ts';
import type { ShownComparison, ShownSide } from './compareModel.ts';

/** One answer to what is to be downloaded. */
export interface DifferenceChoice {
  label: string;
  /** How much it is. */
  description: string;
  states: CompareState[];
  conflict: ConflictPolicy;
}

/** Mine on the left, where one is a peer's: what is only on the right, or otherwise, is what can be fetched. Own entries are folders of this machine here. */
export function withMineLeft<Side extends ShownSide>(one: Side, other: Side): { left: Side; right: Side } {
  return 'folder' in other.side && 'entry' in one.side ? { left: other, right: one } : { left: one, right: other };
}

/** What there is to choose from, the least first; empty when the left has all files of the right. */
export function differenceChoices({ comparison: { totals }, left }: ShownComparison): DifferenceChoice[] {
  const choices: DifferenceChoice[] = [];
  const add = (label: string, states: CompareState[], conflict: ConflictPolicy): void => {
    const files = states.reduce((sum, state) => sum + totals[state].files, 0);
    const bytes = states.reduce((sum, state) => sum + totals[state].bytes, 0);
    choices.push({ label, description: t('{0}, {1}', formatFiles(files), formatBytes(bytes)), states, conflict });
  };
  const isMissing = totals['only-right'].files > 0;
  const missing: CompareState[] = isMissing ? ['only-right'] : [];
  if (isMissing)
    add('folder' in left.side ? t('What I do not have') : t('What {0} does not have', displayName(left.name)), missing, 'skip');
  if (totals.moved.files > 0)
    add(isMissing ? t('That and what lies elsewhere') : t('What lies elsewhere'), [...missing, 'moved'], 'skip');
  if (totals.changed.files > 0) {
    const states: CompareState[] = [...missing, 'changed'];
    add(isMissing ? t('That and what differs, beside mine') : t('What differs, beside mine'), states, 'keep-both');
    add(isMissing ? t('That and what differs, in place of mine') : t('What differs, in place of mine'), states, 'overwrite');
  }
  return choices;
}
