// What is here of entries that were downloaded, for marking them where a person looks. Says of a file only what the disk and the index of now say.

import { setImmediate as nextTurn } from 'node:timers/promises';
import type { DownloadMark, Entry, EntryRef } from '../../../protocol/model.ts';
import { type HeldContent, isPlacedTime } from './heldContent.ts';

/** Longest that looking holds the thread in one go. */
const stepMs = 4;

export interface HeldMarkParts {
  held: Pick<HeldContent, 'find'>;
  /** The newest index that is here. */
  catalog: { stat(ref: EntryRef): Entry | undefined };
}

/** In the order asked. Some 40 µs an entry. */
export async function heldMarks(entries: readonly EntryRef[], parts: HeldMarkParts): Promise<DownloadMark[]> {
  const marks: DownloadMark[] = [];
  let untilMs = performance.now() + stepMs;
  for (const entry of entries) {
    marks.push(markOf(entry, parts));
    if (performance.now() < untilMs) continue;
    await nextTurn();
    untilMs = performance.now() + stepMs;
  }
  return marks;
}

function markOf(entry: EntryRef, { held, catalog }: HeldMarkParts): DownloadMark {
  const file = held.find(entry.peerId, entry.shareId, entry.path);
  if (file === undefined) return { state: 'none' };
  const now = catalog.stat(entry);
  // Of what is not listed any more, or not yet, nobody can say that it changed.
  const isSame =
    now === undefined || (now.kind === 'file' && now.sizeBytes === file.sizeBytes && isPlacedTime(file.mtimeMs, now.mtimeMs));
  return { state: isSame ? 'verified' : 'stale', localPath: file.localPath };
}
