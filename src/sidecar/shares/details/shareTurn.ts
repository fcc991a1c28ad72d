// One own share's turn at being described: what is not known of its files is found out, slowly, and told in blocks. describing.ts gives out
// the turns.

import { setTimeout as wait } from 'node:timers/promises';
import type { ShareId } from '../../../protocol/ids.ts';
import type { DetailState, FileState } from '../../catalog/details/detailMessages.ts';
import type { DetailRecord } from '../../catalog/details/detailRecord.ts';
import { detailLimits } from '../../limits.ts';
import { pathBelow, type SafePath } from '../../storage/safePath.ts';
import type { Describer } from './describer.ts';
import type { DescribedShare, DescribingOptions } from './describing.ts';

/** What is to be done for one share. */
export interface Work {
  isComparing: boolean;
  isForgetting: boolean;
  /** Its folder was not there: nothing is looked at until it is back. */
  isAway: boolean;
  changed: Map<string, FileState>;
}

export interface TurnParts extends DescribingOptions {
  key: string;
  describer: Describer;
  signal: AbortSignal;
  /** Undefined once it is gone or paused. */
  current(): DescribedShare | undefined;
  state(): DetailState | undefined;
  setState(state: DetailState): void;
  lastTold(): number;
  told(): void;
}

/** One share, until nothing is left to find out, or it is paused. */
export class ShareTurn {
  readonly #shareId: ShareId;
  readonly #work: Work;
  readonly #parts: TurnParts;
  #waiting: DetailRecord[] = [];
  #previewBytes = 0;
  #publishMs: number = detailLimits.publishMinMs;
  #isRootGone = false;

  constructor(shareId: ShareId, work: Work, parts: TurnParts) {
    this.#shareId = shareId;
    this.#work = work;
    this.#parts = parts;
  }

  async run(): Promise<void> {
    const { log } = this.#parts;
    const share = this.#parts.current();
    if (share === undefined) return;
    await this.#prepare(share);
    const { title, feedLength } = share.row;
    if (this.#work.isComparing && this.#parts.state()?.doneLength === feedLength) this.#work.isComparing = false;
    const isLong = this.#work.isComparing;
    if (isLong) log.info(`Looking into the files of "${title}"`);
    while (this.#parts.current() !== undefined && (this.#work.isComparing || this.#work.changed.size > 0) && !this.#isRootGone) {
      if (this.#work.isComparing) await this.#compare();
      await this.#changes();
    }
    await this.#flush();
    const { isComparing, changed } = this.#work;
    const now = this.#parts.current();
    if (now === undefined || this.#isRootGone || isComparing || changed.size > 0) {
      this.#work.isAway = this.#isRootGone;
      return;
    }
    await this.#parts.store.ask('done', { key: this.#parts.key, doneLength: now.row.feedLength });
    const state = this.#parts.state();
    if (state) this.#parts.setState({ ...state, doneLength: now.row.feedLength });
    this.#parts.onProgress(this.#shareId);
    if (isLong) log.info(`Something is known of ${state?.files ?? 0} of ${now.row.fileCount} files of "${title}"`);
  }

  /** Store and feed say the same. */
  async #prepare({ details }: DescribedShare): Promise<void> {
    const { store, key, isOn } = this.#parts;
    const state = this.#parts.state();
    const isAnotherWay = state !== undefined && state.isOfContent !== isOn();
    if (this.#work.isForgetting || isAnotherWay) {
      this.#work.isForgetting = false;
      this.#work.isComparing = true;
      const hadFeed = details.announced !== undefined;
      await this.#begin((await details.renew()).key);
      if (hadFeed) this.#parts.onPublished(this.#shareId);
      this.#parts.onProgress(this.#shareId);
      return;
    }
    const feed = details.feed;
    if (feed === undefined) {
      if (state !== undefined && state.files > 0) return this.#rewrite();
      return this.#begin((await details.renew()).key);
    }
    if (state === undefined || Buffer.compare(state.feedKey, feed.key) !== 0 || state.length > feed.length)
      await this.#begin(feed.key);
    // Told before a crash, or the tables were lost.
    for (let index = this.#parts.state()?.length ?? 0; index < feed.length; index++) {
      const block = await details.block(index);
      if (block === undefined) return this.#begin((await details.renew()).key);
      this.#parts.setState(await store.take(key, index, block, () => this.#parts.current()?.view));
    }
    if (feed.length > details.announcedLength) {
      details.tell();
      this.#parts.onPublished(this.#shareId);
    }
  }

  async #begin(feedKey: Uint8Array): Promise<void> {
    const { store, key, isOn } = this.#parts;
    const isOfContent = isOn();
    await store.ask('begin', { key, feedKey, isOfContent });
    const empty = { length: 0, feedRecords: 0, files: 0, bytes: 0, previewBytes: 0, doneLength: 0, refusal: '' };
    this.#parts.setState({ key, feedKey, isOfContent, ...empty });
    this.#work.isComparing = true;
  }

