// How a film or sound is played piece by piece: what the browser must know first, and which bytes belong to which time. Files are a stranger's: whatever
// does not look as it should has no plan.

import { planMp3 } from './mp3.ts';
import { planMp4 } from './mp4.ts';
import { planWebm } from './webm.ts';

/** Bytes of the file; rejects when they do not come, or nobody wants them any more. */
export interface MediaFile {
  sizeBytes: number;
  read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array>;
}

export interface Range {
  offset: number;
  length: number;
}

/** What is fetched and appended at once; neighbours follow each other in time. */
export interface Piece {
  /** Of its first picture or sound. */
  seconds: number;
  ranges: readonly Range[];
}

export interface MediaPlan {
  /** With its codecs, as MediaSource asks for it. */
  mime: string;
  durationSeconds: number;
  /** Appended once, before all pieces. */
  init: Uint8Array;
  pieces: readonly Piece[];
  /** Left out: bytes are appended as they are. */
  convert?(index: number, bytes: readonly Uint8Array[]): Uint8Array;
  /** False: times are not in the bytes, and told by the pieces. */
  isTimed: boolean;
}

/** A piece that is larger is none that can be played as it comes. */
export const maxPieceBytes = 32 * 1024 * 1024;

/** Undefined: it cannot be played piece by piece. Rejects only as `read` does. */
export async function planOf(file: MediaFile, mime: string): Promise<MediaPlan | undefined> {
  let failure: Error | undefined;
  const watched: MediaFile = {
    sizeBytes: file.sizeBytes,
    read: async (offset, length) => {
      try {
        return await file.read(offset, length);
      } catch (error) {
        failure = error instanceof Error ? error : new Error(String(error));
        throw failure;
      }
    },
  };
  try {
    const plan = await plannerOf(mime)?.(watched);
    const isPlayable = plan !== undefined && plan.pieces.length > 0 && plan.pieces.every(({ ranges }) => isSmall(ranges));
    return isPlayable ? plan : undefined;
  } catch (error) {
    if (failure !== undefined) throw failure;
    // Reading past its end, numbers that are none: it is not what its name says.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function plannerOf(mime: string): ((file: MediaFile) => Promise<MediaPlan | undefined>) | undefined {
  switch (mime) {
    case 'video/webm':
      return planWebm;
    case 'video/mp4':
    case 'audio/mp4':
    case 'video/quicktime':
      return planMp4;
    case 'audio/mpeg':
      return planMp3;
    default:
      return undefined;
  }
}

function isSmall(ranges: readonly Range[]): boolean {
  return ranges.reduce((sum, { length }) => sum + length, 0) <= maxPieceBytes;
}

/** The piece in which `seconds` lies. */
export function pieceAt(pieces: readonly Piece[], seconds: number): number {
  let low = 0;
  let high = pieces.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((pieces[middle]?.seconds ?? 0) <= seconds) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Pieces from where they begin, each up to the next one's beginning. */
export function piecesBetween(starts: readonly { seconds: number; offset: number }[], end: number): Piece[] {
  return starts.map(({ seconds, offset }, at) => {
    const until = starts[at + 1]?.offset ?? end;
    if (until <= offset) throw new RangeError('pieces out of order');
    return { seconds, ranges: [{ offset, length: until - offset }] };
  });
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

export function letters(bytes: Uint8Array, from: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(from, from + length));
}
