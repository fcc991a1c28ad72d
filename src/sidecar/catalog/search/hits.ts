// What the search engine and its worker say to each other of one found entry. Types only.

import type { EntryKind } from '../../../protocol/model.ts';

export interface RawHit {
  /** `${peerId}/${shareId}` */
  key: string;
  path: string;
  kind: EntryKind;
  sizeBytes: number;
  mtimeMs: number;
  /** Where terms matched in `path`, UTF-16 offsets [start, end), ascending, not overlapping; empty for a fuzzy match. */
  matches: [start: number, end: number][];
  isFuzzy: boolean;
  /** Of what is known of the file, where it matched there. */
  excerpt?: string;
}

export interface FoundPage {
  hits: RawHit[];
  /** Exact number of matches in all, similar names included when `isFuzzy`. */
  total: number;
  /** Few matched, and similar names come after them. */
  isFuzzy: boolean;
}
