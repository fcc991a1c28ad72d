// Which leaves of a file are there, a bit each. Pure: knows no file and no hash.

export class LeafSet {
  readonly size: number;
  readonly #bits: Uint8Array;
  #count = 0;

  constructor(size: number) {
    this.size = size;
    this.#bits = new Uint8Array(Math.ceil(size / 8));
  }

  /** How many are there. */
  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#count === this.size;
  }

  has(leaf: number): boolean {
    return ((this.#bits[leaf >> 3] ?? 0) & (0x80 >> (leaf & 7))) !== 0;
  }

  /** All of `first` to `first + count`. */
  hasAll(first: number, count: number): boolean {
    return this.nextMissing(first, first + count) >= first + count;
  }

  add(first: number, count = 1): void {
    this.#change(first, count, true);
  }

  remove(first: number, count = 1): void {
    this.#change(first, count, false);
  }

  /** The first from `from` on that is not there; `end` when all up to it are. */
  nextMissing(from: number, end = this.size): number {
    return this.#next(from, Math.min(end, this.size), false);
  }

  /** The first from `from` on that is there; `end` when none up to it is. */
  nextPresent(from: number, end = this.size): number {
    return this.#next(from, Math.min(end, this.size), true);
  }

  /** The same by units of so many leaves (the last may be short): bit i, the highest of a byte first, is set when all of unit i is there. */
  units(leavesInUnit: number): Uint8Array {
    const count = Math.ceil(this.size / leavesInUnit);
    const units = new Uint8Array(Math.ceil(count / 8));
    for (let unit = 0; unit < count; unit++) {
      const first = unit * leavesInUnit;
      if (this.hasAll(first, Math.min(leavesInUnit, this.size - first)))
        units[unit >> 3] = (units[unit >> 3] ?? 0) | (0x80 >> (unit & 7));
    }
    return units;
  }

  #change(first: number, count: number, isThere: boolean): void {
    const end = Math.min(first + count, this.size);
    for (let leaf = Math.max(0, first); leaf < end; leaf++) {
      if (this.has(leaf) === isThere) continue;
      this.#bits[leaf >> 3] = (this.#bits[leaf >> 3] ?? 0) ^ (0x80 >> (leaf & 7));
      this.#count += isThere ? 1 : -1;
    }
  }

  #next(from: number, end: number, isThere: boolean): number {
    const skipped = isThere ? 0 : 0xff;
    let leaf = from;
    while (leaf < end) {
      if ((leaf & 7) === 0 && this.#bits[leaf >> 3] === skipped) leaf += 8;
      else if (this.has(leaf) === isThere) return leaf;
      else leaf++;
    }
    return end;
  }
}
