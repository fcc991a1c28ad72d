// Our requests to one peer: reads, leaf hashes and searches, their slots, credit, deadlines and cancelling. Knows message contents, not
// how they are put into bytes. A reply that breaks the rules throws AppError `protocol`, which ends the session.

import type { AppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { wireLimits } from '../limits.ts';
import type { FoundMessage, SearchMessage } from './catalogCodec.ts';
import type { DataMessage, EndMessage, ForRequest, HeadMessage, ReadMessage } from './codec.ts';
import { protocolViolation, refusalOf, requestCancelled, requestStalled, wireCodes } from './errors.ts';
import { IncomingRead } from './incomingRead.ts';
import { RequestSlots } from './requestSlots.ts';
import type { HashesReply, HashesRequest, ReadReply, ReadRequest, RemoteSearchHit, RemoteSearchRequest } from './services.ts';

/** What we say to the serving side. */
export interface AskMessages {
  read(message: ReadMessage): void;
  hashes(message: ForRequest<HashesRequest>): void;
  search(message: SearchMessage): void;
  credit(message: ForRequest<{ bytes: number }>): void;
  cancel(message: { requestId: number }): void;
}

/** Deadlines, given apart so that tests need not wait for the real ones. */
export type RequestTimes = Record<'requestStallMs' | 'headMs' | 'creditStallMs' | 'searchMs', number>;

/** Until its last message has come, a request holds its slot, cancelled or not: so every message belongs to one that is known. */
type Pending =
  | { kind: 'read'; read: IncomingRead }
  | { kind: 'hashes'; count: number; settle: Settle<HashesReply> }
  | { kind: 'search'; request: RemoteSearchRequest; settle: Settle<RemoteSearchHit[]> }
  | { kind: 'cancelled'; timer: NodeJS.Timeout };

/** A request that is answered by one message. */
interface Settle<Reply> {
  resolve(reply: Reply): void;
  reject(error: AppError): void;
  working(): void;
}

export class Asking {
  readonly #peerId: PeerId;
  readonly #send: AskMessages;
  readonly #times: RequestTimes;
  readonly #onUnresponsive: (reason: string) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #slots = new RequestSlots(wireLimits.requestsInFlight);
  readonly #searchSlots = new RequestSlots(wireLimits.searchesInFlight);
  /** Ids of searches under way, which hold a search slot, too. */
  readonly #searches = new Set<number>();
  #nextId = 1;
  #isClosed = false;

  constructor(options: { peerId: PeerId; send: AskMessages; times: RequestTimes; onUnresponsive(reason: string): void }) {
    this.#peerId = options.peerId;
    this.#send = options.send;
    this.#times = options.times;
    this.#onUnresponsive = (reason) => options.onUnresponsive(reason);
  }

  /** Resolves with the head. Rejects with what the peer refused it for, `cancelled`, or `unavailable`. */
  async read(request: ReadRequest, { signal }: { signal: AbortSignal }): Promise<ReadReply> {
    await this.#slots.take(signal);
    const requestId = this.#begin(signal);
    const read = new IncomingRead({
      request,
      signal,
      stallMs: this.#times.requestStallMs,
      headMs: this.#times.headMs,
      stalled: () => requestStalled(this.#peerId, this.#times.requestStallMs / 1000),
      onCredit: (bytes) => this.#send.credit({ requestId, bytes }),
      onCancel: () => this.#cancel(requestId),
    });
    this.#pending.set(requestId, { kind: 'read', read });
    this.#send.read({ ...request, length: request.length, requestId });
    return read.reply();
  }

  /** Resolves with the leaves and uncles as the peer sent them: the caller checks them against the root. */
  async hashes(request: HashesRequest, { signal }: { signal: AbortSignal }): Promise<HashesReply> {
    await this.#slots.take(signal);
    const requestId = this.#begin(signal);
    const { requestStallMs, headMs } = this.#times;
    return this.#answerTo<HashesReply>(requestId, { signal, stallMs: requestStallMs, latestMs: headMs }, (settle) => {
      this.#pending.set(requestId, { kind: 'hashes', count: request.count, settle });
      this.#send.hashes({ ...request, requestId });
    });
  }

  /** Resolves with hits in the shares that were asked for, at most `limit`. */
  async search(request: RemoteSearchRequest, { signal }: { signal: AbortSignal }): Promise<RemoteSearchHit[]> {
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
    return this.#answerTo<RemoteSearchHit[]>(requestId, { signal, stallMs: searchMs, latestMs: searchMs }, (settle) => {
      this.#pending.set(requestId, { kind: 'search', request, settle });
      this.#send.search({ ...request, requestId });
    });
  }

  onHead(message: ForRequest<HeadMessage>): void {
    this.#readOf(message.requestId)?.accept({ ...message, root: message.root && Buffer.from(message.root) });
  }

  onData(message: DataMessage): void {
    this.#readOf(message.requestId)?.push(message.bytes);
  }

  onEnd(message: EndMessage): void {
    this.#readOf(message.requestId)?.end(message.root && Buffer.from(message.root));
    this.#free(message.requestId);
  }

  onHashes(message: ForRequest<HashesReply>): void {
    const pending = this.#of(message.requestId);
    if (pending.kind === 'read' || pending.kind === 'search') throw protocolViolation(`it answers a ${pending.kind} with hashes`);
    if (pending.kind === 'hashes') {
      if (message.leaves.length > pending.count) throw protocolViolation('it sends more hashes than were asked for');
      pending.settle.resolve({ leaves: message.leaves, uncles: message.uncles });
    }
    this.#free(message.requestId);
  }

  onFound({ requestId, hits }: FoundMessage): void {
    const pending = this.#of(requestId);
    if (pending.kind === 'read' || pending.kind === 'hashes')
      throw protocolViolation('it answers a request for a file or hashes with hits');
    if (pending.kind === 'search') {
      const { shareIds, limit } = pending.request;
      if (hits.length > limit) throw protocolViolation('it finds more than was asked for');
      if (shareIds.length > 0 && hits.some(({ shareId }) => !shareIds.includes(shareId)))
        throw protocolViolation('it finds what lies in a share that was not asked for');
      pending.settle.resolve(hits);
    }
    this.#free(requestId);
  }

  onRefused(message: ForRequest<{ code: number }>): void {
    const pending = this.#of(message.requestId);
    // Told that it is cancelled although we did not ask for that, the request failed like any other.
    const error = refusalOf(message.code === wireCodes.cancelled ? wireCodes.unavailable : message.code);
    if (pending.kind === 'read') pending.read.fail(error);
    else if (pending.kind !== 'cancelled') pending.settle.reject(error);
    this.#free(message.requestId);
  }

  onWorking(message: { requestId: number }): void {
    const pending = this.#of(message.requestId);
    if (pending.kind === 'read') pending.read.working();
    else if (pending.kind !== 'cancelled') pending.settle.working();
  }

  /** Everything under way and waiting fails with `error`; so does whatever is asked from now on. */
  close(error: AppError): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const pending of this.#pending.values()) {
      if (pending.kind === 'read') pending.read.fail(error);
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

  #answerTo<Reply>(
    requestId: number,
    { signal, stallMs, latestMs }: { signal: AbortSignal; stallMs: number; latestMs: number },
    send: (settle: Settle<Reply>) => void,
  ): Promise<Reply> {
    return new Promise<Reply>((resolve, reject) => {
      const giveUp = (error: AppError) => {
        settled();
        this.#cancel(requestId);
        reject(error);
      };
      const onAbort = () => giveUp(requestCancelled());
      const onStall = () => giveUp(requestStalled(this.#peerId, stallMs / 1000));
      const timer = setTimeout(onStall, stallMs);
      const latest = setTimeout(onStall, latestMs);
      const settled = () => {
        clearTimeout(timer);
        clearTimeout(latest);
        signal.removeEventListener('abort', onAbort);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      send({
        resolve: (reply) => (settled(), resolve(reply)),
        reject: (error) => (settled(), reject(error)),
        working: () => timer.refresh(),
      });
    });
  }

  #cancel(requestId: number): void {
    if (!this.#pending.has(requestId)) return;
    const timer = setTimeout(() => this.#onUnresponsive('it does not confirm a cancelled request'), this.#times.requestStallMs);
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

  #readOf(requestId: number): IncomingRead | undefined {
    const pending = this.#of(requestId);
    if (pending.kind === 'hashes' || pending.kind === 'search')
      throw protocolViolation('it answers a request for hashes or hits with a file');
    return pending.kind === 'read' ? pending.read : undefined;
  }
}
