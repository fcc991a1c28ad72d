// Process: makes search files from segments, one at a time, and leaves with whoever started it. A process and not a worker, because what a
// worker used stays with the process until its end (60 MB after a hundred shares). Knows nothing of shares.

import { renameSync, rmSync } from 'node:fs';
import { limitPages } from '../index/pages.ts';
import { Segment } from '../index/segment.ts';
import { SearchWriter } from './searchWriter.ts';

/** Segments are read from one end to the other. */
const readPages = 64;

export interface BuildRequest {
  segmentPath: string;
  path: string;
}

export interface BuildReply {
  path: string;
  /** Undefined when the file is there. */
  failure?: string | undefined;
}

function main(): void {
  limitPages(readPages);
  process.on('disconnect', () => process.exit());
  process.on('message', ({ segmentPath, path }: BuildRequest) => {
    const reply: BuildReply = { path };
    try {
      makeSearchFile(segmentPath, path);
    } catch (error) {
      reply.failure = error instanceof Error ? error.message : String(error);
    }
    process.send?.(reply);
  });
}

/** Writes the search file of a segment, replacing what is there. Not fsynced: it is derived, and its checksums tell. */
function makeSearchFile(segmentPath: string, path: string): void {
  const temporary = `${path}.new`;
  rmSync(temporary, { force: true });
  const segment = Segment.open(segmentPath);
  try {
    const writer = new SearchWriter(temporary, segment.header);
    try {
      segment.replay(writer);
      writer.finish(segment.header.contentHash);
    } finally {
      writer.close();
    }
    renameSync(temporary, path);
  } finally {
    segment.close();
    rmSync(temporary, { force: true });
  }
}

main();
