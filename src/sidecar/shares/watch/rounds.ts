// What runs beside listening, at a small share of one core: folders that the system does not tell of are looked at in turn, and now and then
// everything, to find what neither events nor folder times tell. Only marks folders dirty; looking says what is different.

import { sep } from 'node:path';
import { IndexView } from '../../catalog/index/indexView.ts';
import { comparePaths } from '../../catalog/index/names.ts';
import type { SafePath } from '../../storage/safePath.ts';
import { absoluteOf, readFolder } from '../folderLook.ts';
import { folderTime, markGone, rulesSignature } from './check.ts';
import { compareFolder } from './compare.ts';
import type { DirtyFolders } from './dirtyFolders.ts';
import type { Listening } from './listening.ts';
import { unheard, type Places } from './places.ts';
import { join } from './steps.ts';
import type { Turns } from './turns.ts';

export interface RoundOptions {
  root: string;
  readonly view: () => IndexView;
  dirty: DirtyFolders;
  listening: Listening;
  places: Places;
  turns: Turns;
  /** Folders with rules of their own, and what their rule files looked like. */
  ruleFolders: Map<string, string>;
  readonly onRules: (folder: string) => void;
}

/** Looks once at the times of all folders that nobody tells of. */
export async function pollRound(options: RoundOptions): Promise<void> {
  const { root, view, dirty, listening, turns, ruleFolders } = options;
  turns.begin();
  for (const [folder, signature] of ruleFolders) {
    if (listening.has(folder)) continue;
    const now = rulesSignature(absoluteOf(root, folder));
    ruleFolders.set(folder, now);
    if (now !== signature && signature !== '') options.onRules(folder);
    if (turns.isOver) await turns.rest();
  }
  if (!listening.has('')) dirty.all('');
  if (listening.count(view().counts.folderCount + 1) > view().counts.folderCount) return;
  for (const { path, mtimeMs } of new EveryFolder(view)) {
    if (turns.isOver) await turns.rest();
    if (path === '' || listening.has(path)) continue;
    const timeMs = folderTime(`${root}${sep}${path}`);
    if (timeMs === mtimeMs) continue;
    // It may have changed since the segment was written, or be gone.
    const known = view().stat(path as SafePath);
    if (known?.kind !== 'folder' || known.mtimeMs === timeMs) continue;
    if (timeMs === undefined) markGone(dirty, path);
    else dirty.all(path, { isHot: true });
  }
}

/** Looks once at everything. */
export async function sweep({ root, view, dirty, places, turns }: RoundOptions): Promise<void> {
  turns.begin();
  places.forget();
  for (const { path } of new EveryFolder(view)) {
    if (turns.isOver) {
      await turns.rest();
      places.forget();
    }
    if (path !== '' && view().stat(path as SafePath)?.kind !== 'folder') continue;
    const standing = places.find(path);
    if (!('place' in standing) || standing.isClosed) {
      dirty.all(path);
      continue;
    }
    const { changes, folders } = compareFolder(view(), path, readFolder(root, standing.place, unheard));
    if (changes.length > 0) dirty.all(path);
    for (const { found, isTouched } of folders) if (isTouched) dirty.all(join(path, found.name));
  }
}

/** All folders of an index that changes meanwhile: those of its segment, then those that came since; some may be gone. */
class EveryFolder {
  readonly #view: () => IndexView;

  constructor(view: () => IndexView) {
    this.#view = view;
  }

  *[Symbol.iterator](): Generator<{ path: string; mtimeMs: number }> {
    yield { path: '', mtimeMs: 0 };
    let last = '';
    let { segment } = this.#view();
    let folders = new IndexView(segment).folders();
    for (;;) {
      if (this.#view().segment !== segment) {
        // The index was packed into another segment, and this one is closed: on from the same place there.
        segment = this.#view().segment;
        folders = new IndexView(segment).folders();
        let ahead = folders.next();
        while (ahead.done !== true && comparePaths(ahead.value.path, last) < 0) ahead = folders.next();
        if (ahead.done !== true && ahead.value.path !== last) yield ahead.value;
      }
      const next = folders.next();
      if (next.done === true) break;
      last = next.value.path;
      yield next.value;
    }
    for (const { path, set } of this.#view().overlay?.folders ?? [])
      for (const entry of set) if (entry.kind === 'folder') yield { path: join(path, entry.name), mtimeMs: entry.mtimeMs };
  }
}
