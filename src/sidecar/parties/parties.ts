// The parties this peer belongs to: joined by name, remembered, rejoined at start; and with whom each is in common. Names never leave this
// machine by themselves; the topic and the proofs that do are made in network/partyProof.ts.

import { AppError } from '../../protocol/errors.ts';
import type { PartyId, PeerId } from '../../protocol/ids.ts';
import type { PartyInfo } from '../../protocol/model.ts';
import z32 from 'z32';
import { localLimits } from '../limits.ts';
import { contentTopicOf, proofOf, topicOf } from '../network/partyProof.ts';
import type { Database } from '../storage/database.ts';
import { protocolViolation } from '../wire/errors.ts';
import type { Signed } from '../wire/meetingMessages.ts';
import { isAmbiguous, labelForNew, labelTellsName, tellsName } from './labels.ts';
import { checkedName, founderOf, isWeak, newClosedName, newOpenName } from './partyName.ts';
import type { Roster } from './roster.ts';
import { type ClosedParty, Rosters } from './rosters.ts';

/** What parties need of the network. */
export interface Topics {
  joinTopic(topic: Uint8Array): void;
  leaveTopic(topic: Uint8Array): Promise<void>;
  topicState(topic: Uint8Array): PartyInfo['state'];
}

interface PartyRow {
  partyId: PartyId;
  name: string;
  joinedAtMs: number;
  /** '' for none. */
  label: string;
}

export interface PartiesOptions {
  database: Database;
  /** Whose parties these are: a closed one lists it, or it founded it. */
  own: { peerId: PeerId; secretKey: Uint8Array };
  topics: Topics;
  onlineIn(partyId: PartyId): number;
  /** Text as one safe line. */
  safeLine(text: string): string;
  /** A closed party has another list, from here or from elsewhere: who is a member may be another one. */
  onRoster?(partyId: PartyId): void;
}

export class Parties {
  readonly #options: PartiesOptions;
  readonly #database: Database;
  readonly #rosters: Rosters;

  constructor(options: PartiesOptions) {
    this.#options = options;
    this.#database = options.database;
    this.#rosters = new Rosters(options);
  }

