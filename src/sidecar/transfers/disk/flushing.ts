// Bringing many files to the disk for good, in the disk worker. Linux flushes a whole file system about as fast as one file; elsewhere, and for
// few, each by itself.

import { execFile } from 'node:child_process';
import { close, existsSync, fsync, open, statfsSync } from 'node:fs';
import { promisify } from 'node:util';
import { transferLimits } from '../../limits.ts';

const [openFile, flush, closeFile, run] = [promisify(open), promisify(fsync), promisify(close), promisify(execFile)];

const syncBinary = process.platform === 'linux' ? ['/usr/bin/sync', '/bin/sync'].find((file) => existsSync(file)) : undefined;
const syncMs = 120_000;
const inMemory: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]); // tmpfs, ramfs

/** Whether what lies in the folder is in memory only: there is nothing to flush. */
export function isInMemory(folder: string): boolean {
  try {
    return process.platform === 'linux' && inMemory.has(statfsSync(folder).type);
  } catch {
    return false;
  }
}

/**
 * The files, all on the file system of `folder`, are on the disk when it resolves; true when everything else on it is as well. Rejects when
 * the disk says that it failed.
 */
export async function flushAll(folder: string, paths: readonly string[]): Promise<boolean> {
  if (paths.length > transferLimits.flushedSingly && (await syncFileSystem(folder))) return true;
  for (const file of paths) {
    const fd = await openFile(file, 'r+');
    try {
      await flush(fd);
    } finally {
      await closeFile(fd);
    }
  }
  return false;
}

/** What the folders list is on the disk for good, where the system can. */
export async function flushFolders(folder: string, folders: readonly string[]): Promise<void> {
  if (process.platform === 'win32') return;
  if (folders.length > transferLimits.flushedSingly && (await syncFileSystem(folder))) return;
  for (const one of folders) {
    try {
      const fd = await openFile(one, 'r');
      await flush(fd).finally(() => closeFile(fd));
    } catch {
      // EINVAL on some network drives: the name stands, its durability is the drive's.
    }
  }
}

/** False where it cannot be done so. */
async function syncFileSystem(folder: string): Promise<boolean> {
  if (syncBinary === undefined) return false;
  try {
    await run(syncBinary, ['-f', folder], { timeout: syncMs });
    return true;
  } catch {
    return false; // a sync without -f (busybox), or a failure that flushing singly will name
  }
}
