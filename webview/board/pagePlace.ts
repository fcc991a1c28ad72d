// Brings the page back to where it was left: it is thrown away while hidden, and grows part by part when it is made anew. It is held there, and
// at least as high, until all that makes it high has come, or a person moves it.

export type PagePart = 'rows' | 'overview' | 'detail';

const moves = ['wheel', 'keydown', 'pointerdown', 'touchstart'] as const;

export class PagePlace {
  readonly #top: number;
  readonly #awaited = new Set<PagePart>(['rows', 'overview', 'detail']);
  readonly #stop = (): void => this.#release();

  /** `top`: pixels from the top. */
  constructor(top: number) {
    this.#top = top;
    document.body.style.minHeight = `calc(${top}px + 100vh)`;
    for (const move of moves) addEventListener(move, this.#stop, { passive: true });
  }

  /** Where a person left it: where it stands, or will stand. */
  get top(): number {
    return this.#awaited.size > 0 ? this.#top : scrollY;
  }

  /** This part is as high as it will be, or will not come. */
  came(part: PagePart): void {
    if (!this.#awaited.delete(part)) return;
    scrollTo(0, this.#top);
    if (this.#awaited.size === 0) this.#release();
  }

  #release(): void {
    this.#awaited.clear();
    document.body.style.minHeight = '';
    for (const move of moves) removeEventListener(move, this.#stop);
  }
}
