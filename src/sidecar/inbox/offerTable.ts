// Offers in the database, ours and others': what was offered stands there before anybody is told, so that it goes on after anything. Lists of what is in
// them stay there: in memory is what is shown.

import type { DownloadId, OfferId, PeerId } from '../../protocol/ids.ts';
import { isDownloadId, isOfferId, isPeerId } from '../../protocol/ids.ts';
import type { IncomingState, OfferItem, OutgoingState } from '../../protocol/sending.ts';
import { sendingLimits } from '../limits.ts';
import type { Database, Parameters } from '../storage/database.ts';

export type OfferState = OutgoingState | IncomingState;

export interface OfferRow<S extends OfferState = OfferState> {
  peerId: PeerId;
  offerId: OfferId;
  text: string;
  items: OfferItem[];
  fileCount: number;
  folderCount: number;
  totalBytes: number;
  /** Size of its list; 0 once it ended. */
  listBytes: number;
  /** Of ours: where each item lies. */
  paths: string[];
  state: S;
  /** Of ours: its peer was told of it. */
  isSaid: boolean;
  /** The other side knows that it ended. */
  isTold: boolean;
  /** Ended, and off the list. */
  isHidden: boolean;
  reason: string | undefined;
  /** Made, or received. */
  atMs: number;
  expiresAtMs: number;
  /** Of accepted ones. */
  folder: string | undefined;
  /** One an item. */
  downloadIds: DownloadId[];
  /** Those of them that came whole. */
  doneIds: DownloadId[];
  dropBoxId: string | undefined;
}

interface RawRow extends Omit<OfferRow, 'items' | 'paths' | 'downloadIds' | 'doneIds' | 'isSaid' | 'isTold' | 'isHidden'> {
  items: string;
  paths: string | null;
  downloads: string | null;
  done: string | null;
  isSaid: number;
  isTold: number;
  isHidden: number;
}

/** Columns that are written once; and those that change. */
const fixedColumns = ['peerId', 'offerId', 'fileCount', 'folderCount', 'totalBytes', 'atMs'] as const;
const changingColumns = [
  ...(['text', 'items', 'paths', 'state', 'isSaid', 'isTold', 'isHidden', 'reason', 'expiresAtMs', 'folder'] as const),
  ...(['downloads', 'done', 'dropBoxId'] as const),
];
const columns = [...fixedColumns, ...changingColumns];

const selectSql = `SELECT ${columns.join(', ')}, coalesce(length(manifest), 0) AS listBytes FROM offer WHERE isOurs = :isOurs ORDER BY atMs`;
const insertSql = `INSERT INTO offer (isOurs, manifest, ${columns.join(', ')})
  VALUES (:isOurs, :manifest, ${columns.map((name) => `:${name}`).join(', ')})`;
const which = 'isOurs = :isOurs AND peerId = :peerId AND offerId = :offerId';
const updateSql = `UPDATE offer SET ${changingColumns.map((name) => `${name} = :${name}`).join(', ')},
  manifest = CASE WHEN :isOpen THEN manifest END WHERE ${which}`;

/** All rows of one direction. */
export class OfferTable<S extends OfferState> {
  readonly #database: Database;
  readonly #isOurs: number;
  readonly #ends: ReadonlySet<S>;
  /** By peer and offer, the oldest first. */
  readonly #rows = new Map<string, OfferRow<S>>();

