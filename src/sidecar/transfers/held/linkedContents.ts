// The contents that links lead to, as the user made them: to be found by peers who only know the content id. Where this machine has each is
// noted beside it; whether it still does is for others to look.

import { AppError } from '../../../protocol/errors.ts';
import type { ContentId, PeerId, ShareId } from '../../../protocol/ids.ts';
import type { EntryRef } from '../../../protocol/model.ts';
import { transferLimits } from '../../limits.ts';
import type { Database } from '../../storage/database.ts';

export interface LinkedContent {
  contentId: ContentId;
  /** In a share of ours, or what it was downloaded as. */
  entry: EntryRef;
  addedAtMs: number;
}

interface Row {
  contentId: ContentId;
  peerId: PeerId;
  shareId: ShareId;
  path: string;
  addedAtMs: number;
}

export class LinkedContents {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** The newest first. */
  list(): LinkedContent[] {
    const rows = this.#database.all<Row>('SELECT * FROM linkedContent ORDER BY addedAtMs DESC, contentId');
    return rows.map(({ contentId, peerId, shareId, path, addedAtMs }) => ({
      contentId,
      entry: { peerId, shareId, path },
      addedAtMs,
    }));
  }

  /** Added again, it is the newest. Throws `too-large`. */
  add(contentId: ContentId, entry: EntryRef): void {
    const others = this.#database.get<{ n: number }>('SELECT count(*) AS n FROM linkedContent WHERE contentId != :contentId', {
      contentId,
    });
    if ((others?.n ?? 0) >= transferLimits.linkedContents) throw tooManyLinked();
    this.#database.run(
      `INSERT OR REPLACE INTO linkedContent (contentId, peerId, shareId, path, addedAtMs)
       VALUES (:contentId, :peerId, :shareId, :path, :now)`,
      { contentId, peerId: entry.peerId, shareId: entry.shareId, path: entry.path, now: Date.now() },
    );
  }

  /** Every content that was noted for this entry, whatever the file holds by now. Answers how many. */
  remove({ peerId, shareId, path }: EntryRef): number {
    const isThis = 'peerId = :peerId AND shareId = :shareId AND path = :path';
    return this.#database.run(`DELETE FROM linkedContent WHERE ${isThis}`, { peerId, shareId, path });
  }
}

function tooManyLinked(): AppError {
  return new AppError(
    'too-large',
    `${transferLimits.linkedContents} contents are announced, which is the most. Withdraw one first: see "potluck link list".`,
  );
}
