// Offers in the database, ours and others': what was offered stands there before anybody is told, so that it goes on after anything.

import type { DownloadId, OfferId, PeerId } from '../../protocol/ids.ts';
import { isDownloadId, isOfferId, isPeerId } from '../../protocol/ids.ts';
import type { IncomingState, OfferItem, OutgoingState } from '../../protocol/sending.ts';
import { sendingLimits } from '../limits.ts';
import type { Database } from '../storage/database.ts';

export type OfferState = OutgoingState | IncomingState;

export interface OfferRow<S extends OfferState = OfferState> {
  peerId: PeerId;
  offerId: OfferId;
  text: string;
  items: OfferItem[];
  fileCount: number;
  folderCount: number;
  totalBytes: number;
  /** Undefined once it ended. */
  manifest: Uint8Array | undefined;
  /** Of ours: where each item lies. */
  paths: string[];
  state: S;
  /** Of ours: the peer knows that it ended. */
  isTold: boolean;
  reason: string | undefined;
  /** Made, or received. */
  atMs: number;
  expiresAtMs: number;
  /** Of accepted ones. */
  folder: string | undefined;
  downloadIds: DownloadId[];
  dropBoxId: string | undefined;
}

interface RawRow {
  peerId: string;
  offerId: string;
  text: string;
  items: string;
  fileCount: number;
  folderCount: number;
  totalBytes: number;
  manifest: Uint8Array | null;
  paths: string | null;
  state: string;
  isTold: number;
  reason: string | null;
  atMs: number;
  expiresAtMs: number;
  folder: string | null;
  downloads: string | null;
  dropBoxId: string | null;
}

const columns = [
  'peerId',
  'offerId',
  'text',
  'items',
  'fileCount',
  'folderCount',
  'totalBytes',
  'manifest',
  'paths',
  'state',
  'isTold',
  'reason',
  'atMs',
  'expiresAtMs',
  'folder',
  'downloads',
  'dropBoxId',
] as const;

/** All rows of one direction, in memory and in the database. */
export class OfferTable<S extends OfferState> {
  readonly #database: Database;
  readonly #isOurs: number;
  readonly #ends: ReadonlySet<S>;
  /** By peer and offer. */
  readonly #rows = new Map<string, OfferRow<S>>();

  /** `ends`: states in which nothing more comes of it. */
  constructor(database: Database, { isOurs, ends }: { isOurs: boolean; ends: readonly S[] }) {
    this.#database = database;
    this.#isOurs = isOurs ? 1 : 0;
    this.#ends = new Set(ends);
    const rows = database.all<RawRow>('SELECT * FROM offer WHERE isOurs = :isOurs ORDER BY atMs', { isOurs: this.#isOurs });
    for (const raw of rows) {
      const row = this.#parse(raw);
      if (row !== undefined) this.#rows.set(keyOf(row.peerId, row.offerId), row);
    }
  }

  /** Newest first. */
  list(): OfferRow<S>[] {
    return [...this.#rows.values()].sort((a, b) => b.atMs - a.atMs);
  }

  get(peerId: PeerId, offerId: OfferId): OfferRow<S> | undefined {
    return this.#rows.get(keyOf(peerId, offerId));
  }

  isOpen({ state }: Pick<OfferRow<S>, 'state'>): boolean {
    return !this.#ends.has(state);
  }

  /** Those of a peer, or of all, that are not at their end. */
  openCount(peerId?: PeerId): number {
    let count = 0;
    for (const row of this.#rows.values()) if (this.isOpen(row) && (peerId === undefined || row.peerId === peerId)) count++;
    return count;
  }

  insert(row: OfferRow<S>): void {
    const marks = columns.map((name) => `:${name}`).join(', ');
    this.#database.run(`INSERT INTO offer (isOurs, ${columns.join(', ')}) VALUES (:isOurs, ${marks})`, {
      ...{ isOurs: this.#isOurs, peerId: row.peerId, offerId: row.offerId, text: row.text, items: JSON.stringify(row.items) },
      ...{ fileCount: row.fileCount, folderCount: row.folderCount, totalBytes: row.totalBytes, manifest: row.manifest ?? null },
      ...{ paths: JSON.stringify(row.paths), atMs: row.atMs, ...changing(row) },
    });
    this.#rows.set(keyOf(row.peerId, row.offerId), row);
    this.#trim();
  }

  /** Its list goes when it has ended. */
  change(row: OfferRow<S>, change: Partial<OfferRow<S>>): void {
    const changed = { ...row, ...change };
    if (!this.isOpen(changed)) changed.manifest = undefined;
    this.#database.run(
      `UPDATE offer SET state = :state, isTold = :isTold, reason = :reason, expiresAtMs = :expiresAtMs, folder = :folder,
         downloads = :downloads, dropBoxId = :dropBoxId, manifest = :manifest
         WHERE isOurs = :isOurs AND peerId = :peerId AND offerId = :offerId`,
      {
        ...{ isOurs: this.#isOurs, peerId: row.peerId, offerId: row.offerId, manifest: changed.manifest ?? null },
        ...changing(changed),
      },
    );
    Object.assign(row, changed);
    if (!this.isOpen(row)) this.#trim();
  }

  delete({ peerId, offerId }: Pick<OfferRow, 'peerId' | 'offerId'>): void {
    this.#database.run('DELETE FROM offer WHERE isOurs = :isOurs AND peerId = :peerId AND offerId = :offerId', {
      ...{ isOurs: this.#isOurs, peerId, offerId },
    });
    this.#rows.delete(keyOf(peerId, offerId));
  }

  /** Of ended ones the newest stay. */
  #trim(): void {
    const ended = this.list().filter((row) => !this.isOpen(row));
    for (const row of ended.slice(sendingLimits.endedOffers)) this.delete(row);
  }

  #parse(raw: RawRow): OfferRow<S> | undefined {
    const { peerId, offerId, paths, downloads, ...rest } = raw;
    if (!isPeerId(peerId) || !isOfferId(offerId)) return undefined;
    return {
      ...{ ...rest, peerId, offerId, items: JSON.parse(raw.items) as OfferItem[], state: raw.state as S },
      manifest: raw.manifest ?? undefined,
      paths: strings(paths),
      isTold: raw.isTold === 1,
      reason: raw.reason ?? undefined,
      folder: raw.folder ?? undefined,
      downloadIds: strings(downloads).filter(isDownloadId),
      dropBoxId: raw.dropBoxId ?? undefined,
    };
  }
}

export function keyOf(peerId: PeerId, offerId: string): string {
  return `${peerId}/${offerId}`;
}

function changing(row: OfferRow) {
  const { state, isTold, reason, expiresAtMs, folder, downloadIds, dropBoxId } = row;
  return {
    ...{ state, isTold: isTold ? 1 : 0, reason: reason ?? null, expiresAtMs, folder: folder ?? null },
    ...{ downloads: JSON.stringify(downloadIds), dropBoxId: dropBoxId ?? null },
  };
}

function strings(json: string | null): string[] {
  const value: unknown = json === null ? [] : JSON.parse(json);
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
