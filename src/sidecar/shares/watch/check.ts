// Compares the times of all folders with the index, in place of a walk: what a share missed while nobody followed it, and, as it listens
// to its folders, what came in between.

import { existsSync, lstatSync, type Stats } from 'node:fs';
import path from 'node:path';
import type { IndexView } from '../../catalog/index/indexView.ts';
import { watchLimits } from '../../limits.ts';
import { indexTime } from '../folderLook.ts';
import { ruleFileNames } from '../ignoreRules.ts';
import type { DirtyFolders } from './dirtyFolders.ts';
import type { Listening } from './listening.ts';
import type { Turns } from './turns.ts';

export interface CheckOptions {
  root: string;
  view: IndexView;
  dirty: DirtyFolders;
  turns: Turns;
  /** When the index was as the disk: what has a time around it or after it is looked at, whatever the index says. */
  asOfMs: number;
}

/** Marks dirty the folders that are not as the index has them. The view must not change meanwhile. */
export async function checkFolders(options: CheckOptions): Promise<void> {
  const { view, dirty, turns, asOfMs } = options;
  const root = `${options.root}${path.sep}`;
  const racyMs = asOfMs - watchLimits.racyMs;
  // The index has no time of the root.
  dirty.all('');
  for (const { path: folder, mtimeMs } of view.folders()) {
    const timeMs = folderTime(root + folder);
    if (timeMs === undefined) markGone(dirty, folder);
    else if (timeMs !== mtimeMs || timeMs >= racyMs) dirty.all(folder);
    if (turns.isOver) await turns.rest();
  }
}

export interface ListenOptions extends CheckOptions {
  listening: Listening;
  /** Folders that hold rules of their own are told. */
  readonly onRuleFolder: (folder: string) => void;
}

/**
 * Listens to the hottest folders, as many as there is room for, and then looks once more whether they changed before. Also finds the rule
 * files, which may have been edited without a trace in the time of their folder. The view must not change meanwhile.
 */
export async function listenToFolders(options: ListenOptions): Promise<void> {
  const { root, view, dirty, turns, listening } = options;
  const folderCount = view.counts.folderCount + 1;
  const coldestMs = await threshold(view, { room: listening.room(folderCount) - 1, turns });
  const wanted = new Set<string>(['']);
  listening.add('', { heatMs: Infinity, isAnew: false });
  checkRules(options, '', root);
  for (const { path: folder, mtimeMs } of view.folders()) {
    const absolute = `${root}${path.sep}${folder}`;
    if (mtimeMs >= coldestMs) {
      wanted.add(folder);
      if (listening.add(folder, { heatMs: mtimeMs, isAnew: false }) && folderTime(absolute) !== mtimeMs) dirty.all(folder);
    } else if (listening.has(folder)) wanted.add(folder);
    checkRules(options, folder, absolute);
    if (turns.isOver) await turns.rest();
  }
  for (const folder of [...listening.folders()]) if (!wanted.has(folder)) listening.remove(folder);
}

/** Changes when a rule file of the folder does. */
export function rulesSignature(absolute: string): string {
  return ruleFileNames
    .map((name) => {
      const stats = statsOf(path.join(absolute, name));
      return stats === undefined ? '' : `${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
    })
    .join(' ');
}

function checkRules({ asOfMs, dirty, onRuleFolder }: ListenOptions, folder: string, absolute: string): void {
  // Most folders have none, and `existsSync` makes no object.
  const there = ruleFileNames.filter((name) => existsSync(`${absolute}${path.sep}${name}`));
  if (there.length === 0) return;
  onRuleFolder(folder);
  for (const name of there) {
    const stats = statsOf(`${absolute}${path.sep}${name}`);
    // Its own time can be set to anything; the time of its last change cannot.
    if (stats === undefined || Math.max(stats.ctimeMs, stats.mtimeMs) >= asOfMs - watchLimits.racyMs)
      dirty.all(folder, { isDeep: true });
  }
}

/** The time that the coldest of the `room` hottest folders has. */
async function threshold(view: IndexView, { room, turns }: { room: number; turns: Turns }): Promise<number> {
  const { folderCount } = view.counts;
  if (room >= folderCount) return -Infinity;
  const times = new Float64Array(folderCount);
  let at = 0;
  for (const { mtimeMs } of view.folders()) {
    if (at < times.length) times[at++] = mtimeMs;
    if (turns.isOver) await turns.rest();
  }
  times.sort();
  return room <= 0 ? Infinity : (times[times.length - room] ?? Infinity);
}

/** Its parent is to look whether it is still there. */
export function markGone(dirty: DirtyFolders, folder: string): void {
  const slash = folder.lastIndexOf('/');
  dirty.name(folder.slice(0, Math.max(slash, 0)), Buffer.from(folder.slice(slash + 1)).toString('latin1'), true);
}

/** As the index has it; undefined when it is no folder now, or out of reach. */
export function folderTime(absolute: string): number | undefined {
  const stats = statsOf(absolute);
  return stats?.isDirectory() === true ? indexTime(stats.mtimeMs) : undefined;
}

function statsOf(absolute: string): Stats | undefined {
  try {
    return lstatSync(absolute, { throwIfNoEntry: false });
  } catch {
    // Out of reach now: looking at it says the same.
    return undefined;
  }
}
