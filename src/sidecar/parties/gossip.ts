// Members tell each other of members they are connected to, so that a friend's friends of the same party are found without the DHT. Told are only
// records that their subject gave us itself, on a session that proved the party; those heard from others go no further. Switched off, nothing is told and nothing
// that is told is used. Knows no network: whom to reach for is handed up.

import type { PartyId, PeerId } from '../../protocol/ids.ts';
import { meetingLimits } from '../limits.ts';
import type { MembersMessage } from '../wire/meetingMessages.ts';
import type { PeerSession } from '../wire/services.ts';
import { Budget } from '../wire/updatePace.ts';
import { isCurrent, type MemberRecord, readMember, signMember } from './memberRecord.ts';
import type { Parties } from './parties.ts';
import { type HeardMember, PartyHearsay } from './partyHearsay.ts';

export interface GossipOptions {
  own: { peerId: PeerId; secretKey: Uint8Array };
  parties: Pick<Parties, 'mayShareIn'>;
  isOn(): boolean;
  nickname(): string;
  /** Where we take connections now, `host:port`; may be none. */
  addresses(): string[];
  isConnected(peerId: PeerId): boolean;
  /** Blocked, or to stay away. */
  isRefused(peerId: PeerId): boolean;
  /** Tries to connect to somebody of whom we heard, when there is room; asked again every now and then. */
  reach(peerId: PeerId, addresses: string[]): void;
  /** Who is known of a party is not the same any more. */
  onChange(): void;
  /** For tests. */
  now?(): number;
}

interface Seat {
  session: PeerSession;
  /** Its own words, by party: what others are told of it. */
  records: Map<PartyId, MemberRecord>;
  /** What it was told: of whom, in which party, from when. */
  told: Map<string, number>;
  /** It is told at most every memberRecordsMs. */
  nextAtMs: number;
  timer: NodeJS.Timeout | undefined;
  checks: Budget;
}

