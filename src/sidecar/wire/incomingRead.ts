// One file, range or pack, as it comes in: the head, the bytes at their consumer's pace, the root. Gives the peer credit for what the consumer
// took, so that a slow disk holds back the sender and not our memory. Every slice passes here: it makes no promise that nobody waits for.

import type { AppError } from '../../protocol/errors.ts';
import type { LinkKind } from '../../protocol/model.ts';
import { wireLimits } from '../limits.ts';
import type { HeadMessage } from './codec.ts';
import { protocolViolation, requestCancelled } from './errors.ts';
import type { ReadReply } from './services.ts';

export interface IncomingReadOptions {
  /** Of the content, in bytes; `length` undefined = to its end. */
  range: { offset: number; length?: number };
  /** What the whole content has at most: packs are bounded. */
  maxBytes?: number;
  link: LinkKind;
  /** Every slice but the last has so many bytes. */
  sliceBytes: number;
  signal: AbortSignal;
  stallMs: number;
  headMs: number;
  stalled(): AppError;
  onPosition: ((position: number) => void) | undefined;
  /** The consumer took so many bytes more. */
  onCredit(bytes: number): void;
  /** Nothing more is wanted; called at most once, and not after the reply ended. */
  onCancel(): void;
}

type Step = IteratorResult<Uint8Array, undefined>;

/** Credit is given in parts of this size: each is a message of its own, and the sender must not run dry meanwhile. */
const creditStepBytes = wireLimits.creditBytes / 4;

export class IncomingRead {
  readonly #options: IncomingReadOptions;
  readonly #head = deferred<HeadMessage>();
  readonly #end = deferred<Uint8Array | undefined>();
  readonly #onAbort = () => this.#giveUp(requestCancelled());
  readonly #onStall = () => this.#giveUp(this.#options.stalled());
  readonly #chunks: Uint8Array[] = [];
  /** Consumers that wait for bytes: one, unless it asks ahead. */
  readonly #waiting: { resolve(step: Step): void; reject(error: AppError): void }[] = [];
  /** Received and not yet credited: the peer may never have more than `creditBytes` of it under way. */
  #uncredited = 0;
  #taken = 0;
  #hasHead = false;
  #missing = 0;
  #sawShortSlice = false;
  #failure: AppError | undefined;
  #isEnded = false;
  #position = 0;
  #headTimer: NodeJS.Timeout | undefined;
  #headDeadline: NodeJS.Timeout | undefined;
  /** Runs from when a consumer began to wait; when it ends and nobody waits, it means nothing. */
  #stallTimer: NodeJS.Timeout | undefined;

  constructor(options: IncomingReadOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    this.#headTimer = setTimeout(this.#onStall, options.stallMs);
    this.#headDeadline = setTimeout(this.#onStall, options.headMs);
  }

  /** Resolves when the head has come. */
  async reply(): Promise<ReadReply> {
    const { sizeBytes, mtimeMs, root, version } = await this.#head.promise;
    const iterator: AsyncIterator<Uint8Array, undefined> = {
      next: () => this.#next(),
      return: () => {
        this.#giveUp(requestCancelled()); // The consumer left early; after the end this does nothing.
        return Promise.resolve({ done: true, value: undefined });
      },
    };
    const bytes = { [Symbol.asyncIterator]: () => iterator };
    return { sizeBytes, mtimeMs, root, version, link: this.#options.link, bytes, end: () => this.#end.promise };
  }

  accept(head: HeadMessage): void {
    if (this.#hasHead) throw protocolViolation('it sends the head of a file twice');
    const { range, maxBytes = Infinity } = this.#options;
    if (head.sizeBytes > maxBytes) throw protocolViolation(`it sends a pack of ${head.sizeBytes} bytes`);
    this.#hasHead = true;
    this.#missing = Math.min(range.length ?? Infinity, Math.max(0, head.sizeBytes - range.offset));
    this.#clearTimers();
    this.#head.resolve(head);
  }

  push(bytes: Uint8Array): void {
    if (!this.#hasHead) throw protocolViolation('it sends bytes before the head of their file');
    // Small slices would cost more memory than their bytes, which is all that credit bounds.
    if (bytes.byteLength === 0 || this.#sawShortSlice) throw protocolViolation('it sends a file in too small slices');
    if (bytes.byteLength < this.#options.sliceBytes) this.#sawShortSlice = true;
    if (bytes.byteLength > this.#missing) throw protocolViolation('it sends more of a file than was asked for');
    this.#missing -= bytes.byteLength;
    this.#uncredited += bytes.byteLength;
    if (this.#uncredited > wireLimits.creditBytes) throw protocolViolation('it sends more than it has credit for');
    const waiting = this.#waiting.shift();
    if (!waiting) {
      this.#chunks.push(bytes);
      return;
    }
    this.#took(bytes.byteLength);
    waiting.resolve({ done: false, value: bytes });
  }

  end(root: Uint8Array | undefined): void {
    if (!this.#hasHead) throw protocolViolation('it ends a file before its head');
    if (this.#missing > 0) throw protocolViolation('it ends a file before its last byte');
    this.#isEnded = true;
    this.#finish();
    this.#end.resolve(root);
    for (const waiting of this.#waiting.splice(0)) waiting.resolve({ done: true, value: undefined });
  }

  /** The peer is at work on the head, or lets the request wait at this place. */
  working(position: number): void {
    if (this.#hasHead) return;
    this.#headTimer?.refresh();
    if (position === this.#position) return;
    // Waiting is no work: it may take hours.
    clearTimeout(this.#headDeadline);
    this.#headDeadline = position === 0 ? setTimeout(this.#onStall, this.#options.headMs) : undefined;
    this.#position = position;
    this.#options.onPosition?.(position);
  }

  /** Fails head, bytes and end; the peer is not told. */
  fail(error: AppError): void {
    if (this.#failure || this.#isEnded) return;
    this.#failure = error;
    this.#chunks.length = 0;
    this.#finish();
    this.#head.reject(error);
    this.#end.reject(error);
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  #giveUp(error: AppError): void {
    if (this.#failure || this.#isEnded) return;
    this.fail(error);
    this.#options.onCancel();
  }

  #next(): Promise<Step> {
    if (this.#failure) return Promise.reject(this.#failure);
    const chunk = this.#chunks.shift();
    if (chunk) {
      this.#took(chunk.byteLength);
      return Promise.resolve({ done: false, value: chunk });
    }
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    if (this.#stallTimer) this.#stallTimer.refresh();
    else this.#stallTimer = setTimeout(() => this.#waiting.length > 0 && this.#onStall(), this.#options.stallMs);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #took(bytes: number): void {
    this.#taken += bytes;
    if (this.#isEnded || this.#missing === 0 || this.#taken < creditStepBytes) return;
    this.#options.onCredit(this.#taken);
    this.#uncredited -= this.#taken;
    this.#taken = 0;
  }

  #finish(): void {
    this.#clearTimers();
    clearTimeout(this.#stallTimer);
    this.#options.signal.removeEventListener('abort', this.#onAbort);
  }

  #clearTimers(): void {
    clearTimeout(this.#headTimer);
    clearTimeout(this.#headDeadline);
    this.#headTimer = this.#headDeadline = undefined;
  }
}

interface Deferred<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: AppError): void;
}

/** A promise whose rejection counts as handled: nobody need wait for the end of a file that failed. */
function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: AppError) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}
