// Who may put the next slice of file bytes on the stream: one at a time, in turn, and only when the stream has room. So bulk data never
// builds a queue that a small message would have to wait behind, and requests of one peer share its line fairly.

interface Waiting {
  send(): void;
  resolve(): void;
  reject(error: unknown): void;
}

export class SendTurns {
  readonly #isWritable: () => boolean;
  #waiting: Waiting[] = [];
  #isClosed = false;

  constructor(isWritable: () => boolean) {
    this.#isWritable = isWritable;
  }

  /**
   * Runs `send` (synchronous: one slice) when it is its turn: at once, answering undefined, while the stream has room and nobody waits; or
   * right away once closed: then its request has ended.
   */
  send(send: () => void): Promise<void> | undefined {
    if (this.#isClosed || (this.#waiting.length === 0 && this.#isWritable())) {
      send();
      return undefined;
    }
    return new Promise<void>((resolve, reject) => this.#waiting.push({ send, resolve, reject }));
  }

  /** The stream may have room: lets the next ones go. */
  wake(): void {
    while (this.#waiting.length > 0 && this.#isWritable()) this.#next();
  }

  /** Lets everybody go. */
  close(): void {
    this.#isClosed = true;
    while (this.#waiting.length > 0) this.#next();
  }

  #next(): void {
    const waiting = this.#waiting.shift();
    if (!waiting) return;
    try {
      waiting.send();
      waiting.resolve();
    } catch (error) {
      waiting.reject(error);
    }
  }
}
