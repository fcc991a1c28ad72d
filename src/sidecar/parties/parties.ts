// The parties this peer belongs to: joined by name, remembered, rejoined at start. Names never leave this machine; the topic
// and the proofs that do are made in network/partyProof.ts.

import { AppError } from '../../protocol/errors.ts';
import type { PartyId } from '../../protocol/ids.ts';
import type { PartyInfo } from '../../protocol/model.ts';
import z32 from 'z32';
import { localLimits, wireLimits } from '../limits.ts';
import { contentTopicOf, proofOf, randomPartyName, topicOf } from '../network/partyProof.ts';
import type { Database } from '../storage/database.ts';

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
}

export class Parties {
  readonly #database: Database;
  readonly #topics: Topics;
  readonly #onlineIn: (partyId: PartyId) => number;

  constructor(options: { database: Database; topics: Topics; onlineIn(partyId: PartyId): number }) {
    this.#database = options.database;
    this.#topics = options.topics;
    this.#onlineIn = (partyId) => options.onlineIn(partyId);
  }

  /** Joins every remembered party again. */
  open(): void {
    for (const { name } of this.#rows()) this.#topics.joinTopic(topicOf(name));
  }

  list(): PartyInfo[] {
    return this.#rows().map((row) => this.#info(row));
  }

  get count(): number {
    return this.#rows().length;
  }

  /** Joins and remembers a party; joining again answers the same. Throws `invalid-argument` or `too-large`. */
  join(givenName: string): PartyInfo {
    const name = givenName.normalize('NFC').trim();
    if (name === '' || [...name].length > wireLimits.textCharacters) {
      throw new AppError(
        'invalid-argument',
        `A party's name has 1 to ${wireLimits.textCharacters} characters. Choose another one.`,
      );
    }
    const topic = topicOf(name);
    const partyId = z32.encode(topic) as PartyId;
    const known = this.#row(partyId);
    if (known) return this.#info(known);
    if (this.count >= localLimits.parties) {
      throw new AppError('too-large', `You are in ${localLimits.parties} parties, which is the most. Leave one first.`);
    }
    const row: PartyRow = { partyId, name, joinedAtMs: Date.now() };
    this.#database.run('INSERT INTO party (partyId, name, joinedAtMs) VALUES (:partyId, :name, :joinedAtMs)', { ...row });
    this.#topics.joinTopic(topic);
    return this.#info(row);
  }

  /** A party with a random 128-bit name. */
  create(): PartyInfo {
    return this.join(randomPartyName());
  }

  async leave(partyId: PartyId): Promise<void> {
    const row = this.#row(partyId);
    if (!row) throw new AppError('not-found', 'You are not in that party. See the list of parties.');
    this.#database.run('DELETE FROM party WHERE partyId = :partyId', { partyId });
    await this.#topics.leaveTopic(topicOf(row.name));
  }

  /** What to say to prove every party name that is known here: see LocalHello. */
  proofs(handshakeHash: Uint8Array, proverKey: Uint8Array): { partyId: PartyId; proof: Uint8Array }[] {
    return this.#rows().map(({ partyId, name }) => ({ partyId, proof: proofOf(name, handshakeHash, proverKey) }));
  }

  /** The topics under which members find holders of a content, one for each party; of these parties only, if any are given. */
  contentTopics(root: Uint8Array, partyIds?: readonly PartyId[]): Uint8Array[] {
    return this.#rows()
      .filter(({ partyId }) => partyIds?.includes(partyId) ?? true)
      .map(({ name }) => contentTopicOf(name, root));
  }

  #rows(): PartyRow[] {
    return this.#database.all<PartyRow>('SELECT partyId, name, joinedAtMs FROM party ORDER BY joinedAtMs, name');
  }

  #row(partyId: PartyId): PartyRow | undefined {
    return this.#database.get<PartyRow>('SELECT partyId, name, joinedAtMs FROM party WHERE partyId = :partyId', { partyId });
  }

  #info(row: PartyRow): PartyInfo {
    return { ...row, state: this.#topics.topicState(topicOf(row.name)), peersOnline: this.#onlineIn(row.partyId) };
  }
}
