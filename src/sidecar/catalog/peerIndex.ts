// The index of one share of a peer on this disk: a segment, the deltas over it, and where in its feed they come from. Brings it to a feed
// length, packs it when its deltas outgrow memory, makes it again when its file is damaged. Decides nothing about peers, and keeps no row.
//
// Order of a change: the new segment gets its name, the row is saved (`onSaved`), and only then older segments and blocks go. A crash in
// between leaves the older state, or a file that the start sweeps away.

import { statSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../protocol/errors.ts';
import type { ShareId } from '../../protocol/ids.ts';
import { catalogLimits, indexLimits } from '../limits.ts';
import { noIndex, type IndexState } from './catalogRow.ts';
import type { FeedBlocks, RemoteFeed } from './feeds/remoteFeed.ts';
import { blockKinds } from './index/chunks.ts';
import { packIndex } from './index/compaction.ts';
import { decodeDelta } from './index/delta.ts';
import { decodeHead, type SnapshotHead } from './index/head.ts';
import { writeSegment } from './index/indexing.ts';
import { IndexView } from './index/indexView.ts';
import type { Delta, IndexCounts } from './index/rows.ts';
import { Segment } from './index/segment.ts';
import { searchFile, type SegmentFolder } from './index/segmentFolder.ts';
import type { Slots } from './slots.ts';

/** Search data comes beside the segment a while after it. */
const measureMs = 5_000;

export interface PeerIndexOptions {
  shareId: ShareId;
  segments: SegmentFolder;
  decodeSlots: Slots;
  /** Makes the state durable. */
  onSaved(): void;
  /** Another view answers from now on. */
  onIndexed(view: IndexView): void;
  /** The view took a step. */
  onChanged(delta: Delta): void;
}

export interface UpdateOptions {
  /** What the owner announced of the state that is fetched. */
  counts: IndexCounts;
  /** Throws when this share may not take so many bytes on this disk. */
  allow(bytes: number): void;
  /** Blocks that are here, of how many. */
  onProgress(blocks: number, ofBlocks: number): void;
  signal: AbortSignal;
}

export class PeerIndex {
  readonly #options: PeerIndexOptions;
  #state: IndexState;
  #view: IndexView | undefined;
  /** Of the snapshot; 0 until one was read here. */
  #firstBlock = 0;
  #fileBytes = 0;
  #measuredAt = 0;

  constructor(state: IndexState, options: PeerIndexOptions) {
    this.#state = state;
    this.#options = options;
  }

  get state(): Readonly<IndexState> {
    return this.#state;
  }

  /** The newest whole index. */
  get view(): IndexView | undefined {
    return this.#view;
  }

  /** Its segment file, which startup must not sweep away; undefined without one. */
  get file(): string | undefined {
    const { indexedLength, snapshotLength } = this.#state;
    return indexedLength === 0 ? undefined : this.#options.segments.file(this.#options.shareId, snapshotLength);
  }

  /** Segment, search data and feed. */
  get bytesOnDisk(): number {
    if (performance.now() - this.#measuredAt > measureMs) this.#measure();
    return this.#fileBytes + this.#state.feedBytes;
  }

  /** True when blocks of the feed are needed beside the segment. */
  get hasDeltas(): boolean {
    return this.#state.indexedLength > this.#state.snapshotLength;
  }

  /** Opens the segment and, when there are deltas, reads them from the feed. Throws `io` or `unavailable` when something is damaged. */
  async open(feed: () => Promise<RemoteFeed>): Promise<void> {
    const { file } = this;
    if (file === undefined) return;
    const view = new IndexView(Segment.open(file));
    try {
      if (this.hasDeltas) await this.#replay(view, (await feed()).local, this.#state);
    } catch (error) {
      view.close();
      throw error;
    }
    this.#answerFrom(view);
  }

  /** Brings here the state that ends at `length`. Throws as RemoteFeed.reading; `protocol` when the content breaks the rules. */
  async update(feed: RemoteFeed, length: number, options: UpdateOptions): Promise<void> {
    if (length < this.#state.indexedLength) throw wrong('its owner announced a shorter feed than before');
    await feed.reading(
      async (blocks, { signal }) => {
        const last = await blocks.block(length - 1);
        const end = endOf(last, length - 1);
        checkCounts(end.counts, options.counts);
        if (length - 1 - end.headBlock > 2 * indexLimits.deltaBlocks) throw wrong('it has too many deltas for one snapshot');
        const isNext = this.#view !== undefined && end.headBlock === this.#state.headBlock;
        if (isNext) await this.#follow(blocks, length, { ...options, signal });
        else await this.#snapshot(blocks, end.headBlock, length, { ...options, signal });
      },
      { signal: options.signal },
    );
    await feed.clearBefore(this.#firstBlock);
  }

  /** Makes the segment again from the blocks on this disk. Throws `unavailable` when some are missing. */
  async restore(feed: RemoteFeed, signal: AbortSignal): Promise<void> {
    const { indexedLength, headBlock } = this.#state;
    this.#letGo();
    await this.#snapshot(feed.local, headBlock, indexedLength, { allow: () => undefined, onProgress: () => undefined, signal });
  }

  /** Writes segment and deltas as one new segment. Throws `protocol` when the deltas claimed other counts than there are. */
  async pack(signal: AbortSignal): Promise<void> {
    const { shareId, segments, decodeSlots } = this.#options;
    await decodeSlots.run(async () => {
      const view = this.#view;
      if (view === undefined || !this.hasDeltas || signal.aborted) return;
      const { overlay, updatedAtMs } = view;
      const path = segments.temporary(shareId);
      await packIndex({ segmentPath: view.segment.path, overlay, path, withChunks: false, updatedAtMs }, { signal });
      signal.throwIfAborted();
      const next = new IndexView(Segment.open(segments.commit(path, shareId, this.#state.indexedLength)));
      this.#replace(next, { ...this.#state, snapshotLength: this.#state.indexedLength });
    });
  }

  /** Forgets the index, and deletes its files. */
  drop(): void {
    this.#letGo();
    this.#state = noIndex;
    this.#fileBytes = 0;
    this.#options.segments.remove(this.#options.shareId);
  }

  close(): void {
    this.#letGo();
  }

  #measure(): void {
    const { file } = this;
    this.#fileBytes = file === undefined ? 0 : sizeOf(file) + sizeOf(searchFile(file));
    this.#measuredAt = performance.now();
  }

  /** Takes the deltas that are missing into the view, one after the other. */
  async #follow(blocks: FeedBlocks, length: number, options: UpdateOptions): Promise<void> {
    const view = this.#view;
    if (view === undefined) return;
    const first = this.#state.indexedLength;
    const next = blocks.ahead(first, length);
    try {
      for (let index = first; index < length; index++) {
        const block = await next(index);
        options.signal.throwIfAborted();
        options.allow(this.bytesOnDisk + block.length);
        const delta = deltaOf(block, index, this.#state.headBlock);
        view.apply(delta);
        checkOverlay(view);
        const feedBytes = this.#state.feedBytes + block.length;
        if (feedBytes > indexLimits.feedBytes) throw wrong(`it is larger than ${indexLimits.feedBytes} bytes`);
        this.#state = { ...this.#state, indexedLength: index + 1, feedBytes };
        this.#options.onChanged(delta);
        options.onProgress(index + 1 - first, length - first);
        await setImmediate();
      }
    } finally {
      if (this.#state.indexedLength > first) this.#options.onSaved();
    }
  }

  /** A new segment from a snapshot, and the deltas after it. */
  async #snapshot(blocks: FeedBlocks, headBlock: number, length: number, options: Omit<UpdateOptions, 'counts'>): Promise<void> {
    const { shareId, segments } = this.#options;
    const { signal } = options;
    const headBytes = await blocks.block(headBlock);
    const head = decodeHead(headBytes, headBlock);
    const feedBytes = headBytes.length + head.chunks.reduce((sum, chunk) => sum + chunk.sizeBytes, 0);
    options.allow(feedBytes + (head.fileCount + head.folderCount) * catalogLimits.entryDiskBytes);
    const ofBlocks = length - head.firstBlock;
    options.onProgress(1, ofBlocks);
    const state = { indexedLength: headBlock + 1, snapshotLength: headBlock + 1, headBlock, feedBytes };
    const next = blocks.ahead(head.firstBlock, headBlock);
    const take = async (index: number): Promise<Uint8Array> => {
      const block = await next(index);
      options.onProgress(index - head.firstBlock + 1, ofBlocks);
      return block;
    };
    const file = await this.#decode(head, headBlock, take, signal);
    const view = new IndexView(Segment.open(file));
    try {
      const deltas = { ...state, indexedLength: length };
      state.feedBytes += await this.#replay(view, blocks, deltas, options);
      state.indexedLength = length;
      signal.throwIfAborted();
    } catch (error) {
      view.close();
      segments.remove(shareId, this.file);
      throw error;
    }
    this.#firstBlock = head.firstBlock;
    this.#replace(view, state);
  }

  /** Decodes while blocks come, unless they come slowly: then others have their turn first. Answers the file. */
  async #decode(
    head: SnapshotHead,
    headBlock: number,
    take: (index: number) => Promise<Uint8Array>,
    signal: AbortSignal,
  ): Promise<string> {
    const { shareId, segments, decodeSlots } = this.#options;
    await bring(head, headBlock, take, { isWhole: false });
    for (let isWhole = false; ; isWhole = true) {
      const file = await decodeSlots.run(async () => {
        signal.throwIfAborted();
        const temporary = segments.temporary(shareId);
        const late = new Lateness();
        const block = (index: number): Promise<Uint8Array> => (isWhole ? take(index) : late.race(take(index)));
        try {
          await writeSegment(head, temporary, { block, signal });
        } catch (error) {
          if (error === late.tooLate) return undefined;
          throw error;
        }
        signal.throwIfAborted();
        return segments.commit(temporary, shareId, headBlock + 1);
      });
      if (file !== undefined) return file;
      await bring(head, headBlock, take, { isWhole: true });
    }
  }

  /** Applies the deltas between `snapshotLength` and `indexedLength` to a fresh view; answers their bytes. */
  async #replay(
    view: IndexView,
    blocks: FeedBlocks,
    state: IndexState,
    options: { allow?(bytes: number): void; signal?: AbortSignal } = {},
  ): Promise<number> {
    const next = blocks.ahead(state.snapshotLength, state.indexedLength);
    let bytes = 0;
    for (let index = state.snapshotLength; index < state.indexedLength; index++) {
      const block = await next(index);
      options.signal?.throwIfAborted();
      bytes += block.length;
      if (state.feedBytes + bytes > indexLimits.feedBytes) throw wrong(`it is larger than ${indexLimits.feedBytes} bytes`);
      options.allow?.(view.segment.header.bodyBytes + state.feedBytes + bytes);
      view.apply(deltaOf(block, index, state.headBlock));
      checkOverlay(view);
      await setImmediate();
    }
    return bytes;
  }

  /** The new view answers once its state is durable. */
  #replace(view: IndexView, state: IndexState): void {
    this.#letGo();
    this.#state = state;
    this.#answerFrom(view);
    this.#options.onSaved();
    this.#options.segments.remove(this.#options.shareId, this.file);
  }

  #answerFrom(view: IndexView): void {
    this.#view = view;
    this.#measure();
    this.#options.onIndexed(view);
  }

  #letGo(): void {
    this.#view?.close();
    this.#view = undefined;
  }
}

/** Takes the chunks until the rest will be here soon, or all of them. */
async function bring(
  head: SnapshotHead,
  headBlock: number,
  take: (index: number) => Promise<unknown>,
  { isWhole }: { isWhole: boolean },
): Promise<void> {
  const startedAt = performance.now();
  for (let index = head.firstBlock; index < headBlock; index++) {
    const done = index - head.firstBlock;
    const restMs = ((performance.now() - startedAt) / done) * (headBlock - index);
    if (!isWhole && done > 0 && restMs < catalogLimits.decodeWaitMs) return;
    await take(index);
  }
}

/** How long a decoder, which others wait for, waited for its blocks. */
class Lateness {
  readonly tooLate = new AppError('unavailable', 'The index comes too slowly to be read meanwhile.');
  #leftMs: number = catalogLimits.decodeWaitMs;

  async race<T>(block: Promise<T>): Promise<T> {
    const startedAt = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(this.tooLate), Math.max(this.#leftMs, 0));
    });
    try {
      return await Promise.race([block, late]);
    } finally {
      clearTimeout(timer);
      this.#leftMs -= performance.now() - startedAt;
    }
  }
}

