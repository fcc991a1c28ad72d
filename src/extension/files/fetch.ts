// One whole file into the sidecar's cache, with a cancellable notification once it takes long. Two readers of one file share a fetch.

import { randomUUID } from 'node:crypto';
import type { Entry, EntryRef, FetchedFile } from '../../protocol/model.ts';
import { withDelayedProgress } from '../delayedProgress.ts';
import { messageName } from '../displayText.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { formatBytes, t } from '../text.ts';

const running = new Map<string, Promise<FetchedFile>>();

/** Fetches and verifies. Rejects with AppError; `cancelled` when the person cancelled, `too-large` above maxBytes. */
export function fetchVerified(sidecar: Sidecar, entry: EntryRef, info: Entry, maxBytes: number): Promise<FetchedFile> {
  const key = `${entry.peerId}/${entry.shareId}/${entry.path}`;
  const known = running.get(key);
  if (known !== undefined) return known;
  const fetch = fetchOnce(sidecar, entry, info, maxBytes).finally(() => running.delete(key));
  running.set(key, fetch);
  return fetch;
}

async function fetchOnce(sidecar: Sidecar, entry: EntryRef, info: Entry, maxBytes: number): Promise<FetchedFile> {
  const progressToken = randomUUID();
  const timeoutMs = limits.fetchBaseMs + Math.ceil((info.sizeBytes / limits.fetchMinBytesPerSecond) * 1000);
  return withDelayedProgress(t('Opening {0}', messageName(info.name)), async (signal, report) => {
    const subscription = sidecar.on('progress', (progress) => {
      if (progress.progressToken !== progressToken) return;
      const text = t('{0} of {1}', formatBytes(progress.done), formatBytes(info.sizeBytes));
      report(text, info.sizeBytes > 0 ? Math.min(1, progress.done / info.sizeBytes) : 0);
    });
    try {
      return await sidecar.request('files/fetch', { entry, maxBytes, progressToken }, { timeoutMs, signal });
    } finally {
      subscription.dispose();
    }
  });
}
