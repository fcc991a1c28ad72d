// One who gives, while its session lives: what it holds, and the ranges that it was asked for.

import { AppError } from '../../../../protocol/errors.ts';
import { transferLimits } from '../../../limits.ts';
import type { FileSource, ReadRequest } from '../../../wire/services.ts';
import { leafBytes } from '../../content/merkle.ts';
import type { Content } from './content.ts';
import type { Holder } from './contract.ts';
import type { Assignment, Holdings, Taker } from './scheduler.ts';
import { restMs, type Tally } from './tally.ts';

/** A range that a source was asked for. */
export interface Job {
  assignment: Assignment;
  abort: AbortController;
  beganAtMs: number;
  /** Another took over all that had not come yet. */
  isCut: boolean;
}

export class Source implements Taker {
  readonly from: FileSource;
  readonly at: Holder['at'];
  readonly tally: Tally;
  readonly isOwner: boolean;
  readonly jobs = new Set<Job>();
  holds: Holdings | undefined;
  /** It has answered once: more may be asked of it at a time. */
  hasHead = false;

  constructor(options: { holder: Holder; tally: Tally; isOwner: boolean; holds?: Holdings | undefined }) {
    this.from = options.holder.source;
    this.at = options.holder.at;
    this.tally = options.tally;
    this.isOwner = options.isOwner;
    this.holds = options.holds;
  }

  get bytesPerSecond(): number {
    return this.tally.bytesPerSecond();
  }

  get idleMs(): number {
    if (this.jobs.size === 0) return 0;
    const beganAtMs = Math.min(...[...this.jobs].map((job) => job.beganAtMs));
    return Date.now() - Math.max(beganAtMs, this.tally.lastBytesAtMs);
  }

  /** Asked again as soon as its wait is over. */
  get isAlive(): boolean {
    return !this.tally.isDropped && !this.tally.isGivenUp;
  }

  request(content: Content, assignment: Assignment): ReadRequest {
    const { shareId, path, owner } = this.at;
    const offset = assignment.first * leafBytes;
    const end = Math.min(assignment.end * leafBytes, content.sizeBytes);
    const isWhole = offset === 0 && end === content.sizeBytes && !content.hasParts;
    return {
      shareId,
      path,
      offset,
      needsRoot: false,
      ...(isWhole ? {} : { length: end - offset }),
      ...(content.root ? { root: content.root } : {}),
      ...(owner === this.from.peerId ? {} : { owner }),
    };
  }

  abortAll(): void {
    for (const job of this.jobs) job.abort.abort();
  }
}

/** Lets those be, for a while, that give next to nothing while others give. */
export function restDripping(sources: Iterable<Source>, nowMs: number): void {
  const all = [...sources];
  const fastest = Math.max(0, ...all.map(({ bytesPerSecond }) => bytesPerSecond));
  const { slowBytesPerSecond, slowMs, stalledMs } = transferLimits;
  const mayHelp = all.some(({ jobs, isAlive, isOwner, holds }) => jobs.size === 0 && isAlive && (isOwner || holds === undefined));
  for (const source of all) {
    const { tally, bytesPerSecond } = source;
    const isServed = source.jobs.size > 0 && (tally.position ?? 0) === 0;
    const isSlow = isServed && bytesPerSecond < slowBytesPerSecond && fastest > 10 * bytesPerSecond;
    const isStalled = isServed && mayHelp && source.idleMs > stalledMs;
    tally.slowSinceMs = isSlow ? (tally.slowSinceMs ?? nowMs) : undefined;
    if (!isStalled && (tally.slowSinceMs === undefined || nowMs - tally.slowSinceMs < slowMs)) continue;
    tally.slowSinceMs = undefined;
    tally.failure = new AppError('unavailable', `It gives too slowly, and is asked again in ${restMs / 1000} seconds.`);
    tally.rest(nowMs);
    for (const job of source.jobs) job.isCut = true;
    source.abortAll();
  }
}