  async #compare(): Promise<void> {
    const { store, key } = this.#parts;
    const view = this.#parts.current()?.view;
    if (view === undefined) return;
    // Cleared first: another index may come meanwhile, and asks for it again.
    this.#work.isComparing = false;
    try {
      await store.ask('compare', { key, segmentPath: view.segment.path, overlay: view.overlay });
      for (let isDone = false; !isDone && !this.#isRootGone;) {
        const startedAt = performance.now();
        const found = await store.ask('missing', { key });
        isDone = found.isDone;
        await this.#rest(performance.now() - startedAt);
        await this.#describe(found.files);
        if (this.#parts.current() === undefined || this.#work.isComparing) {
          this.#work.isComparing = true;
          return;
        }
      }
    } catch (error) {
      this.#work.isComparing = true;
      throw error;
    }
  }

  async #changes(): Promise<void> {
    while (this.#work.changed.size > 0 && this.#parts.current() !== undefined && !this.#isRootGone) {
      const files = [...this.#work.changed.values()].slice(0, detailLimits.describeFiles);
      for (const { path } of files) this.#work.changed.delete(path);
      await this.#describe(files);
    }
  }

  async #describe(files: FileState[]): Promise<void> {
    const share = this.#parts.current();
    if (share === undefined) return;
    const { isOn, roots, describer } = this.#parts;
    const isContentWanted = isOn();
    const root = share.row.path;
    const absolute = (path: string): string => pathBelow(root, path as SafePath);
    let rest = isContentWanted ? files : files.filter(({ path }) => roots.mayKnow(absolute(path)));
    while (rest.length > 0 && !this.#parts.signal.aborted && this.#parts.current() !== undefined) {
      const { described, isRootGone, tookMs } = await describer.describe({ root, files: rest, isContentWanted });
      this.#isRootGone = isRootGone;
      if (isRootGone) return;
      for (const [at, each] of described.entries()) {
        const file = rest[at];
        if (each === undefined || file === undefined) continue;
        const contentId = roots.rootOf(absolute(file.path), each.stamp);
        if (contentId === undefined && each.mime === undefined) continue;
        this.#waiting.push({ ...file, contentId, mime: each.mime, fields: this.#fields(each.text) });
      }
      rest = rest.slice(Math.max(described.length, 1));
      await this.#rest(tookMs);
      await this.#flushInTime();
    }
  }

  #fields(text: string | undefined): DetailRecord['fields'] {
    const toldBytes = (this.#parts.state()?.previewBytes ?? 0) + this.#previewBytes;
    if (text === undefined || toldBytes >= detailLimits.sharePreviewBytes) return {};
    this.#previewBytes += text.length;
    return { text };
  }

  /** What worked so long rests in proportion. */
  async #rest(tookMs: number): Promise<void> {
    await wait(tookMs * (1 / detailLimits.describeShare - 1), undefined, { signal: this.#parts.signal });
  }

  /** While there is more: a full block at the latest; fewer, when the last block was long ago. */
  async #flushInTime(): Promise<void> {
    const sinceMs = performance.now() - this.#parts.lastTold();
    const isFull = this.#waiting.length >= detailLimits.blockRecords && sinceMs >= detailLimits.publishMinMs;
    if (!isFull && sinceMs < this.#publishMs) return;
    await this.#flush();
    this.#publishMs = Math.min(this.#publishMs * 2, detailLimits.publishMaxMs);
  }

  async #flush(): Promise<void> {
    const records = this.#waiting;
    if (records.length === 0 || this.#parts.current() === undefined) return;
    const waitMs = detailLimits.publishMinMs - (performance.now() - this.#parts.lastTold());
    if (waitMs > 0) await wait(waitMs, undefined, { signal: this.#parts.signal });
    const share = this.#parts.current();
    if (share === undefined) return;
    this.#waiting = [];
    this.#previewBytes = 0;
    const { store, key } = this.#parts;
    for (const { block } of await store.ask('encode', { records: lastOfEach(records) })) {
      const index = await share.details.append([block]);
      this.#parts.setState(await store.take(key, index, block, () => this.#parts.current()?.view));
    }
    share.details.tell();
    this.#parts.told();
    this.#parts.onPublished(this.#shareId);
    this.#parts.onProgress(this.#shareId);
    await this.#rewriteIfStale();
  }

  async #rewriteIfStale(): Promise<void> {
    const state = this.#parts.state();
    if (state === undefined) return;
    const stale = state.feedRecords - state.files;
    const isLong = state.length > detailLimits.feedBlocks / 2;
    if (isLong || (stale > (this.#parts.staleRecords ?? detailLimits.staleRecords) && stale > state.files)) await this.#rewrite();
  }

  /** The same records in a new feed. */
  async #rewrite(): Promise<void> {
    const { store, key } = this.#parts;
    const share = this.#parts.current();
    if (share === undefined) return;
    const next = await share.details.next();
    let [feedRecords, feedBytes] = [0, 0];
    for (let after: string | undefined = ''; after !== undefined;) {
      const live: { blocks: { block: Uint8Array; recordCount: number }[]; last: string | undefined } = await store.ask('live', {
        key,
        after,
      });
      for (const { block, recordCount } of live.blocks) {
        await next.feed.append([block]);
        feedRecords += recordCount;
        feedBytes += block.length;
      }
      after = live.last;
      this.#parts.signal.throwIfAborted();
    }
    await share.details.replace(next, {});
    const feedKey = next.feed.key;
    const { length } = next.feed;
    await store.ask('moved', { key, feedKey, length, feedRecords, feedBytes });
    const state = this.#parts.state();
    if (state) this.#parts.setState({ ...state, feedKey, length, feedRecords });
    this.#parts.onPublished(this.#shareId);
  }
}

/** A file may have changed twice between two blocks. */
function lastOfEach(records: readonly DetailRecord[]): DetailRecord[] {
  return [...new Map(records.map((record) => [record.path, record])).values()];
}
