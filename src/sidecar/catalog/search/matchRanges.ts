// Where a query's terms lie in the path of a hit, for showing. Pure.

import { fold, unfoldRange } from './fold.ts';

/** UTF-16 offsets [start, end) in `path`, ascending, joined where they touch. A term shows where it is in the name, else nearest to it. */
export function matchRanges(path: string, terms: readonly string[]): [number, number][] {
  const folded = `/${fold(path)}`;
  const nameAt = folded.lastIndexOf('/') + 1;
  const found: [number, number][] = [];
  for (const term of terms) {
    const inName = folded.indexOf(term, nameAt);
    const at = inName >= 0 ? inName : folded.lastIndexOf(term);
    if (at < 0) continue;
    // Without the `/` put before the path.
    const [start, end] = [Math.max(at - 1, 0), at - 1 + term.length];
    if (end > start) found.push(unfoldRange(path, start, end));
  }
  found.sort(([one], [other]) => one - other);
  const joined: [number, number][] = [];
  for (const [start, end] of found) {
    const last = joined.at(-1);
    if (last !== undefined && start <= last[1]) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return joined;
}
