// Keeps a tree from being told of changes while VS Code is asking it for children. VS Code (seen in 1.106 and 1.139) forgets the rows below
// a changed node at once; children that are still on their way are then registered below a row that is gone, and the next time they are
// asked for it says "Element with id … is already registered" and shows none, for good. Must not know `vscode`.

export class ChangeGate<N> {
  readonly #fire: (changed: N[] | undefined) => void;
  #asking = 0;
  #isAll = false;
  readonly #changed = new Set<N>();
  #waiting: (() => void)[] = [];

  /** `fire` is given the changed nodes, or undefined for all of the tree. */
  constructor(fire: (changed: N[] | undefined) => void) {
    this.#fire = fire;
  }

  /** Runs a question for children; changes wait until it is answered and its rows are made. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    this.#asking += 1;
    try {
      return await question();
    } finally {
      // VS Code makes the rows right after it has the answer, in microtasks.
      setImmediate(() => {
        this.#asking -= 1;
        this.#flush();
      });
    }
  }

  /** Tells of changed nodes, or of a change of everything; resolves once it was told. */
  change(nodes?: readonly N[]): Promise<void> {
    if (nodes === undefined) this.#isAll = true;
    else for (const node of nodes) this.#changed.add(node);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#flush();
    });
  }

  #flush(): void {
    if (this.#asking > 0) return;
    const changed = this.#isAll ? undefined : [...this.#changed];
    const waiting = this.#waiting;
    this.#isAll = false;
    this.#changed.clear();
    this.#waiting = [];
    if (changed === undefined || changed.length > 0) this.#fire(changed);
    for (const resolve of waiting) resolve();
  }
}
