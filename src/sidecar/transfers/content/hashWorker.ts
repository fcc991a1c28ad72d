// The thread that hashes: whole files by descriptor, and streams of blocks that the main thread hands over. Long files are
// hashed a slice at a time, so that streams are served between. Knows nothing of peers or downloads.

import { readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { hashBytes, hashLeaves } from './merkle.ts';
import { TreeWriter } from './treeFile.ts';

/** What the main thread asks. `reply` numbers the answer. */
export type HashRequest =
  | { type: 'open'; stream: number; treePath: string | undefined }
  | { type: 'push'; stream: number; reply: number; block: Uint8Array; expected: Uint8Array | undefined }
  | { type: 'finish'; stream: number; reply: number }
  | { type: 'drop'; stream: number }
  | { type: 'file'; reply: number; fd: number; sizeBytes: number; treePath: string | undefined; isCancelled: Int32Array };

export type HashAnswer = { reply: number } & (
  | { type: 'pushed'; goodLeaves: number }
  | { type: 'finished'; root: Uint8Array; leafCount: number }
  | { type: 'failed'; reason: 'short' | 'cancelled' | 'error'; message: string }
);

/** Bytes read at a time, and bytes hashed before streams get a turn. */
const readBytes = 1024 * 1024;
const turnBytes = 8 * readBytes;

const port = parentPort;
const streams = new Map<number, TreeWriter>();
port?.on('message', (request: HashRequest) => void serve(request));

async function serve(request: HashRequest): Promise<void> {
  try {
    const answer = await answerTo(request);
    if (answer) port?.postMessage(answer);
  } catch (error) {
    if (!('reply' in request)) return;
    const message = error instanceof Error ? error.message : String(error);
    port?.postMessage({ reply: request.reply, type: 'failed', reason: 'error', message } satisfies HashAnswer);
  }
}

async function answerTo(request: HashRequest): Promise<HashAnswer | undefined> {
  switch (request.type) {
    case 'open':
      streams.set(request.stream, new TreeWriter(request.treePath));
      return undefined;
    case 'push':
      return { reply: request.reply, type: 'pushed', goodLeaves: push(request.stream, request.block, request.expected) };
    case 'finish': {
      const writer = streams.get(request.stream);
      if (!writer) throw new Error('the stream is not open');
      streams.delete(request.stream);
      return { reply: request.reply, type: 'finished', ...writer.finish() };
    }
    case 'drop':
      streams.get(request.stream)?.abort();
      streams.delete(request.stream);
      return undefined;
    case 'file':
      return { reply: request.reply, ...(await hashFile(request)) };
  }
}

function push(stream: number, block: Uint8Array, expected: Uint8Array | undefined): number {
  const writer = streams.get(stream);
  if (!writer) throw new Error('the stream is not open');
  const leaves = hashLeaves(block);
  const good = expected ? matchingLeaves(leaves, expected) : leaves.length / hashBytes;
  writer.add(leaves.subarray(0, good * hashBytes));
  return good;
}

/** How many of the first leaves are as expected. */
function matchingLeaves(leaves: Buffer, expected: Uint8Array): number {
  let at = 0;
  while (at < leaves.length && leaves.compare(expected, at, at + hashBytes, at, at + hashBytes) === 0) at += hashBytes;
  return at / hashBytes;
}

async function hashFile(request: HashRequest & { type: 'file' }) {
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
