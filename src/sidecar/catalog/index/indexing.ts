// Turns a snapshot into a segment file in a worker, block by block, so that memory stays small and a hostile index can only hurt the worker.

import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../../protocol/errors.ts';
import { catalogLimits } from '../../limits.ts';
import { workerUrl } from '../../workerUrl.ts';
import type { SnapshotHead } from './head.ts';
import type { IndexWorkerData, IndexWorkerReply, IndexWorkerRequest } from './indexWorker.ts';

/**
 * Writes the segment file `path` (which must not exist) from the blocks that `block` gives. Throws `protocol` when they break the
 * format, `disk-full`, `io`, `cancelled`; then the file is gone.
 */
export async function writeSegment(
  head: SnapshotHead,
  path: string,
  options: { block(index: number): Promise<Uint8Array | undefined>; signal: AbortSignal },
): Promise<void> {
  const { updatedAtMs, folderCount, fileCount, totalBytes } = head;
  const data: IndexWorkerData = { path, updatedAtMs, counts: { folderCount, fileCount, totalBytes } };
  const worker = new Worker(workerUrl(import.meta.url, 'indexWorker'), {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: catalogLimits.workerHeapMiB },
  });
  let isWritten = false;
  try {
    for (const [number, info] of head.chunks.entries()) {
      const found = await options.block(head.firstBlock + number);
      if (found === undefined) throw new AppError('unavailable', 'A block of the index is missing on this disk.');
      const block = new Uint8Array(found);
      await ask(worker, { type: 'chunk', block, info }, options.signal);
    }
    await ask(worker, { type: 'end' }, options.signal);
    isWritten = true;
  } finally {
    await worker.terminate();
    if (!isWritten) rmSync(path, { force: true });
  }
}

async function ask(worker: Worker, request: IndexWorkerRequest, signal: AbortSignal): Promise<void> {
  const reply = await new Promise<IndexWorkerReply>((resolve, reject) => {
    const settle = (act: () => void) => (): void => {
      clearTimeout(timer);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      signal.removeEventListener('abort', onAbort);
      act();
    };
    const onMessage = (message: IndexWorkerReply): void => settle(() => resolve(message))();
    const onError = (error: unknown): void => settle(() => reject(workerFailure(error)))();
    const onExit = settle(() => reject(new AppError('internal', 'The index worker ended by itself.')));
    const onAbort = settle(() => reject(new AppError('cancelled', 'Reading the index was stopped.')));
    const timer = setTimeout(
      settle(() =>
        reject(new AppError('protocol', `A block of the index took longer than ${catalogLimits.decodeStallMs} ms to read.`)),
      ),
      catalogLimits.decodeStallMs,
    );
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    signal.addEventListener('abort', onAbort, { once: true });
    if (signal.aborted) onAbort();
    else worker.postMessage(request);
  });
  if (reply.type === 'failed') throw new AppError(reply.kind, reply.message);
}

/** Out of its bounded memory: the index is built to do that. Anything else is our fault. */
function workerFailure(error: unknown): AppError {
  const isTooMuch = error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
  const message = error instanceof Error ? error.message : String(error);
  return new AppError(isTooMuch ? 'protocol' : 'internal', `The index could not be read: ${message}`, { cause: error });
}
