// Opening a file of a share so that nothing outside it can be served: no symlink is followed, devices and pipes are refused, and
// the opened file must be the one at its place in the share's real folder (SECURITY: share-side escape, swapped parents).

import { constants } from 'node:fs';
import { type FileHandle, lstat, open, realpath } from 'node:fs/promises';
import path from 'node:path';
import type { BigIntStats } from 'node:fs';
import type { SafePath } from '../../storage/safePath.ts';
import { codeOf, notServed, notShared, ownerIoError } from '../failures.ts';

/** A file of a share on this disk, as node.ts locates it: in the index, and allowed for the asker. */
export interface LocatedFile {
  /** The shared folder. */
  root: string;
  absolutePath: string;
  /** False when the disk as it is now (rules, names, links) would not have it shared, whatever the index says. */
  isSharedNow?(): boolean;
}

/** An open regular file of a share, and its state when it was opened. The caller closes the handle. */
export interface SharedFile {
  handle: FileHandle;
  stats: BigIntStats;
  sizeBytes: number;
  mtimeMs: number;
  openedAtMs: number;
}

const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Throws `not-found`, `permission-denied` or `io`; their messages name only the path inside the share. */
export async function openShared(located: LocatedFile, sharePath: SafePath): Promise<SharedFile> {
  let handle: FileHandle;
  const openedAtMs = Date.now();
  try {
    handle = await open(located.absolutePath, openFlags);
  } catch (error) {
    throw openFailure(error, sharePath);
  }
  try {
    const stats = await handle.stat({ bigint: true });
    if (!stats.isFile()) throw notServed(sharePath, 'it is not a regular file');
    await checkPlace(located, sharePath, stats);
    if (located.isSharedNow?.() === false) throw notShared(sharePath);
    return { handle, stats, sizeBytes: Number(stats.size), mtimeMs: Number(stats.mtimeNs / 1_000_000n), openedAtMs };
  } catch (error) {
    await handle.close();
    throw codeOf(error) === undefined ? error : openFailure(error, sharePath);
  }
}

/** The open file must be what lies at the path now, with no symlink on the way from the share's real folder. */
async function checkPlace(located: LocatedFile, sharePath: SafePath, stats: BigIntStats): Promise<void> {
  const realRoot = await realpath(located.root);
  // It was shared by its real path: a link in its place, or above it, leads to what nobody shared.
  if (spelling(realRoot) !== spelling(located.root)) throw notServed(sharePath, 'a link leads elsewhere');
  const realFile = await realpath(located.absolutePath);
  const relative = path.relative(realRoot, realFile);
  const expected = path.relative(located.root, located.absolutePath);
  if (spelling(relative) !== spelling(expected)) throw notServed(sharePath, 'a link leads elsewhere');
  const there = await lstat(realFile, { bigint: true });
  if (there.dev !== stats.dev || there.ino !== stats.ino) throw notServed(sharePath, 'it was replaced while it was opened');
}

/** macOS and Windows answer a path in the disk's own spelling. */
function spelling(relative: string): string {
  return process.platform === 'darwin' || process.platform === 'win32' ? relative.normalize('NFC').toLowerCase() : relative;
}

function openFailure(error: unknown, sharePath: SafePath): Error {
  const code = codeOf(error);
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return notShared(sharePath);
    case 'ELOOP':
    case 'EMLINK':
    case 'ENXIO':
      return notServed(sharePath, 'it is a link or not a regular file');
    case 'EACCES':
    case 'EPERM':
      return notServed(sharePath, 'its owner may not read it');
    default:
      return ownerIoError(sharePath, code ?? 'unknown error');
  }
}
