// Opening our own files in a folder where anybody may have put something else: never through a link, never one with another name.

import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { codeOf, localFailure, removeFile } from '../failures.ts';

const noFollow = constants.O_NOFOLLOW ?? 0;

/** Opens a plain file of ours for reading and writing, or makes it. Anything else there is removed (the name, not what it leads to). */
export function openPlain(path: string): { fd: number; isNew: boolean } {
  try {
    return tryOpen(path);
  } catch (error) {
    throw localFailure(error, path);
  }
}

function tryOpen(path: string): { fd: number; isNew: boolean } {
  try {
    return { fd: openNew(path), isNew: true };
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined || !there.isFile() || there.nlink !== 1) {
    removeFile(path);
    return { fd: openNew(path), isNew: true };
  }
  const fd = openSync(path, constants.O_RDWR | noFollow);
  const stats = fstatSync(fd);
  if (stats.isFile() && stats.nlink === 1) return { fd, isNew: false };
  closeSync(fd);
  throw new Error('it is not a plain file');
}

/** Makes a file; fails when the name is taken. */
export function openNew(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow, 0o666);
}
