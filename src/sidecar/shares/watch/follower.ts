// Follows one share: checks what it missed, listens, looks at what changed, and tells each difference as a step, one at a time. Lives in the
// watch worker; knows neither feeds nor rows.

import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, asAppError } from '../../../protocol/errors.ts';
import type { WatchInfo } from '../../../protocol/model.ts';
import { IndexView } from '../../catalog/index/indexView.ts';
import type { Delta, IndexCounts } from '../../catalog/index/rows.ts';
import { Segment } from '../../catalog/index/segment.ts';
import { localLimits, watchLimits } from '../../limits.ts';
import { absoluteOf } from '../folderLook.ts';
import { checkFolders, listenToFolders, rulesSignature } from './check.ts';
import { DirtyFolders } from './dirtyFolders.ts';
import type { Heard, Listening } from './listening.ts';
import { lookAtAll, ScanNeeded } from './looking.ts';
import { Places, rootIdentity, RootChanged } from './places.ts';
import { pollRound, sweep, type RoundOptions } from './rounds.ts';
import { enterRoot, rootFailure } from './shareRoot.ts';
import { Steps } from './steps.ts';
import { Turns } from './turns.ts';
import type { FollowedShare, FollowState } from './watchMessages.ts';

export interface FollowerOptions {
  changed(turn: number, step: number, delta: Delta): void;
  state(turn: number, state: FollowState): void;
  listen(heard: Heard): Listening;
  /** False where two spellings are one name. */
  isExact: boolean;
  /** More watches may be had now than when the system refused one. */
  retryWatches(): void;
  /** The disk is touched from here on, which may take for ever. */
  working(turn: number): void;
}

/** Thrown to begin again with a check. */
class CheckAgain extends Error {}
/** Thrown when the main thread did not take a step. */
class NotTaken extends Error {}

export class Follower {
  readonly root: string;
  readonly #options: FollowerOptions;
  readonly #dirty = new DirtyFolders();
  readonly #listening: Listening;
  readonly #ruleFolders = new Map<string, string>();
  /** All folders with rules are in `ruleFolders`. */
  #knowsRules = false;
  #life = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #turn = 0;
  #step = 0;
  #view: IndexView | undefined;
  /** The step that waits for its answer. */
  #asked: { delta: Delta; answer(isTaken: boolean): void } | undefined;
  #pins = 0;
  #onUnpinned: (() => void)[] = [];
  #rounds: RoundOptions | undefined;
  #rootIdentity: string | undefined;
  #asOfMs = 0;
  #hasMissed = false;
  #isLooking = false;
  #reported = { text: '', atMs: -Infinity };

