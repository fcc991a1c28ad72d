// What was downloaded of whose share, as it was verified, and where it lies now: given on to others (uploads), found again instead of being
// fetched (reuse). Good only while the file stands as it was. Who may have it is for others to decide.

import { lstatSync } from 'node:fs';
import type { PeerId, ShareId } from '../../../protocol/ids.ts';
import type { EntryRef } from '../../../protocol/model.ts';
import { transferLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../storage/database.ts';
import { isRoundedTime } from '../../storage/fileTimes.ts';
import { stampOf, type Trees } from '../content/trees.ts';

/** A file that a download put under its final name. */
export interface PlacedContent {
  /** What it was downloaded as. */
  entry: EntryRef;
  /** Absolute. */
  localPath: string;
  /** 32 bytes. */
  root: Uint8Array;
  sizeBytes: number;
  /** As it was set. */
  mtimeMs: number;
}

/** A file that is as it was when it was verified. */
export interface HeldFile {
  entry: EntryRef;
  localPath: string;
  root: Uint8Array;
  sizeBytes: number;
  /** Of the file here: what its owner's had when it was fetched. */
  mtimeMs: number;
}

interface Row {
  root: Uint8Array;
  peerId: string;
  shareId: string;
  path: string;
  localPath: string;
  sizeBytes: number;
  /** Decimal: more than a number holds. */
  stamp: string;
}

const columns = 'root, peerId, shareId, path, localPath, sizeBytes, CAST(stamp AS TEXT) AS stamp';
const isThisFile = 'peerId = :peerId AND shareId = :shareId AND path = :path';

/** Files are looked at, and rows written, this long after the last one came: not while a folder of many files is written. */
const quietMs = 1000;
/** Unless so many wait. */
const mostPending = 20_000;
/** Files handled between two turns of the event loop: about 3 ms. */
const stepFiles = 128;

export class HeldContent {
  readonly #database: Database;
  readonly #trees: Pick<Trees, 'remember'>;
  readonly #log: Log;
  readonly #limit: number;
  /** Placed and not yet written, by `keyOf`. */
  readonly #pending = new Map<string, PlacedContent>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #isOpen = false;

  constructor(options: { database: Database; trees: Pick<Trees, 'remember'>; log: Log; limit?: number }) {
    this.#database = options.database;
    this.#trees = options.trees;
    this.#log = options.log;
    this.#limit = options.limit ?? transferLimits.heldContents;
  }

  /** Drops the oldest rows above the limit. */
  open(): void {
    if (this.#isOpen) return;
    this.#isOpen = true;
    const count = this.#database.get<{ n: number }>('SELECT count(*) AS n FROM heldContent')?.n ?? 0;
    if (count <= this.#limit) return;
    this.#database.run(
      'DELETE FROM heldContent WHERE rowid IN (SELECT rowid FROM heldContent ORDER BY addedAtMs LIMIT :surplus)',
      {
        surplus: count - Math.floor(this.#limit * 0.9),
      },
    );
  }

  /** Writes what was not written yet. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    clearTimeout(this.#timer);
    await this.#write();
    this.#isOpen = false;
  }

  /** A verified file stands under its final name. Costs next to nothing: it is looked at and written down later. */
  add(file: PlacedContent): void {
    if (!this.#isOpen) return;
    this.#pending.set(keyOf(file.entry), file);
    if (this.#pending.size >= mostPending) {
      this.#begin();
      return;
    }
    if (this.#timer) this.#timer.refresh();
    else this.#timer = setTimeout(() => this.#begin(), quietMs).unref();
  }

  /** What was downloaded as this entry, if it still stands as it was verified. */
  find(owner: PeerId, shareId: ShareId, path: string): HeldFile | undefined {
    const entry = { peerId: owner, shareId, path };
    const pending = this.#pending.get(keyOf(entry));
    if (pending) return stateOf(pending) && toHeld(pending);
    const row = this.#database.get<Row>(`SELECT ${columns} FROM heldContent WHERE ${isThisFile}`, { ...entry });
    return row && this.#checked(row);
  }

  /** Files with this content that still stand as they were verified, at most so many. */
  byRoot(root: Uint8Array, limit: number): HeldFile[] {
    const rows = this.#database.all<Row>(`SELECT ${columns} FROM heldContent WHERE root = :root LIMIT :most`, {
      root,
      most: 4 * limit,
    });
    const found: HeldFile[] = [];
    for (const row of rows) {
      const held = found.length < limit ? this.#checked(row) : undefined;
      if (held) found.push(held);
    }
    return found;
  }

  #checked(row: Row): HeldFile | undefined {
    const entry = { peerId: row.peerId as PeerId, shareId: row.shareId as ShareId, path: row.path };
    const stats = lookAt(row.localPath);
    if (stats === undefined) return undefined; // Its disk may be away.
    if (stats.isFile() && stats.size === BigInt(row.sizeBytes) && stampOf(stats) === BigInt(row.stamp))
      return toHeld({ ...row, entry, mtimeMs: Number(stats.mtimeMs) });
    this.#database.run(`DELETE FROM heldContent WHERE ${isThisFile}`, { ...entry });
    return undefined;
  }

  #begin(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    void this.#write();
  }

  #write(): Promise<void> {
    this.#writing ??= this.#writeSteps().finally(() => (this.#writing = undefined));
    return this.#writing;
  }

  async #writeSteps(): Promise<void> {
    while (this.#pending.size > 0) {
      const step = [...firstOf(this.#pending, stepFiles)];
      try {
        this.#database.transaction(() => {
          for (const [, file] of step) this.#writeOne(file);
        });
      } catch (error) {
        this.#log.warn(`What was downloaded could not be noted for giving it on: ${String(error)}`);
      }
      for (const [key, file] of step) if (this.#pending.get(key) === file) this.#pending.delete(key);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  #writeOne(file: PlacedContent): void {
    const stats = stateOf(file);
    if (stats === undefined) return;
    const { entry, localPath, root, sizeBytes } = file;
    this.#database.run(
      `INSERT OR REPLACE INTO heldContent (root, peerId, shareId, path, localPath, sizeBytes, stamp, addedAtMs)
       VALUES (:root, :peerId, :shareId, :path, :localPath, :sizeBytes, :stamp, :now)`,
      {
        ...{ root, localPath, sizeBytes, stamp: stampOf(stats), now: Date.now() },
        ...{ peerId: entry.peerId, shareId: entry.shareId, path: entry.path },
      },
    );
    this.#trees.remember(localPath, stats, root, Date.now());
  }
}

