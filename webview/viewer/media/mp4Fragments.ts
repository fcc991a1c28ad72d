// An MP4 file that is whole, played as fragments: its samples by time, each piece from a picture that one can begin with, made into a fragment when
// its bytes are there.

import { box, need, words, type Box } from './boxes.ts';
import { mimeOf } from './codecs.ts';
import { rebuilt, samplesOf, type Movie, type Samples, type Track } from './mp4Samples.ts';
import { maxPieceBytes, viewOf, type MediaPlan, type Piece, type Range } from './plan.ts';

/** Of one piece, unless it must be longer. */
const pieceSeconds = 3;
/** Some seconds of sound have some hundred. */
const maxPieceSamples = 100_000;
/** Days of film; a table of a few bytes can say that millions of samples last for hours each. */
const maxPieces = 100_000;
/** Ranges of two tracks that are so near are fetched as one. */
const nearBytes = 256 * 1024;

interface Played {
  track: Track;
  samples: Samples;
  /** The first sample of each piece, and the end. */
  firsts: Int32Array;
}

export function planSamples({ bytes, box: moov, tracks, durationSeconds }: Movie): MediaPlan | undefined {
  const picture = tracks.find(({ kind }) => kind === 'vide');
  const sound = tracks.find(({ kind }) => kind === 'soun');
  const chosen = [picture, sound].filter((track) => track !== undefined);
  const mime = mimeOf(chosen);
  const [main] = chosen;
  if (mime === undefined || main === undefined) return undefined;
  const mvhd = need(bytes, moov, 'mvhd');
  const movieScale = viewOf(bytes).getUint32(mvhd.start + (bytes[mvhd.start] === 1 ? 20 : 12)) || 1;
  const read = chosen.map((track) => ({ track, samples: samplesOf(bytes, track, movieScale) }));
  const [first] = read;
  if (first === undefined || first.samples.count === 0) return undefined;
  const cuts = cutsOf(first.samples, main.timescale);
  const played = read.map(({ track, samples }, at): Played => {
    if (at === 0) return { track, samples, firsts: Int32Array.from([...cuts, samples.count]) };
    const seconds = cuts.map((cut) => (first.samples.times[cut] ?? 0) / main.timescale);
    return {
      track,
      samples,
      firsts: Int32Array.from([
        ...seconds.map((each, cut) => (cut === 0 ? 0 : atTime(samples, each * track.timescale))),
        samples.count,
      ]),
    };
  });
  return {
    ...{ mime, isTimed: true },
    durationSeconds: durationSeconds || (first.samples.times[first.samples.count] ?? 0) / main.timescale,
    init: initOf(bytes, moov, chosen),
    pieces: cuts.map((cut, index): Piece => {
      const shown = (first.samples.times[cut] ?? 0) + (first.samples.shifts[cut] ?? 0);
      return { seconds: index === 0 ? 0 : Math.max(0, shown / main.timescale), ranges: rangesOf(played, index) };
    }),
    convert: (index, parts) => fragmentOf(played, index, parts),
  };
}

/** Samples at which a piece begins. */
function cutsOf({ count, times, isSync }: Samples, timescale: number): number[] {
  const cuts = [0];
  let begun = times[0] ?? 0;
  for (let at = 1; at < count; at++) {
    const time = times[at] ?? 0;
    if ((isSync !== undefined && isSync[at] === 0) || time - begun < pieceSeconds * timescale) continue;
    if (cuts.push(at) > maxPieces) throw new RangeError('too many pieces');
    begun = time;
  }
  return cuts;
}

