// One who gives, while its session lives: what it holds, and the ranges that it was asked for.

import type { FileSource, ReadRequest } from '../../../wire/services.ts';
import { leafBytes } from '../../content/merkle.ts';
import type { Content } from './content.ts';
import type { Holder } from './contract.ts';
import type { Assignment, Holdings, Taker } from './scheduler.ts';
import type { Tally } from './tally.ts';

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
    return this.idleMsSince(-Infinity);
  }

  /** For how long it was asked for something and brought nothing, not counting what was before `sinceMs`. */
  idleMsSince(sinceMs: number, nowMs = performance.now()): number {
    if (this.jobs.size === 0) return 0;
    const beganAtMs = Math.min(...[...this.jobs].map((job) => job.beganAtMs));
    return nowMs - Math.max(beganAtMs, this.tally.lastBytesAtMs, sinceMs);
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