export class Gossip {
  readonly hearsay = new PartyHearsay();
  readonly #options: GossipOptions;
  readonly #seats = new Map<PeerSession, Seat>();
  readonly #own = new Map<PartyId, MemberRecord>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: GossipOptions) {
    this.#options = options;
  }

  open(): void {
    this.#timer ??= setInterval(() => this.look(), meetingLimits.hearsayLookMs).unref();
  }

  close(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    for (const session of [...this.#seats.keys()]) this.closed(session);
  }

  opened(session: PeerSession): void {
    const { memberChecksBurst: burst, memberChecksPerSecond: perSecond } = meetingLimits;
    const checks = new Budget({ burst, perSecond });
    const seat: Seat = { session, records: new Map(), told: new Map(), nextAtMs: 0, timer: undefined, checks };
    this.#seats.set(session, seat);
    this.hearsay.drop(session.peerId);
    this.#tellSoon(seat);
  }

  updated(session: PeerSession): void {
    const seat = this.#seats.get(session);
    if (!seat) return;
    for (const partyId of seat.records.keys()) if (!session.hello.partyIds.includes(partyId)) seat.records.delete(partyId);
    seat.nextAtMs = Math.max(seat.nextAtMs, this.#nowMs + meetingLimits.helloUnderwayMs);
    this.#tellSoon(seat);
  }

  /** Its own words stay good: it is tried again like one of whom others told. */
  closed(session: PeerSession): void {
    const seat = this.#seats.get(session);
    if (!seat) return;
    clearTimeout(seat.timer);
    this.#seats.delete(session);
    if (!this.#options.isOn()) return;
    const heardAtMs = this.#nowMs;
    for (const record of seat.records.values()) this.hearsay.take({ record, from: session.peerId, heardAtMs });
  }

  /** The setting, our nickname or our addresses changed. */
  changed(): void {
    if (!this.#options.isOn()) this.hearsay.clear();
    for (const seat of this.#seats.values()) this.#tellSoon(seat);
  }

  /** Forgets what is past, reaches for who is not here, and renews our own words. */
  look(): void {
    const now = this.#nowMs;
    this.hearsay.keep(({ record, heardAtMs }) => isCurrent(record, now) && now - heardAtMs < meetingLimits.memberRecordMs);
    for (const heard of this.hearsay.all()) this.#reach(heard);
    for (const seat of this.#seats.values()) this.#tellSoon(seat);
  }

  /** What a peer tells. Throws AppError `protocol` for a record that its subject did not sign: who tells it should have looked. */
  members(session: PeerSession, { partyId, records }: MembersMessage): void {
    const seat = this.#seats.get(session);
    if (!seat || !this.#options.isOn() || !session.hello.partyIds.includes(partyId)) return;
    let isNews = false;
    for (const { peerId, signed } of records) {
      const isOwnWord = peerId === session.peerId;
      const known = isOwnWord ? seat.records.get(partyId) : this.hearsay.get(partyId, peerId)?.record;
      if (known && Buffer.compare(known.signed.body, signed.body) === 0) continue;
      if (!isOwnWord && !this.#isWorthKnowing(partyId, peerId)) continue;
      if (!seat.checks.take()) break;
      const record = readMember(signed, { partyId, peerId });
      if (!isCurrent(record, this.#nowMs) || (known && record.createdAtMs <= known.createdAtMs)) continue;
      isNews = true;
      if (isOwnWord) seat.records.set(partyId, record);
      else this.#heard({ record, from: session.peerId, heardAtMs: this.#nowMs });
      if (isOwnWord) for (const other of this.#seats.values()) if (other !== seat) this.#tellSoon(other);
    }
    if (isNews) this.#options.onChange();
  }

  #isWorthKnowing(partyId: PartyId, peerId: PeerId): boolean {
    const options = this.#options;
    if (peerId === options.own.peerId || options.isConnected(peerId) || options.isRefused(peerId)) return false;
    return options.parties.mayShareIn(partyId, peerId);
  }

  #heard(heard: HeardMember): void {
    this.hearsay.take(heard);
    this.#reach(heard);
  }

  #reach({ record: { partyId, peerId, addresses } }: HeardMember): void {
    if (this.#isWorthKnowing(partyId, peerId)) this.#options.reach(peerId, addresses);
  }

  #tellSoon(seat: Seat): void {
    if (!this.#options.isOn()) return;
    const waitMs = seat.nextAtMs - this.#nowMs;
    if (waitMs <= 0) {
      clearTimeout(seat.timer);
      seat.timer = undefined;
      this.#tell(seat);
      return;
    }
    seat.timer ??= setTimeout(() => {
      seat.timer = undefined;
      this.#tellSoon(seat);
    }, waitMs).unref();
  }

  #tell(seat: Seat): void {
    const { session } = seat;
    if (!session.isOpen || !session.understands('members')) return;
    let messages = 0;
    let isMore = false;
    const stays = new Set<string>();
    for (const partyId of session.hello.partyIds) {
      const records = this.#toldIn(partyId, session.peerId);
      for (const record of records) stays.add(subjectKey(record));
      const news = records.filter((record) => seat.told.get(subjectKey(record)) !== record.createdAtMs);
      isMore ||= news.length > meetingLimits.memberRecords || (news.length > 0 && messages >= meetingLimits.memberMessages);
      if (news.length === 0 || messages >= meetingLimits.memberMessages) continue;
      messages++;
      const told = news.slice(0, meetingLimits.memberRecords);
      for (const record of told) seat.told.set(subjectKey(record), record.createdAtMs);
      session.meet({ type: 'members', partyId, records: told.map(({ peerId, signed }) => ({ peerId, signed })) });
    }
    for (const key of seat.told.keys()) if (!stays.has(key)) seat.told.delete(key);
    if (messages === 0) return;
    seat.nextAtMs = this.#nowMs + meetingLimits.memberRecordsMs;
    if (isMore) this.#tellSoon(seat);
  }

  /** Ourselves first, then who is here and said so itself. */
  #toldIn(partyId: PartyId, receiver: PeerId): MemberRecord[] {
    const records = [this.#ownRecord(partyId)];
    for (const { session, records: own } of this.#seats.values()) {
      const record = own.get(partyId);
      const isHere = session.isOpen && session.peerId !== receiver && session.hello.partyIds.includes(partyId);
      if (record && isHere && isCurrent(record, this.#nowMs)) records.push(record);
    }
    return records;
  }

  /** Made anew when it says something else, or is half way through its life. */
  #ownRecord(partyId: PartyId): MemberRecord {
    const options = this.#options;
    const [nickname, addresses] = [options.nickname(), options.addresses()];
    const now = this.#nowMs;
    const known = this.#own.get(partyId);
    const lifeMs = meetingLimits.memberRecordMs;
    // Newest first counts: a clock that was put back must not make it older.
    const createdAtMs = Math.max(now, (known?.createdAtMs ?? 0) + 1);
    const isGood = known !== undefined && now < known.createdAtMs + lifeMs / 2;
    if (isGood && known.nickname === nickname && known.addresses.join() === addresses.join()) return known;
    const signed = signMember({ partyId, createdAtMs, expiresAtMs: createdAtMs + lifeMs, nickname, addresses }, options.own);
    // With what was to be said, not what of it fitted: compared above.
    const record = { ...signed, nickname, addresses };
    this.#own.set(partyId, record);
    return record;
  }

  get #nowMs(): number {
    return this.#options.now?.() ?? Date.now();
  }
}

function subjectKey({ partyId, peerId }: MemberRecord): string {
  return `${partyId}/${peerId}`;
}
