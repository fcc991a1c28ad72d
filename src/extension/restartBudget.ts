// How often a dead sidecar may be started again before a person is asked: five times in any minute (DESIGN, Processes).

const windowMs = 60_000;
const maxRestarts = 5;

export interface RestartBudget {
  /** Takes one restart out of the budget; false when it is spent. */
  take(nowMs: number): boolean;
  /** A person said to try again. */
  reset(): void;
}

export function createRestartBudget(): RestartBudget {
  let taken: number[] = [];
  return {
    take(nowMs) {
      taken = taken.filter((timeMs) => nowMs - timeMs < windowMs);
      if (taken.length >= maxRestarts) return false;
      taken.push(nowMs);
      return true;
    },
    reset() {
      taken = [];
    },
  };
}
