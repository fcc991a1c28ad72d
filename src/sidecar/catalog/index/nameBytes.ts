// Checks names as bytes, one million a tenth of a second: what is plainly fine never becomes text. The rules are storage/safePath.ts's,
// and what is not plainly fine is asked there.

import { isUtf8 } from 'node:buffer';
import { nameProblem } from '../../storage/safePath.ts';

/** What a byte of a name says. */
export const byteKinds = { nonAscii: 1, separator: 2 } as const;

/** `byteKinds` of each byte, joined by `|` over a name. */
export const kindOfByte = new Uint8Array(256);
kindOfByte.fill(byteKinds.nonAscii, 128);
for (const character of '/\\\0') kindOfByte[character.charCodeAt(0)] = byteKinds.separator;

/** First bytes of Windows device names, the longest of which has seven bytes. */
const mayBeDevice = new Uint8Array(256);
for (const character of 'acnlpACNLP') mayBeDevice[character.charCodeAt(0)] = 1;
const longestDevice = 7;

const dot = 0x2e;
const colon = 0x3a;

/** Why a name cannot be carried; `kinds` are those of all its bytes. Undefined: it can. */
export function nameBytesProblem(name: Uint8Array, kinds: number): string | undefined {
  const first = name[0];
  if (first === undefined || kinds & byteKinds.separator) return nameProblem(textOf(name)) ?? 'is not valid';
  if (kinds & byteKinds.nonAscii && !isUtf8(name)) return 'is not UTF-8';
  const isSuspect =
    name[1] === colon || (first === dot && name.length <= 2) || (name.length <= longestDevice && mayBeDevice[first] === 1);
  return isSuspect || name.length > 255 ? nameProblem(textOf(name)) : undefined;
}

export function textOf(name: Uint8Array): string {
  return Buffer.from(name.buffer, name.byteOffset, name.length).toString();
}
