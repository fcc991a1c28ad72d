// Which folders may be shared at all. Refuses the ones that nobody means to share whole.

import { realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';
import { walkFailure } from './scan.ts';
import { secretReason } from './secrets.ts';

/**
 * The real path of a folder to share. Throws `invalid-argument`, `not-found`, `not-folder` or `permission-denied`.
 * `dataFolder` holds our keys: neither it nor anything above or below it may be shared.
 */
export function shareableFolder(folder: string, dataFolder: string): string {
  if (!path.isAbsolute(folder) || folder.includes('\0'))
    throw new AppError('invalid-argument', `The folder ${JSON.stringify(folder)} is not an absolute path. Give its whole path.`);
  const real = realFolder(folder);
  if (path.dirname(real) === real) throw refused(real, 'it is the root of the file system');
  if (real === realIfThere(homedir())) throw refused(real, 'it is your home folder');
  const data = realIfThere(dataFolder);
  if (contains(real, data) || contains(data, real)) throw refused(real, 'it holds the keys and the data of Potluck');
  const names = real.split(path.sep).filter((name) => name !== '');
  const secret = names.find((name) => secretReason(name, '', true) !== undefined);
  if (secret !== undefined) throw refused(real, `"${secret}" usually holds keys, credentials or history`);
  return real;
}

function realFolder(folder: string): string {
  try {
    const real = realpathSync.native(folder);
    if (!statSync(real).isDirectory())
      throw new AppError('not-folder', `${folder} is a file. Share the folder that it is in.`, { data: { path: folder } });
    return real;
  } catch (error) {
    if (error instanceof AppError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    throw walkFailure(folder, code, error instanceof Error ? error.message : String(error));
  }
}

/** The real path, as far as the folder was made. */
export function realIfThere(folder: string): string {
  try {
    return realpathSync.native(folder);
  } catch {
    // Not made yet: then nothing lies below it either.
    return path.resolve(folder);
  }
}

/** Of absolute paths: the same, or below. */
export function contains(outer: string, inner: string): boolean {
  const relative = path.relative(outer, inner);
  return relative === '' || (relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative));
}

function refused(folder: string, why: string): AppError {
  return new AppError('permission-denied', `${folder} cannot be shared: ${why}. Choose a folder inside it, or another one.`, {
    data: { path: folder },
  });
}
