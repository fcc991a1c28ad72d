// Own shares that were taken off the table, as we signed it: told to peers, also to those who come later, so that they delete what they hold.

import type { PeerId } from '../../protocol/ids.ts';
import { localLimits, wireLimits } from '../limits.ts';
import type { Database } from '../storage/database.ts';
import type { ShareRemoval, SignedAnnouncement } from '../wire/services.ts';

const dayMs = 24 * 60 * 60_000;

export class Removals {
  readonly #database: Database;
  readonly #ownPeerId: PeerId;

  constructor(database: Database, ownPeerId: PeerId) {
    this.#database = database;
    this.#ownPeerId = ownPeerId;
  }

  /** Remembers one; the oldest go. */
  add({ shareId, revision, signed }: ShareRemoval): void {
    const peerId = this.#ownPeerId;
    const { body, signature } = signed;
    this.#database.run(
      `INSERT OR REPLACE INTO shareRemoval (peerId, shareId, revision, body, signature, removedAtMs)
       VALUES (:peerId, :shareId, :revision, :body, :signature, :removedAtMs)`,
      { peerId, shareId, revision, body, signature, removedAtMs: Date.now() },
    );
    this.#database.run(
      `DELETE FROM shareRemoval WHERE peerId = :peerId AND (removedAtMs < :oldestMs OR shareId NOT IN
         (SELECT shareId FROM shareRemoval WHERE peerId = :peerId ORDER BY removedAtMs DESC, shareId LIMIT :most))`,
      { peerId, oldestMs: oldestMs(), most: wireLimits.removals },
    );
  }

  /** Newest first. */
  list(): SignedAnnouncement[] {
    return this.#database.all<SignedAnnouncement>(
      `SELECT body, signature FROM shareRemoval WHERE peerId = :peerId AND removedAtMs >= :oldestMs
       ORDER BY removedAtMs DESC, shareId LIMIT :most`,
      { peerId: this.#ownPeerId, oldestMs: oldestMs(), most: wireLimits.removals },
    );
  }
}

function oldestMs(): number {
  return Date.now() - localLimits.removalDays * dayMs;
}
