// Makes one new segment of a segment and what changed over it, in a worker. The view that answers meanwhile is not touched.

import { rmSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { catalogLimits } from '../../limits.ts';
import { workerUrl } from '../../workerUrl.ts';
import { badIndex } from './bytes.ts';
import type { Chunk } from './chunks.ts';
import type { PackWorkerData, PackWorkerReply } from './packWorker.ts';
import type { IndexCounts } from './rows.ts';
import { WorkerReplies } from './workerReply.ts';

/**
 * Writes `data.path` (which must not exist) from `data.segmentPath` and `data.overlay`; `withChunks`: also as chunks for a feed. Without
 * them, the index is a peer's, and its counts must be those that the overlay claims: else `protocol`. Throws `io` when the segment is
 * damaged, `disk-full`, `cancelled`; then the file is gone.
 */
export async function packIndex(
  data: PackWorkerData,
  { signal }: { signal: AbortSignal },
): Promise<{ chunks: Chunk[] | undefined; counts: IndexCounts }> {
  const worker = new Worker(workerUrl(import.meta.url, 'packWorker'), {
    workerData: data,
    resourceLimits: { maxOldGenerationSizeMb: catalogLimits.workerHeapMiB, maxYoungGenerationSizeMb: catalogLimits.walkYoungMiB },
  });
  const replies = new WorkerReplies<PackWorkerReply>(worker);
  const chunks: Chunk[] = [];
  let isWritten = false;
  try {
    let reply = await replies.next(signal);
    for (; reply.type === 'chunk'; reply = await replies.next(signal)) chunks.push(reply.chunk);
    const { counts } = reply;
    if (!data.withChunks && data.overlay !== undefined && !isEqual(counts, data.overlay.counts))
      throw badIndex('it holds other numbers than its last delta says');
    isWritten = true;
    return { chunks: data.withChunks ? chunks : undefined, counts };
  } finally {
    await worker.terminate();
    if (!isWritten) rmSync(data.path, { force: true });
  }
}

function isEqual(one: IndexCounts, other: IndexCounts): boolean {
  return one.fileCount === other.fileCount && one.folderCount === other.folderCount && one.totalBytes === other.totalBytes;
}
