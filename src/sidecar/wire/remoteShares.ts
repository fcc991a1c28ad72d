// What a connected peer says of its own shares, checked: every announcement and removal against its key, every change against the list
// before it. Breaking a rule throws AppError `protocol`, or gives it to the checks, and ends the session.

import type { ShareId } from '../../protocol/ids.ts';
import { wireLimits } from '../limits.ts';
import { decodeAnnouncement, decodeRemoval, verifyAnnouncement, verifyRemoval } from './announcement.ts';
import type { UpdateMessage } from './catalogCodec.ts';
import { protocolViolation } from './errors.ts';
import type { AnnouncedShare, ShareRemoval, SignedAnnouncement } from './services.ts';
import type { Pace, SignatureChecks } from './signatureChecks.ts';
import { updateBudget } from './updatePace.ts';

export interface RemoteSharesOptions {
  /** The peer's public key. */
  ownerKey: Uint8Array;
  checks: SignatureChecks;
  /** The whole list, after each change. */
  onShares(shares: AnnouncedShare[]): void;
  /** Removals that were not told before. */
  onRemovals(removals: ShareRemoval[]): void;
}

export class RemoteShares {
  readonly #options: RemoteSharesOptions;
  readonly #updateBudget = updateBudget();
  readonly #removalBudget = updateBudget();
  readonly #knownRemovals = new KnownRemovals(wireLimits.removals);
  #shares = new Map<ShareId, AnnouncedShare>();
  #hasList = false;

  constructor(options: RemoteSharesOptions) {
    this.#options = options;
  }

  has(shareId: ShareId): boolean {
    return this.#shares.has(shareId);
  }

  onList(list: SignedAnnouncement[]): void {
    if (!this.#updateBudget.take()) throw protocolViolation('it announces its shares all the time');
    this.#hasList = true;
    const copies = list.map(copyOf);
    this.#options.checks.add(copies.length, async (pace) => {
      const shares = new Map<ShareId, AnnouncedShare>();
      for (const signed of copies) await this.#check(signed, shares, pace);
      this.#shares = shares;
      this.#options.onShares([...shares.values()]);
    });
  }

  onUpdate({ changed, gone }: UpdateMessage): void {
    if (!this.#updateBudget.take()) throw protocolViolation('it announces its shares all the time');
    if (!this.#hasList) throw protocolViolation('it changes a list of shares that it did not send');
    const copies = changed.map(copyOf);
    this.#options.checks.add(copies.length, async (pace) => {
      const news = new Map<ShareId, AnnouncedShare>();
      for (const signed of copies) await this.#check(signed, news, pace);
      const shares = new Map(this.#shares);
      for (const shareId of gone) {
        if (news.has(shareId) || !shares.delete(shareId))
          throw protocolViolation('it takes back a share that it does not announce');
      }
      for (const [shareId, share] of news) shares.set(shareId, share);
      if (shares.size > wireLimits.sharesPerPeer)
        throw protocolViolation(`it announces more than ${wireLimits.sharesPerPeer} shares`);
      this.#shares = shares;
      this.#options.onShares([...shares.values()]);
    });
  }

  onRemovals(list: SignedAnnouncement[]): void {
    if (!this.#removalBudget.take()) throw protocolViolation('it removes shares all the time');
    const copies = list.map(copyOf);
    this.#options.checks.add(copies.length, async (pace) => {
      const news = await this.#knownRemovals.checkNew(copies, this.#options.ownerKey, pace);
      if (news.length > 0) this.#options.onRemovals(news);
    });
  }

  async #check(signed: SignedAnnouncement, into: Map<ShareId, AnnouncedShare>, pace: Pace): Promise<void> {
    const { shareId } = decodeAnnouncement(signed.body);
    if (into.has(shareId)) throw protocolViolation('it announces a share twice');
    into.set(shareId, await checkedShare(signed, { known: this.#shares.get(shareId), ownerKey: this.#options.ownerKey, pace }));
  }
}

/** An announcement known from before was checked then: a long list with one change costs one signature. */
export async function checkedShare<T extends AnnouncedShare>(
  signed: SignedAnnouncement,
  { known, ownerKey, pace }: { known: T | undefined; ownerKey: Uint8Array; pace: Pace },
): Promise<AnnouncedShare> {
  if (known !== undefined && isSame(known.signed, signed)) return { announcement: known.announcement, signed: known.signed };
  await pace();
  return { announcement: verifyAnnouncement(signed, ownerKey), signed };
}

/** The newest removals whose signatures were checked. Repeated ones, which honest peers do not send, are no news and cost nothing. */
export class KnownRemovals {
  readonly #max: number;
  readonly #revisions = new Map<string, number>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Those that are news, checked. Throws AppError `protocol`. */
  async checkNew(list: SignedAnnouncement[], ownerKey: Uint8Array, pace: Pace): Promise<ShareRemoval[]> {
    const owner = Buffer.from(ownerKey).toString('latin1');
    const news: ShareRemoval[] = [];
    for (const signed of list) {
      const { shareId, revision } = decodeRemoval(signed.body);
      const key = owner + shareId;
      if ((this.#revisions.get(key) ?? -1) >= revision) continue;
      await pace();
      news.push({ ...verifyRemoval(signed, ownerKey), signed });
      this.#revisions.delete(key);
      this.#revisions.set(key, revision);
      const [oldest] = this.#revisions.keys();
      if (this.#revisions.size > this.#max && oldest !== undefined) this.#revisions.delete(oldest);
    }
    return news;
  }
}

/** What was received is a view of a whole frame, which it would keep in memory. */
export function copyOf({ body, signature }: SignedAnnouncement): SignedAnnouncement {
  return { body: Buffer.from(body), signature: Buffer.from(signature) };
}

function isSame(one: SignedAnnouncement, other: SignedAnnouncement): boolean {
  return Buffer.compare(one.body, other.body) === 0 && Buffer.compare(one.signature, other.signature) === 0;
}
