// What a peer is called: a name derived from its key, and the self-chosen one made safe to show. Names are never identities:
// there are 65,536 derived names, so anyone can make a key with a given one; only the key decides.

import { createHash } from 'node:crypto';
import type { PeerId } from '../../protocol/ids.ts';
import { localLimits } from '../limits.ts';
import { adjectives } from './adjectives.ts';
import { animals } from './animals.ts';

/** Before normalising, so that a hostile megabyte costs nothing. */
const rawCharacters = 4096;

/** Combining marks in a row that stay: real scripts stack two or three, "zalgo" text covers the lines around it. */
const marksInARow = 4;

// Cc, Cf (bidi, zero-width, soft hyphen, tags), Co, Cs, Cn, and what takes room or hides without being one of them:
// combining grapheme joiner, Hangul fillers, Braille blank, Mongolian and other variation selectors.
const unsafe =
  /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Cn}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f\u{e0100}-\u{e01ef}]/gu;

/** Adjective-animal of a peer's key, for example `amber-otter`. The first two bytes of SHA-256 over a prefix and the key's text choose. */
export function derivedName(peerId: PeerId): string {
  const digest = createHash('sha256').update(`potluck derived name 1\n${peerId}`).digest();
  return `${adjectives[digest.readUInt8(0)]}-${animals[digest.readUInt8(1)]}`;
}

/**
 * A self-chosen name as one safe line: NFC, without control, bidi and zero-width characters, white space collapsed, at most 64
 * code points (other texts: `most`). `''` when nothing is left.
 */
export function displayName(remoteName: string, most: number = localLimits.shownNameCharacters): string {
  const line = remoteName
    .slice(0, rawCharacters)
    .replace(/[\t-\r\p{Z}]+/gu, ' ')
    .replace(unsafe, '')
    .normalize('NFC')
    .replace(new RegExp(`(\\p{M}{${marksInARow}})\\p{M}+`, 'gu'), '$1')
    .replace(/ +/g, ' ')
    .replace(/^[ \p{M}]+/u, '')
    .trimEnd();
  return Array.from(line).slice(0, most).join('').trimEnd();
}

/** What to show for a peer: the petname given here, else its own nickname, else the name derived from its key. */
export function shownName(peer: { peerId: PeerId; petname?: string | undefined; nickname?: string | undefined }): string {
  return displayName(peer.petname ?? '') || displayName(peer.nickname ?? '') || derivedName(peer.peerId);
}
