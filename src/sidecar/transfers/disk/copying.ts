// Fills a partial file from a local one that is believed to have the same content, a step at a time, in the disk worker. Nothing of what was
// there before is touched until the copy is verified.

import { closeSync, constants, fstatSync, fsync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';
import { AppError } from '../../../protocol/errors.ts';
import { localFailure, removeFile } from '../failures.ts';
import { hashLeaves, MerkleBuilder } from '../content/merkle.ts';
import type { DiskCalls } from './diskCalls.ts';
import { leavesPathOf, setTime } from './openPartial.ts';
import { openNew } from './plainFiles.ts';

const flush = promisify(fsync);
const stepBytes = 4 * 1024 * 1024;

interface Copy {
  from: number;
  to: number;
  temporaryPath: string;
  ask: DiskCalls['copyOpen']['ask'];
  tree: MerkleBuilder;
  at: number;
}

const copies = new Map<number, Copy>();
let next = 1;

export function copyOpen(ask: DiskCalls['copyOpen']['ask']): { copy: number } {
  let from: number;
  try {
    from = openSync(ask.from, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  } catch {
    return { copy: 0 }; // gone or not ours to read: it is fetched
  }
  const stats = fstatSync(from);
  if (!stats.isFile() || stats.size !== ask.sizeBytes) {
    closeSync(from);
    return { copy: 0 };
  }
  const temporaryPath = `${ask.path}.copy`;
  try {
    removeFile(temporaryPath);
    const copy = next++;
    copies.set(copy, { from, to: openNew(temporaryPath), temporaryPath, ask, tree: new MerkleBuilder(), at: 0 });
    return { copy };
  } catch (error) {
    closeSync(from);
    throw localFailure(error, temporaryPath);
  }
}

export async function copyStep({ copy, isStopped }: DiskCalls['copyStep']['ask']): Promise<{ state: 'more' | 'done' | 'other' }> {
  const one = copies.get(copy);
  if (!one) throw new AppError('internal', 'There is no such copy.');
  let isGoingOn = false;
  try {
    if (isStopped || !step(one)) return { state: 'other' };
    isGoingOn = one.at < one.ask.sizeBytes;
    if (isGoingOn) return { state: 'more' };
    if (!one.tree.finish().root.equals(one.ask.root)) return { state: 'other' };
    setTime(one.to, one.ask.mtimeMs);
    await flush(one.to);
    removeFile(leavesPathOf(one.ask.path));
    renameSync(one.temporaryPath, one.ask.path);
    return { state: 'done' };
  } catch (error) {
    throw localFailure(error, one.ask.path);
  } finally {
    if (!isGoingOn) end(copy, one);
  }
}

/** False when the file ended too early. */
function step(one: Copy): boolean {
  const block = Buffer.allocUnsafe(Math.min(stepBytes, one.ask.sizeBytes - one.at));
  for (let got = 0; got < block.length;) {
    const count = readSync(one.from, block, got, block.length - got, one.at + got);
    if (count === 0) return false;
    got += count;
  }
  one.tree.addPacked(hashLeaves(block));
  for (let at = 0; at < block.length;) at += writeSync(one.to, block, at, block.length - at, one.at + at);
  one.at += block.length;
  return true;
}

function end(copy: number, one: Copy): void {
  copies.delete(copy);
  closeSync(one.from);
  closeSync(one.to);
  removeFile(one.temporaryPath);
}
