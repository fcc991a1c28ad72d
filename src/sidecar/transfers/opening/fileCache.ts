// Verified files of peers kept for opening: `<dataFolder>/cache/<root hex>`, read-only, oldest use goes first. Which file of which
// peer it is stands in the database, with what the file was when it was fetched.

import { chmodSync, lstatSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { isContentId } from '../../../protocol/ids.ts';
import type { EntryRef } from '../../../protocol/model.ts';
import { localLimits } from '../../limits.ts';
import type { Database } from '../../storage/database.ts';
import type { Received } from '../downloads/swarm/contract.ts';

export interface CachedFile extends Received {
  localPath: string;
}

interface Row {
  sizeBytes: number;
  mtimeMs: number;
  root: Uint8Array;
}

const isThisFile = 'peerId = :peerId AND shareId = :shareId AND path = :path';

export class FileCache {
  readonly folder: string;
  readonly #database: Database;
  readonly #limitBytes: number;

  constructor(options: { dataFolder: string; database: Database; limitBytes?: number }) {
    this.folder = path.join(options.dataFolder, 'cache');
    this.#database = options.database;
    this.#limitBytes = options.limitBytes ?? localLimits.cacheBytes;
  }

  /** Drops what the database does not know, and rows whose file is gone. */
  open(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const known = new Set(this.#roots());
    for (const name of readdirSync(this.folder)) {
      if (!known.has(name)) rmSync(path.join(this.folder, name), { recursive: true, force: true });
      known.delete(name);
    }
    for (const name of known) this.#forget(name);
  }

  /** The file as it is in the cache, if it was fetched in just this state. */
  get(ref: EntryRef, state: { sizeBytes: number; mtimeMs: number }): CachedFile | undefined {
    const row = this.#database.get<Row>(`SELECT sizeBytes, mtimeMs, root FROM cachedFile WHERE ${isThisFile}`, keyOf(ref));
    if (row === undefined || row.sizeBytes !== state.sizeBytes || row.mtimeMs !== Math.trunc(state.mtimeMs)) return undefined;
    const name = Buffer.from(row.root).toString('hex');
    const localPath = path.join(this.folder, name);
    const stats = lstatSync(localPath, { throwIfNoEntry: false });
    if (!stats?.isFile() || stats.size !== row.sizeBytes) {
      rmSync(localPath, { recursive: true, force: true });
      this.#forget(name);
      return undefined;
    }
    this.#database.run(`UPDATE cachedFile SET usedAtMs = :now WHERE ${isThisFile}`, { ...keyOf(ref), now: Date.now() });
    return { ...row, localPath };
  }

  /** Takes over a complete, verified file. */
  add(ref: EntryRef, received: Received, partialPath: string): CachedFile {
    const name = Buffer.from(received.root).toString('hex');
    const localPath = path.join(this.folder, name);
    chmodSync(partialPath, 0o400);
    renameSync(partialPath, localPath); // the same content under the same name: replacing it loses nothing
    this.#database.run(
      `INSERT OR REPLACE INTO cachedFile (peerId, shareId, path, sizeBytes, mtimeMs, root, usedAtMs)
       VALUES (:peerId, :shareId, :path, :sizeBytes, :mtimeMs, :root, :now)`,
      {
        ...keyOf(ref),
        sizeBytes: received.sizeBytes,
        mtimeMs: Math.trunc(received.mtimeMs),
        root: received.root,
        now: Date.now(),
      },
    );
    this.#shrink(name);
    return { ...received, localPath };
  }

  /** Names of all files, oldest use first. */
  #roots(): string[] {
    return this.#database
      .all<{ name: string }>('SELECT lower(hex(root)) AS name FROM cachedFile GROUP BY root ORDER BY max(usedAtMs)')
      .map(({ name }) => name)
      .filter(isContentId);
  }

  #shrink(newest: string): void {
    // Also files that lost their row because their path was fetched anew.
    const names = this.#roots();
    const known = new Set(names);
    for (const name of readdirSync(this.folder))
      if (isContentId(name) && !known.has(name)) rmSync(path.join(this.folder, name), { force: true });
    const sizes = names.map((name) => lstatSync(path.join(this.folder, name), { throwIfNoEntry: false })?.size ?? 0);
    let total = sizes.reduce((sum, size) => sum + size, 0);
    for (const [index, name] of names.entries()) {
      if (total <= this.#limitBytes) return;
      if (name === newest) continue;
      total -= sizes[index] ?? 0;
      rmSync(path.join(this.folder, name), { force: true });
      this.#forget(name);
    }
  }

  #forget(name: string): void {
    this.#database.run('DELETE FROM cachedFile WHERE root = :root', { root: Buffer.from(name, 'hex') });
  }
}

function keyOf(ref: EntryRef): { peerId: string; shareId: string; path: string } {
  return { peerId: ref.peerId, shareId: ref.shareId, path: ref.path };
}
