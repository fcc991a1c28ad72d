// Who asks to be let in, and whom we ask: kept until a person answers, or the peer is here. Knows neither shares nor the network; what granting means is
// nodeAccess.ts's. What strangers write is made safe before it is kept.

import { AppError } from '../../protocol/errors.ts';
import { isPeerId, isShareId, type PeerId, type ShareId } from '../../protocol/ids.ts';
import type { AccessRequest } from '../../protocol/model.ts';
import { meetingLimits } from '../limits.ts';
import type { Peers } from '../peers/peers.ts';
import type { Database } from '../storage/database.ts';
import { intents } from '../wire/codec.ts';
import type { AccessMessage } from '../wire/meetingMessages.ts';
import type { PeerSession } from '../wire/services.ts';
import { Budget } from '../wire/updatePace.ts';

export interface AccessRequestsOptions {
  database: Database;
  peers: Pick<Peers, 'get' | 'isAddedByKey' | 'isOnline'>;
  session(peerId: PeerId): PeerSession | undefined;
  isOwnShare: (shareId: ShareId) => boolean;
  derivedName: (peerId: PeerId) => string;
  /** Untrusted text as one safe line of at most so many characters. */
  safeLine: (text: string, most: number) => string;
  onChange(peerId: PeerId): void;
  now?: () => number;
}

interface Row {
  peerId: string;
  text: string;
  shareId: string | null;
  atMs: number;
}

/** Is told of sessions as meetingHooks.ts says. */
export class AccessRequests {
  readonly #options: AccessRequestsOptions;
  readonly #database: Database;
  /** Until when they are not heard again. Not kept over restarts: then they may ask once more. */
  readonly #denied = new Map<PeerId, number>();
  readonly #budgets = new WeakMap<PeerSession, Budget>();

  constructor(options: AccessRequestsOptions) {
    this.#options = options;
    this.#database = options.database;
  }

  /** Newest first. */
  list(): AccessRequest[] {
    return this.#database
      .all<Row>('SELECT * FROM accessRequest WHERE isOurs = 0 ORDER BY atMs DESC, peerId')
      .flatMap(({ peerId, text, shareId, atMs }) => {
        if (!isPeerId(peerId)) return [];
        const peer = this.#options.peers.get(peerId);
        const derived = this.#options.derivedName(peerId);
        return {
          ...{ peerId, name: peer?.name ?? derived, derivedName: derived, text, atMs },
          isOnline: this.#options.peers.isOnline(peerId),
          partyIds: peer?.partyIds ?? [],
          ...(shareId !== null && isShareId(shareId) && { shareId }),
        };
      });
  }

  get(peerId: PeerId): { shareId: ShareId | undefined } | undefined {
    const row = this.#database.get<Row>('SELECT * FROM accessRequest WHERE isOurs = 0 AND peerId = :peerId', { peerId });
    if (row === undefined) return undefined;
    return { shareId: row.shareId !== null && isShareId(row.shareId) ? row.shareId : undefined };
  }

  /** Asks to be let in, at once or when the peer is here. Throws `invalid-argument`. */
  ask(peerId: PeerId, text: string): void {
    if (!this.#options.peers.isAddedByKey(peerId)) {
      throw new AppError('invalid-argument', 'You have not added this peer. Connect to it by its key first, then ask.');
    }
    this.#keep({ peerId, isOurs: 1, text: this.#safe(text), shareId: null });
    const session = this.#options.session(peerId);
    if (session) this.#tell(session);
  }

  /** It was answered, or is not of interest any more. False when there was none. */
  settle(peerId: PeerId): boolean {
    const count = this.#database.run('DELETE FROM accessRequest WHERE isOurs = 0 AND peerId = :peerId', { peerId });
    if (count > 0) this.#options.onChange(peerId);
    return count > 0;
  }

