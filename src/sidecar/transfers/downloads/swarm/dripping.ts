// Sources that give next to nothing while others give, or nothing at all while another has nothing to do: they are let be for a while, so that
// what they were asked for comes from somebody else. Time in which this process did not run is nobody's fault.

import { AppError } from '../../../../protocol/errors.ts';
import { transferLimits } from '../../../limits.ts';
import { holdsLeaf } from './scheduler.ts';
import type { Source } from './source.ts';
import { restMs } from './tally.ts';

const { slowBytesPerSecond, slowMs, stalledMs } = transferLimits;
/** Not looked for so long, where it is every second: the machine slept, or the process was stopped. */
const sleptMs = 3 * transferLimits.lookForSourcesMs;

export class Dripping {
  #lookedAtMs: number | undefined;
  #awakeSinceMs = -Infinity;

  /** Looked at every `lookForSourcesMs`. */
  look(sources: Iterable<Source>, nowMs = performance.now()): void {
    const all = [...sources];
    if (this.#lookedAtMs !== undefined && nowMs - this.#lookedAtMs > sleptMs) {
      this.#awakeSinceMs = nowMs;
      for (const { tally } of all) tally.slowSinceMs = undefined;
    }
    this.#lookedAtMs = nowMs;
    const fastest = Math.max(0, ...all.map(({ tally }) => tally.bytesPerSecond(nowMs)));
    const helpers = all.filter(({ jobs, isAlive }) => jobs.size === 0 && isAlive);
    for (const source of all) {
      const { tally } = source;
      const isServed = source.jobs.size > 0 && (tally.position ?? 0) === 0;
      const isHelped = isServed && helpers.some((helper) => mayHelp(helper, source));
      const bytesPerSecond = tally.bytesPerSecond(nowMs);
      const isSlow = isServed && bytesPerSecond < slowBytesPerSecond && (isHelped || fastest > 10 * bytesPerSecond);
      tally.slowSinceMs = isSlow ? (tally.slowSinceMs ?? nowMs) : undefined;
      const isStalled = isHelped && source.idleMsSince(this.#awakeSinceMs, nowMs) > stalledMs;
      const slowForMs = tally.slowSinceMs === undefined ? 0 : nowMs - tally.slowSinceMs;
      if (isStalled || slowForMs >= (isHelped ? stalledMs : slowMs)) letBe(source, nowMs);
    }
  }
}

/** It has nothing to do, and could bring what the other one was asked for: leaves that began to arrive are taken over from nobody. */
function mayHelp({ holds, isOwner }: Source, { jobs }: Source): boolean {
  if (isOwner || holds === undefined) return true;
  return [...jobs].some(({ assignment: { first, taken } }) => holdsLeaf(holds, Math.max(first, taken - 1)));
}

function letBe(source: Source, nowMs: number): void {
  const { tally } = source;
  tally.slowSinceMs = undefined;
  tally.failure = new AppError('unavailable', `It gives too slowly, and is asked again in ${restMs / 1000} seconds.`);
  tally.rest(nowMs);
  for (const job of source.jobs) job.isCut = true;
  source.abortAll();
}