  /** `ends`: states in which nothing more comes of it. */
  constructor(database: Database, { isOurs, ends }: { isOurs: boolean; ends: readonly S[] }) {
    this.#database = database;
    this.#isOurs = isOurs ? 1 : 0;
    this.#ends = new Set(ends);
    for (const raw of database.all<RawRow>(selectSql, { isOurs: this.#isOurs })) {
      const row = this.#parse(raw);
      if (row !== undefined) this.#rows.set(keyOf(row.peerId, row.offerId), row);
    }
  }

  /** What is shown, newest first. */
  list(): OfferRow<S>[] {
    return [...this.#rows.values()].filter(({ isHidden }) => !isHidden).sort((a, b) => b.atMs - a.atMs);
  }

  /** All, or those with one peer, those off the list too; the oldest first. */
  each(peerId?: PeerId): OfferRow<S>[] {
    return [...this.#rows.values()].filter((row) => peerId === undefined || row.peerId === peerId);
  }

  get(peerId: PeerId, offerId: OfferId): OfferRow<S> | undefined {
    return this.#rows.get(keyOf(peerId, offerId));
  }

  isOpen({ state }: Pick<OfferRow<S>, 'state'>): boolean {
    return !this.#ends.has(state);
  }

  /** Those of a peer, or of all, that are not at their end: how many, and bytes of their lists. */
  open(peerId?: PeerId): { offers: number; listBytes: number } {
    const sum = { offers: 0, listBytes: 0 };
    for (const row of this.#rows.values()) {
      if (!this.isOpen(row) || (peerId !== undefined && row.peerId !== peerId)) continue;
      sum.offers++;
      sum.listBytes += row.listBytes;
    }
    return sum;
  }

  /** What is in an offer, as it travels; undefined once it ended. */
  manifest(row: Pick<OfferRow<S>, 'peerId' | 'offerId'>): Uint8Array | undefined {
    const sql = `SELECT manifest FROM offer WHERE ${which}`;
    return this.#database.get<{ manifest: Uint8Array | null }>(sql, this.#which(row))?.manifest ?? undefined;
  }

  insert(row: OfferRow<S>, manifest: Uint8Array): void {
    const { peerId, offerId, fileCount, folderCount, totalBytes, atMs } = row;
    const fixed = { peerId, offerId, fileCount, folderCount, totalBytes, atMs };
    this.#database.run(insertSql, { isOurs: this.#isOurs, manifest, ...fixed, ...changing(row) });
    this.#rows.set(keyOf(peerId, offerId), row);
  }

  /** Its list goes when it has ended; itself, when it is off the list and the other side knows. */
  change(row: OfferRow<S>, change: Partial<OfferRow<S>>): void {
    const wasOpen = this.isOpen(row);
    this.#save(row, change);
    if (wasOpen && !this.isOpen(row)) this.#trim(row.peerId);
  }

  /** Off the list, with what it said; that it ended is kept as long as the other side may not know. */
  takeOff(row: OfferRow<S>): void {
    this.#hide(row);
    this.#trim(row.peerId);
  }

  delete(row: Pick<OfferRow, 'peerId' | 'offerId'>): void {
    this.#database.run(`DELETE FROM offer WHERE ${which}`, this.#which(row));
    this.#rows.delete(keyOf(row.peerId, row.offerId));
  }

  #which({ peerId, offerId }: Pick<OfferRow, 'peerId' | 'offerId'>): Parameters {
    return { isOurs: this.#isOurs, peerId, offerId };
  }

  #save(row: OfferRow<S>, change: Partial<OfferRow<S>>): void {
    const changed = { ...row, ...change };
    const isOpen = this.isOpen(changed);
    if (!isOpen) changed.listBytes = 0;
    if (changed.isHidden && changed.isTold) this.delete(row);
    else this.#database.run(updateSql, { ...this.#which(row), isOpen: isOpen ? 1 : 0, ...changing(changed) });
    Object.assign(row, changed);
  }

  #hide(row: OfferRow<S>): void {
    this.#save(row, { isHidden: true, text: '', items: [], paths: [] });
  }

  /** Of ended ones the newest stay: no peer pushes out many of another's. */
  #trim(peerId: PeerId): void {
    const { endedOffers, endedOffersOfOne, hiddenOffers, hiddenOffersOfOne } = sendingLimits;
    const shown = (of?: PeerId) => this.each(of).filter((row) => !row.isHidden && !this.isOpen(row));
    for (const row of shown(peerId).slice(0, -endedOffersOfOne)) this.#hide(row);
    for (const row of shown().slice(0, -endedOffers)) this.#hide(row);
    const hidden = (of?: PeerId) => this.each(of).filter(({ isHidden }) => isHidden);
    for (const row of hidden(peerId).slice(0, -hiddenOffersOfOne)) this.delete(row);
    for (const row of hidden().slice(0, -hiddenOffers)) this.delete(row);
  }

  #parse(raw: RawRow): OfferRow<S> | undefined {
    const { downloads, done, ...rest } = raw;
    if (!isPeerId(raw.peerId) || !isOfferId(raw.offerId)) return undefined;
    return {
      ...{ ...rest, items: JSON.parse(raw.items) as OfferItem[], state: raw.state as S, paths: strings(raw.paths) },
      ...{ isSaid: raw.isSaid === 1, isTold: raw.isTold === 1, isHidden: raw.isHidden === 1 },
      reason: raw.reason ?? undefined,
      folder: raw.folder ?? undefined,
      downloadIds: strings(downloads).filter(isDownloadId),
      doneIds: strings(done).filter(isDownloadId),
      dropBoxId: raw.dropBoxId ?? undefined,
    };
  }
}

export function keyOf(peerId: PeerId, offerId: string): string {
  return `${peerId}/${offerId}`;
}

function changing(row: OfferRow): Record<(typeof changingColumns)[number], string | number | null> {
  return {
    ...{ text: row.text, items: JSON.stringify(row.items), paths: JSON.stringify(row.paths), state: row.state },
    ...{ isSaid: row.isSaid ? 1 : 0, isTold: row.isTold ? 1 : 0, isHidden: row.isHidden ? 1 : 0 },
    ...{ reason: row.reason ?? null, expiresAtMs: row.expiresAtMs, folder: row.folder ?? null },
    ...{ downloads: JSON.stringify(row.downloadIds), done: JSON.stringify(row.doneIds), dropBoxId: row.dropBoxId ?? null },
  };
}

function strings(json: string | null): string[] {
  const value: unknown = json === null ? [] : JSON.parse(json);
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}
