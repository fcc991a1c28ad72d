// Who is connected and what each may see: the one place that decides a peer's audience. A share, its feed and its bytes go only
// to a session that passed `mayShare`; what others announce is not taken into the catalog. What we hold of third peers goes by party alone:
// audience.ts.

import { AppError, asAppError } from '../protocol/errors.ts';
import type { PeerId, ShareId } from '../protocol/ids.ts';
import type { PathReason } from '../protocol/model.ts';
import { Held, shareKey } from './audience.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { Log } from './log.ts';
import { meet, type MeetingHooks } from './meetingHooks.ts';
import { hostOf, pathOf } from './network/addresses.ts';
import type { NetworkConnection } from './network/network.ts';
import { OwnAnnouncements } from './ownAnnouncements.ts';
import type { Peers } from './peers/peers.ts';
import { Seat } from './seat.ts';
import type { Shares } from './shares/shares.ts';
import type { MeetingMessage } from './wire/meetingMessages.ts';
import type {
  AnnouncedShare,
  FileServer,
  LinkOffer,
  LocalHello,
  PassedOwner,
  PeerSession,
  RemoteSearchHit,
  RemoteSearchRequest,
  SearchServer,
  SessionEvents,
  ShareRemoval,
} from './wire/services.ts';
import { openSession } from './wire/session.ts';

export interface SessionsOptions {
  peerId: PeerId;
  keyPair: { publicKey: Uint8Array; secretKey: Uint8Array };
  peers: Peers;
  shares: Pick<Shares, 'announcements' | 'removals' | 'feed'>;
  catalog: Pick<Catalog, 'announced' | 'introduced' | 'removed' | 'passedOn' | 'holdings' | 'heldFeed' | 'sessionClosed'>;
  local: LocalHello;
  fileServer: FileServer;
  searchServer: SearchServer;
  log: Log;
  /** A peer may be read from again. */
  onOnline(peerId: PeerId): void;
  /** A peer broke a rule. */
  onOffence?(by: NetworkConnection, reason: string): void;
  /** Direct links are made and lost beside this: nodeLinks.ts. */
  links?: LinkHooks;
  /** Told of every session and of what is said on it about meeting. */
  meeting?: readonly MeetingHooks[];
}

/** Told of sessions with peers that may see our shares: a stranger is not told where we listen, nor dialled. `closed` comes for each that opened. */
export interface LinkHooks {
  opened(session: PeerSession): void;
  offered(session: PeerSession, offer: LinkOffer): void;
  changed(session: PeerSession): void;
  closed(session: PeerSession): void;
}

