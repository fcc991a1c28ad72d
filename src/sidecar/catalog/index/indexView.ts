// An index as it is now: an immutable segment, and over it what changed since (the overlay). Answers as a segment does.

import type { Entry, ListPage } from '../../../protocol/model.ts';
import type { SafePath } from '../../storage/safePath.ts';
import type { Delta, IndexCounts, IndexSink } from './rows.ts';
import type { Segment } from './segment.ts';

export class IndexView {
  readonly segment: Segment;

  constructor(segment: Segment) {
    this.segment = segment;
  }

  /** When its owner saw this state, and what it holds. */
  get updatedAtMs(): number {
    return this.segment.header.updatedAtMs;
  }

  get counts(): IndexCounts {
    return this.segment.header;
  }

  stat(path: SafePath): Entry | undefined {
    return this.segment.stat(path);
  }

  list(path: SafePath, page: { offset: number; limit: number }): ListPage | undefined {
    return this.segment.list(path, page);
  }

  walk(path: SafePath): Generator<{ path: SafePath; entry: Entry }> {
    return this.segment.walk(path);
  }

  replay(sink: IndexSink): void {
    this.segment.replay(sink);
  }

  /** Applies the next step. Throws `protocol` when it contradicts the index; the view is then as before. */
  apply(_delta: Delta): void {
    throw new RangeError('not yet');
  }

  /** Changed entries over the segment. */
  get overlayEntries(): number {
    return 0;
  }

  /** The whole overlay as one delta over the segment; undefined when there is none. Another view of the same segment file takes it. */
  get overlay(): Delta | undefined {
    return undefined;
  }

  close(): void {
    this.segment.close();
  }
}
