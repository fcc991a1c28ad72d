// Lists of closed parties on their way: both sides of a session tell each other the newest list of every closed party whose name both proved, also
// when the other is not on it, so that it learns that it is out. Nobody else is told. What a list means is known in parties.ts.

import type { PartyId } from '../../protocol/ids.ts';
import { meetingLimits } from '../limits.ts';
import type { RosterMessage } from '../wire/meetingMessages.ts';
import type { PeerSession } from '../wire/services.ts';
import { Budget } from '../wire/updatePace.ts';
import type { Parties } from './parties.ts';
import { hashOf } from './roster.ts';

interface Seat {
  /** By party, the hash of the list that it has for certain: told by us, or shown to us. */
  told: Map<PartyId, string>;
  budget: Budget;
  timer: NodeJS.Timeout | undefined;
}

export class RosterExchange {
  readonly #parties: Pick<Parties, 'roster' | 'takeRoster'>;
  readonly #seats = new Map<PeerSession, Seat>();

  constructor(parties: Pick<Parties, 'roster' | 'takeRoster'>) {
    this.#parties = parties;
  }

  opened(session: PeerSession): void {
    const { rosterMessagesBurst: burst, rosterMessagesPerSecond: perSecond } = meetingLimits;
    this.#seats.set(session, { told: new Map(), budget: new Budget({ burst, perSecond }), timer: undefined });
    this.updated(session);
  }

  updated(session: PeerSession): void {
    const seat = this.#seats.get(session);
    if (seat) this.#tell(session, seat);
  }

  closed(session: PeerSession): void {
    clearTimeout(this.#seats.get(session)?.timer);
    this.#seats.delete(session);
  }

  /** A party has another list: everybody who may know it is told. */
  changed(): void {
    for (const [session, seat] of this.#seats) this.#tell(session, seat);
  }

  /**
   * A list that was shown. Its signature alone decides: who shows it need not have proven the party yet, for the hello that does may come after it.
   * Throws AppError `protocol` for forged ones.
   */
  roster(session: PeerSession, { partyId, signed }: RosterMessage): void {
    // Before it is taken: it is not told back to who showed it. Of parties that it did not prove nothing is remembered: there is no end of them.
    if (session.hello.provenIds.includes(partyId)) this.#seats.get(session)?.told.set(partyId, hashOf(signed.body));
    this.#parties.takeRoster(partyId, signed);
    // It showed an older one than ours.
    this.updated(session);
  }

  #tell(session: PeerSession, seat: Seat): void {
    if (!session.isOpen || !session.understands('rosters')) return;
    const proven = session.hello.provenIds;
    for (const partyId of seat.told.keys()) if (!proven.includes(partyId)) seat.told.delete(partyId);
    for (const partyId of proven) {
      const roster = this.#parties.roster(partyId);
      if (!roster || seat.told.get(partyId) === roster.hash) continue;
      if (!seat.budget.take()) {
        this.#tellLater(session, seat);
        return;
      }
      seat.told.set(partyId, roster.hash);
      session.meet({ type: 'roster', partyId, signed: roster.signed });
    }
  }

  /** Only the newest is ever told: a list that changes all the time costs no more than its pace. */
  #tellLater(session: PeerSession, seat: Seat): void {
    seat.timer ??= setTimeout(() => {
      seat.timer = undefined;
      this.#tell(session, seat);
    }, 1000 / meetingLimits.rosterMessagesPerSecond);
  }
}
