// The wait between two tries of something, which a reason to try again at once ends early.

export class Pause {
  #end: () => void = () => undefined;

  /** Resolves after this time, when `end` is called, or when aborted. */
  async take(milliseconds: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#end = () => undefined;
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      this.#end = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }

  end(): void {
    this.#end();
  }
}
