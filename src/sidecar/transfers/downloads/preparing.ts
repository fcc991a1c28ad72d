// What a download needs of the disk before its first byte: the real folder, its own place in it, room, how names compare.

import { lstatSync, mkdirSync, realpathSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../../protocol/errors.ts';
import type { ConflictPolicy } from '../../../protocol/transfers.ts';
import { claimFolder } from '../disk/placement.ts';
import { codeOf, localFailure } from '../failures.ts';

/** Bytes free for us on the disk of a folder; undefined where it cannot be told. */
export function freeBytesOn(folder: string): number | undefined {
  try {
    const { bavail, bsize, blocks } = statfsSync(folder);
    return blocks === 0 ? undefined : bavail * bsize;
  } catch {
    return undefined;
  }
}

/**
 * The download folder itself, made when missing (not for a download that began: then its disk is away); a link to it is the user's own
 * choice and followed.
 */
export function realFolder(folder: string, { mayMake }: { mayMake: boolean }): string {
  try {
    if (mayMake) mkdirSync(folder, { recursive: true });
    const real = realpathSync(folder);
    if (!statSync(real).isDirectory()) throw new Error('it is not a folder');
    return real;
  } catch (error) {
    throw localFailure(error, folder);
  }
}

/** The folder that a folder download fills: a new one, or (`skip`, `overwrite`) the one of that name. Answers its path. */
export function claimTop(root: string, name: string, conflict: ConflictPolicy): string {
  if (conflict === 'keep-both') return claimFolder(root, name);
  const top = path.join(root, name);
  try {
    mkdirSync(top);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw localFailure(error, top);
    // Neither a file nor a link, wherever it leads, is filled.
    if (!lstatSync(top).isDirectory()) {
      throw new AppError(
        'already-exists',
        `${top} is there and is no folder, so nothing was put into it. Move it away, then retry.`,
        {
          data: { path: top },
        },
      );
    }
  }
  return top;
}

/** Bytes that a partial file has on the disk already. */
export function partialBytes(partialPath: string, sizeBytes: number): number {
  const stats = lstatSync(partialPath, { throwIfNoEntry: false });
  if (stats === undefined || !stats.isFile()) return 0;
  // Sparse where the system tells how much of it there is.
  return Math.min(sizeBytes, stats.size, stats.blocks === undefined ? stats.size : stats.blocks * 512);
}

/** Asks the disk itself: Linux mounts case-insensitive file systems, macOS has both, and all of its take two spellings of `é` for one. */
export function keepsNamesApart(folder: string): boolean {
  const probe = path.join(folder, 'name-probe-\u00e9');
  const twins = ['NAME-PROBE-\u00e9', 'name-probe-e\u0301'];
  try {
    writeFileSync(probe, '');
    return twins.every((twin) => lstatSync(path.join(folder, twin), { throwIfNoEntry: false }) === undefined);
  } catch (error) {
    throw localFailure(error, folder);
  } finally {
    rmSync(probe, { force: true });
  }
}
