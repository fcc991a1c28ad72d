// Small films made by hand: every byte of their samples is known.

import { box, words } from '../../../../../webview/viewer/media/boxes.ts';
import type { MediaFile } from '../../../../../webview/viewer/media/plan.ts';

export interface Asked {
  offset: number;
  length: number;
}

/** Reads as a host does, and remembers what was asked for. */
export function fileOf(bytes: Uint8Array, asked: Asked[] = []): MediaFile {
  return {
    sizeBytes: bytes.length,
    read: (offset, length) => {
      asked.push({ offset, length });
      return Promise.resolve(bytes.slice(Math.max(0, offset), offset + length));
    },
  };
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

export const text = (word: string): Uint8Array => new Uint8Array(Buffer.from(word, 'latin1'));

/** Ten seconds: pictures that one can begin with each second, and sound. */
export const film = { seconds: 10, fps: 30, soundsPerSecond: 50 } as const;

export const pictureBytes = (at: number): Uint8Array => new Uint8Array(40 + (at % 7)).fill(at % 251);
export const soundBytes = (at: number): Uint8Array => new Uint8Array(9 + (at % 3)).fill(200 + (at % 50));

/** One chunk a second and track, in turn. */
export function mp4({ isMovieFirst }: { isMovieFirst: boolean }): Uint8Array {
  const ftyp = box('ftyp', text('isom'), words([512]));
  const seconds = Array.from({ length: film.seconds }, (_, at) => at);
  const pictures = (second: number) => Array.from({ length: film.fps }, (_, at) => pictureBytes(second * film.fps + at));
  const sounds = (second: number) =>
    Array.from({ length: film.soundsPerSecond }, (_, at) => soundBytes(second * film.soundsPerSecond + at));
  const data = box('mdat', ...seconds.flatMap((second) => [...pictures(second), ...sounds(second)]));
  const total = (parts: readonly Uint8Array[]) => parts.reduce((sum, { length }) => sum + length, 0);
  const movie = (dataAt: number): Uint8Array => {
    let at = dataAt + 8;
    const [forPictures, forSounds]: [number[], number[]] = [[], []];
    for (const second of seconds) {
      forPictures.push(at);
      at += total(pictures(second));
      forSounds.push(at);
      at += total(sounds(second));
    }
    const sync = seconds.map((second) => second * film.fps + 1);
    const stss = box('stss', words([0, sync.length, ...sync]));
    return box(
      'moov',
      box('mvhd', words([0, 0, 0, 1000, film.seconds * 1000]), new Uint8Array(80)),
      track(1, 'vide', entryOf('vp09', 78, box('vpcC', words([0x01000000]), Uint8Array.of(0, 10, 0x82, 1, 1, 1, 0, 0))), {
        ...{ scale: film.fps * 100, lasts: 100, inChunk: film.fps, chunks: forPictures, extra: [stss] },
        sizes: seconds.flatMap((second) => pictures(second).map(({ length }) => length)),
      }),
      track(2, 'soun', entryOf('Opus', 28), {
        ...{ scale: 48_000, lasts: 960, inChunk: film.soundsPerSecond, chunks: forSounds, extra: [] },
        sizes: seconds.flatMap((second) => sounds(second).map(({ length }) => length)),
      }),
    );
  };
  if (!isMovieFirst) return joined(ftyp, data, movie(ftyp.length));
  return joined(ftyp, movie(ftyp.length + movie(0).length), data);
}

function entryOf(type: string, before: number, ...inside: readonly Uint8Array[]): Uint8Array {
  return box('stsd', words([0, 1]), box(type, new Uint8Array(before), ...inside));
}

interface Table {
  scale: number;
  lasts: number;
  inChunk: number;
  chunks: readonly number[];
  sizes: readonly number[];
  extra: readonly Uint8Array[];
}

function track(id: number, kind: string, stsd: Uint8Array, { scale, lasts, inChunk, chunks, sizes, extra }: Table): Uint8Array {
  const stbl = box(
    'stbl',
    stsd,
    box('stts', words([0, 1, sizes.length, lasts])),
    box('stsc', words([0, 1, 1, inChunk, 1])),
    box('stsz', words([0, 0, sizes.length, ...sizes])),
    box('stco', words([0, chunks.length, ...chunks])),
    ...extra,
  );
  return box(
    'trak',
    box('tkhd', words([0, 0, 0, id]), new Uint8Array(68)),
    box('edts', box('elst', words([0, 1, film.seconds * 1000, 0, 0x10000]))),
    box(
      'mdia',
      box('mdhd', words([0, 0, 0, scale, film.seconds * scale, 0])),
      box('hdlr', words([0, 0]), text(kind), words([0, 0, 0])),
      box('minf', stbl),
    ),
  );
}

/** An element of WebM; sizes of eight bytes. */
export function element(id: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, { length }) => sum + length, 0);
  const head = Buffer.from(id.toString(16), 'hex');
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(size));
  length[0] = 1;
  return joined(head, length, ...parts);
}

export function number(value: number, bytes = 8): Uint8Array {
  const made = Buffer.alloc(8);
  made.writeBigUInt64BE(BigInt(value));
  return new Uint8Array(made.subarray(8 - bytes));
}

/** A track that has only its codec's name. */
export const bareTrack = (codec: string): Uint8Array => element(0xae, element(0x86, text(codec)));

/** A cluster for each of these pictures, which all can be begun with; cues at the end. */
export function webm(
  tracks: readonly Uint8Array[],
  pictures: readonly Uint8Array[],
  lastsMs: number,
): { bytes: Uint8Array; clusters: number[] } {
  const header = element(0x1a45dfa3, element(0x4282, text('webm')), element(0x4287, number(2, 1)), element(0x4285, number(2, 1)));
  const duration = Buffer.alloc(8);
  duration.writeDoubleBE(pictures.length * lastsMs);
  const info = element(0x1549a966, element(0x2ad7b1, number(1_000_000)), element(0x4489, duration));
  const described = element(0x1654ae6b, ...tracks);
  // Of track 1, at the cluster's time.
  const block = Uint8Array.of(0x81, 0, 0, 0x80);
  const clusters = pictures.map((picture, at) =>
    element(0x1f43b675, element(0xe7, number(at * lastsMs)), element(0xa3, block, picture)),
  );
  const seekHead = (cuesAt: number) =>
    element(0x114d9b74, element(0x4dbb, element(0x53ab, number(0x1c53bb6b, 4)), element(0x53ac, number(cuesAt))));
  const offsets: number[] = [];
  let at = seekHead(0).length + info.length + described.length;
  for (const cluster of clusters) {
    offsets.push(at);
    at += cluster.length;
  }
  const points = offsets.map((offset, index) =>
    element(0xbb, element(0xb3, number(index * lastsMs)), element(0xb7, element(0xf7, number(1)), element(0xf1, number(offset)))),
  );
  const segment = element(0x18538067, seekHead(at), info, described, ...clusters, element(0x1c53bb6b, ...points));
  const segmentStart = header.length + 12;
  return { bytes: joined(header, segment), clusters: offsets.map((offset) => segmentStart + offset) };
}
