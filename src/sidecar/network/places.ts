// What admission counts with: places that are taken and given back, token buckets of many, and sets that forget their oldest. Knows nothing
// of what is counted.

/** At most `total` at once, and at most `each` of one name; a name left out counts only in all. Holds no more names than places are taken. */
export class Places {
  readonly #total: number;
  readonly #each: number;
  readonly #taken = new Map<string, number>();
  #count = 0;

  constructor({ total, each }: { total: number; each: number }) {
    this.#total = total;
    this.#each = each;
  }

  get count(): number {
    return this.#count;
  }

  /** How to give it back, any number of times; undefined when there is none. */
  take(name: string | undefined): (() => void) | undefined {
    const taken = name === undefined ? 0 : (this.#taken.get(name) ?? 0);
    if (this.#count >= this.#total || taken >= this.#each) return undefined;
    this.#count++;
    if (name !== undefined) this.#taken.set(name, taken + 1);
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.#count--;
      if (name === undefined) return;
      const left = (this.#taken.get(name) ?? 1) - 1;
      if (left === 0) this.#taken.delete(name);
      else this.#taken.set(name, left);
    };
  }
}

export interface Rate {
  burst: number;
  perSecond: number;
}

/** A token bucket for each name; full ones need not be remembered, and of too many the least used is forgotten. */
export class Buckets {
  readonly #rate: Rate;
  readonly #most: number;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>();

  constructor(rate: Rate, { most, now }: { most: number; now: () => number }) {
    this.#rate = rate;
    this.#most = most;
    this.#now = now;
  }

  /** False when there were too many. */
  take(name: string): boolean {
    const { burst, perSecond } = this.#rate;
    const now = this.#now();
    const known = this.#buckets.get(name) ?? { tokens: burst, atMs: now };
    const tokens = Math.min(burst, known.tokens + ((now - known.atMs) / 1000) * perSecond);
    const isEnough = tokens >= 1;
    this.#buckets.delete(name); // To the end: what was used last is forgotten last.
    this.#buckets.set(name, { tokens: isEnough ? tokens - 1 : tokens, atMs: now });
    forgetOldest(this.#buckets, this.#most);
    return isEnough;
  }
}

/** Names seen, of which the oldest are forgotten. */
export class Remembered {
  readonly #most: number;
  readonly #names = new Map<string, true>();

  constructor(most: number) {
    this.#most = most;
  }

  has(name: string): boolean {
    return this.#names.has(name);
  }

  add(name: string): void {
    this.#names.delete(name);
    this.#names.set(name, true);
    forgetOldest(this.#names, this.#most);
  }
}

export function forgetOldest(map: Map<string, unknown>, most: number): void {
  if (map.size <= most) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
