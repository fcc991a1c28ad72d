// Limits of bytes a second, one for all that we send and one for all that we receive: a token bucket each, fair between those that wait. Knows
// no peers but as keys.

import type { Settings } from '../../protocol/model.ts';
import { transferLimits } from '../limits.ts';
import { wasCancelled } from './failures.ts';

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

interface Turn {
  bytes: number;
  go(): void;
}

const granted = Promise.resolve();

/**
 * A token bucket that may go into debt: whoever is next gets what it asks for as soon as anything is left, and what it took too much is waited for
 * after it. So the rate holds exactly over time, whatever the size of what is taken.
 */
export class RateLimiter implements Rate {
  readonly #now: () => number;
  #bytesPerSecond: number;
  #tokens = 0;
  #filledAtMs: number;
  /** By key, in the order of their turns: who had one goes to the end. */
  readonly #waiting = new Map<string, Turn[]>();
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  /** `bytesPerSecond` 0 is no limit. `now` in milliseconds, for tests. */
  constructor(bytesPerSecond: number, options: { now?: () => number } = {}) {
    this.#now = options.now ?? (() => performance.now());
    this.#bytesPerSecond = bytesPerSecond;
    this.#filledAtMs = this.#now();
    this.#tokens = this.#burst;
  }

  get isLimited(): boolean {
    return this.#bytesPerSecond > 0;
  }

  get bytesPerSecond(): number {
    return this.#bytesPerSecond;
  }

  /** Takes effect at once, also for those that wait; what a lower limit is owed from before is not. */
  set(bytesPerSecond: number): void {
    if (bytesPerSecond === this.#bytesPerSecond) return;
    this.#fill();
    this.#bytesPerSecond = bytesPerSecond;
    this.#tokens = Math.min(Math.max(this.#tokens, 0), this.#burst);
    this.#give();
  }

  take(bytes: number, { signal, key }: { signal: AbortSignal; key: string }): Promise<void> {
    if (signal.aborted) return Promise.reject(wasCancelled());
    if (!this.isLimited) return granted;
    if (this.#waiting.size === 0) {
      this.#fill();
      if (this.#tokens > 0) {
        this.#tokens -= bytes;
        return granted;
      }
    }
    return new Promise((resolve, reject) => {
      const turn: Turn = {
        bytes,
        go: () => {
          signal.removeEventListener('abort', abort);
          resolve();
        },
      };
      const abort = () => {
        this.#drop(key, turn);
        reject(wasCancelled());
      };
      signal.addEventListener('abort', abort, { once: true });
      const turns = this.#waiting.get(key);
      if (turns) turns.push(turn);
      else this.#waiting.set(key, [turn]);
      if (this.#timer === undefined && this.#immediate === undefined) this.#give();
    });
  }

  get #burst(): number {
    return (this.#bytesPerSecond * transferLimits.rateBurstMs) / 1000;
  }

  #fill(): void {
    const now = this.#now();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#filledAtMs) * this.#bytesPerSecond) / 1000);
    this.#filledAtMs = now;
  }

  /** One turn for each key that waits, while there is something; then the next round. */
  #give(): void {
    this.#rest();
    this.#fill();
    for (const [key, turns] of [...this.#waiting]) {
      if (this.isLimited && this.#tokens <= 0) break;
      const turn = turns.shift();
      this.#waiting.delete(key);
      if (turns.length > 0) this.#waiting.set(key, turns);
      if (turn === undefined) continue;
      this.#tokens -= turn.bytes;
      turn.go();
    }
    if (!this.isLimited) this.#tokens = 0;
    if (this.#waiting.size === 0) return;
    // Not at once: who had a turn and has no other request waiting must be able to ask again before the others have their second.
    if (!this.isLimited || this.#tokens > 0) this.#immediate = setImmediate(() => this.#give());
    else this.#timer = setTimeout(() => this.#give(), this.#waitMs);
  }

  get #waitMs(): number {
    const waitMs = (1 - this.#tokens) / (this.#bytesPerSecond / 1000);
    return Math.min(Math.max(1, Math.ceil(waitMs)), transferLimits.rateBurstMs);
  }

  #rest(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }

  #drop(key: string, turn: Turn): void {
    const turns = this.#waiting.get(key);
    const at = turns?.indexOf(turn) ?? -1;
    if (!turns || at < 0) return;
    turns.splice(at, 1);
    if (turns.length === 0) this.#waiting.delete(key);
    if (this.#waiting.size === 0) this.#rest();
  }
}

/** Those in force: of the second set while it is chosen. */
export function limitsOf(settings: Settings): { up: number; down: number } {
  return settings.isSlow
    ? { up: settings.slowUploadLimit, down: settings.slowDownloadLimit }
    : { up: settings.uploadLimit, down: settings.downloadLimit };
}
