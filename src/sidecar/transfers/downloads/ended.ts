// A download that came to its end, as the history keeps it.

import { isContentId } from '../../../protocol/ids.ts';
import type { HistoryEntry } from '../../../protocol/model.ts';
import type { DownloadItem } from './downloadItem.ts';

export function endOf({ record, contentId }: Pick<DownloadItem, 'record' | 'contentId'>, peerName: string): HistoryEntry {
  const { entry, kind, state, destination, failure } = record;
  return {
    direction: 'download',
    ...{ peerId: entry.peerId, peerName, shareId: entry.shareId, path: entry.path, kind },
    outcome: state === 'done' || state === 'cancelled' ? state : 'failed',
    bytes: record.doneBytes,
    files: record.doneFiles,
    startedAtMs: record.startedAtMs ?? record.addedAtMs,
    endedAtMs: record.finishedAtMs ?? Date.now(),
    ...(destination === '' ? {} : { destination }),
    ...(contentId !== undefined && isContentId(contentId) ? { contentId } : {}),
    ...(failure ? { failure } : {}),
  };
}
