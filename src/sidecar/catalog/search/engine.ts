// Searching, as the main thread sees it: hands what it is told of indexes to the search worker, and questions with their answers to and
// fro. Starts the worker with the first share, and anew (telling it everything again) when it died. It knows keys, not peers.

import { Worker } from 'node:worker_threads';
import { AppError } from '../../../protocol/errors.ts';
import { searchLimits } from '../../limits.ts';
import type { Log } from '../../log.ts';
import { workerUrl } from '../../workerUrl.ts';
import type { Delta } from '../index/rows.ts';
import type { FoundPage, RawHit } from './hits.ts';
import type { Query } from './query.ts';
import type { PageRequest, SearchReply, SearchRequest } from './searchMessages.ts';

export type { FoundPage, RawHit } from './hits.ts';

interface KnownShare {
  segmentPath: string;
  overlay: Delta | undefined;
  /** What came since it was put: a worker that starts anew is told them again. */
  deltas: Delta[];
  isReady: boolean;
}

interface Waiting {
  resolve(reply: Extract<SearchReply, { id: number }>): void;
  reject(error: AppError): void;
}

export interface PageOptions {
  /** Only these shares (`peerId/shareId`); all when left out. */
  keys?: readonly string[];
  offset: number;
  limit: number;
  signal: AbortSignal;
}

export class SearchEngine {
  readonly #log: Log;
  readonly #shares = new Map<string, KnownShare>();
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #nextId = 1;
  #isClosed = false;

  constructor(options: { log: Log }) {
    this.#log = options.log;
  }

  /** This share's index is now the segment with `overlay` over it. Replaces what was put before. */
  put(key: string, share: { segmentPath: string; overlay: Delta | undefined }): void {
    if (this.#isClosed) return;
    this.#shares.set(key, { ...share, deltas: [], isReady: false });
    if (this.#worker === undefined) this.#start();
    else this.#post({ type: 'put', key, ...share });
  }

  /** `delta` was applied to the index that was put. */
  change(key: string, delta: Delta): void {
    const known = this.#shares.get(key);
    if (known === undefined) return;
    known.deltas.push(delta);
    this.#post({ type: 'change', key, delta });
  }

  remove(key: string): void {
    if (this.#shares.delete(key)) this.#post({ type: 'remove', key });
  }

  /** Its search data is built: queries cover it. */
  isReady(key: string): boolean {
    return this.#shares.get(key)?.isReady === true;
  }

  /** Best first, over the shares that are ready. Rejects with `cancelled`, `unavailable`, `internal`. */
  async query(query: Query, options: PageOptions): Promise<FoundPage> {
    if (query.isEmpty) return { hits: [], total: 0, isFuzzy: false };
    return this.#page((id, page) => ({ type: 'query', id, query, page }), options);
  }

  /** Files, newest first: by their time, or that of the index they came with when it is earlier. */
  async recent(options: PageOptions): Promise<{ hits: RawHit[]; total: number }> {
    return this.#page((id, page) => ({ type: 'recent', id, page }), options);
  }

  /** Everything put so far can be searched. */
  async searchable(): Promise<void> {
    if (this.#shares.size > 0) await this.#ask((id) => ({ type: 'settle', id }));
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#shares.clear();
    this.#failAll(searchClosed());
    const worker = this.#worker;
    if (worker === undefined) return;
    worker.postMessage({ type: 'close', id: 0 } satisfies SearchRequest);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, searchLimits.closeMs);
      this.#waiting.set(0, { resolve: () => (clearTimeout(timer), resolve()), reject: () => (clearTimeout(timer), resolve()) });
    });
    this.#worker = undefined;
    await worker.terminate();
  }

  async #page(request: (id: number, page: PageRequest) => SearchRequest, options: PageOptions): Promise<FoundPage> {
    if (options.signal.aborted) throw searchCancelled();
    if (this.#shares.size === 0 && !this.#isClosed) return { hits: [], total: 0, isFuzzy: false };
    const isCancelled = new Int32Array(new SharedArrayBuffer(4));
    const page: PageRequest = { keys: options.keys, offset: options.offset, limit: options.limit, isCancelled };
    const onAbort = (): void => void Atomics.store(isCancelled, 0, 1);
    options.signal.addEventListener('abort', onAbort, { once: true });
    try {
      const reply = await this.#ask((id) => request(id, page), options.signal);
      if (reply.type !== 'found') throw new AppError('internal', 'The search worker gave another answer than was asked for.');
      return reply.found;
    } finally {
      options.signal.removeEventListener('abort', onAbort);
    }
  }

  async #ask(request: (id: number) => SearchRequest, signal?: AbortSignal): Promise<Extract<SearchReply, { id: number }>> {
    if (this.#isClosed) throw searchClosed();
    const id = this.#nextId++;
    let onAbort: (() => void) | undefined;
    try {
      const reply = await new Promise<Extract<SearchReply, { id: number }>>((resolve, reject) => {
        this.#waiting.set(id, { resolve, reject });
        onAbort = () => reject(searchCancelled());
        signal?.addEventListener('abort', onAbort, { once: true });
        if (this.#worker === undefined) this.#start();
        this.#post(request(id));
      });
      if (reply.type === 'failed') throw new AppError(reply.kind, reply.message);
      return reply;
    } finally {
      this.#waiting.delete(id);
      if (onAbort) signal?.removeEventListener('abort', onAbort);
      if (this.#waiting.size === 0) this.#worker?.unref();
    }
  }

  #post(request: SearchRequest): void {
    if ('id' in request) this.#worker?.ref();
    this.#worker?.postMessage(request);
  }

  #start(): void {
    const worker = new Worker(workerUrl(import.meta.url, 'searchWorker'), {
      name: 'search',
      resourceLimits: { maxYoungGenerationSizeMb: searchLimits.youngHeapMiB, maxOldGenerationSizeMb: searchLimits.heapMiB },
    });
    this.#worker = worker;
    worker.unref();
    worker.on('message', (reply: SearchReply) => {
      if (reply.type === 'log') this.#log[reply.level](reply.message);
      else if (reply.type === 'ready') this.#ready(reply);
      else this.#waiting.get(reply.id)?.resolve(reply);
    });
    const ended = (reason: string): void => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#log.warn(`The search worker ended: ${reason}. It starts again with the next search.`);
      this.#failAll(new AppError('internal', `The search failed: ${reason}. Search again.`));
    };
    worker.on('error', (error) => ended(error instanceof Error ? error.message : String(error)));
    worker.on('exit', (code) => ended(`exit code ${code}`));
    for (const [key, share] of this.#shares) {
      share.isReady = false;
      worker.postMessage({ type: 'put', key, segmentPath: share.segmentPath, overlay: share.overlay } satisfies SearchRequest);
      for (const delta of share.deltas) worker.postMessage({ type: 'change', key, delta } satisfies SearchRequest);
    }
  }

  #ready({ key, segmentPath, isReady }: Extract<SearchReply, { type: 'ready' }>): void {
    const share = this.#shares.get(key);
    if (share?.segmentPath === segmentPath) share.isReady = isReady;
  }

  #failAll(error: AppError): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const one of waiting) one.reject(error);
  }
}

function searchClosed(): AppError {
  return new AppError('unavailable', 'The search was stopped because Potluck is closing.');
}

function searchCancelled(): AppError {
  return new AppError('cancelled', 'The search was stopped.');
}
