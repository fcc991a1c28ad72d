// Compares what a folder holds on disk with what the index has of it. Pure but for reading the index.

import type { Entry } from '../../../protocol/model.ts';
import type { IndexView } from '../../catalog/index/indexView.ts';
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
  /** Ascending by the bytes of the names when `content` or `names` are. */
  changes: Change[];
  /** Folders that both have; `isTouched`: with another time. */
  folders: { found: Found; isTouched: boolean }[];
}

/** Entries of the index read at once. */
const pageEntries = 4096;

/** A folder as a whole. The index has it. */
export function compareFolder(view: IndexView, path: string, { folders, files }: FolderContent): Comparison {
  const known = entriesOf(view, path);
  const result: Comparison = { changes: [], folders: [] };
  for (const found of folders) compareOne(known.get(found.name), found, { name: found.name, result, known });
  for (const found of files) compareOne(known.get(found.name), found, { name: found.name, result, known });
  for (const entry of known.values()) result.changes.push({ name: entry.name, known: entry, found: undefined });
  return result;
}

/** Single names of a folder; `path` may lead to one that the index does not have. */
export function compareNames(view: IndexView, path: string, names: ReadonlyMap<string, Found | undefined>): Comparison {
  const result: Comparison = { changes: [], folders: [] };
  for (const [name, found] of names) {
    const known = view.stat((path === '' ? name : `${path}/${name}`) as SafePath);
    if (found !== undefined) compareOne(known, found, { name, result });
    else if (known !== undefined) result.changes.push({ name, known, found });
  }
  return result;
}

function compareOne(
  entry: Entry | undefined,
  found: Found,
  { name, result, known }: { name: string; result: Comparison; known?: Map<string, Entry> },
): void {
  known?.delete(name);
  if (entry?.kind !== found.kind) result.changes.push({ name, known: entry, found });
  else if (entry.kind === 'folder') result.folders.push({ found, isTouched: entry.mtimeMs !== found.mtimeMs });
  else if (entry.mtimeMs !== found.mtimeMs || entry.sizeBytes !== found.sizeBytes)
    result.changes.push({ name, known: entry, found });
}

function entriesOf(view: IndexView, path: string): Map<string, Entry> {
  const entries = new Map<string, Entry>();
  for (let offset = 0; ; offset += pageEntries) {
    // The index has this folder, or has had it a moment ago.
    const page = view.list(path as SafePath, { offset, limit: pageEntries });
    for (const entry of page?.entries ?? []) entries.set(entry.name, entry);
    if (page === undefined || offset + pageEntries >= page.total) return entries;
  }
}
