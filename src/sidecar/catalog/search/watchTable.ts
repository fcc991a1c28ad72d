// The rows of watched searches: what was asked, and hashes of what is known.

import { hash } from 'node:crypto';
import type { WatchId } from '../../../protocol/ids.ts';
import type { SearchHit } from '../../../protocol/model.ts';
import { searchLimits } from '../../limits.ts';
import type { Database } from '../../storage/database.ts';

export interface WatchRow {
  watchId: WatchId;
  query: string;
  addedAtMs: number;
}

const hashBytes = 8;

/** 8 bytes of SHA-256 over peer, share and path, as hex: short, and nobody finds a path that passes for another's. */
export function hashOf({ entry }: Pick<SearchHit, 'entry'>): string {
  return hash('sha256', `${entry.peerId}/${entry.shareId}/${entry.path}`, 'hex').slice(0, 2 * hashBytes);
}

export class WatchTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  list(): WatchRow[] {
    return this.#database.all<WatchRow>('SELECT watchId, query, addedAtMs FROM watchedSearch ORDER BY addedAtMs');
  }

  add({ watchId, query, addedAtMs }: WatchRow, known: readonly string[]): void {
    this.#database.transaction(() => {
      this.#database.run('INSERT INTO watchedSearch (watchId, query, addedAtMs) VALUES (:watchId, :query, :addedAtMs)', {
        ...{ watchId, query, addedAtMs },
      });
      this.#save(watchId, known);
    });
  }

  remove(watchId: WatchId): void {
    this.#database.run('DELETE FROM watchedSearch WHERE watchId = :watchId', { watchId });
  }

  known(watchId: WatchId): Set<string> {
    const row = this.#database.get<{ known: Uint8Array }>('SELECT known FROM watchedHits WHERE watchId = :watchId', { watchId });
    const hex = Buffer.from(row?.known ?? new Uint8Array()).toString('hex');
    const known = new Set<string>();
    for (let at = 0; at < hex.length; at += 2 * hashBytes) known.add(hex.slice(at, at + 2 * hashBytes));
    return known;
  }

  /** Adds to what is known; the oldest go when there are too many. */
  know(watchId: WatchId, hashes: readonly string[]): void {
    const known = this.known(watchId);
    for (const each of hashes) known.add(each);
    this.#save(watchId, [...known]);
  }

  #save(watchId: WatchId, known: readonly string[]): void {
    this.#database.run(
      'INSERT INTO watchedHits (watchId, known) VALUES (:watchId, :known) ON CONFLICT (watchId) DO UPDATE SET known = :known',
      { watchId, known: Buffer.from(known.slice(-searchLimits.knownHits).join(''), 'hex') },
    );
  }
}
