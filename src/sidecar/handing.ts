// What goes from hand to hand: others' shares that we hold, offered to whom they may be passed on, and what peers offer us of third ones. audience.ts
// has the rules; who is connected is sessions.ts's.

import type { PeerId, ShareId } from '../protocol/ids.ts';
import { Held, shareKey } from './audience.ts';
import type { AudienceTags } from './audienceTags.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { Log } from './log.ts';
import type { Peers } from './peers/peers.ts';
import type { Seat } from './seat.ts';
import type { PassedOwner } from './wire/services.ts';

export interface HandingOptions {
  peerId: PeerId;
  peers: Pick<Peers, 'known' | 'noteOwner' | 'isBlocked'>;
  catalog: Pick<Catalog, 'holdings' | 'heldFeed' | 'removed' | 'passedOn'>;
  tags: AudienceTags;
  log: Log;
}

const unknown = { nickname: '', lastSeenMs: 0, partyIds: [] };

export class Handing {
  readonly #options: HandingOptions;

  constructor(options: HandingOptions) {
    this.#options = options;
  }

  /** All that could be passed on now: asked once for many peers. */
  held(): Held {
    const { catalog, peers, tags } = this.#options;
    const known = catalog.holdings().map((holding) => ({ ...holding, ...(peers.known(holding.owner) ?? unknown) }));
    return new Held(known, tags);
  }

  /** Offers a peer what it may have of all that could be passed on: `held`, when it is asked for many. */
  pass(seat: Seat, held?: Held): void {
    const { session } = seat;
    if (!session.isOpen) return;
    const { partyIds } = session.hello;
    // Strangers say hello as often as members do, and are passed nothing: all that is held is not looked through for them.
    if (partyIds.length === 0 && seat.passable.owners.length === 0 && seat.given.size === 0) return;
    const all = held ?? this.held();
    const passable = all.passableTo({ peerId: session.peerId, partyIds });
    seat.passable = passable;
    if ([...seat.given].some((key) => all.has(key) && !passable.has(key))) {
      // Such feeds stay attached to a multiplexer once they are: only ending the session takes them back.
      session.close('a share that was passed on to it is not for it any more');
      return;
    }
    session.passOn(passable.owners);
  }

  /** Gives the feed with this key, when it is one that the peer may be passed on. */
  async giveFeed(seat: Seat, discoveryKey: Uint8Array): Promise<void> {
    if (!seat.session.isOpen || seat.passable.owners.length === 0) return;
    try {
      const held = await this.#options.catalog.heldFeed(discoveryKey, (owner, shareId) => mayHave(seat, owner, shareId));
      if (!held || !seat.session.isOpen || !mayHave(seat, held.owner, held.shareId)) return;
      seat.given.add(shareKey(held.owner, held.shareId));
      seat.session.replicate(held.core);
    } catch (error) {
      this.#options.log.warn(`A feed could not be passed on: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** A peer says what it would pass on of an owner. */
  heard(seat: Seat | undefined, owner: PassedOwner): void {
    if (!seat) return;
    seat.heard(owner);
    this.take(seat, owner.owner);
    // It takes back the last share of this owner.
    if (owner.shares.length === 0) this.#options.catalog.passedOn(seat.session, { ...owner, removals: [] });
  }

  /**
   * Takes what it said of an owner, as far as that counts now. Nothing is taken from a stranger, nor from a peer that was added by its key alone: hearsay
   * goes by party. Nor of an owner that is blocked.
   */
  take(seat: Seat, owner: PeerId): void {
    const { peerId, peers, catalog, tags } = this.#options;
    const { session } = seat;
    const { partyIds } = session.hello;
    if (partyIds.length === 0 || owner === peerId || peers.isBlocked(owner) || peers.isBlocked(session.peerId)) return;
    const passed = seat.passed(owner, partyIds, tags);
    if (!passed) return;
    const { nickname, lastSeenMs, shares, removals } = passed;
    const inParties = [...new Set(shares.flatMap((share) => share.partyIds))];
    // Its row is what a share of it hangs on. When the catalog takes none, the row is neither shown nor kept.
    if (shares.length > 0) peers.noteOwner(owner, nickname, lastSeenMs, inParties);
    if (removals.length > 0) catalog.removed(session, owner, removals);
    catalog.passedOn(session, { ...passed, removals: [] });
  }
}

/** Whether it may be given what we hold of this share. */
export function mayHave(seat: Seat, owner: PeerId, shareId: ShareId): boolean {
  return seat.passable.has(shareKey(owner, shareId));
}
