// The download queue in the database. What is wanted stands there before it starts, so that it goes on after anything.

import type { DownloadId, PeerId, ShareId } from '../../../protocol/ids.ts';
import type {
  ConflictPolicy,
  DownloadInfo,
  DownloadState,
  EntryKind,
  EntryRef,
  Failure,
  Priority,
} from '../../../protocol/model.ts';
import type { Database } from '../../storage/database.ts';
import { Selections } from './selections.ts';

/** What of a download's info is of the moment, and not kept. */
type OfTheMoment = 'bytesPerSecond' | 'secondsLeft' | 'sources' | 'retryAtMs' | 'place';

/** A download as it is kept: like its info, but the destination is '' until a name was claimed. */
export interface DownloadRecord extends Omit<DownloadInfo, OfTheMoment | 'failure' | 'finishedAtMs'> {
  /** The folder that the download goes into. */
  folder: string;
  failure: Failure | undefined;
  /** When its first attempt began. */
  startedAtMs: number | undefined;
  finishedAtMs: number | undefined;
}

interface DownloadRow {
  downloadId: string;
  peerId: string;
  shareId: string;
  path: string;
  kind: string;
  name: string;
  folder: string;
  destination: string;
  state: string;
  priority: string;
  place: number;
  conflict: string;
  doneBytes: number;
  totalBytes: number;
  doneFiles: number;
  totalFiles: number;
  reusedBytes: number;
  skippedFiles: number;
  addedAtMs: number;
  startedAtMs: number | null;
  finishedAtMs: number | null;
  failure: string | null;
  failedFiles: string;
}

/** Columns that change while a download lives. */
const changingColumns = [
  'destination',
  'state',
  'priority',
  'place',
  'doneBytes',
  'totalBytes',
  'doneFiles',
  'totalFiles',
  'reusedBytes',
  'skippedFiles',
  'startedAtMs',
  'finishedAtMs',
  'failure',
  'failedFiles',
] as const;
const fixedColumns = ['downloadId', 'peerId', 'shareId', 'path', 'kind', 'name', 'folder', 'conflict', 'addedAtMs'] as const;
const columns = [...fixedColumns, ...changingColumns];

const insertSql = `INSERT INTO download (${columns.join(', ')}) VALUES (${columns.map((name) => `:${name}`).join(', ')})`;
const updateSql = `UPDATE download SET ${changingColumns.map((name) => `${name} = :${name}`).join(', ')} WHERE downloadId = :downloadId`;

export class DownloadTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All, in the order they were added. */
  all(): DownloadRecord[] {
    return this.#database.all<DownloadRow>('SELECT * FROM download ORDER BY addedAtMs, rowid').map(toRecord);
  }

  /** `only`: the files chosen for it. */
  insert(record: DownloadRecord, only?: readonly string[]): void {
    this.#database.transaction(() => {
      this.#insert(record);
      if (only !== undefined) new Selections(this.#database).put(record.downloadId, only);
    });
  }

  #insert(record: DownloadRecord): void {
    const { downloadId, entry, kind, name, folder, conflict, addedAtMs } = record;
    const fixed = { downloadId, ...entry, kind, name, folder, conflict, addedAtMs };
    this.#database.run(insertSql, { ...fixed, ...changing(record) });
  }

  /** Writes all of them, or none. */
  update(...records: DownloadRecord[]): void {
    this.#database.transaction(() => {
      for (const record of records) this.#database.run(updateSql, { downloadId: record.downloadId, ...changing(record) });
    });
  }

  delete(downloadIds: readonly DownloadId[]): void {
    this.#database.transaction(() => {
      for (const downloadId of downloadIds)
        this.#database.run('DELETE FROM download WHERE downloadId = :downloadId', { downloadId });
    });
  }
}

function changing(record: DownloadRecord): Record<(typeof changingColumns)[number], string | number | null> {
  return {
    destination: record.destination,
    state: record.state,
    priority: record.priority,
    place: record.order,
    doneBytes: record.doneBytes,
    totalBytes: record.totalBytes,
    doneFiles: record.doneFiles,
    totalFiles: record.totalFiles,
    reusedBytes: record.reusedBytes,
    skippedFiles: record.skippedFiles,
    startedAtMs: record.startedAtMs ?? null,
    finishedAtMs: record.finishedAtMs ?? null,
    failure: record.failure ? JSON.stringify(record.failure) : null,
    failedFiles: JSON.stringify(record.failedFiles),
  };
}

/** Rows are our own words, written by `insert`. */
function toRecord(row: DownloadRow): DownloadRecord {
  const entry: EntryRef = { peerId: row.peerId as PeerId, shareId: row.shareId as ShareId, path: row.path };
  return {
    downloadId: row.downloadId as DownloadId,
    entry,
    kind: row.kind as EntryKind,
    name: row.name,
    folder: row.folder,
    destination: row.destination,
    state: row.state as DownloadState,
    priority: row.priority as Priority,
    order: row.place,
    conflict: row.conflict as ConflictPolicy,
    doneBytes: row.doneBytes,
    totalBytes: row.totalBytes,
    doneFiles: row.doneFiles,
    totalFiles: row.totalFiles,
    reusedBytes: row.reusedBytes,
    skippedFiles: row.skippedFiles,
    addedAtMs: row.addedAtMs,
    startedAtMs: row.startedAtMs ?? undefined,
    finishedAtMs: row.finishedAtMs ?? undefined,
    failure: row.failure === null ? undefined : (JSON.parse(row.failure) as Failure),
    failedFiles: JSON.parse(row.failedFiles) as DownloadInfo['failedFiles'],
  };
}
