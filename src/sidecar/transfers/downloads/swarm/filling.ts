// Fills one content's partial file from its sources: keeps each busy, gives what one failed to bring to another, looks for more. Ends when
// all leaves are there, when nobody is left who has them, or when the content at its owner is another one.

import type { AppError } from '../../../../protocol/errors.ts';
import { asAppError } from '../../../../protocol/errors.ts';
import type { PeerId } from '../../../../protocol/ids.ts';
import { transferLimits, wireLimits } from '../../../limits.ts';
import type { ReadReply } from '../../../wire/services.ts';
import { leafBytes } from '../../content/merkle.ts';
import { badContent, peerGone, wasCancelled } from '../../failures.ts';
import type { ByteBudget } from './budget.ts';
import { type Content, ContentChanged } from './content.ts';
import type { Holder, ReceiveOptions } from './contract.ts';
import { Dripping } from './dripping.ts';
import { checkedHead } from './head.ts';
import { Looking } from './looking.ts';
import type { Opened } from './ownerAnswers.ts';
import type { PieceRecord, Written } from './pieceMaps.ts';
import { readRange } from './rangeRead.ts';
import { type Assignment, type Holdings, Scheduler } from './scheduler.ts';
import { type Job, Source } from './source.ts';
import type { Tally } from './tally.ts';

/** Before a source's speed is known. */
const firstRangeBytes = 1024 * 1024;
/** A range is as much as the source sends in this time: those under way together are half a second. */
const rangeSeconds = 0.125;
/** The same among others who fetch it too: they do not know what is under way here, and may ask for it as well. */
const rangeSecondsAmongOthers = 0.05;
/** When everybody who is left holds only parts and none brought anything for so long, it is given up for now. */
const stuckMs = 10_000;

export interface FillingOptions {
  receive: ReceiveOptions;
  content: Content;
  /** Kept over several fillings of one file. */
  tallyOf: (source: { peerId: PeerId; linkKind: Tally['link'] }) => Tally;
  budgets: readonly ByteBudget[];
  /** The owner's answer with which the content was found out, for the leaves from `first`. */
  opened: Opened | undefined;
  /** The owner told the root, and hashed nothing else meanwhile. */
  onRoot: (root: Uint8Array) => void;
  /** Who gave which part. */
  pieces: PieceRecord | undefined;
  onProgress: () => void;
  onTick: () => void;
  onLog: (message: string) => void;
}

export class Filling {
  readonly #options: FillingOptions;
  readonly #content: Content;
  readonly #scheduler: Scheduler;
  readonly #sources = new Map<PeerId, Source>();
  readonly #abort = new AbortController();
  readonly #jobs = new Set<Promise<void>>();
  readonly #dripping = new Dripping();
  #looking: Looking | undefined;
  #end: { resolve(): void; reject(error: Error): void } | undefined;
  #isEnding = false;
  #retry: NodeJS.Timeout | undefined;
  #progressAtMs = performance.now();

  constructor(options: FillingOptions) {
    this.#options = options;
    this.#content = options.content;
    this.#scheduler = new Scheduler({ have: options.content.partial.have, order: options.receive.order, random: Math.random });
  }

