// One share of a peer: follows its feed while the peer is connected, keeps the newest whole index on this disk, and answers from it.
//
// Whatever is wrong with the feed ends here: the share is refused with a reason, and nothing of it stays on this disk.

import { AppError, asAppError } from '../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../protocol/ids.ts';
import type { CatalogShare, Failure } from '../../protocol/model.ts';
import { localLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Database } from '../storage/database.ts';
import type { PeerSession, ShareAnnouncement, SignedAnnouncement } from '../wire/services.ts';
import { deleteCatalogRow, saveCatalogRow, type CatalogRow } from './catalogRow.ts';
import type { Feeds } from './feeds/feeds.ts';
import type { SnapshotHead } from './index/head.ts';
import { writeSegment } from './index/indexing.ts';
import type { RemoteFeed } from './feeds/remoteFeed.ts';
import { Segment } from './index/segment.ts';
import { SegmentFolder } from './index/segmentFolder.ts';
import type { Slots } from './slots.ts';

export interface PeerShareOptions {
  database: Database;
  dataFolder: string;
  feeds: Feeds;
  log: Log;
  /** How many indexes are decoded at once, over all shares. */
  decodeSlots: Slots;
  onChange(peerId: PeerId, shareId: ShareId): void;
  onHostile(peerId: PeerId, reason: string): void;
}

export class PeerShare {
  readonly #options: PeerShareOptions;
  readonly #segments: SegmentFolder;
  #row: CatalogRow;
  #segment: Segment | undefined;
  #feed: RemoteFeed | undefined;
  /** A failure that may pass: shown until the next try. */
  #trouble: Failure | undefined;
  /** What is being brought here, or was. */
  #source: { session: PeerSession; slots: Slots } | undefined;
  #followed: { session: PeerSession; revision: number } | undefined;
  #isFollowing = false;
  #stop = new AbortController();
  /** One thing at a time; never rejects. */
  #work: Promise<void> = Promise.resolve();

  constructor(row: CatalogRow, options: PeerShareOptions) {
    this.#row = row;
    this.#options = options;
    this.#segments = new SegmentFolder(options.dataFolder, row.peerId);
    options.feeds.hold(row.announcement.feedKey, this.#holder);
  }

  get announcement(): ShareAnnouncement {
    return this.#row.announcement;
  }

  /** The newest whole index. */
  get segment(): Segment | undefined {
    return this.#segment;
  }

  /** Its file, which startup must not sweep away; undefined without one. */
  get segmentFile(): string | undefined {
    return this.#row.indexedLength === 0 ? undefined : this.#segments.file(this.#shareId, this.#row.indexedLength);
  }

  info(isOnline: boolean): CatalogShare {
    const { peerId, announcement, failure } = this.#row;
    const { shareId, title } = announcement;
    const counts = this.#segment?.header ?? announcement;
    const shown = failure ?? this.#trouble;
    return {
      peerId,
      shareId,
      title,
      isOwn: false,
      isOnline,
      indexState:
        failure !== undefined ? 'refused' : this.#segment !== undefined ? 'ready' : this.#isFollowing ? 'fetching' : 'none',
      fileCount: counts.fileCount,
      folderCount: counts.folderCount,
      totalBytes: counts.totalBytes,
      ...(this.#segment !== undefined && { updatedAtMs: this.#segment.header.updatedAtMs }),
      ...(shown !== undefined && { failure: shown }),
    };
  }

  /** Opens the index on this disk. When its file is damaged, it is made again from the feed's blocks, in the background. */
  open(): void {
    const file = this.segmentFile;
    if (file === undefined) return;
    try {
      this.#segment = Segment.open(file);
    } catch (error) {
      this.#options.log.warn(asAppError(error).message);
      this.#later((signal) => this.#restore(signal));
    }
  }

  /** The owner says this now; older revisions and repetitions are ignored. True when it is news. Call `follow` after it. */
  announced(announcement: ShareAnnouncement, signed: SignedAnnouncement): boolean {
    const last = this.#row.announcement;
    if (announcement.revision <= last.revision) return false;
    this.#interrupt();
    if (!isSameFeed(announcement, last)) {
      this.#dropIndex(last.feedKey, announcement.feedKey);
      this.#row = { ...this.#row, indexedLength: 0 };
    }
    this.#row = { ...this.#row, announcement, signed, failure: undefined };
    saveCatalogRow(this.#options.database, this.#row);
    return true;
  }

  /** The owner is connected: brings the announced index here, and tries again while it fails in ways that pass. */
  follow(session: PeerSession, slots: Slots): void {
    this.#source = { session, slots };
    const { announcement, failure } = this.#row;
    if (failure !== undefined || announcement.feedLength === 0 || this.#isUpToDate) return;
    const followed = this.#followed;
    if (this.#isFollowing && followed?.session === session && followed.revision === announcement.revision) return;
    this.#interrupt();
    this.#isFollowing = true;
    this.#followed = { session, revision: announcement.revision };
    this.#later(async (signal) => {
      let waitMs: number = localLimits.reconnectMinMs;
      while (!signal.aborted && session.isOpen) {
        if (await this.#update(session, slots, signal)) return;
        await pause(waitMs, signal);
        waitMs = Math.min(waitMs * 2, localLimits.reconnectMaxMs);
      }
    });
  }

  /** The owner is gone. The index stays. */
  leave(): void {
    this.#source = undefined;
    this.#interrupt();
    this.#later(async () => {
      await this.#closeFeed();
    });
  }

  /** A read found the segment damaged. */
  repair(): void {
    this.#segment?.close();
    this.#segment = undefined;
    this.#later((signal) => this.#restore(signal));
  }

  /** Resolves when nothing runs any more. */
  async close(): Promise<void> {
    this.#interrupt();
    await this.#work;
    await this.#closeFeed();
    this.#segment?.close();
    this.#segment = undefined;
  }

  /** Forgets the share, and deletes its index and its feed. */
  async remove(): Promise<void> {
    deleteCatalogRow(this.#options.database, this.#row.peerId, this.#shareId);
    await this.close();
    this.#segments.remove(this.#shareId);
    await this.#options.feeds.letGo(this.#row.announcement.feedKey, this.#holder);
  }

  get #shareId(): ShareId {
    return this.#row.announcement.shareId;
  }

  get #isUpToDate(): boolean {
    return this.#segment !== undefined && this.#row.indexedLength === this.#row.announcement.feedLength;
  }

  get #holder(): string {
    return `${this.#row.peerId}/${this.#shareId}`;
  }

