// Which leaves to ask of whom next, and what to take over from whom at the end. Pure and, for given numbers, deterministic: knows no
// peer, no clock and no byte.

import { transferLimits, wireLimits } from '../../../limits.ts';
import { leafBytes } from '../../content/merkle.ts';
import { LeafSet } from '../../disk/leafSet.ts';

/** What a source holds, in units of so many leaves: bit i, the highest of a byte first. */
export interface Holdings {
  unitLeaves: number;
  units: Uint8Array;
}

/** Who is given leaves to fetch, as far as it matters here. */
export interface Taker {
  /** Undefined: everything. */
  readonly holds: Holdings | undefined;
  /** As measured; 0 = not known yet. */
  readonly bytesPerSecond: number;
  /** Since it last gave something it was asked for. */
  readonly idleMs: number;
}

/** Leaves `first` to `end` that a taker is asked for. What is missing of it when it is ended is free again. */
export interface Assignment {
  readonly taker: Taker;
  readonly first: number;
  /** Gets smaller when another takes over the rest. */
  end: number;
  /** Leaves below it have begun to arrive, and are not taken over. */
  taken: number;
}

/** Borders of what is taken over lie on borders of slices, counted from the range's start: the rest of a slice would be received in vain. */
const sliceLeaves = wireLimits.linkSliceBytes / leafBytes;
/** Taking over does not pay when the other one is about to be done. */
const leastSavedSeconds = 0.1;
/** When it saves this much more, slices do not matter. */
const muchSavedSeconds = 1;

export class Scheduler {
  readonly #have: LeafSet;
  readonly #asked: LeafSet;
  readonly #order: 'rarest' | 'sequential';
  readonly #random: () => number;
  /** The leaf to begin at, while nobody holds parts. */
  readonly #start: number;
  readonly #unitLeaves: number;
  readonly #assignments = new Set<Assignment>();
  /** How many partial holders hold each unit; undefined while there are none. */
  #rarity: Uint8Array | undefined;
  /** All below is there. */
  #low = 0;

  /** `random` (0 to 1): where to look first for what is equally rare, so that those who feed each other fetch different parts. */
  constructor(options: { have: LeafSet; order: 'rarest' | 'sequential'; random?: () => number }) {
    this.#have = options.have;
    this.#asked = new LeafSet(options.have.size);
    this.#order = options.order;
    this.#unitLeaves = unitLeavesOf(options.have.size);
    this.#random = options.random ?? (() => 0);
    this.#start = options.order === 'rarest' ? this.#somewhere() * this.#unitLeaves : 0;
  }

  get assignments(): ReadonlySet<Assignment> {
    return this.#assignments;
  }

