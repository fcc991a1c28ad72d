// A peer's requests to us: hands them to the file and search servers and sends what they answer, within the peer's credit and the stream's room. What
// the peer asks wrongly throws AppError `protocol` and ends its session; what the server fails with is told as a coarse code.

import { asAppError, type AppError } from '../../protocol/errors.ts';
import type { PeerId } from '../../protocol/ids.ts';
import { wireLimits } from '../limits.ts';
import type { Log } from '../log.ts';
import type { RequestTimes } from './asking.ts';
import type { FoundMessage, SearchMessage } from './catalogCodec.ts';
import type { DataMessage, EndMessage, ForRequest, HeadMessage, ReadMessage } from './codec.ts';
import {
  fileChanged,
  protocolViolation,
  readerStalled,
  searchTimedOut,
  tooManySearches,
  wireCodeOf,
  wireCodes,
} from './errors.ts';
import type { SendTurns } from './sendTurns.ts';
import type { FileServer, HashesReply, HashesRequest, ReadReply, ReadRequest, SearchServer } from './services.ts';
import { Budget } from './updatePace.ts';

/** What we say to the asking side. */
export interface ServeMessages {
  head(message: ForRequest<HeadMessage>): void;
  data(message: DataMessage): void;
  end(message: EndMessage): void;
  hashes(message: ForRequest<HashesReply>): void;
  found(message: FoundMessage): void;
  refused(message: ForRequest<{ code: number }>): void;
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
  readonly #send: ServeMessages;
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
    turns: SendTurns;
    times: RequestTimes;
    log: Log;
  }) {
    this.#peerId = options.peerId;
    this.#server = options.server;
    this.#searchServer = options.searchServer;
    this.#send = options.send;
    this.#turns = options.turns;
    this.#times = options.times;
    this.#log = options.log;
  }

  onRead({ requestId, length, ...request }: ReadMessage): void {
    this.#run(requestId, (job) => this.#read(job, length === undefined ? request : { ...request, length }));
  }

  onHashes({ requestId, ...request }: ForRequest<HashesRequest>): void {
    const { first, count } = request;
    const isPowerOfTwo = count >= 1 && Math.log2(count) % 1 === 0;
    if (!isPowerOfTwo || count > wireLimits.leavesInReply || first % count !== 0) {
      throw protocolViolation(`it asks for ${count} hashes from ${first}, which is no subtree`);
    }
    this.#run(requestId, async (job) => {
      const reply = await this.#whileWorking(job, this.#server.hashes(this.#peerId, request, { signal: job.abort.signal }));
      if (this.#finish(job)) this.#send.hashes({ ...reply, requestId });
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
    this.#send.refused({ requestId, code: wireCodes.cancelled });
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
      this.#send.refused({ requestId, code: wireCodes.busy });
      return;
    }
    const job: Job = { requestId, abort: new AbortController(), credit: wireLimits.creditBytes, onCredit: undefined };
    this.#jobs.set(requestId, job);
    this.#running++;
    serve(job)
      .catch((thrown: unknown) => this.#refuse(job, asAppError(thrown)))
      .finally(() => this.#running--);
  }

  async #read(job: Job, request: ReadRequest): Promise<void> {
    const { requestId } = job;
    const { signal } = job.abort;
    const reply = await this.#whileWorking(job, this.#server.read(this.#peerId, request, { signal }));
    if (signal.aborted) return drop(reply);
    const { sizeBytes, mtimeMs, root } = reply;
    this.#send.head({ requestId, sizeBytes, mtimeMs, root });
    let missing = Math.min(request.length ?? Infinity, Math.max(0, sizeBytes - request.offset));
    for await (const bytes of wholeSlices(reply.bytes)) {
      missing -= bytes.byteLength;
      if (missing < 0) throw fileChanged();
      while (job.credit < bytes.byteLength && !signal.aborted) await this.#moreCredit(job);
      await this.#turns.send(() => {
        if (signal.aborted) return;
        job.credit -= bytes.byteLength;
        this.#send.data({ requestId, bytes });
      });
      if (signal.aborted) return;
    }
    if (missing > 0) throw fileChanged();
    const endRoot = await reply.end();
    if (this.#finish(job)) this.#send.end({ requestId, root: endRoot });
  }

  /** Tells the peer now and then that its request is being worked on: a large file may have to be hashed first. */
  async #whileWorking<T>(job: Job, work: Promise<T>): Promise<T> {
    const { requestId } = job;
    const tell = () => this.#send.working({ requestId, position: 0 });
    const timer = setInterval(tell, this.#times.requestStallMs / 3);
    // The server may take its time to give up.
    job.abort.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
    try {
      return await work;
    } finally {
      clearInterval(timer);
    }
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
    this.#send.refused({ requestId: job.requestId, code: wireCodeOf(error.kind) });
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

/** The same bytes in slices of `sliceBytes`; only the last one may be shorter. Copies only what does not fit. */
async function* wholeSlices(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const { sliceBytes } = wireLimits;
  let rest: Uint8Array = Buffer.alloc(0);
  for await (const chunk of chunks) {
    let bytes = rest.byteLength === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (bytes.byteLength >= sliceBytes) {
      yield bytes.subarray(0, sliceBytes);
      bytes = bytes.subarray(sliceBytes);
    }
    rest = bytes;
  }
  if (rest.byteLength > 0) yield rest;
}
