// One partial file in the disk worker: hashes what arrives, compares, writes, records; checks what an earlier attempt left; finishes.

import { closeSync, fstatSync, fsync, ftruncateSync, futimesSync, lstatSync, writevSync } from 'node:fs';
import { promisify } from 'node:util';
import { AppError } from '../../../protocol/errors.ts';
import { indexLimits } from '../../limits.ts';
import { localFailure, removeFile } from '../failures.ts';
import { hashBytes, hashLeaf, leafBytes, leafCountOf, MerkleBuilder } from '../content/merkle.ts';
import { writeTree } from '../content/treeFile.ts';
import { type Identity, LeavesFile, readFully } from './leavesFile.ts';
import { LeafSet } from './leafSet.ts';
import { openPlain } from './plainFiles.ts';

const flush = promisify(fsync);

/** Leaves checked, or read for the tree, in one step: a few milliseconds. */
const stepLeaves = 256;
const scratch = Buffer.allocUnsafeSlow(stepLeaves * leafBytes);
/** Inner nodes made while bytes arrive, at most so many leaves a write: about a millisecond. */
const treeStepLeaves = 1024;

export function leavesPathOf(partialPath: string): string {
  return `${partialPath.replace(/\.part$/, '')}.leaves`;
}

/** Removes a partial file and what is known of it. */
export function removePartial(path: string): void {
  removeFile(path);
  removeFile(leavesPathOf(path));
}

export class OpenPartial {
  readonly path: string;
  readonly sizeBytes: number;
  readonly earlier: (Identity & { sizeBytes: number }) | undefined;
  readonly have: LeafSet;
  readonly #leafCount: number;
  readonly #fd: number;
  readonly #leaves: LeavesFile;
  /** Left by an earlier attempt and not checked yet. */
  readonly #unchecked: LeafSet;
  #checkedTo = 0;
  /** The tree over the first leaves, as far as they were there in order; undefined after one of them was lost. */
  #tree: MerkleBuilder | undefined = new MerkleBuilder();
  #isOpen = true;

