// Worker: walks one folder for a preview or an index. Writes the segment file and says what is to be published of it: nothing, what
// changed since the last index, or the chunks of a whole one. Knows nothing of the database and the network.

import { rmSync } from 'node:fs';
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import type { FolderTotals, SuspectReport } from '../../protocol/model.ts';
import { ChunkEncoder, type Chunk } from '../catalog/index/chunks.ts';
import { IndexView } from '../catalog/index/indexView.ts';
import type { Delta, IndexSink } from '../catalog/index/rows.ts';
import { Segment } from '../catalog/index/segment.ts';
import { SegmentWriter } from '../catalog/index/segmentWriter.ts';
import { localLimits } from '../limits.ts';
import { difference, newFiles } from './difference.ts';
import { FolderSums } from './folderSums.ts';
import { type ReadingList, ReadingLister, SuspectSearch } from './suspects.ts';
import { walk, type WalkResult } from './walk.ts';

export interface WalkWorkerData {
  root: string;
  /** Undefined: only count (preview). */
  index: { path: string; updatedAtMs: number; base: WalkBase | undefined } | undefined;
  /** With an index: whether files are looked into for secrets as well. A preview always does. */
  looksForSecrets?: boolean;
  /** With an index that turns out whole: whoever looks into files later is told which of them are new since an earlier index (undefined: all). */
  listsNew?: { since: WalkBase | undefined };
}

/** The index of before: only what is different matters, if that is little. */
export interface WalkBase {
  segmentPath: string;
  overlay: Delta | undefined;
}

export interface Walked extends WalkResult {
  /** The whole index; the segment file is there. Undefined when there is little or nothing to say, and then there is no file. */
  chunks: Chunk[] | undefined;
  /** What is different from the base, when that is little; undefined also when nothing is. */
  delta: Delta | undefined;
  /** Of a preview. */
  looked?: { secrets: SuspectReport; folders: FolderTotals[] };
  /** Of an index that was made with `looksForSecrets`. */
  secrets?: SuspectReport;
  /** Of a whole index that was made with `listsNew`. */
  newFiles?: ReadingList;
}

export type WalkWorkerMessage =
  | { type: 'progress'; entries: number }
  | { type: 'done'; walked: Walked }
  | { type: 'failed'; code: string | undefined; message: string };

const nothing: IndexSink = { folder: () => undefined, entry: () => undefined };

function main(data: WalkWorkerData, port: MessagePort): void {
  const send = (message: WalkWorkerMessage): void => {
    const chunks = message.type === 'done' ? (message.walked.chunks ?? []) : [];
    const buffers = chunks.map(({ block }) => (block.byteLength === block.buffer.byteLength ? block.buffer : undefined));
    port.postMessage(
      message,
      buffers.filter((buffer) => buffer instanceof ArrayBuffer),
    );
  };
  try {
    send({ type: 'done', walked: data.index === undefined ? preview(data, send) : makeIndex(data, data.index, send) });
  } catch (error) {
    const code =
      error instanceof Error && 'code' in error ? String(error.code) : error instanceof RangeError ? 'ERANGE' : undefined;
    send({ type: 'failed', code, message: error instanceof Error ? error.message : String(error) });
  }
}

function preview(data: WalkWorkerData, send: (message: WalkWorkerMessage) => void): Walked {
  const search = new SuspectSearch(data.root);
  const totals = new FolderSums();
  const onProgress = throttled(send);
  const result = walk(data.root, nothing, {
    onProgress,
    onFile: (relative, sizeBytes) => {
      search.add(relative, sizeBytes);
      totals.add(relative, sizeBytes);
    },
  });
  let seen = result.fileCount + result.folderCount;
  const secrets = search.run(() => onProgress(++seen));
  return { ...result, chunks: undefined, delta: undefined, looked: { secrets, folders: totals.list() } };
}

