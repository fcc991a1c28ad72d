// Who is connected and what each may see: the one place that decides a peer's audience. A share, its feed and its bytes go only
// to a session that passed `mayShare`; announcements of others are not taken into the catalog.

import type { PeerId } from '../protocol/ids.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { Log } from './log.ts';
import type { NetworkConnection } from './network/network.ts';
import type { Peers } from './peers/peers.ts';
import type { Shares } from './shares/shares.ts';
import { signAnnouncement } from './wire/announcement.ts';
import type {
  FileServer,
  LocalHello,
  PeerSession,
  SessionEvents,
  ShareAnnouncement,
  SignedAnnouncement,
} from './wire/services.ts';
import { openSession } from './wire/session.ts';

interface Seat {
  session: PeerSession;
  path: NetworkConnection['path'];
  /** Feeds already attached to this session. */
  feeds: Set<string>;
  /** What a stranger announced before it was accepted; the wire bounds its size. */
  held: Parameters<SessionEvents['announced']>[1] | undefined;
  /** What was announced last, as revisions; undefined before the first time. */
  told: string | undefined;
}

export interface SessionsOptions {
  keyPair: { publicKey: Uint8Array; secretKey: Uint8Array };
  peers: Peers;
  shares: Shares;
  catalog: Catalog;
  local: LocalHello;
  fileServer: FileServer;
  log: Log;
  /** A peer may be read from again. */
  onOnline(peerId: PeerId): void;
}

export class Sessions {
  readonly #options: SessionsOptions;
  readonly #seats = new Map<PeerId, Seat>();
  /** Signed once a revision: Ed25519 is deterministic, sending to many peers need not sign again. */
  readonly #signed = new Map<string, { revision: number; signed: SignedAnnouncement }>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  /** Starts a session on an authenticated connection. */
  connected(connection: NetworkConnection): void {
    const events: SessionEvents = {
      opened: (session) => this.#opened(session, connection.path),
      closed: (session, reason) => this.#closed(session, reason),
      updated: (session) => this.#updated(session),
      announced: (session, list) => this.#announced(session, list),
    };
    const { local, fileServer, log } = this.#options;
    openSession({ connection, local, fileServer, events, log: log.for('wire') });
  }

  /** The session to read a peer's files from, when it is here. */
  source(peerId: PeerId): PeerSession | undefined {
    const session = this.#seats.get(peerId)?.session;
    return session?.isOpen ? session : undefined;
  }

  /** Whether a peer may see and take our shares: it proved a common party, or we added its key. */
  mayShare(peerId: PeerId): boolean {
    const seat = this.#seats.get(peerId);
    return seat !== undefined && this.#isAudience(seat.session);
  }

  /** After own shares changed: everybody who may know gets the new list. */
  announceShares(): void {
    for (const seat of this.#seats.values()) this.#share(seat);
  }

  /** After a party was joined or left, or the nickname changed. A session without a common party any more ends. */
  introduceAgain(): void {
    for (const seat of [...this.#seats.values()]) {
      seat.session.updateHello();
      this.#updated(seat.session);
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

  #opened(session: PeerSession, path: NetworkConnection['path']): void {
    const earlier = this.#seats.get(session.peerId);
    const seat: Seat = { session, path, feeds: new Set(), held: undefined, told: undefined };
    this.#seats.set(session.peerId, seat);
    earlier?.session.close('a newer connection of the same peer took its place');
    this.#options.log.info(
      `${session.peerId} is here (${session.hello.agent}), ${session.hello.partyIds.length} parties in common`,
    );
    this.#online(seat);
    this.#share(seat);
    this.#options.onOnline(session.peerId);
  }

  #closed(session: PeerSession, reason: string): void {
    this.#options.catalog.sessionClosed(session);
    if (this.#seats.get(session.peerId)?.session !== session) return; // Never opened, or replaced.
    this.#seats.delete(session.peerId);
    this.#options.log.info(`${session.peerId} is gone: ${reason}`);
    this.#options.peers.wentOffline(session.peerId);
  }

  #updated(session: PeerSession): void {
    const seat = this.#seats.get(session.peerId);
    if (seat?.session !== session) return;
    if (seat.told !== undefined && !this.#isAudience(session)) {
      // Feeds stay attached to a multiplexer once they are: only ending the session takes them back.
      session.close('no party in common any more');
      return;
    }
    this.#online(seat);
    this.#share(seat);
    if (seat.held && this.#isAudience(session)) {
      const held = seat.held;
      seat.held = undefined;
      this.#options.catalog.announced(session, held);
    }
  }

  #announced(session: PeerSession, list: Parameters<SessionEvents['announced']>[1]): void {
    const seat = this.#seats.get(session.peerId);
    if (seat?.session !== session) return;
    if (this.#isAudience(session)) this.#options.catalog.announced(session, list);
    else seat.held = list;
  }

  #online(seat: Seat): void {
    const { session, path } = seat;
    const online = { partyIds: session.hello.partyIds, path, roundTripMs: () => session.roundTripMs };
    this.#options.peers.cameOnline(session.peerId, online, session.hello.nickname);
  }

  #isAudience(session: PeerSession): boolean {
    return session.hello.partyIds.length > 0 || this.#options.peers.isAddedByKey(session.peerId);
  }

  #share(seat: Seat): void {
    if (!seat.session.isOpen || !this.#isAudience(seat.session)) return;
    const announcements = this.#options.shares.announcements();
    for (const { shareId } of announcements) {
      if (seat.feeds.has(shareId)) continue;
      const feed = this.#options.shares.feed(shareId);
      if (!feed) continue;
      seat.session.replicate(feed);
      seat.feeds.add(shareId);
    }
    const told = announcements.map(({ shareId, revision }) => `${shareId} ${revision}`).join();
    if (told === seat.told) return; // A scan reports progress several times a second.
    seat.session.announce(announcements.map((announcement) => this.#sign(announcement)));
    seat.told = told;
  }

  #sign(announcement: ShareAnnouncement): SignedAnnouncement {
    const known = this.#signed.get(announcement.shareId);
    if (known?.revision === announcement.revision) return known.signed;
    const signed = signAnnouncement(announcement, this.#options.keyPair);
    this.#signed.set(announcement.shareId, { revision: announcement.revision, signed });
    return signed;
  }
}
