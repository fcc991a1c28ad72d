// The scrollbar of rows: its thumb stands for a place in the whole file, whatever of it is here. Must not know what rows are.

import { element } from './elements.ts';

/** The longest that browsers scroll well. */
const maxPixels = 4_000_000;

export class Scroller {
  readonly element: HTMLElement;
  readonly #spacer = element('div');
  #top = 0;
  /** Of the element when that was set: another height moves it, and nobody scrolled. */
  #height = 0;

  /** `onScroll` is told which part of the file lies before the place, 1 for its end; only when a person scrolled. */
  constructor(onScroll: (part: number) => void) {
    this.element = element('div', { className: 'scroller' }, this.#spacer);
    this.element.setAttribute('aria-hidden', 'true');
    this.element.addEventListener('scroll', () => {
      const { scrollTop, scrollHeight, clientHeight } = this.element;
      if (clientHeight !== this.#height || Math.abs(scrollTop - this.#top) < 2) return;
      this.#top = scrollTop;
      onScroll(scrollTop >= scrollHeight - clientHeight - 2 ? 1 : scrollTop / (scrollHeight - clientHeight));
    });
  }

  /** `pixels`: about how high all rows are; undefined when they are all in sight. */
  show(part: number, pixels: number | undefined): void {
    const height = this.element.clientHeight;
    const total = pixels === undefined ? height : Math.max(height * 2, Math.min(maxPixels, pixels));
    this.#spacer.style.height = `${total}px`;
    this.element.scrollTop = part * (total - height);
    this.#top = this.element.scrollTop;
    this.#height = height;
  }
}
