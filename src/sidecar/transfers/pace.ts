// How often something is told: at once the first time, then at most so many times a second, and never forgets the last change.

export class Pace {
  readonly #intervalMs: number;
  readonly #emit: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isPending = false;

  constructor(hz: number, emit: () => void) {
    this.#intervalMs = 1000 / hz;
    this.#emit = emit;
  }

  /** Something changed. */
  touch(): void {
    if (this.#timer) {
      this.#isPending = true;
      return;
    }
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (!this.#isPending) return;
      this.#isPending = false;
      this.touch();
    }, this.#intervalMs).unref();
    this.#emit();
  }

  /** Tells nothing any more. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#isPending = false;
  }
}

/** Bytes per second over the last seconds. Its clock, as all that measures time here, only goes forward: people set the other one. */
export class SpeedMeter {
  readonly #windowMs = 5000;
  readonly #bucketMs = 250;
  #buckets: { atMs: number; bytes: number }[] = [];

  add(bytes: number, nowMs = performance.now()): void {
    const last = this.#buckets[this.#buckets.length - 1];
    if (last && nowMs - last.atMs < this.#bucketMs) last.bytes += bytes;
    else this.#buckets.push({ atMs: nowMs, bytes });
    this.#trim(nowMs);
  }

  bytesPerSecond(nowMs = performance.now()): number {
    this.#trim(nowMs);
    const first = this.#buckets[0];
    if (!first) return 0;
    const total = this.#buckets.reduce((sum, { bytes }) => sum + bytes, 0);
    return Math.max(0, Math.round((total * 1000) / Math.max(nowMs - first.atMs, this.#bucketMs)));
  }

  #trim(nowMs: number): void {
    const keepFrom = this.#buckets.findIndex(({ atMs }) => nowMs - atMs <= this.#windowMs);
    if (keepFrom !== 0) this.#buckets = keepFrom < 0 ? [] : this.#buckets.slice(keepFrom);
  }
}