/** What the last block of a state says: a head, or a delta after it. */
function endOf(block: Uint8Array, index: number): { headBlock: number; counts: IndexCounts } {
  if (block[1] === blockKinds.head) return { headBlock: index, counts: decodeHead(block, index) };
  const { delta, headBlock } = decodeDelta(block, index);
  return { headBlock, counts: delta.counts };
}

function deltaOf(block: Uint8Array, index: number, headBlock: number): Delta {
  const { delta, headBlock: named } = decodeDelta(block, index);
  if (named !== headBlock) throw wrong('one of its deltas belongs to another snapshot');
  return delta;
}

/** Owners write a new snapshot long before. */
function checkOverlay(view: IndexView): void {
  if (view.overlayEntries > indexLimits.overlayEntriesRead) throw wrong('it has too many changes for one snapshot');
}

function checkCounts(counts: IndexCounts, announced: IndexCounts): void {
  if (
    counts.fileCount !== announced.fileCount ||
    counts.folderCount !== announced.folderCount ||
    counts.totalBytes !== announced.totalBytes
  )
    throw wrong('it holds other numbers than its owner announced');
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    // Not written yet.
    return 0;
  }
}

function wrong(why: string): AppError {
  return new AppError('protocol', `The index cannot be taken: ${why}.`);
}
