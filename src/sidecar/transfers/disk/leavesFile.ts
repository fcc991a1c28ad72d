// What is known of a partial file, beside it: which leaves were verified and written, by their hashes. Written right after the data, so that
// what it says was there when it was said; what a power cut, or somebody else, made of the data since is for a recheck.
//
//   `PTLKPRT1`, sizeBytes u64 BE, length of the version u8, version (31 bytes), has a root u8, root (32 bytes), padding to 128 bytes,
//   32 bytes a leaf; zero = missing

import { closeSync, fstatSync, ftruncateSync, readSync, writeSync } from 'node:fs';
import { hashBytes, leafCountOf } from '../content/merkle.ts';
import { LeafSet } from './leafSet.ts';
import { openPlain } from './plainFiles.ts';

const magic = Buffer.from('PTLKPRT1');
const headerBytes = 128;
const versionBytes = 31;
/** Leaves read at a time. */
const batchLeaves = 32_768;
const noLeaf = Buffer.alloc(hashBytes);

export interface Identity {
  version: Uint8Array | undefined;
  root: Uint8Array | undefined;
}

export class LeavesFile {
  readonly #fd: number;
  readonly #sizeBytes: number;
  #identity: Identity;

  private constructor(fd: number, sizeBytes: number, identity: Identity) {
    this.#fd = fd;
    this.#sizeBytes = sizeBytes;
    this.#identity = identity;
  }

  /** A new one, or the one that is there. `earlier` is undefined when that is no such file, or says nothing. */
  static open(path: string, sizeBytes: number): { file: LeavesFile; earlier: (Identity & { sizeBytes: number }) | undefined } {
    const { fd } = openPlain(path);
    try {
      const earlier = readHeader(fd);
      return { file: new LeavesFile(fd, sizeBytes, { version: earlier?.version, root: earlier?.root }), earlier };
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  /** Nothing is known. */
  clear(identity: Identity): void {
    ftruncateSync(this.#fd, 0);
    this.#identity = identity;
    this.#writeHeader();
  }

  identify(identity: Partial<Identity>): void {
    this.#identity = { version: identity.version ?? this.#identity.version, root: identity.root ?? this.#identity.root };
    this.#writeHeader();
  }

  /** Which leaves are recorded, up to `leafCount`; those behind are forgotten. */
  recorded(leafCount: number): LeafSet {
    const set = new LeafSet(leafCount);
    const end = headerBytes + leafCount * hashBytes;
    if (fstatSync(this.#fd).size > end) ftruncateSync(this.#fd, end);
    for (let first = 0; first < leafCount; first += batchLeaves) {
      const leaves = this.read(first, Math.min(batchLeaves, leafCount - first));
      for (let at = 0, leaf = first; at < leaves.length; at += hashBytes, leaf++) {
        if (!isMissing(leaves, at)) set.add(leaf);
      }
    }
    return set;
  }

  /** Packed hashes, zeros where missing. */
  read(first: number, count: number): Buffer {
    const leaves = Buffer.alloc(count * hashBytes);
    readFully(this.#fd, leaves, headerBytes + first * hashBytes);
    return leaves;
  }

  write(first: number, leaves: Uint8Array): void {
    for (let at = 0; at < leaves.length;) {
      at += writeSync(this.#fd, leaves, at, leaves.length - at, headerBytes + first * hashBytes + at);
    }
  }

  forget(first: number, count: number): void {
    for (let leaf = first; leaf < first + count; leaf += batchLeaves) {
      this.write(leaf, Buffer.alloc(Math.min(batchLeaves, first + count - leaf) * hashBytes));
    }
  }

  close(): void {
    closeSync(this.#fd);
  }

  #writeHeader(): void {
    const header = Buffer.alloc(headerBytes);
    magic.copy(header);
    header.writeBigUInt64BE(BigInt(this.#sizeBytes), 8);
    const { version, root } = this.#identity;
    if (version !== undefined && version.length <= versionBytes) {
      header[16] = version.length;
      header.set(version, 17);
    }
    if (root !== undefined) {
      header[48] = 1;
      header.set(root, 49);
    }
    writeSync(this.#fd, header, 0, headerBytes, 0);
  }
}

/** Our own file, but anybody may have written to it. */
function readHeader(fd: number): (Identity & { sizeBytes: number }) | undefined {
  const header = Buffer.alloc(headerBytes);
  if (readFully(fd, header, 0) < headerBytes || !header.subarray(0, 8).equals(magic)) return undefined;
  const sizeBytes = Number(header.readBigUInt64BE(8));
  const length = header[16] ?? 0;
  if (!Number.isSafeInteger(sizeBytes) || length > versionBytes || !Number.isSafeInteger(leafCountOf(sizeBytes)))
    return undefined;
  return {
    sizeBytes,
    version: length === 0 ? undefined : new Uint8Array(header.subarray(17, 17 + length)),
    root: header[48] === 1 ? new Uint8Array(header.subarray(49, 49 + hashBytes)) : undefined,
  };
}

export function isMissing(leaves: Buffer, at: number): boolean {
  return leaves[at] === 0 && leaves.compare(noLeaf, 0, hashBytes, at, at + hashBytes) === 0;
}

/** Reads until the buffer is full or the file ends; answers how much. */
export function readFully(fd: number, buffer: Uint8Array, position: number): number {
  let got = 0;
  while (got < buffer.length) {
    const count = readSync(fd, buffer, got, buffer.length - got, position + got);
    if (count === 0) break;
    got += count;
  }
  return got;
}
