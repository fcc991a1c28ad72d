// Random changes of a model tree, as the delta that a watcher would make of them.

import type { Entry } from '../../../../../src/protocol/model.ts';
import type { Delta, FolderChange, IndexCounts } from '../../../../../src/sidecar/catalog/index/rows.ts';
import { byBytes, randomTree, type ModelFolder } from './randomTree.ts';

export function modelCounts(folder: ModelFolder): IndexCounts {
  const counts: IndexCounts = { folderCount: folder.folders.size, fileCount: folder.files.size, totalBytes: 0 };
  for (const { sizeBytes } of folder.files.values()) counts.totalBytes += sizeBytes;
  for (const { folder: child } of folder.folders.values()) {
    const below = modelCounts(child);
    counts.folderCount += below.folderCount;
    counts.fileCount += below.fileCount;
    counts.totalBytes += below.totalBytes;
  }
  return counts;
}

export function copyModel(folder: ModelFolder): ModelFolder {
  const folders = [...folder.folders].map(
    ([name, { mtimeMs, folder: child }]) => [name, { mtimeMs, folder: copyModel(child) }] as const,
  );
  return { folders: new Map(folders), files: new Map(folder.files) };
}

/** Changes `model` (which stays as it is) at random: edits, additions, removals, moves, files that become folders and the reverse. */
export function randomChange(model: ModelFolder, random: () => number): { model: ModelFolder; delta: Delta | undefined } {
  const next = copyModel(model);
  const pick = (count: number): number => Math.floor(random() * count);
  /** Folders of `next` that are not what the model has under that path. */
  const fresh = new Set<ModelFolder>();
  const anyFolder = (): ModelFolder => {
    let at = next;
    while (at.folders.size > 0 && pick(3) > 0) at = [...at.folders.values()][pick(at.folders.size)]?.folder ?? at;
    return at;
  };
  const anyName = (folder: ModelFolder): string | undefined => {
    const names = [...folder.folders.keys(), ...folder.files.keys()];
    return names[pick(names.length)];
  };
  const remove = (folder: ModelFolder, name: string): void => {
    folder.folders.delete(name);
    folder.files.delete(name);
  };
  const add = (folder: ModelFolder, name: string, child: ModelFolder): void => {
    remove(folder, name);
    fresh.add(child);
    folder.folders.set(name, { mtimeMs: pick(1e9), folder: child });
  };
  for (let count = 1 + pick(6); count > 0; count--) {
    const folder = anyFolder();
    const name = anyName(folder);
    const step = pick(8);
    if (step === 0) {
      folder.files.set(`n${pick(99)}`, { sizeBytes: pick(99), mtimeMs: pick(99) });
      folder.folders.delete(`n${pick(99)}`);
    } else if (step === 1)
      add(folder, `f${pick(9)}`, pick(2) === 0 ? randomTree(random, 5) : { folders: new Map(), files: new Map() });
    else if (name === undefined) continue;
    else if (step === 2 && folder.files.has(name)) folder.files.set(name, { sizeBytes: pick(3), mtimeMs: pick(3) });
    else if (step === 3 && folder.folders.has(name))
      folder.folders.set(name, { ...known(folder.folders.get(name)), mtimeMs: pick(3) });
    else if (step === 4) remove(folder, name);
    else if (step === 5 && folder.files.has(name)) add(folder, name, randomTree(random, 5));
    else if (step === 6 && folder.folders.has(name)) {
      remove(folder, name);
      folder.files.set(name, { sizeBytes: pick(9), mtimeMs: pick(9) });
    } else if (step === 7 && folder.folders.has(name)) {
      const moved = copyModel(known(folder.folders.get(name)).folder);
      if (pick(2) === 0) remove(folder, name);
      add(anyFolder(), pick(2) === 0 ? name : `m${pick(20)}`, moved);
    }
    // A name is a file or a folder, not both.
    for (const file of folder.files.keys()) if (folder.folders.has(file)) folder.files.delete(file);
  }
  const folders: FolderChange[] = [];
  compare({ before: model, after: next, path: '', mtimeMs: 0, hasNewTime: false }, fresh, folders);
  if (folders.length === 0) return { model: next, delta: undefined };
  return { model: next, delta: { updatedAtMs: pick(1e12), counts: modelCounts(next), folders } };
}

function known<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('not there');
  return value;
}

interface Compared {
  before: ModelFolder | undefined;
  after: ModelFolder;
  path: string;
  mtimeMs: number;
  hasNewTime: boolean;
}

function compare({ before, after, path, mtimeMs, hasNewTime }: Compared, fresh: Set<ModelFolder>, changes: FolderChange[]): void {
  const removed: string[] = [];
  const set: Entry[] = [];
  const children: Compared[] = [];
  for (const name of [...(before?.folders.keys() ?? []), ...(before?.files.keys() ?? [])])
    if (!after.folders.has(name) && !after.files.has(name)) removed.push(name);
  for (const [name, { sizeBytes, mtimeMs: time }] of after.files) {
    const was = before?.files.get(name);
    if (was?.sizeBytes !== sizeBytes || was.mtimeMs !== time) set.push({ name, kind: 'file', sizeBytes, mtimeMs: time });
  }
  for (const [name, { mtimeMs: time, folder }] of after.folders) {
    const was = fresh.has(folder) ? undefined : before?.folders.get(name);
    const below = path === '' ? name : `${path}/${name}`;
    if (was === undefined) {
      if (before?.folders.has(name)) removed.push(name);
      set.push({ name, kind: 'folder', sizeBytes: 0, mtimeMs: time });
    }
    const isRetimed = was !== undefined && was.mtimeMs !== time;
    children.push({ before: was?.folder, after: folder, path: below, mtimeMs: time, hasNewTime: isRetimed });
  }
  removed.sort(byBytes);
  set.sort((one, other) => byBytes(one.name, other.name));
  if (removed.length > 0 || set.length > 0 || hasNewTime) changes.push({ path, mtimeMs, removed, set });
  for (const child of children) compare(child, fresh, changes);
}
