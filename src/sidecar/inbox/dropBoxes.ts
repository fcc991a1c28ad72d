// Folders into which offers of some peers go by themselves: who may, how much. Room is what the folder really holds and what is on its way.

import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import path from 'node:path';
import { encode } from 'z32';
import { AppError } from '../../protocol/errors.ts';
import type { Audience } from '../../protocol/model.ts';
import type { DropBox } from '../../protocol/sending.ts';
import { sendingLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { audienceText, isInAudience, normalised, parseAudience, type Viewer } from '../shares/audienceText.ts';
import type { Database } from '../storage/database.ts';
import { contains, realIfThere } from '../shares/shareFolder.ts';
import { localName, nameProblem } from '../storage/safePath.ts';
import type { Acceptance, InboxRow } from './inbox.ts';

export interface DropBoxesOptions {
  database: Database;
  dataFolder: string;
  log: Log;
  /** What accepted offers of it still bring. */
  coming(dropBoxId: string): Room;
  offered(): InboxRow[];
  /** Who the sender is to us; undefined when it is not here. */
  viewer(row: InboxRow): Viewer | undefined;
  nameOf(row: InboxRow): string;
  accept(row: InboxRow, how: Acceptance): Promise<unknown>;
  onChange(): void;
}

/** What is used of a box: empty files cost as well. */
export interface Room {
  bytes: number;
  entries: number;
}

interface BoxRow {
  dropBoxId: string;
  folder: string;
  audience: string;
  quotaBytes: number;
  addedAtMs: number;
}

export class DropBoxes {
  readonly #options: DropBoxesOptions;
  /** Offers are looked at one after another: each counts for the next. */
  #last: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: DropBoxesOptions) {
    this.#options = options;
  }

  async list(): Promise<DropBox[]> {
    return Promise.all(this.#rows().map((row) => this.#info(row)));
  }

  /** Throws `invalid-argument`, `too-large`, `not-found`, `permission-denied`, `io`. */
  async set(wanted: { dropBoxId?: string; folder: string; audience: Audience; quotaBytes: number }): Promise<DropBox> {
    const { database } = this.#options;
    const { folder, quotaBytes } = wanted;
    const rows = this.#rows();
    const before = rows.find(({ dropBoxId }) => dropBoxId === wanted.dropBoxId);
    if (wanted.dropBoxId !== undefined && before === undefined) throw noSuchBox();
    if (before === undefined && rows.length >= sendingLimits.dropBoxes)
      throw new AppError('too-large', `There are ${sendingLimits.dropBoxes} drop boxes. Remove one first.`);
    if (quotaBytes < sendingLimits.quotaMinBytes)
      throw new AppError('invalid-argument', `A drop box has room for ${sendingLimits.quotaMinBytes} bytes at least.`);
    if (contains(realIfThere(this.#options.dataFolder), path.resolve(folder))) throw ownFolder(folder);
    makeFolder(folder);
    // By a link it could lead there all the same.
    if (contains(realIfThere(this.#options.dataFolder), realIfThere(folder))) throw ownFolder(folder);
    const row: BoxRow = {
      dropBoxId: before?.dropBoxId ?? encode(randomBytes(16)),
      ...{ folder, audience: audienceText(normalised(wanted.audience)), quotaBytes },
      addedAtMs: before?.addedAtMs ?? Date.now(),
    };
    database.run(
      `INSERT OR REPLACE INTO dropBox (dropBoxId, folder, audience, quotaBytes, addedAtMs)
         VALUES (:dropBoxId, :folder, :audience, :quotaBytes, :addedAtMs)`,
      { ...row },
    );
    this.#options.onChange();
    for (const offer of this.#options.offered()) this.look(offer);
    return this.#info(row);
  }

  remove(dropBoxId: string): void {
    if (this.#options.database.run('DELETE FROM dropBox WHERE dropBoxId = :dropBoxId', { dropBoxId }) === 0) throw noSuchBox();
    this.#options.onChange();
  }

  /** Takes an offer, when there is a box for its sender with room for it. */
  look(offer: InboxRow): void {
    if (this.#rows().length === 0) return;
    this.#last = this.#last
      .then(() => this.#take(offer))
      .catch((error: unknown) => {
        this.#options.log.warn(`A drop box did not take an offer: ${error instanceof Error ? error.message : String(error)}`);
      });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#last;
  }

  async #take(offer: InboxRow): Promise<void> {
    const viewer = this.#options.viewer(offer);
    for (const row of this.#rows()) {
      if (this.#isClosed || offer.state !== 'offered' || viewer === undefined) return;
      if (!isInAudience(parseAudience(row.audience), viewer)) continue;
      const used = await this.#used(row);
      if (used === undefined || used.bytes + offer.totalBytes > row.quotaBytes) continue;
      if (used.entries + offer.fileCount + offer.folderCount > sendingLimits.boxEntries) continue;
      const folder = path.join(row.folder, folderOf(this.#options.nameOf(offer)));
      await this.#options.accept(offer, { folder, conflict: 'keep-both', dropBoxId: row.dropBoxId });
      this.#options.onChange();
      return;
    }
  }

  #rows(): BoxRow[] {
    return this.#options.database.all<BoxRow>('SELECT * FROM dropBox ORDER BY addedAtMs, dropBoxId');
  }

  async #info(row: BoxRow): Promise<DropBox> {
    const usedBytes = (await this.#used(row))?.bytes ?? row.quotaBytes;
    return { ...row, audience: parseAudience(row.audience), usedBytes };
  }

  /** Undefined when it holds more files than are counted, or cannot be read. */
  async #used({ dropBoxId, folder }: BoxRow): Promise<Room | undefined> {
    const held = await heldIn(folder);
    const coming = this.#options.coming(dropBoxId);
    return held && { bytes: held.bytes + coming.bytes, entries: held.entries + coming.entries };
  }
}

async function heldIn(folder: string): Promise<Room | undefined> {
  const held: Room = { bytes: 0, entries: 0 };
  const folders = [folder];
  try {
    for (let at = folders.pop(); at !== undefined; at = folders.pop()) {
      for (const each of await readdir(at, { withFileTypes: true })) {
        if (++held.entries > sendingLimits.boxEntries) return undefined;
        const absolute = path.join(at, each.name);
        if (each.isDirectory()) folders.push(absolute);
        else if (each.isFile()) held.bytes += (await lstat(absolute)).size;
      }
    }
    return held;
  } catch {
    return undefined; // Not to be read: then nothing is put there by itself.
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new AppError('io', `The folder ${folder} could not be made: ${String(error)}. Choose another one.`, {
      data: { path: folder },
      cause: error,
    });
  }
}

/** A peer's name as a folder. */
function folderOf(name: string): string {
  const plain = name
    .replace(/[/\\:*?"<>|]/g, '_')
    .replace(/^\.+/, '_')
    .trim();
  return localName(plain === '' || nameProblem(plain) !== undefined ? 'peer' : plain);
}

function ownFolder(folder: string): AppError {
  return new AppError(
    'permission-denied',
    `${folder} holds the keys and the data of Potluck: nothing of others goes there. Choose another one.`,
    {
      data: { path: folder },
    },
  );
}

function noSuchBox(): AppError {
  return new AppError('not-found', 'There is no such drop box. Look at the list again.');
}
