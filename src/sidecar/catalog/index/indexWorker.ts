// Worker: checks the blocks of one snapshot, in order, and writes the segment file. Knows nothing of feeds, peers or the database.

import { rmSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { asAppError, type ErrorKind } from '../../../protocol/errors.ts';
import { badIndex } from './bytes.ts';
import { ChunkDecoder, type ChunkInfo } from './chunks.ts';
import type { IndexCounts } from './rows.ts';
import { SegmentWriter } from './segmentWriter.ts';

export interface IndexWorkerData {
  /** The segment file to write; must not exist. */
  path: string;
  updatedAtMs: number;
  /** What the head says; anything else is refused. */
  counts: IndexCounts;
}

export type IndexWorkerRequest = { type: 'chunk'; block: Uint8Array; info: ChunkInfo } | { type: 'end' };
export type IndexWorkerReply = { type: 'ok' } | { type: 'failed'; kind: ErrorKind; message: string };

function main(data: IndexWorkerData, port: NonNullable<typeof parentPort>): void {
  const writer = new SegmentWriter(data.path);
  const decoder = new ChunkDecoder(writer);

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
    let reply: IndexWorkerReply = { type: 'ok' };
    try {
      handle(request);
    } catch (thrown) {
      writer.close();
      rmSync(data.path, { force: true });
      const error = asAppError(thrown);
      const isFull = thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOSPC';
      reply = { type: 'failed', kind: isFull ? 'disk-full' : error.kind, message: error.message };
    }
    port.postMessage(reply);
  });
}

if (parentPort !== null) main(workerData as IndexWorkerData, parentPort);
