// Layout of a search file: what searching needs of a segment, made to be read in parts. Local and derived: one that is missing, damaged or
// of another version is made anew from its segment, so it is checksummed but not fsynced. Little-endian. docs/search.md says why it is so.
//
//   header   4,096 bytes
//   body     the sections below, each at a multiple of 64; folders are numbered as in the segment (pre-order, 0 = root), files in the
//            order of their folders; names are folded (fold.ts), each ended by 0
//   pages    u32 CRC-32 of each 64 KiB of the body

import { crc32 } from 'node:zlib';

export const headerBytes = 4096;
export const checkedPageBytes = 65_536;
/** Files whose names are found, and read, at once: where only some can hold a term. */
export const blockShift = 5;
export const blockFiles = 1 << blockShift;
/** Files that are scored at once. */
export const runShift = 13;
export const runFiles = 1 << runShift;
/** Files that have a dictionary of their words together: what is worked on then fits the processor's cache. */
export const groupFiles = 65_536;
/** Folders of one entry in `folderNameStarts`. */
export const folderChunk = 4096;
/** `fileExtensions` of a file without one, and of one beyond the 65,534 that are told apart (it counts as another than any asked for). */
export const noExtension = 0;
export const otherExtension = 65_535;
export const extensionBytes = 32;

const magic = Buffer.from('PLSRCH\0\x01', 'latin1');
const version = 1;
const checkedHeaderBytes = 160;

/** What the places of the sections follow from. */
export interface Sizes {
  /** Root included. */
  folders: number;
  files: number;
  folderNamesBytes: number;
  groupsBytes: number;
  extensionsBytes: number;
}

export type Section =
  | 'parents' // u32 a folder
  | 'firstFiles' // u32 a folder and one more: number of its first file
  | 'pathLengths' // u16 a folder: bytes of its path in UTF-8, not folded
  | 'folderLetters' // u32 a folder: see letterBits
  | 'folderNameStarts' // u32 for each `folderChunk` folders and one more: where their names begin
  | 'folderTimes' // u32 a folder, seconds since 1970
  | 'fileTimes' // u32 a file
  | 'nameLengths' // u8 a file: bytes of its name, not folded
  | 'fileExtensions' // u16 a file: number in `extensions`, from 1
  | 'letters' // u32 a file: see letterBits
  | 'fileSizes' // f64 a file
  | 'blockNames' // u32 a block: where its names begin, from the first of its group
  | 'groupTable' // for each group of files, where in `groups` its parts lie: see GroupPlaces
  | 'groups' // for each: which three bytes its words have (see threesBit); its words, each once, ended by 0; u32 a word and one more: where its occurrences begin; these (kernel.ts, spread); its names
  | 'folderNames'
  | 'extensions'; // each ended by 0

export interface Place {
  at: number;
  bytes: number;
}

export function sectionsOf(sizes: Sizes): { places: Record<Section, Place>; bodyBytes: number } {
  const { folders, files } = sizes;
  let next = 0;
  const place = (bytes: number): Place => {
    const at = next;
    next = Math.ceil((at + bytes) / 64) * 64;
    return { at, bytes };
  };
  const places: Record<Section, Place> = {
    parents: place(folders * 4),
    firstFiles: place((folders + 1) * 4),
    pathLengths: place(folders * 2),
    folderLetters: place(folders * 4),
    folderNameStarts: place((Math.ceil(folders / folderChunk) + 1) * 4),
    folderTimes: place(folders * 4),
    fileTimes: place(files * 4),
    nameLengths: place(files),
    fileExtensions: place(files * 2),
    letters: place(files * 4),
    fileSizes: place(files * 8),
    blockNames: place(Math.ceil(files / blockFiles) * 4),
    groupTable: place(Math.ceil(files / groupFiles) * groupRecordBytes),
    groups: place(sizes.groupsBytes),
    folderNames: place(sizes.folderNamesBytes),
    extensions: place(sizes.extensionsBytes),
  };
  return { places, bodyBytes: next };
}

