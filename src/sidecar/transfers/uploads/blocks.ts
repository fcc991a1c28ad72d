// Memory that files are read into for uploads. A fresh megabyte costs its page faults each time, so that whole ones are used again: but
// only those of which nobody can still hold a view.

import { MiB } from '../../limits/units.ts';

export const blockBytes = 1 * MiB;

/** Kept for the next ones: the ranges under way of a few peers. */
const kept = 16;
const free: Buffer[] = [];

/** Room for so many bytes, at most `blockBytes`; what is in it is whatever was there. */
export function takeBlock(bytes: number): Buffer {
  return (bytes === blockBytes ? free.pop() : undefined) ?? Buffer.allocUnsafeSlow(bytes);
}

/** The whole of a block from `takeBlock`, of which no view is used any more. Without it the block is simply forgotten. */
export function giveBlockBack(block: Buffer): void {
  if (block.byteLength === blockBytes && free.length < kept) free.push(block);
}
