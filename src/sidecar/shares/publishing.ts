// Brings the steps of one own share into its index, one after another: keeps trying while the data folder does not take them, and packs
// the index when its deltas outgrew it. When steps come, and what state that makes, is ownShare.ts's.

import { setTimeout as wait } from 'node:timers/promises';
import { AppError, asAppError } from '../../protocol/errors.ts';
import type { Failure, SuspectReport } from '../../protocol/model.ts';
import type { ShareId } from '../../protocol/ids.ts';
import type { Delta } from '../catalog/index/rows.ts';
import { watchLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { SafePath } from '../storage/safePath.ts';
import { LateSuspects } from './lateSuspects.ts';
import type { OwnIndex } from './ownIndex.ts';
import type { ReadingList } from './suspects.ts';

export interface PublishingOptions {
  log: Log;
  /** Files that look secret and that a person was told of before the first walk. */
  knownSecrets: readonly string[];
  /** Whoever follows the folder reads from this segment from now on; resolves when it does. Undefined: nobody follows it. */
  rebase(segmentPath: string): Promise<void> | undefined;
  /** Calls `OwnIndex.tidy` between two steps. */
  tidySoon(): void;
  /** `failure` changed. */
  onFailure(): void;
  /** `lateSecrets` changed. */
  onSuspects(): void;
  /** The announcement changed. */
  onPublished(shareId: ShareId): void;
}

export class Publishing {
  readonly #index: OwnIndex;
  readonly #options: PublishingOptions;
  #failure: Failure | undefined;
  readonly #late: LateSuspects;
  #rebasing = 0;
  #packAfterMs = 0;

  constructor(index: OwnIndex, options: PublishingOptions) {
    this.#index = index;
    this.#options = options;
    this.#late = new LateSuspects(index.row.path, {
      known: options.knownSecrets,
      isThere: (path) => isFile(index, path as SafePath), // It was in our own index.
      onChange: () => options.onSuspects(),
    });
  }

  /** Why a step is not in feed and row yet. */
  get failure(): Failure | undefined {
    return this.#failure;
  }

  /** What of the steps, and of what walks found new, looks secret. */
  get lateSecrets(): SuspectReport | undefined {
    return this.#late.report;
  }

  close(): void {
    this.#late.close();
  }

  /**
   * Publishes one step. Throws `protocol` when it contradicts the index. While the data folder fails it keeps trying if `isPatient`, until
   * `signal`; else it throws that. What it threw after is in the index, and goes out with the next snapshot.
   */
  async publish(delta: Delta, options: { signal: AbortSignal; isPatient: boolean }): Promise<void> {
    this.#index.apply(delta);
    // What fails from here on is in the index, and no later walk finds it new.
    this.#late.changed(delta);
    try {
      await this.#bringOut(options);
    } finally {
      this.#fail(undefined);
    }
    this.#options.onPublished(this.#index.row.shareId);
    if (!this.#index.isOutgrown || Date.now() < this.#packAfterMs) return;
    try {
      await this.pack(options.signal);
    } catch (error) {
      if (options.signal.aborted) return;
      // Tried again later, and at the latest when the index takes no more.
      this.#packAfterMs = Date.now() + watchLimits.retryMs;
      this.#options.log.warn(publishFailure(this.#index.row.title, error).message);
    }
  }

  /** A walk made the index anew, and that is in feed and row: `newFiles` were not in the one before. */
  walked(newFiles: ReadingList | undefined): void {
    this.#options.onPublished(this.#index.row.shareId);
    this.#late.walked(newFiles ?? { files: [], unreadFiles: 0 });
  }

  /** Makes a new snapshot of the index as it is. The older segment goes when nobody reads from it any more. */
  async pack(signal: AbortSignal): Promise<void> {
    await this.#index.pack({ signal });
    this.#options.onPublished(this.#index.row.shareId);
    const { view } = this.#index;
    const rebased = view && this.#options.rebase(view.segment.path);
    if (rebased === undefined) return await this.#index.tidy();
    this.#rebasing++;
    void rebased
      .catch(() => undefined) // It is not followed any more.
      .then(() => {
        this.#rebasing--;
        if (this.#rebasing === 0) this.#options.tidySoon();
      });
  }

  async #bringOut({ signal, isPatient }: { signal: AbortSignal; isPatient: boolean }): Promise<void> {
    for (;;) {
      try {
        if (this.#index.mayFlush) await this.#index.flush();
        else await this.pack(signal);
        return;
      } catch (thrown) {
        if (signal.aborted || !isPatient) throw thrown;
        const error = publishFailure(this.#index.row.title, thrown);
        if (this.#failure?.message !== error.message) this.#options.log.warn(error.message);
        this.#fail({ kind: error.kind, message: error.message, data: error.data });
        await wait(watchLimits.retryMs, undefined, { signal });
      }
    }
  }

  #fail(failure: Failure | undefined): void {
    if (this.#failure === failure) return;
    this.#failure = failure;
    this.#options.onFailure();
  }
}

function isFile({ view }: OwnIndex, path: SafePath): boolean {
  try {
    return view?.stat(path)?.kind === 'file';
  } catch {
    return false; // The index is damaged: the next walk makes it anew.
  }
}

/** The data folder does not take what changed. */
export function publishFailure(title: string, thrown: unknown): AppError {
  if (thrown instanceof AppError && thrown.kind === 'disk-full') return thrown;
  const { message } = asAppError(thrown);
  const why = thrown instanceof Error && thrown.cause instanceof Error ? `${message}: ${thrown.cause.message}` : message;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || /no space left|disk is full/i.test(why);
  const remedy = isFull ? 'Make room on its disk, and restart Potluck if this stays.' : 'See that the folder can be written.';
  return new AppError(
    isFull ? 'disk-full' : 'io',
    `What changed in "${title}" cannot be written to the data folder (${why}). Nothing is lost: it is tried again. ${remedy}`,
    { cause: thrown },
  );
}
