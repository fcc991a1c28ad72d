// Above rows: start, end, go to, find, and what is being done or went wrong.

import { viewerMaxima } from '../../src/protocol/viewer.ts';
import { button, element } from './elements.ts';

export interface ToolbarActions {
  toStart(): void;
  toEnd(): void;
  goTo(text: string): void;
  find(query: string, isBackwards: boolean): void;
  stop(): void;
}

export interface Toolbar {
  element: HTMLElement;
  isCaseSensitive(): boolean;
  focusFind(): void;
  focusGoTo(): void;
  findAgain(isBackwards: boolean): void;
  /** Something long runs: says so, with a button that ends it. */
  working(text: string): void;
  failed(message: string, retry?: () => void): void;
  /** Nothing runs, nothing is wrong. */
  well(): void;
}

export function makeToolbar(
  { kind, texts, host }: { kind: 'text' | 'hex'; texts: Record<string, string>; host: { download(): void } },
  actions: ToolbarActions,
): Toolbar {
  const say = (key: string): string => texts[key] ?? '';
  const place = element('input', { label: say('goTo') });
  place.type = 'text';
  place.placeholder = say('goTo');
  place.title = kind === 'hex' ? say('goToOffset') : say('goToLine');
  place.spellcheck = false;
  place.className = 'place';
  const words = element('input', { label: say('find') });
  words.type = 'text';
  words.placeholder = kind === 'hex' ? say('findHex') : say('find');
  words.spellcheck = false;
  words.maxLength = viewerMaxima.queryCharacters;
  words.className = 'find';
  const matchCase = button('Aa', () => matchCase.setAttribute('aria-pressed', String(!isPressed())), { title: say('matchCase') });
  matchCase.setAttribute('aria-label', say('matchCase'));
  matchCase.setAttribute('aria-pressed', 'false');
  const isPressed = (): boolean => matchCase.getAttribute('aria-pressed') === 'true';
  const find = (isBackwards: boolean): void => {
    if (words.value !== '') actions.find(words.value, isBackwards);
  };
  words.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') find(event.shiftKey);
  });
  place.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && place.value.trim() !== '') actions.goTo(place.value);
  });

  const text = element('span', { className: 'words' });
  const act = button('', () => undefined);
  const news = element('div', { className: 'news', role: 'alert' }, text, act);
  news.hidden = true;
  const tell = (message: string, isWrong: boolean, label: string | undefined, onClick?: () => void): void => {
    news.hidden = false;
    news.classList.toggle('wrong', isWrong);
    text.textContent = message;
    act.hidden = label === undefined;
    act.textContent = label ?? '';
    act.onclick = onClick ?? null;
  };

  const tools = element(
    'div',
    { className: 'tools', role: 'toolbar' },
    button(say('toStart'), () => actions.toStart()),
    button(say('toEnd'), () => actions.toEnd()),
    place,
    button(say('download'), () => host.download()),
    element(
      'span',
      { className: 'finding' },
      ...[words, matchCase, button(say('previous'), () => find(true)), button(say('next'), () => find(false))],
    ),
  );
  return {
    element: element('div', { className: 'bar' }, tools, news),
    isCaseSensitive: isPressed,
    focusFind: () => {
      words.focus();
      words.select();
    },
    focusGoTo: () => {
      place.focus();
      place.select();
    },
    findAgain: find,
    working: (message) => tell(message, false, say('stop'), () => actions.stop()),
    failed: (message, retry) => tell(message, true, retry === undefined ? undefined : say('retry'), retry),
    well: () => {
      news.hidden = true;
    },
  };
}