  /** Joins every remembered party again. */
  open(): void {
    for (const { name } of this.#rows()) this.#options.topics.joinTopic(topicOf(name));
  }

  list(): PartyInfo[] {
    const rows = this.#rows();
    return rows.map((row) => this.#info(row, rows));
  }

  /** Undefined when we are not in it. */
  get(partyId: PartyId): PartyInfo | undefined {
    const row = this.#row(partyId);
    return row && this.#info(row);
  }

  has(partyId: PartyId): boolean {
    return this.#row(partyId) !== undefined;
  }

  get count(): number {
    return this.#rows().length;
  }

  /**
   * Joins and remembers a party; joining again answers the same. `label`: what to call it, for one that is new here and whose name says
   * nothing. Throws `invalid-argument` or `too-large`.
   */
  join(givenName: string, how: { label?: string } = {}): PartyInfo {
    const name = checkedName(givenName);
    const topic = topicOf(name);
    const partyId = z32.encode(topic) as PartyId;
    const known = this.#row(partyId);
    if (known) return this.#info(known);
    if (this.count >= localLimits.parties) {
      throw new AppError('too-large', `You are in ${localLimits.parties} parties, which is the most. Leave one first.`);
    }
    const label = labelForNew(this.#options.safeLine(how.label ?? ''), name);
    const row: PartyRow = { partyId, name, joinedAtMs: Date.now(), label };
    this.#database.run('INSERT INTO party (partyId, name, joinedAtMs, label) VALUES (:partyId, :name, :joinedAtMs, :label)', {
      ...row,
    });
    this.#options.topics.joinTopic(topic);
    return this.#info(row);
  }

  /** A party with a random 128-bit name; a closed one begins with ourselves alone. */
  create({ isClosed = false, label = '' }: { isClosed?: boolean; label?: string } = {}): PartyInfo {
    return this.join(isClosed ? newClosedName(this.#options.own.peerId) : newOpenName(), { label });
  }

  /** What it is called here; '' for its name. Throws `not-found`, or `invalid-argument` when it gives a secret name away. */
  setLabel(partyId: PartyId, text: string): PartyInfo {
    const row = this.#row(partyId);
    if (!row) throw notJoined();
    const label = this.#options.safeLine(text);
    if (!isWeak(row.name) && tellsName(label, row.name)) throw labelTellsName();
    this.#database.run('UPDATE party SET label = :label WHERE partyId = :partyId', { partyId, label });
    return this.#info({ ...row, label });
  }

  async leave(partyId: PartyId): Promise<void> {
    const row = this.#row(partyId);
    if (!row) throw notJoined();
    this.#database.transaction(() => {
      this.#database.run('DELETE FROM party WHERE partyId = :partyId', { partyId });
      this.#database.run('DELETE FROM partyMember WHERE partyId = :partyId', { partyId });
    });
    await this.#options.topics.leaveTopic(topicOf(row.name));
  }

  /** Puts a key on the list of a closed party that we founded. Throws `not-found`, `invalid-argument`, `permission-denied`, `too-large`. */
  admit(partyId: PartyId, peerId: PeerId): PartyInfo {
    return this.#changeList(partyId, (members) => members.add(peerId));
  }

  /** Takes a key off the list: it loses the party wherever the new list arrives. Throws as `admit`. */
  expel(partyId: PartyId, peerId: PeerId): PartyInfo {
    if (peerId === this.#options.own.peerId) {
      throw new AppError('invalid-argument', 'Who founded a party stays its member. Leave it, if you do not want to be in it.');
    }
    return this.#changeList(partyId, (members) => members.delete(peerId));
  }

  /**
   * Whether a party is in common with a peer that proved its name on a connection: an open one is; a closed one when its newest list has both us and
   * the peer on it. The one rule for it.
   */
  mayShareIn(partyId: PartyId, peerId: PeerId): boolean {
    const row = this.#row(partyId);
    if (!row) return false;
    const closed = closedOf(row);
    const { own } = this.#options;
    return !closed || (this.#rosters.isMember(closed, own.peerId) && this.#rosters.isMember(closed, peerId));
  }

  /** Of the parties that a peer proved, is one closed? Then a newer list, which it may show within meetingLimits.rosterMs, can make it common. */
  mayBecomeCommon(provenIds: readonly PartyId[]): boolean {
    return provenIds.some((partyId) => this.isClosed(partyId));
  }

  isClosed(partyId: PartyId): boolean {
    const row = this.#row(partyId);
    return row !== undefined && closedOf(row) !== undefined;
  }

  /** On the list of a closed party; undefined for open ones and those that we are not in. */
  isListed(partyId: PartyId, peerId: PeerId): boolean | undefined {
    const row = this.#row(partyId);
    const closed = row && closedOf(row);
    return closed && this.#rosters.isMember(closed, peerId);
  }

  /** The newest list of a closed party that we are in, when there is one. */
  roster(partyId: PartyId): Roster | undefined {
    const row = this.#row(partyId);
    const closed = row && closedOf(row);
    return closed && this.#rosters.newest(closed);
  }

  /** Takes a list that a peer showed: newer ones count, others and those of parties that we are not in are ignored. Throws AppError `protocol` for forged ones. */
  takeRoster(partyId: PartyId, signed: Signed): void {
    const row = this.#row(partyId);
    if (!row) return;
    const closed = closedOf(row);
    if (!closed) throw protocolViolation('it shows a list of members of an open party');
    if (this.#rosters.take(closed, signed)) this.#options.onRoster?.(partyId);
  }

  /** What to say to prove every party name that is known here: see LocalHello. */
  proofs(handshakeHash: Uint8Array, proverKey: Uint8Array): { partyId: PartyId; proof: Uint8Array }[] {
    return this.#rows().map(({ partyId, name }) => ({ partyId, proof: proofOf(name, handshakeHash, proverKey) }));
  }

  #changeList(partyId: PartyId, change: (members: Set<PeerId>) => void): PartyInfo {
    const row = this.#row(partyId);
    if (!row) throw notJoined();
    const closed = closedOf(row);
    if (!closed) {
      throw new AppError(
        'invalid-argument',
        'That party is open: whoever knows its name is a member. Create a closed one for a list.',
      );
    }
    const before = this.#rosters.newest(closed);
    if (this.#rosters.change(closed, change) !== before) this.#options.onRoster?.(partyId);
    return this.#info(row);
  }

  /** The topics under which members find holders of a content, one for each party; of these parties only, if any are given. */
  contentTopics(root: Uint8Array, partyIds?: readonly PartyId[]): Uint8Array[] {
    return this.#rows()
      .filter(({ partyId }) => partyIds?.includes(partyId) ?? true)
      .map(({ name }) => contentTopicOf(name, root));
  }

  #rows(): PartyRow[] {
    return this.#database.all<PartyRow>('SELECT partyId, name, joinedAtMs, label FROM party ORDER BY joinedAtMs, name');
  }

  #row(partyId: PartyId): PartyRow | undefined {
    return this.#database.get<PartyRow>('SELECT partyId, name, joinedAtMs, label FROM party WHERE partyId = :partyId', {
      partyId,
    });
  }

  #info(row: PartyRow, rows?: PartyRow[]): PartyInfo {
    const closed = closedOf(row);
    const { partyId, name, joinedAtMs, label } = row;
    return {
      ...{ partyId, name, joinedAtMs },
      ...(label !== '' && { label }),
      ...(label !== '' && isAmbiguous(row, rows ?? this.#rows()) && { isAmbiguous: true }),
      state: this.#options.topics.topicState(topicOf(row.name)),
      peersOnline: this.#options.onlineIn(row.partyId),
      isPublic: isWeak(row.name),
      ...(closed && { closed: this.#closedInfo(closed) }),
    };
  }

  #closedInfo(party: ClosedParty): NonNullable<PartyInfo['closed']> {
    const { peerId } = this.#options.own;
    const { founder } = party;
    const list = this.#rosters.newest(party);
    return {
      founder,
      isFounder: founder === peerId,
      isMember: this.#rosters.isMember(party, peerId),
      revision: list?.revision ?? 0,
      members: [founder, ...(list?.members ?? [])],
    };
  }
}

function closedOf({ partyId, name }: PartyRow): ClosedParty | undefined {
  const founder = founderOf(name);
  return founder && { partyId, founder };
}

function notJoined(): AppError {
  return new AppError('not-found', 'You are not in that party. See the list of parties.');
}
