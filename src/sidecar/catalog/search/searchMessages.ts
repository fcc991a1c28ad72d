// What the search engine (main thread) and its worker say to each other. Types only.

import type { ErrorKind } from '../../../protocol/errors.ts';
import type { LogLevel } from '../../../protocol/model.ts';
import type { Delta } from '../index/rows.ts';
import type { FoundPage } from './hits.ts';
import type { Query } from './query.ts';

export interface PageRequest {
  /** Only these shares; undefined = all. */
  keys: readonly string[] | undefined;
  offset: number;
  limit: number;
  /** One number in shared memory: not 0 when nobody waits for the answer any more. */
  isCancelled: Int32Array;
}

export type SearchRequest =
  | { type: 'put'; key: string; segmentPath: string; overlay: Delta | undefined }
  | { type: 'change'; key: string; delta: Delta }
  | { type: 'remove'; key: string }
  | { type: 'query'; id: number; query: Query; page: PageRequest }
  | { type: 'recent'; id: number; page: PageRequest }
  /** Answered when everything put before is built. */
  | { type: 'settle'; id: number }
  /** Answered when nothing runs any more. */
  | { type: 'close'; id: number };

export type SearchReply =
  | { type: 'found'; id: number; found: FoundPage }
  | { type: 'settled'; id: number }
  /** The share that was put last under this key is searched from now on, or is not any more. */
  | { type: 'ready'; key: string; segmentPath: string; isReady: boolean }
  | { type: 'failed'; id: number; kind: ErrorKind; message: string }
  | { type: 'log'; level: LogLevel; message: string };
