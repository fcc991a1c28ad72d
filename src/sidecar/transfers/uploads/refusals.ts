// Peers that are given nothing, with the reason that they are told, over restarts too; and the failures of serving, each made in one place.

import { AppError } from '../../../protocol/errors.ts';
import type { PeerId } from '../../../protocol/ids.ts';
import { transferLimits } from '../../limits.ts';
import type { Database } from '../../storage/database.ts';

export class Refusals {
  readonly #database: Database;
  #reasons: Map<PeerId, string> | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Throws `permission-denied` with the reason when nothing is given to this peer. */
  check(peerId: PeerId): void {
    const reason = this.#known.get(peerId);
    if (reason !== undefined) throw refusedByOwner(reason);
  }

  /** Newest first. */
  list(): { peerId: PeerId; reason: string }[] {
    return [...this.#known].map(([peerId, reason]) => ({ peerId, reason })).reverse();
  }

  /** Answers the reason as it is told. Throws `invalid-argument`, `too-large`. */
  add(peerId: PeerId, reason: string): string {
    const told = reason.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').trim();
    if (told.length > transferLimits.reasonCharacters)
      throw new AppError(
        'invalid-argument',
        `A reason has at most ${transferLimits.reasonCharacters} characters. Say it shorter.`,
      );
    if (!this.#known.has(peerId) && this.#known.size >= transferLimits.refusedPeers)
      throw new AppError('too-large', `At most ${transferLimits.refusedPeers} peers can be refused. Allow one again first.`);
    this.#database.run('INSERT OR REPLACE INTO refusedPeer (peerId, reason, addedAtMs) VALUES (:peerId, :told, :now)', {
      ...{ peerId, told },
      now: Date.now(),
    });
    this.#known.delete(peerId);
    this.#known.set(peerId, told);
    return told;
  }

  /** Harmless when it is not refused. */
  remove(peerId: PeerId): void {
    this.#database.run('DELETE FROM refusedPeer WHERE peerId = :peerId', { peerId });
    this.#known.delete(peerId);
  }

  get #known(): Map<PeerId, string> {
    this.#reasons ??= new Map(
      this.#database
        .all<{ peerId: PeerId; reason: string }>('SELECT peerId, reason FROM refusedPeer ORDER BY addedAtMs')
        .map(({ peerId, reason }) => [peerId, reason]),
    );
    return this.#reasons;
  }
}

/** A person decided that this peer gets nothing. */
export function refusedByOwner(reason: string): AppError {
  return new AppError(
    'permission-denied',
    `The peer is given nothing${reason === '' ? '' : `: ${reason}`}. Allow it again to change that.`,
    {
      data: { reason },
    },
  );
}

export function queueFull(): AppError {
  return new AppError('busy', 'Too many requests wait for an upload slot. Ask again when some are answered.');
}

/** Others wait, and this peer had its turn. */
export function turnOver(): AppError {
  return new AppError('busy', 'The turn of this peer is over and others wait. Ask again to get the next one.');
}

/** It holds a slot and takes next to nothing. */
export function slotLost(): AppError {
  return new AppError(
    'busy',
    'The peer took too few bytes while others waited, so its upload slot went to the next. Ask again for another turn.',
  );
}

export function tooManyOpen(): AppError {
  return new AppError('busy', `More than ${transferLimits.openFiles} files would be open for uploads. Ask again soon.`);
}

/** The file is another one than what is asked for. */
export function otherContent(path: string): AppError {
  return new AppError(
    'changed',
    `${JSON.stringify(path)} is not the content that is asked for any more. Look at the folder again.`,
    {
      data: { path },
    },
  );
}

export function notHeld(path: string): AppError {
  return new AppError('not-found', `${JSON.stringify(path)} is not held here, or not for this peer. Ask its owner.`, {
    data: { path },
  });
}

export function uploadsClosed(): AppError {
  return new AppError('unavailable', 'Potluck is closing here. Ask again when it is back.');
}

/** `end` before the last byte was given. */
export function endedEarly(): AppError {
  return new AppError('unavailable', 'The upload ended before its last byte. Ask again.');
}
