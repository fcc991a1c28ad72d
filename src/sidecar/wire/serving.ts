// A peer's requests to us over one carrier: hands them to the file and search servers and sends what they answer. What the peer asks
// wrongly throws AppError `protocol` and ends its session; what the server fails with is told as a coarse code.

import { AppError, asAppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import type { LinkKind } from '../../protocol/model.ts';
import { transferLimits, wireLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { RequestTimes } from './asking.ts';
import type { FoundMessage, SearchMessage } from './catalogCodec.ts';
import type { DataMessage, EndMessage, ForRequest, HeadMessage, ReadMessage, RefusedMessage } from './codec.ts';
import {
  protocolViolation,
  readerStalled,
  refusalFor,
  searchTimedOut,
  tooManyQuestions,
  tooManySearches,
  wireCodes,
} from './errors.ts';
import { sendReply } from './outgoingReply.ts';
import type { SendTurns } from './sendTurns.ts';
import type { FileServer, HashesReply, HashesRequest, ReadReply, ReadRequest, SearchServer, ServeOptions } from './services.ts';
import type { HeldMessage, HoldingMessage, PackMessage } from './transferCodec.ts';
import { Budget } from './updatePace.ts';
import { whileWorking } from './working.ts';

/** What we say to the asking side. */
export interface ServeMessages {
  head(message: ForRequest<HeadMessage>): void;
  data(message: DataMessage): void;
  end(message: EndMessage): void;
  hashes(message: ForRequest<HashesReply>): void;
  held(message: HeldMessage): void;
  found(message: FoundMessage): void;
  refused(message: RefusedMessage): void;
  working(message: ForRequest<{ position: number }>): void;
}

/** One request until its last message was sent. */
interface Job {
  requestId: number;
  abort: AbortController;
  /** Bytes we may still send. */
  credit: number;
  onCredit: (() => void) | undefined;
}

export class Serving {
  readonly #peerId: PeerId;
  readonly #server: FileServer;
  readonly #searchServer: SearchServer;
  readonly #searchBudget = new Budget({ burst: wireLimits.searchesBurst, perSecond: wireLimits.searchesPerSecond });
  readonly #holdingBudget = new Budget({ burst: transferLimits.holdingsBurst, perSecond: transferLimits.holdingsPerSecond });
  readonly #send: ServeMessages;
  readonly #link: LinkKind;
  readonly #sliceBytes: number;
  readonly #turns: SendTurns;
  readonly #times: RequestTimes;
  readonly #log: Log;
  readonly #jobs = new Map<number, Job>();
  /** The server's calls under way, those of cancelled requests included. */
  #running = 0;
  /** Searches under way, and the server's calls for them: a cancelled one may go on for a while. */
  readonly #searches = new Set<number>();
  #searchesRunning = 0;
  #lastId = 0;

  constructor(options: {
    peerId: PeerId;
    server: FileServer;
    searchServer: SearchServer;
    send: ServeMessages;
    /** What carries it, and how large slices are there. */
    link: LinkKind;
    sliceBytes: number;
    turns: SendTurns;
    times: RequestTimes;
    log: Log;
  }) {
    this.#peerId = options.peerId;
    this.#server = options.server;
    this.#searchServer = options.searchServer;
    this.#send = options.send;
    this.#link = options.link;
    this.#sliceBytes = options.sliceBytes;
    this.#turns = options.turns;
    this.#times = options.times;
    this.#log = options.log;
  }

  onRead({ requestId, length, root, owner, ...request }: ReadMessage): void {
    const range = length === undefined ? { offset: request.offset } : { offset: request.offset, length };
    const asked: ReadRequest = {
      ...{ ...request, ...range },
      // Copied: it outlives the frame that it is a view of.
      ...(root && { root: Buffer.from(root) }),
      ...(owner !== undefined && { owner }),
    };
    this.#run(requestId, (job) => this.#read(job, range, (options) => this.#server.read(this.#peerId, asked, options)));
  }

  onPack({ requestId, ...request }: PackMessage): void {
    this.#run(requestId, (job) =>
      this.#read(job, { offset: 0 }, async (options) => {
        const reply = await this.#server.readPack(this.#peerId, request, options);
        if (reply.sizeBytes <= transferLimits.packWireBytes) return reply;
        await drop(reply);
        throw packOutgrown(reply.sizeBytes);
      }),
    );
  }

  onHashes({ requestId, ...message }: ForRequest<HashesRequest>): void {
    const { first, count } = message;
    const isPowerOfTwo = count >= 1 && Math.log2(count) % 1 === 0;
    if (!isPowerOfTwo || count > wireLimits.leavesInReply || first % count !== 0) {
      throw protocolViolation(`it asks for ${count} hashes from ${first}, which is no subtree`);
    }
    const request = { ...message, root: Buffer.from(message.root) };
    this.#run(requestId, async (job) => {
      const reply = await this.#work(job, (options) => this.#server.hashes(this.#peerId, request, options));
      // Half a MiB: it takes its turn like file bytes, or a peer that reads nothing could let any number pile up.
      await this.#turns.send(() => {
        if (this.#finish(job)) this.#send.hashes({ ...reply, requestId });
      });
    });
  }

  onHolding({ requestId, ...message }: HoldingMessage): void {
    const isBusy = !this.#holdingBudget.take();
    const request = { ...message, root: Buffer.from(message.root) };
    this.#run(requestId, async (job) => {
      if (isBusy) throw tooManyQuestions();
      const reply = await this.#work(job, (options) => this.#server.holding(this.#peerId, request, options));
      await this.#turns.send(() => {
        if (this.#finish(job)) this.#send.held({ ...reply, requestId });
      });
    });
  }

  onSearch({ requestId, ...request }: SearchMessage): void {
    const { limit } = request;
    if (limit < 1 || limit > wireLimits.searchHits) throw protocolViolation(`it asks for ${limit} hits at once`);
    if (this.#searches.size >= wireLimits.searchesInFlight) throw protocolViolation('it has too many searches under way');
    const isBusy = !this.#searchBudget.take() || this.#searchesRunning >= 2 * wireLimits.searchesInFlight;
    this.#run(requestId, async (job) => {
      if (isBusy) throw tooManySearches();
      const timer = setTimeout(() => this.#refuse(job, searchTimedOut()), this.#times.searchMs);
      this.#searches.add(requestId);
      this.#searchesRunning++;
      try {
        const hits = await this.#searchServer.search(this.#peerId, request, { signal: job.abort.signal });
        if (this.#finish(job)) this.#send.found({ requestId, hits: hits.slice(0, limit) });
      } finally {
        clearTimeout(timer);
        this.#searchesRunning--;
      }
    });
  }

  onCredit({ requestId, bytes }: ForRequest<{ bytes: number }>): void {
    const job = this.#jobOf(requestId);
    if (!job) return;
    if (bytes === 0 || job.credit + bytes > wireLimits.creditBytes)
      throw protocolViolation('it gives more credit than it has taken bytes');
    job.credit += bytes;
    job.onCredit?.();
  }

  onCancel({ requestId }: { requestId: number }): void {
    const job = this.#jobOf(requestId);
    if (!job || !this.#finish(job)) return;
    this.#send.refused({ requestId, code: wireCodes.cancelled, reason: '' });
    this.#stop(job);
  }

  /** Stops serving: the connection is gone. */
  close(): void {
    for (const job of this.#jobs.values()) this.#stop(job);
    this.#jobs.clear();
  }

  /** Undefined for a request that has ended: the peer could not know that yet. */
  #jobOf(requestId: number): Job | undefined {
    if (requestId > this.#lastId) throw protocolViolation('it speaks of a request that it did not make');
    return this.#jobs.get(requestId);
  }

  #run(requestId: number, serve: (job: Job) => Promise<void>): void {
    // Rising ids make a repeated one visible without remembering any.
    if (requestId <= this.#lastId) throw protocolViolation('it uses the id of a request twice');
    if (this.#jobs.size >= wireLimits.requestsInFlight) throw protocolViolation('it has too many requests under way');
    this.#lastId = requestId;
    if (this.#running >= 2 * wireLimits.requestsInFlight) {
      // It cancelled many that our disk has not given up yet.
      this.#send.refused({ requestId, code: wireCodes.busy, reason: '' });
      return;
    }
    const job: Job = { requestId, abort: new AbortController(), credit: wireLimits.creditBytes, onCredit: undefined };
    this.#jobs.set(requestId, job);
    this.#running++;
    serve(job)
      .catch((thrown: unknown) => this.#refuse(job, asAppError(thrown)))
      .finally(() => this.#running--);
  }

  async #read(
    job: Job,
    range: { offset: number; length?: number },
    open: (options: ServeOptions) => Promise<ReadReply>,
  ): Promise<void> {
    const { requestId } = job;
    const { signal } = job.abort;
    const reply = await this.#work(job, open);
    if (signal.aborted) return drop(reply);
    const { sizeBytes, mtimeMs, root, version } = reply;
    this.#send.head({ requestId, sizeBytes, mtimeMs, root, version });
    const isSent = await sendReply({
      chunks: reply.bytes,
      expectedBytes: Math.min(range.length ?? Infinity, Math.max(0, sizeBytes - range.offset)),
      sliceBytes: this.#sliceBytes,
      turns: this.#turns,
      signal,
      credit: () => job.credit,
      moreCredit: () => this.#moreCredit(job),
      send: (bytes) => {
        job.credit -= bytes.byteLength;
        this.#send.data({ requestId, bytes });
      },
    });
    if (!isSent) return;
    const endRoot = await reply.end();
    if (this.#finish(job)) this.#send.end({ requestId, root: endRoot });
  }

  /** Tells the peer now and then that its request is being worked on, or where it waits. */
  #work<T>(job: Job, work: (options: ServeOptions) => Promise<T>): Promise<T> {
    const { requestId } = job;
    return whileWorking(
      {
        tell: (position) => this.#send.working({ requestId, position }),
        everyMs: this.#times.requestStallMs / 3,
        signal: job.abort.signal,
      },
      (onPosition) => work({ signal: job.abort.signal, link: this.#link, onPosition }),
    );
  }

  async #moreCredit(job: Job): Promise<void> {
    const timer = setTimeout(() => this.#refuse(job, readerStalled()), this.#times.creditStallMs);
    await new Promise<void>((resolve) => (job.onCredit = resolve));
    job.onCredit = undefined;
    clearTimeout(timer);
  }

  #refuse(job: Job, error: AppError): void {
    if (!this.#finish(job)) return;
    this.#log.debug(`request ${job.requestId} of ${this.#peerId} refused: ${error.message}`);
    this.#send.refused({ requestId: job.requestId, ...refusalFor(error) });
    this.#stop(job);
  }

  /** True for the one who may say the last word on a request. */
  #finish(job: Job): boolean {
    this.#searches.delete(job.requestId);
    return this.#jobs.delete(job.requestId);
  }

  #stop(job: Job): void {
    job.abort.abort();
    job.onCredit?.();
  }
}

/** Lets go of a reply that nobody reads any more: the server holds a file open for it. */
async function drop(reply: ReadReply): Promise<void> {
  await reply.bytes[Symbol.asyncIterator]().return?.();
}

function packOutgrown(sizeBytes: number): AppError {
  return new AppError('too-large', 'A pack came out larger than a pack may be.', {
    data: { sizeBytes, limitBytes: transferLimits.packWireBytes },
  });
}
