// Which downloads run next: pure, so that it can be tested without any.

import { rankOf } from './queueOrder.ts';
import type { DownloadItem } from './downloadItem.ts';

type Startable = Pick<DownloadItem, 'running' | 'place'> & { readonly record: Pick<DownloadItem['record'], 'priority'> };

/**
 * Of `ready` ones (in their order) and those that run, which start now, and which of the running make room: one of a higher priority takes
 * the slot of the last of a lower one, and starts when that has stopped.
 */
export function choose<T extends Startable>(
  ready: Iterable<T>,
  running: Iterable<T>,
  slots: number,
): { start: T[]; preempt: T[] } {
  const all = [...running];
  const going = all.filter((item) => item.running?.abort.signal.aborted !== true).sort((a, b) => a.place - b.place);
  let free = slots - all.length;
  /** Slots that are free as soon as what is stopping has stopped. */
  let promised = slots - going.length;
  const start: T[] = [];
  const preempt: T[] = [];
  for (const item of ready) {
    if (promised > 0) {
      promised--;
      if (free > 0) {
        free--;
        start.push(item);
      }
      continue;
    }
    const last = going.at(-1);
    if (last === undefined || rankOf(last.record.priority) <= rankOf(item.record.priority)) break;
    going.pop();
    preempt.push(last);
  }
  return { start, preempt };
}