const unknown = { nickname: '', lastSeenMs: 0, partyIds: [] };

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #seats = new Map<PeerId, Seat>();
  /** Sessions whose `links.opened` was told. */
  readonly #linked = new Set<PeerSession>();
  /** Those that `meeting` was told of. */
  readonly #met = new Set<PeerSession>();
  readonly #own: OwnAnnouncements;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#own = new OwnAnnouncements(options.shares, options.keyPair);
  }

  /** Starts a session on an authenticated connection. */
  connected(connection: NetworkConnection): void {
    const events: SessionEvents = {
      opened: (session) => this.#opened(session, connection),
      closed: (session, reason, isHostile) => {
        if (isHostile) this.#options.onOffence?.(connection, reason);
        this.#closed(session, reason);
      },
      updated: (session) => this.#updated(session),
      announced: (session, list) => this.#announced(session, list),
      removed: (session, owner, removals) => this.#removed(session, owner, removals),
      passedOn: (session, owner) => this.#passedOn(session, owner),
      wantsFeed: (session, discoveryKey) => this.#wantsFeed(session, discoveryKey),
      linkOffered: (session, offer) => this.#linkOffered(session, offer),
      met: (session, message) => this.#meet(session, message),
      linkChanged: (session) => {
        if (this.#seatOf(session)) this.#options.links?.changed(session);
      },
    };
    const { local, fileServer, log } = this.#options;
    const searchServer = { search: this.#search.bind(this) };
    openSession({ connection, local, fileServer, searchServer, events, log: log.for('wire') });
  }

  /** The session to read a peer's files from, when it is here. */
  source(peerId: PeerId): PeerSession | undefined {
    const session = this.#seats.get(peerId)?.session;
    return session?.isOpen ? session : undefined;
  }

  /** Everybody who may see our shares, and whose shares we see: whom to ask for content. */
  all(): PeerSession[] {
    return [...this.#seats.values()]
      .map(({ session }) => session)
      .filter((session) => session.isOpen && this.#isAudience(session));
  }

  /** Whether a peer may be given what we hold of somebody else's share. */
  mayPassOn(peerId: PeerId, owner: PeerId, shareId: ShareId): boolean {
    const seat = this.#seats.get(peerId);
    return seat?.session.isOpen === true && this.#isAudience(seat.session) && seat.passable.has(shareKey(owner, shareId));
  }

  /** Whether a peer may see and take our shares: it proved a common party, or we added its key. */
  mayShare(peerId: PeerId): boolean {
    const seat = this.#seats.get(peerId);
    return seat !== undefined && this.#isAudience(seat.session);
  }

  /** After own shares, or removals of them, changed: everybody who may know is told. */
  announceShares(): void {
    this.#own.refresh();
    for (const seat of this.#seats.values()) this.#share(seat);
  }

  /** After what we hold of others changed: everybody who may have it is told. */
  passOn(): void {
    const held = this.#held();
    for (const seat of [...this.#seats.values()]) this.#pass(seat, held);
  }

  /** After a party was joined or left, or the nickname changed. A session without a common party any more ends. */
  introduceAgain(): void {
    const held = this.#held();
    for (const seat of [...this.#seats.values()]) {
      seat.session.updateHello();
      this.#updated(seat.session, held);
    }
  }

  /** After a stranger was accepted. */
  accepted(peerId: PeerId): void {
    const seat = this.#seats.get(peerId);
    if (seat) this.#updated(seat.session);
  }

  end(peerId: PeerId, reason: string): void {
    this.#seats.get(peerId)?.session.close(reason);
  }

  endAll(reason: string): void {
    for (const seat of [...this.#seats.values()]) seat.session.close(reason);
  }

  endHostile(peerId: PeerId, reason: string): void {
    this.#seats.get(peerId)?.session.close(reason, { isHostile: true });
  }

  #opened(session: PeerSession, connection: NetworkConnection): void {
    const earlier = this.#seats.get(session.peerId);
    const seat = new Seat(session, connection);
    this.#seats.set(session.peerId, seat);
    earlier?.session.close('a newer connection of the same peer took its place');
    this.#options.log.info(
      `${session.peerId} is here (${session.hello.agent}), ${session.hello.partyIds.length} parties in common`,
    );
    this.#met.add(session);
    this.#tellMeeting('opened', session);
    if (!session.isOpen) return;
    this.#online(seat);
    this.#own.refresh();
    this.#share(seat);
    this.#options.onOnline(session.peerId);
    this.#pass(seat, this.#held());
    this.#link(seat);
  }

  #closed(session: PeerSession, reason: string): void {
    this.#options.catalog.sessionClosed(session);
    if (this.#linked.delete(session)) this.#options.links?.closed(session);
    if (this.#met.delete(session)) this.#tellMeeting('closed', session);
    if (this.#seats.get(session.peerId)?.session !== session) return; // Never opened, or replaced.
    this.#seats.delete(session.peerId);
    this.#options.log.info(`${session.peerId} is gone: ${reason}`);
    this.#options.peers.wentOffline(session.peerId);
  }

  #updated(session: PeerSession, held = this.#held()): void {
    const seat = this.#seatOf(session);
    if (!seat) return;
    this.#tellMeeting('updated', session);
    if (!session.isOpen) return;
    if (seat.toldVersion !== undefined && !this.#isAudience(session)) {
      // Feeds stay attached to a multiplexer once they are: only ending the session takes them back.
      session.close('no party in common any more');
      return;
    }
    this.#online(seat);
    this.#own.refresh();
    this.#share(seat);
    this.#pass(seat, held);
    if (!session.isOpen || !this.#isAudience(session)) return;
    this.#link(seat);
    this.#options.catalog.introduced(session);
    const shares = seat.takeShares();
    if (shares) this.#options.catalog.announced(session, shares);
    const removals = seat.takeRemovals();
    if (removals.length > 0) this.#options.catalog.removed(session, session.peerId, removals);
    for (const owner of seat.passedOwners) this.#takePassed(seat, owner);
  }

  /** One part that fails does not keep the others from knowing. */
  #tellMeeting(what: 'opened' | 'updated' | 'closed', session: PeerSession): void {
    for (const hooks of this.#options.meeting ?? []) {
      try {
        hooks[what]?.(session);
      } catch (error) {
        this.#options.log.error(`What follows from "${what}" of ${session.peerId} failed: ${asAppError(error).message}`);
      }
    }
  }

  /** What is said about meeting. A part that throws `protocol` was told something that breaks its rules. */
  #meet(session: PeerSession, message: MeetingMessage): void {
    if (!this.#seatOf(session)) return;
    try {
      meet(this.#options.meeting ?? [], session, message);
    } catch (error) {
      if (!(error instanceof AppError) || error.kind !== 'protocol') throw error;
      session.close(error.message, { isHostile: true });
    }
  }

  #linkOffered(session: PeerSession, offer: LinkOffer): void {
    if (this.#linked.has(session)) this.#options.links?.offered(session, offer);
    else this.#seatOf(session)?.holdOffer(offer);
  }

  /** Direct links are for those who may see our shares. */
  #link(seat: Seat): void {
    const { session } = seat;
    const { links } = this.#options;
    if (!links || !session.isOpen || !this.#isAudience(session) || this.#linked.has(session)) return;
    this.#linked.add(session);
    links.opened(session);
    const offer = seat.takeOffer();
    if (offer) links.offered(session, offer);
  }

  #announced(session: PeerSession, list: AnnouncedShare[]): void {
    if (this.#isAudience(session)) this.#options.catalog.announced(session, list);
    else this.#seatOf(session)?.holdShares(list);
  }

  #removed(session: PeerSession, owner: PeerId, removals: ShareRemoval[]): void {
    if (this.#isAudience(session)) this.#options.catalog.removed(session, owner, removals);
    else this.#seatOf(session)?.holdRemovals(removals);
  }

  #passedOn(session: PeerSession, owner: PassedOwner): void {
    const seat = this.#seatOf(session);
    if (!seat) return;
    seat.heard(owner);
    this.#takePassed(seat, owner.owner);
    // It takes back the last share of this owner.
    if (owner.shares.length === 0) this.#options.catalog.passedOn(session, { ...owner, removals: [] });
  }

  /** Nothing is taken from a stranger, nor from a peer that was added by its key alone: hearsay goes by party. */
  #takePassed(seat: Seat, owner: PeerId): void {
    const { session } = seat;
    const { partyIds } = session.hello;
    if (partyIds.length === 0 || owner === this.#options.peerId) return;
    const passed = seat.passed(owner, partyIds);
    if (!passed) return;
    const { nickname, lastSeenMs, shares, removals } = passed;
    const inParties = [...new Set(shares.flatMap((share) => share.partyIds))];
    // Its row is what a share of it hangs on. When the catalog takes none, the row is neither shown nor kept.
    if (shares.length > 0) this.#options.peers.noteOwner(owner, nickname, lastSeenMs, inParties);
    if (removals.length > 0) this.#options.catalog.removed(session, owner, removals);
    this.#options.catalog.passedOn(session, { ...passed, removals: [] });
  }

  #online(seat: Seat): void {
    const { session, connection } = seat;
    const online = {
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
    this.#options.peers.cameOnline(session.peerId, online, session.hello.nickname);
  }

  #isAudience(session: PeerSession): boolean {
    return session.hello.partyIds.length > 0 || this.#options.peers.isAddedByKey(session.peerId);
  }

  #seatOf(session: PeerSession): Seat | undefined {
    const seat = this.#seats.get(session.peerId);
    return seat?.session === session ? seat : undefined;
  }

  #share(seat: Seat): void {
    const { session } = seat;
    if (!session.isOpen || !this.#isAudience(session) || seat.toldVersion === this.#own.version) return;
    seat.toldVersion = this.#own.version;
    session.announce(this.#own.list());
    session.announceRemovals(this.#own.removals());
  }

  #held(): Held {
    const { catalog, peers } = this.#options;
    const known = catalog.holdings().map((holding) => ({ ...holding, ...(peers.known(holding.owner) ?? unknown) }));
    return new Held(known);
  }

  #pass(seat: Seat, held: Held): void {
    const { session } = seat;
    if (!session.isOpen) return;
    const passable = held.passableTo({ peerId: session.peerId, partyIds: session.hello.partyIds });
    seat.passable = passable;
    if ([...seat.given].some((key) => held.has(key) && !passable.has(key))) {
      // As with own feeds: only ending the session takes them back.
      session.close('a share that was passed on to it is not for it any more');
      return;
    }
    session.passOn(passable.owners);
  }

  #wantsFeed(session: PeerSession, discoveryKey: Uint8Array): void {
    const seat = this.#seatOf(session);
    if (!seat || !this.#isAudience(session)) return;
    const own = this.#own.feed(discoveryKey);
    const feed = own && this.#options.shares.feed(own.shareId, own.kind);
    if (feed) session.replicate(feed);
    else seat.lookUps = seat.lookUps.then(() => this.#giveHeldFeed(seat, discoveryKey));
  }

  async #giveHeldFeed(seat: Seat, discoveryKey: Uint8Array): Promise<void> {
    if (!seat.session.isOpen || seat.passable.owners.length === 0) return;
    try {
      const held = await this.#options.catalog.heldFeed(discoveryKey, (owner, shareId) =>
        seat.passable.has(shareKey(owner, shareId)),
      );
      if (!held || !seat.session.isOpen) return;
      const key = shareKey(held.owner, held.shareId);
      if (!seat.passable.has(key)) return;
      seat.given.add(key);
      seat.session.replicate(held.core);
    } catch (error) {
      this.#options.log.warn(`A feed could not be passed on: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #search(peerId: PeerId, request: RemoteSearchRequest, options: { signal: AbortSignal }): Promise<RemoteSearchHit[]> {
    const seat = this.#seats.get(peerId);
    if (seat?.toldVersion === undefined || !this.mayShare(peerId))
      throw new AppError('permission-denied', 'A peer that may see nothing searched our shares.');
    const hits = await this.#options.searchServer.search(peerId, request, options);
    return hits.filter(({ shareId }) => this.#own.has(shareId) && isAsked(shareId, request));
  }
}

function isAsked(shareId: ShareId, { shareIds }: RemoteSearchRequest): boolean {
  return shareIds.length === 0 || shareIds.includes(shareId);
}
