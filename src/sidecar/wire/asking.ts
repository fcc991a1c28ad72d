// Our requests to one peer: reads and leaf hashes, their slots, credit, deadlines and cancelling. Knows message contents, not how
// they are put into bytes. A reply that breaks the rules throws AppError `protocol`, which ends the session.

import type { AppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { wireLimits } from '../limits.ts';
import type { DataMessage, EndMessage, ForRequest, HeadMessage, ReadMessage } from './codec.ts';
import { protocolViolation, refusalOf, requestCancelled, requestStalled, tooManyRequests, wireCodes } from './errors.ts';
import { IncomingRead } from './incomingRead.ts';
import type { HashesReply, HashesRequest, ReadReply, ReadRequest } from './services.ts';

/** What we say to the serving side. */
export interface AskMessages {
  read(message: ReadMessage): void;
  hashes(message: ForRequest<HashesRequest>): void;
  credit(message: ForRequest<{ bytes: number }>): void;
  cancel(message: { requestId: number }): void;
}

/** Deadlines, given apart so that tests need not wait for the real ones. */
export type RequestTimes = Record<'requestStallMs' | 'headMs' | 'creditStallMs', number>;

/** Until its last message has come, a request holds its slot, cancelled or not: so every message belongs to one that is known. */
type Pending =
  | { kind: 'read'; read: IncomingRead }
  | { kind: 'hashes'; count: number; settle: Settle }
  | { kind: 'cancelled'; timer: NodeJS.Timeout };

interface Settle {
  resolve(reply: HashesReply): void;
  reject(error: AppError): void;
  working(): void;
}

export class Asking {
  readonly #peerId: PeerId;
  readonly #send: AskMessages;
  readonly #times: RequestTimes;
  readonly #onUnresponsive: (reason: string) => void;
  readonly #pending = new Map<number, Pending>();
  readonly #waiting: (() => void)[] = [];
  #taken = 0;
  #nextId = 1;
  #closedBy: AppError | undefined;

  constructor(options: { peerId: PeerId; send: AskMessages; times: RequestTimes; onUnresponsive(reason: string): void }) {
    this.#peerId = options.peerId;
    this.#send = options.send;
    this.#times = options.times;
    this.#onUnresponsive = (reason) => options.onUnresponsive(reason);
  }

  /** Resolves with the head. Rejects with what the peer refused it for, `cancelled`, or `unavailable`. */
  async read(request: ReadRequest, { signal }: { signal: AbortSignal }): Promise<ReadReply> {
    await this.#slot(signal);
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
    await this.#slot(signal);
    const requestId = this.#begin(signal);
    return new Promise<HashesReply>((resolve, reject) => {
      const giveUp = (error: AppError) => {
        settled();
        this.#cancel(requestId);
        reject(error);
      };
      const onAbort = () => giveUp(requestCancelled());
      const onStall = () => giveUp(requestStalled(this.#peerId, this.#times.requestStallMs / 1000));
      const timer = setTimeout(onStall, this.#times.requestStallMs);
      const latest = setTimeout(onStall, this.#times.headMs);
      const settled = () => {
        clearTimeout(timer);
        clearTimeout(latest);
        signal.removeEventListener('abort', onAbort);
      };
      const settle: Settle = {
        resolve: (reply) => (settled(), resolve(reply)),
        reject: (error) => (settled(), reject(error)),
        working: () => timer.refresh(),
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(requestId, { kind: 'hashes', count: request.count, settle });
      this.#send.hashes({ ...request, requestId });
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
    if (pending.kind === 'read') throw protocolViolation('it answers a read with hashes');
    if (pending.kind === 'hashes') {
      if (message.leaves.length > pending.count) throw protocolViolation('it sends more hashes than were asked for');
      pending.settle.resolve({ leaves: message.leaves, uncles: message.uncles });
    }
    this.#free(message.requestId);
  }

  onRefused(message: ForRequest<{ code: number }>): void {
    const pending = this.#of(message.requestId);
    // Told that it is cancelled although we did not ask for that, the request failed like any other.
    const error = refusalOf(message.code === wireCodes.cancelled ? wireCodes.unavailable : message.code);
    if (pending.kind === 'read') pending.read.fail(error);
    else if (pending.kind === 'hashes') pending.settle.reject(error);
    this.#free(message.requestId);
  }

  onWorking(message: { requestId: number }): void {
    const pending = this.#of(message.requestId);
    if (pending.kind === 'read') pending.read.working();
    else if (pending.kind === 'hashes') pending.settle.working();
  }

  /** Everything under way and waiting fails with `error`; so does whatever is asked from now on. */
  close(error: AppError): void {
    if (this.#closedBy) return;
    this.#closedBy = error;
    for (const pending of this.#pending.values()) {
      if (pending.kind === 'read') pending.read.fail(error);
      else if (pending.kind === 'hashes') pending.settle.reject(error);
      else clearTimeout(pending.timer);
    }
    this.#pending.clear();
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Waits for one of the slots that the peer allows us. */
  async #slot(signal: AbortSignal): Promise<void> {
    if (this.#closedBy) throw this.#closedBy;
    if (signal.aborted) throw requestCancelled();
    if (this.#taken < wireLimits.requestsInFlight) {
      this.#taken++;
      return;
    }
    if (this.#waiting.length >= wireLimits.requestsWaiting) throw tooManyRequests();
    let isGranted = false;
    await new Promise<void>((resolve) => {
      const grant = () => {
        isGranted = true;
        signal.removeEventListener('abort', onAbort);
        resolve();
      };
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(grant), 1);
        resolve();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(grant);
    });
    if (!isGranted) throw requestCancelled();
  }

  /** The id of a new request; throws when, since the slot was granted, all was closed or the caller gave up. */
  #begin(signal: AbortSignal): number {
    if (!this.#closedBy && !signal.aborted) return this.#nextId++;
    this.#release();
    throw this.#closedBy ?? requestCancelled();
  }

  /** A slot passes to who waits longest, or is free again. */
  #release(): void {
    const grant = this.#waiting.shift();
    if (grant) grant();
    else this.#taken--;
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
    if (this.#pending.delete(requestId)) this.#release();
  }

  #of(requestId: number): Pending {
    const pending = this.#pending.get(requestId);
    if (!pending) throw protocolViolation('it answers a request that nobody made');
    return pending;
  }

  #readOf(requestId: number): IncomingRead | undefined {
    const pending = this.#of(requestId);
    if (pending.kind === 'hashes') throw protocolViolation('it answers a request for hashes with a file');
    return pending.kind === 'read' ? pending.read : undefined;
  }
}
