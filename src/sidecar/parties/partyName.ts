// What a party's name says by itself: whether it can be guessed, and, of a closed party, who keeps its list. Knows no party and no network.

import { randomBytes } from 'node:crypto';
import z32 from 'z32';
import { AppError } from '../../protocol/errors.ts';
import { isPeerId, type PeerId } from '../../protocol/ids.ts';
import { wireLimits } from '../limits.ts';
import { randomPartyName } from '../network/partyProof.ts';

const randomBytesInName = 16;
const randomCharacters = 26;
/** 128 random bits show 18 different characters of 32; fewer than this come once in 10^9 names, and in every one that a person makes up. */
const leastDifferent = 9;
const closedPrefix = 'closed-';

/**
 * Made once by who founds a closed party: `closed-`, 26 z-base-32 characters of chance, `-`, and the founder's public key in 52. Whoever knows the
 * name knows whose signature its list bears; whoever only sees the topic knows neither.
 */
export function newClosedName(founder: PeerId): string {
  return `${closedPrefix}${z32.encode(randomBytes(randomBytesInName))}-${founder}`;
}

export { randomPartyName as newOpenName };

/** Who keeps the list of the closed party with this name; undefined for open ones. */
export function founderOf(name: string): PeerId | undefined {
  if (!name.startsWith(closedPrefix)) return undefined;
  const [random = '', founder = '', ...rest] = name.slice(closedPrefix.length).split('-');
  return rest.length === 0 && isRandom(random) && isPeerId(founder) ? founder : undefined;
}

/** Whoever guesses the name is a member: true for all but names of 128 random bits. */
export function isWeak(name: string): boolean {
  return founderOf(name) === undefined && !isRandom(name);
}

/** The name as everybody writes it: NFC, trimmed. Throws `invalid-argument` for none, too long ones, and closed ones that are damaged. */
export function checkedName(givenName: string): string {
  const name = givenName.normalize('NFC').trim();
  if (name === '' || [...name].length > wireLimits.textCharacters) {
    throw new AppError(
      'invalid-argument',
      `A party's name has 1 to ${wireLimits.textCharacters} characters. Choose another one.`,
    );
  }
  if (name.toLowerCase().startsWith(closedPrefix) && founderOf(name) === undefined) {
    throw new AppError('invalid-argument', 'This begins like the name of a closed party, and is not a whole one. Copy it again.');
  }
  return name;
}

function isRandom(text: string): boolean {
  if (text.length !== randomCharacters || new Set(text).size < leastDifferent) return false;
  try {
    // The last character bears only some of its bits: 16 bytes have one way to be written.
    return z32.encode(z32.decode(text).subarray(0, randomBytesInName)) === text;
  } catch {
    return false; // Not z-base-32.
  }
}
