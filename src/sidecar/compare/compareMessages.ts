// What comparisons (main thread) and the worker of each say to each other. Types only.

import type { CompareState, ComparedEntry } from '../../protocol/compare.ts';
import type { ErrorKind } from '../../protocol/errors.ts';
import type { SideName } from './row.ts';
import type { KnownIds, RowTotals, WantedId } from './rows.ts';
import type { SideSource } from './sides.ts';

/** As `KnownIds`, all in buffers that are handed over: whoever tells them does not have them any more. `paths` in UTF-8. */
export interface ToldIds extends Omit<KnownIds, 'paths'> {
  paths: Uint8Array<ArrayBuffer>;
  sizes: Float64Array<ArrayBuffer>;
  times: Float64Array<ArrayBuffer>;
  roots: Uint8Array<ArrayBuffer>;
}

export interface CompareOperations {
  /** Reads both sides. Answers how many entries were left out. Progress comes meanwhile. */
  read: { params: { left: SideSource; right: SideSource }; result: { skipped: number } };
  learn: { params: { side: SideName; ids: ToldIds }; result: undefined };
  judge: { params: undefined; result: RowTotals };
  unresolved: { params: undefined; result: number };
  wanted: { params: { side: SideName; isOtherKnown: boolean }; result: WantedId[] };
  page: {
    params: { states: readonly CompareState[]; under: string; offset: number; limit: number };
    result: { entries: ComparedEntry[]; total: number };
  };
  select: { params: { states: readonly CompareState[]; paths: readonly string[] | undefined }; result: string[] };
}

export type CompareOperation = keyof CompareOperations;

export interface CompareRequest {
  id: number;
  operation: CompareOperation;
  params: unknown;
}

export type CompareReply =
  | { type: 'done'; id: number; result: unknown }
  | { type: 'failed'; id: number; kind: ErrorKind; message: string }
  | { type: 'progress'; entries: number };