  constructor(root: string, options: FollowerOptions) {
    this.root = root;
    this.#options = options;
    this.#listening = options.listen({
      name: (folder, latin1, isRenamed) => this.#dirty.name(folder, latin1, isRenamed),
      folder: (folder, how) => this.#dirty.all(folder, how),
      missed: () => {
        this.#hasMissed = true;
        this.#dirty.all('');
      },
    });
  }

  /** Follows from this state of the index on. */
  begin(turn: number, share: FollowedShare): void {
    this.hold();
    const life = new AbortController();
    this.#life = life;
    this.#running = this.#running.then(async () => {
      this.#turn = turn;
      this.#step = 0;
      this.#rootIdentity = undefined;
      if (life.signal.aborted) return;
      await this.#run(share, life.signal);
    });
  }

  /** Goes on listening, tells nothing. */
  hold(): void {
    this.#life.abort();
  }

  /** Lets go of everything. */
  async close(): Promise<void> {
    this.hold();
    this.#listening.close();
    await this.#running;
    this.#view?.close();
    this.#view = undefined;
  }

  answer(turn: number, isTaken: boolean): void {
    if (turn === this.#turn) this.#asked?.answer(isTaken);
  }

  /** Reads from another segment from now on, which holds what the index held after `step`. */
  async rebase({ turn, step, segmentPath }: { turn: number; step: number; segmentPath: string }): Promise<void> {
    while (this.#pins > 0) await new Promise<void>((resolve) => this.#onUnpinned.push(resolve));
    const old = this.#view;
    if (turn !== this.#turn || old === undefined) return;
    const view = new IndexView(Segment.open(segmentPath));
    try {
      if (this.#step === step + 1 && this.#asked !== undefined) view.apply(this.#asked.delta);
      else if (this.#step !== step) throw new AppError('internal', 'The segment is not of the step that was told last.');
      if (!isSame(view.counts, old.counts)) throw new AppError('internal', 'The segment holds something else than the index.');
    } catch (error) {
      view.close();
      throw error;
    }
    this.#view = view;
    old.close();
  }

  refresh(folder: string): void {
    this.#dirty.all(folder);
  }

  /** Looks at everything now. Resolves when the differences were taken, or the share is no longer followed. */
  async sweepNow(): Promise<void> {
    const { signal } = this.#life;
    while (!signal.aborted && this.#rounds === undefined) await sleep(10);
    if (this.#rounds === undefined) return;
    await sweep({ ...this.#rounds, turns: this.#turns(signal) });
    while (!signal.aborted && (this.#isLooking || this.#dirty.size > 0)) await sleep(10);
  }

  async #run(share: FollowedShare, signal: AbortSignal): Promise<void> {
    try {
      this.#view?.close();
      this.#view = undefined;
      this.#view = openView(share);
      // The last step was told when all before it was known.
      this.#asOfMs = Math.max(share.scannedAtMs, this.#view.updatedAtMs);
      // What is remembered no more shows in the times of folders, or in the sweep.
      if (this.#dirty.isOverflowing) this.#dirty.clear();
    } catch (error) {
      return this.#state({ kind: 'scan-needed', why: asAppError(error).message });
    }
    while (!signal.aborted) {
      try {
        await this.#follow(this.#view, signal);
      } catch (error) {
        if (signal.aborted || error instanceof NotTaken) return;
        if (error instanceof CheckAgain) continue;
        if (error instanceof ScanNeeded || isOfIndex(error))
          return this.#state({ kind: 'scan-needed', why: error instanceof Error ? error.message : String(error) });
        this.#listening.close();
        if (!(error instanceof RootChanged)) {
          this.#state({ kind: 'failed', failure: rootFailure(this.root, error) });
          await sleep(watchLimits.retryMs, undefined, { signal }).catch(() => undefined);
        }
      }
    }
  }

  async #follow(view: IndexView, signal: AbortSignal): Promise<void> {
    const { root } = this;
    const turns = this.#turns(signal);
    this.#rootIdentity = enterRoot(root, { known: this.#rootIdentity, isEmptyFine: view.counts.fileCount === 0 });
    this.#state({ kind: 'checking' });
    const startedMs = Date.now();
    this.#hasMissed = false;
    this.#ruleFolders.clear();
    this.#knowsRules = false;
    const work = this.#work(this.#rootIdentity);
    const asOfMs = this.#asOfMs;
    await this.#pinned(() => checkFolders({ ...work, view: this.#indexView(), turns, asOfMs }));
    await this.#look(work, signal);
    // A large share is listened to piece by piece; the index is as the disk already.
    const slow = setTimeout(() => this.#report(), watchLimits.listenMs);
    try {
      await this.#pinned(() => listenToFolders({ ...work, view: this.#indexView(), turns, asOfMs }));
    } finally {
      clearTimeout(slow);
    }
    this.#knowsRules = true;
    this.#asOfMs = startedMs;
    this.#report();
    await this.#steady(work, signal);
  }

  /** Ends when one of its loops throws. */
  async #steady(work: Work, signal: AbortSignal): Promise<void> {
    const inner = new AbortController();
    const both = AbortSignal.any([signal, inner.signal]);
    this.#rounds = { ...work, ruleFolders: this.#ruleFolders, turns: this.#turns(both) };
    const loops = [this.#looks(work, both), this.#polls(this.#rounds, both), this.#sweeps(this.#rounds, both)];
    try {
      await Promise.race(loops);
    } finally {
      this.#rounds = undefined;
      inner.abort();
      await Promise.allSettled(loops);
    }
  }

  async #looks(work: Work, signal: AbortSignal): Promise<never> {
    for (;;) {
      await this.#dirty.due(signal);
      if (this.#hasMissed) throw new CheckAgain();
      await this.#look(work, signal);
      this.#report();
    }
  }

  async #polls(rounds: RoundOptions, signal: AbortSignal): Promise<never> {
    const turns = this.#turns(signal, watchLimits.pollShare);
    for (;;) {
      await sleep(watchLimits.pollMinMs, undefined, { signal });
      turns.begin();
      if (rootIdentity(this.root) !== this.#rootIdentity) throw new RootChanged(`${this.root} is another folder now`);
      await pollRound({ ...rounds, turns });
      this.#report();
    }
  }

  async #sweeps(rounds: RoundOptions, signal: AbortSignal): Promise<never> {
    const turns = this.#turns(signal, watchLimits.sweepShare);
    for (;;) {
      await sweep({ ...rounds, turns });
      await sleep(watchLimits.sweepPauseMs, undefined, { signal });
      this.#options.retryWatches();
    }
  }

  async #look(work: Work, signal: AbortSignal): Promise<void> {
    if (this.#dirty.isOverflowing) {
      this.#dirty.clear();
      throw new ScanNeeded('very many folders changed at once');
    }
    const batch = this.#dirty.take();
    this.#isLooking = true;
    try {
      const steps = new Steps(work.view, (delta) => this.#tell(delta, signal));
      const pinned = <Result>(task: () => Promise<Result>): Promise<Result> => this.#pinned(task);
      await lookAtAll(batch, { ...work, isExact: this.#options.isExact, steps, turns: this.#turns(signal), pinned });
    } catch (error) {
      this.#dirty.restore(batch);
      throw error;
    } finally {
      this.#isLooking = false;
    }
  }

  /** Resolves when the step was taken. */
  #tell(delta: Delta, signal: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      const end = (error: Error | undefined): void => {
        this.#asked = undefined;
        signal.removeEventListener('abort', onAbort);
        if (error === undefined) resolve();
        else reject(error);
      };
      const onAbort = (): void => end(new NotTaken());
      signal.addEventListener('abort', onAbort, { once: true });
      this.#asked = { delta, answer: (isTaken) => end(isTaken ? undefined : new NotTaken()) };
      this.#options.changed(this.#turn, ++this.#step, delta);
    });
  }

  #turns(signal: AbortSignal, share = 1): Turns {
    const turns = new Turns(signal, { share, onBegin: () => this.#options.working(this.#turn) });
    turns.begin();
    return turns;
  }

  #work(identity: string): Work {
    const onRules = (folder: string): void => this.#rulesChanged(folder);
    return {
      root: this.root,
      view: () => this.#indexView(),
      dirty: this.#dirty,
      listening: this.#listening,
      places: new Places(this.root, identity, onRules),
      onRules,
      onRuleFolder: (folder) => void this.#ruleFolders.set(folder, rulesSignature(absoluteOf(this.root, folder))),
      areRulesNew: (folder, hasRules) => this.#areRulesNew(folder, hasRules),
    };
  }

  #areRulesNew(folder: string, hasRules: boolean): boolean {
    const before = this.#ruleFolders.get(folder);
    if (!hasRules && before === undefined) return false;
    const now = rulesSignature(absoluteOf(this.root, folder));
    this.#ruleFolders.set(folder, now);
    // Before all rule files are known, the time of each tells.
    return this.#knowsRules && now !== before;
  }

  #rulesChanged(folder: string): void {
    if (folder === '' && this.#indexView().counts.folderCount > watchLimits.rulesFolders)
      throw new ScanNeeded('the rules of its root changed');
    this.#ruleFolders.set(folder, rulesSignature(absoluteOf(this.root, folder)));
    this.#dirty.all(folder, { isDeep: true });
  }

  #indexView(): IndexView {
    if (this.#view === undefined) throw new NotTaken();
    return this.#view;
  }

  async #pinned<Result>(task: () => Promise<Result>): Promise<Result> {
    this.#pins++;
    try {
      return await task();
    } finally {
      if (--this.#pins === 0) for (const go of this.#onUnpinned.splice(0)) go();
    }
  }

  #report(): void {
    const folders = this.#indexView().counts.folderCount + 1;
    const watchedFolders = this.#listening.count(folders);
    const { note } = this.#listening;
    const info: WatchInfo = {
      watchedFolders,
      polledFolders: Math.max(0, folders - watchedFolders),
      ...(note !== undefined && { note }),
    };
    const text = JSON.stringify(info);
    const nowMs = performance.now();
    if (text === this.#reported.text || nowMs - this.#reported.atMs < 1000 / localLimits.progressHz) return;
    this.#state({ kind: 'watching', info });
    this.#reported = { text, atMs: nowMs };
  }

  #state(state: FollowState): void {
    this.#reported = { text: '', atMs: -Infinity };
    this.#options.state(this.#turn, state);
  }
}

interface Work extends Omit<RoundOptions, 'turns' | 'ruleFolders'> {
  readonly onRuleFolder: (folder: string) => void;
  readonly areRulesNew: (folder: string, hasRules: boolean) => boolean;
}

function openView({ segmentPath, overlay }: FollowedShare): IndexView {
  const view = new IndexView(Segment.open(segmentPath));
  try {
    if (overlay !== undefined) view.apply(overlay);
    return view;
  } catch (error) {
    view.close();
    throw error;
  }
}

function isSame(one: IndexCounts, other: IndexCounts): boolean {
  return one.fileCount === other.fileCount && one.folderCount === other.folderCount && one.totalBytes === other.totalBytes;
}

/** The index cannot be read, or is not what the steps were made for. */
function isOfIndex(error: unknown): boolean {
  return error instanceof AppError && (error.kind === 'io' || error.kind === 'protocol' || error.kind === 'internal');
}
