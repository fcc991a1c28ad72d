// Which folders may be shared at all. Refuses the ones that nobody means to share whole.

import { realpathSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';
import { contains, realPlace } from '../storage/folders.ts';
import { walkFailure } from './scan.ts';
import { secretReason } from './secrets.ts';

export interface ShareableOptions {
  /** Holds our keys: neither it nor anything above or below it may be shared. */
  dataFolder: string;
  /** Throws when a folder (its real path) must not be shared, for a reason that is not known here. */
  checkFolder?(root: string): void;
}

/** The real path of a folder to share. Throws `invalid-argument`, `not-found`, `not-folder` or `permission-denied`. */
export function shareableFolder(folder: string, options: ShareableOptions): string {
  if (!path.isAbsolute(folder) || folder.includes('\0'))
    throw new AppError('invalid-argument', `The folder ${JSON.stringify(folder)} is not an absolute path. Give its whole path.`);
  const real = realFolder(folder);
  if (path.dirname(real) === real) throw refused(real, 'it is the root of the file system');
  if (real === realPlace(homedir())) throw refused(real, 'it is your home folder');
  const data = realPlace(options.dataFolder);
  if (contains(real, data) || contains(data, real)) throw refused(real, 'it holds the keys and the data of Potluck');
  const names = real.split(path.sep).filter((name) => name !== '');
  const secret = names.find((name) => secretReason(name, '', true) !== undefined);
  if (secret !== undefined) throw refused(real, `"${secret}" usually holds keys, credentials or history`);
  options.checkFolder?.(real);
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

function refused(folder: string, why: string): AppError {
  return new AppError('permission-denied', `${folder} cannot be shared: ${why}. Choose a folder inside it, or another one.`, {
    data: { path: folder },
  });
}
