// Invites of ours: made, listed, revoked, and exchanged for a party's name by whoever has the token. The database decides every race: a use is
// recorded before the name is said, so that a one-shot lets one peer in, and lets that one in again when the answer was lost.

import { randomBytes } from 'node:crypto';
import { AppError } from '../../protocol/errors.ts';
import type { InviteId, PartyId, PeerId } from '../../protocol/ids.ts';
import type { InviteInfo, InviteRefusal, OwnCode, PartyInfo } from '../../protocol/model.ts';
import { admissionLimits, meetingLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { protocolViolation } from '../wire/errors.ts';
import type { RedeemMessage } from '../wire/meetingMessages.ts';
import { type Grant, inviteTokenBytes } from './code.ts';
import {
  type InviteParties,
  type InvitePeers,
  inviteIdOf,
  type InviteSession,
  isSayable,
  tokenHashOf,
  unsayableName,
} from './contracts.ts';

export interface InvitesOptions {
  database: Database;
  peerId: PeerId;
  parties: InviteParties;
  peers: Pick<InvitePeers, 'nameOf'>;
  /** A code of ours that gives this. */
  sign: (grant: Grant, dates: { createdAtMs: number; expiresAtMs: number | undefined }) => OwnCode;
  log: Log;
  onChange: () => void;
  now: () => number;
}

interface InviteRow {
  inviteId: InviteId;
  /** The text form, '' once the invite has ended. */
  code: string;
  partyId: PartyId;
  label: string;
  createdAtMs: number;
  expiresAtMs: number | null;
  uses: number | null;
  usedCount: number;
  revokedAtMs: number | null;
}

type Answer = { partyName: string; refusal: undefined } | { partyName: undefined; refusal: InviteRefusal };

/** SQL: what list and state say, too. */
const isEnded = 'revokedAtMs IS NOT NULL OR usedCount >= uses OR expiresAtMs <= :now';

export class Invites {
  readonly #options: InvitesOptions;
  readonly #database: Database;
  /** Wrong tokens that each peer said lately, most recent last. */
  readonly #wrong = new Map<PeerId, { count: number; sinceMs: number }>();
  readonly #asked = new WeakMap<InviteSession, number>();

  constructor(options: InvitesOptions) {
    this.#options = options;
    this.#database = options.database;
  }

  /**
   * `uses` and `expiresInMs` undefined: without end; `label` undefined: the code carries the party's own. Throws `not-found` when we are not in the party, `permission-denied` for a closed one of somebody else,
   * `too-large` when there are too many.
   */
  create(
    partyId: PartyId,
    how: { label?: string | undefined; uses?: number | undefined; expiresInMs?: number | undefined },
  ): InviteInfo {
    const { now, sign } = this.#options;
    const party = this.#options.parties.get(partyId);
    if (!party) throw new AppError('not-found', 'You are not in that party. See the list of parties.');
    if (party.closed && !party.closed.isFounder)
      throw new AppError('permission-denied', 'The party is closed: only who founded it can invite to it. Ask its founder.');
    if (!isSayable(party.name)) throw unsayableName();
    const { label = '' } = how;
    const partyLabel = this.#labelFor(party, how.label);
    const createdAtMs = now();
    const expiresAtMs = how.expiresInMs === undefined ? undefined : createdAtMs + how.expiresInMs;
    const token = randomBytes(inviteTokenBytes);
    const inviteId = inviteIdOf(this.#options.peerId, token);
    const { text } = sign({ kind: 'invite', token, isPublic: party.isPublic, partyLabel }, { createdAtMs, expiresAtMs });
    this.#database.transaction(() => {
      this.#makeRoom();
      this.#database.run(
        `INSERT INTO invite (inviteId, tokenHash, code, partyId, label, createdAtMs, expiresAtMs, uses)
         VALUES (:inviteId, :tokenHash, :code, :partyId, :label, :createdAtMs, :expiresAtMs, :uses)`,
        {
          ...{ inviteId, tokenHash: tokenHashOf(token), code: text, partyId, label, createdAtMs },
          ...{ expiresAtMs: expiresAtMs ?? null, uses: how.uses ?? null },
        },
      );
    });
    this.#options.onChange();
    return this.#get(inviteId);
  }

  /** What the code calls the party. Its name is not in it: whoever has the code gets that from us, or, when it is revoked, not at all. */
  #labelFor(party: PartyInfo, given: string | undefined): string {
    const { parties } = this.#options;
    if (given === undefined) return party.label === undefined || parties.tellsName(party.label, party.name) ? '' : party.label;
    if (!party.isPublic && parties.tellsName(given, party.name)) throw labelTellsName();
    return given;
  }

  /** Newest first. */
  list(): InviteInfo[] {
    this.#settle();
    const rows = this.#database.all<InviteRow>('SELECT * FROM invite ORDER BY createdAtMs DESC, rowid DESC');
    const names = new Map<PartyId, string>();
    for (const { partyId } of rows) if (!names.has(partyId)) names.set(partyId, this.#partyName(partyId));
    return rows.map((row) => this.#info(row, names.get(row.partyId) ?? ''));
  }

  /** Who used it stays what it is. Throws `not-found`. */
  revoke(inviteId: InviteId): InviteInfo {
    const { now, onChange } = this.#options;
    const parameters = { inviteId, now: now() };
    if (this.#row(inviteId) === undefined) throw unknownInvite(inviteId);
    this.#database.run('UPDATE invite SET revokedAtMs = :now WHERE inviteId = :inviteId AND revokedAtMs IS NULL', parameters);
    this.#settle();
    onChange();
    return this.#get(inviteId);
  }

  /** A peer gives a token. Throws `protocol` when it asks too often, or guesses: that ends its session. */
  redeem(session: InviteSession, { token }: RedeemMessage): void {
    const asked = (this.#asked.get(session) ?? 0) + 1;
    if (asked > meetingLimits.redeems) throw protocolViolation('it redeems invites without end');
    this.#asked.set(session, asked);
    const answer = this.#answer(session.peerId, token);
    session.meet({ type: 'redeemed', token, ...answer });
    if (answer.refusal === undefined) this.#options.onChange();
    if (answer.refusal === 'unknown') this.#countWrong(session.peerId);
  }

  #answer(peerId: PeerId, token: Uint8Array): Answer {
    const { log } = this.#options;
    try {
      this.#settle();
      const answer = this.#exchange(peerId, token);
      log.info(answer.refusal ? `${peerId} was refused an invite: ${answer.refusal}` : `${peerId} used an invite`);
      return answer;
    } catch (thrown) {
      // Nothing was recorded: it may ask again.
      log.error(`An invite could not be exchanged: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
      return refused('busy');
    }
  }

  /** Who is let in is on the list first, and its use recorded next: whatever fails, nobody loses an invite to a party that it is not in. */
  #exchange(peerId: PeerId, token: Uint8Array): Answer {
    const { parties, now } = this.#options;
    const row = this.#database.get<InviteRow>('SELECT * FROM invite WHERE tokenHash = :tokenHash', {
      tokenHash: tokenHashOf(token),
    });
    if (!row) return refused('unknown');
    const party = parties.get(row.partyId);
    if (!party || row.revokedAtMs !== null) return refused('revoked');
    const isListed = parties.isListed(row.partyId, peerId);
    // Whoever came in by an invite and is not on the list any more was taken off it, and does not come back by itself.
    if (isListed === false && this.#hasUsedOneOf(row.partyId, peerId)) return refused('revoked');
    if (this.#hasUsed(row.inviteId, peerId)) return { partyName: party.name, refusal: undefined };
    const state = stateOf(row, now());
    if (state !== 'open') return refused(state);
    if (isListed === false) parties.admit(row.partyId, peerId);
    this.#recordUse(row.inviteId, peerId);
    return { partyName: party.name, refusal: undefined };
  }

  #recordUse(inviteId: InviteId, peerId: PeerId): void {
    const use = { inviteId, peerId, atMs: this.#options.now() };
    this.#database.transaction(() => {
      this.#database.run('UPDATE invite SET usedCount = usedCount + 1 WHERE inviteId = :inviteId', { inviteId });
      this.#database.run('INSERT INTO inviteUse (inviteId, peerId, atMs) VALUES (:inviteId, :peerId, :atMs)', use);
      this.#forgetUses(inviteId);
    });
  }

  #hasUsed(inviteId: InviteId, peerId: PeerId): boolean {
    const parameters = { inviteId, peerId };
    return (
      this.#database.get('SELECT 1 FROM inviteUse WHERE inviteId = :inviteId AND peerId = :peerId', parameters) !== undefined
    );
  }

  #hasUsedOneOf(partyId: PartyId, peerId: PeerId): boolean {
    const found = this.#database.get(
      'SELECT 1 FROM inviteUse JOIN invite USING (inviteId) WHERE partyId = :partyId AND peerId = :peerId',
      { partyId, peerId },
    );
    return found !== undefined;
  }

  /** Of an invite without a number of uses the oldest go: who asks again is counted again, and let in all the same. */
  #forgetUses(inviteId: InviteId): void {
    this.#database.run(
      `DELETE FROM inviteUse WHERE inviteId = :inviteId AND peerId IN (
         SELECT peerId FROM inviteUse WHERE inviteId = :inviteId ORDER BY atMs DESC, rowid DESC LIMIT -1 OFFSET :kept)`,
      { inviteId, kept: meetingLimits.inviteUses },
    );
  }

  #countWrong(peerId: PeerId): void {
    const now = this.#options.now();
    const before = this.#wrong.get(peerId);
    const isRecent = before !== undefined && now - before.sinceMs < admissionLimits.offenceWindowMs;
    const count = isRecent ? before.count + 1 : 1;
    this.#wrong.delete(peerId);
    if (count >= meetingLimits.wrongTokens) throw protocolViolation('it guesses tokens of invites');
    this.#wrong.set(peerId, { count, sinceMs: isRecent ? before.sinceMs : now });
    const [oldest] = this.#wrong.keys();
    if (this.#wrong.size > admissionLimits.remembered && oldest !== undefined) this.#wrong.delete(oldest);
  }

  /**
   * An invite to a party that we left is over; of those that ended the code, and the token in it, is dropped. Expired ones keep it for as
   * long as our clock may be wrong.
   */
  #settle(): void {
    const now = this.#options.now();
    this.#database.run(
      'UPDATE invite SET revokedAtMs = :now WHERE revokedAtMs IS NULL AND partyId NOT IN (SELECT partyId FROM party)',
      { now },
    );
    this.#database.run(`UPDATE invite SET code = '' WHERE code <> '' AND (${isEnded})`, { now: now - meetingLimits.clockSkewMs });
  }

  #makeRoom(): void {
    const most = meetingLimits.invites;
    const count = () => this.#database.get<{ count: number }>('SELECT count(*) AS count FROM invite')?.count ?? 0;
    const over = count() - most + 1;
    if (over <= 0) return;
    this.#database.run(
      `DELETE FROM invite WHERE inviteId IN (
         SELECT inviteId FROM invite WHERE ${isEnded} ORDER BY coalesce(revokedAtMs, expiresAtMs, createdAtMs) LIMIT :over)`,
      { now: this.#options.now(), over },
    );
    if (count() >= most) throw new AppError('too-large', `There are ${most} open invites, which is the most. Revoke one first.`);
  }

  /** '' when we are not in it any more. */
  #partyName(partyId: PartyId): string {
    return this.#options.parties.get(partyId)?.name ?? '';
  }

  #row(inviteId: InviteId): InviteRow | undefined {
    return this.#database.get<InviteRow>('SELECT * FROM invite WHERE inviteId = :inviteId', { inviteId });
  }

  #get(inviteId: InviteId): InviteInfo {
    const row = this.#row(inviteId);
    if (!row) throw unknownInvite(inviteId);
    return this.#info(row, this.#partyName(row.partyId));
  }

  #info(row: InviteRow, partyName: string): InviteInfo {
    const { inviteId, partyId, label, createdAtMs, expiresAtMs, uses, usedCount, code } = row;
    const state = stateOf(row, this.#options.now());
    const used = this.#database.all<{ peerId: PeerId; atMs: number }>(
      'SELECT peerId, atMs FROM inviteUse WHERE inviteId = :inviteId ORDER BY atMs, rowid',
      { inviteId },
    );
    return {
      ...{ inviteId, partyId, partyName, label, createdAtMs, state },
      ...(expiresAtMs !== null && { expiresAtMs }),
      ...(uses !== null && { usesLeft: Math.max(0, uses - usedCount) }),
      usedBy: used.map(({ peerId, atMs }) => ({ peerId, name: this.#options.peers.nameOf(peerId), atMs })),
      code: state === 'open' ? { text: code, uri: code.replace('-', ':') } : { text: '', uri: '' },
    };
  }
}

function stateOf({ revokedAtMs, uses, usedCount, expiresAtMs }: InviteRow, now: number): InviteInfo['state'] {
  if (revokedAtMs !== null) return 'revoked';
  if (uses !== null && usedCount >= uses) return 'used-up';
  return expiresAtMs !== null && expiresAtMs <= now ? 'expired' : 'open';
}

function refused(refusal: InviteRefusal): Answer {
  return { partyName: undefined, refusal };
}

function labelTellsName(): AppError {
  return new AppError(
    'invalid-argument',
    'The label has the secret name of the party in it, and the code would show it. Call the party something else.',
  );
}

function unknownInvite(inviteId: InviteId): AppError {
  return new AppError('not-found', `There is no invite ${inviteId}. See the list of invites.`);
}
