// The two kinds of trees that are compared, each as one pass over its folders: an index, and a folder of this machine as it is now. Synchronous, for the
// worker. Links are not followed and nothing is opened.

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

/** A file; folders have neither size nor name of their own here. */
export interface TreeFile {
  name: string;
  sizeBytes: number;
  mtimeMs: number;
}

/** A folder with its files, ascending by the bytes of their names; `path` below what is compared. */
export interface TreeFolder {
  path: string;
  mtimeMs: number;
  files: readonly TreeFile[];
}

/** Where a side comes from, as it is told to the worker. */
export type SideSource =
  | { kind: 'index'; segmentPath: string; overlay: Delta | undefined; base: string }
  /** A real path. */
  | { kind: 'folder'; root: string };

export interface Side {
  /** The root, and all folders below it: each before those below it, in the order of `comparePaths`. */
  folders: Iterable<TreeFolder>;
  /** Left out so far. */
  skipped(): number;
  close(): void;
}

/** Throws `io` when the index is gone or damaged; reading it throws `too-large` past the limit. */
export function openSide(source: SideSource): Side {
  const count = counter();
  if (source.kind === 'folder') {
    const walk = new FolderWalk(source.root, count);
    return { folders: walk.folders(), skipped: () => walk.skipped, close: () => undefined };
  }
  const view = new IndexView(Segment.open(source.segmentPath));
  try {
    if (source.overlay !== undefined) view.apply(source.overlay);
  } catch (error) {
    view.close();
    throw error;
  }
  return { folders: indexFolders(view, source.base, count), skipped: () => 0, close: () => view.close() };
}

function* indexFolders(view: IndexView, base: string, onFolder: (entries: number) => void): Generator<TreeFolder> {
  const cut = base === '' ? 0 : base.length + 1;
  // Checked by whoever asks for the comparison.
  for (const { path: found, mtimeMs, files } of view.walkFolders(base as SafePath, onFolder))
    yield { path: found.slice(cut), mtimeMs, files };
}

function counter(): (entries: number) => void {
  let count = 0;
  return (entries) => {
    count += entries;
    if (count <= compareLimits.entries) return;
    throw new AppError(
      'too-large',
      `One of the folders has more than ${compareLimits.entries} entries. Compare folders inside it one by one.`,
    );
  };
}

const latin1Names = { encoding: 'latin1' } as const;

/** Everything in a folder, hidden and ignored entries too; links and what no index could carry are counted and left out. */
class FolderWalk {
  skipped = 0;
  readonly #root: string;
  readonly #onFolder: (entries: number) => void;

  constructor(root: string, onFolder: (entries: number) => void) {
    this.#root = root;
    this.#onFolder = onFolder;
  }

  *folders(): Generator<TreeFolder> {
    const pending = [{ path: '', mtimeMs: 0, depth: 0 }];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      const { path: at, mtimeMs, depth } = next;
      const { folders, files } = this.#read(at);
      const isDeep = depth >= indexLimits.depth;
      if (isDeep) this.skipped += folders.length + files.length;
      else this.#onFolder(folders.length + files.length);
      yield { path: at, mtimeMs, files: isDeep ? [] : files };
      const prefix = at === '' ? '' : `${at}/`;
      for (let place = isDeep ? -1 : folders.length - 1; place >= 0; place--) {
        const folder = folders[place];
        if (folder !== undefined) pending.push({ path: prefix + folder.name, mtimeMs: folder.mtimeMs, depth: depth + 1 });
      }
    }
  }

  #read(relative: string): { folders: TreeFile[]; files: TreeFile[] } {
    const absolute = path.join(this.#root, relative);
    const found: { folders: TreeFile[]; files: TreeFile[] } = { folders: [], files: [] };
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
      const mtimeMs = Math.floor(stats?.mtimeMs ?? 0);
      if (stats?.isDirectory()) found.folders.push({ name, sizeBytes: 0, mtimeMs });
      else if (stats?.isFile()) found.files.push({ name, sizeBytes: stats.size, mtimeMs });
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
