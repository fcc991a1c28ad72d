// The `shareRemoval` table, for peers' shares: what their owners took off the table, as they signed it, so that it stays gone and third
// peers learn of it. Own removals are in the same table and are shares.ts's affair.

import { isPeerId, isShareId, type PeerId, type ShareId } from '../../protocol/ids.ts';
import { wireLimits } from '../limits.ts';
import type { Database } from '../storage/database.ts';
import type { ShareRemoval } from '../wire/services.ts';

interface StoredRemoval {
  peerId: string;
  shareId: string;
  revision: number;
  body: Uint8Array;
  signature: Uint8Array;
}

/** By owner and share; without those of `ownPeerId`. */
export function loadRemovals(database: Database, ownPeerId: PeerId): Map<PeerId, Map<ShareId, ShareRemoval>> {
  const removals = new Map<PeerId, Map<ShareId, ShareRemoval>>();
  const stored = database.all<StoredRemoval>('SELECT * FROM shareRemoval WHERE peerId <> :ownPeerId ORDER BY removedAtMs', {
    ownPeerId,
  });
  for (const { peerId, shareId, revision, body, signature } of stored) {
    if (!isPeerId(peerId) || !isShareId(shareId)) continue;
    const ofOwner = removals.get(peerId) ?? new Map<ShareId, ShareRemoval>();
    ofOwner.set(shareId, { shareId, revision, signed: { body, signature } });
    removals.set(peerId, ofOwner);
  }
  return removals;
}

/** Remembers one; the oldest of the owner go when there are too many, from the table and from `known`. */
export function rememberRemoval(
  database: Database,
  owner: PeerId,
  removal: ShareRemoval,
  known: Map<ShareId, ShareRemoval>,
): void {
  const { shareId, revision, signed } = removal;
  known.delete(shareId);
  known.set(shareId, removal);
  database.run(
    `INSERT OR REPLACE INTO shareRemoval (peerId, shareId, revision, body, signature, removedAtMs)
     VALUES (:owner, :shareId, :revision, :body, :signature, :removedAtMs)`,
    { owner, shareId, revision, body: signed.body, signature: signed.signature, removedAtMs: Date.now() },
  );
  for (const oldest of known.keys()) {
    if (known.size <= wireLimits.removals) return;
    forgetRemoval(database, owner, oldest);
    known.delete(oldest);
  }
}

export function forgetRemoval(database: Database, owner: PeerId, shareId: ShareId): void {
  database.run('DELETE FROM shareRemoval WHERE peerId = :owner AND shareId = :shareId', { owner, shareId });
}

export function forgetRemovals(database: Database, owner: PeerId): void {
  database.run('DELETE FROM shareRemoval WHERE peerId = :owner', { owner });
}
