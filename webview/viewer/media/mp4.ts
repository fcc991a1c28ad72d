// MP4: one in fragments is appended as it is, by its index; one whole is cut into fragments from its tables of samples, wherever those lie. Only what is
// played is read.

import { boxAt, boxesIn, find, headerBytes, need, type Box } from './boxes.ts';
import { codecOf, mimeOf } from './codecs.ts';
import { planSamples } from './mp4Fragments.ts';
import { trackOf, type Movie, type Track } from './mp4Samples.ts';
import { letters, piecesBetween, viewOf, type MediaFile, type MediaPlan } from './plan.ts';

const maxMovieBytes = 64 * 1024 * 1024;
const maxIndexBytes = 8 * 1024 * 1024;
/** Boxes at the top before the movie's, at most: a file has a handful. */
const maxTopBoxes = 64;

export async function planMp4(file: MediaFile): Promise<MediaPlan | undefined> {
  let at = 0;
  let movie: Movie | undefined;
  let index: Box | undefined;
  for (let count = 0; count < maxTopBoxes && at < file.sizeBytes; count++) {
    const header = await file.read(at, Math.min(headerBytes, file.sizeBytes - at));
    const top = boxAt(header, 0, { base: at, end: file.sizeBytes });
    if (top === undefined || !/^[\w ]{4}$/.test(top.type)) return undefined;
    if (top.type === 'moov') {
      movie = movieOf(await readBox(file, top, maxMovieBytes));
      if (find(movie.bytes, movie.box, 'mvex') === undefined) return planSamples(movie);
    }
    if (top.type === 'sidx') index ??= top;
    if (top.type === 'moof') return movie === undefined ? undefined : planFragments(file, movie, { index, first: top.offset });
    at = top.end;
  }
  return undefined;
}

function movieOf(bytes: Uint8Array): Movie {
  const [box] = boxesIn(bytes, 0, bytes.length);
  if (box === undefined) throw new RangeError('no movie');
  const traks = boxesIn(bytes, box.start, box.end).filter(({ type }) => type === 'trak');
  const tracks = traks.map((trak) => trackOf(bytes, trak, codecOf(bytes, need(bytes, trak, 'mdia', 'minf', 'stbl', 'stsd'))));
  const { timescale, duration } = lengthOf(bytes, need(bytes, box, 'mvhd'));
  return { bytes, box, tracks, durationSeconds: duration / timescale };
}

/** Of a movie's or a track's header. */
function lengthOf(bytes: Uint8Array, header: Box): { timescale: number; duration: number } {
  const view = viewOf(bytes);
  const isLong = bytes[header.start] === 1;
  const at = header.start + (isLong ? 20 : 12);
  const duration = isLong ? Number(view.getBigUint64(at + 4)) : view.getUint32(at + 4);
  const isKnown = duration < (isLong ? 2 ** 53 : 0xffffffff);
  return { timescale: view.getUint32(at) || 1, duration: isKnown ? duration : 0 };
}

async function planFragments(
  file: MediaFile,
  { bytes, box, tracks, durationSeconds }: Movie,
  { index, first }: { index: Box | undefined; first: number },
): Promise<MediaPlan | undefined> {
  const played = tracks.filter(({ kind }) => kind === 'vide' || kind === 'soun');
  const mime = mimeOf(played);
  if (mime === undefined || played.length !== tracks.length) return undefined;
  const found =
    index === undefined ? await endIndex(file, tracks) : startsOf(await readBox(file, index, maxIndexBytes), index.end);
  if (found === undefined) return undefined;
  const { starts, end, until } = found;
  const [begin] = starts;
  if (begin !== undefined && begin.offset > first) starts.unshift({ seconds: 0, offset: first });
  const extended = find(bytes, box, 'mvex', 'mehd');
  const told = extended === undefined ? durationSeconds : toldSeconds(bytes, extended, need(bytes, box, 'mvhd'));
  return {
    ...{ mime, init: bytes, pieces: piecesBetween(starts, end), isTimed: true },
    durationSeconds: Math.max(told, until),
  };
}

