// One file, or range, as it comes in: the head, the bytes at their consumer's pace, the root. Gives the peer credit for what the consumer
// took, so that a slow disk holds back the sender and not our memory.

import type { AppError } from '../../protocol/errors.ts';
import { wireLimits } from '../limits.ts';
import type { HeadMessage } from './codec.ts';
import { protocolViolation, requestCancelled } from './errors.ts';
import type { ReadReply, ReadRequest } from './services.ts';

export interface IncomingReadOptions {
  request: ReadRequest;
  signal: AbortSignal;
  stallMs: number;
  headMs: number;
  stalled(): AppError;
  /** The consumer took so many bytes more. */
  onCredit(bytes: number): void;
  /** Nothing more is wanted; called at most once, and not after the reply ended. */
  onCancel(): void;
}

/** Credit is given in parts of this size: a message for every slice would be one for every 64 KiB. */
const creditStepBytes = wireLimits.creditBytes / 8;

export class IncomingRead {
  readonly #options: IncomingReadOptions;
  readonly #head = deferred<HeadMessage>();
  readonly #end = deferred<Uint8Array | undefined>();
  readonly #onAbort = () => this.#giveUp(requestCancelled());
  #chunks: Uint8Array[] = [];
  /** Received and not yet credited: the peer may never have more than `creditBytes` of it under way. */
  #uncredited = 0;
  #taken = 0;
  #hasHead = false;
  #missing = 0;
  #sawShortSlice = false;
  #failure: AppError | undefined;
  #isEnded = false;
  #wake: (() => void) | undefined;
  #headTimer: NodeJS.Timeout | undefined;
  #headDeadline: NodeJS.Timeout | undefined;

  constructor(options: IncomingReadOptions) {
    this.#options = options;
    options.signal.addEventListener('abort', this.#onAbort, { once: true });
    const onStall = () => this.#giveUp(options.stalled());
    this.#headTimer = setTimeout(onStall, options.stallMs);
    this.#headDeadline = setTimeout(onStall, options.headMs);
  }

  /** Resolves when the head has come. */
  async reply(): Promise<ReadReply> {
    const { sizeBytes, mtimeMs, root } = await this.#head.promise;
    return { sizeBytes, mtimeMs, root, bytes: this.#bytes(), end: () => this.#end.promise };
  }

  accept(head: HeadMessage): void {
    if (this.#hasHead) throw protocolViolation('it sends the head of a file twice');
    const { offset, length } = this.#options.request;
    this.#hasHead = true;
    this.#missing = Math.min(length ?? Infinity, Math.max(0, head.sizeBytes - offset));
    this.#clearTimers();
    this.#head.resolve(head);
  }

  push(bytes: Uint8Array): void {
    if (!this.#hasHead) throw protocolViolation('it sends bytes before the head of their file');
    // Small slices would cost more memory than their bytes, which is all that credit bounds.
    if (bytes.byteLength === 0 || this.#sawShortSlice) throw protocolViolation('it sends a file in too small slices');
    if (bytes.byteLength < wireLimits.sliceBytes) this.#sawShortSlice = true;
    if (bytes.byteLength > this.#missing) throw protocolViolation('it sends more of a file than was asked for');
    this.#missing -= bytes.byteLength;
    this.#uncredited += bytes.byteLength;
    if (this.#uncredited > wireLimits.creditBytes) throw protocolViolation('it sends more than it has credit for');
    this.#chunks.push(bytes);
    this.#wakeUp();
  }

  end(root: Uint8Array | undefined): void {
    if (!this.#hasHead) throw protocolViolation('it ends a file before its head');
    if (this.#missing > 0) throw protocolViolation('it ends a file before its last byte');
    this.#isEnded = true;
    this.#finish();
    this.#end.resolve(root);
    this.#wakeUp();
  }

  /** The peer is at work on the head. */
  working(): void {
    this.#headTimer?.refresh();
  }

  /** Fails head, bytes and end; the peer is not told. */
  fail(error: AppError): void {
    if (this.#failure || this.#isEnded) return;
    this.#failure = error;
    this.#chunks = [];
    this.#finish();
    this.#head.reject(error);
    this.#end.reject(error);
    this.#wakeUp();
  }

  #giveUp(error: AppError): void {
    if (this.#failure || this.#isEnded) return;
    this.fail(error);
    this.#options.onCancel();
  }

  async *#bytes(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      for (;;) {
        if (this.#failure) throw this.#failure;
        const chunk = this.#chunks.shift();
        if (chunk) {
          this.#took(chunk.byteLength);
          yield chunk;
        } else if (this.#isEnded) return;
        else await this.#more();
      }
    } finally {
      this.#giveUp(requestCancelled()); // The consumer left early; else this does nothing.
    }
  }

  #took(bytes: number): void {
    this.#taken += bytes;
    if (this.#isEnded || this.#missing === 0 || this.#taken < creditStepBytes) return;
    this.#options.onCredit(this.#taken);
    this.#uncredited -= this.#taken;
    this.#taken = 0;
  }

  /** Until bytes, the end, or a failure has come. */
  async #more(): Promise<void> {
    const timer = setTimeout(() => this.#giveUp(this.#options.stalled()), this.#options.stallMs);
    await new Promise<void>((resolve) => (this.#wake = resolve));
    clearTimeout(timer);
  }

  #wakeUp(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #finish(): void {
    this.#clearTimers();
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
