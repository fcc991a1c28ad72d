// Who is a member of which party: those who proved it to us, now or earlier, those on the list of a closed one, and those of whom members tell.
// For showing alone: what may be shared goes by what a session proved.

import type { PartyId, PeerId } from '../../protocol/ids.ts';
import type { PartyMember, PeerInfo } from '../../protocol/model.ts';
import { meetingLimits } from '../limits.ts';
import type { Database } from '../storage/database.ts';
import type { PeerSession } from '../wire/services.ts';
import type { Parties } from './parties.ts';
import type { PartyHearsay } from './partyHearsay.ts';

export interface MembersOptions {
  database: Database;
  own: { peerId: PeerId; name(): string };
  parties: Pick<Parties, 'roster' | 'isListed' | 'get'>;
  hearsay: PartyHearsay;
  /** From the book of peers. */
  person(peerId: PeerId): PeerInfo | undefined;
  /** What to call somebody who is not in the book; the nickname is untrusted. */
  nameOf(peer: { peerId: PeerId; nickname?: string }): string;
  derivedName(peerId: PeerId): string;
}

export class Members {
  readonly #options: MembersOptions;
  /** The parties in which a session's peer was noted: a hello that does not change them needs no write. */
  readonly #noted = new Map<PeerSession, string>();

  constructor(options: MembersOptions) {
    this.#options = options;
  }

  opened(session: PeerSession): void {
    this.#note(session);
  }

  updated(session: PeerSession): void {
    if (this.#noted.get(session) !== session.hello.partyIds.join()) this.#note(session);
  }

  /** When it was seen last. */
  closed(session: PeerSession): void {
    this.#note(session);
    this.#noted.delete(session);
  }

  /** Drops what is stored of a peer. */
  forget(peerId: PeerId): void {
    this.#options.database.run('DELETE FROM partyMember WHERE peerId = :peerId', { peerId });
    this.#options.hearsay.drop(peerId);
  }

  /** Ourselves first, then online ones, then by when they were seen. Empty when we are not in it. */
  list(partyId: PartyId): PartyMember[] {
    const { parties, own, hearsay, database } = this.#options;
    if (!parties.get(partyId)) return [];
    const met = new Map(
      database
        .all<{ peerId: PeerId; seenAtMs: number }>('SELECT peerId, seenAtMs FROM partyMember WHERE partyId = :partyId', {
          partyId,
        })
        .map(({ peerId, seenAtMs }) => [peerId, seenAtMs]),
    );
    const founder = parties.get(partyId)?.closed?.founder;
    const listed = [...(parties.roster(partyId)?.members ?? []), ...(founder ? [founder] : [])];
    const told = hearsay.of(partyId).map(({ record }) => record.peerId);
    const others = [...new Set([...met.keys(), ...listed, ...told])].filter((peerId) => peerId !== own.peerId);
    return [
      this.#own(partyId),
      ...others
        .map((peerId) => this.#member(partyId, peerId, met.get(peerId)))
        .sort((a, b) => Number(b.isOnline) - Number(a.isOnline) || (b.lastSeenMs ?? 0) - (a.lastSeenMs ?? 0)),
    ];
  }

  #own(partyId: PartyId): PartyMember {
    const { own } = this.#options;
    const { peerId } = own;
    const derivedName = this.#options.derivedName(peerId);
    const base = { peerId, name: own.name(), derivedName, isOwn: true, isOnline: true, isHearsay: false };
    return { ...base, ...this.#listing(partyId, peerId) };
  }

  #member(partyId: PartyId, peerId: PeerId, seenAtMs: number | undefined): PartyMember {
    const options = this.#options;
    const known = options.person(peerId);
    const told = options.hearsay.get(partyId, peerId)?.record;
    const isOnline = known?.isOnline === true && known.partyIds.includes(partyId);
    const lastSeenMs = isOnline ? known.lastSeenMs : (seenAtMs ?? (told && Math.min(told.createdAtMs, Date.now())));
    return {
      peerId,
      name: known?.name ?? options.nameOf({ peerId, ...(told && { nickname: told.nickname }) }),
      derivedName: options.derivedName(peerId),
      isOwn: false,
      isOnline,
      ...(lastSeenMs !== undefined && { lastSeenMs }),
      ...(isOnline && known.path && { path: known.path }),
      ...(isOnline && known.pathReason && { pathReason: known.pathReason }),
      ...(isOnline && known.roundTripMs !== undefined && { roundTripMs: known.roundTripMs }),
      ...this.#listing(partyId, peerId),
      isHearsay: seenAtMs === undefined && !isOnline,
    };
  }

  #listing(partyId: PartyId, peerId: PeerId): { isListed?: boolean } {
    const isListed = this.#options.parties.isListed(partyId, peerId);
    return isListed === undefined ? {} : { isListed };
  }

  #note(session: PeerSession): void {
    const { database } = this.#options;
    const { peerId, hello } = session;
    this.#noted.set(session, hello.partyIds.join());
    if (hello.partyIds.length === 0) return;
    database.transaction(() => {
      for (const partyId of hello.partyIds) this.#noteIn(partyId, peerId);
    });
  }

  #noteIn(partyId: PartyId, peerId: PeerId): void {
    const { database } = this.#options;
    const at = { partyId, peerId, now: Date.now() };
    if (database.run('UPDATE partyMember SET seenAtMs = :now WHERE partyId = :partyId AND peerId = :peerId', at) > 0) return;
    database.run('INSERT INTO partyMember (partyId, peerId, isMet, seenAtMs) VALUES (:partyId, :peerId, 1, :now)', at);
    database.run(
      `DELETE FROM partyMember WHERE partyId = :partyId AND peerId NOT IN
         (SELECT peerId FROM partyMember WHERE partyId = :partyId ORDER BY seenAtMs DESC LIMIT :most)`,
      { partyId, most: meetingLimits.rememberedMembers },
    );
  }
}
