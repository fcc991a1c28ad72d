// The data folder on disk: private to its user, and the places in it. Throws plain errors with a next step: they end the start.

import { chmodSync, lstatSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { runFolder, socketPath } from '../../protocol/locations.ts';

/** Makes the data folder and what belongs in it, mode 0700. Throws when it cannot be written or is another user's. */
export function prepareDataFolder(dataFolder: string): void {
  for (const folder of [dataFolder, runFolder(dataFolder), logFolder(dataFolder)]) makePrivate(folder);
  if (process.platform !== 'win32') makePrivate(path.dirname(socketPath(dataFolder)));
}

export function logFolder(dataFolder: string): string {
  return path.join(dataFolder, 'logs');
}

/** Where the corestore with all feeds lives. */
export function feedFolder(dataFolder: string): string {
  return path.join(dataFolder, 'feeds');
}

/** Where files of peers lie that were opened, named by their content. */
export function fetchedFolder(dataFolder: string): string {
  return path.join(dataFolder, 'cache');
}

function makePrivate(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new Error(`The data folder ${folder} cannot be made. Check its permissions or set POTLUCK_HOME to another folder.`, {
      cause: error,
    });
  }
  if (process.platform === 'win32') return; // The profile folder's access list keeps others out.
  const stats = lstatSync(folder);
  if (!stats.isDirectory() || stats.uid !== process.getuid?.()) {
    throw new Error(`${folder} is not a folder of this user, so nothing is kept in it. Set POTLUCK_HOME to another folder.`);
  }
  if ((stats.mode & 0o077) !== 0) chmodSync(folder, 0o700);
}
