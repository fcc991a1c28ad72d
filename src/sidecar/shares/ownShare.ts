// One own share from opening to removal: when its folder is walked, when it is followed, and what state that makes. What is published and
// how is ownIndex.ts's, who hears of it is shares.ts's.

import { AppError, asAppError } from '../../protocol/errors.ts';
import type { Audience, Failure, ShareInfo, WatchInfo } from '../../protocol/model.ts';
import type { ShareId } from '../../protocol/ids.ts';
import type { Delta } from '../catalog/index/rows.ts';
import { Slots } from '../catalog/slots.ts';
import { watchLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import { audienceText, parseAudience } from './audienceText.ts';
import { KeyRenewal } from './keyRenewal.ts';
import { OwnIndex, type OwnIndexOptions } from './ownIndex.ts';
import { publishFailure, Publishing } from './publishing.ts';
import { scan } from './scan.ts';
import { skippedCountsOf, type ShareRow } from './shareRow.ts';
import type { FollowState, Watcher } from './watch/watcher.ts';

export interface OwnShareOptions extends OwnIndexOptions {
  log: Log;
  slots: Slots;
  watcher: Watcher;
  /** Of a new share: files that look secret and that a person was told of. */
  knownSecrets: readonly string[];
  /** Its state or its numbers changed. Called as often as they do. */
  onChange(shareId: ShareId, what: 'state' | 'numbers'): void;
  /** Its announcement changed. */
  onPublished(shareId: ShareId): void;
}

export class OwnShare {
  readonly #options: OwnShareOptions;
  readonly #index: OwnIndex;
  readonly #publishing: Publishing;
  readonly #keys: KeyRenewal;
  #failure: Failure | undefined;
  #watch: WatchInfo | undefined;
  #scannedEntries: number | undefined;
  #isScanning = false;
  /** Resolved when the watcher knows how the folder stands; undefined while it does not look. */
  #checking: { promise: Promise<void>; resolve(): void } | undefined;
  /** The scan that waits for its turn: later calls join it, since it has not looked at the folder yet. */
  #waiting: Promise<void> | undefined;
  #last: Promise<void> = Promise.resolve();
  #running: Promise<void> | undefined;
  /** What touches the index, one at a time. */
  readonly #steps = new Slots(1);
  /** Aborted when deltas of the watcher are not wanted any more; undefined while the folder is not followed. */
  #following: AbortController | undefined;
  #scanStop = new AbortController();
  #retry: NodeJS.Timeout | undefined;
  #failedScans = 0;
  #isClosed = false;

  constructor(row: ShareRow, options: OwnShareOptions) {
    this.#options = options;
    this.#index = new OwnIndex(row, options);
    this.#publishing = new Publishing(this.#index, {
      ...{ log: options.log, knownSecrets: options.knownSecrets },
      rebase: (path) => (this.#following === undefined ? undefined : options.watcher.rebase(row.shareId, path)),
      tidySoon: () => void this.#steps.run(async () => (this.#isClosed ? undefined : await this.#index.tidy())),
      onFailure: () => {
        if (this.#publishing.failure !== undefined) this.#checked();
        this.#changed();
      },
      onSuspects: () => options.onChange(row.shareId, 'numbers'),
      onPublished: (shareId) => {
        options.onPublished(shareId);
        options.onChange(shareId, 'numbers');
      },
    });
    const pack = (signal: AbortSignal) => this.#publishing.pack(signal);
    this.#keys = new KeyRenewal(this.#index, { log: options.log, steps: this.#steps, pack });
  }

  get info(): ShareInfo {
    const { shareId, title, path, fileCount, folderCount, totalBytes, addedAtMs, scannedAtMs } = this.#index.row;
    const state = this.#state;
    const { lateSecrets, failure = this.#failure } = this.#publishing;
    return {
      ...{ shareId, title, path, state, fileCount, folderCount, totalBytes, addedAtMs },
      skippedCounts: skippedCountsOf(this.#index.row),
      audience: this.audience,
      ...{ ...(scannedAtMs !== null && { scannedAtMs }), ...(lateSecrets !== undefined && { lateSecrets }) },
      ...(state === 'watching' && this.#watch !== undefined && { watch: this.#watch }),
      ...(state === 'scanning' && this.#scannedEntries !== undefined && { scannedEntries: this.#scannedEntries }),
      ...(state === 'failed' && failure !== undefined && { failure }),
    };
  }

  get audience(): Audience {
    return parseAudience(this.#index.row.audience);
  }

  /** Feed, view and announcement. */
  get index(): Pick<OwnIndex, 'feed' | 'view' | 'announcement' | 'row' | 'details'> {
    return this.#index;
  }

  /** Opens feed and index, then begins to follow the folder in the background. */
  async open(): Promise<void> {
    const isWhole = await this.#index.open();
    this.#keys.look();
    if (this.#isPaused) return;
    if (isWhole) void this.#check();
    else void this.scan();
  }

  /** Its feed cannot be opened: nothing is offered, and the state says why. */
  fail(error: AppError): void {
    const message = `The index of "${this.#index.row.title}" cannot be opened (${error.message}). Stop sharing the folder and share it again.`;
    this.#failure = { kind: error.kind, message, data: error.data };
    this.#options.log.error(message);
  }

  rename(title: string): void {
    this.#index.save({ title, revision: this.#index.row.revision + 1 });
    this.#changed();
    this.#options.onPublished(this.#index.row.shareId);
  }

  /**
   * Who may see it from now on; `needsNewKeys`: somebody may not any more, so that the index goes on under other keys, which may take a moment. Until
   * then it stands still.
   */
  setAudience(audience: Audience, { needsNewKeys, revision }: { needsNewKeys: boolean; revision: number }): void {
    this.#index.save({ audience: audienceText(audience), revision, ...(needsNewKeys && { needsNewKeys: 1 }) });
    this.#options.onPublished(this.#index.row.shareId);
    this.#keys.look();
    this.#changed();
  }

  /** Resolves when the folder was walked after this call, or it was paused. Never rejects: a failure becomes the state. */
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

  /** As `scan`, and ends a pause; resolves when the folder is followed again. */
  async rescan(): Promise<void> {
    if (this.#isPaused) this.#index.save({ isPaused: 0 });
    await this.scan();
    await this.#checking?.promise;
  }

  /** Stops scanning and following, over restarts too. */
  pause(): void {
    if (this.#isPaused) return;
    this.#index.save({ isPaused: 1 });
    this.#stop();
    this.#changed();
  }

  /** Ends a pause. The folder is walked: what was written in place meanwhile does not show in the times of folders. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#index.save({ isPaused: 0 });
    void this.scan();
    this.#changed();
  }

  /** Pauses when a scan runs or waits. */
  cancelScan(): void {
    if (this.#waiting !== undefined || this.#state === 'scanning') this.pause();
  }

  /** The segment file turned out damaged: it is made anew from the feed, or from the folder. */
  async repair(): Promise<void> {
    if (this.#isClosed) return;
    const damaged = this.#index.view;
    const wasFollowing = this.#unfollow();
    if (wasFollowing) this.#unwatch();
    const isWhole = await this.#steps.run(async () => damaged !== this.#index.view || (await this.#index.reopen()));
    if (this.#isClosed || this.#isPaused) return;
    if (!isWhole) await this.scan();
    else if (wasFollowing) this.#follow();
    this.#changed();
  }

  /** The watcher found one step. Rejects when it was not wanted any more, or contradicts the index; keeps trying when the disk fails. */
  async delta(delta: Delta): Promise<void> {
    const following = this.#following;
    if (following === undefined) throw notFollowed();
    await this.#steps.run(async () => {
      if (following.signal.aborted) throw notFollowed();
      try {
        await this.#publishing.publish(delta, { signal: following.signal, isPatient: true });
      } catch (error) {
        if (following.signal.aborted) throw error;
        this.#options.log.warn(`The index of "${this.#index.row.title}" is made anew: ${asAppError(error).message}`);
        void this.scan();
        throw error;
      }
    });
  }

  /** What the watcher says of following this share. */
  watchState(state: FollowState): void {
    if (this.#following === undefined || this.#isClosed) return;
    switch (state.kind) {
      case 'checking':
        return;
      case 'watching':
        this.#checked();
        this.#watch = state.info;
        this.#failure = undefined;
        break;
      case 'scan-needed':
        this.#options.log.info(`"${this.#index.row.title}" is scanned whole: ${state.why}`);
        void this.scan();
        break;
      case 'failed':
        this.#checked();
        this.#failure = state.failure;
        this.#options.log.warn(state.failure.message);
        break;
      case 'stopped':
        this.#unfollow();
        this.#retry = setTimeout(() => void this.#check(), watchLimits.retryMs).unref();
        break;
    }
    this.#changed();
  }

  /** Stops scanning and following, and lets go of the files. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#keys.close();
    this.#publishing.close();
    this.#stop();
    // Not `#last`: one that waits for its turn ends by itself when it comes.
    await this.#running;
    await this.#steps.run(async () => this.#index.close());
  }

  /** As close, and deletes index and feed from this disk. */
  async remove(): Promise<void> {
    await this.close();
    await this.#index.remove();
  }

  get #isPaused(): boolean {
    return this.#index.row.isPaused !== 0;
  }

  get #state(): ShareInfo['state'] {
    if (this.#isPaused) return 'paused';
    if (this.#publishing.failure !== undefined) return 'failed';
    if (this.#isScanning || this.#checking !== undefined) return 'scanning';
    if (this.#failure !== undefined) return 'failed';
    return this.#waiting !== undefined && this.#following === undefined ? 'scanning' : 'watching';
  }

  async #scan(): Promise<void> {
    if (this.#isClosed || this.#isPaused) return;
    clearTimeout(this.#retry);
    if (this.#unfollow()) this.#options.watcher.hold(this.#index.row.shareId);
    this.#scanStop = new AbortController();
    const { signal } = this.#scanStop;
    this.#isScanning = true;
    this.#scannedEntries = 0;
    this.#changed();
    try {
      await this.#steps.run(() => this.#walk(signal));
      this.#failedScans = 0;
      this.#failure = undefined;
      this.#follow();
    } catch (thrown) {
      if (signal.aborted) return;
      const error = thrown instanceof AppError ? thrown : publishFailure(this.#index.row.title, thrown);
      this.#failure = { kind: error.kind, message: error.message, data: error.data };
      this.#options.log.warn(error.message);
      this.#unwatch();
      this.#scanLater(error);
    } finally {
      this.#isScanning = false;
      this.#scannedEntries = undefined;
      if (!this.#isClosed) this.#changed();
    }
  }

  async #walk(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { shareId, path, title } = this.#index.row;
    const updatedAtMs = Date.now();
    const temporary = this.#options.segments.temporary(shareId);
    const { view } = this.#index;
    const since = view && { segmentPath: view.segment.path, overlay: view.overlay };
    const index = { path: temporary, updatedAtMs, base: this.#index.isBehind ? undefined : since };
    const onProgress = (entries: number): void => {
      this.#scannedEntries = entries;
      this.#options.onChange(shareId, 'numbers');
    };
    const walked = await scan({ root: path, index, listsNew: { since } }, { signal, onProgress });
    signal.throwIfAborted();
    const change = { scannedAtMs: updatedAtMs, skippedCounts: JSON.stringify(walked.skippedCounts) };
    const { fileCount, folderCount, chunks, delta } = walked;
    if (chunks !== undefined) {
      await this.#index.publish({ temporary, chunks, counts: walked, updatedAtMs }, change);
      this.#options.log.info(`"${title}" was scanned: ${fileCount} files in ${folderCount} folders`);
      this.#publishing.walked(walked.newFiles);
      await this.#index.tidy();
      return;
    }
    if (delta !== undefined) {
      try {
        await this.#publishing.publish(delta, { signal, isPatient: false });
      } catch (error) {
        this.#index.distrust();
        throw error;
      }
    } else if (this.#index.isOutgrown) await this.#publishing.pack(signal);
    this.#index.save(change);
  }

  /** After a start: the index is whole, and what changed meanwhile is found by the times of folders. */
  async #check(): Promise<void> {
    this.#beginCheck();
    try {
      if (this.#index.isBehind) await this.#steps.run(() => this.#publishing.pack(this.#scanStop.signal));
      this.#follow();
    } catch (error) {
      if (this.#isClosed || this.#isPaused) return;
      this.#options.log.warn(publishFailure(this.#index.row.title, error).message);
      this.#checked();
      await this.scan();
    }
  }

  #follow(): void {
    const view = this.#index.view;
    const { shareId, path, scannedAtMs } = this.#index.row;
    if (this.#isClosed || this.#isPaused || view === undefined) return;
    this.#following = new AbortController();
    this.#beginCheck();
    const { overlay } = view;
    this.#options.watcher.watch({ shareId, root: path, segmentPath: view.segment.path, overlay, scannedAtMs: scannedAtMs ?? 0 });
  }

  #beginCheck(): void {
    if (this.#checking !== undefined) return;
    let resolve = (): void => undefined;
    const promise = new Promise<void>((settle) => (resolve = settle));
    this.#checking = { promise, resolve };
  }

  #checked(): void {
    this.#checking?.resolve();
    this.#checking = undefined;
  }

  /** From now on steps of the watcher are refused. Answers whether it was followed. */
  #unfollow(): boolean {
    const following = this.#following;
    this.#following = undefined;
    following?.abort();
    this.#checked();
    this.#watch = undefined;
    return following !== undefined;
  }

  #unwatch(): void {
    // Rejects when the watcher ends first.
    this.#options.watcher.unwatch(this.#index.row.shareId).catch(() => undefined);
  }

  #stop(): void {
    clearTimeout(this.#retry);
    this.#scanStop.abort();
    if (this.#unfollow()) this.#unwatch();
  }

  /** A folder that is away is looked for steadily; what may take long to fail, ever more rarely. */
  #scanLater({ kind }: AppError): void {
    if (this.#isClosed || this.#isPaused || kind === 'too-large') return;
    const isQuick = kind === 'not-found' || kind === 'not-folder' || kind === 'permission-denied';
    const delayMs = isQuick
      ? watchLimits.retryMs
      : Math.min(watchLimits.retryMs * 2 ** this.#failedScans, watchLimits.sweepPauseMs);
    this.#failedScans++;
    this.#retry = setTimeout(() => void this.scan(), delayMs).unref();
  }

  #changed(): void {
    this.#options.onChange(this.#index.row.shareId, 'state');
  }
}

function notFollowed(): AppError {
  return new AppError('cancelled', 'The share is not followed any more.');
}