  /** It is not heard again for meetingLimits.deniedMs. */
  deny(peerId: PeerId): void {
    this.settle(peerId);
    this.#denied.delete(peerId);
    this.#denied.set(peerId, this.#now + meetingLimits.deniedMs);
    const [oldest] = this.#denied.keys();
    if (this.#denied.size > meetingLimits.deniedPeers && oldest !== undefined) this.#denied.delete(oldest);
  }

  isDenied(peerId: PeerId): boolean {
    return (this.#denied.get(peerId) ?? 0) > this.#now;
  }

  /** The user cares for this peer again, or does not want anything of it to be kept. */
  forget(peerId: PeerId): void {
    this.settle(peerId);
    this.#denied.delete(peerId);
    this.#database.run('DELETE FROM accessRequest WHERE peerId = :peerId', { peerId });
  }

  opened(session: PeerSession): void {
    this.#tell(session);
    this.#look(session);
  }

  updated(session: PeerSession): void {
    this.#look(session);
  }

  access(session: PeerSession, { text, shareId }: AccessMessage): void {
    const { peers, isOwnShare } = this.#options;
    const { peerId } = session;
    if (!this.#isInTime(session)) return;
    // Who was added is let in; for a share it may ask nevertheless, when there is one.
    if (this.isDenied(peerId) || (shareId === undefined ? peers.isAddedByKey(peerId) : !isOwnShare(shareId))) return;
    // A person may be answering it now: it does not become one for another share, or for all.
    const first = this.get(peerId)?.shareId;
    this.#keep({ peerId, isOurs: 0, text: this.#safe(text), shareId: first ?? shareId ?? null });
    this.#options.onChange(peerId);
  }

  #isInTime(session: PeerSession): boolean {
    const { accessBurst: burst, accessSeconds } = meetingLimits;
    const budget = this.#budgets.get(session) ?? new Budget({ burst, perSecond: 1 / accessSeconds });
    this.#budgets.set(session, budget);
    return budget.take();
  }

  /** To come by our key is to ask, without a word. */
  #look({ peerId, hello }: PeerSession): void {
    const isStranger = hello.partyIds.length === 0 && !this.#options.peers.isAddedByKey(peerId);
    const known = this.get(peerId);
    if (!isStranger) {
      if (known !== undefined && known.shareId === undefined && this.#isWordless(peerId)) this.settle(peerId);
      return;
    }
    const isAsking = (hello.intents & intents.addedByKey) !== 0 && (hello.intents & intents.invite) === 0;
    if (!isAsking || known !== undefined || this.isDenied(peerId)) return;
    this.#keep({ peerId, isOurs: 0, text: '', shareId: null });
    this.#options.onChange(peerId);
  }

  #isWordless(peerId: PeerId): boolean {
    return (
      this.#database.get<Row>(`SELECT * FROM accessRequest WHERE isOurs = 0 AND peerId = :peerId AND text = ''`, { peerId }) !==
      undefined
    );
  }

  #tell(session: PeerSession): void {
    const { peerId } = session;
    const row = this.#database.get<Row>('SELECT * FROM accessRequest WHERE isOurs = 1 AND peerId = :peerId', { peerId });
    // An older Potluck would not hear it; it is asked when it is a newer one.
    if (row === undefined || !session.understands('access')) return;
    session.meet({ type: 'access', text: row.text, shareId: undefined });
    this.#database.run('DELETE FROM accessRequest WHERE isOurs = 1 AND peerId = :peerId', { peerId });
  }

  #keep(row: { peerId: PeerId; isOurs: 0 | 1; text: string; shareId: ShareId | null }): void {
    this.#database.run(
      `INSERT OR REPLACE INTO accessRequest (peerId, isOurs, text, shareId, atMs) VALUES (:peerId, :isOurs, :text, :shareId, :now)`,
      { ...row, now: this.#now },
    );
    this.#database.run(
      `DELETE FROM accessRequest WHERE isOurs = :isOurs AND peerId NOT IN
         (SELECT peerId FROM accessRequest WHERE isOurs = :isOurs ORDER BY atMs DESC, rowid DESC LIMIT :most)`,
      { isOurs: row.isOurs, most: meetingLimits.accessRequests },
    );
  }

  #safe(text: string): string {
    return this.#options.safeLine(text, meetingLimits.accessCharacters);
  }

  get #now(): number {
    return this.#options.now?.() ?? Date.now();
  }
}
