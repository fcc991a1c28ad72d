// One notification at a time: the next is shown when the one before was closed, or was not for so long. Must not know `vscode`.

/** How long one that was not closed keeps the next back. */
export interface NoticeQueue {
  /** Shows it in its turn and answers what `show` did; undefined when too many waited before it. */
  add<T>(show: () => PromiseLike<T>, options: { waitMs: number }): Promise<T | undefined>;
}

interface Waiting {
  start: () => void;
  drop: () => void;
  waitMs: number;
}

/** `most`: how many wait at once; past it, the one that waited longest is dropped. */
export function createNoticeQueue(most: number, now: () => number = Date.now): NoticeQueue {
  const waiting: Waiting[] = [];
  let shown: { sinceMs: number } | undefined;
  let timer: NodeJS.Timeout | undefined;

  function next(): void {
    clearTimeout(timer);
    timer = undefined;
    const [first] = waiting;
    if (first === undefined) return;
    const leftMs = shown === undefined ? 0 : shown.sinceMs + first.waitMs - now();
    if (leftMs > 0) {
      timer = setTimeout(next, leftMs);
      timer.unref();
      return;
    }
    waiting.shift();
    first.start();
    next();
  }

  return {
    add: (show, { waitMs }) =>
      new Promise((resolve, reject) => {
        const start = (): void => {
          const turn = { sinceMs: now() };
          shown = turn;
          const end = (): void => {
            // Of one that a later one did not wait for, nothing hangs any more.
            if (shown !== turn) return;
            shown = undefined;
            next();
          };
          show().then(
            (answer) => {
              end();
              resolve(answer);
            },
            (error: unknown) => {
              end();
              reject(error instanceof Error ? error : new Error(String(error)));
            },
          );
        };
        waiting.push({ start, drop: () => resolve(undefined), waitMs });
        // Those that a person just asked for go before those that only tell.
        waiting.sort((a, b) => a.waitMs - b.waitMs);
        if (waiting.length > most) waiting.pop()?.drop();
        next();
      }),
  };
}
