// Who may get what of others' shares from us, and what of theirs we take: pure rules over parties. A share is passed on only to peers in
// a party that its owner, or whoever passed it to us, has in common with us for it; sessions.ts asks here and nowhere else.

import type { PartyId, PeerId, ShareId } from '../protocol/ids.ts';
import type { PassedOwner, PassedShare, ShareRemoval } from './wire/services.ts';

/** What we hold whole of one owner, as the catalog has it. */
export interface Holding {
  owner: PeerId;
  shares: PassedShare[];
  removals: ShareRemoval[];
}

/** What is known of an owner: as itself said, or by hearsay. */
export interface KnownOwner {
  nickname: string;
  lastSeenMs: number;
  partyIds: PartyId[];
}

export type KnownHolding = Holding & KnownOwner;

export interface Receiver {
  peerId: PeerId;
  /** The parties that it proved on this connection. */
  partyIds: readonly PartyId[];
}

/**
 * What of our holdings a peer may get: shares in a party in common, named with no other parties than those; removals of owners that are in
 * one. Never its own. Those seen last come first, since the wire cuts what is too much.
 */
export function passableTo({ peerId, partyIds }: Receiver, holdings: readonly KnownHolding[]): PassedOwner[] {
  if (partyIds.length === 0) return [];
  const passable: PassedOwner[] = [];
  for (const { owner, nickname, lastSeenMs, partyIds: ownerParties, ...held } of holdings) {
    if (owner === peerId) continue;
    const shares = sharesIn(held.shares, partyIds);
    const removals = common(ownerParties, partyIds).length > 0 ? held.removals : [];
    if (shares.length + removals.length > 0) passable.push({ owner, nickname, lastSeenMs, shares, removals });
  }
  return passable.sort((a, b) => b.lastSeenMs - a.lastSeenMs);
}

/** Shares in one of these parties, each with those of its parties that are among them. */
export function sharesIn(shares: readonly PassedShare[], partyIds: readonly PartyId[]): PassedShare[] {
  return shares
    .map((share) => ({ ...share, partyIds: common(share.partyIds, partyIds) }))
    .filter((share) => share.partyIds.length > 0);
}

/** One share of one owner, as a key. */
export function shareKey(owner: PeerId, shareId: ShareId): string {
  return `${owner}/${shareId}`;
}

function common(one: readonly PartyId[], other: readonly PartyId[]): PartyId[] {
  return one.filter((partyId) => other.includes(partyId)).sort();
}
