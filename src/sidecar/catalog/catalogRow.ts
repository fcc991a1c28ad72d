// The `catalogShare` table: peers' shares as their owners signed them, and which index of each is on this disk.

import { isPeerId, type PeerId, type ShareId } from '../../protocol/ids.ts';
import type { Failure } from '../../protocol/model.ts';
import type { Database } from '../storage/database.ts';
import { decodeAnnouncement } from '../wire/announcement.ts';
import type { ShareAnnouncement, SignedAnnouncement } from '../wire/services.ts';

export interface CatalogRow {
  peerId: PeerId;
  announcement: ShareAnnouncement;
  signed: SignedAnnouncement;
  /** Feed length of the index on this disk; 0 = none. */
  indexedLength: number;
  /** Why this revision was refused. */
  failure: Failure | undefined;
}

interface StoredRow {
  peerId: string;
  shareId: string;
  body: Uint8Array;
  signature: Uint8Array;
  indexedLength: number;
  failure: string | null;
}

/** All rows; those that cannot be read are deleted, since their owner announces them again. */
export function loadCatalog(database: Database): CatalogRow[] {
  const rows: CatalogRow[] = [];
  for (const stored of database.all<StoredRow>('SELECT * FROM catalogShare')) {
    const row = parseRow(stored);
    if (row !== undefined) rows.push(row);
    else
      database.run('DELETE FROM catalogShare WHERE peerId = :peerId AND shareId = :shareId', {
        peerId: stored.peerId,
        shareId: stored.shareId,
      });
  }
  return rows;
}

/** Inserts or replaces. The peer's row must exist. */
export function saveCatalogRow(database: Database, row: CatalogRow): void {
  database.run(
    `INSERT INTO catalogShare (peerId, shareId, body, signature, revision, indexedLength, indexedAtMs, failure)
     VALUES (:peerId, :shareId, :body, :signature, :revision, :indexedLength, :indexedAtMs, :failure)
     ON CONFLICT (peerId, shareId) DO UPDATE SET body = excluded.body, signature = excluded.signature, revision = excluded.revision,
       indexedLength = excluded.indexedLength, indexedAtMs = excluded.indexedAtMs, failure = excluded.failure`,
    {
      peerId: row.peerId,
      shareId: row.announcement.shareId,
      body: row.signed.body,
      signature: row.signed.signature,
      revision: row.announcement.revision,
      indexedLength: row.indexedLength,
      indexedAtMs: row.indexedLength === 0 ? null : Date.now(),
      failure: row.failure === undefined ? null : JSON.stringify(row.failure),
    },
  );
}

export function deleteCatalogRow(database: Database, peerId: PeerId, shareId: ShareId): void {
  database.run('DELETE FROM catalogShare WHERE peerId = :peerId AND shareId = :shareId', { peerId, shareId });
}

function parseRow(stored: StoredRow): CatalogRow | undefined {
  if (!isPeerId(stored.peerId)) return undefined;
  try {
    const announcement = decodeAnnouncement(stored.body);
    if (announcement.shareId !== stored.shareId) return undefined;
    const failure = stored.failure === null ? undefined : (JSON.parse(stored.failure) as Failure);
    const signed = { body: stored.body, signature: stored.signature };
    return { peerId: stored.peerId, announcement, signed, indexedLength: stored.indexedLength, failure };
  } catch {
    // Written by another version.
    return undefined;
  }
}
