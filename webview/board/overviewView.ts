// Figures at the top, cards of parties and shares, and what the disk holds. Rebuilt when they change, which is seldom: at most once a second.

import type { Card, Overview, StorageLine } from '../../src/protocol/board.ts';
import { at, make, say } from './dom.ts';

export class OverviewView {
  #shown = '';
  /** Of each list, what its items show, as text: a party of thousands is not made again because another one changed. */
  readonly #cards = new Map<string, string[]>();

  show(overview: Overview): void {
    const now = JSON.stringify(overview);
    if (now === this.#shown) return;
    this.#shown = now;
    at('problem').hidden = overview.problem === '';
    say(at('problemText'), overview.problem);
    at('tiles').replaceChildren(
      ...overview.tiles.map(({ label, value, said }) => {
        const tile = make('div', { class: 'tile' });
        const term = make('dt', { text: label });
        const figure = make('dd', { class: 'value', text: value });
        tile.append(term, figure, make('dd', { class: 'said', text: said }));
        return tile;
      }),
    );
    this.#showCards('parties', overview.parties);
    at('partiesEmpty').hidden = overview.parties.length > 0;
    this.#showCards('shares', overview.shares);
    at('sharesEmpty').hidden = overview.shares.length > 0;
    say(at('storageSaid'), overview.storageSaid);
    at('storage').replaceChildren(...storageRows(overview.storage));
  }

  #showCards(id: string, cards: readonly Card[]): void {
    const place = at(id);
    const before = this.#cards.get(id) ?? [];
    const now = cards.map((card) => JSON.stringify(card));
    this.#cards.set(id, now);
    while (place.children.length > cards.length) place.lastElementChild?.remove();
    cards.forEach((card, index) => {
      if (before[index] === now[index]) return;
      const old = place.children[index];
      if (old === undefined) place.append(cardOf(card));
      else old.replaceWith(cardOf(card));
    });
  }
}

function cardOf({ title, said, lines, more }: Card): HTMLElement {
  const card = make('li', { class: 'card' });
  const heading = make('h3', { text: title });
  heading.title = title;
  card.append(heading, make('p', { class: 'said', text: said }));
  if (lines.length > 0) {
    const list = make('ul', { class: 'lines' });
    for (const line of lines) {
      const item = make('li', { class: line.isOn ? 'on' : 'off' });
      const dot = make('span', { class: 'dot', attributes: { 'aria-hidden': 'true' } });
      item.append(dot, make('span', { class: 'label', text: line.label }), make('span', { class: 'said', text: line.said }));
      list.append(item);
    }
    card.append(list);
  }
  if (more !== '') card.append(make('p', { class: 'said', text: more }));
  return card;
}

function storageRows(lines: readonly StorageLine[]): HTMLElement[] {
  const most = lines.reduce((sum, { bytes }) => Math.max(sum, bytes), 1);
  return lines.map(({ label, said, bytes }) => {
    const item = make('li');
    const fill = make('div', { class: 'fill' });
    fill.style.transform = `scaleX(${bytes / most})`;
    const bar = make('div', { class: 'bar', attributes: { 'aria-hidden': 'true' } });
    bar.append(fill);
    item.append(make('span', { class: 'label', text: label }), bar, make('span', { class: 'said', text: said }));
    return item;
  });
}
