// What the Compare view says: two folders, what is the same and what is not, in groups with their totals, a page of each at a time. Must not
// know `vscode`.

import type { CompareSide, CompareState, ComparedEntry, Comparison } from '../../protocol/compare.ts';
import type { EntryRef } from '../../protocol/model.ts';
import { displayName, longDisplayName } from '../displayText.ts';
import { joinPath, uriPartsOf, type UriParts } from '../files/uris.ts';
import { formatBytes, formatCount, formatFiles, formatFolders, t } from '../text.ts';
import { dateText } from '../views/mergedModel.ts';
import type { Row } from '../views/row.ts';

/** A side, and what it is called. */
export interface ShownSide {
  side: CompareSide;
  name: string;
}

export interface ComparePage {
  entries: ComparedEntry[];
  total: number;
}

export interface ShownComparison {
  comparison: Comparison;
  left: ShownSide;
  right: ShownSide;
  pages: Map<CompareState, ComparePage>;
}

export interface CompareGroupNode {
  kind: 'compareGroup';
  id: string;
  state: CompareState;
}
export interface ComparedNode {
  kind: 'compared';
  id: string;
  parent: CompareGroupNode;
  item: ComparedEntry;
  /** What commands on the row read: on the right if it is there. Undefined for what lies on this disk alone. */
  entry?: EntryRef;
}
export interface CompareMoreNode {
  kind: 'compareMore';
  id: string;
  parent: CompareGroupNode;
  state: CompareState;
  hiddenCount: number;
}
export type CompareNode = CompareGroupNode | ComparedNode | CompareMoreNode;

/** In the order in which they are of use. */
export const compareStates: readonly CompareState[] = ['changed', 'only-right', 'only-left', 'moved', 'likely-same', 'same'];

const icons: Readonly<Record<CompareState, string>> = {
  changed: 'diff-modified',
  'only-right': 'diff-added',
  'only-left': 'diff-removed',
  moved: 'diff-renamed',
  'likely-same': 'check',
  same: 'check-all',
};
const colors: Readonly<Partial<Record<CompareState, string>>> = {
  changed: 'gitDecoration.modifiedResourceForeground',
  'only-right': 'gitDecoration.addedResourceForeground',
  'only-left': 'gitDecoration.deletedResourceForeground',
  moved: 'gitDecoration.renamedResourceForeground',
};

export function compareGroups(shown: ShownComparison | undefined): CompareGroupNode[] {
  if (shown === undefined) return [];
  return compareStates
    .filter((state) => (shown.pages.get(state)?.total ?? 0) > 0)
    .map((state) => ({ kind: 'compareGroup', id: `${shown.comparison.compareId}/${state}`, state }));
}

export function compareChildren(shown: ShownComparison | undefined, parent: CompareGroupNode): CompareNode[] {
  const page = shown?.pages.get(parent.state);
  if (shown === undefined || page === undefined) return [];
  const nodes: CompareNode[] = page.entries.map((item) => {
    const entry = entryOf(shown, item);
    return { kind: 'compared', id: `${parent.id}/${item.path}`, parent, item, ...(entry === undefined ? {} : { entry }) };
  });
  const hiddenCount = page.total - page.entries.length;
  // `//` cannot be an entry's id: paths have no empty part.
  if (hiddenCount > 0) nodes.push({ kind: 'compareMore', id: `${parent.id}//more`, parent, state: parent.state, hiddenCount });
  return nodes;
}

export function compareRow(node: CompareNode, shown: ShownComparison | undefined): Row | undefined {
  if (shown === undefined) return undefined;
  switch (node.kind) {
    case 'compareGroup':
      return groupRow(node, shown);
    case 'compareMore': {
      const label = t('… {0} more', formatCount(node.hiddenCount));
      const command = { kind: 'run', command: 'potluck.compare.more', title: t('Show more') } as const;
      return { id: node.id, label, icon: 'ellipsis', children: 'none', context: 'compareMore', accessibility: label, command };
    }
    case 'compared':
      return comparedRow(node, shown);
  }
}

function groupRow({ id, state }: CompareGroupNode, shown: ShownComparison): Row {
  const label = groupName(state, shown);
  const { totals, folders } = shown.comparison;
  const { files, bytes } = totals[state];
  const folderCount = state === 'only-left' ? folders.onlyLeft : state === 'only-right' ? folders.onlyRight : 0;
  const parts = [...(folderCount > 0 ? [formatFolders(folderCount)] : []), formatFiles(files), formatBytes(bytes)];
  const total = parts.join(', ');
  const color = colors[state];
  return {
    id,
    label,
    description: total,
    icon: icons[state],
    ...(color === undefined ? {} : { color }),
    children: state === 'same' || state === 'likely-same' ? 'collapsed' : 'expanded',
    context: `compareGroup.${state}`,
    accessibility: `${label}, ${total}`,
  };
}

