// Turns a snapshot into a segment file in a worker, block by block, so that memory stays small and a hostile index can only hurt the worker.

import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { AppError } from '../../../protocol/errors.ts';
import { catalogLimits } from '../../limits.ts';
import { workerUrl } from '../../workerUrl.ts';
import type { SnapshotHead } from './head.ts';
import type { IndexWorkerData, IndexWorkerReply, IndexWorkerRequest } from './indexWorker.ts';
import { WorkerReplies } from './workerReply.ts';

/** Blocks, each of at most 1 MiB, that the worker was given and has not read. */
const blocksAhead = 4;

/**
 * Writes the segment file `path` (which must not exist) from the blocks that `block` gives, which
 * is asked in order and awaited, while the worker reads what came before. Throws `protocol` when they break the
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
    resourceLimits: { maxOldGenerationSizeMb: catalogLimits.workerHeapMiB, maxYoungGenerationSizeMb: catalogLimits.walkYoungMiB },
  });
  const replies = new WorkerReplies<IndexWorkerReply>(worker);
  let isWritten = false;
  try {
    let unanswered = 0;
    const post = async (request: IndexWorkerRequest): Promise<void> => {
      // While the worker reads some blocks, the next ones may come.
      for (; unanswered >= blocksAhead; unanswered--) await replies.next(options.signal);
      worker.postMessage(request);
      unanswered++;
    };
    for (const [number, info] of head.chunks.entries()) {
      const found = await options.block(head.firstBlock + number);
      if (found === undefined) throw new AppError('unavailable', 'A block of the index is missing on this disk.');
      await post({ type: 'chunk', block: new Uint8Array(found), info });
    }
    await post({ type: 'end' });
    for (; unanswered > 0; unanswered--) await replies.next(options.signal);
    isWritten = true;
  } finally {
    await worker.terminate();
    if (!isWritten) rmSync(path, { force: true });
  }
}
