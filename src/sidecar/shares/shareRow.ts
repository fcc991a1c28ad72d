// The `share` table: own shares as they are remembered.

import type { ShareId } from '../../protocol/ids.ts';
import { isShareId } from '../../protocol/ids.ts';
import type { SkipReason } from '../../protocol/model.ts';
import type { Database } from '../storage/database.ts';

export interface ShareRow {
  shareId: ShareId;
  title: string;
  path: string;
  encryptionKey: Uint8Array;
  revision: number;
  addedAtMs: number;
  scannedAtMs: number | null;
  /** Feed length that is whole and told to peers; 0 = none yet. */
  feedLength: number;
  /** Feed length right after the head of the snapshot that the segment file holds; what follows up to `feedLength` are deltas. */
  snapshotLength: number;
  /** 1 while the user keeps it from following the disk. */
  isPaused: number;
  /** Which feed of details it has, 0 = none was made; and how long that is, as told to peers. */
  detailsGeneration: number;
  detailsLength: number;
  fileCount: number;
  folderCount: number;
  totalBytes: number;
  /** JSON: counts by reason. */
  skippedCounts: string;
  /** Who may see it: audienceText.ts. */
  audience: string;
  /** 1 while its keys are known to somebody who may not see it any more: whatever is published next has others. */
  needsNewKeys: number;
}

export function loadShares(database: Database): ShareRow[] {
  return database.all<ShareRow>('SELECT * FROM share ORDER BY addedAtMs, shareId').filter((row) => isShareId(row.shareId));
}

export function insertShare(database: Database, row: ShareRow): void {
  database.run(
    `INSERT INTO share (shareId, title, path, encryptionKey, revision, addedAtMs, scannedAtMs, feedLength, snapshotLength, isPaused,
       detailsGeneration, detailsLength, fileCount, folderCount, totalBytes, skippedCounts, audience, needsNewKeys)
     VALUES (:shareId, :title, :path, :encryptionKey, :revision, :addedAtMs, :scannedAtMs, :feedLength, :snapshotLength, :isPaused,
       :detailsGeneration, :detailsLength, :fileCount, :folderCount, :totalBytes, :skippedCounts, :audience, :needsNewKeys)`,
    { ...row },
  );
}

export function updateShare(database: Database, row: ShareRow): void {
  database.run(
    `UPDATE share SET title = :title, path = :path, encryptionKey = :encryptionKey, revision = :revision, addedAtMs = :addedAtMs,
       scannedAtMs = :scannedAtMs, feedLength = :feedLength, snapshotLength = :snapshotLength, isPaused = :isPaused, detailsGeneration = :detailsGeneration,
       detailsLength = :detailsLength, fileCount = :fileCount, folderCount = :folderCount, totalBytes = :totalBytes, skippedCounts = :skippedCounts,
       audience = :audience, needsNewKeys = :needsNewKeys WHERE shareId = :shareId`,
    { ...row },
  );
}

export function deleteShare(database: Database, shareId: ShareId): void {
  database.run('DELETE FROM share WHERE shareId = :shareId', { shareId });
}

/** What the column holds; empty when it cannot be read, since it is only shown. */
export function skippedCountsOf(row: ShareRow): Partial<Record<SkipReason, number>> {
  try {
    const counts: unknown = JSON.parse(row.skippedCounts);
    return typeof counts === 'object' && counts !== null ? counts : {};
  } catch {
    return {};
  }
}
