// Keeps what is known of own files beyond their names: finds files of which nothing is known, looks into them slowly, and tells of them in
// blocks. One share after another, in the background, after their names. Knows nothing of peers, nor of how a file is looked at.

import { setTimeout as wait } from 'node:timers/promises';
import { asAppError } from '../../../protocol/errors.ts';
import type { PeerId, ShareId } from '../../../protocol/ids.ts';
import type { DetailState, FileState } from '../../catalog/details/detailMessages.ts';
import type { DetailStore } from '../../catalog/details/detailStore.ts';
import type { IndexView } from '../../catalog/index/indexView.ts';
import type { Delta } from '../../catalog/index/rows.ts';
import { detailLimits, watchLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import type { ShareRow } from '../shareRow.ts';
import { Describer } from './describer.ts';
import type { FileStamp } from './ownFile.ts';
import type { OwnDetails } from './ownDetails.ts';
import { ShareTurn, type TurnParts, type Work } from './shareTurn.ts';

/** An own share, as it is now. */
export interface DescribedShare {
  readonly row: Readonly<ShareRow>;
  readonly view: IndexView | undefined;
  readonly details: OwnDetails;
}

/** Content ids of own files. Implemented by transfers/trees. */
export interface KnownRoots {
  rootOf(absolutePath: string, stats: FileStamp): Uint8Array | undefined;
  /** Whether one was ever known of the file, in whatever state. */
  mayKnow(absolutePath: string): boolean;
}

export interface DescribingOptions {
  store: DetailStore;
  roots: KnownRoots;
  ownPeerId: PeerId;
  /** Whether files may be looked into. */
  isOn: () => boolean;
  share(shareId: ShareId): DescribedShare | undefined;
  log: Log;
  /** The announcement changed. */
  onPublished(shareId: ShareId): void;
  /** Another limit than that of limits.ts, for tests. */
  staleRecords?: number;
  /** How many files are described changed. */
  onProgress(shareId: ShareId): void;
}

export class Describing {
  readonly #options: DescribingOptions;
  readonly #describer = new Describer();
  readonly #work = new Map<ShareId, Work>();
  readonly #states = new Map<ShareId, DetailState>();
  readonly #stop = new AbortController();
  #hasStates = false;
  #running: Promise<void> | undefined;
  /** When a block went out last. */
  #lastTold = 0;
  #retry: NodeJS.Timeout | undefined;

  constructor(options: DescribingOptions) {
    this.#options = options;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    clearTimeout(this.#retry);
    // Also when a file hangs.
    await this.#describer.rest();
    await this.#running;
  }

  /** Files with a record; undefined until that was looked up. */
  described(shareId: ShareId): number | undefined {
    return this.#states.get(shareId)?.files;
  }

  /** The share has an index, or another one: all its files are compared with what is known. */
  compare(shareId: ShareId): void {
    Object.assign(this.#workOf(shareId), { isComparing: true, isAway: false });
    this.#wake();
  }

  /** The share's folder is followed (again): goes on where it was away before. */
  back(shareId: ShareId): void {
    if (this.#work.get(shareId)?.isAway === true) this.compare(shareId);
  }

  /** What is known is forgotten, and found out again. */
  forget(shareId: ShareId): void {
    this.#workOf(shareId).isForgetting = true;
    this.compare(shareId);
  }

  changed(shareId: ShareId, delta: Delta): void {
    const work = this.#workOf(shareId);
    for (const { path, set } of delta.folders) {
      for (const { name, kind, sizeBytes, mtimeMs } of set)
        if (kind === 'file') this.#change(work, { path: path === '' ? name : `${path}/${name}`, sizeBytes, mtimeMs });
    }
    if (delta.folders.some(({ removed }) => removed.length > 0)) {
      const folders = delta.folders.map(({ path, removed }) => ({ path, removed }));
      const { store, log } = this.#options;
      store.ask('forget', { key: this.#key(shareId), folders }).catch((error: unknown) => log.debug(asAppError(error).message));
    }
    this.#wake();
  }

  /** A content id was learnt of a file of the share. */
  learnt(shareId: ShareId, file: FileState): void {
    this.#change(this.#workOf(shareId), file);
    this.#wake();
  }

  async gone(shareId: ShareId): Promise<void> {
    this.#work.delete(shareId);
    this.#states.delete(shareId);
    await this.#options.store.ask('remove', { key: this.#key(shareId) });
  }

  #change(work: Work, file: FileState): void {
    if (work.changed.size < detailLimits.changedFiles || work.changed.has(file.path)) work.changed.set(file.path, file);
    else work.isComparing = true;
  }

  #workOf(shareId: ShareId): Work {
    const work = this.#work.get(shareId) ?? {
      isComparing: false,
      isForgetting: false,
      isAway: false,
      changed: new Map<string, FileState>(),
    };
    this.#work.set(shareId, work);
    return work;
  }

  #key(shareId: ShareId): string {
    return `${this.#options.ownPeerId}/${shareId}`;
  }

  #wake(): void {
    if (this.#stop.signal.aborted || this.#running !== undefined || this.#retry !== undefined) return;
    this.#running = this.#run()
      .catch((error: unknown) => {
        if (this.#stop.signal.aborted) return;
        this.#options.log.warn(`Looking into shared files goes on later: ${asAppError(error).message}`);
        this.#retry = setTimeout(() => {
          this.#retry = undefined;
          this.#wake();
        }, watchLimits.retryMs).unref();
      })
      .finally(() => {
        this.#running = undefined;
        void this.#describer.rest();
        if (this.#next() !== undefined) this.#wake();
      });
  }

  /** The next share with something to do. */
  #next(): ShareId | undefined {
    for (const [shareId, work] of this.#work) {
      const share = this.#options.share(shareId);
      if (share?.view === undefined || share.row.isPaused !== 0 || share.row.feedLength === 0 || work.isAway) continue;
      if (work.isComparing || work.isForgetting || work.changed.size > 0) return shareId;
    }
    return undefined;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    // Names go first, and a start is quick.
    await wait(detailLimits.startMs, undefined, { signal });
    if (!this.#hasStates) {
      for (const state of await this.#options.store.ask('states', undefined))
        for (const shareId of this.#work.keys()) if (state.key === this.#key(shareId)) this.#states.set(shareId, state);
      this.#hasStates = true;
    }
    for (let shareId = this.#next(); shareId !== undefined && !signal.aborted; shareId = this.#next()) {
      const work = this.#workOf(shareId);
      try {
        await new ShareTurn(shareId, work, this.#parts(shareId)).run();
      } catch (error) {
        work.isComparing = true;
        throw error;
      }
    }
  }

  #parts(shareId: ShareId): TurnParts {
    return {
      ...this.#options,
      key: this.#key(shareId),
      describer: this.#describer,
      signal: this.#stop.signal,
      current: () => {
        const share = this.#options.share(shareId);
        return share?.view !== undefined && share.row.isPaused === 0 ? share : undefined;
      },
      state: () => this.#states.get(shareId),
      setState: (state) => {
        if (this.#options.share(shareId) !== undefined) this.#states.set(shareId, state);
      },
      lastTold: () => this.#lastTold,
      told: () => (this.#lastTold = performance.now()),
    };
  }
}
