// The thread that hashes whole files by descriptor. Long files are hashed a slice at a time, so that short ones are served between. Knows
// nothing of peers or downloads.

import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { hashLeaves } from './merkle.ts';
import { TreeWriter } from './treeFile.ts';

/** What the main thread asks. `reply` numbers the answer. */
export interface HashRequest {
  type: 'file';
  reply: number;
  fd: number;
  sizeBytes: number;
  treePath: string | undefined;
  isCancelled: Int32Array;
}

export type HashAnswer = { reply: number } & (
  | { type: 'finished'; root: Uint8Array; leafCount: number }
  | { type: 'failed'; reason: 'short' | 'cancelled' | 'error'; message: string }
);

/** Bytes read at a time, and bytes hashed before other files get a turn. */
const readBytes = 1024 * 1024;
const turnBytes = 8 * readBytes;

const port = parentPort;
port?.on('message', (request: HashRequest) => void serve(request));

async function serve(request: HashRequest): Promise<void> {
  const { reply } = request;
  try {
    port?.postMessage({ reply, ...(await hashFile(request)) } satisfies HashAnswer);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    port?.postMessage({ reply, type: 'failed', reason: 'error', message } satisfies HashAnswer);
  }
}

async function hashFile(request: HashRequest) {
  const { fd, sizeBytes, treePath, isCancelled } = request;
  const writer = new TreeWriter(treePath);
  const buffer = Buffer.allocUnsafe(readBytes);
  try {
    for (let position = 0; position < sizeBytes;) {
      if (Atomics.load(isCancelled, 0) !== 0) return stopped(writer, 'cancelled');
      const wanted = Math.min(readBytes, sizeBytes - position);
      let got = 0;
      while (got < wanted) {
        const count = readSync(fd, buffer, got, wanted - got, position + got);
        if (count === 0) return stopped(writer, 'short');
        got += count;
      }
      writer.add(hashLeaves(buffer.subarray(0, got)));
      position += got;
      if (position % turnBytes === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return { type: 'finished' as const, ...writer.finish() };
  } catch (error) {
    writer.abort();
    throw error;
  }
}

function stopped(writer: TreeWriter, reason: 'short' | 'cancelled') {
  writer.abort();
  return { type: 'failed' as const, reason, message: reason };
}