  #interrupt(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#isFollowing = false;
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

  /** One try. True when it is settled: up to date, or refused. */
  async #update(session: PeerSession, slots: Slots, signal: AbortSignal): Promise<boolean> {
    const { peerId, announcement, indexedLength } = this.#row;
    if (this.#isUpToDate) return true;
    try {
      if (announcement.feedLength < indexedLength)
        throw new AppError('protocol', 'The owner announced a shorter feed than before.');
      const feed = await this.#openFeed();
      if (session.isOpen) session.replicate(feed);
      await slots.run(async () => {
        const head = await feed.fetch(announcement.feedLength, { signal });
        checkHead(head, announcement);
        await this.#index(head, announcement.feedLength, signal);
      });
      this.#trouble = undefined;
      this.#isFollowing = false;
    } catch (thrown) {
      const error = asAppError(thrown);
      if (error.kind === 'cancelled' || signal.aborted) return true;
      if (error.kind === 'protocol') {
        await this.#refuse(error);
        this.#options.onHostile(peerId, error.message);
      } else {
        this.#trouble = { kind: error.kind, message: error.message };
        this.#options.log.warn(`"${announcement.title}": ${error.message}`);
      }
      this.#options.onChange(peerId, announcement.shareId);
      return error.kind === 'protocol';
    }
    this.#options.onChange(peerId, announcement.shareId);
    return true;
  }

  /** Makes the snapshot whose blocks are here the index that answers. */
  async #index(head: SnapshotHead, feedLength: number, signal: AbortSignal): Promise<void> {
    const feed = await this.#openFeed();
    const temporary = this.#segments.temporary(this.#shareId);
    await this.#options.decodeSlots.run(() => writeSegment(head, temporary, { block: (index) => feed.local(index), signal }));
    if (signal.aborted) throw new AppError('cancelled', 'Reading the index was stopped.');
    const file = this.#segments.commit(temporary, this.#shareId, feedLength);
    const segment = Segment.open(file);
    this.#row = { ...this.#row, indexedLength: feedLength };
    saveCatalogRow(this.#options.database, this.#row);
    this.#segment?.close();
    this.#segment = segment;
    this.#segments.remove(this.#shareId, file);
    await feed.clearBefore(head.firstBlock);
  }

  async #restore(signal: AbortSignal): Promise<void> {
    const length = this.#row.indexedLength;
    if (length === 0) return;
    try {
      const head = await (await this.#openFeed()).localHead(length);
      if (head === undefined)
        throw new AppError('unavailable', `The index of "${this.#row.announcement.title}" comes back with its owner.`);
      await this.#index(head, length, signal);
    } catch (error) {
      if (asAppError(error).kind === 'cancelled') return;
      this.#row = { ...this.#row, indexedLength: 0 };
      saveCatalogRow(this.#options.database, this.#row);
      if (this.#source !== undefined) this.follow(this.#source.session, this.#source.slots);
      throw error;
    } finally {
      this.#options.onChange(this.#row.peerId, this.#shareId);
    }
  }

  async #refuse(error: AppError): Promise<void> {
    const { feedKey } = this.#row.announcement;
    this.#isFollowing = false;
    this.#row = { ...this.#row, indexedLength: 0, failure: { kind: error.kind, message: error.message } };
    saveCatalogRow(this.#options.database, this.#row);
    this.#segment?.close();
    this.#segment = undefined;
    this.#segments.remove(this.#shareId);
    await this.#closeFeed();
    await this.#options.feeds.letGo(feedKey, this.#holder);
  }

  /** The owner began a new feed: the old index goes. */
  #dropIndex(feedKey: Uint8Array, nextKey: Uint8Array): void {
    this.#segment?.close();
    this.#segment = undefined;
    this.#later(async () => {
      await this.#closeFeed();
      this.#segments.remove(this.#shareId);
      if (!Buffer.from(feedKey).equals(nextKey)) await this.#options.feeds.letGo(feedKey, this.#holder);
    });
  }

  async #openFeed(): Promise<RemoteFeed> {
    const { feedKey, encryptionKey } = this.#row.announcement;
    this.#feed ??= await this.#options.feeds.remote({ feedKey, encryptionKey, holder: this.#holder });
    return this.#feed;
  }

  async #closeFeed(): Promise<void> {
    const feed = this.#feed;
    this.#feed = undefined;
    await feed?.close();
  }
}

function isSameFeed(one: ShareAnnouncement, other: ShareAnnouncement): boolean {
  return Buffer.from(one.feedKey).equals(other.feedKey) && Buffer.from(one.encryptionKey).equals(other.encryptionKey);
}

function checkHead(head: SnapshotHead, announcement: ShareAnnouncement): void {
  if (
    head.fileCount === announcement.fileCount &&
    head.folderCount === announcement.folderCount &&
    head.totalBytes === announcement.totalBytes
  )
    return;
  throw new AppError('protocol', 'The index holds other numbers than its owner announced.');
}

/** Resolves early when aborted. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}
