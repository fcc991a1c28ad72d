// Worker: writes an index (a segment and what changed over it) as a new segment file, and as chunks where they are wanted. Knows nothing
// of feeds, peers or the database.

import { rmSync } from 'node:fs';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { indexLimits } from '../../limits.ts';
import { badIndex } from './bytes.ts';
import { ChunkEncoder, type Chunk } from './chunks.ts';
import { IndexView } from './indexView.ts';
import type { Delta, IndexCounts, IndexSink } from './rows.ts';
import { Segment } from './segment.ts';
import { SegmentWriter } from './segmentWriter.ts';
import { workerFailure, type WorkerFailure } from './workerReply.ts';

export interface PackWorkerData {
  segmentPath: string;
  overlay: Delta | undefined;
  /** The segment file to write; must not exist. */
  path: string;
  withChunks: boolean;
  updatedAtMs: number;
}

export type PackWorkerReply = { type: 'chunk'; chunk: Chunk } | { type: 'done'; counts: IndexCounts } | WorkerFailure;

function main(data: PackWorkerData, port: MessagePort): void {
  try {
    const send = (reply: PackWorkerReply): void => port.postMessage(reply);
    send({ type: 'done', counts: pack(data, (chunk) => send({ type: 'chunk', chunk })) });
  } catch (thrown) {
    rmSync(data.path, { force: true });
    port.postMessage(workerFailure(thrown));
  }
}

function pack(data: PackWorkerData, emit: (chunk: Chunk) => void): IndexCounts {
  const view = new IndexView(Segment.open(data.segmentPath));
  const writer = new SegmentWriter(data.path);
  try {
    if (data.overlay !== undefined) view.apply(data.overlay);
    const encoder = data.withChunks ? new ChunkEncoder(emit) : undefined;
    view.replay(limited(writer, encoder));
    encoder?.end();
    return writer.finish(data.updatedAtMs).counts;
  } finally {
    writer.close();
    view.close();
  }
}

/** Hands on to both; the deltas of a peer may have added up to more than an index may hold. */
function limited(writer: SegmentWriter, encoder: ChunkEncoder | undefined): IndexSink {
  let entries = 0;
  let namesBytes = 0;
  return {
    folder(folderCount, fileCount) {
      entries += folderCount + fileCount;
      if (entries > indexLimits.entries) throw badIndex(`it has more than ${indexLimits.entries} entries`);
      writer.folder(folderCount, fileCount);
      encoder?.folder(folderCount, fileCount);
    },
    entry(name, sizeBytes, mtimeMs) {
      namesBytes += name.length;
      if (namesBytes > indexLimits.namesBytes) throw badIndex(`its names take more than ${indexLimits.namesBytes} bytes`);
      writer.entry(name, sizeBytes, mtimeMs);
      encoder?.entry(name, sizeBytes, mtimeMs);
    },
  };
}

if (parentPort !== null) main(workerData as PackWorkerData, parentPort);
