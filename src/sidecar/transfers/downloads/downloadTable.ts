// The download queue in the database. What is wanted stands there before it starts, so that it goes on after anything.

import type { DownloadId, PeerId, ShareId } from '../../../protocol/ids.ts';
import type { DownloadInfo, DownloadState, EntryKind, EntryRef, Failure } from '../../../protocol/model.ts';
import type { Database } from '../../storage/database.ts';

/** A download as it is kept: like its info, but the destination is '' until a name was claimed. */
export interface DownloadRecord extends Omit<DownloadInfo, 'bytesPerSecond' | 'failure' | 'finishedAtMs'> {
  /** The folder that the download goes into. */
  folder: string;
  failure: Failure | undefined;
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
  doneBytes: number;
  totalBytes: number;
  doneFiles: number;
  totalFiles: number;
  addedAtMs: number;
  finishedAtMs: number | null;
  failure: string | null;
  failedFiles: string;
}

export class DownloadTable {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** All, in the order they were added. */
  all(): DownloadRecord[] {
    return this.#database.all<DownloadRow>('SELECT * FROM download ORDER BY addedAtMs, rowid').map(toRecord);
  }

  insert(record: DownloadRecord): void {
    this.#database.run(
      `INSERT INTO download (downloadId, peerId, shareId, path, kind, name, folder, destination, state, doneBytes, totalBytes,
         doneFiles, totalFiles, addedAtMs, finishedAtMs, failure, failedFiles)
       VALUES (:downloadId, :peerId, :shareId, :path, :kind, :name, :folder, :destination, :state, :doneBytes, :totalBytes,
         :doneFiles, :totalFiles, :addedAtMs, :finishedAtMs, :failure, :failedFiles)`,
      {
        ...changing(record),
        peerId: record.entry.peerId,
        shareId: record.entry.shareId,
        path: record.entry.path,
        kind: record.kind,
        name: record.name,
        folder: record.folder,
        addedAtMs: record.addedAtMs,
      },
    );
  }

  update(record: DownloadRecord): void {
    this.#database.run(
      `UPDATE download SET destination = :destination, state = :state, doneBytes = :doneBytes, totalBytes = :totalBytes,
         doneFiles = :doneFiles, totalFiles = :totalFiles, finishedAtMs = :finishedAtMs, failure = :failure, failedFiles = :failedFiles
       WHERE downloadId = :downloadId`,
      changing(record),
    );
  }

  delete(downloadIds: DownloadId[]): void {
    this.#database.transaction(() => {
      for (const downloadId of downloadIds)
        this.#database.run('DELETE FROM download WHERE downloadId = :downloadId', { downloadId });
    });
  }
}

function changing(record: DownloadRecord) {
  return {
    downloadId: record.downloadId,
    destination: record.destination,
    state: record.state,
    doneBytes: record.doneBytes,
    totalBytes: record.totalBytes,
    doneFiles: record.doneFiles,
    totalFiles: record.totalFiles,
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
    doneBytes: row.doneBytes,
    totalBytes: row.totalBytes,
    doneFiles: row.doneFiles,
    totalFiles: row.totalFiles,
    addedAtMs: row.addedAtMs,
    finishedAtMs: row.finishedAtMs ?? undefined,
    failure: row.failure === null ? undefined : (JSON.parse(row.failure) as Failure),
    failedFiles: JSON.parse(row.failedFiles) as DownloadInfo['failedFiles'],
  };
}