function toldSeconds(bytes: Uint8Array, mehd: Box, mvhd: Box): number {
  const view = viewOf(bytes);
  const duration = bytes[mehd.start] === 1 ? Number(view.getBigUint64(mehd.start + 4)) : view.getUint32(mehd.start + 4);
  return duration / lengthOf(bytes, mvhd).timescale;
}

interface Starts {
  starts: { seconds: number; offset: number }[];
  /** Of the last one. */
  end: number;
  /** Where the last one ends, or about. */
  until: number;
}

/** A segment index: sizes and durations of what follows it. */
function startsOf(bytes: Uint8Array, indexEnd: number): Starts | undefined {
  const [box] = boxesIn(bytes, 0, bytes.length);
  if (box === undefined) return undefined;
  const view = viewOf(bytes);
  const isLong = bytes[box.start] === 1;
  const timescale = view.getUint32(box.start + 8) || 1;
  const firstOffset = isLong ? Number(view.getBigUint64(box.start + 20)) : view.getUint32(box.start + 16);
  let time = isLong ? Number(view.getBigUint64(box.start + 12)) : view.getUint32(box.start + 12);
  const at = box.start + (isLong ? 28 : 20);
  const starts: Starts['starts'] = [];
  let offset = indexEnd + firstOffset;
  for (let count = 0; count < view.getUint16(at + 2); count++) {
    const reference = view.getUint32(at + 4 + count * 12);
    // An index of indexes.
    if (reference >= 0x80000000) return undefined;
    starts.push({ seconds: time / timescale, offset });
    offset += reference;
    time += view.getUint32(at + 8 + count * 12);
  }
  return starts.length === 0 ? undefined : { starts, end: offset, until: time / timescale };
}

/** The index that some files have at their end (`mfra`). */
async function endIndex(file: MediaFile, tracks: readonly Track[]): Promise<Starts | undefined> {
  const last = await file.read(file.sizeBytes - 16, 16);
  if (last.length < 16 || letters(last, 4, 4) !== 'mfro') return undefined;
  const size = viewOf(last).getUint32(12);
  const offset = file.sizeBytes - size;
  if (size < 32 || size > maxIndexBytes || offset < 0) return undefined;
  const bytes = await file.read(offset, size);
  const [mfra] = boxesIn(bytes, 0, bytes.length);
  if (mfra?.type !== 'mfra') return undefined;
  const main = tracks.find(({ kind }) => kind === 'vide') ?? tracks[0];
  const view = viewOf(bytes);
  for (const { type, start } of boxesIn(bytes, mfra.start, mfra.end)) {
    if (type !== 'tfra' || view.getUint32(start + 4) !== main?.id) continue;
    const isLong = bytes[start] === 1;
    const lengths = view.getUint32(start + 8);
    const entryBytes = (isLong ? 16 : 8) + ((lengths >> 4) & 3) + ((lengths >> 2) & 3) + (lengths & 3) + 3;
    const offsets = new Map<number, number>();
    let until = 0;
    for (let count = 0; count < view.getUint32(start + 12); count++) {
      const at = start + 16 + count * entryBytes;
      const time = (isLong ? Number(view.getBigUint64(at)) : view.getUint32(at)) / main.timescale;
      const moof = isLong ? Number(view.getBigUint64(at + 8)) : view.getUint32(at + 4);
      offsets.set(moof, Math.min(time, offsets.get(moof) ?? time));
      until = Math.max(until, time);
    }
    const starts = [...offsets]
      .map(([moof, seconds]) => ({ seconds, offset: moof }))
      .sort((one, other) => one.offset - other.offset);
    return starts.length === 0 ? undefined : { starts, end: offset, until: until * (1 + 1 / Math.max(1, starts.length - 1)) };
  }
  return undefined;
}

async function readBox(file: MediaFile, { offset, end }: Box, maxBytes: number): Promise<Uint8Array> {
  if (end - offset > maxBytes) throw new RangeError('too large a box');
  return file.read(offset, end - offset);
}
