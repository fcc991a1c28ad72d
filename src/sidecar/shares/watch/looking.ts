// Looks at folders that changed, compares them with the index, and tells the differences as steps. Folders are listened to before they are
// read, so that nothing falls in between.

import { lstatSync } from 'node:fs';
import type { IndexView } from '../../catalog/index/indexView.ts';
import { compareNames as compareBytes, comparePaths } from '../../catalog/index/names.ts';
import type { IndexCounts } from '../../catalog/index/rows.ts';
import { indexLimits, watchLimits } from '../../limits.ts';
import type { SafePath } from '../../storage/safePath.ts';
import { absoluteOf, indexTime, lookAt, placeBelow, readFolder, type FolderContent, type Found } from '../folderLook.ts';
import { ruleFileNames } from '../ignoreRules.ts';
import { compareFolder, compareNames, type Change, type Comparison } from './compare.ts';
import type { Dirty, DirtyFolders } from './dirtyFolders.ts';
import type { Listening } from './listening.ts';
import { unheard, type Places, type Standing } from './places.ts';
import { join, type Removal, type Setting, type Steps } from './steps.ts';
import type { Turns } from './turns.ts';

/** Thrown when small steps are not the way: the share is to be scanned. */
export class ScanNeeded extends Error {}

export interface LookingOptions {
  root: string;
  /** False where two spellings are one name. */
  isExact: boolean;
  readonly view: () => IndexView;
  /** Runs work that reads on from the view over several turns: it is not exchanged meanwhile. */
  readonly pinned: <Result>(work: () => Promise<Result>) => Promise<Result>;
  dirty: DirtyFolders;
  listening: Listening;
  places: Places;
  steps: Steps;
  turns: Turns;
  readonly onRules: (folder: string) => void;
  /** A whole folder was read, with or without rules of its own. Answers whether they are others than the last time. */
  readonly areRulesNew: (folder: string, hasRules: boolean) => boolean;
}

interface Item {
  path: string;
  dirty: Dirty;
  /** Known when its parent was just read. */
  standing: Standing | undefined;
  /** The index does not have it. */
  isNew: boolean;
}

const ruleFiles = new Set<string>(ruleFileNames);
const quiet: Dirty = { names: 'all', isDeep: false, isReplaced: false, isHot: false };

/** Looks at all of a batch. Throws ScanNeeded, RootChanged, and what the system says of the root. */
export async function lookAtAll(batch: ReadonlyMap<string, Dirty>, options: LookingOptions): Promise<void> {
  options.places.forget();
  await new Looking(batch, options).run();
}

class Looking {
  readonly #options: LookingOptions;
  readonly #batch: ReadonlyMap<string, Dirty>;
  readonly #done = new Set<string>();
  /** Folders that are new in this look, or gone with it: all below them is done, too. */
  readonly #settled = new Set<string>();

  constructor(batch: ReadonlyMap<string, Dirty>, options: LookingOptions) {
    this.#batch = batch;
    this.#options = options;
  }

