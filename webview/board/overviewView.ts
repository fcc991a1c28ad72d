// Figures at the top, cards of parties and shares, and what the disk holds. Rebuilt when they change, which is seldom: at most once a second.

import type { Card, Overview, StorageLine } from '../../src/protocol/board.ts';
import { byId, element } from '../elements.ts';
import { say } from './dom.ts';

export class OverviewView {
  #shown = '';
  /** Of each list, what its items show, as text: a party of thousands is not made again because another one changed. */
  readonly #cards = new Map<string, string[]>();

  show(overview: Overview): void {
    const now = JSON.stringify(overview);
    if (now === this.#shown) return;
    this.#shown = now;
    byId('problem').hidden = overview.problem === '';
    say(byId('problemText'), overview.problem);
    byId('tiles').replaceChildren(
      ...overview.tiles.map(({ label, value, said }) => {
        const tile = element('div', { class: 'tile' });
        const term = element('dt', {}, label);
        const figure = element('dd', { class: 'value' }, value);
        tile.append(term, figure, element('dd', { class: 'said' }, said));
        return tile;
      }),
    );
    this.#showCards('parties', overview.parties);
    byId('partiesEmpty').hidden = overview.parties.length > 0;
    this.#showCards('shares', overview.shares);
    byId('sharesEmpty').hidden = overview.shares.length > 0;
    say(byId('storageSaid'), overview.storageSaid);
    byId('storage').replaceChildren(...storageRows(overview.storage));
  }

  #showCards(id: string, cards: readonly Card[]): void {
    const place = byId(id);
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
  const card = element('li', { class: 'card' });
  const heading = element('h3', {}, title);
  heading.title = title;
  card.append(heading, element('p', { class: 'said' }, said));
  if (lines.length > 0) {
    const list = element('ul', { class: 'lines' });
    for (const line of lines) {
      const item = element('li', { class: line.isOn ? 'on' : 'off' });
      const dot = element('span', { class: 'dot', 'aria-hidden': 'true' });
      item.append(dot, element('span', { class: 'label' }, line.label), element('span', { class: 'said' }, line.said));
      list.append(item);
    }
    card.append(list);
  }
  if (more !== '') card.append(element('p', { class: 'said' }, more));
  return card;
}

function storageRows(lines: readonly StorageLine[]): HTMLElement[] {
  const most = lines.reduce((sum, { bytes }) => Math.max(sum, bytes), 1);
  return lines.map(({ label, said, bytes }) => {
    const item = element('li');
    const fill = element('div', { class: 'fill' });
    fill.style.transform = `scaleX(${bytes / most})`;
    const bar = element('div', { class: 'bar', 'aria-hidden': 'true' });
    bar.append(fill);
    item.append(element('span', { class: 'label' }, label), bar, element('span', { class: 'said' }, said));
    return item;
  });
}
