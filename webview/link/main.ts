// The page of a link file: draws what its host says as text, asks for rows as they come into view, and tells what was clicked. Rows are drawn
// only while they are seen.

import {
  linkPageRows,
  parseToLinkPage,
  type FromLinkPage,
  type LinkPageRow,
  type OfSession,
  type ToLinkPage,
} from '../../src/protocol/linkPage.ts';
import { byId, element } from '../elements.ts';

declare function acquireVsCodeApi(): {
  postMessage(message: OfSession<FromLinkPage>): void;
  getState(): unknown;
  setState(state: unknown): void;
};

type State = Extract<ToLinkPage, { kind: 'state' }>;

const vscode = acquireVsCodeApi();
const session = document.body.dataset['session'] ?? '';
const send = (message: FromLinkPage): void => vscode.postMessage({ ...message, session });
/** link.css has the same. */
const rowPixels = 26;
/** Rows drawn above and below what is seen. */
const spare = 10;

const page = byId('page');
const head = element('header');
const facts = element('div', { class: 'facts' });
const problem = element('p', { class: 'problem', role: 'alert' });
const warnings = element('ul', { class: 'warnings' });
const actions = element('div', { class: 'actions', role: 'toolbar' });
const said = element('div', { class: 'said', role: 'status' });
const list = element('div', { class: 'list', role: 'listbox', tabindex: '0' });
const space = element('div', { class: 'space', role: 'presentation' });
const title = element('h1');
list.append(space);
head.append(title, facts);
page.append(head, problem, warnings, actions, said, list);

let state: State | undefined;
let rows = new Map<number, LinkPageRow>();
let asked = new Set<number>();
let active = 0;
let frame = 0;

addEventListener('message', ({ data }: MessageEvent<unknown>) => {
  const message = parseToLinkPage(data, session);
  if (message?.kind === 'state') showState(message);
  else if (message !== undefined) showRows(message);
});

list.addEventListener('scroll', drawSoon);
addEventListener('resize', drawSoon);
list.addEventListener('keydown', (event) => {
  const most = (state?.fileCount ?? 0) - 1;
  const pageful = Math.max(1, Math.floor(list.clientHeight / rowPixels) - 1);
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: active + 1,
    ArrowUp: active - 1,
    PageDown: active + pageful,
    PageUp: active - pageful,
    Home: 0,
    End: most,
  };
  const to = moves[event.key];
  if (to !== undefined) {
    event.preventDefault();
    activate(Math.min(most, Math.max(0, to)));
    list.scrollTop = Math.min(Math.max(list.scrollTop, (active + 1) * rowPixels - list.clientHeight), active * rowPixels);
  } else if (event.key === 'Enter') {
    act(active);
  }
});
list.addEventListener('click', ({ target }) => {
  if (!(target instanceof Element)) return;
  const index = Number(target.closest<HTMLElement>('.row')?.dataset['index'] ?? NaN);
  if (!Number.isSafeInteger(index)) return;
  activate(index);
  if (target.closest('.act') !== null) act(index);
});

send({ kind: 'ready' });

function showState(next: State): void {
  if (state?.revision !== next.revision) {
    rows = new Map();
    active = Math.min(active, Math.max(0, next.fileCount - 1));
  }
  // With each state, what is seen is asked for again: it may be elsewhere now.
  asked = new Set();
  state = next;
  title.textContent = next.title;
  facts.replaceChildren(...next.facts.map((fact) => element('p', {}, fact)));
  problem.textContent = next.problem ?? '';
  problem.hidden = next.problem === undefined;
  warnings.replaceChildren(...next.warnings.map((warning) => element('li', {}, warning)));
  warnings.hidden = next.warnings.length === 0;
  const lines = next.said.join('\n');
  // Said aloud only when it reads differently.
  if (said.dataset['lines'] !== lines) said.replaceChildren(...next.said.map((line) => element('p', {}, line)));
  said.dataset['lines'] = lines;
  showActions(next);
  list.hidden = next.fileCount === 0;
  list.setAttribute('aria-label', next.listLabel);
  space.style.height = `${next.fileCount * rowPixels}px`;
  drawSoon();
}

/** Buttons stay while they mean the same, so that none loses the focus. */
function showActions(next: State): void {
  const key = JSON.stringify(next.actions);
  if (actions.dataset['key'] === key) return;
  actions.dataset['key'] = key;
  const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset['action'] : undefined;
  actions.setAttribute('aria-label', next.title);
  actions.replaceChildren(
    ...next.actions.map(({ id, label, isMain }) => {
      const button = element('button', { type: 'button', class: isMain ? 'main' : 'other', 'data-action': id }, label);
      button.addEventListener('click', () => send({ kind: 'do', action: id }));
      return button;
    }),
  );
  if (focused !== undefined) actions.querySelector<HTMLElement>(`[data-action="${focused}"]`)?.focus();
}

function showRows({ revision, offset, rows: given }: Extract<ToLinkPage, { kind: 'rows' }>): void {
  if (revision !== state?.revision) return;
  for (const [at, row] of given.entries()) rows.set(offset + at, row);
  drawSoon();
}

function drawSoon(): void {
  frame ||= requestAnimationFrame(() => {
    frame = 0;
    draw();
  });
}

function draw(): void {
  if (state === undefined) return;
  const first = Math.max(0, Math.floor(list.scrollTop / rowPixels) - spare);
  const last = Math.min(state.fileCount - 1, Math.ceil((list.scrollTop + list.clientHeight) / rowPixels) + spare);
  const drawn: HTMLElement[] = [];
  for (let index = first; index <= last; index++) {
    ask(index - (index % linkPageRows));
    drawn.push(rowElement(index, state.fileCount));
  }
  space.replaceChildren(...drawn);
  if (first <= active && active <= last) list.setAttribute('aria-activedescendant', `row-${active}`);
  else list.removeAttribute('aria-activedescendant');
}

function ask(offset: number): void {
  if (state === undefined || asked.has(offset)) return;
  asked.add(offset);
  send({ kind: 'rows', revision: state.revision, offset });
}

function rowElement(index: number, count: number): HTMLElement {
  const row = rows.get(index);
  const parts = row === undefined ? [] : [row.name, row.folder, row.size, row.said, row.action?.label ?? ''];
  const made = element('div', {
    id: `row-${index}`,
    class: index === active ? 'row active' : 'row',
    role: 'option',
    'data-index': String(index),
    'aria-selected': String(index === active),
    'aria-posinset': String(index + 1),
    'aria-setsize': String(count),
    'aria-label': parts.filter((part) => part !== '').join(', '),
  });
  made.style.top = `${index * rowPixels}px`;
  if (row === undefined) return made;
  const name = element('span', { class: 'name' }, row.name);
  if (row.folder !== '') name.append(element('span', { class: 'folder' }, row.folder));
  name.title = row.folder === '' ? row.name : `${row.folder}/${row.name}`;
  made.append(name, element('span', { class: 'size' }, row.size), element('span', { class: `state ${row.mood}` }, row.said));
  if (row.action !== undefined) made.append(element('span', { class: 'act' }, row.action.label));
  return made;
}

function activate(index: number): void {
  active = index;
  draw();
}

function act(index: number): void {
  const action = rows.get(index)?.action;
  if (action !== undefined && state !== undefined) send({ kind: 'file', revision: state.revision, index, action: action.id });
}
