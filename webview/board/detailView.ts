// What is known of the chosen row: who gave which part of it, and what can be done with it. What stands here is always of the row that is
// chosen now: a button that cancels must not outlive the choice that brought it.

import type { ActionName, RowId, ToBoard } from '../../src/protocol/board.ts';
import { byId, element } from '../elements.ts';
import { say } from './dom.ts';
import { PieceView } from './pieceView.ts';
import { text } from './texts.ts';

export interface DetailViewOptions {
  onAct: (action: ActionName, id: RowId) => void;
  /** The focus was on something that is gone. */
  onFocusLost: () => void;
}

export class DetailView {
  readonly #options: DetailViewOptions;
  readonly #panel = byId('detail');
  readonly #actions = byId('actions');
  readonly #pieces = new PieceView(byId('maps'), byId('legend'));
  #shown: RowId = '';
  /** Whose buttons are there, and which. */
  #buttons = '';

  constructor(options: DetailViewOptions) {
    this.#options = options;
  }

  /** `hasDetail`: the host tells of it at once, so its place is kept; else nothing is shown. */
  choose(id: RowId, { hasDetail }: { hasDetail: boolean }): void {
    const isOther = id !== this.#shown;
    const hadFocus = this.#panel.contains(document.activeElement);
    this.#panel.hidden ||= !hasDetail;
    this.#panel.classList.toggle('late', isOther);
    if (hadFocus && (isOther || !hasDetail)) this.#options.onFocusLost();
  }

  show({ id, title, said, sources, maps, actions }: Extract<ToBoard, { type: 'detail' }>): void {
    this.#shown = id;
    this.#panel.hidden = false;
    this.#panel.classList.remove('late');
    say(byId('detailTitle'), title);
    say(byId('detailSaid'), said);
    byId('noSources').hidden = sources.length > 0;
    this.#pieces.show(sources, maps);
    this.#showActions(id, actions);
  }

  /** Buttons stay while they mean the same; the focus goes to the one that does what the one before did, or to the first. */
  #showActions(id: RowId, actions: readonly ActionName[]): void {
    const wanted = `${id} ${actions.join(' ')}`;
    if (this.#buttons === wanted) return;
    this.#buttons = wanted;
    const focused = [...this.#actions.children].find((child) => child === document.activeElement);
    const buttons = actions.map((action) => {
      const button = element('vscode-button', { appearance: 'secondary', 'data-action': action }, text(`action.${action}`));
      button.addEventListener('click', () => this.#options.onAct(action, id));
      return button;
    });
    this.#actions.replaceChildren(...buttons);
    if (!(focused instanceof HTMLElement)) return;
    const next = buttons.find((button) => button.dataset['action'] === focused.dataset['action']) ?? buttons[0];
    if (next === undefined) this.#options.onFocusLost();
    else next.focus();
  }
}
