// What the store of details (main thread) and its worker say to each other. Types only.

import type { ErrorKind } from '../../../protocol/errors.ts';
import type { LogLevel } from '../../../protocol/model.ts';
import type { FolderChange } from '../index/rows.ts';
import type { Delta } from '../index/rows.ts';
import type { DetailRecord } from './detailRecord.ts';

/** What is kept of one share; `key` is `peerId/shareId`. */
export interface DetailState {
  key: string;
  /** The feed that the records come from. */
  feedKey: Uint8Array;
  /** Blocks of it that were taken. */
  length: number;
  /** Records in those blocks, stale ones included, and the files that have one. */
  feedRecords: number;
  files: number;
  /** What feed, rows and words take of the disk, at most. */
  bytes: number;
  /** Of own shares: previews told so far; and the feed length of the index all of whose files were looked at, 0 = not all were. */
  previewBytes: number;
  doneLength: number;
  /** Of own shares: files were looked into, not only what was known of them told. */
  isOfContent: boolean;
  /** Why this feed is not read, '' = it is. */
  refusal: string;
}

/** A file, in the state that something is known, or to be known, of it. */
export interface FileState {
  path: string;
  sizeBytes: number;
  mtimeMs: number;
}

/** The files of one block, column by column. */
export interface OfferedFiles {
  paths: string[];
  sizes: Float64Array;
  times: Float64Array;
}

export interface FoundFile extends FileState {
  key: string;
  /** The beginning of each text that it has; only where asked for. */
  fields: DetailRecord['fields'];
}

export interface FindQuestion {
  /** Only these shares; undefined = all. */
  keys: readonly string[] | undefined;
  /** `image/png`, or `image` for all that begin so: one of them; undefined = any. */
  types: readonly string[] | undefined;
  /** Words or phrases, each of which must begin somewhere in its texts. */
  texts: readonly string[];
  limit: number;
  withFields: boolean;
}

/** Requests and their answers. */
export interface DetailOperations {
  states: { params: undefined; result: DetailState[] };
  /** Forgets what was known of the share; records come from this feed now. */
  begin: { params: { key: string; feedKey: Uint8Array; isOfContent: boolean }; result: undefined };
  /** The same records, from another feed. */
  moved: {
    params: { key: string; feedKey: Uint8Array; length: number; feedRecords: number; feedBytes: number };
    result: undefined;
  };
  done: { params: { key: string; doneLength: number }; result: undefined };
  /** Drops the records; the feed is not read any more. */
  refuse: { params: { key: string; feedKey: Uint8Array; refusal: string }; result: undefined };
  remove: { params: { key: string }; result: undefined };
  /** Names that are gone. */
  forget: { params: { key: string; folders: Pick<FolderChange, 'path' | 'removed'>[] }; result: undefined };
  /** The next block of a feed: read, and held until `keep` says which files the index has. */
  offer: { params: { key: string; block: Uint8Array }; result: OfferedFiles };
  keep: { params: { key: string; index: number; isKept: Uint8Array }; result: DetailState };
  encode: { params: { records: DetailRecord[] }; result: { block: Uint8Array; recordCount: number }[] };
  /** The records of a share after a path, as blocks: the rest comes with `after: last`. */
  live: {
    params: { key: string; after: string };
    result: { blocks: { block: Uint8Array; recordCount: number }[]; last: string | undefined };
  };
  /** Begins to compare an index with what is known of its files. */
  compare: { params: { key: string; segmentPath: string; overlay: Delta | undefined }; result: undefined };
  /** Files of which nothing is known, of the share compared last; a few at a time. */
  missing: { params: { key: string }; result: { files: FileState[]; isDone: boolean } };
  get: { params: { key: string; path: string }; result: DetailRecord | undefined };
  /**
   * Content ids of a share's files below a folder, after a path, by the bytes of their paths (in UTF-8, `//` between: no path has an empty part).
   * `last` is undefined when there are no more.
   */
  roots: {
    params: { key: string; below: string; after: string; limit: number };
    result: {
      paths: Uint8Array<ArrayBuffer>;
      sizes: Float64Array<ArrayBuffer>;
      times: Float64Array<ArrayBuffer>;
      roots: Uint8Array<ArrayBuffer>;
      last: string | undefined;
    };
  };
  find: { params: FindQuestion; result: FoundFile[] };
  holders: {
    params: { contentId: Uint8Array; limit: number };
    result: { key: string; path: string; sizeBytes: number; mtimeMs: number }[];
  };
  close: { params: undefined; result: undefined };
}

export type DetailOperation = keyof DetailOperations;

export interface DetailRequest {
  id: number;
  operation: DetailOperation;
  params: unknown;
}

export type DetailReply =
  | { type: 'done'; id: number; result: unknown }
  | { type: 'failed'; id: number; kind: ErrorKind; message: string }
  | { type: 'log'; level: LogLevel; message: string };
