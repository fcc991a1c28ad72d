// While an answer is not ready: signs of life for the peer that asked, with its place in the queue, as often as it needs them and no more.

import { wireLimits } from '../limits.ts';

export interface WorkingOptions {
  /** 0: it is being worked on. */
  tell(position: number): void;
  /** The peer gives up after three times this without a sign. */
  everyMs: number;
  signal: AbortSignal;
}

/** What `work` comes to; meanwhile its places are told at once when they change, at most every positionMs. */
export async function whileWorking<T>(
  options: WorkingOptions,
  work: (onPosition: (position: number) => void) => Promise<T>,
): Promise<T> {
  const { everyMs, signal } = options;
  let position = 0;
  let told = 0;
  let toldAt = -Infinity;
  let isOver = signal.aborted;
  let soon: NodeJS.Timeout | undefined;
  const tellNow = (): void => {
    clearTimeout(soon);
    soon = undefined;
    told = position;
    toldAt = performance.now();
    options.tell(position);
  };
  const timer = setInterval(tellNow, everyMs);
  const stop = (): void => {
    isOver = true;
    clearInterval(timer);
    clearTimeout(soon);
  };
  const onPosition = (now: number): void => {
    position = now;
    if (isOver || soon || now === told) return;
    const waitMs = toldAt + wireLimits.positionMs - performance.now();
    if (waitMs <= 0) tellNow();
    else soon = setTimeout(() => (position === told ? (soon = undefined) : tellNow()), waitMs);
  };
  // The server may take its time to give up.
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await work(onPosition);
  } finally {
    stop();
    signal.removeEventListener('abort', stop);
  }
}
