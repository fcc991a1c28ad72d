// The tables of details.db: all of it can be read again from feeds, so a file that is damaged, or of another version, is made anew.

import type { DatabaseKind } from '../../storage/database.ts';

export const detailDatabase: DatabaseKind = {
  file: 'details.db',
  isDerived: true,
  migrations: [
    `
    CREATE TABLE share (
      id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, feedKey BLOB NOT NULL, length INTEGER NOT NULL DEFAULT 0,
      feedRecords INTEGER NOT NULL DEFAULT 0, files INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
      previewBytes INTEGER NOT NULL DEFAULT 0, doneLength INTEGER NOT NULL DEFAULT 0, isOfContent INTEGER NOT NULL DEFAULT 0,
      refusal TEXT NOT NULL DEFAULT ''
    ) STRICT;

    CREATE TABLE mime (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;

    -- fields: JSON.
    CREATE TABLE detail (
      id INTEGER PRIMARY KEY, share INTEGER NOT NULL REFERENCES share(id), path TEXT NOT NULL, sizeBytes INTEGER NOT NULL,
      mtimeMs INTEGER NOT NULL, contentId BLOB, mime INTEGER, fields TEXT
    ) STRICT;
    CREATE UNIQUE INDEX detailPath ON detail (share, path);
    CREATE INDEX detailContent ON detail (contentId) WHERE contentId IS NOT NULL;
    CREATE INDEX detailMime ON detail (mime, share);
    `,
  ],
};

/** The words of all texts; the texts themselves are in \`detail\`. A build of SQLite may lack it: then texts are looked through one by one. */
export const wordTable = `CREATE VIRTUAL TABLE IF NOT EXISTS detailWords USING fts5(
  text, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2', prefix='2 3')`;
