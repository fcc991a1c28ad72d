// One folder as it is now: what the segment has of it, and the rows that the overlay has over that, in one order. Any page of it costs
// what the page holds, however large folder and changes are.

import type { Entry } from '../../../protocol/model.ts';
import { entryOf } from './applyDelta.ts';
import { firstIndex, hiddenBefore, type OverlayFolder, type Row, type Side } from './overlay.ts';
import type { FolderRecord, Segment } from './segment.ts';

/** At least one of the two is there. */
export interface ViewFolder {
  /** Undefined: a new folder, which holds nothing of the segment. */
  record: FolderRecord | undefined;
  /** Undefined: nothing changed in it or below it. */
  overlay: OverlayFolder | undefined;
}

/** Takes the entries of a folder in runs. */
export interface RunSink {
  /** `count` entries of the segment's folder, from a place on. */
  base(record: FolderRecord, from: number, count: number): void;
  row(row: Row, kind: Entry['kind']): void;
}

export function countsOf({ record, overlay }: ViewFolder): { folderCount: number; fileCount: number } {
  return {
    folderCount: (record?.folderCount ?? 0) + growth(overlay?.folders),
    fileCount: (record?.fileCount ?? 0) + growth(overlay?.files),
  };
}

/** Hands over at most `limit` entries from `offset` on: folders, then files, each by name. */
export function eachRun(folder: ViewFolder, page: { offset: number; limit: number }, sink: RunSink): void {
  const { folderCount, fileCount } = countsOf(folder);
  const offset = Math.min(page.offset, folderCount + fileCount);
  const folders = Math.max(0, Math.min(page.limit, folderCount - offset));
  const files = Math.min(page.limit - folders, folderCount + fileCount - offset - folders);
  if (folders > 0) eachRunOf(folder, 'folder', { offset, limit: folders }, sink);
  if (files > 0) eachRunOf(folder, 'file', { offset: Math.max(0, offset - folderCount), limit: files }, sink);
}

/** A page as entries. */
export function entriesOf(segment: Segment, folder: ViewFolder, page: { offset: number; limit: number }): Entry[] {
  const entries: Entry[] = [];
  eachRun(folder, page, {
    base(record, from, count) {
      let place = from;
      segment.eachNamed(record, { from, count }, (name, sizeBytes, mtimeMs) => {
        const kind = place++ < record.folderCount ? 'folder' : 'file';
        entries.push({ name, kind, sizeBytes, mtimeMs });
      });
    },
    row: (row, kind) => entries.push(entryOf(row, kind)),
  });
  return entries;
}

function growth(side: Side | undefined): number {
  return side === undefined ? 0 : side.rows.length - side.hidden.length;
}

function eachRunOf(
  { record, overlay }: ViewFolder,
  kind: Entry['kind'],
  { offset, limit }: { offset: number; limit: number },
  sink: RunSink,
): void {
  const first = kind === 'folder' ? 0 : (record?.folderCount ?? 0);
  const end = kind === 'folder' ? (record?.folderCount ?? 0) : first + (record?.fileCount ?? 0);
  const side = kind === 'folder' ? overlay?.folders : overlay?.files;
  if (side === undefined || (side.rows.length === 0 && side.hidden.length === 0)) {
    if (record !== undefined) sink.base(record, first + offset, limit);
    return;
  }
  const { rows, hidden } = side;
  /** Where a row stands among all entries of this kind. */
  const standsAt = (index: number): number => {
    const place = record === undefined ? first : (rows[index]?.place ?? end);
    return place - first - hiddenBefore(side, place) + index;
  };
  let row = firstIndex(rows.length, (index) => standsAt(index) >= offset);
  const visible = offset - row;
  let gone = firstIndex(hidden.length, (index) => (hidden[index] ?? end) - first - index > visible);
  let place = first + visible + gone;
  for (let left = limit; left > 0;) {
    const next = rows[row];
    if (next !== undefined && (record === undefined || next.place <= place)) {
      sink.row(next, kind);
      row++;
      left--;
      continue;
    }
    if (hidden[gone] === place) {
      gone++;
      place++;
      continue;
    }
    const until = Math.min(next?.place ?? end, hidden[gone] ?? end, end);
    const count = Math.min(until - place, left);
    if (record === undefined || count <= 0) return;
    sink.base(record, place, count);
    place += count;
    left -= count;
  }
}
