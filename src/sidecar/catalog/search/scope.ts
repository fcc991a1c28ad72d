// Which shares a query is about: what `peer:`, `party:` and `share:` of it mean here. Names are matched as typed so far: any case, anywhere in
// the name. Knows no index.

import type { PartyId, PeerId, ShareId } from '../../../protocol/ids.ts';
import type { CatalogShare, PartyInfo, PeerInfo } from '../../../protocol/model.ts';
import { fold } from './fold.ts';

/** The words behind `peer:`, `party:` and `share:`. Each list must be met by one of its words; none of `not` may be. */
export interface ScopeWords {
  peers: readonly string[];
  parties: readonly string[];
  shares: readonly string[];
  not: { peers: readonly string[]; parties: readonly string[]; shares: readonly string[] };
}

export interface World {
  shares: readonly CatalogShare[];
  peers: { get(peerId: PeerId): PeerInfo | undefined };
  parties: readonly PartyInfo[];
  ownName: string;
}

/** Beginnings of ids count from this length on. */
const prefixCharacters = 4;

/** A share in the search engine. */
export function keyOf({ peerId, shareId }: { peerId: PeerId; shareId: ShareId }): string {
  return `${peerId}/${shareId}`;
}

export function isScoped(words: ScopeWords): boolean {
  return [words, words.not].some(({ peers, parties, shares }) => peers.length + parties.length + shares.length > 0);
}

/** The shares that a query is about. */
export function sharesInScope(words: ScopeWords, world: World): CatalogShare[] {
  return world.shares.filter((share) => {
    const peer = world.peers.get(share.peerId);
    const isPeer = (word: string): boolean => fitsPeer(word, share, peer, world.ownName);
    const isShare = (word: string): boolean => fits(word, [share.title], share.shareId);
    const isParty = (word: string): boolean => fitsParty(word, share, peer, world.parties);
    const isMet = (list: readonly string[], is: (word: string) => boolean): boolean => list.length === 0 || list.some(is);
    const { not } = words;
    if (not.peers.some(isPeer) || not.shares.some(isShare) || not.parties.some(isParty)) return false;
    return isMet(words.peers, isPeer) && isMet(words.shares, isShare) && isMet(words.parties, isParty);
  });
}

function fitsPeer(word: string, share: CatalogShare, peer: PeerInfo | undefined, ownName: string): boolean {
  if (share.isOwn) return fold(word) === 'me' || fits(word, [ownName], share.peerId);
  const names = [peer?.name, peer?.petname, peer?.nickname, peer?.derivedName].filter((name) => name !== undefined);
  return fits(word, names, share.peerId);
}

/** Own shares are offered in every party. */
function fitsParty(word: string, share: CatalogShare, peer: PeerInfo | undefined, parties: readonly PartyInfo[]): boolean {
  const meant = parties
    .filter((party) => fits(word, [party.name, party.label ?? ''], party.partyId))
    .map((party): PartyId => party.partyId);
  return share.isOwn ? meant.length > 0 : meant.some((partyId) => peer?.partyIds.includes(partyId) === true);
}

function fits(word: string, names: readonly string[], id: string): boolean {
  const folded = fold(word);
  if (folded.length >= prefixCharacters && id.startsWith(folded)) return true;
  return names.some((name) => fold(name).includes(folded));
}
