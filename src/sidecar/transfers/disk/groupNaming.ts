// Gives a group of verified files their final names, in the disk worker, and says what became of each. Files of a new folder come to their names
// with it: a folder of ours becomes that folder, which costs nothing a file.

import { lstatSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { type AppError, asAppError } from '../../../protocol/errors.ts';
import { hashBytes } from '../content/merkle.ts';
import { localFailure, removeFile, unsafeTarget } from '../failures.ts';
import type { RunSettings, Settled } from './diskCalls.ts';
import type { Journal } from './journal.ts';
import { isInPlace } from './placement.ts';
import { checkNamed, type Finished, giveName, TargetFolder } from './naming.ts';

/** A verified small file under its temporary name. */
export interface Waiting extends Finished {
  /** The folder of ours that it lies in, if that is to become the target's. */
  staged: Staged | undefined;
  index: number;
  relative: string;
  root: Uint8Array;
}

/** Files of one target folder, with their names: given to it in one go where it is new. */
export interface Staged {
  path: string;
  fileCount: number;
}

/** A group whose names are given. `folders`: whose lists changed. */
export interface NamedGroup {
  settled: Settled;
  folders: Set<string>;
}

export class GroupNaming {
  readonly #settings: RunSettings;
  readonly #journal: Journal;

  constructor(settings: RunSettings, journal: Journal) {
    this.#settings = settings;
    this.#journal = journal;
  }

  /** All of them in one go: nothing else of this thread runs between the looks at their folders. */
  nameAll(group: Waiting[]): NamedGroup {
    const settled = new Settling();
    const folders = new Map<string, TargetFolder | AppError>();
    const given = new Map<Staged, boolean>();
    for (const file of group) {
      try {
        const { staged } = file;
        if (staged && !given.has(staged)) given.set(staged, this.#giveFolder(staged, file.relative, folders));
        const folder = this.#folder(file.relative, folders);
        const isThere = staged !== undefined && given.get(staged) === true;
        const named = isThere ? arrived(file, folder.path) : this.name(file, folder, file.relative);
        if (named.outcome === 'placed') settled.placed.push({ file, target: named.target });
        else settled.skipped.push(file.index);
      } catch (error) {
        settled.fail(file, localFailure(error, this.absolute(this.nameOf(file.relative))));
      }
    }
    for (const folder of folders.values()) {
      if (!(folder instanceof TargetFolder)) continue;
      try {
        folder.check();
      } catch (error) {
        settled.takeBack(folder.path, asAppError(error), (target) => this.absolute(target));
      }
    }
    this.#journal.add(settled.lines());
    removeTemporaries(group);
    return {
      settled: settled.done(),
      folders: new Set([...folders].filter(([, folder]) => folder instanceof TargetFolder).map(([name]) => name)),
    };
  }

  /** Makes our folder the target folder, if there is none yet, or an empty one of ours. Answers whether it is. */
  #giveFolder(staged: Staged, relative: string, folders: Map<string, TargetFolder | AppError>): boolean {
    const target = path.dirname(this.absolute(relative));
    if (target === this.#settings.top) return false;
    const there = lstatSync(target, { throwIfNoEntry: false });
    // An empty folder of somebody else's stays with its owner and rights.
    if (there !== undefined && !(this.#settings.isOwnTop && there.isDirectory())) return false;
    this.#folder(folderOf(relative), folders);
    try {
      renameSync(staged.path, target);
    } catch {
      return false; // not empty, or no such thing here: its files are linked one by one
    }
    if (isInPlace(target)) return true;
    renameSync(target, staged.path); // what leads there was replaced just now: back the same way
    throw unsafeTarget(target, 'was replaced by a link');
  }

  /** Each folder is made and looked at once a group; a bad one fails its files alone. */
  #folder(relative: string, folders: Map<string, TargetFolder | AppError>): TargetFolder {
    const folderPath = path.dirname(this.absolute(this.nameOf(relative)));
    let folder = folders.get(folderPath);
    if (folder === undefined) {
      try {
        folder = new TargetFolder(this.#settings.root, folderPath);
      } catch (error) {
        folder = localFailure(error, folderPath);
      }
      folders.set(folderPath, folder);
    }
    if (folder instanceof TargetFolder) return folder;
    throw folder;
  }

  /** Answers the name below the top. */
  name(file: Finished, folder: TargetFolder, relative: string) {
    const planned = this.nameOf(relative);
    const cut = planned.lastIndexOf('/') + 1;
    const named = giveName(file, folder.path, { name: planned.slice(cut), conflict: this.#settings.conflict });
    if (named.outcome === 'skipped') return named;
    return { outcome: named.outcome, target: planned.slice(0, cut) + path.basename(named.target) };
  }

  /** The single file of a run has its name from the settings. */
  nameOf(relative: string): string {
    return relative === '' ? (this.#settings.name ?? '') : relative;
  }

  absolute(relative: string): string {
    return path.join(this.#settings.top, relative);
  }
}

/** What becomes of a group. */
class Settling {
  placed: { file: Waiting; target: string }[] = [];
  readonly skipped: number[] = [];
  readonly #failed: Settled['failed'] = [];

  fail(file: Waiting, { kind, message }: AppError): void {
    this.#failed.push({ index: file.index, sizeBytes: file.sizeBytes, kind, message });
  }

  /** Its folder went elsewhere meanwhile: what was named through it must not stay there. */
  takeBack(folder: string, error: AppError, absolute: (target: string) => string): void {
    this.placed = this.placed.filter(({ file, target }) => {
      if (path.dirname(absolute(target)) !== folder) return true;
      removeOwn(absolute(target), file);
      this.fail(file, error);
      return false;
    });
  }

  lines(): { relative: string; target: string }[] {
    return this.placed.map(({ file, target }) => ({ relative: file.relative, target }));
  }

  done(): Settled {
    const settled: Settled = {
      placed: new Uint32Array(this.placed.length),
      sizes: new Uint32Array(this.placed.length),
      mtimes: new Float64Array(this.placed.length),
      roots: new Uint8Array(this.placed.length * hashBytes),
      renamed: {},
      skipped: this.skipped,
      failed: this.#failed,
    };
    for (const [at, { file, target }] of this.placed.entries()) {
      settled.placed[at] = file.index;
      settled.sizes[at] = file.sizeBytes;
      settled.mtimes[at] = file.mtimeMs;
      settled.roots.set(file.root, at * hashBytes);
      if (target !== file.relative) settled.renamed[file.index] = target;
    }
    return settled;
  }
}

/** A file that came to its name with its folder. */
function arrived(file: Waiting, folder: string): { outcome: 'placed'; target: string } {
  checkNamed({ ...file, path: path.join(folder, path.basename(file.path)) });
  return { outcome: 'placed', target: file.relative };
}

/** What was not given away with its folder. */
export function removeTemporaries(group: readonly Waiting[]): void {
  const folders = new Set<Staged>();
  for (const { path: temporaryPath, staged } of group) {
    if (staged) folders.add(staged);
    else removeFile(temporaryPath);
  }
  for (const staged of folders) rmSync(staged.path, { recursive: true, force: true });
}

function removeOwn(target: string, file: Finished): void {
  if (lstatSync(target, { throwIfNoEntry: false })?.ino === file.ino) removeFile(target);
}

export function folderOf(relative: string): string {
  return relative.slice(0, Math.max(0, relative.lastIndexOf('/')));
}
