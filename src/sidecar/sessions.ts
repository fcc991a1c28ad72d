// Who is connected and what each is told, given, and believed: viewers.ts decides who may see what, audience.ts what of third peers' shares goes
// where. A share, its feed and its bytes go only to a session that `mayShare` allows.

import { AppError, asAppError } from '../protocol/errors.ts';
import type { PartyId, PeerId, ShareId } from '../protocol/ids.ts';
import { AudienceTags } from './audienceTags.ts';
import type { Catalog } from './catalog/catalog.ts';
import { withdrawFeed } from './catalog/feeds/withdrawing.ts';
import { Handing, mayHave } from './handing.ts';
import { admissionLimits } from './limits.ts';
import type { Log } from './log.ts';
import { meet, type MeetingHooks } from './meetingHooks.ts';
import type { NetworkConnection } from './network/network.ts';
import { OwnAnnouncements } from './ownAnnouncements.ts';
import type { Peers } from './peers/peers.ts';
import { Replacements } from './replacements.ts';
import { Seat } from './seat.ts';
import type { Shares } from './shares/shares.ts';
import { Viewers, type Waiting } from './viewers.ts';
import type { MeetingMessage } from './wire/meetingMessages.ts';
import type {
  AnnouncedShare,
  FileServer,
  LinkOffer,
  LocalHello,
  PeerSession,
  RemoteSearchHit,
  RemoteSearchRequest,
  ReplicableCore,
  SearchServer,
  SessionEvents,
  ShareRemoval,
} from './wire/services.ts';
import { openSession } from './wire/session.ts';

export interface SessionsOptions {
  peerId: PeerId;
  keyPair: { publicKey: Uint8Array; secretKey: Uint8Array };
  peers: Peers;
  shares: Pick<Shares, 'announcements' | 'removals' | 'feed' | 'audience' | 'isNamed'>;
  catalog: Pick<Catalog, 'announced' | 'introduced' | 'removed' | 'passedOn' | 'holdings' | 'heldFeed' | 'sessionClosed'>;
  local: LocalHello;
  fileServer: FileServer;
  searchServer: SearchServer;
  log: Log;
  /** A peer may be read from again. */
  onOnline(peerId: PeerId): void;
  /** Who may have what may be another than before: what is under way is looked at again. Called as often as that happens. */
  onAudience?(): void;
  /** A peer broke a rule. */
  onOffence?(by: NetworkConnection, reason: string): void;
  /** Direct links are made and lost beside this: nodeLinks.ts. */
  links?: LinkHooks;
  /** Without it, shares whose audience is not everyone are passed on by nobody. */
  tags?: AudienceTags;
  /** Who may stay though it is not let in; without it, who says why it is here. */
  waiting?: Waiting;
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

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #seats = new Map<PeerId, Seat>();
  /** Sessions whose `links.opened` was told. */
  readonly #linked = new Set<PeerSession>();
  /** Those that `meeting` was told of. */
  readonly #met = new Set<PeerSession>();
  readonly #own: OwnAnnouncements;
  readonly #viewers: Viewers;
  readonly #handing: Handing;
  readonly #replacements = new Replacements();

  constructor(options: SessionsOptions) {
    this.#options = options;
    const tags = options.tags ?? new AudienceTags(() => undefined);
    this.#viewers = new Viewers(options);
    this.#handing = new Handing({ ...options, tags });
    this.#own = new OwnAnnouncements(options.shares, options.keyPair, tags);
  }

