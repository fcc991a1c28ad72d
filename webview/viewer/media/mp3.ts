// MP3: frames follow each other, so that any part of the file can be played; a time's place is reckoned from the rate, or told by the Xing table.

import { letters, viewOf, type MediaFile, type MediaPlan, type Piece } from './plan.ts';

const bitrates1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const bitrates2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];
const sampleRates = [44_100, 48_000, 32_000];
const pieceSeconds = 10;
/** Ten seconds of the slowest rate: a file that says that it lasts for years has no more pieces than bytes for them. */
const minPieceBytes = 8 * 1024;
/** Eleven days. */
const maxPieces = 100_000;
/** The first frame lies within this much after the tags. */
const searchedBytes = 16 * 1024;
/** One frame of a Xing table. */
const tableParts = 100;

interface Frame {
  at: number;
  isVersion1: boolean;
  bitsPerSecond: number;
  sampleRate: number;
  samples: number;
  sideBytes: number;
}

export async function planMp3(file: MediaFile): Promise<MediaPlan | undefined> {
  const tag = await file.read(0, Math.min(10, file.sizeBytes));
  const start = tag.length === 10 && letters(tag, 0, 3) === 'ID3' ? tagBytes(tag) : 0;
  if (start >= file.sizeBytes) return undefined;
  const bytes = await file.read(start, Math.min(searchedBytes, file.sizeBytes - start));
  const frame = firstFrame(bytes);
  if (frame === undefined) return undefined;
  const begin = start + frame.at;
  const audioBytes = file.sizeBytes - begin;
  const xing = xingOf(bytes, frame);
  const durationSeconds = xing?.durationSeconds ?? (audioBytes * 8) / frame.bitsPerSecond;
  const table = xing?.table;
  const whole = Math.max(1, Math.min(Math.ceil(durationSeconds / pieceSeconds), Math.ceil(audioBytes / minPieceBytes)));
  const count = table === undefined ? whole : tableParts;
  if (count > maxPieces) return undefined;
  const partAt = (at: number): number => (table === undefined ? at / count : (table[at] ?? 256) / 256);
  const offsets = Array.from({ length: count }, (_, at) => begin + Math.floor(audioBytes * (at === 0 ? 0 : partAt(at))));
  const pieces: Piece[] = [];
  for (const [at, offset] of offsets.entries()) {
    const length = (offsets[at + 1] ?? file.sizeBytes) - offset;
    if (length < 0) return undefined;
    if (length > 0) pieces.push({ seconds: (durationSeconds * at) / count, ranges: [{ offset, length }] });
  }
  return { mime: 'audio/mpeg', durationSeconds, init: new Uint8Array(0), pieces, isTimed: false };
}

function tagBytes(tag: Uint8Array): number {
  let size = 0;
  for (const byte of tag.subarray(6, 10)) size = size * 128 + (byte & 0x7f);
  return 10 + size + (((tag[5] ?? 0) & 0x10) === 0 ? 0 : 10);
}

function firstFrame(bytes: Uint8Array): Frame | undefined {
  for (let at = 0; at + 4 <= bytes.length; at++) {
    const frame = frameAt(bytes, at);
    if (frame === undefined) continue;
    const length = Math.floor(((frame.samples / 8) * frame.bitsPerSecond) / frame.sampleRate) + (((bytes[at + 2] ?? 0) >> 1) & 1);
    // Two in a row are no accident; the last one stands alone.
    if (at + length + 4 > bytes.length || frameAt(bytes, at + length) !== undefined) return frame;
  }
  return undefined;
}

function frameAt(bytes: Uint8Array, at: number): Frame | undefined {
  const [sync = 0, kind = 0, rates = 0, channels = 0] = bytes.subarray(at, at + 4);
  const version = (kind >> 3) & 3;
  if (sync !== 0xff || (kind & 0xe0) !== 0xe0 || version === 1 || ((kind >> 1) & 3) !== 1) return undefined;
  const isVersion1 = version === 3;
  const kilobits = (isVersion1 ? bitrates1 : bitrates2)[rates >> 4] ?? 0;
  const rate = sampleRates[(rates >> 2) & 3];
  if (kilobits === 0 || rate === undefined) return undefined;
  const isMono = channels >> 6 === 3;
  return {
    at,
    isVersion1,
    bitsPerSecond: kilobits * 1000,
    sampleRate: isVersion1 ? rate : version === 2 ? rate / 2 : rate / 4,
    samples: isVersion1 ? 1152 : 576,
    sideBytes: isVersion1 ? (isMono ? 17 : 32) : isMono ? 9 : 17,
  };
}

/** Of files whose rate varies: how long they are, and where each hundredth begins (in 256ths). */
function xingOf(bytes: Uint8Array, frame: Frame): { durationSeconds: number; table: Uint8Array | undefined } | undefined {
  const at = frame.at + 4 + frame.sideBytes;
  if (at + 120 > bytes.length || !['Xing', 'Info'].includes(letters(bytes, at, 4))) return undefined;
  const view = viewOf(bytes);
  const flags = view.getUint32(at + 4);
  if ((flags & 1) === 0) return undefined;
  const durationSeconds = (view.getUint32(at + 8) * frame.samples) / frame.sampleRate;
  if (durationSeconds === 0) return undefined;
  const tableAt = at + 12 + ((flags & 2) === 0 ? 0 : 4);
  return { durationSeconds, table: (flags & 4) === 0 ? undefined : bytes.slice(tableAt, tableAt + tableParts) };
}
