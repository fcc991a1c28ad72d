// One path of two trees side by side, among those of its folder. Pure.

import type { CompareState } from '../../protocol/compare.ts';
import { compareNames } from '../catalog/index/names.ts';
import { firstIndex } from '../catalog/index/overlay.ts';
import type { TreeFile } from './sides.ts';

export type SideName = 'left' | 'right';
export const sideNames: readonly SideName[] = ['left', 'right'];

export interface Row {
  /** That it is in, or that it is. */
  folder: FolderRows;
  isFolder: boolean;
  left: TreeFile | undefined;
  right: TreeFile | undefined;
  /** Content ids, one character a byte; '' = not known. */
  leftId: string;
  rightId: string;
  state: CompareState;
  isLikely: boolean;
  /** Of `moved`: the row that it was; that one is not shown then. */
  from: Row | undefined;
  isHidden: boolean;
}

/** A folder that a side has, with the files that any of them has in it, by name. */
export interface FolderRows {
  path: string;
  files: Row[];
  /** The file after the one that was looked for last: most are looked for in order. */
  next: number;
}

export function newRow(folder: FolderRows, left: TreeFile | undefined, right: TreeFile | undefined): Row {
  // A plain literal: made a hundred thousand times.
  return {
    folder,
    isFolder: false,
    left,
    right,
    leftId: '',
    rightId: '',
    state: 'same',
    isLikely: false,
    from: undefined,
    isHidden: false,
  };
}

export function pathOf(row: Row): string {
  const { path } = row.folder;
  return row.isFolder ? path : path === '' ? nameOf(row) : `${path}/${nameOf(row)}`;
}

function nameOf({ left, right }: Row): string {
  return left?.name ?? right?.name ?? '';
}

/** Mostly the one after the one before. */
export function findFile(folder: FolderRows, name: string): Row | undefined {
  const { files } = folder;
  const likely = files[folder.next];
  if (likely !== undefined && nameOf(likely) === name) {
    folder.next++;
    return likely;
  }
  const at = firstIndex(files.length, (index) => {
    const row = files[index];
    return row === undefined || compareNames(nameOf(row), name) >= 0;
  });
  const row = files[at];
  if (row === undefined || nameOf(row) !== name) return undefined;
  folder.next = at + 1;
  return row;
}

export function idOf({ leftId, rightId }: Row, side: SideName): string {
  return side === 'left' ? leftId : rightId;
}
