// Our requests to one peer over one carrier: reads, packs, leaf hashes, holdings and searches, their slots, credit, deadlines and cancelling.
// Knows message contents, not how they are put into bytes. A reply that breaks the rules throws AppError `protocol`, which ends the session.

import type { AppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { LinkKind } from '../../protocol/model.ts';
import { transferLimits, wireLimits } from '../limits.ts';
import type { FoundMessage, SearchMessage } from './catalogCodec.ts';
import type { DataMessage, EndMessage, ForRequest, HeadMessage, ReadMessage, RefusedMessage } from './codec.ts';
import { packTooLarge, protocolViolation, refusalOf, requestCancelled, requestStalled, wireCodes } from './errors.ts';
import { IncomingRead } from './incomingRead.ts';
import { RequestSlots } from './requestSlots.ts';
import type {
  HashesReply,
  HashesRequest,
  HoldingReply,
  HoldingRequest,
  PackRequest,
  ReadReply,
  ReadRequest,
  RemoteSearchHit,
  RemoteSearchRequest,
  RequestOptions,
} from './services.ts';
import { fitsPack, type HeldMessage, type HoldingMessage, type PackMessage } from './transferCodec.ts';
import { Budget } from './updatePace.ts';

/** What we say to the serving side. */
export interface AskMessages {
  read(message: ReadMessage): void;
  pack(message: PackMessage): void;
  hashes(message: ForRequest<HashesRequest>): void;
  holding(message: HoldingMessage): void;
  search(message: SearchMessage): void;
  credit(message: ForRequest<{ bytes: number }>): void;
  cancel(message: { requestId: number }): void;
}

/** Deadlines, given apart so that tests need not wait for the real ones. */
export type RequestTimes = Record<'requestStallMs' | 'headMs' | 'creditStallMs' | 'searchMs', number>;

/** Until its last message has come, a request holds its slot, cancelled or not: so every message belongs to one that is known. */
type Pending =
  | { kind: 'file'; read: IncomingRead }
  | { kind: 'hashes'; request: HashesRequest; settle: Settle<HashesReply> }
  | { kind: 'holdings'; settle: Settle<HoldingReply> }
  | { kind: 'hits'; request: RemoteSearchRequest; settle: Settle<RemoteSearchHit[]> }
  | { kind: 'cancelled'; timer: NodeJS.Timeout };

type Wanted = Exclude<Pending['kind'], 'cancelled'>;

/** What a request asks for, for the log. */
const words: Readonly<Record<Wanted, string>> = { file: 'a file', hashes: 'hashes', holdings: 'holdings', hits: 'hits' };

/** A request that is answered by one message. */
interface Settle<Reply> {
  resolve(reply: Reply): void;
  reject(error: AppError): void;
  working(position: number): void;
}

export interface AskingOptions {
  peerId: PeerId;
  send: AskMessages;
  times: RequestTimes;
  /** What carries it, and how large slices are there. */
  link: LinkKind;
  sliceBytes: number;
  onUnresponsive(reason: string): void;
}

export class Asking {
  readonly #options: AskingOptions;
  readonly #send: AskMessages;
  readonly #times: RequestTimes;
  readonly #pending = new Map<number, Pending>();
  readonly #slots = new RequestSlots(wireLimits.requestsInFlight);
  readonly #searchSlots = new RequestSlots(wireLimits.searchesInFlight);
  readonly #workingBudget = new Budget({ burst: wireLimits.workingBurst, perSecond: wireLimits.workingPerSecond });
  /** Ids of searches under way, which hold a search slot, too. */
  readonly #searches = new Set<number>();
  #nextId = 1;
  #isClosed = false;

  constructor(options: AskingOptions) {
    this.#options = options;
    this.#send = options.send;
    this.#times = options.times;
  }

  /** Something is under way here. */
  get isBusy(): boolean {
    return this.#pending.size > 0;
  }

  /** Resolves with the head. Rejects with what the peer refused it for, `cancelled`, or `unavailable`. */
  async read(request: ReadRequest, options: RequestOptions): Promise<ReadReply> {
    await this.#slots.take(options.signal);
    const { requestId, read } = this.#beginRead(request, options);
    const { length, root, owner } = request;
    this.#send.read({ ...request, length, root, owner, requestId });
    return read.reply();
  }

  /** As `read`; the bytes are a pack. */
  async readPack(request: PackRequest, options: RequestOptions): Promise<ReadReply> {
    if (request.paths.length === 0 || !fitsPack(request.paths)) throw packTooLarge();
    await this.#slots.take(options.signal);
    const { requestId, read } = this.#beginRead({ offset: 0 }, options, transferLimits.packWireBytes);
    this.#send.pack({ ...request, requestId });
    return read.reply();
  }

  /** Resolves with the leaves and uncles as the peer sent them: the caller checks them against the root. */
  async hashes(request: HashesRequest, options: RequestOptions): Promise<HashesReply> {
    return this.#ask<HashesReply>(options, (requestId, settle) => {
      this.#pending.set(requestId, { kind: 'hashes', request, settle });
      this.#send.hashes({ ...request, requestId });
    });
  }

  /** Resolves with a bitmap that fits its size; whether the peer really holds that shows when it is asked for it. */
  async holding(request: HoldingRequest, options: RequestOptions): Promise<HoldingReply> {
    return this.#ask<HoldingReply>(options, (requestId, settle) => {
      this.#pending.set(requestId, { kind: 'holdings', settle });
      this.#send.holding({ ...request, requestId });
    });
  }

  /** Resolves with hits in the shares that were asked for, at most `limit`. */
  async search(request: RemoteSearchRequest, options: { signal: AbortSignal }): Promise<RemoteSearchHit[]> {
    const { signal } = options;
    await this.#searchSlots.take(signal);
    let requestId: number;
    try {
      await this.#slots.take(signal);
      requestId = this.#begin(signal);
    } catch (error) {
      this.#searchSlots.release();
      throw error;
    }
    this.#searches.add(requestId);
    const { searchMs } = this.#times;
    return this.#answerTo<RemoteSearchHit[]>(requestId, { ...options, stallMs: searchMs, latestMs: searchMs }, (settle) => {
      this.#pending.set(requestId, { kind: 'hits', request, settle });
      this.#send.search({ ...request, requestId });
    });
  }

  onHead(message: ForRequest<HeadMessage>): void {
    const { root, version } = message;
    // Copied: what was received is a view of a whole frame, which it would keep in memory.
    const head = { ...message, root: root && Buffer.from(root), version: version && Buffer.from(version) };
    this.#answered(message.requestId, 'file')?.read.accept(head);
  }

  onData(message: DataMessage): void {
    this.#answered(message.requestId, 'file')?.read.push(message.bytes);
  }

  onEnd(message: EndMessage): void {
    this.#answered(message.requestId, 'file')?.read.end(message.root && Buffer.from(message.root));
    this.#free(message.requestId);
  }

  onHashes({ requestId, leaves, uncles }: ForRequest<HashesReply>): void {
    const asked = this.#answered(requestId, 'hashes');
    if (asked) {
      if (leaves.length > asked.request.count) throw protocolViolation('it sends more hashes than were asked for');
      asked.settle.resolve({ leaves, uncles });
    }
    this.#free(requestId);
  }

  onHeld({ requestId, ...reply }: HeldMessage): void {
    this.#answered(requestId, 'holdings')?.settle.resolve(reply);
    this.#free(requestId);
  }

  onFound({ requestId, hits }: FoundMessage): void {
    const asked = this.#answered(requestId, 'hits');
    if (asked) {
      const { shareIds, limit } = asked.request;
      if (hits.length > limit) throw protocolViolation('it finds more than was asked for');
      if (shareIds.length > 0 && hits.some(({ shareId }) => !shareIds.includes(shareId)))
        throw protocolViolation('it finds what lies in a share that was not asked for');
      asked.settle.resolve(hits);
    }
    this.#free(requestId);
  }

  onRefused({ requestId, code, reason }: RefusedMessage): void {
    const pending = this.#of(requestId);
    // Told that it is cancelled although we did not ask for that, the request failed like any other.
    const error = refusalOf(code === wireCodes.cancelled ? wireCodes.unavailable : code, reason);
    if (pending.kind === 'file') pending.read.fail(error);
    else if (pending.kind !== 'cancelled') pending.settle.reject(error);
    this.#free(requestId);
  }

  onWorking({ requestId, position }: ForRequest<{ position: number }>): void {
    if (!this.#workingBudget.take()) throw protocolViolation('it says all the time that it is at work');
    const pending = this.#of(requestId);
    if (pending.kind === 'file') pending.read.working(position);
    else if (pending.kind !== 'cancelled') pending.settle.working(position);
  }

  /** Everything under way and waiting fails with `error`; so does whatever is asked from now on. */
  close(error: AppError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const pending of this.#pending.values()) {
      if (pending.kind === 'file') pending.read.fail(error);
      else if (pending.kind === 'cancelled') clearTimeout(pending.timer);
      else pending.settle.reject(error);
    }
    this.#pending.clear();
    this.#slots.close(error);
    this.#searchSlots.close(error);
  }

  /** The id of a new request, in the turn in which it is sent: throws when, since its slot was granted, all was closed or aborted. */
  #begin(signal: AbortSignal): number {
    this.#slots.confirm(signal);
    return this.#nextId++;
  }

  #beginRead(
    range: { offset: number; length?: number },
    { signal, onPosition }: RequestOptions,
    maxBytes = Infinity,
  ): { requestId: number; read: IncomingRead } {
    const requestId = this.#begin(signal);
    const { link, sliceBytes, peerId } = this.#options;
    const read = new IncomingRead({
      ...{ range, maxBytes, link, sliceBytes, signal, onPosition },
      stallMs: this.#times.requestStallMs,
      headMs: this.#times.headMs,
      stalled: () => requestStalled(peerId, this.#times.requestStallMs / 1000),
      onCredit: (bytes) => this.#send.credit({ requestId, bytes }),
      onCancel: () => this.#cancel(requestId),
    });
    this.#pending.set(requestId, { kind: 'file', read });
    return { requestId, read };
  }

  async #ask<Reply>(options: RequestOptions, send: (requestId: number, settle: Settle<Reply>) => void): Promise<Reply> {
    await this.#slots.take(options.signal);
    const requestId = this.#begin(options.signal);
    const { requestStallMs: stallMs, headMs: latestMs } = this.#times;
    return this.#answerTo<Reply>(requestId, { ...options, stallMs, latestMs }, (settle) => send(requestId, settle));
  }

  #answerTo<Reply>(
    requestId: number,
    { signal, onPosition, stallMs, latestMs }: RequestOptions & { stallMs: number; latestMs: number },
    send: (settle: Settle<Reply>) => void,
  ): Promise<Reply> {
    return new Promise<Reply>((resolve, reject) => {
      const giveUp = (error: AppError) => {
        settled();
        this.#cancel(requestId);
        reject(error);
      };
      const onAbort = () => giveUp(requestCancelled());
      const onStall = () => giveUp(requestStalled(this.#options.peerId, stallMs / 1000));
      const timer = setTimeout(onStall, stallMs);
      const latest = setTimeout(onStall, latestMs);
      let position = 0;
      const settled = () => {
        clearTimeout(timer);
        clearTimeout(latest);
        signal.removeEventListener('abort', onAbort);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      send({
        resolve: (reply) => (settled(), resolve(reply)),
        reject: (error) => (settled(), reject(error)),
        working(now) {
          timer.refresh();
          if (now === position) return;
          position = now;
          onPosition?.(now);
        },
      });
    });
  }

  #cancel(requestId: number): void {
    if (!this.#pending.has(requestId)) return;
    const timer = setTimeout(
      () => this.#options.onUnresponsive('it does not confirm a cancelled request'),
      this.#times.requestStallMs,
    );
    this.#pending.set(requestId, { kind: 'cancelled', timer });
    this.#send.cancel({ requestId });
  }

  #free(requestId: number): void {
    const pending = this.#pending.get(requestId);
    if (pending?.kind === 'cancelled') clearTimeout(pending.timer);
    if (!this.#pending.delete(requestId)) return;
    this.#slots.release();
    if (this.#searches.delete(requestId)) this.#searchSlots.release();
  }

  #of(requestId: number): Pending {
    const pending = this.#pending.get(requestId);
    if (!pending) throw protocolViolation('it answers a request that nobody made');
    return pending;
  }

  /** What the message answers; undefined when it was cancelled. */
  #answered<K extends Wanted>(requestId: number, kind: K): Extract<Pending, { kind: K }> | undefined {
    const pending = this.#of(requestId);
    if (isOf(pending, kind)) return pending;
    if (pending.kind === 'cancelled') return undefined;
    throw protocolViolation(`it answers a request for ${words[pending.kind]} with ${words[kind]}`);
  }
}

function isOf<K extends Wanted>(pending: Pending, kind: K): pending is Extract<Pending, { kind: K }> {
  return pending.kind === kind;
}