  async run(): Promise<void> {
    for (const path of [...this.#batch.keys()].sort(comparePaths)) {
      const dirty = this.#batch.get(path);
      if (dirty === undefined || this.#done.has(path) || this.#isSettled(path)) continue;
      const pending: Item[] = [{ path, dirty, standing: undefined, isNew: false }];
      for (let item = pending.pop(); item !== undefined; item = pending.pop()) {
        if (this.#options.turns.isOver) await this.#options.turns.rest();
        if (this.#done.has(item.path)) continue;
        this.#done.add(item.path);
        const below = await this.#look({ ...item, dirty: union(item.dirty, this.#batch.get(item.path)) });
        for (let child = below.pop(); child !== undefined; child = below.pop()) pending.push(child);
      }
    }
    await this.#options.steps.end();
  }

  /** Looks at one folder, and answers those in it that are to be looked at next. */
  async #look(item: Item): Promise<Item[]> {
    const { view, listening, root } = this.#options;
    const { path, dirty } = item;
    // What the index does not have is its parent's business.
    if (!item.isNew && path !== '' && view().stat(path as SafePath)?.kind !== 'folder') return [];
    const heatMs = dirty.isHot || item.isNew ? Date.now() : 0;
    const isHeard = listening.add(path, { heatMs, isAnew: dirty.isReplaced });
    const standing = item.standing ?? this.#stand(path, dirty.isDeep);
    if (standing === undefined) return [];
    const mtimeMs = timeOf(absoluteOf(root, path));
    if (mtimeMs === undefined) return this.#lost(path);
    if (!isHeard && mtimeMs > Date.now() - watchLimits.racyMs) this.#options.dirty.allLater(path, watchLimits.racyMs);
    const isWhole =
      dirty.names === 'all' || standing.isClosed || (!this.#options.isExact && [...dirty.names.values()].includes(true));
    const { comparison, children } = isWhole
      ? this.#wholeFolder(item, standing)
      : this.#names(path, standing, dirty.names === 'all' ? new Map() : dirty.names);
    await this.#tell(path, mtimeMs, comparison);
    return children;
  }

  #stand(path: string, isDeep: boolean): Standing | undefined {
    const found = this.#options.places.find(path);
    if ('place' in found) {
      if (isDeep) this.#options.places.note(path);
      return found;
    }
    if (found.latin1 === undefined) this.#options.dirty.all(found.folder);
    else this.#options.dirty.name(found.folder, found.latin1, true);
    return undefined;
  }

  /** It went between two looks: its parent tells. */
  #lost(path: string): Item[] {
    const slash = path.lastIndexOf('/');
    if (path !== '') this.#options.dirty.name(path.slice(0, Math.max(slash, 0)), latin1Of(path.slice(slash + 1)), true);
    return [];
  }

  #wholeFolder({ path, dirty, isNew }: Item, standing: Standing): { comparison: Comparison; children: Item[] } {
    const { root, view } = this.#options;
    const startedMs = performance.now();
    const content: FolderContent = standing.isClosed
      ? { rules: standing.inside.rules, folders: [], files: [] }
      : readFolder(root, standing.place, unheard);
    const areRulesNew = this.#options.areRulesNew(path, content.rules !== standing.place.rules);
    // What they hide may lie far below, where nothing else changed.
    if (areRulesNew && !isNew && !dirty.isDeep) this.#options.onRules(path);
    const comparison = isNew ? allOf(content) : compareFolder(view(), path, content);
    this.#options.dirty.looked(path, performance.now() - startedMs);
    const child = (found: Found, how: { isNew: boolean; isDeep: boolean }): Item => {
      const place = placeBelow(standing.place, content.rules, found);
      const dirtyChild = { ...quiet, isDeep: how.isDeep, isReplaced: dirty.isReplaced && how.isDeep };
      return { path: join(path, found.name), dirty: dirtyChild, standing: this.#inside(place), isNew: how.isNew };
    };
    const children = comparison.changes.flatMap(({ found }) =>
      found?.kind === 'folder' ? [child(found, { isNew: true, isDeep: false })] : [],
    );
    for (const { found, isTouched } of comparison.folders)
      if (dirty.isDeep || isTouched) children.push(child(found, { isNew: false, isDeep: dirty.isDeep }));
    return { comparison, children };
  }

  #names(path: string, standing: Standing, names: ReadonlyMap<string, boolean>): { comparison: Comparison; children: Item[] } {
    const { root, view, places } = this.#options;
    const absolute = absoluteOf(root, path);
    const found = new Map<string, Found | undefined>();
    const renamed = new Set<string>();
    for (const [latin1, isRenamed] of names) {
      const name = Buffer.from(latin1, 'latin1').toString();
      // Not UTF-8: it cannot be shared.
      if (latin1Of(name) !== latin1) continue;
      if (ruleFiles.has(name) && !places.isNoted(path)) this.#options.onRules(path);
      found.set(name, lookAt(root, latin1, { folder: standing.inside, absolute, listener: unheard }));
      if (isRenamed) renamed.add(name);
    }
    const comparison = compareNames(view(), path, found);
    const child = (folder: Found, isNew: boolean): Item => {
      const isDeep = !isNew && renamed.has(folder.name);
      const place = placeBelow(standing.place, standing.inside.rules, folder);
      const dirty = { ...quiet, isDeep, isReplaced: isDeep };
      return { path: join(path, folder.name), dirty, standing: this.#inside(place), isNew };
    };
    const children = comparison.folders.map((folder) => child(folder.found, false));
    for (const change of comparison.changes) if (change.found?.kind === 'folder') children.push(child(change.found, true));
    return { comparison, children };
  }

  /** The place of a folder whose parent was just read. Its own rules come when it is read. */
  #inside(place: Standing['place']): Standing {
    return { place, inside: place, isClosed: false };
  }

  async #tell(path: string, mtimeMs: number, { changes }: Comparison): Promise<void> {
    const { steps, view } = this.#options;
    const removed: Removal[] = [];
    const set: Setting[] = [];
    for (const change of changes.sort((one, other) => compareBytes(one.name, other.name))) {
      const effect = await this.#effect(path, change);
      const { name, found } = change;
      if (found === undefined) removed.push({ name, effect });
      else set.push({ entry: { name, kind: found.kind, sizeBytes: found.sizeBytes, mtimeMs: found.mtimeMs }, effect });
      if (change.known?.kind === 'folder' || found?.kind === 'folder') this.#settled.add(join(path, name));
    }
    await steps.add({ path, mtimeMs, removed, set });
    if (steps.total > indexLimits.overlayEntries) throw new ScanNeeded('much of it changed at once');
    if (view().counts.fileCount + view().counts.folderCount > indexLimits.entries) throw new ScanNeeded('it became too large');
  }

