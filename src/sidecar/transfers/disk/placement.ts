// Names and folders at the destination: free names ("name (2).ext"), new folders, the folder of partial files, whether a folder is where its path
// says. Giving files their names is in naming.ts.

import { closeSync, lstatSync, mkdirSync, openSync, realpathSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../../protocol/errors.ts';
import { indexLimits, localLimits } from '../../limits.ts';
import { makeFoldersBelow } from '../../storage/safePath.ts';
import { codeOf, localFailure } from '../failures.ts';

/** Holds the partial files of all downloads into a folder: on the same file system, out of sight. */
export const partialFolderName = '.potluck-partial';

/** `name` itself for 1, then `name (2).ext`, …; cut so that it still fits a name's 255 bytes. */
export function numberedName(name: string, number: number): string {
  if (number === 1) return name;
  const extension = /^.+?((?:\.tar)?\.[^. ]{1,16})$/u.exec(name)?.[1] ?? '';
  const suffix = ` (${number})`;
  let stem = name.slice(0, name.length - extension.length);
  while (Buffer.byteLength(stem + suffix + extension) > indexLimits.nameBytes) stem = [...stem].slice(0, -1).join('');
  return stem + suffix + extension;
}

/** What file systems without hard links (FAT, exFAT, some network drives) answer to `link`. */
export function canLackLinks(code: string | undefined): boolean {
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL', 'EISDIR', 'UNKNOWN'].includes(code ?? '');
}

/** Takes the name with an empty file of our own, then renames over that. False when the name is taken. */
export function renameFree(partialPath: string, target: string): boolean {
  try {
    closeSync(openSync(target, 'wx'));
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
  renameSync(partialPath, target);
  return true;
}

/** Makes a new folder of this name, or the next free one, in `folder`. Answers its path. */
export function claimFolder(folder: string, name: string): string {
  for (let number = 1; number <= localLimits.namesTried; number++) {
    const target = path.join(folder, numberedName(name, number));
    try {
      mkdirSync(target);
      return target;
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw localFailure(error, target);
    }
  }
  throw tooManyNames(folder, name);
}

export function tooManyNames(folder: string, name: string): AppError {
  return new AppError(
    'already-exists',
    `${folder} holds ${localLimits.namesTried} things named like ${JSON.stringify(name)}. Remove some.`,
  );
}

export function isSameFile(a: string, b: string): boolean {
  const [one, other] = [lstatSync(a, { bigint: true }), lstatSync(b, { bigint: true, throwIfNoEntry: false })];
  return one.ino !== 0n && one.ino === other?.ino && one.dev === other.dev;
}

/** True when the folder is really where its path says. `root` is a real path already. */
export function isInPlace(folder: string): boolean {
  const real = realpathSync.native(folder);
  return real === folder || (!isExact && real.normalize('NFC').toLowerCase() === folder.normalize('NFC').toLowerCase());
}

/** macOS and Windows answer a path in the disk's own spelling. */
const isExact = process.platform !== 'darwin' && process.platform !== 'win32';

/** The private folder of one download, made when missing. */
export function makePartialFolder(root: string, downloadId: string): string {
  const folder = path.join(root, partialFolderName, downloadId);
  try {
    makeFoldersBelow(root, folder);
  } catch (error) {
    throw localFailure(error, folder);
  }
  return folder;
}

/** Removes the private folder of one download, and the one above when it is empty. Never follows a link. */
export function removePartialFolder(root: string, downloadId: string): void {
  const above = path.join(root, partialFolderName);
  try {
    if (!lstatSync(above, { throwIfNoEntry: false })?.isDirectory()) return;
    rmSync(path.join(above, downloadId), { recursive: true, force: true });
    rmdirSync(above);
  } catch {
    // Not empty: another download's. Or not removable: harmless, it is ours and hidden.
  }
}
