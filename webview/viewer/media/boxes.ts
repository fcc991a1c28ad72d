// Boxes of ISO base media files (ISO/IEC 14496-12), read and made.

import { letters, viewOf } from './plan.ts';

export interface Box {
  type: string;
  /** Of its header. */
  offset: number;
  /** Of its content. */
  start: number;
  end: number;
}

export const headerBytes = 16;
/** A fragment has a few, a movie some hundred. */
const maxBoxes = 100_000;

/** The box that begins at `at` of these bytes, which lie at `base` of the whole; undefined when its header is not here. `end`: of the whole. */
export function boxAt(bytes: Uint8Array, at: number, { base, end }: { base: number; end: number }): Box | undefined {
  if (at + 8 > bytes.length) return undefined;
  const view = viewOf(bytes);
  const small = view.getUint32(at);
  const isLarge = small === 1;
  if (isLarge && at + 16 > bytes.length) return undefined;
  const offset = base + at;
  const start = offset + (isLarge ? 16 : 8);
  const size = isLarge ? Number(view.getBigUint64(at + 8)) : small;
  const boxEnd = small === 0 ? end : offset + size;
  if (boxEnd < start || boxEnd > end) throw new RangeError('a box past the end');
  return { type: letters(bytes, at + 4, 4), offset, start, end: boxEnd };
}

export function boxesIn(bytes: Uint8Array, start: number, end: number): Box[] {
  const boxes: Box[] = [];
  for (let at = start; at + 8 <= end;) {
    const box = boxAt(bytes, at, { base: 0, end });
    if (box === undefined) break;
    if (boxes.push(box) > maxBoxes) throw new RangeError('too many boxes');
    at = box.end;
  }
  return boxes;
}

/** The first one of this path below a box. */
export function find(bytes: Uint8Array, from: Box, ...path: string[]): Box | undefined {
  let found: Box | undefined = from;
  for (const type of path) {
    if (found === undefined) return undefined;
    found = boxesIn(bytes, found.start, found.end).find((each) => each.type === type);
  }
  return found;
}

/** As `find`; throws RangeError when it is missing. */
export function need(bytes: Uint8Array, from: Box, ...path: string[]): Box {
  const found = find(bytes, from, ...path);
  if (found === undefined) throw new RangeError(`no ${path.join('/')}`);
  return found;
}

/** A box whose content is these parts. */
export function box(type: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const size = parts.reduce((sum, part) => sum + part.length, 8);
  const made = new Uint8Array(size);
  viewOf(made).setUint32(0, size);
  for (let at = 0; at < 4; at++) made[4 + at] = type.charCodeAt(at);
  let at = 8;
  for (const part of parts) {
    made.set(part, at);
    at += part.length;
  }
  return made;
}

/** Numbers of four bytes each; negative ones as they are kept. */
export function words(numbers: readonly number[]): Uint8Array {
  const made = new Uint8Array(numbers.length * 4);
  const view = viewOf(made);
  for (const [at, number] of numbers.entries()) view.setInt32(at * 4, number | 0);
  return made;
}
