// What this peer tells a connected one of its own shares: the whole list once, then what changed; and its removals, each once. Knows not
// which shares the peer may see: it is given their list.

import type { ShareId } from '../../protocol/ids.ts';
import { wireLimits } from '../limits.ts';
import { decodeAnnouncement, decodeRemoval } from './announcement.ts';
import type { Capability } from './capabilities.ts';
import type { UpdateMessage } from './catalogCodec.ts';
import type { SignedAnnouncement } from './services.ts';
import { Coalesced } from './updatePace.ts';

export interface OwnSharesOptions {
  sendList(shares: SignedAnnouncement[]): void;
  sendUpdate(message: UpdateMessage): void;
  sendRemovals(removals: SignedAnnouncement[]): void;
  /** Whether the peer said that it understands an extension. */
  understands(capability: Capability): boolean;
}

export class OwnShares {
  readonly #options: OwnSharesOptions;
  readonly #updates = new Coalesced(() => this.#tellShares());
  readonly #removalUpdates = new Coalesced(() => this.#tellRemovals());
  #shares: SignedAnnouncement[] = [];
  #told: Map<ShareId, SignedAnnouncement> | undefined;
  #removals: SignedAnnouncement[] = [];
  #toldRemovals = new Map<ShareId, number>();

  constructor(options: OwnSharesOptions) {
    this.#options = options;
  }

  announce(shares: SignedAnnouncement[]): void {
    this.#shares = shares.slice(0, wireLimits.sharesPerPeer);
    this.#updates.request();
  }

  announceRemovals(removals: SignedAnnouncement[]): void {
    this.#removals = removals.slice(0, wireLimits.removals);
    this.#removalUpdates.request();
  }

  close(): void {
    this.#updates.close();
    this.#removalUpdates.close();
  }

  #tellShares(): void {
    const before = this.#told;
    const now = new Map(this.#shares.map((signed) => [shareIdOf(signed), signed]));
    this.#told = now;
    if (before === undefined || !this.#options.understands('updates')) {
      this.#options.sendList(this.#shares);
      return;
    }
    const changed = this.#shares.filter((signed) => !isSame(signed, before.get(shareIdOf(signed))));
    const gone = [...before.keys()].filter((shareId) => !now.has(shareId));
    if (changed.length > 0 || gone.length > 0) this.#options.sendUpdate({ changed, gone });
  }

  #tellRemovals(): void {
    if (!this.#options.understands('removals')) return;
    const removals = this.#removals.map((signed) => ({ signed, ...decodeRemoval(signed.body) }));
    const news = removals.filter(({ shareId, revision }) => this.#toldRemovals.get(shareId) !== revision);
    this.#toldRemovals = new Map(removals.map(({ shareId, revision }) => [shareId, revision]));
    if (news.length > 0) this.#options.sendRemovals(news.map(({ signed }) => signed));
  }
}

/** Announcements are made once and told to many: each is decoded once. */
const shareIds = new WeakMap<SignedAnnouncement, ShareId>();

function shareIdOf(signed: SignedAnnouncement): ShareId {
  const known = shareIds.get(signed);
  if (known !== undefined) return known;
  const { shareId } = decodeAnnouncement(signed.body);
  shareIds.set(signed, shareId);
  return shareId;
}

function isSame(one: SignedAnnouncement, other: SignedAnnouncement | undefined): boolean {
  return one === other || (other !== undefined && Buffer.compare(one.body, other.body) === 0);
}