  /** Starts a session on an authenticated connection. */
  connected(connection: NetworkConnection): void {
    const { peerId } = connection;
    if (peerId === this.#options.peerId || this.#viewers.isKeptAway(peerId)) {
      connection.stream.destroy();
      return;
    }
    const events: SessionEvents = {
      opened: (session) => this.#opened(session, connection),
      closed: (session, reason, isHostile) => {
        if (isHostile) this.#options.onOffence?.(connection, reason);
        this.#closed(session, reason);
      },
      updated: (session) => this.#updated(session),
      announced: (session, list) => this.#announced(session, list),
      removed: (session, owner, removals) => this.#removed(session, owner, removals),
      passedOn: (session, owner) => this.#handing.heard(this.#seatOf(session), owner),
      wantsFeed: (session, discoveryKey) => this.#wantsFeed(session, discoveryKey),
      linkOffered: (session, offer) => this.#linkOffered(session, offer),
      met: (session, message) => this.#meet(session, message),
      linkChanged: (session) => void (this.#seatOf(session) && this.#options.links?.changed(session)),
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

  /** Whether a newer connection of a peer may take the place of one that is here. */
  mayComeAgain(peerId: PeerId): boolean {
    return this.#replacements.mayComeAgain(peerId, this.source(peerId));
  }

  /** Everybody who may see our shares, and whose shares we see: whom to ask for content. */
  all(): PeerSession[] {
    return [...this.#seats.values()].map(({ session }) => session).filter((session) => session.isOpen && this.#isLetIn(session));
  }

  /** Whether a peer may be given what we hold of somebody else's share. */
  mayPassOn(peerId: PeerId, owner: PeerId, shareId: ShareId): boolean {
    const seat = this.#seats.get(peerId);
    return seat?.session.isOpen === true && this.#isLetIn(seat.session) && mayHave(seat, owner, shareId);
  }

  /** Whether a peer may see and take a share of ours, now. */
  mayShare(peerId: PeerId, shareId: ShareId): boolean {
    const seat = this.#seats.get(peerId);
    return seat !== undefined && this.#viewers.maySee(seat.session, shareId);
  }

  /** In which parties others may learn from us that a share's content is here, asked for many in this turn; undefined: in all. */
  partiesOf(): (owner: PeerId, shareId: ShareId) => readonly PartyId[] | undefined {
    const held = this.#handing.held();
    return (owner, shareId) => {
      if (owner !== this.#options.peerId) return held.partiesOf(owner, shareId);
      const { everyone, partyIds } = this.#options.shares.audience(shareId);
      return everyone ? undefined : partyIds;
    };
  }

  /** Whether a peer is here that is neither in a common party nor added by key. */
  isStranger(peerId: PeerId): boolean {
    const session = this.#seats.get(peerId)?.session;
    return session !== undefined && !this.#isLetIn(session);
  }

  /** After own shares, removals of them, or who may see them changed: everybody who may know is told, and who may not any more loses them. */
  announceShares(): void {
    this.#own.refresh();
    for (const seat of [...this.#seats.values()]) {
      // To name a peer lets it in; and out, when it was nothing else.
      const wasLetIn = seat.told !== undefined;
      if (wasLetIn === this.#isLetIn(seat.session)) this.#share(seat);
      else this.#updated(seat.session);
    }
  }

  /** After what we hold of others changed: everybody who may have it is told. */
  passOn(): void {
    const held = this.#handing.held();
    for (const seat of [...this.#seats.values()]) this.#handing.pass(seat, held);
    this.#options.onAudience?.();
  }

  /** After a party was joined or left, or the nickname changed. A session without a common party any more ends. */
  introduceAgain(): void {
    const held = this.#handing.held();
    for (const seat of [...this.#seats.values()]) {
      seat.session.updateHello();
      this.#updated(seat.session, held);
    }
  }

  /** After a stranger was accepted. */
  accepted(peerId: PeerId): void {
    const session = this.#seats.get(peerId)?.session;
    session?.updateHello();
    if (session) this.#updated(session);
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
    if (!this.#replacements.mayOpen(session, earlier?.session)) return;
    const seat = new Seat(session, connection);
    this.#seats.set(session.peerId, seat);
    earlier?.session.close('a newer connection of the same peer took its place');
    if (!this.#mayStay(seat)) return;
    this.#options.log.info(
      `${session.peerId} is here (${session.hello.agent}), ${session.hello.partyIds.length} parties in common`,
    );
    this.#met.add(session);
    this.#tellMeeting('opened', session);
    if (!session.isOpen) return;
    // A first hello says no name to who has not proven anything yet.
    this.#online(seat, session.hello.nickname || undefined);
    this.#own.refresh();
    this.#share(seat);
    this.#options.onOnline(session.peerId);
    this.#handing.pass(seat);
    this.#link(seat);
  }

  #closed(session: PeerSession, reason: string): void {
    this.#options.catalog.sessionClosed(session);
    if (this.#linked.delete(session)) this.#options.links?.closed(session);
    if (this.#met.delete(session)) this.#tellMeeting('closed', session);
    if (this.#seats.get(session.peerId)?.session !== session) return; // Never opened, or replaced.
    clearTimeout(this.#seats.get(session.peerId)?.wait);
    this.#seats.delete(session.peerId);
    this.#options.log.info(`${session.peerId} is gone: ${reason}`);
    this.#options.peers.wentOffline(session.peerId);
  }

  #updated(session: PeerSession, held?: Parameters<Handing['pass']>[1]): void {
    const seat = this.#seatOf(session);
    if (!seat) return;
    this.#tellMeeting('updated', session);
    if (!session.isOpen) return;
    if (seat.told !== undefined && !this.#isLetIn(session)) return session.close('no party in common any more');
    if (!this.#mayStay(seat)) return;
    this.#online(seat, session.hello.nickname);
    this.#own.refresh();
    this.#share(seat);
    this.#handing.pass(seat, held);
    if (!session.isOpen || !this.#isLetIn(session)) return;
    this.#link(seat);
    this.#options.catalog.introduced(session);
    const shares = seat.takeShares();
    if (shares) this.#options.catalog.announced(session, shares);
    const removals = seat.takeRemovals();
    if (removals.length > 0) this.#options.catalog.removed(session, session.peerId, removals);
    for (const owner of seat.passedOwners) this.#handing.take(seat, owner);
  }

  /** Ends a session with somebody who has nothing to do with us. Who waits for something may stay: for a while, and few at once. */
  #mayStay(seat: Seat): boolean {
    const { session } = seat;
    clearTimeout(seat.wait);
    if (this.#isLetIn(session)) return true;
    const waitMs = this.#viewers.waitMs(session);
    if (waitMs === undefined) {
      session.close('no party in common');
      return false;
    }
    if (waitMs !== Infinity) seat.wait = setTimeout(() => session.close('no party in common after a while'), waitMs).unref();
    const strangers = [...this.#seats.values()].filter(({ session: each }) => !this.#isLetIn(each));
    // The oldest has been noted by now, if it is somebody. Whom we wait for is not put out by who comes.
    if (strangers.length > admissionLimits.strangers) {
      const oldest = strangers.find((each) => !this.#viewers.isAwaited(each.session)) ?? seat;
      oldest.session.close('too many strangers are waiting');
    }
    return session.isOpen;
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
    if (!links || !session.isOpen || !this.#isLetIn(session) || this.#linked.has(session)) return;
    this.#linked.add(session);
    links.opened(session);
    const offer = seat.takeOffer();
    if (offer) links.offered(session, offer);
  }

  #announced(session: PeerSession, list: AnnouncedShare[]): void {
    if (this.#isLetIn(session)) this.#options.catalog.announced(session, list);
    else this.#seatOf(session)?.holdShares(list);
  }

  #removed(session: PeerSession, owner: PeerId, removals: ShareRemoval[]): void {
    if (this.#isLetIn(session)) this.#options.catalog.removed(session, owner, removals);
    else this.#seatOf(session)?.holdRemovals(removals);
  }

  #online(seat: Seat, nickname?: string): void {
    this.#options.peers.cameOnline(seat.session.peerId, seat.online, nickname);
  }

  #isLetIn(session: PeerSession): boolean {
    return this.#viewers.isLetIn(session);
  }

  #seatOf(session: PeerSession): Seat | undefined {
    const seat = this.#seats.get(session.peerId);
    return seat?.session === session ? seat : undefined;
  }

  #share(seat: Seat): void {
    const { session } = seat;
    if (!session.isOpen || !this.#isLetIn(session)) return;
    const viewer = this.#viewers.viewer(session);
    const told = [this.#own.version, viewer.isAddedByKey, ...viewer.partyIds].join();
    if (seat.told === told) return;
    seat.told = told;
    const maySee = this.#viewers.seenBy(session);
    const kept = seat.feeds.splice(0).filter((feed) => {
      if (maySee(feed.shareId)) return true;
      feed.withdraw();
      return false;
    });
    seat.feeds.push(...kept);
    session.announce(this.#own.list(maySee));
    session.announceRemovals(this.#own.removals(viewer, maySee));
    this.#options.onAudience?.();
  }

  #wantsFeed(session: PeerSession, discoveryKey: Uint8Array): void {
    const seat = this.#seatOf(session);
    if (!seat || !this.#isLetIn(session)) return;
    const own = this.#own.feed(discoveryKey);
    const feed = own && this.#options.shares.feed(own.shareId, own.kind);
    if (own && feed) {
      if (this.#viewers.maySee(session, own.shareId)) this.#giveFeed(seat, own.shareId, feed);
    } else seat.lookUps = seat.lookUps.then(() => this.#handing.giveFeed(seat, discoveryKey));
  }

  #giveFeed(seat: Seat, shareId: ShareId, feed: ReplicableCore): void {
    seat.session.replicate({
      replicate: (muxer) => {
        feed.replicate(muxer);
        seat.feeds.push({ shareId, withdraw: () => withdrawFeed(feed, muxer) });
      },
    });
  }

  async #search(peerId: PeerId, request: RemoteSearchRequest, options: { signal: AbortSignal }): Promise<RemoteSearchHit[]> {
    const seat = this.#seats.get(peerId);
    if (seat?.told === undefined || !this.#isLetIn(seat.session))
      throw new AppError('permission-denied', 'A peer that may see nothing searched our shares.');
    // Only these are looked into: what is left out of many hits afterwards would show in what is found, and when.
    const maySee = this.#viewers.seenBy(seat.session);
    const shareIds = this.#own.shareIds.filter((shareId) => isAsked(shareId, request) && maySee(shareId));
    if (shareIds.length === 0) return [];
    const isAll = request.shareIds.length === 0 && shareIds.length === this.#own.shareIds.length;
    const asked = isAll ? request : { ...request, shareIds };
    const hits = await this.#options.searchServer.search(peerId, asked, options);
    return hits.filter(({ shareId }) => shareIds.includes(shareId) && this.mayShare(peerId, shareId));
  }
}

function isAsked(shareId: ShareId, { shareIds }: RemoteSearchRequest): boolean {
  return shareIds.length === 0 || shareIds.includes(shareId);
}
