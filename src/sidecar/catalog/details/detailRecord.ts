// What is known of one file beyond its name: data only.

import type { DetailField } from '../../../protocol/model.ts';

export interface DetailRecord {
  path: string;
  /** The state of the file that this is said of: it counts while the index has the path with this size and time. */
  sizeBytes: number;
  mtimeMs: number;
  /** 32 bytes. */
  contentId: Uint8Array | undefined;
  mime: string | undefined;
  fields: Partial<Record<DetailField, string>>;
}

/** Their numbers in feed blocks: append only. Readers skip numbers that they do not know. */
export const fieldNumbers: Readonly<Record<DetailField, number>> = {
  text: 1,
  title: 2,
  artist: 3,
  album: 4,
  author: 5,
  genre: 6,
  year: 7,
  subject: 8,
  language: 9,
  duration: 10,
  dimensions: 11,
};

export const fieldOfNumber: ReadonlyMap<number, DetailField> = new Map(
  (Object.keys(fieldNumbers) as DetailField[]).map((field) => [fieldNumbers[field], field]),
);

const mimeType = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/;

/** RFC 6838, lower case, without parameters. */
export function isMime(text: string): boolean {
  return mimeType.test(text);
}
