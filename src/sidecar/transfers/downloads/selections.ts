// Downloads of some files of a folder: which ones, kept with the download, and the catalog as such a download sees it. They go right into the folder
// that was chosen, which is their destination from the beginning.

import { deflateSync, inflateSync } from 'node:zlib';
import { AppError } from '../../../protocol/errors.ts';
import type { DownloadId } from '../../../protocol/ids.ts';
import { transferLimits } from '../../limits.ts';
import type { Database } from '../../storage/database.ts';
import type { DownloadCatalog } from './downloadRecord.ts';
import type { DownloadRecord } from './downloadTable.ts';

export class Selections {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Of a download that is in the database. Paths are those inside the share. */
  put(downloadId: DownloadId, paths: readonly string[]): void {
    const packed = new Uint8Array(deflateSync(paths.join('\0')));
    if (packed.byteLength > transferLimits.selectionBytes)
      throw new AppError('too-large', 'So many files cannot be chosen for one download. Choose fewer, or folders.');
    this.#database.run('INSERT INTO downloadSelection (downloadId, paths) VALUES (:downloadId, :packed)', { downloadId, packed });
  }

  /** What this download is to see of the catalog: all, or the files that were chosen for it. */
  over(record: Pick<DownloadRecord, 'downloadId' | 'folder' | 'destination'>, catalog: DownloadCatalog): DownloadCatalog {
    const { downloadId } = record;
    if (!fillsFolder(record)) return catalog;
    const row = this.#database.get<{ paths: Uint8Array }>('SELECT paths FROM downloadSelection WHERE downloadId = :downloadId', {
      downloadId,
    });
    return row === undefined ? catalog : onlyOf(catalog, new Set(inflateSync(row.paths).toString().split('\0')));
  }
}

/** A catalog that has nothing but these files. */
export function onlyOf(catalog: DownloadCatalog, paths: ReadonlySet<string>): DownloadCatalog {
  return {
    stat: (ref) => catalog.stat(ref),
    titleOf: (peerId, shareId) => catalog.titleOf(peerId, shareId),
    *files(ref) {
      for (const found of catalog.files(ref)) if (found.entry.kind === 'file' && paths.has(found.path)) yield found;
    },
  };
}

/** Its files go right into the folder that was chosen, beside what is there. */
export function fillsFolder({ folder, destination }: Pick<DownloadRecord, 'folder' | 'destination'>): boolean {
  return destination === folder;
}