function groupName(state: CompareState, { left, right }: ShownComparison): string {
  switch (state) {
    case 'changed':
      return t('Changed');
    case 'only-right':
      return t('Only in {0}', right.name);
    case 'only-left':
      return t('Only in {0}', left.name);
    case 'moved':
      return t('Moved');
    case 'likely-same':
      return t('Same by size and time');
    case 'same':
      return t('Same');
  }
}

function comparedRow(node: ComparedNode, shown: ShownComparison): Row {
  const { item, entry } = node;
  const { path, kind, state, left, right, movedFrom } = item;
  const name = displayName(path);
  const file = right ?? left;
  const size = kind === 'folder' || file === undefined ? t('folder') : formatBytes(file.sizeBytes);
  const sizes =
    left !== undefined && right !== undefined && left.sizeBytes !== right.sizeBytes
      ? `${formatBytes(left.sizeBytes)} → ${formatBytes(right.sizeBytes)}`
      : size;
  const from = movedFrom === undefined ? '' : t('from {0}', displayName(movedFrom));
  const description = [sizes, item.isLikely === true ? t('other time') : '', from].filter((part) => part !== '').join(' · ');
  const lines = [longDisplayName(path)];
  if (movedFrom !== undefined) lines.push(t('from {0}', longDisplayName(movedFrom)));
  if (left !== undefined)
    lines.push(t('{0}: {1}, modified {2}', shown.left.name, formatBytes(left.sizeBytes), dateText(left.mtimeMs)));
  if (right !== undefined)
    lines.push(t('{0}: {1}, modified {2}', shown.right.name, formatBytes(right.sizeBytes), dateText(right.mtimeMs)));
  const uri = uriOf(shown, item);
  return {
    id: node.id,
    label: name,
    description,
    tooltip: lines.join('\n'),
    icon: kind === 'folder' ? 'theme-folder' : 'theme-file',
    children: 'none',
    context: `compared.${kind}.${state}.${entry === undefined ? 'local' : 'peer'}`,
    ...(uri === undefined ? {} : { uri }),
    accessibility: `${name}, ${groupName(state, shown)}, ${description}`,
    ...(kind === 'file'
      ? { command: { kind: 'run', command: 'potluck.compare.open', title: t('Show What Differs') } as const }
      : {}),
  };
}

/** Above the groups. */
export function compareMessage({ comparison, left, right }: ShownComparison): string {
  const { leftTotal, rightTotal, skipped, unresolved } = comparison;
  const parts = [
    `${left.name}: ${formatFiles(leftTotal.files)}, ${formatBytes(leftTotal.bytes)}`,
    `${right.name}: ${formatFiles(rightTotal.files)}, ${formatBytes(rightTotal.bytes)}`,
  ];
  const same = sameness(comparison);
  if (same !== undefined) parts.push(same);
  if (skipped > 0) parts.push(t('{0} left out (links, devices, unreadable)', formatCount(skipped)));
  if (unresolved > 0) parts.push(t('{0} could not be compared by content', formatCount(unresolved)));
  return parts.join(' · ');
}

/** What is said where no file differs; undefined where one does. */
function sameness({ totals, folders, skipped }: Comparison): string | undefined {
  if (totals.changed.files + totals['only-left'].files + totals['only-right'].files + totals.moved.files > 0) return undefined;
  if (folders.onlyLeft + folders.onlyRight > 0) return t('Only folders differ');
  if (totals['likely-same'].files > 0) return t('No difference by size and time');
  return skipped > 0 ? t('No difference in what was compared') : t('No difference');
}

/** An entry of a side, where that side is a share. */
export function refOn(side: CompareSide, path: string): EntryRef | undefined {
  return 'entry' in side ? { ...side.entry, path: path === '' ? side.entry.path : joinPath(side.entry.path, path) } : undefined;
}

function isOnRight({ state }: ComparedEntry): boolean {
  return state !== 'only-left';
}

function entryOf({ left, right }: ShownComparison, item: ComparedEntry): EntryRef | undefined {
  return refOn(isOnRight(item) ? right.side : left.side, item.path);
}

/** For the icon and the colours of files. */
function uriOf(shown: ShownComparison, item: ComparedEntry): UriParts | undefined {
  const entry = entryOf(shown, item);
  return entry === undefined ? undefined : uriPartsOf(entry);
}
