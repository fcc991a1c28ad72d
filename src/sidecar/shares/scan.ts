// Runs the walk worker and turns what it says into results and failures that a person can act on.

import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../protocol/errors.ts';
import type { SharePreview } from '../../protocol/model.ts';
import { catalogLimits } from '../limits.ts';
import { workerUrl } from '../workerUrl.ts';
import type { Walked, WalkWorkerData, WalkWorkerMessage } from './walkWorker.ts';

type ScanOptions = { signal: AbortSignal; onProgress(entries: number): void };

/** Walks a folder as sharing it would, and keeps nothing. Throws as `scan`. */
export async function previewed(root: string, options: ScanOptions): Promise<Omit<SharePreview, 'path' | 'title'>> {
  const { chunks: _, delta: __, looked, ...counted } = await scan({ root, index: undefined }, options);
  if (looked === undefined) throw new TypeError('a walk for an index is no preview');
  return { ...counted, ...looked };
}

/** Walks `data.root` in a worker. Throws `not-found`, `permission-denied`, `too-large`, `disk-full`, `io`, `unavailable`, `cancelled`. */
export async function scan(data: WalkWorkerData, options: ScanOptions): Promise<Walked> {
  if (options.signal.aborted) throw cancelled(data.root);
  const worker = new Worker(workerUrl(import.meta.url, 'walkWorker'), {
    workerData: data,
    resourceLimits: {
      maxOldGenerationSizeMb: catalogLimits.workerHeapMiB,
      maxYoungGenerationSizeMb: catalogLimits.walkYoungMiB,
    },
  });
  let stall: NodeJS.Timeout | undefined;
  let onAbort: (() => void) | undefined;
  try {
    return await new Promise<Walked>((resolve, reject) => {
      const rearm = (): void => {
        clearTimeout(stall);
        stall = setTimeout(() => reject(stalled(data.root)), catalogLimits.walkStallMs);
      };
      onAbort = () => reject(cancelled(data.root));
      options.signal.addEventListener('abort', onAbort, { once: true });
      worker.on('message', (message: WalkWorkerMessage) => {
        rearm();
        if (message.type === 'progress') options.onProgress(message.entries);
        else if (message.type === 'done') resolve(message.walked);
        else reject(walkFailure(data.root, message.code, message.message));
      });
      worker.on('error', (error: unknown) =>
        reject(walkFailure(data.root, undefined, error instanceof Error ? error.message : String(error))),
      );
      worker.on('exit', () => reject(walkFailure(data.root, undefined, 'the walk ended by itself')));
      rearm();
    });
  } catch (error) {
    // Not awaited when it hangs in the file system: a thread inside a system call cannot be ended.
    const ended = worker.terminate();
    if (!isStalled(error)) await ended;
    if (data.index !== undefined) rmSync(data.index.path, { force: true });
    throw error;
  } finally {
    clearTimeout(stall);
    if (onAbort !== undefined) options.signal.removeEventListener('abort', onAbort);
    void worker.terminate();
  }
}

function cancelled(root: string): AppError {
  return new AppError('cancelled', `Scanning ${root} was stopped.`);
}

function stalled(root: string): AppError {
  const seconds = catalogLimits.walkStallMs / 1000;
  return new AppError(
    'unavailable',
    `Scanning ${root} saw nothing for ${seconds} s: the drive does not answer. Rescan when it is back.`,
  );
}

function isStalled(error: unknown): boolean {
  return error instanceof AppError && error.kind === 'unavailable';
}

/** From the error code of a system call on the root, or of writing the index. */
export function walkFailure(root: string, code: string | undefined, message: string): AppError {
  const data = { path: root };
  switch (code) {
    case 'ENOENT':
      return new AppError('not-found', `The folder ${root} is not there. Bring it back and rescan, or stop sharing it.`, {
        data,
      });
    case 'ENOTDIR':
      return new AppError(
        'not-folder',
        `${root} is not a folder any more. Bring the folder back and rescan, or stop sharing it.`,
        { data },
      );
    case 'ELOOP':
      return new AppError(
        'permission-denied',
        `${root} is now reached through a link, so it is not followed. Share the real folder.`,
        { data },
      );
    case 'EACCES':
    case 'EPERM':
      return new AppError('permission-denied', `The folder ${root} may not be read. Change its permissions and rescan.`, {
        data,
      });
    case 'ENOSPC':
      return new AppError('disk-full', `The disk is too full to write the index of ${root}. Make room and rescan.`, { data });
    case 'ERANGE':
      return new AppError('too-large', `The folder ${root} cannot be shared: ${message}. Share its parts one by one.`, { data });
    default:
      return new AppError('io', `The folder ${root} could not be scanned: ${message}. Rescan to try again.`, { data });
  }
}
