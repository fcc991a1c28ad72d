// Compares what a folder holds on disk with what the index has of it. Pure but for reading the index.

import type { Entry } from '../../../protocol/model.ts';
import type { IndexView } from '../../catalog/index/indexView.ts';
import { compareNames as compareBytes } from '../../catalog/index/names.ts';
import type { SafePath } from '../../storage/safePath.ts';
import type { FolderContent, Found } from '../folderLook.ts';

/** A name that is not as the index has it. */
export interface Change {
  name: string;
  /** What the index has. */
  known: Entry | undefined;
  /** What is on disk and shared. */
  found: Found | undefined;
}

export interface Comparison {
  changes: Change[];
  /** Folders that both have; `isTouched`: with another time. */
  folders: { found: Found; isTouched: boolean }[];
}

/** Entries of the index read at once. */
const pageEntries = 4096;

/** A folder as a whole. The index has it. Both sides come in the same order, so that the largest folder needs no table of its names. */
export function compareFolder(view: IndexView, path: string, { folders, files }: FolderContent): Comparison {
  const result: Comparison = { changes: [], folders: [] };
  const known = entriesOf(view, path);
  let entry = known.next();
  const compareKind = (kind: Entry['kind'], all: readonly Found[]): void => {
    for (const found of all) {
      while (entry.done !== true && entry.value.kind === kind && compareBytes(entry.value.name, found.name) < 0) {
        result.changes.push({ name: entry.value.name, known: entry.value, found: undefined });
        entry = known.next();
      }
      const isBoth = entry.done !== true && entry.value.kind === kind && entry.value.name === found.name;
      compareOne(isBoth ? entry.value : undefined, found, result);
      if (isBoth) entry = known.next();
    }
    for (; entry.done !== true && entry.value.kind === kind; entry = known.next())
      result.changes.push({ name: entry.value.name, known: entry.value, found: undefined });
  };
  compareKind('folder', folders);
  compareKind('file', files);
  return { ...result, changes: joined(result.changes) };
}

/** Single names of a folder; `path` may lead to one that the index does not have. */
export function compareNames(view: IndexView, path: string, names: ReadonlyMap<string, Found | undefined>): Comparison {
  const result: Comparison = { changes: [], folders: [] };
  for (const [name, found] of names) {
    const known = view.stat((path === '' ? name : `${path}/${name}`) as SafePath);
    if (found !== undefined) compareOne(known, found, result);
    else if (known !== undefined) result.changes.push({ name, known, found });
  }
  return result;
}

function compareOne(entry: Entry | undefined, found: Found, result: Comparison): void {
  const { name } = found;
  if (entry?.kind !== found.kind) result.changes.push({ name, known: entry, found });
  else if (entry.kind === 'folder') result.folders.push({ found, isTouched: entry.mtimeMs !== found.mtimeMs });
  else if (entry.mtimeMs !== found.mtimeMs || entry.sizeBytes !== found.sizeBytes)
    result.changes.push({ name, known: entry, found });
}

/** A file in the place of a folder, or the other way round, is one change. */
function joined(changes: readonly Change[]): Change[] {
  const byName = new Map<string, Change>();
  for (const change of changes) {
    const other = byName.get(change.name);
    byName.set(change.name, { name: change.name, known: other?.known ?? change.known, found: other?.found ?? change.found });
  }
  return [...byName.values()];
}

function* entriesOf(view: IndexView, path: string): Generator<Entry, undefined> {
  for (let offset = 0; ; offset += pageEntries) {
    // The index has this folder, or has had it a moment ago.
    const page = view.list(path as SafePath, { offset, limit: pageEntries });
    if (page !== undefined) yield* page.entries;
    if (page === undefined || offset + pageEntries >= page.total) return;
  }
}