  /** Resolves when all leaves are there. Rejects with AppError, or with ContentChanged. */
  async run(): Promise<void> {
    const { signal, sources } = this.#options.receive;
    const stop = () => this.#finish(wasCancelled());
    const done = new Promise<void>((resolve, reject) => (this.#end = { resolve, reject }));
    done.catch(() => undefined); // awaited below
    signal.addEventListener('abort', stop, { once: true });
    const stopListening = sources.onChange(() => this.#sourcesChanged());
    const refreshing = setInterval(() => void this.#looking?.refresh(), transferLimits.askHoldersMs);
    const ticking = setInterval(() => this.#tick(), transferLimits.lookForSourcesMs);
    try {
      if (signal.aborted) stop();
      this.#open();
      this.layerChanged();
      await done;
    } finally {
      signal.removeEventListener('abort', stop);
      stopListening();
      clearInterval(ticking);
      clearInterval(refreshing);
      clearTimeout(this.#retry);
      this.#isEnding = true;
      this.#abort.abort();
      for (const source of this.#sources.values()) source.abortAll();
      while (this.#jobs.size > 0) await Promise.all(this.#jobs);
    }
  }

  /** Leaves were lost, or a check ended. */
  changed(): void {
    this.#scheduler.lost();
    this.#pump();
  }

  /** The root is known now: others may be looked for. */
  layerChanged(): void {
    const { root, layer } = this.#content;
    if (!this.#isEnding && root && layer && !this.#looking) {
      const { sources: finder, wanted } = this.#options.receive;
      this.#looking = new Looking({
        finder,
        entry: wanted.entry,
        root,
        sizeBytes: this.#content.sizeBytes,
        signal: this.#abort.signal,
        isUnwanted: (peerId) => this.#sources.get(peerId)?.tally.isDropped === true,
        onFound: (holder, holds) => this.#found(holder, holds),
        onGone: (peerId) => this.#gone(peerId),
      });
      this.#look();
    }
    this.#sourcesChanged();
  }

  /** Whom to ask for hashes: the owner first, then who holds most. */
  askers(): Source['from'][] {
    const alive = [...this.#sources.values()].filter(({ tally }) => !tally.isDropped);
    const rank = (source: Source) => (source.isOwner ? 0 : source.holds === undefined ? 1 : 2);
    return alive.sort((a, b) => rank(a) - rank(b)).map(({ from }) => from);
  }

  fail(error: Error): void {
    this.#finish(error);
  }

  #open(): void {
    const { opened, tallyOf } = this.#options;
    if (!opened) return;
    const tally = tallyOf(opened.holder.source);
    const source = new Source({ holder: opened.holder, tally, isOwner: true });
    this.#sources.set(tally.peerId, source);
    this.#begin(source, this.#scheduler.assign(source, opened.first, opened.end), opened.reply);
  }

  #finish(error?: Error): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (error) this.#end?.reject(error);
    else this.#end?.resolve();
  }

  /** The owner may have come, gone, or come again by another session. */
  #sourcesChanged(): void {
    if (this.#isEnding) return;
    const { sources: finder, wanted } = this.#options.receive;
    const { entry } = wanted;
    const session = finder.owner(entry.peerId);
    const known = this.#sources.get(entry.peerId);
    if (known && known.from !== session) this.#gone(entry.peerId);
    if (session && known?.from !== session) {
      const tally = this.#options.tallyOf(session);
      if (known) tally.revive();
      const at = { owner: entry.peerId, shareId: entry.shareId, path: entry.path };
      this.#sources.set(entry.peerId, new Source({ holder: { source: session, at }, tally, isOwner: true }));
    }
    this.#look();
    this.#pump();
  }

  #look(): void {
    void this.#looking?.look().then(() => this.#pump());
  }

  #found(holder: Holder, holds: Holdings | undefined): void {
    if (this.#isEnding) return;
    const { peerId } = holder.source;
    const known = this.#sources.get(peerId);
    if (known?.from === holder.source) known.holds = holds;
    else {
      if (known) this.#gone(peerId);
      const tally = this.#options.tallyOf(holder.source);
      if (known) tally.revive();
      this.#sources.set(peerId, new Source({ holder, tally, isOwner: false, holds }));
    }
    this.#scheduler.setHoldings([...this.#sources.values()].flatMap((source) => source.holds ?? []));
    this.#pump();
  }

  #gone(peerId: PeerId): void {
    const source = this.#sources.get(peerId);
    this.#sources.delete(peerId);
    source?.abortAll();
  }

  /** Gives everybody something to do, and sees whether it is done or hopeless. */
  #pump(): void {
    if (this.#isEnding) return;
    const { partial, isChecked } = this.#content;
    if (partial.have.isFull && this.#jobs.size === 0 && isChecked) {
      this.#finish();
      return;
    }
    const nowMs = performance.now();
    const usable = [...this.#sources.values()].filter((source) => this.#isUsable(source));
    usable.sort((a, b) => b.bytesPerSecond - a.bytesPerSecond);
    const most = Math.max(
      2,
      Math.min(transferLimits.rangesInFlight, Math.floor(transferLimits.rangesInAll / Math.max(1, usable.length))),
    );
    let retryMs = Infinity;
    for (const source of usable) {
      const waitMs = source.tally.retryAtMs - nowMs;
      if (waitMs > 0) {
        retryMs = Math.min(retryMs, waitMs);
        continue;
      }
      while (source.jobs.size < (source.hasHead ? most : 1)) {
        const assignment = this.#assign(source);
        if (!assignment) break;
        this.#begin(source, assignment);
      }
    }
    clearTimeout(this.#retry);
    if (retryMs < Infinity) this.#retry = setTimeout(() => this.#pump(), retryMs);
    const isHopeless =
      !partial.have.isFull && !this.#jobs.size && !usable.some(({ isAlive }) => isAlive) && !this.#looking?.isRunning;
    if (isHopeless && isChecked) this.#finish(this.#whyNobody());
  }

  #isUsable({ isOwner, tally }: Source): boolean {
    if (tally.isDropped || (tally.isGivenUp && performance.now() < tally.retryAtMs)) return false;
    return isOwner || this.#content.isVerifiable;
  }

  #assign(source: Source): Assignment | undefined {
    const content = this.#content;
    if (!content.hasParts) {
      // Its parts could be of different states of the file: all at once, from the owner.
      if (source.jobs.size > 0 || content.partial.have.count > 0) return undefined;
      return this.#scheduler.next(source, content.partial.leafCount);
    }
    const { rangeMinBytes, rangeMaxBytes } = transferLimits;
    const seconds = this.#looking?.hasPartial === true ? rangeSecondsAmongOthers : rangeSeconds;
    const bytes = source.bytesPerSecond === 0 ? firstRangeBytes : source.bytesPerSecond * seconds;
    const leaves = Math.round(Math.min(rangeMaxBytes, Math.max(rangeMinBytes, bytes)) / leafBytes);
    const assignment = this.#scheduler.next(source, leaves);
    if (assignment || this.#sources.size < 2) return assignment;
    const stolen = this.#scheduler.steal(source);
    if (!stolen) return undefined;
    const { from } = stolen;
    if (from.end <= from.taken) {
      for (const other of this.#sources.values())
        for (const job of other.jobs) {
          if (job.assignment !== from) continue;
          job.isCut = true;
          job.abort.abort();
        }
    }
    return stolen.assignment;
  }

  #begin(source: Source, assignment: Assignment, reply?: ReadReply): void {
    const job: Job = { assignment, abort: new AbortController(), beganAtMs: performance.now(), isCut: false };
    source.jobs.add(job);
    const work = this.#read(source, job, reply).finally(() => {
      if (reply) this.#options.opened?.giveUp(); // where it was not read to its end
      if (source.jobs.size === 1) source.tally.position = undefined;
      source.jobs.delete(job);
      this.#jobs.delete(work);
      this.#scheduler.end(assignment);
      this.#pump();
    });
    this.#jobs.add(work);
  }

  /** Never rejects. */
  async #read(source: Source, job: Job, reply: ReadReply | undefined): Promise<void> {
    const { receive, budgets } = this.#options;
    const { tally, from } = source;
    const content = this.#content;
    const { epoch } = tally;
    const { unconfirmed } = content;
    tally.link = from.linkKind;
    content.layer?.prefetch(job.assignment.first, job.assignment.end - job.assignment.first);
    try {
      const ended = await readRange({
        source: from,
        request: source.request(content, job.assignment),
        ...(reply ? { reply } : {}),
        assignment: job.assignment,
        content,
        mayTrust: source.isOwner,
        signal: job.abort.signal,
        isEnding: () => this.#isEnding,
        rate: receive.rate,
        budgets,
        headMs: receive.stallMs ?? wireLimits.headMs,
        stallMs: receive.stallMs ?? wireLimits.creditStallMs,
        onHead: (head) => this.#checkHead(source, head),
        onPosition: (position) => (tally.position = position),
        onHeard: () => tally.heard(),
        onWritten: (written) => this.#written(tally, written, epoch),
        onLate: (bytes) => receive.onExtra?.(bytes),
        onLocalFailure: (error) => this.#finish(error),
      });
      if (!ended) content.unconfirmed++;
      else content.confirmed = Math.max(content.confirmed, unconfirmed);
      if (ended?.root && !content.root) this.#options.onRoot(ended.root);
    } catch (thrown) {
      content.unconfirmed++;
      if (!this.#isEnding && !job.isCut && this.#sources.get(tally.peerId) === source)
        this.#failed(source, asAppError(thrown), epoch);
    }
  }

  #checkHead(source: Source, head: ReadReply): void {
    const { receive } = this.#options;
    const { path } = receive.wanted.entry;
    try {
      checkedHead(source.from, path, head);
    } catch (error) {
      throw this.#lied(source, asAppError(error));
    }
    source.hasHead = true;
    source.tally.heard();
    source.tally.link = head.link;
    const content = this.#content;
    if (source.isOwner) {
      if (!content.isOf(head) && (content.hasParts || head.sizeBytes !== content.sizeBytes)) {
        this.#finish(new ContentChanged());
        throw wasCancelled();
      }
      content.mtimeMs = head.mtimeMs;
      content.version = head.version ?? content.version;
      if (head.root && !content.root) this.#options.onRoot(head.root);
    } else if (
      head.sizeBytes !== content.sizeBytes ||
      (head.root && content.root && !Buffer.from(head.root).equals(content.root))
    ) {
      throw this.#lied(source, badContent(source.from.peerId, path, 'is another file there than was said'));
    }
    queueMicrotask(() => this.#pump());
  }

  /** It is asked nothing any more. */
  #lied(source: Source, error: AppError): AppError {
    source.tally.badPieces = Math.max(source.tally.badPieces, transferLimits.badRanges - 1);
    return error;
  }

  #written(tally: Tally, written: Written, epoch: number): void {
    const { goodBytes, badBytes } = written;
    this.#options.pieces?.written(tally.peerId, written);
    if (goodBytes > 0) {
      tally.received(goodBytes, epoch);
      this.#progressAtMs = performance.now();
    }
    if (badBytes > 0) this.#options.receive.onExtra?.(badBytes);
    this.#options.onProgress();
    if (this.#sources.size > 1) this.#pump();
  }

  #failed(source: Source, error: AppError, epoch: number): void {
    const { tally } = source;
    if (error.kind === 'changed' && source.isOwner) {
      this.#finish(new ContentChanged());
      return;
    }
    if (error.kind === 'verification-failed') {
      tally.badPieces++;
      tally.failure = error;
      if (tally.isDropped) this.#options.onLog(`Peer ${tally.peerId} is asked no more for this file: ${error.message}`);
      if (!this.#content.isVerifiable) this.#finish(error);
      return;
    }
    tally.failed(error, epoch);
    if (!this.#content.hasParts) this.#finish(error);
  }

  #tick(): void {
    this.#options.onTick();
    this.#look();
    const nowMs = performance.now();
    this.#dripping.look(this.#sources.values(), nowMs);
    const isStuck = this.#jobs.size === 0 && this.#content.isChecked && nowMs - this.#progressAtMs > stuckMs;
    const isWaiting = [...this.#sources.values()].some(({ isAlive, holds }) => isAlive && holds === undefined);
    if (isStuck && !isWaiting) this.#finish(this.#whyNobody());
    this.#pump();
  }

  #whyNobody(): AppError {
    const { entry } = this.#options.receive.wanted;
    const sources = [...this.#sources.values()];
    const liar = sources.find(({ tally }) => tally.isDropped)?.tally.failure;
    const owner = this.#sources.get(entry.peerId)?.tally.failure;
    const other = sources.find(({ tally }) => tally.failure)?.tally.failure;
    return liar ?? owner ?? other ?? peerGone(entry.peerId);
  }
}
