// What a walk found that the index of before does not have, or has otherwise, folder by folder. For the walk worker: may take seconds over a million files.

import type { Entry } from '../../protocol/model.ts';
import type { IndexView } from '../catalog/index/indexView.ts';
import { compareNames } from '../catalog/index/names.ts';
import type { FolderChange } from '../catalog/index/rows.ts';
import type { Segment } from '../catalog/index/segment.ts';
import { indexLimits, localLimits } from '../limits.ts';
import type { SafePath } from '../storage/safePath.ts';

/** The changes that make `before` what `now` is, in the order of a delta; undefined when they are more than one delta holds. */
export function difference(before: IndexView, now: Segment): FolderChange[] | undefined {
  const changes: FolderChange[] = [];
  let entryCount = 0;
  for (const change of changesOf(before, now)) {
    changes.push(change);
    entryCount += change.removed.length + change.set.length;
    if (entryCount > indexLimits.deltaEntries) return undefined;
  }
  return changes;
}

/** The files of `now` that are not in `before`, or with another size or time. */
export function* newFiles(before: IndexView, now: Segment): Generator<{ path: string; sizeBytes: number }> {
  for (const { path, set } of changesOf(before, now)) {
    const prefix = path === '' ? '' : `${path}/`;
    for (const { kind, name, sizeBytes } of set) if (kind === 'file') yield { path: prefix + name, sizeBytes };
  }
}

function* changesOf(before: IndexView, now: Segment): Generator<FolderChange> {
  const pending: { path: SafePath; mtimeMs: number; isNew: boolean }[] = [{ path: '' as SafePath, mtimeMs: 0, isNew: false }];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const { path, mtimeMs, isNew } = folder;
    const entries = entriesOf(now, path);
    const change = isNew
      ? { path, mtimeMs, removed: [], set: entries.toSorted(byName) }
      : before.diff(path, mtimeMs, entries.toSorted(byName));
    const set = new Set(change?.set);
    // A folder's own time stands in the change of the folder that it is in.
    if (change !== undefined && change.removed.length + change.set.length > 0) yield change;
    const below = entries.filter((entry) => entry.kind === 'folder');
    for (const entry of below.reverse()) {
      const childPath = (path === '' ? entry.name : `${path}/${entry.name}`) as SafePath;
      const isNewChild = isNew || (set.has(entry) && before.stat(childPath)?.kind !== 'folder');
      pending.push({ path: childPath, mtimeMs: entry.mtimeMs, isNew: isNewChild });
    }
  }
}

function entriesOf(segment: Segment, path: SafePath): Entry[] {
  const entries: Entry[] = [];
  for (let total = 1; entries.length < total;) {
    const page = segment.list(path, { offset: entries.length, limit: localLimits.pageEntries });
    if (page === undefined || page.entries.length === 0) break;
    entries.push(...page.entries);
    total = page.total;
  }
  return entries;
}

function byName(one: Entry, other: Entry): number {
  return compareNames(one.name, other.name);
}
