// Limits of bytes a second, one for all that we send and one for all that we receive: a token bucket each, fair between those that wait. Knows
// no peers but as keys.

/** Whoever moves file bytes asks here first, for at most a slice or a few at a time. */
export interface Rate {
  /**
   * Resolves when so many bytes may move: at once while there is no limit. Those that wait get turns round-robin by `key` (a peer).
   * Rejects with `cancelled` when the signal fires.
   */
  take(bytes: number, options: { signal: AbortSignal; key: string }): Promise<void>;
  /** False while there is no limit: the caller need not await. */
  readonly isLimited: boolean;
}

/** What moves without a limit; for tests and for what is exempt. */
export const unlimited: Rate = { take: () => Promise.resolve(), isLimited: false };
