// WebM (RFC 8794 and 9559): all before the first cluster, then clusters, found by the cues. Without cues there is no plan.

import { letters, piecesBetween, viewOf, type MediaFile, type MediaPlan } from './plan.ts';

const ids = {
  header: 0x1a45dfa3,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  duration: 0x4489,
  tracks: 0x1654ae6b,
  trackEntry: 0xae,
  codecId: 0x86,
  codecPrivate: 0x63a2,
  cluster: 0x1f43b675,
  cues: 0x1c53bb6b,
  cuePoint: 0xbb,
  cueTime: 0xb3,
  cueTrackPositions: 0xb7,
  cueClusterPosition: 0xf1,
} as const;

/** What comes before the first cluster, and the cues, at most. */
const maxHeadBytes = 4 * 1024 * 1024;
const maxCuesBytes = 16 * 1024 * 1024;
const firstReadBytes = 64 * 1024;
/** Elements in one: a cue is some 20 bytes. */
const maxChildren = 1_000_000;

interface Element {
  id: number;
  /** Of its content. */
  start: number;
  /** Undefined: it is not said. */
  size: number | undefined;
}

interface Head {
  /** Where positions are counted from. */
  segmentStart: number;
  segmentEnd: number;
  firstCluster: number;
  scaleNs: number;
  duration: number;
  codecs: string[];
  /** Of the other elements that the file names, counted from its start. */
  seeks: { id: number; offset: number }[];
}

export async function planWebm(file: MediaFile): Promise<MediaPlan | undefined> {
  let bytes = new Uint8Array(0);
  let head: Head | undefined;
  for (let length = firstReadBytes; head === undefined; length *= 4) {
    if (length > maxHeadBytes || bytes.length === file.sizeBytes) return undefined;
    bytes = new Uint8Array(await file.read(0, Math.min(length, file.sizeBytes)));
    head = headOf(bytes, file.sizeBytes);
  }
  if (head.codecs.length === 0 || head.codecs.includes('')) return undefined;
  const cuesAt = head.seeks.find(({ id }) => id === ids.cues)?.offset;
  if (cuesAt === undefined) return undefined;
  const start = elementAt(await file.read(cuesAt, Math.min(12, file.sizeBytes - cuesAt)), 0);
  if (start?.id !== ids.cues || start.size === undefined || start.size > maxCuesBytes) return undefined;
  const cues = await readAll(file, cuesAt + start.start, start.size);
  const starts = clustersOf(cues, head);
  const last = starts.at(-1);
  if (last === undefined) return undefined;
  const end = head.seeks.map(({ offset }) => offset).filter((offset) => offset > last.offset);
  return {
    mime: `video/webm; codecs="${head.codecs.join(',')}"`,
    durationSeconds: (head.duration * head.scaleNs) / 1e9,
    init: bytes.subarray(0, head.firstCluster),
    pieces: piecesBetween(starts, Math.min(head.segmentEnd, ...end)),
    isTimed: true,
  };
}

/** Undefined when the first cluster is not among these bytes. */
function headOf(bytes: Uint8Array, sizeBytes: number): Head | undefined {
  const header = elementAt(bytes, 0);
  if (header?.id !== ids.header || header.size === undefined) throw new RangeError('no WebM');
  const segment = elementAt(bytes, header.start + header.size);
  if (segment?.id !== ids.segment) throw new RangeError('no segment');
  const segmentStart = segment.start;
  const segmentEnd = Math.min(sizeBytes, segment.size === undefined ? sizeBytes : segmentStart + segment.size);
  const head: Head = { segmentStart, segmentEnd, firstCluster: 0, scaleNs: 1e6, duration: 0, codecs: [], seeks: [] };
  for (let at = segmentStart; ;) {
    const element = elementAt(bytes, at);
    if (element === undefined) return undefined;
    if (element.id === ids.cluster) return { ...head, firstCluster: at };
    if (element.size === undefined) throw new RangeError('no size');
    const end = element.start + element.size;
    if (end > bytes.length) return undefined;
    learn(head, element.id, bytes.subarray(element.start, end));
    if (element.id === ids.cues) head.seeks.push({ id: ids.cues, offset: at });
    at = end;
  }
}

