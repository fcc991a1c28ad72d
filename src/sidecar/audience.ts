// Who may get what of others' shares from us, and what of theirs we take: pure rules over parties. A share is passed on only to peers in
// a party that its owner, or whoever passed it to us, has in common with us for it, and in which its owner lets it be passed on; sessions.ts asks
// here and nowhere else.

import type { PartyId, PeerId, ShareId } from '../protocol/ids.ts';
import type { AudienceTags } from './audienceTags.ts';
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

/** What a peer may be passed on; `has` asks for one share by its `shareKey`. */
export interface Passable {
  owners: PassedOwner[];
  has(key: string): boolean;
}

export const nothing: Passable = { owners: [], has: () => false };

/** All that we hold of others at one moment, asked for many peers: most have the same parties in common with us. */
export class Held {
  readonly #holdings: readonly KnownHolding[];
  readonly #keys: ReadonlySet<string>;
  readonly #inParties = new Map<string, Passable>();
  readonly #tags: AudienceTags;

  constructor(holdings: readonly KnownHolding[], tags: AudienceTags) {
    this.#tags = tags;
    // Those seen last come first: the wire cuts what is too much.
    this.#holdings = [...holdings].sort((a, b) => b.lastSeenMs - a.lastSeenMs);
    this.#keys = keysOf(this.#holdings);
  }

  has(key: string): boolean {
    return this.#keys.has(key);
  }

  /** In which of our parties a share may be passed on; none when it is not here. */
  partiesOf(owner: PeerId, shareId: ShareId): PartyId[] {
    const shares = this.#holdings.find((holding) => holding.owner === owner)?.shares;
    const share = shares?.find(({ announcement }) => announcement.shareId === shareId);
    return share === undefined ? [] : this.#tags.allowed(shareId, share.announcement.passTags, share.partyIds);
  }

  /**
   * Shares in a party in common, named with no other parties than those; removals of owners that are in one. Never of the peer itself.
   */
  passableTo({ peerId, partyIds }: Receiver): Passable {
    const parties = [...partyIds].sort();
    const key = parties.join();
    const passable = this.#inParties.get(key) ?? this.#passableIn(parties);
    this.#inParties.set(key, passable);
    const ownKey = shareKey(peerId, '');
    return {
      owners: passable.owners.filter(({ owner }) => owner !== peerId),
      has: (shareOf) => passable.has(shareOf) && !shareOf.startsWith(ownKey),
    };
  }

  #passableIn(partyIds: readonly PartyId[]): Passable {
    const owners: PassedOwner[] = [];
    for (const { owner, nickname, lastSeenMs, partyIds: ownerParties, ...held } of this.#holdings) {
      const shares = sharesIn(held.shares, partyIds, this.#tags);
      const inCommon = common(ownerParties, partyIds);
      const removals = held.removals.filter(
        ({ shareId, passTags }) => this.#tags.allowed(shareId, passTags, inCommon).length > 0,
      );
      if (shares.length + removals.length > 0) owners.push({ owner, nickname, lastSeenMs, shares, removals });
    }
    const keys = keysOf(owners);
    return { owners, has: (key) => keys.has(key) };
  }
}

/** Shares in one of these parties, each with those of its parties that are among them and in which its owner lets it be passed on. */
export function sharesIn(shares: readonly PassedShare[], partyIds: readonly PartyId[], tags: AudienceTags): PassedShare[] {
  return shares
    .map((share) => {
      const { shareId, passTags } = share.announcement;
      return { ...share, partyIds: tags.allowed(shareId, passTags, common(share.partyIds, partyIds)) };
    })
    .filter((share) => share.partyIds.length > 0);
}

/** One share of one owner, as a key. */
export function shareKey(owner: PeerId, shareId: ShareId | ''): string {
  return `${owner}/${shareId}`;
}

function keysOf(owners: readonly Holding[]): ReadonlySet<string> {
  return new Set(owners.flatMap(({ owner, shares }) => shares.map(({ announcement }) => shareKey(owner, announcement.shareId))));
}

function common(one: readonly PartyId[], other: readonly PartyId[]): PartyId[] {
  return one.filter((partyId) => other.includes(partyId)).sort();
}
