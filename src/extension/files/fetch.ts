// One whole file into the sidecar's cache, with a cancellable notification once it takes long. Two readers of one file share a fetch.

import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { Entry, EntryRef, FetchedFile } from '../../protocol/model.ts';
import { messageName } from '../displayText.ts';
import { cancelled } from '../failures.ts';
import { limits } from '../limits.ts';
import type { Sidecar } from '../sidecar.ts';
import { formatBytes, t } from '../text.ts';

const running = new Map<string, Promise<FetchedFile>>();
/** One notification at a time; fetches beside it run silently. */
let isNotifying = false;

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
  const abort = new AbortController();
  const timeoutMs = limits.fetchBaseMs + Math.ceil((info.sizeBytes / limits.fetchMinBytesPerSecond) * 1000);
  let doneBytes = 0;
  let report: (done: number) => void = (done) => {
    doneBytes = done;
  };
  const subscription = sidecar.on('progress', (progress) => {
    if (progress.progressToken === progressToken) report(progress.done);
  });
  const fetch = sidecar.request('files/fetch', { entry, maxBytes, progressToken }, { timeoutMs, signal: abort.signal });
  const timer = setTimeout(() => {
    if (isNotifying) return;
    isNotifying = true;
    void vscode.window.withProgress(
      { location: vscode.ProgressLocation.Notification, cancellable: true, title: t('Opening {0}', messageName(info.name)) },
      async (progress, token) => {
        token.onCancellationRequested(() => abort.abort());
        let shown = 0;
        report = (done) => {
          doneBytes = done;
          const increment = info.sizeBytes > 0 ? ((done - shown) / info.sizeBytes) * 100 : 0;
          shown = done;
          progress.report({ increment, message: t('{0} of {1}', formatBytes(done), formatBytes(info.sizeBytes)) });
        };
        report(doneBytes);
        // How it ended is told to whoever awaits `fetch` itself.
        await fetch.then(
          () => undefined,
          () => undefined,
        );
        isNotifying = false;
      },
    );
  }, limits.progressDelayMs);
  try {
    return await fetch;
  } catch (error) {
    if (abort.signal.aborted) throw cancelled();
    throw error;
  } finally {
    clearTimeout(timer);
    subscription.dispose();
  }
}
