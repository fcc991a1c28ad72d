// Reads and writes the tables of details.db. Runs in the worker of the store; knows no feeds and no peers.

import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { Database } from '../../storage/database.ts';
import type { FolderChange } from '../index/rows.ts';
import type { DetailOperations, DetailState, FileState, FindQuestion, FoundFile } from './detailMessages.ts';
import type { DetailRecord } from './detailRecord.ts';
import { detailDatabase, wordTable } from './detailSchema.ts';
import { joinedNumbers } from './joinedNumbers.ts';

interface ShareRow extends Omit<DetailState, 'isOfContent'> {
  id: number;
  isOfContent: number;
}

interface DetailRow extends FileState {
  id: number;
  contentId: Uint8Array | null;
  mime: string | null;
  fields: string | null;
}

type Bytes = Uint8Array<ArrayBuffer>;
const none: Bytes = new Uint8Array(0);

/** Of a row beside its path and texts, with its places in the indexes. */
const rowBytes = 160;

export class DetailTables {
  readonly #database: Database;
  readonly #hasWords: boolean;
  readonly #mimes = new Map<string, number>();

  /** Makes the file anew when it cannot be used. */
  constructor(folder: string, log: (message: string) => void) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#database = openDatabase(folder, log);
    this.#hasWords = this.#openWords(log);
  }

  close(): void {
    this.#database.close();
  }

  transaction<T>(work: () => T): T {
    return this.#database.transaction(work);
  }

  states(): DetailState[] {
    return this.#database.all<ShareRow>('SELECT * FROM share').map(stateOf);
  }

  state(key: string): DetailState | undefined {
    const row = this.#share(key);
    return row && stateOf(row);
  }

  /** Forgets all of a share, and begins it anew. */
  begin(key: string, { feedKey, isOfContent, refusal }: { feedKey: Uint8Array; isOfContent: boolean; refusal: string }): void {
    this.remove(key);
    this.#database.run('INSERT INTO share (key, feedKey, isOfContent, refusal) VALUES (:key, :feedKey, :isOfContent, :refusal)', {
      key,
      feedKey,
      isOfContent: isOfContent ? 1 : 0,
      refusal,
    });
  }

  save(key: string, change: Partial<Omit<DetailState, 'key' | 'isOfContent' | 'refusal'>>): void {
    const columns = Object.keys(change)
      .map((name) => `${name} = :${name}`)
      .join(', ');
    this.#database.run(`UPDATE share SET ${columns} WHERE key = :key`, { ...change, key });
  }

  remove(key: string): void {
    const share = this.#share(key);
    if (share === undefined) return;
    if (this.#hasWords)
      this.#database.run(
        'DELETE FROM detailWords WHERE rowid IN (SELECT id FROM detail WHERE share = :id AND fields IS NOT NULL)',
        {
          id: share.id,
        },
      );
    this.#database.run('DELETE FROM detail WHERE share = :id', { id: share.id });
    this.#database.run('DELETE FROM share WHERE id = :id', { id: share.id });
  }

  /** Each replaces what was known of its path. Answers what they may take of the disk. */
  put(key: string, records: readonly DetailRecord[]): { files: number; bytes: number; previewBytes: number } {
    const share = this.#share(key);
    if (share === undefined) return { files: 0, bytes: 0, previewBytes: 0 };
    let [files, bytes, previewBytes] = [0, 0, 0];
    for (const { path: file, sizeBytes, mtimeMs, contentId, mime, fields } of records) {
      const texts = Object.values(fields);
      const json = texts.length === 0 ? null : JSON.stringify(fields);
      const before = this.#database.get<{ id: number; fields: string | null }>(
        'SELECT id, fields FROM detail WHERE share = :share AND path = :path',
        { share: share.id, path: file },
      );
      if (before !== undefined) this.#delete(before);
      else files++;
      const row = this.#database.get<{ id: number }>(
        `INSERT INTO detail (share, path, sizeBytes, mtimeMs, contentId, mime, fields)
           VALUES (:share, :path, :sizeBytes, :mtimeMs, :contentId, :mime, :fields) RETURNING id`,
        {
          ...{ share: share.id, path: file, sizeBytes, mtimeMs, contentId: contentId ?? null, fields: json },
          mime: mime === undefined ? null : this.#mime(mime),
        },
      );
      if (json !== null && this.#hasWords)
        this.#database.run('INSERT INTO detailWords (rowid, text) VALUES (:id, :text)', {
          id: row?.id ?? 0,
          text: texts.join('\n'),
        });
      bytes += rowBytes + 2 * file.length + 3 * (json?.length ?? 0);
      previewBytes += fields.text?.length ?? 0;
    }
    return { files, bytes, previewBytes };
  }

  /** Names that are gone, with all below them. */
  forget(key: string, folders: readonly Pick<FolderChange, 'path' | 'removed'>[]): void {
    const share = this.#share(key);
    if (share === undefined || share.files === 0) return;
    let count = 0;
    for (const folder of folders) {
      for (const name of folder.removed) {
        const gone = folder.path === '' ? name : `${folder.path}/${name}`;
        // `0` follows `/`: what lies between is below the folder.
        const rows = this.#database.all<{ id: number; fields: string | null }>(
          'SELECT id, fields FROM detail WHERE share = :share AND (path = :path OR (path > :low AND path < :high))',
          { share: share.id, path: gone, low: `${gone}/`, high: `${gone}0` },
        );
        for (const row of rows) this.#delete(row);
        count += rows.length;
      }
    }
    if (count > 0) this.save(key, { files: share.files - count });
  }

  get(key: string, file: string): DetailRecord | undefined {
    const row = this.#database.get<DetailRow>(
      `SELECT detail.*, mime.name AS mime FROM detail JOIN share ON share.id = detail.share LEFT JOIN mime ON mime.id = detail.mime
         WHERE share.key = :key AND path = :path`,
      { key, path: file },
    );
    return row && recordOf(row);
  }

  /** Whether something is known of the file as it is. */
  isKnown(key: string, { path: file, sizeBytes, mtimeMs }: FileState): boolean {
    const row = this.#database.get<FileState>(
      'SELECT sizeBytes, mtimeMs FROM detail WHERE share = (SELECT id FROM share WHERE key = :key) AND path = :path',
      { key, path: file },
    );
    return row?.sizeBytes === sizeBytes && row.mtimeMs === mtimeMs;
  }

  /** Records of a share after a path, by the bytes of their paths. */
  after(key: string, last: string, limit: number): DetailRecord[] {
    return this.#database
      .all<DetailRow>(
        `SELECT detail.*, mime.name AS mime FROM detail LEFT JOIN mime ON mime.id = detail.mime
           WHERE share = (SELECT id FROM share WHERE key = :key) AND path > :last ORDER BY path LIMIT :limit`,
        { key, last, limit },
      )
      .map(recordOf);
  }

  /** See `DetailOperations.roots`. */
  roots({ key, below, after, limit }: DetailOperations['roots']['params']): DetailOperations['roots']['result'] {
    // Joined by the database, as bytes: a row a step costs twice as much, and so does text that is taken apart here.
    // `0` follows `/`: what lies between is below the folder.
    const found = this.#database.get<Record<'paths' | 'sizes' | 'times', Bytes | null> & Record<'roots' | 'last', string | null>>(
      `SELECT CAST(group_concat(path, '//') AS BLOB) AS paths, CAST(group_concat(sizeBytes) AS BLOB) AS sizes,
         CAST(group_concat(mtimeMs) AS BLOB) AS times, group_concat(hex(contentId), '') AS roots, max(path) AS last
         FROM (SELECT path, sizeBytes, mtimeMs, contentId FROM detail WHERE share = (SELECT id FROM share WHERE key = :key)
           AND path > :after AND (:below = '' OR path < :high) AND contentId IS NOT NULL ORDER BY path LIMIT :limit)`,
      { key, after, below, high: `${below}0`, limit },
    );
    const roots = new Uint8Array(Buffer.from(found?.roots ?? '', 'hex'));
    return {
      paths: found?.paths ?? none,
      ...{ sizes: joinedNumbers(found?.sizes ?? none), times: joinedNumbers(found?.times ?? none), roots },
      last: found?.last ?? undefined,
    };
  }

  /** Deletes the records of these paths. */
  drop(key: string, paths: readonly string[]): void {
    const share = this.#share(key);
    if (share === undefined) return;
    let count = 0;
    for (const file of paths) {
      const row = this.#database.get<{ id: number; fields: string | null }>(
        'SELECT id, fields FROM detail WHERE share = :share AND path = :path',
        { share: share.id, path: file },
      );
      if (row === undefined) continue;
      this.#delete(row);
      count++;
    }
    this.save(key, { files: share.files - count });
  }

  holders(contentId: Uint8Array, limit: number): (FileState & { key: string })[] {
    return this.#database.all(
      `SELECT share.key AS key, path, sizeBytes, mtimeMs FROM detail JOIN share ON share.id = detail.share
         WHERE contentId = :contentId ORDER BY detail.id LIMIT :limit`,
      { contentId, limit },
    );
  }

  /** The first `limit`; those found by words newest first. The order of the tables is given: nothing is sorted. */
  find({ keys, types, texts, limit, withFields }: FindQuestion): FoundFile[] {
    const conditions = ['share.refusal = :none'];
    const parameters: Record<string, string | number> = { none: '', limit };
    if (keys !== undefined) {
      conditions.push('share.key IN (SELECT value FROM json_each(:keys))');
      parameters['keys'] = JSON.stringify(keys);
    }
    if (types !== undefined) {
      const ids = this.#mimesOf(types);
      if (ids.length === 0) return [];
      conditions.push('detail.mime IN (SELECT value FROM json_each(:mimes))');
      parameters['mimes'] = JSON.stringify(ids);
    }
    const isByWords = texts.length > 0 && this.#hasWords;
    if (isByWords) {
      conditions.push('detailWords MATCH :words');
      parameters['words'] = texts.map((text) => `"${text.replaceAll('"', '""')}"*`).join(' AND ');
    } else {
      for (const [index, text] of texts.entries()) {
        conditions.push(`instr(lower(fields), :text${index}) > 0`);
        parameters[`text${index}`] = JSON.stringify(text.toLowerCase()).slice(1, -1);
      }
    }
    const rows = this.#database.all<FileState & { key: string; fields: string | null }>(
      `SELECT share.key AS key, path, sizeBytes, mtimeMs${withFields ? ', fields' : ', NULL AS fields'}
         FROM ${isByWords ? 'detailWords CROSS JOIN detail ON detail.id = detailWords.rowid' : 'detail'} JOIN share ON share.id = detail.share
         WHERE ${conditions.join(' AND ')} ${isByWords ? 'ORDER BY detailWords.rowid DESC' : ''} LIMIT :limit`,
      parameters,
    );
    return rows.map((row) => ({ ...row, fields: fieldsOf(row.fields) }));
  }

  #share(key: string): ShareRow | undefined {
    return this.#database.get<ShareRow>('SELECT * FROM share WHERE key = :key', { key });
  }

  #delete({ id, fields }: { id: number; fields: string | null }): void {
    if (fields !== null && this.#hasWords) this.#database.run('DELETE FROM detailWords WHERE rowid = :id', { id });
    this.#database.run('DELETE FROM detail WHERE id = :id', { id });
  }

  #mime(name: string): number {
    const known = this.#mimes.get(name);
    if (known !== undefined) return known;
    this.#database.run('INSERT OR IGNORE INTO mime (name) VALUES (:name)', { name });
    const id = this.#database.get<{ id: number }>('SELECT id FROM mime WHERE name = :name', { name })?.id ?? 0;
    if (this.#mimes.size < 10_000) this.#mimes.set(name, id);
    return id;
  }

  #mimesOf(types: readonly string[]): number[] {
    return this.#database
      .all<{ id: number; name: string }>('SELECT id, name FROM mime')
      .filter(({ name }) => types.some((type) => name === type || name.startsWith(`${type}/`) || name.endsWith(`/${type}`)))
      .map(({ id }) => id);
  }

  #openWords(log: (message: string) => void): boolean {
    try {
      this.#database.exec(wordTable);
      return true;
    } catch (error) {
      log(`Texts are searched slowly, since this runtime's SQLite has no FTS5 (${String(error)})`);
      return false;
    }
  }
}

function openDatabase(folder: string, log: (message: string) => void): Database {
  try {
    return new Database(folder, detailDatabase);
  } catch (error) {
    log(`What is known of files beyond their names is read anew: ${String(error)}`);
    for (const end of ['', '-wal', '-shm']) rmSync(path.join(folder, `${detailDatabase.file}${end}`), { force: true });
    return new Database(folder, detailDatabase);
  }
}

function stateOf({
  key,
  feedKey,
  length,
  feedRecords,
  files,
  bytes,
  previewBytes,
  doneLength,
  isOfContent,
  refusal,
}: ShareRow): DetailState {
  return { key, feedKey, length, feedRecords, files, bytes, previewBytes, doneLength, isOfContent: isOfContent === 1, refusal };
}

function recordOf({ path: file, sizeBytes, mtimeMs, contentId, mime, fields }: DetailRow): DetailRecord {
  return { path: file, sizeBytes, mtimeMs, contentId: contentId ?? undefined, mime: mime ?? undefined, fields: fieldsOf(fields) };
}

/** We wrote it, from what was checked. */
function fieldsOf(json: string | null): DetailRecord['fields'] {
  return json === null ? {} : (JSON.parse(json) as DetailRecord['fields']);
}
