// The leaf hashes of a file by its root: asked of whoever has them, a batch at a time and ahead of need, proven before they are used. Once all
// are there they become a tree file, so that this peer can give them on while it still receives the bytes.

import type { AppError } from '../../../../protocol/errors.ts';
import { asAppError } from '../../../../protocol/errors.ts';
import { transferLimits, wireLimits } from '../../../limits.ts';
import { MiB } from '../../../limits/units.ts';
import type { FileSource } from '../../../wire/services.ts';
import { hashBytes, heightOf, leafCountOf, provenPieces } from '../../content/merkle.ts';
import type { Trees } from '../../content/trees.ts';
import { writeTree } from '../../content/treeFile.ts';
import { badContent } from '../../failures.ts';
import { within } from '../../waiting.ts';

/** 64 MiB of data. Proving it takes 5 ms, the longest that the main thread may be held. */
const batchLeaves = Math.min(4096, wireLimits.leavesInReply);

/** Layers up to this (of 2 GiB) become a tree file while the bytes still come: written in 4 ms. */
const adoptedBytes = 4 * MiB;

export interface LeafLayerOptions {
  root: Uint8Array;
  sizeBytes: number;
  path: string;
  signal: AbortSignal;
  timeoutMs: number;
  trees: Trees;
  /** Whom to ask, the best first. */
  askers: () => FileSource[];
  /** It sent hashes that are not of this root. It is not asked for hashes again. */
  onBad?: (source: FileSource, error: AppError) => void;
  /** Leaves in one request, a power of two. */
  batchLeaves?: number;
}

interface Batch {
  leaves: Uint8Array;
  pieces: Uint8Array;
}

export class LeafLayer {
  readonly leafCount: number;
  readonly #options: LeafLayerOptions;
  readonly #batchLeaves: number;
  readonly #batchCount: number;
  /** Oldest use first. */
  readonly #known = new Map<number, Batch>();
  readonly #asked = new Map<number, Promise<Batch | undefined>>();
  readonly #bad = new Set<FileSource>();
  #isAdopted = false;
  /** Nobody who was asked last had it. */
  #isUnavailable = false;

  constructor(options: LeafLayerOptions) {
    this.#options = options;
    this.leafCount = leafCountOf(options.sizeBytes);
    this.#batchLeaves = Math.min(options.batchLeaves ?? batchLeaves, 2 ** heightOf(this.leafCount));
    this.#batchCount = Math.ceil(this.leafCount / this.#batchLeaves);
  }

  get root(): Uint8Array {
    return this.#options.root;
  }

  /** Nobody who was asked last had it. */
  get isUnavailable(): boolean {
    return this.#isUnavailable;
  }

  /** Packed leaves, if they are here already. */
  ready(first: number, count: number): Uint8Array | undefined {
    const batch = Math.floor(first / this.#batchLeaves);
    const known = this.#known.get(batch);
    const from = first - batch * this.#batchLeaves;
    if (!known || from + count > this.#batchLeaves) return undefined;
    this.#use(batch, known);
    return known.leaves.subarray(from * hashBytes, (from + count) * hashBytes);
  }

  /**
   * Packed leaves. Undefined when nobody has a tree of this root. Rejects with `verification-failed` when all that came was wrong, `unavailable`,
   * `cancelled`.
   */
  async range(first: number, count: number): Promise<Uint8Array | undefined> {
    const end = Math.min(first + count, this.leafCount);
    const parts: Uint8Array[] = [];
    for (let leaf = first; leaf < end;) {
      const batch = Math.floor(leaf / this.#batchLeaves);
      const known = await this.#batch(batch);
      if (!known) return undefined;
      const from = leaf - batch * this.#batchLeaves;
      const part = known.leaves.subarray(from * hashBytes, (from + end - leaf) * hashBytes);
      parts.push(part);
      leaf += part.length / hashBytes;
    }
    const only = parts.length === 1 ? parts[0] : undefined;
    return only ?? Buffer.concat(parts);
  }

  /** They will be needed. */
  prefetch(first: number, count: number): void {
    const last = Math.min(Math.floor((first + count - 1) / this.#batchLeaves) + 1, this.#batchCount - 1);
    for (let batch = Math.floor(first / this.#batchLeaves); batch <= last; batch++) {
      if (!this.#known.has(batch)) this.#batch(batch).catch(() => undefined); // whoever needs it asks again and is told
    }
  }

  #batch(batch: number): Promise<Batch | undefined> {
    const known = this.#known.get(batch);
    if (known) {
      this.#use(batch, known);
      return Promise.resolve(known);
    }
    const asked = this.#asked.get(batch) ?? this.#ask(batch).finally(() => this.#asked.delete(batch));
    this.#asked.set(batch, asked);
    return asked;
  }

  async #ask(batch: number): Promise<Batch | undefined> {
    const { root, trees } = this.#options;
    const range = { first: batch * this.#batchLeaves, count: this.#batchLeaves };
    const own = trees.prove(root, range.first, range.count);
    if (own) return this.#keep(batch, { leaves: Buffer.concat(own.leaves), pieces: Buffer.alloc(0) });
    let failure: AppError | undefined;
    for (const source of this.#options.askers()) {
      if (this.#bad.has(source)) continue;
      try {
        return this.#keep(batch, await this.#askSource(source, range));
      } catch (error) {
        const failed = asAppError(error);
        if (this.#options.signal.aborted) throw failed;
        if (failed.kind === 'verification-failed') {
          this.#bad.add(source);
          this.#options.onBad?.(source, failed);
        }
        if (failed.kind !== 'not-found') failure = failed;
      }
    }
    if (failure) throw failure;
    this.#isUnavailable = true;
    return undefined;
  }

  async #askSource(source: FileSource, range: { first: number; count: number }): Promise<Batch> {
    const { root, path, signal, timeoutMs } = this.#options;
    const proof = await within(timeoutMs, source.hashes({ root, ...range }, { signal }), { source, path, signal });
    const pieces = provenPieces({ root, leafCount: this.leafCount }, range, proof);
    if (!pieces) throw badContent(source.peerId, path, 'came with hashes that do not belong to it');
    return { leaves: Buffer.concat(proof.leaves), pieces };
  }

  #keep(batch: number, found: Batch): Batch {
    this.#isUnavailable = false;
    this.#use(batch, found);
    const most = Math.max(2, Math.floor(transferLimits.leafBytesKept / (this.#batchLeaves * hashBytes)));
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= most) break;
      this.#known.delete(oldest);
    }
    if (this.#known.size === this.#batchCount) this.#adopt();
    return found;
  }

  #use(batch: number, found: Batch): void {
    this.#known.delete(batch);
    this.#known.set(batch, found);
  }

  /** Best effort: without it this peer gives no hashes on before the file is whole. */
  #adopt(): void {
    const { root, sizeBytes, trees } = this.#options;
    if (this.#isAdopted || this.leafCount * hashBytes > adoptedBytes || trees.has(root)) return;
    const path = trees.temporaryPath(sizeBytes);
    if (path === undefined) return;
    this.#isAdopted = true;
    const batches = [...this.#known].sort(([a], [b]) => a - b).map(([, batch]) => batch);
    const leaves = Buffer.concat(batches.map((batch) => batch.leaves));
    const pieces = Buffer.concat(batches.map((batch) => batch.pieces));
    try {
      writeTree(path, {
        leafCount: this.leafCount,
        leaves: (first, count) => leaves.subarray(first * hashBytes, (first + count) * hashBytes),
        pieces,
      });
      trees.adopt(root, path);
    } catch {
      // Nothing is left of it. The whole file's tree is written at the end.
    }
  }
}
