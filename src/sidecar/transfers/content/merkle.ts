// BEP 52 Merkle trees (https://www.bittorrent.org/beps/bep_0052.html): SHA-256 leaves over 16 KiB blocks, the last block short
// and not padded, the leaf layer padded with zero hashes to a power of two. Pure arithmetic: knows no file, no peer.

import { hash } from 'node:crypto';

export const leafBytes = 16 * 1024;
export const hashBytes = 32;
/** Leaves under one node of the piece layer that tree files keep: 4 MiB of data. */
export const pieceLevel = 8;
export const pieceLeaves = 2 ** pieceLevel;

/** Root of an empty file. BEP 52 gives empty files none; ours is 32 zero bytes. */
export const emptyRoot: Uint8Array = new Uint8Array(hashBytes);

export function leafCountOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / leafBytes);
}

export function hashLeaf(block: Uint8Array): Buffer {
  return hash('sha256', block, 'buffer');
}

/** Leaves of a run of bytes that starts at a leaf's border, packed. */
export function hashLeaves(bytes: Uint8Array): Buffer {
  const leaves = Buffer.allocUnsafe(leafCountOf(bytes.length) * hashBytes);
  for (let at = 0, leaf = 0; at < bytes.length; at += leafBytes, leaf++) {
    leaves.set(hashLeaf(bytes.subarray(at, at + leafBytes)), leaf * hashBytes);
  }
  return leaves;
}

const pair = Buffer.alloc(2 * hashBytes);

function hashPair(left: Uint8Array, right: Uint8Array): Buffer {
  pair.set(left, 0);
  pair.set(right, hashBytes);
  return hash('sha256', pair, 'buffer');
}

const padHashes: Uint8Array[] = [emptyRoot];

/** Root of a subtree of 2^level padding leaves. */
export function padHash(level: number): Uint8Array {
  let last = padHashes[padHashes.length - 1] ?? emptyRoot;
  while (padHashes.length <= level) padHashes.push((last = hashPair(last, last)));
  return padHashes[level] ?? emptyRoot;
}

/** Levels above the leaves: 0 for one leaf. */
export function heightOf(leafCount: number): number {
  let height = 0;
  for (let width = 1; width < leafCount; width *= 2) height++;
  return height;
}

/** Takes leaves in order and answers the root; memory is one hash a level and one a piece (4 MiB). */
export class MerkleBuilder {
  readonly #nodes: (Buffer | undefined)[] = [];
  readonly #pieces: Buffer[] = [];
  #leafCount = 0;

  get leafCount(): number {
    return this.#leafCount;
  }

  add(leaf: Uint8Array): void {
    let node: Buffer = Buffer.from(leaf);
    let level = 0;
    for (;;) {
      if (level === pieceLevel) this.#pieces.push(node);
      const left = this.#nodes[level];
      if (left === undefined) break;
      this.#nodes[level++] = undefined;
      node = hashPair(left, node);
    }
    this.#nodes[level] = node;
    this.#leafCount++;
  }

  addPacked(leaves: Uint8Array): void {
    for (let at = 0; at < leaves.length; at += hashBytes) this.add(leaves.subarray(at, at + hashBytes));
  }

