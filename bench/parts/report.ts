// What every bench says: its figures as they come, then against their floors, and one JSON object on the last line.

export interface Figure {
  name: string;
  value: number;
  unit: string;
  /** The floor of the issue: `at most` this. */
  limit?: number;
  /** The same, the other way round: `at least` this. */
  least?: number;
  /** Of the ratio to the baseline. */
  ratioLeast?: number;
  ratioMost?: number;
  /** The same measured with something plain in the same run: [what, value in the same unit]. */
  baseline?: [what: string, value: number];
}

/** Collects figures; `end` prints them and sets the exit code when one misses its floor. */
export class Report {
  readonly #name: string;
  readonly #figures: Figure[] = [];

  constructor(name: string) {
    this.#name = name;
  }

  add(figure: Figure): void {
    this.#figures.push(figure);
    console.log(`  ${lineOf(figure)}`);
  }

  end(): void {
    const missed = this.#figures.filter(isMissed);
    for (const figure of missed) console.log(`MISSED ${lineOf(figure)}`);
    if (missed.length > 0) process.exitCode = 1;
    const figures = Object.fromEntries(this.#figures.map(({ name, value }) => [name, rounded(value)]));
    const ratios = Object.fromEntries(
      this.#figures.flatMap(({ name, value, baseline }) => (baseline ? [[name, rounded(value / baseline[1])]] : [])),
    );
    console.log(JSON.stringify({ name: this.#name, figures, ratios }));
  }
}

function isMissed({ value, limit, least, ratioLeast, ratioMost, baseline }: Figure): boolean {
  const ratio = baseline ? value / baseline[1] : undefined;
  return (
    (limit !== undefined && value > limit) ||
    (least !== undefined && value < least) ||
    (ratio !== undefined && ((ratioLeast !== undefined && ratio < ratioLeast) || (ratioMost !== undefined && ratio > ratioMost)))
  );
}

function lineOf({ name, value, unit, limit, least, ratioLeast, ratioMost, baseline }: Figure): string {
  const floor = `${limit === undefined ? '' : `, at most ${limit}`}${least === undefined ? '' : `, at least ${least}`}`;
  const ratioFloor = `${ratioLeast === undefined ? '' : ` (at least ${ratioLeast})`}${ratioMost === undefined ? '' : ` (at most ${ratioMost})`}`;
  const against = baseline
    ? `, ${baseline[0]} ${rounded(baseline[1])} ${unit}, ratio ${rounded(value / baseline[1])}${ratioFloor}`
    : '';
  return `${name.padEnd(28)} ${rounded(value)} ${unit}${floor}${against}`;
}

/** Four significant digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** Nearest rank. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1));
  const value = sorted[at];
  if (value === undefined) throw new Error('Nothing was measured.');
  return value;
}

/** Milliseconds that `action` takes, and what it answers. */
export async function timed<T>(action: () => Promise<T>): Promise<[ms: number, result: T]> {
  const startedMs = performance.now();
  const result = await action();
  return [performance.now() - startedMs, result];
}

/** The same order in every run: mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
