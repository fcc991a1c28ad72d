// Compares what an index has of one folder with what the folder holds now, in one pass over both.

import type { Entry } from '../../../protocol/model.ts';
import { countsOf, entriesOf, type ViewFolder } from './mergedFolder.ts';
import { compareNames } from './names.ts';
import type { FolderChange } from './rows.ts';
import type { Segment } from './segment.ts';

const batchEntries = 1024;

/** `entries` ascend by the bytes of their names, folders and files mixed. */
export function diffFolder(
  segment: Segment,
  folder: ViewFolder,
  entries: readonly Entry[],
): Pick<FolderChange, 'removed' | 'set'> {
  const removed: string[] = [];
  const set: Entry[] = [];
  const known = knownEntries(segment, folder);
  let next = known.next();
  const passUntil = (name: string | undefined): void => {
    for (; !next.done && (name === undefined || compareNames(next.value.name, name) < 0); next = known.next())
      removed.push(next.value.name);
  };
  for (const entry of entries) {
    passUntil(entry.name);
    const same = !next.done && next.value.name === entry.name ? next.value : undefined;
    if (same !== undefined) next = known.next();
    if (same?.kind !== entry.kind || same.sizeBytes !== entry.sizeBytes || same.mtimeMs !== entry.mtimeMs) set.push(entry);
  }
  passUntil(undefined);
  return { removed, set };
}

/** Folders and files of the index as one ascending sequence. */
function* knownEntries(segment: Segment, folder: ViewFolder): Generator<Entry> {
  const { folderCount, fileCount } = countsOf(folder);
  const folders = range(segment, folder, 0, folderCount);
  const files = range(segment, folder, folderCount, folderCount + fileCount);
  let one = folders.next();
  let other = files.next();
  while (!one.done || !other.done) {
    if (!one.done && (other.done || compareNames(one.value.name, other.value.name) < 0)) {
      yield one.value;
      one = folders.next();
    } else if (!other.done) {
      yield other.value;
      other = files.next();
    }
  }
}

function* range(segment: Segment, folder: ViewFolder, from: number, end: number): Generator<Entry> {
  for (let offset = from; offset < end; offset += batchEntries)
    yield* entriesOf(segment, folder, { offset, limit: Math.min(batchEntries, end - offset) });
}
