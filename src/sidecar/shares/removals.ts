// Own shares that were taken off the table, as we signed it: told to peers, also to those who come later, so that they delete what they hold.

import type { PeerId, ShareId } from '../../protocol/ids.ts';
import type { Audience } from '../../protocol/model.ts';
import { localLimits, wireLimits } from '../limits.ts';
import type { Database } from '../storage/database.ts';
import type { ShareRemoval, SignedAnnouncement } from '../wire/services.ts';
import { parseAudience } from './audienceText.ts';

/** The share is gone, or it is not for all of this audience any more. */
export interface OwnRemoval {
  shareId: ShareId;
  signed: SignedAnnouncement;
  audience: Audience;
}

const dayMs = 24 * 60 * 60_000;

export class Removals {
  readonly #database: Database;
  readonly #ownPeerId: PeerId;

  constructor(database: Database, ownPeerId: PeerId) {
    this.#database = database;
    this.#ownPeerId = ownPeerId;
  }

  /** Remembers one, and who might see the share; the oldest go. */
  add({ shareId, revision, signed }: ShareRemoval, audience: string): void {
    const peerId = this.#ownPeerId;
    const { body, signature } = signed;
    this.#database.run(
      `INSERT OR REPLACE INTO shareRemoval (peerId, shareId, revision, body, signature, removedAtMs, audience)
       VALUES (:peerId, :shareId, :revision, :body, :signature, :removedAtMs, :audience)`,
      { peerId, shareId, revision, body, signature, removedAtMs: Date.now(), audience },
    );
    this.#database.run(
      `DELETE FROM shareRemoval WHERE peerId = :peerId AND (removedAtMs < :oldestMs OR shareId NOT IN
         (SELECT shareId FROM shareRemoval WHERE peerId = :peerId ORDER BY removedAtMs DESC, shareId LIMIT :most))`,
      { peerId, oldestMs: oldestMs(), most: wireLimits.removals },
    );
  }

  /** Newest first. */
  list(): OwnRemoval[] {
    const rows = this.#database.all<SignedAnnouncement & { shareId: ShareId; audience: string }>(
      `SELECT shareId, body, signature, audience FROM shareRemoval WHERE peerId = :peerId AND removedAtMs >= :oldestMs
       ORDER BY removedAtMs DESC, shareId LIMIT :most`,
      { peerId: this.#ownPeerId, oldestMs: oldestMs(), most: wireLimits.removals },
    );
    return rows.map(({ shareId, body, signature, audience }) => ({
      shareId,
      signed: { body, signature },
      audience: parseAudience(audience),
    }));
  }
}

function oldestMs(): number {
  return Date.now() - localLimits.removalDays * dayMs;
}
