// The last block of every snapshot in a feed: where its chunks are, and what they hold. docs/index-format.md is the specification.

import { isUtf8 } from 'node:buffer';
import { indexLimits } from '../../limits.ts';
import { pathProblem } from '../../storage/safePath.ts';
import { badIndex, ByteReader, ByteWriter } from './bytes.ts';
import { blockKinds, formatVersion, type ChunkInfo } from './chunks.ts';
import type { IndexCounts } from './rows.ts';

export interface SnapshotHead extends IndexCounts {
  /** When the owner wrote it. */
  updatedAtMs: number;
  /** Feed block of the first chunk; the others follow it, and this head follows the last. */
  firstBlock: number;
  chunks: ChunkInfo[];
}

export function encodeHead(head: SnapshotHead): Uint8Array {
  const out = new ByteWriter();
  out.byte(formatVersion);
  out.byte(blockKinds.head);
  for (const value of [head.updatedAtMs, head.firstBlock, head.folderCount, head.fileCount, head.totalBytes, head.chunks.length])
    out.uint(value);
  for (const chunk of head.chunks) {
    const folder = Buffer.from(chunk.firstFolder);
    out.uint(chunk.entryCount);
    out.uint(chunk.sizeBytes);
    out.uint(folder.length);
    out.raw(folder);
  }
  return Uint8Array.from(out.view());
}

/** `block` was found at `index` of a feed. Throws AppError `protocol`. */
export function decodeHead(block: Uint8Array, index: number): SnapshotHead {
  if (block.length > indexLimits.blockBytes) throw badIndex(`a block is longer than ${indexLimits.blockBytes} bytes`);
  const reader = new ByteReader(block);
  if (reader.byte() !== formatVersion) throw badIndex('its format is of another version');
  if (reader.byte() !== blockKinds.head) throw badIndex('its last block is not a head');
  const updatedAtMs = reader.uint(indexLimits.mtimeMs);
  const firstBlock = reader.uint(index);
  const folderCount = reader.uint(indexLimits.entries);
  const fileCount = reader.uint(indexLimits.entries);
  const totalBytes = reader.uint(indexLimits.sizeBytes);
  const chunkCount = reader.uint(index);
  if (chunkCount === 0 || firstBlock + chunkCount !== index) throw badIndex('its head does not follow its chunks');
  const chunks: ChunkInfo[] = [];
  let feedBytes = 0;
  let entries = 0;
  for (let count = 0; count < chunkCount; count++) {
    const entryCount = reader.uint(indexLimits.entries);
    const sizeBytes = reader.uint(indexLimits.blockBytes);
    const firstFolder = pathFrom(reader.raw(reader.uint(indexLimits.pathBytes)));
    chunks.push({ entryCount, sizeBytes, firstFolder });
    feedBytes += sizeBytes;
    entries += entryCount;
  }
  if (!reader.isAtEnd) throw badIndex('its head has bytes left over');
  if (feedBytes > indexLimits.feedBytes) throw badIndex(`it is larger than ${indexLimits.feedBytes} bytes`);
  if (entries > indexLimits.entries || entries !== folderCount + fileCount) throw badIndex('its head contradicts itself');
  return { updatedAtMs, firstBlock, folderCount, fileCount, totalBytes, chunks };
}

function pathFrom(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw badIndex('a path is not UTF-8');
  const path = Buffer.from(bytes).toString();
  const problem = path === '' ? undefined : pathProblem(path);
  if (problem !== undefined) throw badIndex(`the path ${JSON.stringify(path.slice(0, 200))} ${problem}`);
  return path;
}
