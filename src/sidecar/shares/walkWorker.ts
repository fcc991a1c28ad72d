// Worker: walks one folder for a preview or an index. Writes the segment file and, when the index differs from the last one, the
// chunks of its feed. Knows nothing of the database and the network.

import { rmSync } from 'node:fs';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { ChunkEncoder, type Chunk } from '../catalog/index/chunks.ts';
import type { IndexSink } from '../catalog/index/rows.ts';
import { Segment } from '../catalog/index/segment.ts';
import { SegmentWriter } from '../catalog/index/segmentWriter.ts';
import { localLimits } from '../limits.ts';
import { walk, type WalkResult } from './walk.ts';

export interface WalkWorkerData {
  root: string;
  /** Undefined: only count (preview). */
  index: { path: string; updatedAtMs: number; lastHash: Uint8Array | undefined } | undefined;
}

export interface Walked extends WalkResult {
  /** Undefined when nothing changed since `lastHash`, or for a preview. The segment file then does not exist. */
  chunks: Chunk[] | undefined;
}

export type WalkWorkerMessage =
  | { type: 'progress'; entries: number }
  | { type: 'done'; walked: Walked }
  | { type: 'failed'; code: string | undefined; message: string };

const nothing: IndexSink = { folder: () => undefined, entry: () => undefined };

function main(data: WalkWorkerData, port: MessagePort): void {
  const send = (message: WalkWorkerMessage): void => port.postMessage(message);
  try {
    send({ type: 'done', walked: data.index === undefined ? preview(data, send) : makeIndex(data, data.index, send) });
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error ? String(error.code) : error instanceof RangeError ? 'ERANGE' : undefined;
    send({ type: 'failed', code, message: error instanceof Error ? error.message : String(error) });
  }
}

function preview(data: WalkWorkerData, send: (message: WalkWorkerMessage) => void): Walked {
  return { ...walk(data.root, nothing, { onProgress: throttled(send) }), chunks: undefined };
}

function makeIndex(
  data: WalkWorkerData,
  index: NonNullable<WalkWorkerData['index']>,
  send: (message: WalkWorkerMessage) => void,
): Walked {
  const writer = new SegmentWriter(index.path);
  let isWanted = false;
  try {
    const result = walk(data.root, writer, { onProgress: throttled(send) });
    const { contentHash } = writer.finish(index.updatedAtMs);
    if (index.lastHash !== undefined && contentHash.equals(index.lastHash)) return { ...result, chunks: undefined };
    const walked = { ...result, chunks: chunksOf(index.path) };
    isWanted = true;
    return walked;
  } finally {
    writer.close();
    if (!isWanted) rmSync(index.path, { force: true });
  }
}

function chunksOf(path: string): Chunk[] {
  const chunks: Chunk[] = [];
  const encoder = new ChunkEncoder((chunk) => chunks.push(chunk));
  const segment = Segment.open(path);
  try {
    segment.replay(encoder);
    encoder.end();
  } finally {
    segment.close();
  }
  return chunks;
}

function throttled(send: (message: WalkWorkerMessage) => void): (entries: number) => void {
  let lastMs = 0;
  return (entries) => {
    const nowMs = Date.now();
    if (nowMs - lastMs < 1000 / localLimits.progressHz) return;
    lastMs = nowMs;
    send({ type: 'progress', entries });
  };
}

if (parentPort !== null) main(workerData as WalkWorkerData, parentPort);
