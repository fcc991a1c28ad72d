// Worker: checks the blocks of one snapshot, in order, and writes the segment file. Knows nothing of feeds, peers or the database.

import { rmSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { badIndex } from './bytes.ts';
import { ChunkDecoder } from './chunkDecoder.ts';
import type { ChunkInfo } from './chunks.ts';
import type { IndexCounts } from './rows.ts';
import { SegmentWriter } from './segmentWriter.ts';
import { workerFailure, type WorkerFailure } from './workerReply.ts';

export interface IndexWorkerData {
  /** The segment file to write; must not exist. */
  path: string;
  updatedAtMs: number;
  /** What the head says; anything else is refused. */
  counts: IndexCounts;
}

export type IndexWorkerRequest = { type: 'chunk'; block: Uint8Array; info: ChunkInfo } | { type: 'end' };
export type IndexWorkerReply = { type: 'ok' } | WorkerFailure;

function main(data: IndexWorkerData, port: NonNullable<typeof parentPort>): void {
  const writer = new SegmentWriter(data.path);
  const decoder = new ChunkDecoder(writer);
  let hasFailed = false;

  const handle = (request: IndexWorkerRequest): void => {
    if (request.type === 'chunk') return decoder.chunk(request.block, request.info);
    const counts = decoder.end();
    const claimed = data.counts;
    if (
      counts.fileCount !== claimed.fileCount ||
      counts.folderCount !== claimed.folderCount ||
      counts.totalBytes !== claimed.totalBytes
    )
      throw badIndex('it holds other numbers than its head says');
    writer.finish(data.updatedAtMs);
  };

  port.on('message', (request: IndexWorkerRequest) => {
    if (hasFailed) return;
    let reply: IndexWorkerReply = { type: 'ok' };
    try {
      handle(request);
    } catch (thrown) {
      writer.close();
      rmSync(data.path, { force: true });
      hasFailed = true;
      reply = workerFailure(thrown);
    }
    port.postMessage(reply);
  });
}

if (parentPort !== null) main(workerData as IndexWorkerData, parentPort);
