// What is being received: one state of one file, told from others by its root or, while nobody knows that, by its owner's version. Knows
// which checks of it are under way.

import { leafBytes } from '../../content/merkle.ts';
import type { PartialContent } from '../../disk/disk.ts';
import type { ReadReply } from '../../../wire/services.ts';
import type { LeafLayer } from './leafLayer.ts';

/** The content at its owner is not the one that is received. */
export class ContentChanged extends Error {}

export class Content {
  readonly partial: PartialContent;
  readonly sizeBytes: number;
  mtimeMs: number;
  root: Uint8Array | undefined;
  version: Uint8Array | undefined;
  /** There is one as soon as the root is known. */
  layer: LeafLayer | undefined;
  /**
   * Bytes of the owner were written whose read did not come to its end: that nothing changed meanwhile was not said yet. Counts up, and is taken
   * back by reads that began later.
   */
  unconfirmed = 0;
  confirmed = 0;
  /** A check ended. */
  onChecked: () => void = () => undefined;
  readonly #checks = new Set<Promise<void>>();

  constructor(partial: PartialContent, of: { mtimeMs: number; root: Uint8Array | undefined; version: Uint8Array | undefined }) {
    this.partial = partial;
    this.sizeBytes = partial.sizeBytes;
    this.mtimeMs = of.mtimeMs;
    this.root = of.root;
    this.version = of.version;
  }

  /** Every leaf can be compared: anybody may give. */
  get isVerifiable(): boolean {
    return this.layer !== undefined && !this.layer.isUnavailable;
  }

  /** Parts fetched apart can be told to belong together. */
  get hasParts(): boolean {
    return this.isVerifiable || this.version !== undefined || this.root !== undefined;
  }

  get haveBytes(): number {
    const { have, leafCount } = this.partial;
    const missingInLast = leafCount * leafBytes - this.sizeBytes;
    return have.count * leafBytes - (leafCount > 0 && have.has(leafCount - 1) ? missingInLast : 0);
  }

  /** Whether the owner speaks of this content. */
  isOf(head: Pick<ReadReply, 'sizeBytes' | 'root' | 'version'>): boolean {
    if (head.sizeBytes !== this.sizeBytes) return false;
    if (head.root && this.root) return sameBytes(head.root, this.root);
    if (head.version && this.version) return sameBytes(head.version, this.version);
    return this.isVerifiable;
  }

  /** Something that must be done before the content counts as whole. It handles its own failures. */
  check(work: Promise<void>): void {
    const noted = work.finally(() => {
      this.#checks.delete(noted);
      this.onChecked();
    });
    this.#checks.add(noted);
  }

  get isChecked(): boolean {
    return this.#checks.size === 0;
  }

  async checked(): Promise<void> {
    while (this.#checks.size > 0) await Promise.all(this.#checks);
  }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a.buffer, a.byteOffset, a.byteLength).equals(b);
}
