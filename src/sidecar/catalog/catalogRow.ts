// The `catalogShare` table: peers' shares as their owners signed them, and which index of each is on this disk.

import { isPeerId, type PartyId, type PeerId, type ShareId } from '../../protocol/ids.ts';
import type { Failure } from '../../protocol/model.ts';
import type { Database } from '../storage/database.ts';
import { decodeAnnouncement } from '../wire/announcement.ts';
import type { AnnouncedShare, ShareAnnouncement } from '../wire/services.ts';

/** Which index of a share is on this disk. */
export interface IndexState {
  /** Feed length of the index as it answers: segment and deltas. 0 = none. */
  indexedLength: number;
  /** Feed length at which the segment file ends; the blocks from here to `indexedLength` are deltas. */
  snapshotLength: number;
  /** Feed block of the snapshot's head, which every delta after it names. */
  headBlock: number;
  /** What the snapshot and all deltas after it take in the feed. */
  feedBytes: number;
}

export const noIndex: Readonly<IndexState> = { indexedLength: 0, snapshotLength: 0, headBlock: 0, feedBytes: 0 };

/** What is said of a share, by its owner or by who passes it on. */
export interface Heard extends AnnouncedShare {
  /** The parties in which it may be passed on. */
  partyIds: PartyId[];
  /** Its owner never announced it here: others passed it on. */
  isHearsay: boolean;
}

export interface CatalogRow extends Heard {
  peerId: PeerId;
  index: IndexState;
  /** The announcement that the index on this disk fulfils: what may be passed on. */
  indexed: AnnouncedShare | undefined;
  /** Why this revision was refused. */
  failure: Failure | undefined;
}

interface StoredRow extends IndexState {
  peerId: string;
  shareId: string;
  body: Uint8Array;
  signature: Uint8Array;
  indexedBody: Uint8Array | null;
  indexedSignature: Uint8Array | null;
  partyIds: string;
  isHearsay: number;
  failure: string | null;
}

/** Of a share that was just heard of. */
export function newRow(peerId: PeerId, heard: Heard): CatalogRow {
  return { ...heard, peerId, index: noIndex, indexed: undefined, failure: undefined };
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
  const { indexedLength, snapshotLength, headBlock, feedBytes } = row.index;
  database.run(
    `INSERT INTO catalogShare (peerId, shareId, body, signature, revision, indexedLength, snapshotLength, headBlock, feedBytes, indexedAtMs,
       indexedBody, indexedSignature, partyIds, isHearsay, failure)
     VALUES (:peerId, :shareId, :body, :signature, :revision, :indexedLength, :snapshotLength, :headBlock, :feedBytes, :indexedAtMs,
       :indexedBody, :indexedSignature, :partyIds, :isHearsay, :failure)
     ON CONFLICT (peerId, shareId) DO UPDATE SET body = excluded.body, signature = excluded.signature, revision = excluded.revision,
       indexedLength = excluded.indexedLength, snapshotLength = excluded.snapshotLength, headBlock = excluded.headBlock,
       feedBytes = excluded.feedBytes, indexedAtMs = excluded.indexedAtMs, indexedBody = excluded.indexedBody,
       indexedSignature = excluded.indexedSignature, partyIds = excluded.partyIds, isHearsay = excluded.isHearsay,
       failure = excluded.failure`,
    {
      ...{ indexedLength, snapshotLength, headBlock, feedBytes },
      peerId: row.peerId,
      shareId: row.announcement.shareId,
      body: row.signed.body,
      signature: row.signed.signature,
      revision: row.announcement.revision,
      indexedAtMs: indexedLength === 0 ? null : Date.now(),
      indexedBody: row.indexed?.signed.body ?? null,
      indexedSignature: row.indexed?.signed.signature ?? null,
      partyIds: JSON.stringify(row.partyIds),
      isHearsay: row.isHearsay ? 1 : 0,
      failure: row.failure === undefined ? null : JSON.stringify(row.failure),
    },
  );
}

export function deleteCatalogRow(database: Database, peerId: PeerId, shareId: ShareId): void {
  database.run('DELETE FROM catalogShare WHERE peerId = :peerId AND shareId = :shareId', { peerId, shareId });
}

function parseRow(stored: StoredRow): CatalogRow | undefined {
  const { peerId, indexedLength, snapshotLength, headBlock, feedBytes } = stored;
  if (!isPeerId(peerId)) return undefined;
  try {
    const { announcement, signed } = announced(stored.body, stored.signature);
    if (announcement.shareId !== stored.shareId) return undefined;
    return {
      ...{ peerId, announcement, signed },
      index: { indexedLength, snapshotLength, headBlock, feedBytes },
      indexed:
        stored.indexedBody === null || stored.indexedSignature === null
          ? undefined
          : announced(stored.indexedBody, stored.indexedSignature),
      partyIds: JSON.parse(stored.partyIds) as PartyId[],
      isHearsay: stored.isHearsay === 1,
      failure: stored.failure === null ? undefined : (JSON.parse(stored.failure) as Failure),
    };
  } catch {
    // Written by another version.
    return undefined;
  }
}

function announced(body: Uint8Array, signature: Uint8Array): AnnouncedShare {
  return { announcement: decodeAnnouncement(body), signed: { body, signature } };
}

/** Whether nobody who may be passed on the older one may not have the newer one. */
export function mayGoOn({ passTags: older }: ShareAnnouncement, { passTags: newer }: ShareAnnouncement): boolean {
  if (newer === undefined) return true;
  return older?.every((tag) => newer.some((each) => Buffer.compare(each, tag) === 0)) ?? false;
}

export function isSameFeed(one: ShareAnnouncement, other: ShareAnnouncement): boolean {
  return Buffer.from(one.feedKey).equals(other.feedKey) && Buffer.from(one.encryptionKey).equals(other.encryptionKey);
}
