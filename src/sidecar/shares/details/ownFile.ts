// Looks at one own file: opened so that no link is followed and nothing outside the share is read, and only in the state that the index has.
// Runs in the worker that describes files.

import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, realpathSync, type BigIntStats } from 'node:fs';
import path from 'node:path';
import { detailLimits } from '../../limits.ts';
import { pathBelow, type SafePath } from '../../storage/safePath.ts';
import { indexTime } from '../folderLook.ts';

/** As transfers/trees.ts compares them, to know a root again. */
export type FileStamp = Pick<BigIntStats, 'size' | 'mtimeNs' | 'ctimeNs'>;

export interface LookedAt {
  stamp: FileStamp;
  /** How it begins; undefined when it was not, or may not be, read. */
  head: Uint8Array | undefined;
}

/** Reads bytes of an open file, as `readSync`. Tests count. */
export type ReadHead = (fd: number, into: Uint8Array) => number;

const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

const readHead: ReadHead = (fd, into) => {
  let length = 0;
  for (let got = -1; got !== 0 && length < into.length; length += got)
    got = readSync(fd, into, length, into.length - length, length);
  return length;
};

/**
 * The file at `file.path` below `realRoot` (a real path), if it is what the index says: undefined for anything else. Without `read` it is not
 * opened.
 */
export function lookAt(
  realRoot: string,
  file: { path: string; sizeBytes: number; mtimeMs: number },
  options: { isContentWanted: boolean; read?: ReadHead },
): LookedAt | undefined {
  // Contained: the paths of an index were checked, and where it really lies is asked below.
  const absolutePath = pathBelow(realRoot, file.path as SafePath);
  const isAsIndexed = (stats: BigIntStats): boolean =>
    stats.isFile() && Number(stats.size) === file.sizeBytes && indexTime(millisecondsOf(stats.mtimeNs)) === file.mtimeMs;
  let fd: number;
  try {
    const there = lstatSync(absolutePath, { bigint: true });
    if (!isAsIndexed(there)) return undefined;
    if (!options.isContentWanted || file.sizeBytes === 0) {
      if (!isInside(realRoot, absolutePath)) return undefined;
      return { stamp: there, head: options.isContentWanted ? empty : undefined };
    }
    fd = openSync(absolutePath, openFlags);
  } catch (error) {
    return codeOf(error) === 'EACCES' || codeOf(error) === 'EPERM' ? unreadable(absolutePath) : undefined;
  }
  try {
    const stats = fstatSync(fd, { bigint: true });
    // Nothing was read yet. What was opened lies there now, with no link on the way: a folder may have been swapped meanwhile.
    if (!isAsIndexed(stats) || !isInside(realRoot, absolutePath)) return undefined;
    const there = lstatSync(absolutePath, { bigint: true });
    if (there.ino !== stats.ino || there.dev !== stats.dev) return undefined;
    const head = new Uint8Array(Math.min(detailLimits.headBytes, file.sizeBytes));
    const length = (options.read ?? readHead)(fd, head);
    const after = fstatSync(fd, { bigint: true });
    if (after.mtimeNs !== stats.mtimeNs || after.size !== stats.size) return undefined;
    return { stamp: stats, head: head.subarray(0, length) };
  } catch {
    return undefined; // It went, or the disk fails: the next look at it will tell.
  } finally {
    closeSync(fd);
  }
}

/** As Node makes them of seconds and nanoseconds, to the last bit: it is what the index has. */
function millisecondsOf(ns: bigint): number {
  const rest = ((ns % second) + second) % second;
  return Number((ns - rest) / second) * 1e3 + Number(rest) / 1e6;
}

const second = 1_000_000_000n;
const empty = new Uint8Array(0);

function isInside(realRoot: string, absolutePath: string): boolean {
  const real = path.relative(realRoot, realpathSync.native(absolutePath));
  return spelling(real) === spelling(path.relative(realRoot, absolutePath));
}

/** macOS and Windows answer a path in the disk's own spelling. */
function spelling(relative: string): string {
  return process.platform === 'darwin' || process.platform === 'win32' ? relative.normalize('NFC').toLowerCase() : relative;
}

/** Its name alone tells what it is. */
function unreadable(absolutePath: string): LookedAt | undefined {
  try {
    return { stamp: lstatSync(absolutePath, { bigint: true }), head: undefined };
  } catch {
    return undefined;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
