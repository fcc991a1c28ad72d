// The newest list of each closed party, kept over restarts, and over leaving: an older one, shown by somebody who was expelled since, never
// takes its place. Knows who signs and not who is connected.

import { AppError } from '../../protocol/errors.ts';
import type { PartyId, PeerId } from '../../protocol/ids.ts';
import { localLimits, meetingLimits } from '../limits.ts';
import type { Database } from '../storage/database.ts';
import type { Signed } from '../wire/meetingMessages.ts';
import { isNewer, readRoster, type Roster, signRoster } from './roster.ts';

export interface ClosedParty {
  partyId: PartyId;
  founder: PeerId;
}

export class Rosters {
  readonly #database: Database;
  readonly #own: { peerId: PeerId; secretKey: Uint8Array };
  /** As stored; undefined where there is none. */
  readonly #newest = new Map<PartyId, Roster | undefined>();

  constructor(options: { database: Database; own: { peerId: PeerId; secretKey: Uint8Array } }) {
    this.#database = options.database;
    this.#own = options.own;
  }

  newest(party: ClosedParty): Roster | undefined {
    const { partyId } = party;
    if (this.#newest.has(partyId)) return this.#newest.get(partyId);
    const stored = this.#database.get<Signed>('SELECT body, signature FROM roster WHERE partyId = :partyId', { partyId });
    const roster = stored && readRoster(stored, party);
    this.#newest.set(partyId, roster);
    return roster;
  }

  /** The founder is a member whatever the list says. */
  isMember(party: ClosedParty, peerId: PeerId): boolean {
    return peerId === party.founder || this.newest(party)?.members.has(peerId) === true;
  }

  /** Takes a list that somebody showed; answers whether it is newer than ours. Throws AppError `protocol` for one that the founder did not sign. */
  take(party: ClosedParty, signed: Signed): boolean {
    const known = this.newest(party);
    // Shown again and again by everybody: not worth another look at its signature.
    if (known && Buffer.compare(known.signed.body, signed.body) === 0) return false;
    const roster = readRoster(signed, party);
    if (!isNewer(roster, known)) return false;
    this.#store(roster);
    return true;
  }

  /** Makes, signs and keeps the next list. Throws `permission-denied` unless we are the founder, and `too-large`. */
  change(party: ClosedParty, change: (members: Set<PeerId>) => void): Roster {
    if (party.founder !== this.#own.peerId) {
      throw new AppError('permission-denied', 'Only who founded a closed party changes its list. Ask its founder.');
    }
    const known = this.newest(party);
    const members = new Set(known?.members);
    change(members);
    members.delete(party.founder);
    if (members.size > meetingLimits.listedMembers) {
      const most = meetingLimits.listedMembers;
      throw new AppError('too-large', `A closed party has at most ${most} members beside you. Expel somebody first.`);
    }
    if (known && members.size === known.members.size && [...members].every((member) => known.members.has(member))) return known;
    const content = { partyId: party.partyId, revision: (known?.revision ?? 0) + 1, createdAtMs: Date.now() };
    const roster = signRoster({ ...content, members: [...members] }, this.#own);
    this.#store(roster);
    return roster;
  }

  #store(roster: Roster): void {
    const { partyId, revision, signed } = roster;
    this.#database.transaction(() => {
      this.#database.run('DELETE FROM roster WHERE partyId = :partyId', { partyId });
      this.#database.run(
        'INSERT INTO roster (partyId, revision, body, signature) VALUES (:partyId, :revision, :body, :signature)',
        {
          ...{ partyId, revision },
          ...{ body: signed.body, signature: signed.signature },
        },
      );
      // Lists of parties that were left go when there are many: those that changed longest ago first.
      this.#database.run(
        `DELETE FROM roster WHERE partyId NOT IN (SELECT partyId FROM party)
         AND rowid NOT IN (SELECT rowid FROM roster ORDER BY rowid DESC LIMIT :most)`,
        { most: 2 * localLimits.parties },
      );
    });
    this.#newest.set(partyId, roster);
  }
}
