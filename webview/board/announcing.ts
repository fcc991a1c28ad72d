// When it is worth saying aloud how the transfers stand: something failed, or all is over; else now and then. Who listens for hours must not be
// talked to all the time.

import type { RowState } from '../../src/protocol/board.ts';

export type Counts = Partial<Record<RowState, number>>;

const seldomMs = 60_000;

export class Announcing {
  #before: Counts | undefined;
  #saidMs = -Infinity;

  /** Looks at how they stand now, by a clock in milliseconds. The first look says nothing: that is what the page shows. */
  isWorthSaying(now: Counts, nowMs: number): boolean {
    const before = this.#before;
    this.#before = now;
    if (before === undefined) {
      this.#saidMs = nowMs;
      return false;
    }
    const hasFailed = (now.failed ?? 0) > (before.failed ?? 0);
    const isOver = going(now) === 0 && going(before) > 0;
    if (!hasFailed && !isOver && nowMs - this.#saidMs < seldomMs) return false;
    this.#saidMs = nowMs;
    return true;
  }
}

function going({ running = 0, queued = 0 }: Counts): number {
  return running + queued;
}