  /** The root, and the roots of every 256 leaves (packed; empty for a tree of one piece or less). No leaf may be added after. */
  finish(): { root: Buffer; pieces: Buffer } {
    if (this.#leafCount === 0) return { root: Buffer.from(emptyRoot), pieces: Buffer.alloc(0) };
    const height = heightOf(this.#leafCount);
    let right: Buffer | undefined;
    for (let level = 0; level < height; level++) {
      if (level === pieceLevel && right) this.#pieces.push(right);
      const node = this.#nodes[level];
      if (node) right = hashPair(node, right ?? padHash(level));
      else if (right) right = hashPair(right, padHash(level));
    }
    const root = right ?? this.#nodes[height] ?? Buffer.from(emptyRoot);
    return { root, pieces: height > pieceLevel ? Buffer.concat(this.#pieces) : Buffer.alloc(0) };
  }
}

/** Root of a whole file's packed leaves. */
export function rootOfLeaves(leaves: Uint8Array): Buffer {
  const builder = new MerkleBuilder();
  builder.addPacked(leaves);
  return builder.finish().root;
}

/** Root of packed nodes of layer `level`, as a subtree that reaches up to layer `top`. */
function subtreeRoot(nodes: Uint8Array, level: number, top: number): Uint8Array {
  let layer: Uint8Array[] = [];
  for (let at = 0; at < nodes.length; at += hashBytes) layer.push(nodes.subarray(at, at + hashBytes));
  for (let at = level; at < top; at++) {
    const above: Uint8Array[] = [];
    for (let i = 0; i < layer.length; i += 2) above.push(hashPair(layer[i] ?? padHash(at), layer[i + 1] ?? padHash(at)));
    layer = above;
  }
  return layer[0] ?? padHash(top);
}

/** Where a proof is made from: the leaf layer, and the piece layer when the tree is larger than one piece. */
export interface TreeLayers {
  leafCount: number;
  /** Packed leaves; past the end: fewer. */
  leaves(first: number, count: number): Uint8Array;
  /** Packed roots of every 256 leaves. */
  pieces(): Uint8Array;
}

/** True when `count` is a power of two, `first` a multiple of it, and both lie in a tree of so many leaves. */
export function isRange(leafCount: number, first: number, count: number): boolean {
  if (!Number.isSafeInteger(first) || !Number.isSafeInteger(count) || first < 0 || count < 1) return false;
  return first < leafCount && Number.isInteger(Math.log2(count)) && first % count === 0;
}

/** The leaves of a range and the uncles up to the root. The range must pass `isRange`; more than the tree's width is cut to it. */
export function proofOf(tree: TreeLayers, first: number, count: number): { leaves: Uint8Array[]; uncles: Uint8Array[] } {
  const height = heightOf(tree.leafCount);
  const packed = tree.leaves(first, Math.min(count, tree.leafCount - first));
  const leaves: Uint8Array[] = [];
  for (let at = 0; at < packed.length; at += hashBytes) leaves.push(packed.subarray(at, at + hashBytes));
  const uncles: Uint8Array[] = [];
  let level = Math.min(Math.log2(count), height);
  let index = first / 2 ** level;
  for (; level < height; level++, index = Math.floor(index / 2)) {
    const sibling = index % 2 === 0 ? index + 1 : index - 1;
    uncles.push(nodeOf(tree, level, sibling));
  }
  return { leaves, uncles };
}

function nodeOf(tree: TreeLayers, level: number, index: number): Uint8Array {
  if (index * 2 ** level >= tree.leafCount) return padHash(level);
  if (level < pieceLevel) return subtreeRoot(tree.leaves(index * 2 ** level, 2 ** level), 0, level);
  const piecesUnder = 2 ** (level - pieceLevel);
  const pieces = tree.pieces();
  return subtreeRoot(pieces.subarray(index * piecesUnder * hashBytes, (index + 1) * piecesUnder * hashBytes), pieceLevel, level);
}

/** True when these are the range's leaves in the tree of this root and so many leaves. Never throws, whatever a peer sent. */
export function isProven(
  tree: { root: Uint8Array; leafCount: number },
  range: { first: number; count: number },
  proof: { leaves: Uint8Array[]; uncles: Uint8Array[] },
): boolean {
  return provenPieces(tree, range, proof) !== undefined;
}

/**
 * Undefined when these are not the range's leaves (`isProven`). Else the packed roots of every 256 of them, for a tree file; empty when the range
 * is smaller than that, or the whole tree has no more: its tree file has none then.
 */
export function provenPieces(
  tree: { root: Uint8Array; leafCount: number },
  range: { first: number; count: number },
  proof: { leaves: Uint8Array[]; uncles: Uint8Array[] },
): Buffer | undefined {
  if (!isRange(tree.leafCount, range.first, range.count)) return undefined;
  const height = heightOf(tree.leafCount);
  let level = Math.min(Math.log2(range.count), height);
  const expected = Math.min(range.count, tree.leafCount - range.first);
  if (proof.leaves.length !== expected || proof.uncles.length !== height - level) return undefined;
  if (![...proof.leaves, ...proof.uncles].every((node) => node.length === hashBytes)) return undefined;
  const leaves = Buffer.concat(proof.leaves);
  const pieces: Uint8Array[] = [];
  if (level >= pieceLevel) {
    const bytes = pieceLeaves * hashBytes;
    for (let at = 0; at < leaves.length; at += bytes) pieces.push(subtreeRoot(leaves.subarray(at, at + bytes), 0, pieceLevel));
  }
  const packed = Buffer.concat(pieces);
  let node = level >= pieceLevel ? subtreeRoot(packed, pieceLevel, level) : subtreeRoot(leaves, 0, level);
  let index = range.first / 2 ** level;
  for (const uncle of proof.uncles) {
    node = index % 2 === 0 ? hashPair(node, uncle) : hashPair(uncle, node);
    index = Math.floor(index / 2);
    level++;
  }
  if (!Buffer.from(node).equals(tree.root)) return undefined;
  return tree.leafCount > pieceLeaves ? packed : Buffer.alloc(0);
}
