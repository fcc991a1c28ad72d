// Worker: makes search files from segments, one at a time, so that queries go on meanwhile. Knows nothing of shares.

import { renameSync, rmSync } from 'node:fs';
import { parentPort, type MessagePort } from 'node:worker_threads';
import { Segment } from '../index/segment.ts';
import { SearchWriter } from './searchWriter.ts';

export interface BuildRequest {
  segmentPath: string;
  path: string;
}

export interface BuildReply {
  path: string;
  /** Undefined when the file is there. */
  failure: string | undefined;
}

function main(port: MessagePort): void {
  port.on('message', ({ segmentPath, path }: BuildRequest) => {
    let failure: string | undefined;
    try {
      makeSearchFile(segmentPath, path);
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    port.postMessage({ path, failure } satisfies BuildReply);
  });
}

/** Writes the search file of a segment, replacing what is there. Not fsynced: it is derived, and its checksums tell. */
export function makeSearchFile(segmentPath: string, path: string): void {
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

if (parentPort !== null) main(parentPort);
