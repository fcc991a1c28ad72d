// The tables of an MP4 track: where each sample (a picture, a bit of sound) lies, how long it lasts, and from which one can begin.

import { boxesIn, find, need, type Box } from './boxes.ts';
import { letters, viewOf } from './plan.ts';

export interface Track {
  id: number;
  /** `vide`, `soun`, or what is not played. */
  kind: string;
  codec: string;
  timescale: number;
  /** In the movie's bytes. */
  box: Box;
}

export interface Movie {
  bytes: Uint8Array;
  box: Box;
  tracks: Track[];
  durationSeconds: number;
}

export interface Samples {
  count: number;
  sizes: Uint32Array;
  offsets: Float64Array;
  /** When it is decoded, and one more: the end of the last. */
  times: Float64Array;
  /** How much later it is shown. */
  shifts: Int32Array;
  /** Undefined: from any. */
  isSync: Uint8Array | undefined;
}

/** Some days of film. */
const maxSamples = 8_000_000;

export function trackOf(bytes: Uint8Array, trak: Box, codec: string): Track {
  const view = viewOf(bytes);
  const tkhd = need(bytes, trak, 'tkhd');
  const mdhd = need(bytes, trak, 'mdia', 'mdhd');
  const hdlr = need(bytes, trak, 'mdia', 'hdlr');
  const id = view.getUint32(tkhd.start + (bytes[tkhd.start] === 1 ? 20 : 12));
  const timescale = view.getUint32(mdhd.start + (bytes[mdhd.start] === 1 ? 20 : 12));
  if (timescale === 0) throw new RangeError('no timescale');
  return { id, kind: letters(bytes, hdlr.start + 8, 4), codec, timescale, box: trak };
}

/** `movieScale`: in which edits say how long nothing comes. */
export function samplesOf(bytes: Uint8Array, track: Track, movieScale: number): Samples {
  const table = need(bytes, track.box, 'mdia', 'minf', 'stbl');
  const sizes = sizesOf(bytes, need(bytes, table, 'stsz'));
  const count = sizes.length;
  const shifts = new Int32Array(count).fill(editOf(bytes, track, movieScale));
  const ctts = find(bytes, table, 'ctts');
  if (ctts !== undefined) eachRun(bytes, ctts, count, (at, value) => (shifts[at] = (shifts[at] ?? 0) + (value | 0)));
  const times = new Float64Array(count + 1);
  eachRun(bytes, need(bytes, table, 'stts'), count, (at, value) => (times[at + 1] = (times[at] ?? 0) + value));
  return { count, sizes, offsets: offsetsOf(bytes, table, sizes), times, shifts, isSync: syncOf(bytes, table, count) };
}

function sizesOf(bytes: Uint8Array, stsz: Box): Uint32Array {
  const view = viewOf(bytes);
  const all = view.getUint32(stsz.start + 4);
  const count = view.getUint32(stsz.start + 8);
  if (count > maxSamples) throw new RangeError('too many samples');
  const sizes = new Uint32Array(count).fill(all);
  if (all === 0) for (let at = 0; at < count; at++) sizes[at] = view.getUint32(stsz.start + 12 + at * 4);
  return sizes;
}

/** Runs of `count, value`. */
function eachRun(bytes: Uint8Array, { start }: Box, samples: number, set: (at: number, value: number) => void): void {
  const view = viewOf(bytes);
  const runs = view.getUint32(start + 4);
  let at = 0;
  for (let run = 0; run < runs && at < samples; run++) {
    const value = view.getUint32(start + 12 + run * 8);
    const until = Math.min(samples, at + view.getUint32(start + 8 + run * 8));
    for (; at < until; at++) set(at, value);
  }
  if (at < samples) throw new RangeError('samples without a time');
}

/** Samples lie in chunks, one after the other. */
function offsetsOf(bytes: Uint8Array, table: Box, sizes: Uint32Array): Float64Array {
  const view = viewOf(bytes);
  const large = find(bytes, table, 'co64');
  const chunks = large ?? need(bytes, table, 'stco');
  const stsc = need(bytes, table, 'stsc');
  const runs = view.getUint32(stsc.start + 4);
  const chunkCount = view.getUint32(chunks.start + 4);
  const offsets = new Float64Array(sizes.length);
  let at = 0;
  for (let run = 0; run < runs; run++) {
    const entry = stsc.start + 8 + run * 12;
    const inEach = view.getUint32(entry + 4);
    if (inEach === 0) throw new RangeError('an empty chunk');
    const until = run + 1 < runs ? Math.min(chunkCount + 1, view.getUint32(entry + 12)) : chunkCount + 1;
    for (let chunk = view.getUint32(entry); chunk < until && at < sizes.length; chunk++) {
      const place = chunks.start + 8 + (chunk - 1) * (large === undefined ? 4 : 8);
      let offset = large === undefined ? view.getUint32(place) : Number(view.getBigUint64(place));
      for (let count = 0; count < inEach && at < sizes.length; count++, at++) {
        offsets[at] = offset;
        offset += sizes[at] ?? 0;
      }
    }
  }
  if (at < sizes.length) throw new RangeError('samples without a place');
  return offsets;
}

function syncOf(bytes: Uint8Array, table: Box, count: number): Uint8Array | undefined {
  const stss = find(bytes, table, 'stss');
  if (stss === undefined) return undefined;
  const view = viewOf(bytes);
  const isSync = new Uint8Array(count);
  const entries = view.getUint32(stss.start + 4);
  for (let at = 0; at < entries; at++) {
    const sample = view.getUint32(stss.start + 8 + at * 4) - 1;
    if (sample < count) isSync[sample] = 1;
  }
  return isSync;
}

/** By how much the track's list of edits moves it: what comes first is nothing, or begins later. */
function editOf(bytes: Uint8Array, track: Track, movieScale: number): number {
  const elst = find(bytes, track.box, 'edts', 'elst');
  if (elst === undefined) return 0;
  const view = viewOf(bytes);
  const isLong = bytes[elst.start] === 1;
  let empty = 0;
  for (let edit = 0; edit < view.getUint32(elst.start + 4); edit++) {
    const at = elst.start + 8 + edit * (isLong ? 20 : 12);
    const length = isLong ? Number(view.getBigUint64(at)) : view.getUint32(at);
    const from = isLong ? Number(view.getBigInt64(at + 8)) : view.getInt32(at + 4);
    if (from >= 0) return Math.round((empty * track.timescale) / movieScale) - from;
    empty += length;
  }
  return 0;
}

/** Children of a box, as they are, but for those that `change` makes anew (or leaves out: undefined). */
export function rebuilt(
  bytes: Uint8Array,
  of: Box,
  change: Readonly<Record<string, (child: Box) => Uint8Array | undefined>>,
): Uint8Array[] {
  return boxesIn(bytes, of.start, of.end).flatMap((child) => {
    const made = change[child.type];
    if (made === undefined) return [bytes.subarray(child.offset, child.end)];
    const part = made(child);
    return part === undefined ? [] : [part];
  });
}
