// Layout of a segment file: an index as it lies on this disk, made to be read in place. Local only, never sent: it may change with any
// version (an unknown one counts as damaged and is made anew). Little-endian.
//
//   header   4,096 bytes, see below
//   body     for each folder in pre-order: a record per entry (folders, then files, each in name order), then the names
//            folder table: a record per folder, in pre-order; child table: u32 folder number for each folder entry, in body order
//   pages    u32 CRC-32 of each 16 KiB of the body

import { crc32 } from 'node:zlib';
import type { IndexCounts } from './rows.ts';

export const headerBytes = 4096;
/** nameEnd u32 (from the start of the folder's names), size f64, mtime f64. */
export const entryRecordBytes = 20;
/** Offset of the folder's block f64, folders u32, files u32, first place in the child table u32, parent folder u32. */
export const folderRecordBytes = 24;

export interface SegmentHeader extends IndexCounts {
  updatedAtMs: number;
  bodyBytes: number;
  folderTableAt: number;
  childTableAt: number;
  pageTableCrc: number;
  /** SHA-256 of the body: equal for equal indexes. */
  contentHash: Buffer;
}

const magic = Buffer.from('PLSEGM\0\x01', 'latin1');
const version = 2;
const checkedBytes = 108;

export function encodeHeader(header: SegmentHeader): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  magic.copy(bytes);
  bytes.writeUInt32LE(version, 8);
  bytes.writeUInt32LE(header.pageTableCrc, 12);
  const { updatedAtMs, bodyBytes, folderTableAt, childTableAt, folderCount, fileCount, totalBytes } = header;
  [updatedAtMs, bodyBytes, folderTableAt, childTableAt, folderCount, fileCount, totalBytes].forEach((value, index) =>
    bytes.writeDoubleLE(value, 16 + 8 * index),
  );
  header.contentHash.copy(bytes, 72);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, checkedBytes)), checkedBytes);
  return bytes;
}

/** Undefined when these bytes are no header that this version wrote. */
export function decodeHeader(bytes: Buffer): SegmentHeader | undefined {
  if (bytes.length !== headerBytes || !bytes.subarray(0, 8).equals(magic) || bytes.readUInt32LE(8) !== version) return undefined;
  if (bytes.readUInt32LE(checkedBytes) !== crc32(bytes.subarray(0, checkedBytes))) return undefined;
  const number = (index: number): number => bytes.readDoubleLE(16 + 8 * index);
  return {
    pageTableCrc: bytes.readUInt32LE(12),
    updatedAtMs: number(0),
    bodyBytes: number(1),
    folderTableAt: number(2),
    childTableAt: number(3),
    folderCount: number(4),
    fileCount: number(5),
    totalBytes: number(6),
    contentHash: Buffer.from(bytes.subarray(72, 104)),
  };
}