/** The file's state, if it is the one that was placed: nobody wrote to it without changing its time. */
function stateOf(file: PlacedContent) {
  const stats = lookAt(file.localPath);
  const isThat = stats?.isFile() && stats.size === BigInt(file.sizeBytes) && isPlacedTime(Number(stats.mtimeMs), file.mtimeMs);
  return isThat ? stats : undefined;
}

/** Placed files bear the time that their owner's had, to the millisecond, or as their disk keeps it. */
export function isPlacedTime(hereMs: number, ownersMs: number): boolean {
  const [here, owners] = [Math.trunc(hereMs), Math.trunc(ownersMs)];
  return Math.abs(owners - here) < 2 || isRoundedTime(here, owners);
}

function lookAt(localPath: string) {
  try {
    return lstatSync(localPath, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // Not to be looked at is as good as not there.
  }
}

function toHeld({ entry, localPath, root, sizeBytes, mtimeMs }: HeldFile): HeldFile {
  return { entry, localPath, root: new Uint8Array(root), sizeBytes, mtimeMs: Math.trunc(mtimeMs) };
}

function keyOf({ peerId, shareId, path }: EntryRef): string {
  return `${peerId}/${shareId}/${path}`;
}

function* firstOf<T>(items: Iterable<T>, count: number): Iterable<T> {
  let taken = 0;
  for (const item of items) {
    if (taken++ >= count) return;
    yield item;
  }
}
