// The index of one own share on this disk: keeps segment file, feed and row in step. Knows nothing of walking, watching and states.
//
// A feed is a snapshot (chunks, then a head) and the deltas after it. Order of a change, so that a crash at any point leaves a state that
// an earlier announcement describes: blocks are appended, the segment gets its name, the row is updated, and only then older segments and
// blocks go. What was appended without the row knowing is adopted if it is deltas, and left behind by a new snapshot if not.

import { randomBytes } from 'node:crypto';
import { AppError, asAppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { Feeds, OwnFeed } from '../catalog/feeds/feeds.ts';
import type { Chunk } from '../catalog/index/chunks.ts';
import { packIndex } from '../catalog/index/compaction.ts';
import { decodeDelta, encodeDelta } from '../catalog/index/delta.ts';
import { decodeHead, encodeHead, type SnapshotHead } from '../catalog/index/head.ts';
import { writeSegment } from '../catalog/index/indexing.ts';
import type { IndexListener } from '../catalog/index/indexListener.ts';
import { IndexView } from '../catalog/index/indexView.ts';
import type { Delta, IndexCounts } from '../catalog/index/rows.ts';
import { Segment } from '../catalog/index/segment.ts';
import type { SegmentFolder } from '../catalog/index/segmentFolder.ts';
import { indexLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Database } from '../storage/database.ts';
import { checkRoom } from '../storage/freeSpace.ts';
import type { ShareAnnouncement } from '../wire/services.ts';
import { OwnDetails } from './details/ownDetails.ts';
import { updateShare, type ShareRow } from './shareRow.ts';

export interface OwnIndexOptions {
  database: Database;
  feeds: Feeds;
  listener: IndexListener | undefined;
  log: Log;
  ownPeerId: PeerId;
  segments: SegmentFolder;
}

/** A new whole index that a walk or a compaction wrote. */
export interface WrittenIndex {
  /** The segment file under its temporary name. */
  temporary: string;
  chunks: Chunk[];
  counts: IndexCounts;
  updatedAtMs: number;
}

/** Deltas of a share may take this much before they are weighed against the snapshot. */
const smallDeltaBytes = 64 * 1024;
/** So many steps may still go out while packing fails. */
const spareDeltaBlocks = 64;

export class OwnIndex {
  /** The feed of what is known of its files beyond their names. */
  readonly details: OwnDetails;
  readonly #options: OwnIndexOptions;
  #row: ShareRow;
  #feed: OwnFeed | undefined;
  #view: IndexView | undefined;
  #snapshotBytes = 0;
  #deltaBytes = 0;
  /** The view has changes that the feed has not, or the feed ends with blocks that belong to nothing: only a snapshot goes on from here. */
  #needsSnapshot = false;
  /** A delta that the view has and that is on its way into feed and row; without a block it can only go out in a snapshot. */
  #pending: { delta: Delta; block: Uint8Array | undefined; isAppended: boolean } | undefined;
  /** Keys of feeds that a newer one replaced. */
  readonly #earlierKeys: Uint8Array[] = [];
  #firstBlock = 0;

  constructor(row: ShareRow, options: OwnIndexOptions) {
    this.#row = row;
    this.#options = options;
    const { feeds, log } = options;
    this.details = new OwnDetails({ feeds, log, row: () => this.#row, save: (change) => this.save(change) });
  }

  get row(): Readonly<ShareRow> {
    return this.#row;
  }

  get feed(): OwnFeed | undefined {
    return this.#feed;
  }

  /** The index as it is now; undefined while there is none. */
  get view(): IndexView | undefined {
    return this.#view;
  }

  /** Undefined until there is a whole index. */
  get announcement(): ShareAnnouncement | undefined {
    if (this.#feed === undefined || this.#row.feedLength === 0) return undefined;
    const { shareId, title, encryptionKey, feedLength, fileCount, folderCount, totalBytes, revision, scannedAtMs } = this.#row;
    const updatedAtMs = this.#view?.updatedAtMs ?? scannedAtMs ?? 0;
    const feedKey = this.#feed.key;
    const details = this.details.announced;
    return {
      ...{ shareId, title, feedKey, encryptionKey, feedLength, fileCount, folderCount, totalBytes, revision, updatedAtMs },
      ...(details !== undefined && { details }),
    };
  }

  /** What the view has can only be published as a snapshot, or by `flush`. */
  get isBehind(): boolean {
    return this.#isNewDue || this.#pending !== undefined;
  }

  /** What was applied last goes out as a delta. */
  get mayFlush(): boolean {
    return !this.#isNewDue && this.#pending?.block !== undefined;
  }

  /** The deltas outgrew the snapshot: readers are better off with a new one. */
  get isOutgrown(): boolean {
    const { snapshotLength, feedLength } = this.#row;
    return (
      (this.#view?.overlayEntries ?? 0) > indexLimits.overlayEntries / 2 ||
      feedLength - snapshotLength > indexLimits.deltaBlocks - spareDeltaBlocks ||
      this.#deltaBytes > Math.max(smallDeltaBytes, this.#snapshotBytes / 2)
    );
  }

  /** The next change is published as a snapshot, whatever it is. */
  distrust(): void {
    this.#needsSnapshot = true;
  }

  save(change: Partial<ShareRow>): void {
    const row = { ...this.#row, ...change };
    updateShare(this.#options.database, row);
    this.#row = row;
  }

  /**
   * Opens feed and index. True when the index is what was last published; false when the folder must be scanned, with or without an index
   * to answer from meanwhile.
   */
  async open(): Promise<boolean> {
    const { feeds, log } = this.#options;
    const { shareId, title, encryptionKey, feedLength } = this.#row;
    this.#feed = await feeds.own(shareId, encryptionKey);
    if (this.#feed.length < feedLength) {
      // A power cut took blocks that peers may have. Writing others under the same numbers would be a fork: begin a new feed.
      log.warn(`The feed of "${title}" lost its end and is made anew`);
      await feeds.removeOwn(shareId, encryptionKey);
      this.#options.segments.remove(shareId);
      const key = new Uint8Array(randomBytes(32));
      const none = { feedLength: 0, snapshotLength: 0, needsNewKeys: 0 };
      this.save({ encryptionKey: key, ...none, revision: this.#row.revision + 1 });
      this.#feed = await feeds.own(shareId, key);
    }
    await this.details.open();
    return this.#row.feedLength > 0 && (await this.#openView(this.#feed));
  }

  /** The segment file turned out damaged: makes it anew from the feed. As `open`. */
  async reopen(): Promise<boolean> {
    this.#view?.close();
    this.#view = undefined;
    this.#options.segments.remove(this.#row.shareId);
    return this.#feed !== undefined && this.#row.feedLength > 0 && (await this.#openView(this.#feed));
  }

  /** Takes one step into the view; `flush`, or a snapshot, publishes it. Throws `protocol` when it contradicts the index. */
  apply(delta: Delta): void {
    const view = this.#view;
    if (view === undefined) throw new AppError('internal', 'A delta came for a share that has no index.');
    const block = this.isBehind || this.#isFull(view) ? undefined : blockFor(delta, this.#row.snapshotLength - 1);
    view.apply(delta);
    this.#pending = { delta, block, isAppended: false };
    this.#options.listener?.changed(this.#options.ownPeerId, this.#row.shareId, delta);
  }

  /** Brings what was applied into feed and row. After a failure it goes on where it stopped. */
  async flush(): Promise<void> {
    const pending = this.#pending;
    const feed = this.#feed;
    if (pending?.block === undefined || feed === undefined) return;
    if (!pending.isAppended) {
      this.#checkRoom([pending.block]);
      await feed.append([pending.block]);
      pending.isAppended = true;
    }
    this.save({ feedLength: feed.length, ...countsOf(pending.delta.counts), revision: this.#row.revision + 1 });
    this.#deltaBytes += pending.block.length;
    this.#pending = undefined;
  }

  /** Packs segment and overlay into a new snapshot and publishes it, without looking at the folder. */
  async pack(options: { signal: AbortSignal }): Promise<void> {
    const view = this.#view;
    if (view === undefined) throw new AppError('internal', 'There is no index to make a snapshot of.');
    const temporary = this.#options.segments.temporary(this.#row.shareId);
    const { updatedAtMs, overlay } = view;
    const source = { segmentPath: view.segment.path, overlay, path: temporary, withChunks: true, updatedAtMs };
    const { chunks, counts } = await packIndex(source, options);
    await this.publish({ temporary, chunks: chunks ?? [], counts, updatedAtMs }, {});
  }

  /**
   * Publishes a new snapshot; `change` goes into the row with it. What it replaces stays until `tidy`, for those who still read the
   * older segment.
   */
  async publish(written: WrittenIndex, change: Partial<ShareRow>): Promise<void> {
    const { segments, feeds, ownPeerId, listener } = this.#options;
    const { shareId, encryptionKey } = this.#row;
    const earlier = this.#feed;
    if (earlier === undefined) throw new AppError('internal', 'A share was scanned before its feed was opened.');
    // A feed has an end of numbers: long before it, a new one begins, under a key of its own.
    // So it does when somebody knows the key who may not see the share any more.
    const { needsNewKeys } = this.#row;
    const isNew = earlier.length > indexLimits.feedBlocks / 2 || needsNewKeys !== 0;
    const key = isNew ? new Uint8Array(randomBytes(32)) : encryptionKey;
    const feed = isNew ? await feeds.own(shareId, key) : earlier;
    const { chunks, counts, updatedAtMs } = written;
    const firstBlock = feed.length;
    const infos = chunks.map(({ entryCount, sizeBytes, firstFolder }) => ({ entryCount, sizeBytes, firstFolder }));
    const head = encodeHead({ updatedAtMs, firstBlock, ...countsOf(counts), chunks: infos });
    this.#checkRoom([...chunks.map(({ block }) => block), head]);
    this.#needsSnapshot = true;
    // One by one: all of a million entries at once would hold up everything else for a tenth of a second.
    for (const chunk of chunks) await feed.append([chunk.block]);
    const feedLength = await feed.append([head]);
    const file = segments.commit(written.temporary, shareId, feedLength);
    const view = new IndexView(Segment.open(file));
    const revision = this.#row.revision + 1;
    // Asked for once more meanwhile: the key of this feed was told to nobody yet.
    const keys = { encryptionKey: key, ...(isNew && { needsNewKeys: 0 }) };
    this.save({ ...change, ...countsOf(counts), ...keys, feedLength, snapshotLength: feedLength, revision });
    this.#needsSnapshot = false;
    this.#pending = undefined;
    this.#feed = feed;
    this.#snapshotBytes = infos.reduce((sum, { sizeBytes }) => sum + sizeBytes, head.length);
    this.#deltaBytes = 0;
    this.#replaceView(view);
    this.#firstBlock = firstBlock;
    if (isNew) this.#earlierKeys.push(encryptionKey);
    listener?.indexed(ownPeerId, shareId, view);
  }

  /** Deletes the segments, blocks and feeds that newer ones replaced. */
  async tidy(): Promise<void> {
    const { segments, feeds, log } = this.#options;
    const { shareId, snapshotLength } = this.#row;
    try {
      segments.remove(shareId, segments.file(shareId, snapshotLength));
      for (const key of this.#earlierKeys.splice(0)) await feeds.removeOwn(shareId, key);
      await this.#feed?.clearBefore(this.#firstBlock);
    } catch (error) {
      log.warn(`An older index of "${this.#row.title}" stays until the next start: ${asAppError(error).message}`);
    }
  }

  /** Lets go of the segment file. */
  close(): void {
    this.#view?.close();
    this.#view = undefined;
  }

  /** Deletes index and feed from this disk. */
  async remove(): Promise<void> {
    this.close();
    const { segments, feeds, listener, ownPeerId } = this.#options;
    listener?.gone(ownPeerId, this.#row.shareId);
    segments.remove(this.#row.shareId);
    this.#feed = undefined;
    await this.details.remove();
    await feeds.removeOwn(this.#row.shareId, this.#row.encryptionKey);
  }

  async #openView(feed: OwnFeed): Promise<boolean> {
    const { snapshotLength } = this.#row;
    const head = await headOf(feed, snapshotLength);
    const segment = await this.#segment(feed, head);
    if (segment === undefined) return false;
    const view = new IndexView(segment);
    this.#snapshotBytes = head?.chunks.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) ?? 0;
    this.#firstBlock = head?.firstBlock ?? 0;
    this.#deltaBytes = 0;
    let length = snapshotLength;
    try {
      for (; length < feed.length; length++) {
        const block = await blockOf(feed, length);
        const { delta, headBlock } = decodeDelta(block, length);
        if (headBlock !== snapshotLength - 1) throw new AppError('io', 'A delta is of another snapshot.');
        view.apply(delta);
        this.#deltaBytes += block.length;
      }
    } catch (error) {
      this.#options.log.warn(`The feed of "${this.#row.title}" is whole up to block ${length}: ${asAppError(error).message}`);
    }
    this.#needsSnapshot = length < feed.length || head === undefined;
    this.#pending = undefined;
    this.#replaceView(view);
    // Appended before a crash, and the row was not told any more.
    if (length > this.#row.feedLength)
      this.save({ feedLength: length, ...countsOf(view.counts), revision: this.#row.revision + 1 });
    this.#options.listener?.indexed(this.#options.ownPeerId, this.#row.shareId, view);
    return length >= this.#row.feedLength;
  }

  async #segment(feed: OwnFeed, head: SnapshotHead | undefined): Promise<Segment | undefined> {
    const { segments, log } = this.#options;
    const { shareId, snapshotLength } = this.#row;
    const file = segments.file(shareId, snapshotLength);
    try {
      return Segment.open(file);
    } catch (error) {
      log.warn(asAppError(error).message);
    }
    if (head === undefined) return undefined;
    try {
      const temporary = segments.temporary(shareId);
      await writeSegment(head, temporary, { block: (index) => blockOf(feed, index), signal: new AbortController().signal });
      const segment = Segment.open(segments.commit(temporary, shareId, snapshotLength));
      log.info(`The index of "${this.#row.title}" was made anew from its feed`);
      return segment;
    } catch (error) {
      log.warn(asAppError(error).message);
      return undefined;
    }
  }

  /** Only a snapshot goes on from here. */
  get #isNewDue(): boolean {
    return this.#needsSnapshot || this.#row.needsNewKeys !== 0;
  }

  /** No delta may follow: what it may take of peers' patience and our memory is used up. */
  #isFull(view: IndexView): boolean {
    const { snapshotLength, feedLength } = this.#row;
    return view.overlayEntries > indexLimits.overlayEntries || feedLength - snapshotLength >= indexLimits.deltaBlocks;
  }

  #checkRoom(blocks: Uint8Array[]): void {
    checkRoom(
      this.#options.segments.path,
      blocks.reduce((sum, { length }) => sum + length, 0),
    );
  }

  #replaceView(view: IndexView): void {
    this.#view?.close();
    this.#view = view;
  }
}

/** Undefined when it is more than a block may hold. */
function blockFor(delta: Delta, headBlock: number): Uint8Array | undefined {
  try {
    return encodeDelta(delta, headBlock);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Undefined when it is not on this disk any more, or is no head. */
async function headOf(feed: OwnFeed, snapshotLength: number): Promise<SnapshotHead | undefined> {
  try {
    return decodeHead(await blockOf(feed, snapshotLength - 1), snapshotLength - 1);
  } catch {
    return undefined; // The segment alone still answers; a scan makes the next snapshot.
  }
}

async function blockOf(feed: OwnFeed, index: number): Promise<Uint8Array> {
  const block = await feed.core.get(index, { wait: false });
  if (block === null) throw new AppError('io', `Block ${index} of a feed of ours is not on this disk.`);
  return block;
}

function countsOf({ fileCount, folderCount, totalBytes }: IndexCounts): IndexCounts {
  return { fileCount, folderCount, totalBytes };
}
