// The two kinds of trees that are compared, each as one pass in the order of treeOrder.ts: an index, and a folder of this machine as it is now. Synchronous,
// for the worker. Links are not followed and nothing is opened.

import { isUtf8 } from 'node:buffer';
import { lstatSync, readdirSync, type Stats } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';
import { IndexView } from '../catalog/index/indexView.ts';
import { compareNames } from '../catalog/index/names.ts';
import type { Delta } from '../catalog/index/rows.ts';
import { Segment } from '../catalog/index/segment.ts';
import { compareLimits, indexLimits } from '../limits.ts';
import { nameProblem, type SafePath } from '../storage/safePath.ts';

/** One file or folder; `path` below what is compared. */
export interface TreeEntry {
  path: string;
  isFolder: boolean;
  sizeBytes: number;
  mtimeMs: number;
}

/** Where a side comes from, as it is told to the worker. */
export type SideSource =
  | { kind: 'index'; segmentPath: string; overlay: Delta | undefined; base: string }
  /** A real path. */
  | { kind: 'folder'; root: string };

export interface Side {
  entries: Iterable<TreeEntry>;
  /** Left out so far. */
  skipped(): number;
  close(): void;
}

/** Throws `io` when the index is gone or damaged; walking throws `too-large` past the limit. */
export function openSide(source: SideSource): Side {
  if (source.kind === 'folder') {
    const walk = new FolderWalk(source.root);
    return { entries: limited(walk.entries()), skipped: () => walk.skipped, close: () => undefined };
  }
  const view = new IndexView(Segment.open(source.segmentPath));
  try {
    if (source.overlay !== undefined) view.apply(source.overlay);
  } catch (error) {
    view.close();
    throw error;
  }
  return { entries: limited(indexEntries(view, source.base)), skipped: () => 0, close: () => view.close() };
}

function* indexEntries(view: IndexView, base: string): Generator<TreeEntry> {
  const cut = base === '' ? 0 : base.length + 1;
  // Checked by whoever asks for the comparison.
  for (const { path: found, entry } of view.walk(base as SafePath)) {
    const { sizeBytes, mtimeMs } = entry;
    yield { path: cut === 0 ? found : found.slice(cut), isFolder: entry.kind === 'folder', sizeBytes, mtimeMs };
  }
}

function* limited(entries: Iterable<TreeEntry>): Generator<TreeEntry> {
  let count = 0;
  for (const entry of entries) {
    if (++count > compareLimits.entries)
      throw new AppError(
        'too-large',
        `One of the folders has more than ${compareLimits.entries} entries. Compare folders inside it one by one.`,
      );
    yield entry;
  }
}

interface Named {
  name: string;
  stats: Stats;
}

const latin1Names = { encoding: 'latin1' } as const;

/** Everything in a folder, hidden and ignored entries too; links and what no index could carry are counted and left out. */
class FolderWalk {
  skipped = 0;
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  *entries(): Generator<TreeEntry> {
    yield* this.#folder('', 0);
  }

  *#folder(relative: string, depth: number): Generator<TreeEntry> {
    const prefix = relative === '' ? '' : `${relative}/`;
    const { folders, files } = this.#read(relative);
    if (depth >= indexLimits.depth) {
      this.skipped += folders.length + files.length;
      return;
    }
    for (const { name, stats } of folders) {
      yield { path: prefix + name, isFolder: true, sizeBytes: 0, mtimeMs: Math.floor(stats.mtimeMs) };
      yield* this.#folder(prefix + name, depth + 1);
    }
    for (const { name, stats } of files)
      yield { path: prefix + name, isFolder: false, sizeBytes: stats.size, mtimeMs: Math.floor(stats.mtimeMs) };
  }

  #read(relative: string): { folders: Named[]; files: Named[] } {
    const absolute = path.join(this.#root, relative);
    const found: { folders: Named[]; files: Named[] } = { folders: [], files: [] };
    let names: string[];
    try {
      names = readdirSync(absolute, latin1Names);
    } catch (error) {
      if (relative === '') throw error;
      this.skipped++;
      return found;
    }
    for (const latin1 of names) {
      const bytes = Buffer.from(latin1, 'latin1');
      const name = bytes.toString();
      const stats = isUtf8(bytes) && nameProblem(name) === undefined ? this.#look(path.join(absolute, name)) : undefined;
      if (stats?.isDirectory()) found.folders.push({ name, stats });
      else if (stats?.isFile()) found.files.push({ name, stats });
      else this.skipped++;
    }
    found.folders.sort((a, b) => compareNames(a.name, b.name));
    found.files.sort((a, b) => compareNames(a.name, b.name));
    return found;
  }

  #look(absolute: string): Stats | undefined {
    try {
      return lstatSync(absolute, { throwIfNoEntry: false });
    } catch {
      return undefined; // It may not be read: it counts as left out.
    }
  }
}