function makeIndex(
  data: WalkWorkerData,
  index: NonNullable<WalkWorkerData['index']>,
  send: (message: WalkWorkerMessage) => void,
): Walked {
  const writer = new SegmentWriter(index.path);
  const chunks: Chunk[] = [];
  // Without a base the chunks are wanted for certain: made on the way, the index need not be read back.
  const encoder = index.base === undefined ? new ChunkEncoder((chunk) => chunks.push(chunk)) : undefined;
  const search = data.looksForSecrets === true ? new SuspectSearch(data.root) : undefined;
  const all = data.listsNew && new ReadingLister();
  const onProgress = throttled(send);
  let isWanted = false;
  try {
    const result = walk(data.root, encoder === undefined ? writer : both(writer, encoder), {
      onProgress,
      onFile: (relative, sizeBytes) => {
        search?.add(relative, sizeBytes);
        all?.add(relative, sizeBytes);
      },
    });
    encoder?.end();
    const { contentHash, counts } = writer.finish(index.updatedAtMs);
    const found = compare(index, contentHash);
    if (found !== 'much') {
      const delta = found && { updatedAtMs: index.updatedAtMs, counts, folders: found };
      return { ...result, chunks: undefined, delta };
    }
    let seen = result.fileCount + result.folderCount;
    const secrets = search?.run(() => onProgress(++seen));
    const listed = data.listsNew?.since === undefined ? all?.list : (newSince(data.listsNew.since, index.path) ?? all?.list);
    const walked = {
      ...{ ...result, chunks: encoder === undefined ? chunksOf(index.path) : chunks, delta: undefined },
      ...{ ...(secrets !== undefined && { secrets }), ...(listed !== undefined && { newFiles: listed }) },
    };
    isWanted = true;
    return walked;
  } finally {
    writer.close();
    if (!isWanted) rmSync(index.path, { force: true });
  }
}

function both(writer: SegmentWriter, encoder: ChunkEncoder): IndexSink {
  return {
    folder(folderCount, fileCount) {
      writer.folder(folderCount, fileCount);
      encoder.folder(folderCount, fileCount);
    },
    entry(name, sizeBytes, mtimeMs) {
      writer.entry(name, sizeBytes, mtimeMs);
      encoder.entry(name, sizeBytes, mtimeMs);
    },
  };
}

/** What of the walked index is not in its base: undefined for nothing, or too much (or no base) for a delta. */
function compare(index: NonNullable<WalkWorkerData['index']>, contentHash: Buffer): Delta['folders'] | undefined | 'much' {
  if (index.base === undefined) return 'much';
  let view: IndexView | undefined;
  let walked: Segment | undefined;
  try {
    view = new IndexView(Segment.open(index.base.segmentPath));
    if (index.base.overlay === undefined && contentHash.equals(view.segment.header.contentHash)) return undefined;
    if (index.base.overlay !== undefined) view.apply(index.base.overlay);
    walked = Segment.open(index.path);
    const folders = difference(view, walked);
    return folders === undefined ? 'much' : folders.length === 0 ? undefined : folders;
  } catch {
    return 'much'; // The base is damaged: that is how it is made anew.
  } finally {
    view?.close();
    walked?.close();
  }
}

/** Undefined when the earlier index cannot be read. */
function newSince(since: WalkBase, path: string): ReadingList | undefined {
  let view: IndexView | undefined;
  let walked: Segment | undefined;
  try {
    view = new IndexView(Segment.open(since.segmentPath));
    if (since.overlay !== undefined) view.apply(since.overlay);
    walked = Segment.open(path);
    const lister = new ReadingLister();
    for (const file of newFiles(view, walked)) lister.add(file.path, file.sizeBytes);
    return lister.list;
  } catch {
    return undefined;
  } finally {
    view?.close();
    walked?.close();
  }
}

function chunksOf(path: string): Chunk[] {
  const chunks: Chunk[] = [];
  const encoder = new ChunkEncoder((chunk) => chunks.push(chunk));
  const segment = Segment.open(path);
  try {
    segment.replay(encoder);
    encoder.end();
  } finally {
    segment.close();
  }
  return chunks;
}

function throttled(send: (message: WalkWorkerMessage) => void): (entries: number) => void {
  let lastMs = 0;
  return (entries) => {
    const nowMs = Date.now();
    if (nowMs - lastMs < 1000 / localLimits.progressHz) return;
    lastMs = nowMs;
    send({ type: 'progress', entries });
  };
}

if (parentPort !== null) main(workerData as WalkWorkerData, parentPort);
