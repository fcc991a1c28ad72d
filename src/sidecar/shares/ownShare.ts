// One own share from opening to removal: scans it, keeps segment file, feed and row in step, and says what to announce.
//
// Order of a change, so that a crash at any point leaves a state that an earlier announcement describes: blocks are appended, the segment
// gets its name, the row is updated, and only then older segments and blocks go.

import { randomBytes } from 'node:crypto';
import { AppError, asAppError } from '../../protocol/errors.ts';
import type { Failure, ShareInfo } from '../../protocol/model.ts';
import type { ShareId } from '../../protocol/ids.ts';
import type { Feeds, OwnFeed } from '../catalog/feeds/feeds.ts';
import { encodeHead } from '../catalog/index/head.ts';
import { Segment } from '../catalog/index/segment.ts';
import type { SegmentFolder } from '../catalog/index/segmentFolder.ts';
import type { Slots } from '../catalog/slots.ts';
import { indexLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { Database } from '../storage/database.ts';
import type { ShareAnnouncement } from '../wire/services.ts';
import { scan } from './scan.ts';
import { skippedCountsOf, updateShare, type ShareRow } from './shareRow.ts';
import type { Walked } from './walkWorker.ts';

export interface OwnShareOptions {
  database: Database;
  feeds: Feeds;
  log: Log;
  segments: SegmentFolder;
  slots: Slots;
  onChange(shareId: ShareId): void;
}

export class OwnShare {
  readonly #options: OwnShareOptions;
  #row: ShareRow;
  #feed: OwnFeed | undefined;
  #segment: Segment | undefined;
  #failure: Failure | undefined;
  #scannedEntries: number | undefined;
  #isScanning = false;
  /** The scan that waits for its turn: later calls join it, since it has not looked at the folder yet. */
  #waiting: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;
  readonly #stop = new AbortController();

  constructor(row: ShareRow, options: OwnShareOptions) {
    this.#row = row;
    this.#options = options;
  }

  get info(): ShareInfo {
    const { shareId, title, path, fileCount, folderCount, totalBytes, addedAtMs, scannedAtMs } = this.#row;
    const isScanning = this.#isScanning || (this.#waiting !== undefined && scannedAtMs === null);
    return {
      shareId,
      title,
      path,
      state: isScanning ? 'scanning' : this.#failure === undefined ? 'ready' : 'failed',
      fileCount,
      folderCount,
      totalBytes,
      skippedCounts: skippedCountsOf(this.#row),
      addedAtMs,
      ...(scannedAtMs !== null && { scannedAtMs }),
      ...(isScanning && this.#scannedEntries !== undefined && { scannedEntries: this.#scannedEntries }),
      ...(!isScanning && this.#failure !== undefined && { failure: this.#failure }),
    };
  }

  get feed(): OwnFeed | undefined {
    return this.#feed;
  }

  get segment(): Segment | undefined {
    return this.#segment;
  }

  /** Undefined until there is a whole index. */
  get announcement(): ShareAnnouncement | undefined {
    if (this.#feed === undefined || this.#row.feedLength === 0) return undefined;
    const { shareId, title, encryptionKey, feedLength, fileCount, folderCount, totalBytes, revision, scannedAtMs } = this.#row;
    const updatedAtMs = this.#segment?.header.updatedAtMs ?? scannedAtMs ?? 0;
    const feedKey = this.#feed.key;
    return { shareId, title, feedKey, encryptionKey, feedLength, fileCount, folderCount, totalBytes, revision, updatedAtMs };
  }

  /** Opens feed and segment. A damaged segment is made anew by the next scan. */
  async open(): Promise<void> {
    const { feeds, segments, log } = this.#options;
    const { shareId, feedLength } = this.#row;
    let feed = await feeds.own(shareId, this.#row.encryptionKey);
    const isLong = feed.length > indexLimits.feedBlocks / 2;
    if (feed.length < feedLength || isLong) {
      // A power cut took blocks that peers may have. Writing others under the same numbers would be a fork: begin a new feed.
      log.warn(`The feed of "${this.#row.title}" ${isLong ? 'has become long' : 'lost its end'} and is made anew`);
      await feeds.removeOwn(shareId, this.#row.encryptionKey);
      this.#save({ encryptionKey: new Uint8Array(randomBytes(32)), feedLength: 0, revision: this.#row.revision + 1 });
      feed = await feeds.own(shareId, this.#row.encryptionKey);
    }
    this.#feed = feed;
    if (this.#row.feedLength === 0) return;
    try {
      this.#segment = Segment.open(segments.file(shareId, feedLength));
    } catch (error) {
      log.warn(asAppError(error).message);
    }
  }

  /** Its feed cannot be opened: nothing is offered, and the state says why. */
  fail(error: AppError): void {
    const message = `The index of "${this.#row.title}" cannot be opened (${error.message}). Stop sharing the folder and share it again.`;
    this.#failure = { kind: error.kind, message, data: error.data };
    this.#options.log.error(message);
  }

  rename(title: string): void {
    this.#save({ title, revision: this.#row.revision + 1 });
    this.#options.onChange(this.#row.shareId);
  }

  /** Resolves when the folder was walked after this call. Never rejects: a failure becomes the state. */
  scan(): Promise<void> {
    if (this.#waiting !== undefined) return this.#waiting;
    const waiting = this.#last.then(() =>
      this.#options.slots.run(async () => {
        this.#waiting = undefined;
        this.#running = this.#scan();
        await this.#running;
      }),
    );
    this.#waiting = waiting;
    this.#last = waiting;
    return waiting;
  }

  /** The segment file turned out damaged: it is made anew from the folder. */
  repair(): void {
    this.#segment?.close();
    this.#segment = undefined;
    void this.scan();
  }

  /** Stops scanning and lets go of the files. */
  async close(): Promise<void> {
    this.#stop.abort();
    // Not `#last`: one that waits for its turn ends by itself when it comes.
    await this.#running;
    this.#segment?.close();
    this.#segment = undefined;
  }

  /** As close, and deletes index and feed from this disk. */
  async remove(): Promise<void> {
    await this.close();
    this.#options.segments.remove(this.#row.shareId);
    this.#feed = undefined;
    await this.#options.feeds.removeOwn(this.#row.shareId, this.#row.encryptionKey);
  }

  async #scan(): Promise<void> {
    const { shareId, path } = this.#row;
    if (this.#stop.signal.aborted) return;
    this.#isScanning = true;
    this.#scannedEntries = 0;
    this.#options.onChange(shareId);
    const updatedAtMs = Date.now();
    try {
      const temporary = this.#options.segments.temporary(shareId);
      const index = { path: temporary, updatedAtMs, lastHash: this.#segment?.header.contentHash };
      const walked = await scan(
        { root: path, index },
        { signal: this.#stop.signal, onProgress: (entries) => this.#onProgress(entries) },
      );
      if (walked.chunks === undefined)
        this.#save({ scannedAtMs: updatedAtMs, skippedCounts: JSON.stringify(walked.skippedCounts) });
      else await this.#publish(walked, walked.chunks, { temporary, updatedAtMs });
      this.#failure = undefined;
    } catch (thrown) {
      const error = asAppError(thrown);
      if (error.kind === 'cancelled') return;
      this.#failure = { kind: error.kind, message: error.message, data: error.data };
      this.#options.log.warn(error.message);
    } finally {
      this.#isScanning = false;
      this.#scannedEntries = undefined;
      if (!this.#stop.signal.aborted) this.#options.onChange(shareId);
    }
  }

  #onProgress(entries: number): void {
    this.#scannedEntries = entries;
    this.#options.onChange(this.#row.shareId);
  }

  async #publish(
    walked: Walked,
    chunks: NonNullable<Walked['chunks']>,
    written: { temporary: string; updatedAtMs: number },
  ): Promise<void> {
    const feed = this.#feed;
    if (feed === undefined) throw new AppError('internal', 'A share was scanned before its feed was opened.');
    const { segments, log } = this.#options;
    const { fileCount, folderCount, totalBytes } = walked;
    const { updatedAtMs } = written;
    const firstBlock = feed.length;
    const infos = chunks.map(({ entryCount, sizeBytes, firstFolder }) => ({ entryCount, sizeBytes, firstFolder }));
    const head = encodeHead({ updatedAtMs, firstBlock, fileCount, folderCount, totalBytes, chunks: infos });
    const feedLength = await feed.append([...chunks.map((chunk) => chunk.block), head]);
    const file = segments.commit(written.temporary, this.#row.shareId, feedLength);
    const segment = Segment.open(file);
    const skippedCounts = JSON.stringify(walked.skippedCounts);
    const revision = this.#row.revision + 1;
    this.#save({ feedLength, fileCount, folderCount, totalBytes, skippedCounts, revision, scannedAtMs: updatedAtMs });
    this.#segment?.close();
    this.#segment = segment;
    segments.remove(this.#row.shareId, file);
    await feed.clearBefore(firstBlock);
    log.info(`"${this.#row.title}" was scanned: ${fileCount} files in ${folderCount} folders`);
  }

  #save(change: Partial<ShareRow>): void {
    this.#row = { ...this.#row, ...change };
    updateShare(this.#options.database, this.#row);
  }
}
