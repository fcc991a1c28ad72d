// One sidecar a data folder: an operating-system lock, held through SQLite, that goes away with the process however it ends.

import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export interface Lock {
  release(): void;
}

/** Takes the lock, or answers undefined when another process holds it. */
export function takeLock(dataFolder: string): Lock | undefined {
  const db = new DatabaseSync(path.join(dataFolder, 'lock.db'));
  try {
    db.exec('PRAGMA busy_timeout = 0; PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    if (isBusy(error)) return undefined;
    throw error;
  }
  return { release: () => db.isOpen && db.close() };
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5; // SQLITE_BUSY, https://sqlite.org/rescode.html#busy
}
