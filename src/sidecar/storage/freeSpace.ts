// Whether the disk of the data folder has room. Asked before feeds are written: their database (RocksDB) takes no write any more after one
// that met a full disk, until it is opened anew; SQLite and plain files recover by themselves.

import { statfsSync } from 'node:fs';
import { AppError } from '../../protocol/errors.ts';
import { localLimits } from '../limits.ts';

/** Throws `disk-full` when `bytes` more would leave less than localLimits.freeDiskBytes. Silent where the system does not tell. */
export function checkRoom(folder: string, bytes: number): void {
  const freeBytes = freeBytesOf(folder);
  if (freeBytes === undefined || freeBytes - bytes >= localLimits.freeDiskBytes) return;
  const [free, needed] = [freeBytes, bytes + localLimits.freeDiskBytes].map((value) => Math.ceil(value / (1024 * 1024)));
  throw new AppError(
    'disk-full',
    `The disk of ${folder} has ${free} MiB left, and ${needed} MiB are needed. Make room; it goes on by itself.`,
    { data: { path: folder } },
  );
}

function freeBytesOf(folder: string): number | undefined {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return undefined; // Some network file systems do not say; writing will.
  }
}
