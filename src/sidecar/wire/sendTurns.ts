// Who may put the next slice of file bytes on the stream: one at a time, in turn, and only when the stream has room. So bulk data never
// builds a queue that a small message would have to wait behind, and requests of one peer share its line fairly.

export class SendTurns {
  readonly #isWritable: () => boolean;
  readonly #waiting: (() => void)[] = [];
  #isTaken = false;
  #isClosed = false;

  constructor(isWritable: () => boolean) {
    this.#isWritable = isWritable;
  }

  /** Runs `send` (synchronous: one slice) when it is its turn, or right away once closed: then its request has ended. */
  async send(send: () => void): Promise<void> {
    if (!this.#isClosed) {
      if (this.#isTaken || this.#waiting.length > 0 || !this.#isWritable()) {
        await new Promise<void>((resolve) => this.#waiting.push(resolve));
      }
      this.#isTaken = true;
    }
    try {
      send();
    } finally {
      this.#isTaken = false;
      this.wake();
    }
  }

  /** The stream may have room: lets the next one go. */
  wake(): void {
    if (this.#isTaken || this.#waiting.length === 0 || !this.#isWritable()) return;
    this.#isTaken = true;
    this.#waiting.shift()?.();
  }

  /** Lets everybody go. */
  close(): void {
    this.#isClosed = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
