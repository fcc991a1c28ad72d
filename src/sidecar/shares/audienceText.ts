// The audience of a share as the database keeps it: '' for everyone, else JSON. What cannot be read lets nobody see the share: a folder that was
// meant for a few must not become everybody's by a damaged row.

import { isPartyId, isPeerId, type PartyId, type PeerId } from '../../protocol/ids.ts';
import type { Audience } from '../../protocol/model.ts';
import { localLimits, meetingLimits } from '../limits.ts';

export const everyone: Readonly<Audience> = { everyone: true, partyIds: [], peerIds: [] };
export const nobody: Readonly<Audience> = { everyone: false, partyIds: [], peerIds: [] };

export function audienceText({ everyone: isForAll, partyIds, peerIds }: Audience): string {
  return isForAll ? '' : JSON.stringify({ partyIds, peerIds });
}

/** Parsed ones: it is asked for each block that is sent. */
const parsed = new Map<string, Audience>();

export function parseAudience(text: string): Audience {
  if (text === '') return everyone;
  const known = parsed.get(text);
  if (known !== undefined) return known;
  const audience = parse(text);
  if (parsed.size >= localLimits.shares) parsed.clear();
  parsed.set(text, audience);
  return audience;
}

function parse(text: string): Audience {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('partyIds' in value) || !('peerIds' in value)) return nobody;
    return { everyone: false, partyIds: idsIn(value.partyIds, isPartyId), peerIds: idsIn(value.peerIds, isPeerId) };
  } catch {
    return nobody;
  }
}

/** Sorted, each once, nothing beside `everyone`; so that equal ones have equal texts. */
export function normalised({ everyone: isForAll, partyIds, peerIds }: Audience): Audience {
  if (isForAll) return everyone;
  return { everyone: false, partyIds: [...new Set(partyIds)].sort(), peerIds: [...new Set(peerIds)].sort() };
}

/**
 * Whether somebody who is in the first may not be in the second. Members of a party that is named count as somebody, also when none is known; everyone
 * is more than any list.
 */
export function isNarrower(before: Audience, after: Audience): boolean {
  if (after.everyone) return false;
  if (before.everyone) return true;
  return (
    before.partyIds.some((partyId) => !after.partyIds.includes(partyId)) ||
    before.peerIds.some((peerId) => !after.peerIds.includes(peerId))
  );
}

/** What is known of a peer that is to see a share, or not. */
export interface Viewer {
  peerId: PeerId;
  /** Parties in common, proven. */
  partyIds: readonly PartyId[];
  isAddedByKey: boolean;
}

/** The rule itself. Blocked peers are nobody's audience: whoever asks sees to that. */
export function isInAudience({ everyone: isForAll, partyIds, peerIds }: Audience, viewer: Viewer): boolean {
  if (isForAll) return viewer.partyIds.length > 0 || viewer.isAddedByKey;
  return peerIds.includes(viewer.peerId) || partyIds.some((partyId) => viewer.partyIds.includes(partyId));
}

function idsIn<T extends string>(value: unknown, isId: (text: string) => text is T): T[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((each): each is T => typeof each === 'string' && isId(each))
    .slice(0, meetingLimits.audienceParties + meetingLimits.audiencePeers);
}