/** Of one group, from the beginning of `groups`: each part ends where the next begins. */
export interface GroupPlaces {
  threes: number;
  words: number;
  starts: number;
  occurrences: number;
  names: number;
  end: number;
  wordCount: number;
}

/** Seven f64. */
export const groupRecordBytes = 56;

/** Bits of a group that say which three bytes in a row its words may have: a term with others needs no look at the words. */
export const threesBytes = 8192;

/** The bit of three bytes. */
export function threesBit(a: number, b: number, c: number): number {
  return Math.imul((a << 16) | (b << 8) | c, 0x9e3779b1) >>> 16;
}

export function encodeGroup({ threes, words, starts, occurrences, names, end, wordCount }: GroupPlaces): Buffer {
  const record = Buffer.alloc(groupRecordBytes);
  [threes, words, starts, occurrences, names, end, wordCount].forEach((value, at) => record.writeDoubleLE(value, at * 8));
  return record;
}

export function decodeGroup(record: Buffer): GroupPlaces {
  const [threes = 0, words = 0, starts = 0, occurrences = 0, names = 0, end = 0, wordCount = 0] = [0, 1, 2, 3, 4, 5, 6].map(
    (at) => record.readDoubleLE(at * 8),
  );
  return { threes, words, starts, occurrences, names, end, wordCount };
}

/** a to z by bit; digits, all beyond ASCII, and the rest share one each. */
export const letterBits = Uint32Array.from({ length: 256 }, (_, byte) => {
  if (byte >= 97 && byte <= 122) return 1 << (byte - 97);
  if (byte >= 48 && byte <= 57) return 1 << 26;
  return byte >= 128 ? 1 << 27 : 1 << 28;
});

/** A time as the columns hold it. */
export function secondsOf(mtimeMs: number): number {
  return Math.min(Math.max(Math.floor(mtimeMs / 1000), 0), 0xffff_ffff);
}

/** The extension of a folded name, or undefined. */
export function extensionOf(foldedName: string): string | undefined {
  const dot = foldedName.lastIndexOf('.');
  if (dot <= 0 || dot === foldedName.length - 1) return undefined;
  const extension = foldedName.slice(dot + 1);
  return Buffer.byteLength(extension) <= extensionBytes ? extension : undefined;
}

export interface SearchHeader extends Sizes {
  /** The segment's, which it was made from. */
  contentHash: Uint8Array;
  pageTableCrc: number;
}

export function encodeHeader(header: SearchHeader): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  magic.copy(bytes);
  bytes.writeUInt32LE(version, 8);
  bytes.writeUInt32LE(header.pageTableCrc, 12);
  const { folders, files, folderNamesBytes, groupsBytes, extensionsBytes } = header;
  [folders, files, folderNamesBytes, groupsBytes, extensionsBytes].forEach((value, at) =>
    bytes.writeDoubleLE(value, 16 + 8 * at),
  );
  bytes.set(header.contentHash, 64);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, checkedHeaderBytes)), checkedHeaderBytes);
  return bytes;
}

/** Undefined when these bytes are no header that this version wrote. */
export function decodeHeader(bytes: Buffer): SearchHeader | undefined {
  if (bytes.length !== headerBytes || !bytes.subarray(0, 8).equals(magic) || bytes.readUInt32LE(8) !== version) return undefined;
  if (bytes.readUInt32LE(checkedHeaderBytes) !== crc32(bytes.subarray(0, checkedHeaderBytes))) return undefined;
  const number = (at: number): number => bytes.readDoubleLE(16 + 8 * at);
  return {
    pageTableCrc: bytes.readUInt32LE(12),
    folders: number(0),
    files: number(1),
    folderNamesBytes: number(2),
    groupsBytes: number(3),
    extensionsBytes: number(4),
    contentHash: Uint8Array.from(bytes.subarray(64, 96)),
  };
}