  /** What the partial holders hold by now. */
  setHoldings(all: Iterable<Holdings>): void {
    this.#rarity = undefined;
    for (const holdings of all) {
      this.#rarity ??= new Uint8Array(Math.ceil(this.#have.size / this.#unitLeaves));
      for (let unit = 0; unit < this.#rarity.length; unit++) {
        if (!holdsLeaf(holdings, unit * this.#unitLeaves)) continue;
        this.#rarity[unit] = Math.min(255, (this.#rarity[unit] ?? 0) + 1);
      }
    }
  }

  /** Leaves that were there are missing again. */
  lost(): void {
    this.#low = 0;
  }

  /** At most so many leaves that nobody is asked for, in one piece. */
  next(taker: Taker, leaves: number): Assignment | undefined {
    this.#low = this.#have.nextMissing(this.#low);
    const found = this.#order === 'rarest' && this.#rarity ? this.#rarest(taker, this.#rarity) : this.#inOrder(taker);
    if (found === undefined) return undefined;
    const end = this.#freeEnd(taker, found, Math.min(this.#have.size, found + Math.max(1, leaves)));
    return this.#assign(taker, found, end);
  }

  /**
   * When nothing is free: the rest, or a part of it, of what a slower one was asked for, so that both are done at about the same time. The other
   * assignment ends earlier then; empty (`end` = `taken`), it is to be given up.
   */
  steal(taker: Taker): { assignment: Assignment; from: Assignment } | undefined {
    const rests = new Map<Taker, number>();
    for (const { taker: other, end, taken } of this.#assignments) rests.set(other, (rests.get(other) ?? 0) + end - taken);
    const own = speedOf(taker);
    const ownSeconds = ((rests.get(taker) ?? 0) * leafBytes) / own;
    let best: { from: Assignment; seconds: number; count: number } | undefined;
    for (const from of this.#assignments) {
      if (from.taker === taker || from.end <= from.taken) continue;
      const rest = rests.get(from.taker) ?? 0;
      const speed = speedOf(from.taker);
      const seconds = (rest * leafBytes) / speed;
      if (best && seconds <= best.seconds) continue;
      const savedBy = (count: number) =>
        seconds - Math.max(ownSeconds + (count * leafBytes) / own, ((rest - count) * leafBytes) / speed);
      const equal = Math.ceil((rest * own - (rests.get(taker) ?? 0) * speed) / (own + speed));
      const most = Math.min(equal, from.end - this.#heldFrom(taker, from));
      const whole = Math.min(most, from.end - sliceBorder(from, from.end - most));
      const isExact = most > 0 && savedBy(most) - (whole > 0 ? savedBy(whole) : 0) > muchSavedSeconds;
      const count = isExact ? most : whole;
      if (count > 0 && savedBy(count) > leastSavedSeconds) best = { from, seconds, count };
    }
    if (!best) return undefined;
    const { from, count } = best;
    const { end } = from;
    from.end = end - count;
    return { assignment: this.#assign(taker, from.end, end), from };
  }

  /** What is not there of it may be asked for again. */
  end(assignment: Assignment): void {
    if (!this.#assignments.delete(assignment)) return;
    this.#asked.remove(assignment.first, assignment.end - assignment.first);
    this.#low = Math.min(this.#low, assignment.first);
  }

  /** An assignment of just these leaves, which must be free. */
  assign(taker: Taker, first: number, end: number): Assignment {
    return this.#assign(taker, first, end);
  }

  #assign(taker: Taker, first: number, end: number): Assignment {
    const assignment = { taker, first, end, taken: first };
    this.#asked.add(first, end - first);
    this.#assignments.add(assignment);
    return assignment;
  }

  /** The first free leaf from `from` on, below `end`; `end` when there is none. */
  #free(from: number, end: number): number {
    for (let leaf = from; ;) {
      const missing = this.#have.nextMissing(leaf, end);
      leaf = this.#asked.nextMissing(missing, end);
      if (leaf === missing || leaf >= end) return leaf;
    }
  }

  #somewhere(): number {
    const units = Math.ceil(this.#have.size / this.#unitLeaves);
    return Math.max(0, Math.min(units - 1, Math.floor(this.#random() * units)));
  }

  /** From the start on, then what is before it. */
  #inOrder(taker: Taker): number | undefined {
    const { size } = this.#have;
    return this.#first(taker, Math.max(this.#start, this.#low), size) ?? this.#first(taker, this.#low, this.#start);
  }

  #first({ holds }: Taker, from: number, end: number): number | undefined {
    let leaf = this.#free(from, end);
    while (leaf < end && holds && !holdsLeaf(holds, leaf)) leaf = this.#free(nextUnit(holds, leaf), end);
    return leaf < end ? leaf : undefined;
  }

  #rarest({ holds }: Taker, rarity: Uint8Array): number | undefined {
    // Anew each time: two who had reached the same gap would go through it side by side.
    const start = this.#somewhere();
    let best: { leaf: number; rarity: number } | undefined;
    for (let i = 0; i < rarity.length; i++) {
      const unit = (start + i) % rarity.length;
      const rare = rarity[unit] ?? 0;
      if (best && rare >= best.rarity) continue;
      const first = unit * this.#unitLeaves;
      if (holds && !holdsLeaf(holds, first)) continue;
      const end = Math.min(this.#have.size, first + this.#unitLeaves);
      const leaf = this.#free(first, end);
      if (leaf >= end) continue;
      best = { leaf, rarity: rare };
      // What the taker itself holds is never rarer than one.
      if (rare === (holds ? 1 : 0)) break;
    }
    return best?.leaf;
  }

  #freeEnd({ holds }: Taker, first: number, limit: number): number {
    let end = Math.min(this.#have.nextPresent(first, limit), this.#asked.nextPresent(first, limit));
    const rarity = this.#order === 'rarest' ? this.#rarity : undefined;
    const rare = rarity?.[Math.floor(first / this.#unitLeaves)];
    for (let unit = Math.floor(first / this.#unitLeaves) + 1; unit * this.#unitLeaves < end; unit++) {
      const isLike = (!holds || holdsLeaf(holds, unit * this.#unitLeaves)) && rarity?.[unit] === rare;
      if (!isLike) end = unit * this.#unitLeaves;
    }
    return end;
  }

  /** From where on the taker holds all up to the assignment's end, not below what has arrived. */
  #heldFrom({ holds }: Taker, { taken, end }: Assignment): number {
    if (!holds) return taken;
    let from = end;
    while (from > taken && holdsLeaf(holds, from - 1))
      from = Math.max(taken, Math.floor((from - 1) / holds.unitLeaves) * holds.unitLeaves);
    return from;
  }
}

/** The first border of a slice from `leaf` on that lies behind the slice that is on its way. */
function sliceBorder({ first, taken }: Assignment, leaf: number): number {
  const onItsWay = Math.floor((taken - first) / sliceLeaves) + 1;
  return first + Math.max(onItsWay, Math.ceil((leaf - first) / sliceLeaves)) * sliceLeaves;
}

/** Leaves in one unit of what is held: a power of two, so that there are at most transferLimits.holdingUnits. */
export function unitLeavesOf(leafCount: number): number {
  let leaves = 1;
  while (Math.ceil(leafCount / leaves) > transferLimits.holdingUnits) leaves *= 2;
  return leaves;
}

export function holdsLeaf({ unitLeaves, units }: Holdings, leaf: number): boolean {
  const unit = Math.floor(leaf / unitLeaves);
  return ((units[unit >> 3] ?? 0) & (0x80 >> (unit & 7))) !== 0;
}

function nextUnit({ unitLeaves }: Holdings, leaf: number): number {
  return (Math.floor(leaf / unitLeaves) + 1) * unitLeaves;
}

/** What it may be counted on for: who was fast and gives nothing now falls by four each second. */
function speedOf({ bytesPerSecond, idleMs }: Taker): number {
  return Math.max(1, (bytesPerSecond || leafBytes) / 4 ** Math.max(0, idleMs / 1000 - 0.25));
}
