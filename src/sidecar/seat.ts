// One connected peer as sessions.ts knows it: its session, what it was told and given, and what it said that could not be taken yet.

import type { PartyId, PeerId, ShareId } from '../protocol/ids.ts';
import type { PathReason } from '../protocol/model.ts';
import { nothing, sharesIn } from './audience.ts';
import type { AudienceTags } from './audienceTags.ts';
import { wireLimits } from './limits.ts';
import { hostOf, pathOf } from './network/addresses.ts';
import type { NetworkConnection } from './network/network.ts';
import type { OnlinePeer } from './peers/peers.ts';
import type { AnnouncedShare, LinkOffer, PassedOwner, PeerSession, ShareRemoval } from './wire/services.ts';

export class Seat {
  readonly session: PeerSession;
  /** How it is reached, as that is now. */
  readonly connection: Pick<NetworkConnection, 'path' | 'pathReason'>;
  /** Which version of our list it was announced, as whom; undefined before the first time. */
  told: string | undefined;
  /** Feeds of ours that it was given, with how to take them back. */
  readonly feeds: { shareId: ShareId; withdraw(): void }[] = [];
  /** Ends its wait to be let in. */
  wait: NodeJS.Timeout | undefined;
  /** What it may be passed on now. */
  passable = nothing;
  /** Which feeds of that it was given: `shareKey`s. */
  readonly given = new Set<string>();
  /** Feeds that it asked for are looked up one after the other. */
  lookUps: Promise<void> = Promise.resolve();
  /** What a stranger announced before it was accepted; the wire bounds its size. */
  #shares: AnnouncedShare[] | undefined;
  #removals: ShareRemoval[] = [];
  /** Where it takes direct links, likewise. */
  #offer: LinkOffer | undefined;
  /** What it passes on, by owner: parties may become common later, and a hello may come after what depends on it. */
  readonly #passed = new Map<PeerId, PassedOwner>();

  constructor(session: PeerSession, connection: Seat['connection']) {
    this.session = session;
    this.connection = connection;
  }

  /** What is shown of it while it is here. */
  get online(): OnlinePeer {
    const { session, connection } = this;
    return {
      partyIds: session.hello.partyIds,
      get path() {
        return session.link ? pathOf(hostOf(session.link.address)) : connection.path;
      },
      get pathReason(): PathReason {
        if (!session.link) return connection.pathReason;
        return this.path === 'lan' ? 'same-network' : 'open';
      },
      roundTripMs: () => session.roundTripMs,
      traffic: () => session.traffic,
      link: () => session.link,
    };
  }

  holdShares(shares: AnnouncedShare[]): void {
    this.#shares = shares;
  }

  holdRemovals(removals: ShareRemoval[]): void {
    this.#removals = [...this.#removals, ...removals].slice(-wireLimits.removals);
  }

  holdOffer(offer: LinkOffer): void {
    this.#offer = offer;
  }

  takeOffer(): LinkOffer | undefined {
    const offer = this.#offer;
    this.#offer = undefined;
    return offer;
  }

  takeShares(): AnnouncedShare[] | undefined {
    const shares = this.#shares;
    this.#shares = undefined;
    return shares;
  }

  takeRemovals(): ShareRemoval[] {
    const removals = this.#removals;
    this.#removals = [];
    return removals;
  }

  /** Remembers what it passes on of an owner now. The wire bounds shares; removals that wait are the newest. */
  heard(owner: PassedOwner): void {
    const waiting = this.#passed.get(owner.owner)?.removals ?? [];
    const removals = [...waiting, ...owner.removals].slice(-wireLimits.removals);
    if (owner.shares.length + removals.length === 0) this.#passed.delete(owner.owner);
    else this.#passed.set(owner.owner, { ...owner, removals });
    if (this.#passed.size <= 2 * wireLimits.passedOwners) return;
    const [oldest] = this.#passed.keys();
    if (oldest !== undefined) this.#passed.delete(oldest);
  }

  /** What of that counts in these parties; its removals are handed out once. */
  passed(owner: PeerId, partyIds: readonly PartyId[], tags: AudienceTags): PassedOwner | undefined {
    const passed = this.#passed.get(owner);
    if (passed === undefined) return undefined;
    if (passed.shares.length === 0) this.#passed.delete(owner);
    else this.#passed.set(owner, { ...passed, removals: [] });
    return { ...passed, shares: sharesIn(passed.shares, partyIds, tags) };
  }

  get passedOwners(): PeerId[] {
    return [...this.#passed.keys()];
  }
}
