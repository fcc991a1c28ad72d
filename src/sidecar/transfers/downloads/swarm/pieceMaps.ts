// Which part of a file came from whom, and who sent what did not verify: for eyes only, bounded however large the file is. Nothing is decided
// by it.

import type { PieceMap } from '../../../../protocol/boardRequests.ts';
import type { PeerId } from '../../../../protocol/ids.ts';
import type { EntryRef } from '../../../../protocol/model.ts';
import { boardLimits } from '../../../limits.ts';
import { leafBytes } from '../../content/merkle.ts';
import type { LeafSet } from '../../disk/leafSet.ts';

export interface Written {
  /** The leaf at which the bytes begin: good ones, then bad ones. */
  first: number;
  goodBytes: number;
  badBytes: number;
}

/** One file while it is received, and for a while after. */
export class PieceRecord {
  readonly entry: EntryRef;
  readonly sizeBytes: number;
  readonly #cellLeaves: number;
  readonly #cells: number;
  readonly #sources: { peerId: PeerId; goodBytes: number; badBytes: number; leaves: Uint32Array }[] = [];
  readonly #bad: { cell: number; source: number }[] = [];
  #have: Pick<LeafSet, 'size' | 'nextMissing' | 'nextPresent'> | undefined;
  #done: number[];

  constructor(entry: EntryRef, sizeBytes: number) {
    this.entry = entry;
    this.sizeBytes = sizeBytes;
    const leaves = Math.max(1, Math.ceil(sizeBytes / leafBytes));
    this.#cellLeaves = Math.ceil(leaves / boardLimits.cells);
    this.#cells = Math.ceil(leaves / this.#cellLeaves);
    this.#done = new Array<number>(this.#cells).fill(0);
  }

  get isRunning(): boolean {
    return this.#have !== undefined;
  }

  /** What of it is here, followed while it grows. */
  follow(have: Pick<LeafSet, 'size' | 'nextMissing' | 'nextPresent'>): void {
    this.#have = have;
  }

  /** It is not received any more; what is known of it stays. */
  end(): void {
    this.#done = this.#measured();
    this.#have = undefined;
  }

  written(peerId: PeerId, { first, goodBytes, badBytes }: Written): void {
    const at = this.#sourceOf(peerId);
    const source = this.#sources[at];
    if (source === undefined) return;
    source.goodBytes += goodBytes;
    source.badBytes += badBytes;
    const end = first + Math.ceil(goodBytes / leafBytes);
    for (let leaf = first; leaf < end;) {
      const cell = Math.floor(leaf / this.#cellLeaves);
      const next = Math.min(end, (cell + 1) * this.#cellLeaves);
      source.leaves[cell] = (source.leaves[cell] ?? 0) + next - leaf;
      leaf = next;
    }
    if (badBytes > 0 && this.#bad.length < boardLimits.badPlaces) {
      this.#bad.push({ cell: Math.min(this.#cells - 1, Math.floor(end / this.#cellLeaves)), source: at });
    }
  }

  shown(nameOf: (peerId: PeerId) => string): PieceMap {
    return {
      entry: this.entry,
      sizeBytes: this.sizeBytes,
      cellBytes: this.#cellLeaves * leafBytes,
      isRunning: this.isRunning,
      sources: this.#sources.map(({ peerId, goodBytes, badBytes }) => ({ peerId, name: nameOf(peerId), goodBytes, badBytes })),
      done: this.#measured(),
      from: this.#done.map((_, cell) => this.#mostOf(cell)),
      bad: [...this.#bad],
    };
  }

  /** -1 past the maximum: it is not shown. */
  #sourceOf(peerId: PeerId): number {
    const known = this.#sources.findIndex((source) => source.peerId === peerId);
    if (known >= 0 || this.#sources.length >= boardLimits.pieceSources) return known;
    return this.#sources.push({ peerId, goodBytes: 0, badBytes: 0, leaves: new Uint32Array(this.#cells) }) - 1;
  }

  #mostOf(cell: number): number {
    let most = 0;
    let from = -1;
    this.#sources.forEach(({ leaves }, index) => {
      if ((leaves[cell] ?? 0) <= most) return;
      most = leaves[cell] ?? 0;
      from = index;
    });
    return from;
  }

  #measured(): number[] {
    const have = this.#have;
    if (have === undefined) return this.#done;
    return this.#done.map((_, cell) => {
      const first = cell * this.#cellLeaves;
      const end = Math.min(have.size, first + this.#cellLeaves);
      let present = 0;
      for (let leaf = have.nextPresent(first, end); leaf < end;) {
        const gap = have.nextMissing(leaf, end);
        present += gap - leaf;
        leaf = have.nextPresent(gap, end);
      }
      return end > first ? Math.floor((present * 100) / (end - first)) : 100;
    });
  }
}

/** Of the newest files. One for the whole sidecar. */
export class PieceMaps {
  /** The oldest first. */
  readonly #records = new Map<string, PieceRecord>();

  /** A file begins, or goes on: what is known of the same content stays. */
  begin(entry: EntryRef, sizeBytes: number, have: Pick<LeafSet, 'size' | 'nextMissing' | 'nextPresent'>): PieceRecord {
    const key = JSON.stringify([entry.peerId, entry.shareId, entry.path]);
    const known = this.#records.get(key);
    const record = known?.sizeBytes === sizeBytes ? known : new PieceRecord(entry, sizeBytes);
    record.follow(have);
    this.#records.delete(key);
    this.#records.set(key, record);
    for (const [old] of this.#records) {
      if (this.#records.size <= boardLimits.pieceFiles) break;
      this.#records.delete(old);
    }
    return record;
  }

  /** Of the entry and what is below it: running ones first, then the newest. */
  of({ peerId, shareId, path }: EntryRef, nameOf: (peerId: PeerId) => string): PieceMap[] {
    const below = path === '' ? '' : `${path}/`;
    const found = [...this.#records.values()].filter(
      ({ entry }) =>
        entry.peerId === peerId && entry.shareId === shareId && (entry.path === path || entry.path.startsWith(below)),
    );
    found.reverse().sort((a, b) => Number(b.isRunning) - Number(a.isRunning));
    return found.slice(0, boardLimits.shownFiles).map((record) => record.shown(nameOf));
  }
}
