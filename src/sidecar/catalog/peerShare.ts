// One share of a peer: follows its feed over the sessions that offer it (its owner's, or those of peers that pass it on), keeps the newest
// whole index on this disk, and answers from it.
//
// Whatever is wrong with the feed ends here: the share is refused with a reason, and nothing of it stays on this disk.

import { AppError, asAppError } from '../../protocol/errors.ts';
import type { PartyId, ShareId } from '../../protocol/ids.ts';
import type { CatalogShare, Failure } from '../../protocol/model.ts';
import { localLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { discoveryKeyOf } from '../wire/discoveryKey.ts';
import type { PassedShare, PeerSession, ShareAnnouncement } from '../wire/services.ts';
import { deleteCatalogRow, isSameFeed, mayGoOn, noIndex, saveCatalogRow, type CatalogRow, type Heard } from './catalogRow.ts';
import { asDiskFull } from './feeds/diskFull.ts';
import type { Feeds } from './feeds/feeds.ts';
import type { IndexListener } from './index/indexListener.ts';
import type { IndexView } from './index/indexView.ts';
import { SegmentFolder } from './index/segmentFolder.ts';
import { Pause } from './pause.ts';
import { PeerFeed } from './peerFeed.ts';
import { PeerIndex } from './peerIndex.ts';
import type { Slots } from './slots.ts';

export interface PeerShareOptions {
  database: Database;
  dataFolder: string;
  feeds: Feeds;
  log: Log;
  /** How many indexes are decoded at once, over all shares; and fetched, of this owner. */
  decodeSlots: Slots;
  fetchSlots: Slots;
  listener: IndexListener | undefined;
  /** Throws `too-large` when the owner's shares may not take so much on this disk. */
  allow(share: PeerShare, bytes: number): void;
  onChange(shareId: ShareId): void;
  /** The owner broke the rules. */
  onHostile(reason: string): void;
  /** What can be passed on is another. */
  onHolding(): void;
  /** It takes less of the disk, or more memory. */
  onFreed(): void;
  onOverlay(): void;
}

export class PeerShare {
  readonly #options: PeerShareOptions;
  readonly #index: PeerIndex;
  #row: CatalogRow;
  readonly feed: PeerFeed;
  #discoveryKey: string | undefined;
  /** A failure that may pass: shown until the next try. */
  #trouble: Failure | undefined;
  #isFollowing = false;
  /** The row is of another feed already than the index that is being dropped. */
  #isChangingFeed = false;
  #isGone = false;
  #fetched: { blocks: number; ofBlocks: number } | undefined;
  #shownAt = 0;
  #stop = new AbortController();
  readonly #pause = new Pause();
  /** One thing at a time; never rejects. */
  #work: Promise<void> = Promise.resolve();

  constructor(row: CatalogRow, options: PeerShareOptions) {
    this.#row = row;
    this.#options = options;
    const { peerId } = row;
    const { shareId } = row.announcement;
    this.#index = new PeerIndex(row.index, {
      shareId,
      segments: new SegmentFolder(options.dataFolder, peerId),
      decodeSlots: options.decodeSlots,
      onSaved: () => {
        if (!this.#isChangingFeed) this.#save({ index: this.#index.state });
      },
      onIndexed: (view) => options.listener?.indexed(peerId, shareId, view),
      onChanged: (delta) => options.listener?.changed(peerId, shareId, delta),
    });
    const holder = `${peerId}/${shareId}`;
    this.feed = new PeerFeed(options.feeds, holder);
    options.feeds.hold(row.announcement.feedKey, holder);
  }

  get announcement(): ShareAnnouncement {
    return this.#row.announcement;
  }

  get isHearsay(): boolean {
    return this.#row.isHearsay;
  }

  /** The newest whole index. */
  get view(): IndexView | undefined {
    return this.#index.view;
  }

  /** Its file, which startup must not sweep away; undefined without one. */
  get segmentFile(): string | undefined {
    return this.#index.file;
  }

  get bytesOnDisk(): number {
    return this.#index.bytesOnDisk;
  }

  /** Its changed entries in memory. */
  get overlayEntries(): number {
    return this.view?.overlayEntries ?? 0;
  }

  /** By which peers ask for its feed, in hex. */
  get discoveryKey(): string {
    return (this.#discoveryKey ??= Buffer.from(discoveryKeyOf(this.announcement.feedKey)).toString('hex'));
  }

  /** What can be passed on: the announcement whose whole index is here. */
  get holding(): PassedShare | undefined {
    const { indexed, partyIds, failure } = this.#row;
    if (indexed === undefined || failure !== undefined || this.view === undefined) return undefined;
    // Who gets the older announcement goes by its older audience: it stays here once a newer one is less.
    if (mayGoOn(indexed.announcement, this.announcement)) return { ...indexed, partyIds };
    return { ...indexed, announcement: { ...indexed.announcement, passTags: [] }, partyIds };
  }

  info(isOnline: boolean): CatalogShare {
    const { peerId, announcement, failure } = this.#row;
    const { shareId, title } = announcement;
    const view = this.view;
    const { fileCount, folderCount, totalBytes } = view?.counts ?? announcement;
    const shown = failure ?? this.#trouble;
    const via = isOnline ? undefined : this.feed.via;
    return {
      ...{ peerId, shareId, title, isOwn: false, isOnline, bytesOnDisk: this.bytesOnDisk, fileCount, folderCount, totalBytes },
      indexState: failure !== undefined ? 'refused' : view !== undefined ? 'ready' : this.#isFollowing ? 'fetching' : 'none',
      ...(this.#isFollowing && this.#fetched !== undefined && { fetched: this.#fetched }),
      ...(via !== undefined && { viaPeerId: via }),
      ...(view !== undefined && { updatedAtMs: view.updatedAtMs }),
      ...(shown !== undefined && { failure: shown }),
    };
  }

  /** Opens the index on this disk. When something of it is damaged, it is made again from the feed's blocks, in the background. */
  async open(): Promise<void> {
    try {
      await this.#index.open(() => this.feed.open(this.announcement));
    } catch (error) {
      this.#options.log.warn(`"${this.announcement.title}": ${asAppError(error).message}`);
      this.#later((signal) => this.#restore(signal));
    } finally {
      this.#rest();
    }
  }

  /** This is said now; older revisions and repetitions are ignored. True when it is news. Call `offer` after it. */
  announced({ announcement, signed, partyIds, isHearsay }: Heard): boolean {
    const last = this.#row;
    if (!isHearsay) this.inParties(partyIds, false);
    else if (last.isHearsay && announcement.revision >= last.announcement.revision)
      this.inParties([...new Set([...last.partyIds, ...partyIds])], true);
    if (announcement.revision <= last.announcement.revision) return false;
    this.#interrupt();
    this.#trouble = undefined;
    if (isSameFeed(announcement, last.announcement)) {
      this.#save({ announcement, signed, failure: undefined });
      if (!mayGoOn(last.announcement, announcement)) this.#options.onHolding();
    } else {
      this.#save({ announcement, signed, failure: undefined, index: noIndex, indexed: undefined });
      this.#changeFeed(last.announcement.feedKey, announcement.feedKey);
    }
    return true;
  }

  /** Whether who passes this on may be asked for the feed, and so be given it: anybody can repeat what it once heard. */
  mayComeFrom({ announcement, partyIds }: PassedShare): boolean {
    if (!Buffer.from(announcement.feedKey).equals(this.announcement.feedKey)) return false;
    return this.#row.partyIds.some((partyId) => partyIds.includes(partyId));
  }

  /** This session can be asked for the feed: brings the announced index here, and tries again while it fails in ways that pass. */
  offer(session: PeerSession, { isOwner }: { isOwner: boolean }): void {
    const isNew = this.feed.offer(session, isOwner);
    this.#follow();
    if (isNew) this.#pause.end();
  }

  /** There may be room now. */
  retry(): void {
    this.#follow();
    this.#pause.end();
  }

  /** The session is gone, or does not offer it any more. The index stays. True when it did offer it. */
  leave(session: PeerSession): boolean {
    const didOffer = this.feed.leave(session);
    if (didOffer && !this.feed.hasSources) {
      this.#interrupt();
      this.#rest();
    }
    return didOffer;
  }

  /** A read found the segment damaged. */
  repair(): void {
    this.#later((signal) => this.#restore(signal));
  }

  /** Writes the deltas into a new segment. */
  pack(): void {
    this.#later(async (signal) => {
      try {
        await this.#index.pack(signal);
        this.#options.onChange(this.announcement.shareId);
      } catch (thrown) {
        if (asAppError(thrown).kind !== 'protocol') throw thrown;
        await this.#refuse(asAppError(thrown));
      }
    });
  }

  /** Resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#interrupt();
    await this.#work;
    await this.feed.close();
    this.#index.close();
  }

  /** Forgets the share, and deletes its index and its feed. */
  async remove(): Promise<void> {
    const { peerId, announcement } = this.#row;
    this.#isGone = true;
    deleteCatalogRow(this.#options.database, peerId, announcement.shareId);
    this.#options.listener?.gone(peerId, announcement.shareId);
    this.feed.leaveAll();
    await this.close();
    this.#index.drop();
    await this.feed.letGo(announcement.feedKey);
  }

  get #isUpToDate(): boolean {
    return this.view !== undefined && this.#index.state.indexedLength === this.announcement.feedLength;
  }

  #save(change: Partial<CatalogRow>): void {
    this.#row = { ...this.#row, ...change };
    if (!this.#isGone) saveCatalogRow(this.#options.database, this.#row);
  }

  /** These are the parties in which it may be passed on. */
  inParties(partyIds: PartyId[], isHearsay: boolean): void {
    const isSame = isHearsay === this.#row.isHearsay && partyIds.join() === this.#row.partyIds.join();
    if (isSame) return;
    this.#save({ partyIds, isHearsay });
    this.#options.onHolding();
  }

  #interrupt(): void {
    this.#stop.abort(new AppError('cancelled', 'Following a share was stopped.'));
    this.#stop = new AbortController();
    this.#isFollowing = false;
    this.#fetched = undefined;
  }

  #later(task: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#stop;
    this.#work = this.#work.then(async () => {
      try {
        await task(signal);
      } catch (error) {
        if (asAppError(error).kind !== 'cancelled') this.#options.log.warn(asAppError(error).message);
      }
    });
  }

  #follow(): void {
    const { announcement, failure } = this.#row;
    if (this.#isFollowing || failure !== undefined || announcement.feedLength === 0) return;
    if (this.#isUpToDate && this.#row.indexed?.announcement.revision === announcement.revision) return;
    if (!this.feed.hasOpenSource) return;
    this.#isFollowing = true;
    this.#later(async (signal) => {
      let waitMs: number = localLimits.reconnectMinMs;
      while (!signal.aborted && this.feed.hasOpenSource) {
        if (await this.#update(signal)) break;
        await this.#pause.take(waitMs, signal);
        waitMs = Math.min(waitMs * 2, localLimits.reconnectMaxMs);
      }
      if (!signal.aborted) this.#isFollowing = false;
    });
  }

  /** One try. True when nothing is left to try: up to date, refused, or no room. */
  async #update(signal: AbortSignal): Promise<boolean> {
    const { announcement, signed } = this.#row;
    try {
      if (!this.#isUpToDate) {
        const feed = await this.feed.open(announcement);
        await this.#options.fetchSlots.run(() =>
          this.#index.update(feed, announcement.feedLength, {
            ...{ counts: announcement, signal },
            allow: (bytes) => this.#options.allow(this, bytes),
            onProgress: (blocks, ofBlocks) => this.#progress({ blocks, ofBlocks }),
          }),
        );
      }
      this.#trouble = undefined;
      this.#isFollowing = false;
      this.#save({ indexed: { announcement, signed } });
      this.#options.onHolding();
      this.#options.onOverlay();
      // Who passes a feed on keeps it open for us as long as we do.
      if (!this.feed.hasOwner) await this.feed.close();
    } catch (thrown) {
      const error = asDiskFull(thrown) ?? asAppError(thrown);
      // Also when the session ended over it; not when something newer was announced meanwhile.
      if (error.kind === 'protocol' && !this.#isGone && this.announcement.revision === announcement.revision) {
        await this.#refuse(error);
        return true;
      }
      if (error.kind === 'cancelled' || signal.aborted) return true;
      this.#trouble = { kind: error.kind, message: error.message };
      this.#options.log.warn(`"${announcement.title}": ${error.message}`);
      this.#options.onChange(announcement.shareId);
      return error.kind === 'too-large';
    }
    this.#options.onChange(announcement.shareId);
    return true;
  }

  async #restore(signal: AbortSignal): Promise<void> {
    if (this.#index.state.indexedLength === 0) return;
    const { peerId, announcement } = this.#row;
    try {
      await this.#index.restore(await this.feed.open(announcement), signal);
    } catch (error) {
      if (asAppError(error).kind === 'cancelled') return;
      this.#options.listener?.gone(peerId, announcement.shareId);
      this.#index.drop();
      this.#save({ index: this.#index.state, indexed: undefined });
      this.#options.onHolding();
      this.#options.log.warn(
        `The index of "${announcement.title}" comes back when a peer offers it: ${asAppError(error).message}`,
      );
      this.#follow();
    } finally {
      if (!this.feed.hasSources) await this.feed.close();
      this.#options.onChange(announcement.shareId);
    }
  }

  async #refuse(error: AppError): Promise<void> {
    const { peerId, announcement } = this.#row;
    const { listener, log } = this.#options;
    this.#isFollowing = false;
    listener?.gone(peerId, announcement.shareId);
    this.#index.drop();
    this.#save({ index: this.#index.state, indexed: undefined, failure: { kind: error.kind, message: error.message } });
    log.warn(`"${announcement.title}" of ${peerId} is refused: ${error.message}`);
    await this.feed.letGo(announcement.feedKey);
    this.#options.onHostile(error.message);
    this.#options.onHolding();
    this.#options.onFreed();
    this.#options.onChange(announcement.shareId);
  }

  /** The owner began a new feed: the old index goes. */
  #changeFeed(feedKey: Uint8Array, nextKey: Uint8Array): void {
    const { peerId, announcement } = this.#row;
    this.#options.listener?.gone(peerId, announcement.shareId);
    this.#isChangingFeed = true;
    this.#index.close();
    this.#discoveryKey = undefined;
    this.#options.onHolding();
    this.#later(async () => {
      await this.feed.close();
      this.#index.drop();
      this.#isChangingFeed = false;
      this.#options.onFreed();
      if (!Buffer.from(feedKey).equals(nextKey)) await this.feed.letGo(feedKey);
    });
  }

  /** Nobody offers it: its feed need not be open. */
  #rest(): void {
    this.#later(async () => {
      if (!this.feed.hasSources) await this.feed.close();
    });
  }

  #progress(fetched: { blocks: number; ofBlocks: number }): void {
    this.#fetched = fetched;
    const now = performance.now();
    if (now - this.#shownAt < 1000 / localLimits.progressHz) return;
    this.#shownAt = now;
    this.#options.onChange(this.announcement.shareId);
  }
}
