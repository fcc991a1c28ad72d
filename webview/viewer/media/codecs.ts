// Names of the codecs in an MP4 file, as MediaSource wants them (RFC 6381).

import { boxesIn, find, type Box } from './boxes.ts';
import type { Track } from './mp4Samples.ts';

/** As MediaSource asks for it; undefined when there is something in it that it would not take. */
export function mimeOf(tracks: readonly Track[]): string | undefined {
  const isPicture = tracks.some(({ kind }) => kind === 'vide');
  const codecs = tracks.map(({ codec }) => codec);
  if (codecs.length === 0 || codecs.includes('')) return undefined;
  return `${isPicture ? 'video' : 'audio'}/mp4; codecs="${codecs.join(',')}"`;
}

/** The first sample entry of a track; '' for one that is not known. */
export function codecOf(bytes: Uint8Array, stsd: Box): string {
  const entry = boxesIn(bytes, stsd.start + 8, stsd.end)[0];
  if (entry === undefined) return '';
  // What comes before the boxes of a picture's entry, and of a sound's.
  const picture: Box = { ...entry, start: entry.start + 78 };
  const sound: Box = { ...entry, start: entry.start + 28 };
  switch (entry.type) {
    case 'avc1':
    case 'avc3': {
      const config = find(bytes, picture, 'avcC');
      return config === undefined
        ? ''
        : `${entry.type}.${hex(bytes, config.start + 1)}${hex(bytes, config.start + 2)}${hex(bytes, config.start + 3)}`;
    }
    case 'vp09': {
      const config = find(bytes, picture, 'vpcC');
      if (config === undefined) return '';
      const at = (offset: number): number => bytes[config.start + 4 + offset] ?? 0;
      return `vp09.${two(at(0))}.${two(at(1))}.${two(at(2) >> 4)}`;
    }
    case 'av01': {
      const config = find(bytes, picture, 'av1C');
      if (config === undefined) return '';
      const [levels = 0, flags = 0] = bytes.subarray(config.start + 1, config.start + 3);
      const depth = (flags & 0x40) === 0 ? 8 : 10;
      return `av01.${levels >> 5}.${two(levels & 31)}${(flags & 0x80) === 0 ? 'M' : 'H'}.${two(depth)}`;
    }
    case 'mp4a': {
      const config = find(bytes, sound, 'esds');
      return config === undefined ? '' : soundOf(bytes.subarray(config.start + 4, config.end));
    }
    case 'Opus':
      return 'opus';
    case 'fLaC':
      return 'flac';
    default:
      return '';
  }
}

/** MPEG-4 descriptors (ISO/IEC 14496-1): the stream's kind and, of AAC, which. */
function soundOf(descriptors: Uint8Array): string {
  let at = 0;
  const next = (): number => descriptors[at++] ?? 0;
  const skipSize = (): void => {
    for (let count = 0; count < 4 && (next() & 0x80) !== 0; count++);
  };
  for (let count = 0; count < 8 && at < descriptors.length; count++) {
    const tag = next();
    skipSize();
    if (tag === 3) {
      at += 2;
      const flags = next();
      at += ((flags & 0x80) === 0 ? 0 : 2) + ((flags & 0x20) === 0 ? 0 : 2);
    } else if (tag === 4) {
      const kind = next();
      if (kind === 0x69 || kind === 0x6b) return 'mp3';
      if (kind !== 0x40) return '';
      at += 12;
    } else if (tag === 5) return `mp4a.40.${next() >> 3 || 2}`;
    else return '';
  }
  return '';
}

function hex(bytes: Uint8Array, at: number): string {
  return (bytes[at] ?? 0).toString(16).padStart(2, '0');
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
