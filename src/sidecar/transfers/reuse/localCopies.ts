// Files on this disk that have a wanted content: own shared files, earlier downloads, files that were opened. Found by what is remembered of
// them and looked at before they are named; whoever copies one verifies it.

import { lstatSync } from 'node:fs';
import path from 'node:path';
import { asAppError } from '../../../protocol/errors.ts';
import { transferLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { stampOf } from '../content/trees.ts';
import type { Disk } from '../disk/disk.ts';
import type { HeldContent } from '../held/heldContent.ts';

interface RootRow {
  path: string;
  sizeBytes: number;
  stamp: string;
}

export class LocalCopies {
  readonly #database: Database;
  readonly #held: Pick<HeldContent, 'byRoot'>;
  readonly #disk: Pick<Disk, 'copyLocal'>;
  readonly #log: Log;
  readonly #cacheFolder: string;

  /** `cacheFolder` holds files that were opened, named by their root. */
  constructor(options: {
    database: Database;
    held: Pick<HeldContent, 'byRoot'>;
    disk: Pick<Disk, 'copyLocal'>;
    log: Log;
    cacheFolder: string;
  }) {
    this.#disk = options.disk;
    this.#log = options.log;
    this.#database = options.database;
    this.#held = options.held;
    this.#cacheFolder = options.cacheFolder;
  }

  /** Paths of regular files that had this content when they were looked at last and seem unchanged; at most transferLimits.localCopies. */
  find(root: Uint8Array, sizeBytes: number): string[] {
    const found = new Set<string>();
    for (const candidate of this.#candidates(root, sizeBytes)) {
      if (found.size >= transferLimits.localCopies) break;
      found.add(candidate);
    }
    return [...found];
  }

  /**
   * Copies the content from one of them into the partial file, verified (disk.copyLocal). Answers whether it is whole now. Rejects with `cancelled`, and as the
   * partial file's disk fails.
   */
  async copyInto(
    file: { root: Uint8Array; sizeBytes: number; mtimeMs: number; partialPath: string },
    { signal }: { signal: AbortSignal },
  ): Promise<boolean> {
    const { root, sizeBytes, mtimeMs, partialPath } = file;
    for (const from of this.find(root, sizeBytes)) {
      try {
        if (await this.#disk.copyLocal(from, { path: partialPath, sizeBytes, mtimeMs }, { root, signal })) return true;
      } catch (error) {
        const { kind } = asAppError(error);
        if (kind === 'cancelled' || kind === 'disk-full') throw error;
        this.#log.debug(`A local copy could not be used: ${String(error)}`); // the next one, or it is fetched
      }
    }
    return false;
  }

  *#candidates(root: Uint8Array, sizeBytes: number): Iterable<string> {
    for (const held of this.#held.byRoot(root, transferLimits.localCopies))
      if (held.sizeBytes === sizeBytes) yield held.localPath;
    const rows = this.#database.all<RootRow>(
      'SELECT path, sizeBytes, CAST(mtimeNs AS TEXT) AS stamp FROM localRoot WHERE root = :root AND sizeBytes = :sizeBytes LIMIT :most',
      { root, sizeBytes, most: 4 * transferLimits.localCopies },
    );
    for (const row of rows) {
      const stats = lookAt(row.path);
      if (stats?.isFile() && stats.size === BigInt(row.sizeBytes) && stampOf(stats) === BigInt(row.stamp)) yield row.path;
    }
    const cached = path.join(this.#cacheFolder, Buffer.from(root).toString('hex'));
    const stats = lookAt(cached);
    if (stats?.isFile() && stats.size === BigInt(sizeBytes)) yield cached;
  }
}

function lookAt(localPath: string) {
  try {
    return lstatSync(localPath, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // Not to be looked at is as good as not there.
  }
}
