// When to leave: nothing to do and nobody there for the user's number of minutes.

export class IdleTimer {
  readonly #options: { minutes(): number; isBusy(): boolean; onIdle(): void };
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: { minutes(): number; isBusy(): boolean; onIdle(): void }) {
    this.#options = options;
  }

  /** Looks again, after anything changed that may make the sidecar busy or idle. Cheap. */
  look(): void {
    const minutes = this.#options.minutes();
    if (this.#isClosed || minutes === 0 || this.#options.isBusy()) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
      return;
    }
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#options.isBusy()) this.look();
      else this.#options.onIdle();
    }, minutes * 60_000);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }
}