function learn(head: Head, id: number, content: Uint8Array): void {
  if (id === ids.info)
    for (const { id: part, bytes } of childrenOf(content)) {
      if (part === ids.timestampScale) head.scaleNs = numberOf(bytes);
      if (part === ids.duration) head.duration = floatOf(bytes);
    }
  if (id === ids.tracks)
    for (const { id: part, bytes } of childrenOf(content)) if (part === ids.trackEntry) head.codecs.push(codecOf(bytes));
  if (id === ids.seekHead)
    for (const { id: part, bytes } of childrenOf(content)) {
      if (part !== ids.seek) continue;
      const inside = childrenOf(bytes);
      const [named, position] = [ids.seekId, ids.seekPosition].map((wanted) => inside.find((each) => each.id === wanted)?.bytes);
      if (named !== undefined && position !== undefined)
        head.seeks.push({ id: numberOf(named), offset: head.segmentStart + numberOf(position) });
    }
}

/** '' for what no WebM has. */
function codecOf(track: Uint8Array): string {
  const inside = childrenOf(track);
  const name = inside.find(({ id }) => id === ids.codecId)?.bytes ?? new Uint8Array(0);
  switch (letters(name, 0, Math.min(32, name.length)).replace(/\0+$/, '')) {
    case 'V_VP8':
      return 'vp8';
    case 'V_VP9':
      return 'vp9';
    case 'V_AV1':
      return 'av01.0.08M.08';
    case 'A_OPUS':
      return 'opus';
    case 'A_VORBIS':
      return 'vorbis';
    default:
      return '';
  }
}

/** Clusters that begin with what can be shown, in order. */
function clustersOf(cues: Uint8Array, { segmentStart, scaleNs, firstCluster }: Head): { seconds: number; offset: number }[] {
  const secondsAt = new Map<number, number>();
  for (const { id, bytes } of childrenOf(cues)) {
    if (id !== ids.cuePoint) continue;
    const point = childrenOf(bytes);
    const time = point.find((each) => each.id === ids.cueTime)?.bytes;
    if (time === undefined) continue;
    const seconds = (numberOf(time) * scaleNs) / 1e9;
    for (const { id: part, bytes: positions } of point) {
      if (part !== ids.cueTrackPositions) continue;
      const cluster = childrenOf(positions).find((each) => each.id === ids.cueClusterPosition)?.bytes;
      if (cluster === undefined) continue;
      const offset = segmentStart + numberOf(cluster);
      secondsAt.set(offset, Math.min(seconds, secondsAt.get(offset) ?? Number.POSITIVE_INFINITY));
    }
  }
  const starts = [...secondsAt].map(([offset, seconds]) => ({ offset, seconds })).sort((one, other) => one.offset - other.offset);
  const [first] = starts;
  if (first === undefined) return [];
  // Clusters before the first cue belong to it.
  if (first.offset > firstCluster) starts.unshift({ offset: firstCluster, seconds: 0 });
  return starts;
}

function childrenOf(bytes: Uint8Array): { id: number; bytes: Uint8Array }[] {
  const children: { id: number; bytes: Uint8Array }[] = [];
  for (let at = 0; at < bytes.length;) {
    const element = elementAt(bytes, at);
    if (element?.size === undefined || element.start + element.size > bytes.length) break;
    if (children.length >= maxChildren) throw new RangeError('too many elements');
    children.push({ id: element.id, bytes: bytes.subarray(element.start, element.start + element.size) });
    at = element.start + element.size;
  }
  return children;
}

/** Undefined when its beginning is not here. */
function elementAt(bytes: Uint8Array, at: number): Element | undefined {
  const first = bytes[at];
  if (first === undefined) return undefined;
  const idLength = Math.clz32(first) - 23;
  if (idLength > 4) throw new RangeError('no element');
  const second = bytes[at + idLength];
  if (second === undefined) return undefined;
  const sizeLength = Math.clz32(second) - 23;
  const start = at + idLength + sizeLength;
  if (sizeLength > 8) throw new RangeError('no size');
  if (start > bytes.length) return undefined;
  let size = second & (0xff >> sizeLength);
  let isUnknown = size === 0xff >> sizeLength;
  for (const byte of bytes.subarray(at + idLength + 1, start)) {
    size = size * 256 + byte;
    isUnknown &&= byte === 0xff;
  }
  return { id: numberOf(bytes.subarray(at, at + idLength)), start, size: isUnknown ? undefined : size };
}

function numberOf(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = value * 256 + byte;
  if (!Number.isSafeInteger(value)) throw new RangeError('too large a number');
  return value;
}

function floatOf(bytes: Uint8Array): number {
  const value = bytes.length === 4 ? viewOf(bytes).getFloat32(0) : viewOf(bytes).getFloat64(0);
  return Number.isFinite(value) && value > 0 ? value : 0;
}

async function readAll(file: MediaFile, offset: number, length: number): Promise<Uint8Array> {
  if (offset + length > file.sizeBytes) throw new RangeError('past the end');
  return file.read(offset, length);
}
