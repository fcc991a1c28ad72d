// Invites that were accepted here and not exchanged yet: the peer is asked whenever it is here, over restarts too, until it answers. Its answer counts
// only for what it was asked on the same session; the name in it is a stranger's text until it is checked.

import { AppError, asAppError } from '../../protocol/errors.ts';
import type { InviteId, PeerId } from '../../protocol/ids.ts';
import type { InviteRefusal, PendingInvite } from '../../protocol/model.ts';
import { meetingLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { protocolViolation } from '../wire/errors.ts';
import type { RedeemedMessage } from '../wire/meetingMessages.ts';
import { type InviteParties, type InvitePeers, inviteIdOf, type InviteSession, isSame, isSayable } from './contracts.ts';

export interface PendingOptions {
  database: Database;
  parties: Pick<InviteParties, 'join' | 'look'>;
  peers: Pick<InvitePeers, 'nameOf' | 'session'>;
  log: Log;
  onChange: () => void;
  now: () => number;
}

interface PendingRow {
  inviteId: InviteId;
  token: Uint8Array;
  peerId: PeerId;
  partyLabel: string;
  /** The user was told that others can guess the party's name. */
  isPublic: number;
  acceptedAtMs: number;
  expiresAtMs: number | null;
  refusal: InviteRefusal | null;
}

export class PendingInvites {
  readonly #options: PendingOptions;
  readonly #database: Database;
  readonly #asked = new WeakMap<InviteSession, Set<InviteId>>();
  #again: NodeJS.Timeout | undefined;

  constructor(options: PendingOptions) {
    this.#options = options;
    this.#database = options.database;
  }

  close(): void {
    clearTimeout(this.#again);
  }

  /** Remembers it and asks at once when the peer is here. One that was refused before waits again. Throws `too-large`. */
  add(invite: {
    peerId: PeerId;
    token: Uint8Array;
    partyLabel: string;
    isPublic: boolean;
    expiresAtMs: number | undefined;
  }): PendingInvite {
    const { peerId, token, partyLabel } = invite;
    const inviteId = inviteIdOf(peerId, token);
    this.#database.transaction(() => {
      if (this.#row(inviteId) === undefined) this.#makeRoom();
      this.#database.run(
        `INSERT INTO pendingInvite (inviteId, token, peerId, partyLabel, isPublic, acceptedAtMs, expiresAtMs)
         VALUES (:inviteId, :token, :peerId, :partyLabel, :isPublic, :now, :expiresAtMs) ON CONFLICT (inviteId) DO UPDATE SET refusal = NULL, isPublic = :isPublic`,
        {
          ...{ inviteId, token, peerId, partyLabel, isPublic: Number(invite.isPublic) },
          ...{ now: this.#options.now(), expiresAtMs: invite.expiresAtMs ?? null },
        },
      );
    });
    const row = this.#row(inviteId);
    if (!row) throw new AppError('internal', 'The invite was not stored. See the log.');
    this.#options.onChange();
    const session = this.#options.peers.session(peerId);
    if (session) this.opened(session);
    return this.#info(row);
  }

  /** Newest first. */
  list(): PendingInvite[] {
    this.#expire();
    return this.#database
      .all<PendingRow>('SELECT * FROM pendingInvite ORDER BY acceptedAtMs DESC, rowid DESC')
      .map((row) => this.#info(row));
  }

  /** Asks no more. Throws `not-found`. */
  drop(inviteId: InviteId): void {
    if (this.#database.run('DELETE FROM pendingInvite WHERE inviteId = :inviteId', { inviteId }) === 0)
      throw new AppError('not-found', `No invite ${inviteId} is waiting. See the list of accepted invites.`);
    this.#options.onChange();
  }

  /** Whether we have an invite of this peer to exchange: it is told so in our hello. */
  isAwaited(peerId: PeerId): boolean {
    return this.#waiting(peerId).length > 0;
  }

  /** A peer is here: asks it for what it invited us to. */
  opened(session: InviteSession): void {
    this.#expire();
    for (const { inviteId, token } of this.#waiting(session.peerId)) {
      const asked = this.#asked.get(session) ?? new Set();
      this.#asked.set(session, asked.add(inviteId));
      session.meet({ type: 'redeem', token });
    }
  }

  /** The peer answers. Throws `protocol` when nobody asked. */
  redeemed(session: InviteSession, { token, partyName, refusal }: RedeemedMessage): void {
    const inviteId = inviteIdOf(session.peerId, token);
    if (!this.#asked.get(session)?.has(inviteId)) throw protocolViolation('it answers an invite that it was not asked for');
    if ((partyName === undefined) === (refusal === undefined)) throw protocolViolation('it both grants and refuses an invite');
    const row = this.#row(inviteId);
    // Dropped meanwhile; or refused, and what it says now is late.
    if (!row || row.refusal !== null || row.peerId !== session.peerId || !isSame(row.token, token)) return;
    if (partyName !== undefined) this.#granted(session, row, partyName);
    else if (refusal === 'busy') this.#askLater();
    else if (refusal !== undefined) this.#refuse(session, inviteId, refusal);
  }

  #granted(session: InviteSession, { inviteId, peerId, isPublic, partyLabel }: PendingRow, remoteName: string): void {
    const { log, parties } = this.#options;
    if (!isSayable(remoteName)) {
      log.warn(`${peerId} answered an invite with a name that no party has`);
      this.#refuse(session, inviteId, 'unknown');
      return;
    }
    try {
      // What was accepted was a party of the invited; in one with a name like "music" whoever guesses it sees what we share.
      if (isPublic === 0 && parties.look(remoteName).isPublic) throw wrongKind();
      parties.join(remoteName, { label: partyLabel });
    } catch (thrown) {
      // Unless the name is none, nothing is lost: it waits, and the peer says the name again when it is asked again.
      log.warn(`The party of an accepted invite could not be joined: ${asAppError(thrown).message}`);
      if (asAppError(thrown).kind === 'invalid-argument') this.#refuse(session, inviteId, 'unknown');
      return;
    }
    this.#database.run('DELETE FROM pendingInvite WHERE inviteId = :inviteId', { inviteId });
    log.info(`${peerId} let us into a party`);
    this.#options.onChange();
  }

  #refuse(session: InviteSession, inviteId: InviteId, refusal: InviteRefusal): void {
    this.#database.run('UPDATE pendingInvite SET refusal = :refusal WHERE inviteId = :inviteId', { inviteId, refusal });
    session.updateHello();
    this.#options.onChange();
  }

  #askLater(): void {
    clearTimeout(this.#again);
    this.#again = setTimeout(() => {
      const peerIds = new Set(this.#waiting().map(({ peerId }) => peerId));
      for (const peerId of peerIds) {
        const session = this.#options.peers.session(peerId);
        if (session) this.opened(session);
      }
    }, meetingLimits.redeemAgainMs);
    this.#again.unref();
  }

  /** The peer's clock decides; ours only ends the waiting, when both agree that it is over. */
  #expire(): void {
    const ended = this.#database.run(
      `UPDATE pendingInvite SET refusal = 'expired' WHERE refusal IS NULL AND expiresAtMs <= :ago`,
      { ago: this.#options.now() - meetingLimits.clockSkewMs },
    );
    if (ended > 0) this.#options.onChange();
  }

  #makeRoom(): void {
    const most = meetingLimits.pendingInvites;
    const count = () => this.#database.get<{ count: number }>('SELECT count(*) AS count FROM pendingInvite')?.count ?? 0;
    if (count() < most) return;
    this.#database.run(
      `DELETE FROM pendingInvite WHERE inviteId IN (
         SELECT inviteId FROM pendingInvite WHERE refusal IS NOT NULL ORDER BY acceptedAtMs LIMIT 1)`,
    );
    if (count() >= most)
      throw new AppError('too-large', `${most} accepted invites are waiting, which is the most. Drop one first.`);
  }

  #waiting(peerId?: PeerId): PendingRow[] {
    return this.#database.all<PendingRow>(
      'SELECT * FROM pendingInvite WHERE refusal IS NULL AND (:peerId IS NULL OR peerId = :peerId)',
      { peerId: peerId ?? null },
    );
  }

  #row(inviteId: InviteId): PendingRow | undefined {
    return this.#database.get<PendingRow>('SELECT * FROM pendingInvite WHERE inviteId = :inviteId', { inviteId });
  }

  #info({ inviteId, peerId, partyLabel, acceptedAtMs, expiresAtMs, refusal }: PendingRow): PendingInvite {
    return {
      ...{ inviteId, peerId, name: this.#options.peers.nameOf(peerId), partyLabel, acceptedAtMs },
      ...(expiresAtMs !== null && { expiresAtMs }),
      ...(refusal === null ? { state: 'waiting' } : { state: 'refused', reason: refusal }),
    };
  }
}

function wrongKind(): AppError {
  return new AppError('invalid-argument', 'Its name can be guessed, and the code said that it cannot.');
}