  /** What a change does to the counts. A folder that goes is no longer listened to, nor are those below it. */
  async #effect(path: string, { name, known, found }: Change): Promise<IndexCounts> {
    const effect: IndexCounts = { fileCount: 0, folderCount: 0, totalBytes: 0 };
    if (found !== undefined) count(effect, found, 1);
    if (known === undefined) return effect;
    count(effect, known, -1);
    if (known.kind === 'file') return effect;
    const { view, listening, turns } = this.#options;
    const folder = join(path, name);
    listening.remove(folder);
    await this.#options.pinned(async () => {
      for (const below of view().walk(folder as SafePath)) {
        count(effect, below.entry, -1);
        if (below.entry.kind === 'folder') listening.remove(below.path);
        if (turns.isOver) await turns.rest();
      }
    });
    return effect;
  }

  #isSettled(path: string): boolean {
    if (this.#settled.size === 0) return false;
    for (let slash = path.length; slash > 0; slash = path.lastIndexOf('/', slash - 1))
      if (this.#settled.has(path.slice(0, slash))) return true;
    return false;
  }
}

function count(effect: IndexCounts, entry: { kind: string; sizeBytes: number }, by: 1 | -1): void {
  if (entry.kind === 'folder') effect.folderCount += by;
  else effect.fileCount += by;
  effect.totalBytes += by * entry.sizeBytes;
}

function allOf({ folders, files }: FolderContent): Comparison {
  const changes = [...folders, ...files].map((found) => ({ name: found.name, known: undefined, found }));
  return { changes, folders: [] };
}

function union(one: Dirty, other: Dirty | undefined): Dirty {
  if (other === undefined || other === one) return one;
  return {
    names: one.names === 'all' || other.names === 'all' ? 'all' : new Map([...one.names, ...other.names]),
    isDeep: one.isDeep || other.isDeep,
    isReplaced: one.isReplaced || other.isReplaced,
    isHot: one.isHot || other.isHot,
  };
}

function latin1Of(name: string): string {
  return Buffer.from(name).toString('latin1');
}

/** Undefined when it is no folder now, or out of reach. */
function timeOf(absolute: string): number | undefined {
  try {
    const stats = lstatSync(absolute, { throwIfNoEntry: false });
    return stats?.isDirectory() === true ? indexTime(stats.mtimeMs) : undefined;
  } catch {
    return undefined;
  }
}
