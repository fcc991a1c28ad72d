// Where in a drop box the things of a peer go: into a folder that was made for it here, and for no other. What a sender calls itself never chooses a folder,
// or a link, that is there already.

import { lstatSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { AppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { sendingLimits } from '../limits.ts';
import type { Database } from '../storage/database.ts';
import { contains, realPlace } from '../storage/folders.ts';
import { localName, nameProblem } from '../storage/safePath.ts';

export class BoxFolders {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All that were made, by their real paths, also those that are gone. */
  list(): string[] {
    return this.#database.all<{ folder: string }>('SELECT folder FROM dropBoxFolder').map(({ folder }) => folder);
  }

  /** The one of this peer in a box (a real path), made when it is missing. Throws `already-exists` when too many names are taken, `io`. */
  of(box: string, { peerId, name }: { peerId: PeerId; name: string }): string {
    const made = this.#database.all<{ folder: string }>(
      'SELECT folder FROM dropBoxFolder WHERE peerId = :peerId ORDER BY addedAtMs',
      { peerId },
    );
    for (const { folder } of made) if (path.dirname(folder) === box && isStillOurs(folder, box)) return folder;
    for (let number = 1; number <= sendingLimits.folderNamesTried; number++) {
      const folder = path.join(box, folderName({ peerId, name }, number));
      if (!madeAnew(folder)) continue;
      this.#database.run(
        'INSERT OR REPLACE INTO dropBoxFolder (folder, peerId, addedAtMs) VALUES (:folder, :peerId, :addedAtMs)',
        {
          ...{ folder, peerId, addedAtMs: Date.now() },
        },
      );
      return folder;
    }
    throw new AppError('already-exists', `${box} holds too many folders named like this sender. Remove some.`, {
      data: { path: box },
    });
  }
}

/** A real folder in its place, made again when it was removed. */
function isStillOurs(folder: string, box: string): boolean {
  const stats = lstatSync(folder, { throwIfNoEntry: false });
  if (stats === undefined) return madeAnew(folder);
  return stats.isDirectory() && contains(box, realPlace(folder));
}

/** False when the name is taken, by whatever. */
function madeAnew(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw new AppError('io', `The folder ${folder} could not be made: ${String(error)}.`, {
      data: { path: folder },
      cause: error,
    });
  }
}

/** Such as `Ada wpsb51f6`: the name, and the beginning of the key, which cannot be chosen at will. */
function folderName({ peerId, name }: { peerId: PeerId; name: string }, number: number): string {
  const plain = [...name.replace(/[/\\:*?"<>|]/g, '_').replace(/^\.+/, '_')].slice(0, sendingLimits.folderNameCharacters);
  const key = peerId.slice(0, sendingLimits.folderKeyCharacters);
  const whole = `${plain.join('').trim() || 'peer'} ${key}${number === 1 ? '' : ` (${number})`}`;
  return localName(nameProblem(whole) === undefined ? whole : `peer ${key}${number === 1 ? '' : ` (${number})`}`);
}
