// How often clients are told of a share's new numbers: at once the first time, then at most localLimits.progressHz a second, and the last
// change is never forgotten.

import { localLimits } from '../limits.ts';

export class ChangePace<Subject> {
  readonly #tell: (subject: Subject) => void;
  /** Told a moment ago; true: there is something new since. */
  readonly #recent = new Map<Subject, { timer: NodeJS.Timeout; hasNews: boolean }>();

  constructor(tell: (subject: Subject) => void) {
    this.#tell = tell;
  }

  /** It changed in a way that a person waits for. */
  now(subject: Subject): void {
    clearTimeout(this.#recent.get(subject)?.timer);
    const timer = setTimeout(() => {
      const { hasNews } = this.#recent.get(subject) ?? { hasNews: false };
      this.#recent.delete(subject);
      if (hasNews) this.now(subject);
    }, 1000 / localLimits.progressHz).unref();
    this.#recent.set(subject, { timer, hasNews: false });
    this.#tell(subject);
  }

  /** It changed, maybe not for the last time. */
  soon(subject: Subject): void {
    const recent = this.#recent.get(subject);
    if (recent === undefined) this.now(subject);
    else recent.hasNews = true;
  }

  close(): void {
    for (const { timer } of this.#recent.values()) clearTimeout(timer);
    this.#recent.clear();
  }
}