/** The first sample from this time on. */
function atTime({ count, times }: Samples, time: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

function rangesOf(played: readonly Played[], index: number): Range[] {
  const ranges = played
    .flatMap(({ samples, firsts }) => {
      let [from, to] = [Number.POSITIVE_INFINITY, 0];
      for (let at = firsts[index] ?? 0; at < (firsts[index + 1] ?? 0); at++) {
        const offset = samples.offsets[at] ?? 0;
        from = Math.min(from, offset);
        to = Math.max(to, offset + (samples.sizes[at] ?? 0));
      }
      return to > from ? [{ offset: from, length: to - from }] : [];
    })
    .sort((one, other) => one.offset - other.offset);
  const merged: Range[] = [];
  for (const range of ranges) {
    const last = merged.at(-1);
    if (last !== undefined && range.offset <= last.offset + last.length + nearBytes)
      last.length = Math.max(last.length, range.offset + range.length - last.offset);
    else merged.push(range);
  }
  return merged;
}

/** The movie without its tables: those come with each fragment. */
function initOf(bytes: Uint8Array, moov: Box, tracks: readonly Track[]): Uint8Array {
  const empty = (type: string, count: number) => (): Uint8Array => box(type, words(new Array<number>(count).fill(0)));
  const gone = (): undefined => undefined;
  const tables = { stts: empty('stts', 2), stsc: empty('stsc', 2), stsz: empty('stsz', 3), stco: empty('stco', 2) };
  const left = Object.fromEntries(
    ['co64', 'ctts', 'stss', 'sgpd', 'sbgp', 'sdtp', 'cslg', 'stps', 'saio', 'saiz'].map((type) => [type, gone]),
  );
  const trak = (track: Track): Uint8Array =>
    box(
      'trak',
      ...rebuilt(bytes, track.box, {
        edts: gone,
        mdia: (mdia) =>
          box(
            'mdia',
            ...rebuilt(bytes, mdia, {
              minf: (minf) =>
                box(
                  'minf',
                  ...rebuilt(bytes, minf, {
                    // One is there even where the file had the larger kind.
                    stbl: (stbl) => box('stbl', ...rebuilt(bytes, stbl, { ...left, ...tables, co64: tables.stco })),
                  }),
                ),
            }),
          ),
      }),
    );
  const mvhd = need(bytes, moov, 'mvhd');
  const extended = tracks.map(({ id }) => box('trex', words([0, id, 1, 0, 0, 0])));
  return box('moov', bytes.subarray(mvhd.offset, mvhd.end), ...tracks.map(trak), box('mvex', ...extended));
}

/** `parts`: the bytes of the piece's ranges. */
function fragmentOf(played: readonly Played[], index: number, parts: readonly Uint8Array[]): Uint8Array {
  const ranges = rangesOf(played, index);
  const inside = played.filter(({ firsts }) => (firsts[index + 1] ?? 0) > (firsts[index] ?? 0));
  // Made twice: the first time to know how long it is, for the places of the bytes after it.
  const moof = (start: number): Uint8Array => {
    let at = start;
    const trafs = inside.map(({ track, samples, firsts }) => {
      const [from, to] = [firsts[index] ?? 0, firsts[index + 1] ?? 0];
      if (to - from > maxPieceSamples) throw new RangeError('too many samples');
      const rows: number[] = [];
      const dataAt = at;
      for (let sample = from; sample < to; sample++) {
        const isSync = samples.isSync === undefined || samples.isSync[sample] === 1;
        const size = samples.sizes[sample] ?? 0;
        const lasts = (samples.times[sample + 1] ?? 0) - (samples.times[sample] ?? 0);
        rows.push(lasts, size, isSync ? 0x02000000 : 0x01010000, samples.shifts[sample] ?? 0);
        at += size;
      }
      // Samples may lie over each other: what is small in the file can be terabytes of them.
      if (at - start > maxPieceBytes) throw new RangeError('too large a piece');
      const time = samples.times[from] ?? 0;
      return box(
        'traf',
        box('tfhd', words([0x020000, track.id])),
        box('tfdt', words([0x01000000, Math.floor(time / 2 ** 32), time % 2 ** 32])),
        box('trun', words([0x01000f01, to - from, dataAt, ...rows])),
      );
    });
    return box('moof', box('mfhd', words([0, index + 1])), ...trafs);
  };
  const head = moof(moof(0).length + 8);
  const bytes = inside.flatMap(({ samples, firsts }) => {
    const found: Uint8Array[] = [];
    for (let sample = firsts[index] ?? 0; sample < (firsts[index + 1] ?? 0); sample++) {
      const offset = samples.offsets[sample] ?? 0;
      const which = ranges.findIndex((range) => offset >= range.offset && offset < range.offset + range.length);
      const start = offset - (ranges[which]?.offset ?? 0);
      found.push(parts[which]?.subarray(start, start + (samples.sizes[sample] ?? 0)) ?? new Uint8Array(0));
    }
    return found;
  });
  const data = box('mdat', ...bytes);
  const made = new Uint8Array(head.length + data.length);
  made.set(head);
  made.set(data, head.length);
  return made;
}
