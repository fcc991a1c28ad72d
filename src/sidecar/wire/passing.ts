// Passing on what we hold of others to one connected peer: what changed since it was told, each owner by itself, in no hurry. Knows not
// what the peer may get: it is given that.

import type { PartyId, PeerId, ShareId } from '../../protocol/ids.ts';
import { wireLimits } from '../limits.ts';
import type { PassOnMessage } from './catalogCodec.ts';
import type { PassedOwner, PassedShare, ShareRemoval } from './services.ts';
import { Budget } from './updatePace.ts';

export interface PassingOptions {
  /** Longest wait from a change to telling it. */
  passOnMs: number;
  /** False when the peer does not understand it: it is told nothing then. */
  isUnderstood(): boolean;
  send(message: PassOnMessage): void;
  /** The revision of a share that the peer says it holds itself: what it has need not be passed to it. */
  revisionThere(owner: PeerId, shareId: ShareId): number | undefined;
}

interface ToldOwner {
  shares: Map<ShareId, { revision: number; parties: string }>;
  removals: Map<ShareId, number>;
  nickname: string;
  lastSeenMs: number;
}

/** Announcements in one message: with the largest bodies, 550 KB. */
const sharesInMessage = 500;

export class Passing {
  readonly #options: PassingOptions;
  readonly #budget = new Budget({ burst: wireLimits.passOnBurst / 2, perSecond: wireLimits.passOnPerSecond / 2 });
  readonly #told = new Map<PeerId, ToldOwner>();
  #owners: readonly PassedOwner[] = [];
  #timer: NodeJS.Timeout | undefined;
  #isStarted = false;
  #isClosed = false;

  constructor(options: PassingOptions) {
    this.#options = options;
  }

  /** Replaces what is to be passed on. */
  set(owners: readonly PassedOwner[]): void {
    this.#owners = withinLimits(owners);
    this.look();
  }

  /**
   * Something may have to be told. The first time at once; then after a while that differs from peer to peer: of two that heard the same
   * news of its owner, one tells the other, which then need not.
   */
  look(): void {
    if (this.#isClosed || this.#timer || (!this.#isStarted && this.#owners.length === 0)) return;
    if (!this.#isStarted) {
      this.#isStarted = true;
      this.#tell();
      return;
    }
    const waitMs = this.#options.passOnMs * (0.25 + 0.75 * Math.random());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tell();
    }, waitMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #tell(): void {
    if (!this.#options.isUnderstood()) return;
    const owners = new Map(this.#owners.map((owner) => [owner.owner, owner]));
    // What is taken back goes first: the peer counts what it holds against its limits.
    for (const [peerId, told] of this.#told) {
      const shares = new Set(owners.get(peerId)?.shares.map(({ announcement }) => announcement.shareId));
      const gone = [...told.shares.keys()].filter((shareId) => !shares.has(shareId));
      if (gone.length === 0) continue;
      if (!this.#send({ ...messageOf(peerId, told), gone })) return;
      for (const shareId of gone) told.shares.delete(shareId);
    }
    for (const [peerId, told] of this.#told) if (told.shares.size === 0 && !owners.has(peerId)) this.#told.delete(peerId);
    for (const owner of owners.values()) if (!this.#tellOwner(owner)) return;
  }

  /** False when no more may be sent now. */
  #tellOwner(owner: PassedOwner): boolean {
    const known = this.#told.get(owner.owner);
    const told = known ?? { shares: new Map(), removals: new Map(), nickname: owner.nickname, lastSeenMs: owner.lastSeenMs };
    const removals = owner.removals.filter(({ shareId, revision }) => (told.removals.get(shareId) ?? -1) < revision);
    const parts = messageParts(this.#newShares(owner, told), removals);
    const isSeenNews = Math.abs(owner.lastSeenMs - told.lastSeenMs) >= wireLimits.passedSeenMs;
    if (parts.length === 0 && told.shares.size > 0 && (isSeenNews || told.nickname !== owner.nickname)) parts.push(emptyPart);
    if (parts.length === 0) return true;
    this.#told.set(owner.owner, told);
    Object.assign(told, { nickname: owner.nickname, lastSeenMs: owner.lastSeenMs });
    for (const { partyIds, shares, removals: gone } of parts) {
      const changed = shares.map(({ signed }) => signed);
      const message = { ...messageOf(owner.owner, told), partyIds, changed, removals: gone.map(({ signed }) => signed) };
      if (!this.#send(message)) return false;
      for (const { announcement } of shares)
        told.shares.set(announcement.shareId, { revision: announcement.revision, parties: partyIds.join() });
      for (const { shareId, revision } of gone) told.removals.set(shareId, revision);
    }
    return true;
  }

  #newShares(owner: PassedOwner, told: ToldOwner): PassedShare[] {
    return owner.shares.filter(({ announcement: { shareId, revision }, partyIds }) => {
      const last = told.shares.get(shareId);
      if (last?.revision === revision && last.parties === partyIds.join()) return false;
      return (this.#options.revisionThere(owner.owner, shareId) ?? -1) < revision;
    });
  }

  #send(message: PassOnMessage): boolean {
    if (!this.#budget.take()) {
      this.look(); // The rest goes later.
      return false;
    }
    this.#options.send(message);
    return true;
  }
}

interface Part {
  partyIds: PartyId[];
  shares: PassedShare[];
  removals: ShareRemoval[];
}

const emptyPart: Part = { partyIds: [], shares: [], removals: [] };

/** Shares of the same parties travel together, so many a message; removals, of at most 200 bytes, with the first of them. */
function messageParts(shares: PassedShare[], removals: ShareRemoval[]): Part[] {
  const parts: Part[] = removals.length > 0 ? [{ ...emptyPart, removals }] : [];
  const groups = new Map<string, PassedShare[]>();
  for (const share of shares) groups.set(share.partyIds.join(), [...(groups.get(share.partyIds.join()) ?? []), share]);
  for (const group of groups.values()) {
    for (let at = 0; at < group.length; at += sharesInMessage) {
      const some = group.slice(at, at + sharesInMessage);
      const partyIds = some[0]?.partyIds ?? [];
      if (parts[0]?.shares.length === 0) parts[0] = { partyIds, shares: some, removals };
      else parts.push({ partyIds, shares: some, removals: [] });
    }
  }
  return parts;
}

function messageOf(owner: PeerId, { nickname, lastSeenMs }: { nickname: string; lastSeenMs: number }): PassOnMessage {
  return { owner, nickname, lastSeenMs, partyIds: [], changed: [], gone: [], removals: [] };
}

/** Cuts what is too much, never an owner's shares in one place and its removals in another. */
function withinLimits(owners: readonly PassedOwner[]): PassedOwner[] {
  let [shareRoom, removalRoom]: [number, number] = [wireLimits.passedShares, wireLimits.passedRemovals];
  return owners.slice(0, wireLimits.passedOwners).map((owner) => {
    const shares = owner.shares.slice(0, shareRoom);
    const removals = owner.removals.slice(0, Math.min(removalRoom, wireLimits.removals));
    shareRoom -= shares.length;
    removalRoom -= removals.length;
    return { ...owner, shares, removals };
  });
}