  constructor(options: { path: string; sizeBytes: number; version?: Uint8Array; root?: Uint8Array }) {
    const { path, sizeBytes } = options;
    this.path = path;
    this.sizeBytes = sizeBytes;
    this.#leafCount = leafCountOf(sizeBytes);
    const { fd, isNew } = openPlain(path);
    let leaves: LeavesFile | undefined;
    try {
      const opened = LeavesFile.open(leavesPathOf(path), sizeBytes);
      this.#leaves = leaves = opened.file;
      const identity = { version: options.version, root: options.root };
      const { earlier } = opened;
      const isKept = !isNew && earlier !== undefined && (earlier.sizeBytes === sizeBytes || options.root !== undefined);
      if (!isKept) ftruncateSync(fd, 0);
      else if (fstatSync(fd).size > sizeBytes) ftruncateSync(fd, sizeBytes);
      if (isKept) this.have = leaves.recorded(keptLeaves(earlier.sizeBytes, sizeBytes, this.#leafCount));
      else {
        leaves.clear(identity);
        this.have = new LeafSet(this.#leafCount);
      }
      if (this.have.size !== this.#leafCount) this.have = grown(this.have, this.#leafCount);
      if (isKept && earlier.sizeBytes !== sizeBytes) leaves.identify({}); // the size of now
      this.earlier = isKept && this.have.count > 0 ? earlier : undefined;
      if (isKept && this.have.count === 0) leaves.clear(identity);
      this.#unchecked = grown(this.have, this.#leafCount);
      this.#fd = fd;
    } catch (error) {
      closeSync(fd);
      leaves?.close();
      throw localFailure(error, path);
    }
  }

  identify(identity: Partial<Identity>): void {
    this.#leaves.identify(identity);
  }

  /** Hashes and compares, writes and records the good leaves; answers how many from the start were good. */
  write(first: number, chunks: readonly Uint8Array[], expected: Uint8Array | undefined): number {
    const total = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#checkRange(first, total);
    const { leaves, good } = hashChunks(chunks, expected);
    const goodBytes = Math.min(good * leafBytes, total);
    if (good === 0) return 0;
    try {
      this.#writeChunks(chunks, goodBytes, first * leafBytes);
      this.#leaves.write(first, leaves.subarray(0, good * hashBytes));
    } catch (error) {
      throw localFailure(error, this.path);
    }
    if (this.#tree && first < this.#tree.leafCount) this.#tree = undefined; // written again: the hashes may be others
    this.have.add(first, good);
    this.#unchecked.remove(first, good);
    this.#growTree(first, leaves.subarray(0, good * hashBytes));
    return good;
  }

  /** A step of checking what an earlier attempt left. Answers leaves that are lost. */
  recheck(): { wrong: number[]; isDone: boolean } {
    const first = this.#unchecked.nextPresent(this.#checkedTo);
    if (first === this.#leafCount) return { wrong: [], isDone: true };
    const end = this.#unchecked.nextMissing(first, Math.min(first + stepLeaves, this.#leafCount));
    const recorded = this.#leaves.read(first, end - first);
    const wanted = Math.min((end - first) * leafBytes, this.sizeBytes - first * leafBytes);
    const got = readFully(this.#fd, scratch.subarray(0, wanted), first * leafBytes);
    const wrong: number[] = [];
    for (let leaf = first, at = 0; leaf < end; leaf++, at += leafBytes) {
      const bytes = scratch.subarray(at, Math.min(at + leafBytes, wanted));
      const isRight =
        at + bytes.length <= got &&
        hashLeaf(bytes).compare(recorded, (leaf - first) * hashBytes, (leaf - first + 1) * hashBytes) === 0;
      if (!isRight) wrong.push(leaf);
    }
    this.#unchecked.remove(first, end - first);
    this.#checkedTo = end;
    this.#lose(wrong);
    return { wrong, isDone: this.#unchecked.nextPresent(end) === this.#leafCount };
  }

  compare(first: number, expected: Uint8Array): number[] {
    const count = Math.min(expected.length / hashBytes, this.#leafCount - first);
    const recorded = this.#leaves.read(first, count);
    const wrong: number[] = [];
    for (let i = 0; i < count; i++) {
      if (!this.have.has(first + i)) continue;
      if (recorded.compare(expected, i * hashBytes, (i + 1) * hashBytes, i * hashBytes, (i + 1) * hashBytes) !== 0)
        wrong.push(first + i);
    }
    this.#lose(wrong);
    return wrong;
  }

  forget(first: number, count: number): void {
    const end = Math.min(first + count, this.#leafCount);
    if (end <= first) return;
    this.have.remove(first, end - first);
    this.#unchecked.remove(first, end - first);
    this.#leaves.forget(first, end - first);
    if (this.#tree && first < this.#tree.leafCount) this.#tree = undefined;
  }

  leaves(first: number, count: number): Uint8Array {
    return this.#leaves.read(first, Math.max(0, Math.min(count, this.#leafCount - first)));
  }

  read(offset: number, length: number): Uint8Array {
    const first = Math.floor(offset / leafBytes);
    const isThere =
      offset >= 0 &&
      length >= 0 &&
      offset + length <= this.sizeBytes &&
      this.have.hasAll(first, leafCountOf(offset + length) - first);
    const bytes = isThere ? Buffer.allocUnsafeSlow(length) : undefined;
    if (bytes === undefined || readFully(this.#fd, bytes, offset) < length) {
      throw new AppError('not-found', `Not all of these ${length} bytes are there yet.`);
    }
    return bytes;
  }

  /** Gives it its size and time, its root is checked, all is on the disk, closed. */
  async finish(options: {
    mtimeMs: number;
    root: Uint8Array | undefined;
    treePath: string | undefined;
  }): Promise<{ root: Uint8Array }> {
    try {
      while (!this.recheck().isDone) await breathe();
      if (!this.have.isFull)
        throw new AppError('internal', `${this.path} is not whole: ${this.#leafCount - this.have.count} leaves are missing.`);
      const { root, pieces } = await this.#finishTree();
      if (options.root && !root.equals(options.root)) {
        throw new AppError(
          'verification-failed',
          'The file does not match its checksum, so it was not kept. Try again, or tell the peer.',
        );
      }
      if (options.treePath !== undefined) {
        writeTree(options.treePath, {
          leafCount: this.#leafCount,
          pieces,
          leaves: (first, count) => this.#leaves.read(first, count),
        });
      }
      ftruncateSync(this.#fd, this.sizeBytes);
      setTime(this.#fd, options.mtimeMs);
      await flush(this.#fd);
      this.#checkPlace();
      this.close();
      return { root: new Uint8Array(root) };
    } catch (error) {
      throw localFailure(error, this.path);
    }
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    closeSync(this.#fd);
    this.#leaves.close();
  }

  /** Somebody else may have taken our file away, or put another one there: what was written then lies elsewhere. */
  #checkPlace(): void {
    const [ours, there] = [fstatSync(this.#fd), lstatSync(this.path, { throwIfNoEntry: false })];
    if (there?.ino === ours.ino && there.dev === ours.dev && ours.nlink === 1) return;
    throw new AppError('changed', `${this.path} was replaced or removed by something else. Try again.`, {
      data: { path: this.path },
    });
  }

  #checkRange(first: number, bytes: number): void {
    const end = first * leafBytes + bytes;
    const isRight =
      Number.isSafeInteger(first) && first >= 0 && end <= this.sizeBytes && (bytes % leafBytes === 0 || end === this.sizeBytes);
    if (!isRight) throw new AppError('internal', `Bytes at leaf ${first} do not fit ${this.path}.`);
  }

  #writeChunks(chunks: readonly Uint8Array[], length: number, position: number): void {
    let left = length;
    let rest: Uint8Array[] = [];
    for (const chunk of chunks) {
      if (left <= 0) break;
      rest.push(chunk.length <= left ? chunk : chunk.subarray(0, left));
      left -= chunk.length;
    }
    for (let at = position; rest.length > 0;) {
      let written = writevSync(this.#fd, rest, at);
      at += written;
      let skipped = 0;
      for (const chunk of rest) {
        if (written < chunk.length) break;
        written -= chunk.length;
        skipped++;
      }
      rest = rest.slice(skipped);
      const [torn] = rest;
      if (torn && written > 0) rest[0] = torn.subarray(written);
    }
  }

  /** What was lost is missing here and in the record. */
  #lose(leaves: readonly number[]): void {
    for (const leaf of leaves) this.forget(leaf, 1);
  }

  /** Inner nodes are made while bytes arrive, not at the end: from these leaves when they are next, else from what is recorded. */
  #growTree(first: number, leaves: Uint8Array): void {
    const tree = this.#tree;
    if (!tree) return;
    if (tree.leafCount === first) {
      tree.addPacked(leaves);
      return;
    }
    const end = Math.min(
      this.have.nextMissing(tree.leafCount, tree.leafCount + treeStepLeaves),
      this.#unchecked.nextPresent(tree.leafCount),
    );
    if (end > tree.leafCount) tree.addPacked(this.#leaves.read(tree.leafCount, end - tree.leafCount));
  }

  async #finishTree(): Promise<{ root: Buffer; pieces: Buffer }> {
    const tree = (this.#tree ??= new MerkleBuilder());
    while (tree.leafCount < this.#leafCount) {
      tree.addPacked(this.#leaves.read(tree.leafCount, Math.min(4 * treeStepLeaves, this.#leafCount - tree.leafCount)));
      await breathe();
    }
    this.#tree = undefined;
    return tree.finish();
  }
}

/** Leaves of `chunks`, and how many from the start are as expected. */
function hashChunks(chunks: readonly Uint8Array[], expected: Uint8Array | undefined): { leaves: Buffer; good: number } {
  const count = leafCountOf(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  const leaves = Buffer.allocUnsafe(count * hashBytes);
  let leaf = 0;
  let good = 0;
  let filled = 0;
  const take = (bytes: Uint8Array) => {
    const hash = hashLeaf(bytes);
    hash.copy(leaves, leaf * hashBytes);
    const isGood = !expected || hash.compare(expected, leaf * hashBytes, (leaf + 1) * hashBytes) === 0;
    leaf++;
    if (isGood && good === leaf - 1) good = leaf;
  };
  for (const chunk of chunks) {
    let at = 0;
    if (filled > 0) {
      at = Math.min(leafBytes - filled, chunk.length);
      scratch.set(chunk.subarray(0, at), filled);
      filled += at;
      if (filled === leafBytes) {
        take(scratch.subarray(0, leafBytes));
        filled = 0;
      }
    }
    for (; at + leafBytes <= chunk.length; at += leafBytes) take(chunk.subarray(at, at + leafBytes));
    if (at < chunk.length) {
      scratch.set(chunk.subarray(at), filled);
      filled += chunk.length - at;
    }
    if (good < leaf) break;
  }
  if (filled > 0 && good === leaf) take(scratch.subarray(0, filled));
  return { leaves, good };
}

function keptLeaves(earlierBytes: number, sizeBytes: number, leafCount: number): number {
  return earlierBytes === sizeBytes ? leafCount : Math.floor(Math.min(earlierBytes, sizeBytes) / leafBytes);
}

function grown(set: LeafSet, size: number): LeafSet {
  const larger = new LeafSet(size);
  for (let at = set.nextPresent(0); at < set.size; at = set.nextPresent(at)) {
    const end = set.nextMissing(at);
    larger.add(at, end - at);
    at = end;
  }
  return larger;
}

/** A disk without such times keeps its own. */
export function setTime(fd: number, mtimeMs: number): void {
  if (!Number.isFinite(mtimeMs) || Math.abs(mtimeMs) > indexLimits.mtimeMs) return;
  try {
    futimesSync(fd, Date.now() / 1000, mtimeMs / 1000);
  } catch {
    // The bytes are what counts.
  }
}

export function breathe(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
