// The leaf layer of one file on disk: `PTLKTRE1`, leaf count (u64 BE), leaves, and for large files the roots of every 256 leaves,
// so that a proof is made without reading all leaves. Synchronous: written in the hash worker, read in small pieces.

import { closeSync, fstatSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { hashBytes, MerkleBuilder, pieceLeaves, type TreeLayers } from './merkle.ts';

const magic = Buffer.from('PTLKTRE1');
const headerBytes = 16;
/** Leaves held before they are written: one write for 32 MiB of data. */
const bufferedBytes = 64 * 1024;

/** Collects leaves, answers the root, and leaves a tree file at `path` (none without a path). */
export class TreeWriter {
  readonly #builder = new MerkleBuilder();
  readonly #path: string | undefined;
  #fd: number | undefined;
  #buffer = Buffer.alloc(0);

  constructor(path?: string) {
    this.#path = path;
  }

  add(leaves: Uint8Array): void {
    this.#builder.addPacked(leaves);
    if (this.#path === undefined) return;
    this.#buffer = Buffer.concat([this.#buffer, leaves]);
    if (this.#buffer.length >= bufferedBytes) this.#flush(this.#path);
  }

  finish(): { root: Buffer; leafCount: number } {
    const { root, pieces } = this.#builder.finish();
    const leafCount = this.#builder.leafCount;
    if (this.#path !== undefined) {
      this.#buffer = Buffer.concat([this.#buffer, pieces]);
      const fd = this.#flush(this.#path);
      const header = Buffer.alloc(headerBytes);
      magic.copy(header);
      header.writeBigUInt64BE(BigInt(leafCount), 8);
      writeSync(fd, header, 0, headerBytes, 0);
      closeSync(fd);
      this.#fd = undefined;
    }
    return { root, leafCount };
  }

  /** Removes what was written. Harmless after `finish` failed or was not reached. */
  abort(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
    if (this.#path !== undefined) rmSync(this.#path, { force: true });
  }

  #flush(path: string): number {
    if (this.#fd === undefined) {
      this.#fd = openSync(path, 'wx', 0o600);
      writeSync(this.#fd, Buffer.alloc(headerBytes));
    }
    for (let at = 0; at < this.#buffer.length;) at += writeSync(this.#fd, this.#buffer, at);
    this.#buffer = Buffer.alloc(0);
    return this.#fd;
  }
}

/** Writes a tree file from layers that are made already. Nothing is left of it when that fails. */
export function writeTree(
  path: string,
  tree: { leafCount: number; leaves(first: number, count: number): Uint8Array; pieces: Uint8Array },
): void {
  const fd = openSync(path, 'wx', 0o600);
  try {
    const header = Buffer.alloc(headerBytes);
    magic.copy(header);
    header.writeBigUInt64BE(BigInt(tree.leafCount), 8);
    writeAll(fd, header);
    const batch = bufferedBytes / hashBytes;
    for (let first = 0; first < tree.leafCount; first += batch) {
      writeAll(fd, tree.leaves(first, Math.min(batch, tree.leafCount - first)));
    }
    writeAll(fd, tree.pieces);
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

function writeAll(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
}

/** Opens a tree file for `work` and closes it. `undefined` when it is missing or damaged. */
export function withTree<T>(path: string, work: (tree: TreeLayers) => T): T | undefined {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch {
    return undefined; // evicted or never made: the caller's ordinary case
  }
  try {
    const header = read(fd, 0, headerBytes);
    if (header.length < headerBytes || !header.subarray(0, 8).equals(magic)) return undefined;
    const leafCount = Number(header.readBigUInt64BE(8));
    const pieceCount = leafCount > pieceLeaves ? Math.ceil(leafCount / pieceLeaves) : 0;
    if (fstatSync(fd).size !== headerBytes + (leafCount + pieceCount) * hashBytes) return undefined;
    return work({
      leafCount,
      leaves: (first, count) => read(fd, headerBytes + first * hashBytes, Math.min(count, leafCount - first) * hashBytes),
      pieces: () => read(fd, headerBytes + leafCount * hashBytes, pieceCount * hashBytes),
    });
  } finally {
    closeSync(fd);
  }
}

function read(fd: number, position: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let got = 0;
  while (got < length) {
    const count = readSync(fd, buffer, got, length - got, position + got);
    if (count === 0) break;
    got += count;
  }
  return buffer.subarray(0, got);
}
