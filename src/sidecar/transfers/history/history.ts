// Transfers that ended, the newest of them, and all that was ever transferred.

import type { ContentId, PeerId, ShareId } from '../../../protocol/ids.ts';
import type { EntryKind, EntryRef, Failure, HistoryEntry, TransferTotals } from '../../../protocol/model.ts';
import { transferLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { Database } from '../../storage/database.ts';

export type Direction = HistoryEntry['direction'];

interface Row {
  direction: string;
  peerId: string;
  peerName: string;
  shareId: string;
  path: string;
  kind: string;
  outcome: string;
  bytes: number;
  files: number;
  startedAtMs: number;
  endedAtMs: number;
  destination: string | null;
  contentId: string | null;
  failure: string | null;
}

interface HistoryFilter {
  direction?: Direction | undefined;
  /** `contentId` beside it: either of them. */
  entry?: EntryRef | undefined;
  contentId?: ContentId | undefined;
}

/** Of an upload `peerId` is who took it; a share is known by its own id. */
const isOfEntry = `shareId = :shareId AND (direction = 'upload' OR peerId = :peerId) AND (path = :path
  OR (kind = 'folder' AND (path = '' OR substr(:path, 1, length(path) + 1) = path || '/')))`;

/** Rows above the limit before they are dropped: not one by one. */
const slack = 256;

export class History {
  readonly #database: Database;
  readonly #log: Log;
  #count: number;

  constructor(options: { database: Database; log: Log }) {
    this.#database = options.database;
    this.#log = options.log;
    this.#count = this.#counted();
  }

  /** A full disk loses the line, not the transfer. */
  add(entry: HistoryEntry): void {
    const { destination, contentId, failure, ...rest } = entry;
    try {
      this.#database.run(
        `INSERT INTO transferHistory (direction, peerId, peerName, shareId, path, kind, outcome, bytes, files, startedAtMs, endedAtMs,
           destination, contentId, failure)
         VALUES (:direction, :peerId, :peerName, :shareId, :path, :kind, :outcome, :bytes, :files, :startedAtMs, :endedAtMs,
           :destination, :contentId, :failure)`,
        {
          ...rest,
          destination: destination ?? null,
          contentId: contentId ?? null,
          failure: failure ? JSON.stringify(failure) : null,
        },
      );
      if (++this.#count > transferLimits.history + slack) this.#trim();
    } catch (error) {
      this.#log.warn(`A transfer could not be noted in the history: ${String(error)}`);
    }
  }

  /** What moved, whatever became of it. */
  count(direction: Direction, moved: { bytes: number; files: number }): void {
    if (moved.bytes <= 0 && moved.files <= 0) return;
    try {
      this.#database.run(
        `INSERT INTO transferTotal (direction, bytes, files) VALUES (:direction, :bytes, :files)
         ON CONFLICT (direction) DO UPDATE SET bytes = bytes + :bytes, files = files + :files`,
        { direction, bytes: Math.max(0, moved.bytes), files: Math.max(0, moved.files) },
      );
    } catch (error) {
      this.#log.warn(`The totals of transfers could not be written: ${String(error)}`);
    }
  }

  /** Newest first. `total` of those that are meant: of this direction, of `entry` and folders above it, with this content. */
  list(page: HistoryFilter & { offset: number; limit: number }): { entries: HistoryEntry[]; total: number } {
    const { offset } = page;
    const { where, given } = filterOf(page);
    const counted = this.#database.get<{ n: number }>(`SELECT count(*) AS n FROM transferHistory ${where}`, given)?.n ?? 0;
    const total = Math.min(counted, transferLimits.history);
    const limit = Math.max(0, Math.min(page.limit, total - offset));
    const rows = this.#database.all<Row>(`SELECT * FROM transferHistory ${where} ORDER BY id DESC LIMIT :limit OFFSET :offset`, {
      ...given,
      ...{ limit, offset },
    });
    return { entries: rows.map(toEntry), total };
  }

  clear(): void {
    this.#database.run('DELETE FROM transferHistory');
    this.#count = 0;
  }

  totals(): TransferTotals {
    const rows = this.#database.all<{ direction: string; bytes: number; files: number }>('SELECT * FROM transferTotal');
    const of = (direction: Direction) => rows.find((row) => row.direction === direction) ?? { bytes: 0, files: 0 };
    const [down, up] = [of('download'), of('upload')];
    return { downloadedBytes: down.bytes, downloadedFiles: down.files, uploadedBytes: up.bytes, uploadedFiles: up.files };
  }

  #counted(): number {
    return this.#database.get<{ n: number }>('SELECT count(*) AS n FROM transferHistory')?.n ?? 0;
  }

  #trim(): void {
    this.#database.run(
      'DELETE FROM transferHistory WHERE id <= (SELECT id FROM transferHistory ORDER BY id DESC LIMIT 1 OFFSET :most)',
      { most: transferLimits.history },
    );
    this.#count = this.#counted();
  }
}

function filterOf({ direction, entry, contentId }: HistoryFilter) {
  const either = [
    ...(entry === undefined ? [] : [`(${isOfEntry})`]),
    ...(contentId === undefined ? [] : ['contentId = :contentId']),
  ];
  const all = [
    ...(direction === undefined ? [] : ['direction = :direction']),
    ...(either.length === 0 ? [] : [`(${either.join(' OR ')})`]),
  ];
  return {
    where: all.length === 0 ? '' : `WHERE ${all.join(' AND ')}`,
    given: {
      ...(direction !== undefined && { direction }),
      ...(entry !== undefined && { peerId: entry.peerId, shareId: entry.shareId, path: entry.path }),
      ...(contentId !== undefined && { contentId }),
    },
  };
}

/** Rows are our own words, written by `add`. */
function toEntry(row: Row): HistoryEntry {
  const { destination, contentId, failure } = row;
  return {
    direction: row.direction as Direction,
    peerId: row.peerId as PeerId,
    peerName: row.peerName,
    shareId: row.shareId as ShareId,
    path: row.path,
    kind: row.kind as EntryKind,
    outcome: row.outcome as HistoryEntry['outcome'],
    bytes: row.bytes,
    files: row.files,
    startedAtMs: row.startedAtMs,
    endedAtMs: row.endedAtMs,
    ...(destination === null ? {} : { destination }),
    ...(contentId === null ? {} : { contentId: contentId as ContentId }),
    ...(failure === null ? {} : { failure: JSON.parse(failure) as Failure }),
  };
}
