// Reads a range of a file from a source, widened to whole leaves, each verified against the file's root. Knows no cache.

import type { ShareId } from '../../../protocol/ids.ts';
import { localLimits, wireLimits } from '../../limits.ts';
import type { SafePath } from '../../storage/safePath.ts';
import type { FileSource } from '../../wire/services.ts';
import type { Trees } from '../content/trees.ts';
import { badContent } from '../failures.ts';
import { hashBytes, hashLeaves, leafBytes, rootOfLeaves } from '../content/merkle.ts';
import type { Received } from '../downloads/swarm/contract.ts';
import { LeafLayer } from '../downloads/swarm/leafLayer.ts';
import type { Rate } from '../rates.ts';
import { eachWithin, within } from '../waiting.ts';

export interface RangeOptions {
  source: FileSource;
  shareId: ShareId;
  path: SafePath;
  offset: number;
  length: number;
  signal: AbortSignal;
  stallMs?: number;
  rate: Rate;
  trees: Trees;
  /** Takes verified bytes in order. */
  write: (bytes: Uint8Array) => Promise<void>;
}

/** Leaves checked and handed on at a time; divides a batch of hashes. */
const stepLeaves = 64;
/** Hashes asked for at a time: 16 MiB of the file, about what a viewer looks at. */
const batchLeaves = 1024;

/** Answers what the whole file is. Past the end of the file nothing is written. */
export async function receiveRange(options: RangeOptions): Promise<Received> {
  const abort = new AbortController();
  const stop = () => abort.abort('ended');
  options.signal.addEventListener('abort', stop, { once: true });
  if (options.signal.aborted) stop();
  try {
    return await receive({ ...options, signal: abort.signal });
  } finally {
    options.signal.removeEventListener('abort', stop);
    abort.abort('ended');
  }
}

async function receive(options: RangeOptions): Promise<Received> {
  const { source, shareId, path, signal } = options;
  const stallMs = options.stallMs ?? wireLimits.creditStallMs;
  const headMs = options.stallMs ?? wireLimits.headMs;
  const first = Math.floor(options.offset / leafBytes) * leafBytes;
  const wanted = Math.ceil((options.offset + options.length) / leafBytes) * leafBytes - first;
  const request = { shareId, path, offset: first, length: wanted, needsRoot: true };
  const reply = await within(headMs, source.read(request, { signal }), { source, path, signal });
  const { root, sizeBytes, mtimeMs } = reply;
  const isSound = root?.length === hashBytes && Number.isSafeInteger(sizeBytes) && sizeBytes >= 0 && Number.isFinite(mtimeMs);
  if (!isSound) throw badContent(source.peerId, path, 'came without a checksum');
  const end = Math.min(sizeBytes, first + wanted);
  const { trees, rate } = options;
  const askers = () => [source];
  const expected = new LeafLayer({ root, sizeBytes, path, signal, timeoutMs: headMs, trees, askers, batchLeaves });
  let position = first;
  const take = async (block: Buffer) => {
    await check(block, position, { options, root, sizeBytes, expected });
    const from = Math.max(0, options.offset - position);
    const to = Math.min(block.length, options.offset + options.length - position);
    if (to > from) await options.write(block.subarray(from, to));
    position += block.length;
  };
  let block = Buffer.alloc(0);
  for await (const chunk of eachWithin(stallMs, reply.bytes, { source, path, signal })) {
    if (position + block.length + chunk.length > end) throw badContent(source.peerId, path, 'is longer than its owner said');
    if (rate.isLimited) await rate.take(chunk.length, { signal, key: source.peerId });
    block = Buffer.concat([block, chunk]);
    while (block.length >= stepOf(position)) {
      const length = stepOf(position);
      await take(block.subarray(0, length));
      block = block.subarray(length);
    }
  }
  if (block.length > 0) await take(block);
  if (position < end) throw badContent(source.peerId, path, 'is shorter than its owner said');
  return { root, sizeBytes, mtimeMs };
}

/** Up to the next border of a step, so that a step's hashes lie in one batch. */
function stepOf(position: number): number {
  const stepBytes = stepLeaves * leafBytes;
  return stepBytes - (position % stepBytes);
}

async function check(
  block: Buffer,
  position: number,
  { options, root, sizeBytes, expected }: { options: RangeOptions; root: Uint8Array; sizeBytes: number; expected: LeafLayer },
): Promise<void> {
  const { source, path } = options;
  const leaves = hashLeaves(block);
  const isWhole = position === 0 && block.length === sizeBytes;
  const isRight = isWhole
    ? rootOfLeaves(leaves).equals(root)
    : leaves.equals((await expected.range(position / leafBytes, leaves.length / hashBytes)) ?? Buffer.alloc(0));
  if (!isRight) throw badContent(source.peerId, path, `does not match its checksum near byte ${position}`);
}

/** Ranges of files this small are cut from the whole file: their leaves are not kept by owners. */
export const wholeUpToBytes = localLimits.inlineHashBytes;
