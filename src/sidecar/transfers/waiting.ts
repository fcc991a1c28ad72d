// Waiting for a peer with a deadline, whatever the peer or the layer below does.

import type { FileSource } from '../wire/services.ts';
import { peerSilent, wasCancelled } from './failures.ts';

/** The promise's result; rejects with `unavailable` after `timeoutMs`, `cancelled` when the signal fires. */
export function within<T>(
  timeoutMs: number,
  promise: Promise<T>,
  options: { source: FileSource; path: string; signal: AbortSignal },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = () => {
      clearTimeout(timer);
      options.signal.removeEventListener('abort', abort);
    };
    const abort = () => {
      settle();
      reject(wasCancelled());
    };
    const timer = setTimeout(() => {
      settle();
      reject(peerSilent(options.source.peerId, options.path));
    }, timeoutMs);
    options.signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(settle);
    if (options.signal.aborted) abort();
  });
}

/**
 * The iterator's values, each awaited at most `timeoutMs` and not beyond the signal. Cheap per value: one timer for all. The time that
 * the consumer takes does not count.
 */
export async function* eachWithin<T>(
  timeoutMs: number,
  values: AsyncIterable<T>,
  options: { source: FileSource; path: string; signal: AbortSignal },
): AsyncGenerator<T, void, undefined> {
  const iterator = values[Symbol.asyncIterator]();
  let fail: ((error: Error) => void) | undefined;
  let isEnded = false;
  const timer = setTimeout(() => fail?.(peerSilent(options.source.peerId, options.path)), timeoutMs);
  const abort = () => fail?.(wasCancelled());
  options.signal.addEventListener('abort', abort, { once: true });
  try {
    for (;;) {
      if (options.signal.aborted) throw wasCancelled();
      timer.refresh();
      const next = await new Promise<IteratorResult<T>>((resolve, reject) => {
        fail = reject;
        iterator.next().then(resolve, reject);
      });
      fail = undefined;
      if (next.done === true) {
        isEnded = true;
        return;
      }
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', abort);
    // Not awaited: a generator that hangs in `next` answers its `return` only after it.
    if (!isEnded) void iterator.return?.()?.catch(() => undefined);
  }
}

/** Waits in a row for one source with one timer: each takes at most `timeoutMs`, counted anew from `refresh`. Cheap per wait. */
export class Patience {
  readonly #timer: NodeJS.Timeout;
  readonly #signal: AbortSignal;
  readonly #stop = () => this.#fail?.(wasCancelled());
  #fail: ((error: Error) => void) | undefined;

  constructor(timeoutMs: number, options: { source: FileSource; path: string; signal: AbortSignal }) {
    this.#signal = options.signal;
    this.#timer = setTimeout(() => this.#fail?.(peerSilent(options.source.peerId, options.path)), timeoutMs);
    options.signal.addEventListener('abort', this.#stop, { once: true });
  }

  /** The promise's result; rejects with `unavailable` after the time, `cancelled` when the signal fires. */
  wait<T>(promise: Promise<T>): Promise<T> {
    this.#timer.refresh();
    return new Promise<T>((resolve, reject) => {
      this.#fail = reject;
      promise.then(resolve, reject);
      if (this.#signal.aborted) this.#stop();
    });
  }

  /** The source shows that it works. */
  refresh(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#fail = undefined;
    this.#signal.removeEventListener('abort', this.#stop);
  }
}
