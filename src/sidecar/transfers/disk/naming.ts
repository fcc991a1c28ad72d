// Gives files their final names in the disk worker, many at a time: never through a link, never over anything but a file where the person
// said `overwrite`. What lies at the final name is looked at once more: it must be what was verified.

import { linkSync, lstatSync, renameSync, type Stats, unlinkSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../../protocol/errors.ts';
import type { ConflictPolicy } from '../../../protocol/transfers.ts';
import { localLimits } from '../../limits.ts';
import { makeFoldersBelow } from '../../storage/safePath.ts';
import { codeOf, removeFile, unsafeTarget } from '../failures.ts';
import { canLackLinks, isInPlace, isSameFile, numberedName, renameFree, tooManyNames } from './placement.ts';

/** A verified file under a name of ours, and what it was when it was written. */
export interface Finished {
  path: string;
  sizeBytes: number;
  ino: number;
  mtimeMs: number;
}

/** What it is now, to be compared when it has its name. */
export function finishedFile(filePath: string, stats: Stats): Finished {
  return { path: filePath, sizeBytes: stats.size, ino: stats.ino, mtimeMs: stats.mtimeMs };
}

export type Named = { outcome: 'placed'; target: string } | { outcome: 'skipped' };

/** Folders in which names are given: each is made, and looked at before and after. */
export class TargetFolder {
  readonly path: string;

  /** Throws when something else than real folders leads to it. */
  constructor(root: string, folder: string) {
    makeFoldersBelow(root, folder);
    this.path = folder;
    this.check();
  }

  /** Throws when it is no longer where its path says. */
  check(): void {
    if (!isInPlace(this.path)) throw unsafeTarget(this.path, 'was replaced by a link');
  }
}

/** The finished file's own name stays; the caller removes it when the new one is known to be kept. */
export function giveName(file: Finished, folder: string, options: { name: string; conflict: ConflictPolicy }): Named {
  const target = path.join(folder, options.name);
  switch (options.conflict) {
    case 'keep-both':
      return { outcome: 'placed', target: linkFree(file, folder, options.name) };
    case 'skip':
      return tryName(file, target) ? { outcome: 'placed', target } : { outcome: 'skipped' };
    case 'overwrite':
      if (!tryName(file, target)) replace(file, target);
      return { outcome: 'placed', target };
  }
}

function linkFree(file: Finished, folder: string, name: string): string {
  for (let number = 1; number <= localLimits.namesTried; number++) {
    const target = path.join(folder, numberedName(name, number));
    if (tryName(file, target)) return target;
  }
  throw tooManyNames(folder, name);
}

/** False when the name is taken. */
function tryName(file: Finished, target: string): boolean {
  try {
    linkSync(file.path, target);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EEXIST') return isSameFile(file.path, target); // placed before a crash
    if (code === 'EXDEV' || !canLackLinks(code)) throw error;
    if (!renameFree(file.path, target)) return false;
  }
  checkNamed(file, target);
  return true;
}

function replace(file: Finished, target: string): void {
  const there = lstatSync(target, { throwIfNoEntry: false });
  if (there !== undefined && !there.isFile()) {
    throw new AppError('already-exists', `${target} is there and is no file, so it was not replaced. Move it away, then retry.`, {
      data: { path: target },
    });
  }
  // Over a name of its own first: where the finished file is not what it was, the old one must stay.
  const own = lstatSync(file.path);
  if (!isWhatItWas(file, own)) throw wasTouched(file.path);
  renameSync(file.path, target);
}

/** Takes the new name back when what got it is not the finished file: somebody put another one, or a link, in its place. */
export function checkNamed(file: Finished, target = file.path): void {
  const stats = lstatSync(target, { throwIfNoEntry: false });
  if (stats !== undefined && isWhatItWas(file, stats)) return;
  if (stats !== undefined && !stats.isDirectory()) unlinkSync(target);
  if (target !== file.path) removeFile(file.path);
  throw wasTouched(file.path);
}

function isWhatItWas(file: Finished, stats: Stats): boolean {
  return stats.isFile() && stats.ino === file.ino && stats.size === file.sizeBytes && stats.mtimeMs === file.mtimeMs;
}

function wasTouched(partialPath: string): AppError {
  return new AppError('changed', `${partialPath} was changed by something else before it was placed. Try again.`, {
    data: { path: partialPath },
  });
}
