// What a connected peer passes on of others, checked: every announcement and removal against its owner's key. That the owner knows of it,
// or is in the parties that the peer names, nobody vouches for.

import type { PartyId, PeerId, ShareId } from '../../protocol/ids.ts';
import { wireLimits } from '../limits.ts';
import { publicKeyOf } from '../storage/identity.ts';
import { decodeAnnouncement } from './announcement.ts';
import type { PassOnMessage } from './catalogCodec.ts';
import { protocolViolation } from './errors.ts';
import { checkedShare, copyOf, KnownRemovals } from './remoteShares.ts';
import type { PassedOwner, PassedShare } from './services.ts';
import type { SignatureChecks } from './signatureChecks.ts';
import { Budget } from './updatePace.ts';

export interface HearsayOptions {
  /** Owners that nobody can pass on here: ourselves, and the peer itself, whose own word counts. */
  ignored: ReadonlySet<PeerId>;
  checks: SignatureChecks;
  /** All that is passed on of the owner, after each change. */
  onOwner(owner: PassedOwner): void;
}

export class Hearsay {
  readonly #options: HearsayOptions;
  readonly #budget = new Budget({ burst: wireLimits.passOnBurst, perSecond: wireLimits.passOnPerSecond });
  readonly #owners = new Map<PeerId, Map<ShareId, PassedShare>>();
  readonly #knownRemovals = new KnownRemovals(wireLimits.passedRemovals);
  #shareCount = 0;

  constructor(options: HearsayOptions) {
    this.#options = options;
  }

  /** The revision of a share that the peer holds whole itself; undefined when it does not say so. */
  revisionOf(owner: PeerId, shareId: ShareId): number | undefined {
    return this.#owners.get(owner)?.get(shareId)?.announcement.revision;
  }

  onPassOn(message: PassOnMessage): void {
    if (!this.#budget.take()) throw protocolViolation('it passes on shares all the time');
    if (this.#options.ignored.has(message.owner)) return;
    if (message.partyIds.length === 0 && message.changed.length > 0) throw protocolViolation('it passes on a share in no party');
    const copies = { ...message, changed: message.changed.map(copyOf), removals: message.removals.map(copyOf) };
    this.#options.checks.add(copies.changed.length + copies.removals.length, (pace) => this.#accept(copies, pace));
  }

  async #accept(message: PassOnMessage, pace: () => Promise<void>): Promise<void> {
    const { owner, nickname, lastSeenMs } = message;
    const ownerKey = publicKeyOf(owner);
    const before = this.#owners.get(owner);
    const shares = new Map(before);
    for (const shareId of message.gone) {
      if (!shares.delete(shareId)) throw protocolViolation('it takes back a share that it does not pass on');
    }
    const partyIds: PartyId[] = [...new Set(message.partyIds)];
    const seen = new Set<ShareId>(message.gone);
    for (const signed of message.changed) {
      const { shareId } = decodeAnnouncement(signed.body);
      if (seen.has(shareId)) throw protocolViolation('it passes on a share twice');
      seen.add(shareId);
      shares.set(shareId, { ...(await checkedShare(signed, { known: before?.get(shareId), ownerKey, pace })), partyIds });
    }
    this.#count(owner, shares);
    const removals = await this.#knownRemovals.checkNew(message.removals, ownerKey, pace);
    this.#options.onOwner({ owner, nickname, lastSeenMs, shares: [...shares.values()], removals });
  }

  /** An honest peer says what it takes back before it says what it adds, and so is never over the limits. */
  #count(owner: PeerId, shares: Map<ShareId, PassedShare>): void {
    this.#shareCount += shares.size - (this.#owners.get(owner)?.size ?? 0);
    if (shares.size === 0) this.#owners.delete(owner);
    else this.#owners.set(owner, shares);
    if (this.#shareCount > wireLimits.passedShares || this.#owners.size > wireLimits.passedOwners)
      throw protocolViolation('it passes on more than is allowed');
  }
}
